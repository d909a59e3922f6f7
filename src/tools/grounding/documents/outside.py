"""What a question must not point at: things that whoever is asked does not see."""

from __future__ import annotations

import re

OUTSIDE = re.compile(
    r"\b(?:see|in|by|from|on)\s+(?:the\s+)?(?:figure|fig\.|table|chart|diagram|appendix|section|chapter|page|footnote)"
    r"\s+(?:\d|[IVX]+\b|above|below)"
    r"|\b(?:figure|table|chart|diagram|image|picture|photo(?:graph)?|map|graph|list|example|code)\s+(?:above|below|opposite)\b"
    r"|\bas\s+(?:\w+\s+)?(?:mentioned|described|shown|stated|discussed|noted|seen|said|explained|defined|given|listed)"
    r"\s+(?:above|below|earlier|before|previously|later|in\s+(?:the\s+)?(?:previous|next|last|preceding|following))\b"
    r"|\bsee\s+(?:above|below|also)\b"
    r"|\b(?:the|this)\s+(?:above|following|given|provided|preceding|previous|present|attached)\s+(?:text|passage|document"
    r"|article|paragraph|excerpt|context|section|figure|table|information|statement|sentence)\b"
    r"|\b(?:text|passage|document|article|paragraph|excerpt|context|section|sentence)\s+(?:above|below|provided|given)\b"
    r"|\b(?:in|according\s+to|based\s+on|from|by|does|do|of)\s+(?:this|the)\s+(?:text|passage|document|article|paragraph"
    r"|excerpt|context)\b(?!\s+(?:of|on|about|called|titled|named|[\"“]))",
    re.IGNORECASE,
)
"""What points at something that whoever is asked does not see. A document is named by its title instead."""
