"""A compiled, columnar sampler of records from any JSON Schema.

The way of a schema: `places` (references resolved) to `keywords` and `branches` (forms: what must hold, without
choices) to `building` (nodes) to `sampler` (columns of records).
"""

from .drafts import draft_of
from .prompts import PromptWriter, compile_prompt
from .sampler import Sampler, compile_schema
from .validation import Validator

__all__ = ["PromptWriter", "Sampler", "Validator", "compile_prompt", "compile_schema", "draft_of"]
