"""Documents about invented places and commonplace things, and a source made of them."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from dataset_agent.plan import Category
from dataset_agent.tools.draws import key_of
from dataset_agent.tools.grounding.documents.space import DocumentQuestions
from dataset_agent.tools.sources import Table

WHERE = "plan.json: $.categories[0]"

TEXTS = {
    "bridge": (
        "The Ferrin Bridge",
        """# The Ferrin Bridge

The Ferrin Bridge crosses the river Osk between Upper Ferrin and the old
tannery. The council asked Dr. Ilse M. Varga for a drawing in 1926, after the
wooden ferry had been lost in a flood. Stone came from the quarries at
Hollin Gap. It was opened on 3 March 1931 with a procession of 412 children.

- The main arch spans 64.5 metres and stands 19 metres above the water.
- A toll of 2 pence was charged until the summer of 1948.

The builders called the middle pillar "the patient heron" because it stood
alone in the river for two winters. Visitors may walk over the bridge, but lorries of more
than 7.5 tonnes have used the road by Hollin Gap since 1987.
""",
    ),
    "tea": (
        "Brewing black tea",
        "A teapot is a vessel with a spout and a lid that keeps tea hot.\n"
        "Black tea is brewed with water of about 95 °C for 3 to 5 minutes. Loose leaves need about 2.5 grams for "
        "each "
        "cup, e.g. a heaped teaspoon.\n"
        "Milk was poured first in many kitchens of the town of Marrow Ford, where thin cups cracked easily. The tea "
        "club "
        "of Marrow Ford, founded in 1974 by Ottilie Brand, still tastes 30 kinds every winter.\n"
        "Does the pot matter? Its members say that a glass pot cools 40% faster than one of clay.",
    ),
    "lamp": (
        "The lighthouse of Scarn Point",
        "Scarn Point had no light before 1862. The first keeper, Tobias Lund, burned whale oil in a lamp with 14 "
        "wicks. "
        "In the winter of 1871 the tower was raised to 38 metres by masons from Brackwater.\n\n"
        "Electric light came to the tower in 1929. The lamp turns once in 20 seconds and is seen from a distance of "
        "22 "
        "nautical miles. The keepers named the new lamp “the cold moon” in their letters. A foghorn is a horn that "
        "warns "
        "ships in thick weather. The last keeper left on 30 September 1989, and the tower has been a museum of the "
        "Brackwater Trust since then.",
    ),
    "bees": (
        "Notes on a garden hive",
        "A healthy hive holds about 40,000 bees in June. The queen lays up to 1,500 eggs on a warm day. Workers "
        "live for "
        "6 weeks in summer, whereas those that hatch in autumn live until April. In the valley of Lower Sembe the "
        "beekeepers Mrs. Adair and Jonas Pell counted 73 hives in 2012. A drone is a male bee that has no sting. "
        "Most of the honey is taken in July. The society of Lower Sembe calls its darkest honey 'night pine'.",
    ),
    "mill": (
        "mill.txt",
        "The paper mill\n\nThe paper mill at Dunwick made wrapping paper from 1804 to 1911. At its height 160 "
        "people worked "
        "there, among them 35 children. The owner, Sir Edmund Crale, built a school beside the mill in 1840. Its "
        "wheel was "
        "7 metres wide. A fire destroyed the drying loft on 12 May 1859. The wheel was sold to the town of Ostrey "
        "for £85. "
        "Ostrey set it up by the market, where it turns on feast days.\n\n"
        "Year | Workers | Reams\n1810 | 40 | 900\n1840 | 160 | 5200\n\n"
        "```\nprint('The mill was opened in 1804.')\n```\n",
    ),
    "chess": (
        "The café players",
        "The chess club of Weir Street meets on Thursdays in the café of Paola Rinaldi. It has 26 members, of whom "
        "9 are "
        "under 18. The club won the cup of the eastern district in 1998 and 2006. Its strongest player, Hamid Noor, "
        "drew with a master from Velden in 2006. The club's rules, written by Greta Holm, forbid talking but allow "
        "humming. The annual dinner costs 18 euros for each guest.",
    ),
    "train": (
        "The hill railway",
        "The hill railway climbs 540 metres between Aston Mere and the pass of Grey Tarn. Its engines were made by "
        "the "
        "firm of Lottner & Sons in 1896. A journey takes 48 minutes uphill and 41 minutes downhill. The line was "
        "closed "
        "during the war and reopened by volunteers in 1953. Some 120,000 passengers used it in 2019. A rack railway "
        "is a "
        "railway with a toothed rail that keeps the wheels from slipping.",
    ),
    "hashi": (
        "川の橋",
        "この橋は1931年に開通した。橋の長さは 64 メートルである。人々はこの柱を「静かな鷺」と呼んでいた。",
    ),
}
"""Title and text by id."""


def table(rows: dict[str, list[Any]] | None = None) -> Table:
    """A source with these columns; the library if left out."""
    if rows is None:
        titles, texts = zip(*TEXTS.values(), strict=True)
        rows = {"id": list(TEXTS), "title": list(titles), "text": list(texts)}
    return Table(Path("library"), pa.table(rows), "0" * 64, 0)


def category(**keys: Any) -> Category:
    """A category of document questions."""
    wanted = {"name": "questions", "count": 10, "task": "document_qa", "source": "library", "text": "text", "id": "id"}
    return Category.model_validate({**wanted, **keys})


def questions(source: Table | None = None, *, seed: int = 1, tiers: Any = None, **keys: Any) -> DocumentQuestions:
    """The space of a category over a source."""
    return DocumentQuestions(category(**keys), source or table(), tiers, key_of(seed), WHERE)
