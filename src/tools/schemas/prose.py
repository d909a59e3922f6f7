"""Sentences and names of things that read as if somebody had written them for the field."""

from __future__ import annotations

import numpy as np

from .pools import Pool, joined, numbered
from .vocabulary import POOLS
from .words import ADJECTIVES as NAMING
from .words import NOUNS, tailed

_ADJECTIVES = Pool(
    "annual new updated final first second third previous current weekly monthly quarterly revised original internal "
    "external local regional national public private open main central large small short long full partial early late "
    "quick regular special standard basic common general shared joint missing extra additional recent old existing "
    "planned pending urgent important simple detailed complete printed digital online remote mobile daily seasonal "
    "temporary permanent official northern southern eastern western next last upper lower front second-hand free paid "
    "available approved signed attached corrected preliminary combined separate".split()
)
_NOUNS = Pool(
    "report order invoice schedule contract request account offer plan budget project meeting team office branch store "
    "warehouse delivery shipment package customer supplier partner manager visitor guest student teacher course class "
    "library station airport hotel building apartment garden kitchen workshop factory machine printer laptop phone "
    "camera battery sensor server network database website newsletter campaign survey interview application document "
    "form file folder list table chart map photo video article chapter summary review test sample recipe menu ticket "
    "booking flight train bus bicycle route trip event concert exhibition museum collection catalogue price discount "
    "payment refund tax salary policy licence permit certificate deadline meter contact address calendar version "
    "release feature module service agency council committee department region city village river bridge road".split()
)
_VERBS = Pool(
    "covers replaces includes confirms explains supports follows requires updates describes improves precedes "
    "affects mentions lists summarises completes extends changes checks completes contains compares shows "
    "introduces documents matches serves needs".split()
)
_SUBJECTS = Pool(
    f"{opening} {adjective} {noun} "
    for opening, adjective, noun in zip(
        ["The", "This", "Our", "The", "Their", "Every"] * 200,
        np.resize(_ADJECTIVES.values, 1200),
        np.resize(_NOUNS.values, 1200),
        strict=True,
    )
)
_OBJECTS = Pool(
    f" the {adjective} {noun}{end}"
    for adjective, noun, end in zip(
        np.resize(_ADJECTIVES.values[::-1], 1200),
        np.resize(_NOUNS.values[::-1], 1200),
        [".", " from last year.", ".", " for the whole team.", " until further notice.", " since March.", "."] * 172,
        strict=False,
    )
)
_LINKS = ("of", "for", "with", "by", "near", "and")
_PAIRS = tuple(zip(np.resize(_ADJECTIVES.values, 1200), np.resize(_NOUNS.values, 1200), strict=True))

sentence = joined(_SUBJECTS, _VERBS, _OBJECTS)
phrase = tailed(
    joined(_ADJECTIVES, " ", _NOUNS),
    Pool(f" {_LINKS[at % 6]} the {adjective} {noun}" for at, (adjective, noun) in enumerate(_PAIRS)),
)
_THINGS = Pool(f"{adjective} {noun}" for adjective, noun in _PAIRS)

comment = joined(
    Pool("Please check the |Called about the |Waiting for the |Asked twice about the |Will send the |Agreed on the |"
         "Sent a reminder for the |Prefers the |No change to the |Handed over the |Received the |Corrected the |"
         "Postponed the |Found a mistake in the |Wants to keep the |Forwarded the ".split("|")),
    _THINGS,
    Pool(" before Friday.| by phone.|.| in the afternoon.| next week.| as discussed.| without delay.| after lunch.|"
         " at the front desk.| on request.| by e-mail.| again.".split("|")),
)  # fmt: skip
message = joined(
    Pool("Could not load the |Finished processing the |Timed out while reading the |Retrying the |Rejected the |"
         "Started the import of the |Skipped the |Updated the |Lost the connection to the |Found no |Created the |"
         "Invalid value in the |Permission denied for the |Waiting for the |Removed the |Validated the ".split("|")),
    _THINGS,
    Pool(" after 3 attempts|| (code 17)| in 240 ms| for the second time|: not found|: already exists|||"
         " because of a conflict| as scheduled".split("|")),
)  # fmt: skip
bio = joined(
    Pool(f"{job} from {city}, " for job, city in zip(
        "Designer Engineer Teacher Writer Photographer Nurse Developer Researcher Gardener".split() * 8,
        "Lisbon Leeds Denver Osaka Ghent Accra Perth Turin".split() * 9, strict=True)),
    Pool("interested in |working on |writing about |always curious about |happy to talk about ".split("|")),
    Pool(POOLS["topic"] + POOLS["hobby"]), " and ", Pool(POOLS["hobby"] + POOLS["sport"]), ".",
)  # fmt: skip
review = joined(
    Pool("Works well, |Better than expected, |Good value, |Not quite as described, |Very happy with it, |"
         "Arrived late, |Would buy it again, |A bit too small, |Friendly staff, |Solid quality, |Easy to use, |"
         "Broke after a month, ".split("|")),
    Pool("especially the |but check the |thanks to the |apart from the |because of the |despite the ".split("|")),
    _THINGS, Pool([".", "!", ", four stars.", ", recommended.", " and quick delivery."]),
)  # fmt: skip
instruction = joined(
    Pool("Check the |Open the |Prepare the |Fill in the |Send the |Close the |Compare the |Clean the |Measure the |"
         "Print the |Update the |Label the |Replace the |Review the ".split("|")),
    _THINGS,
    Pool([" before you continue.", ".", " and wait for 10 minutes.", " and write down the result.", " twice.",
          " with the team.", " at the end of the day.", " until it is complete."]),
)  # fmt: skip
question = joined(
    Pool("When will the |Where is the |Who is responsible for the |How much is the |Why was the |How can I change the |"
         "What is part of the |Is there a date for the |How long does it take to get the |Can you explain the "
         .split("|")),
    _THINGS, Pool(["?", " from last year?", " in our region?", "?", " for new members?"]),
)  # fmt: skip

event = tailed(
    joined(
        Pool("Annual Spring Regional International Online Open Community Summer Nordic Autumn Weekend Evening".split()),
        " ",
        Pool("Design Data Photography Jazz Cooking Startup Robotics Book Health Climate Chess Security Marketing Film "
             "Wine Charity Science Career Gaming Architecture".split()),
        " ",
        Pool("Conference Meetup Workshop Summit Festival Forum Fair Seminar Night Course Tournament Retreat".split()),
    ),
    numbered(2021, 2026, " {}"),
)  # fmt: skip
product = tailed(
    joined(
        Pool("Compact Wireless Classic Foldable Portable Ergonomic Insulated Adjustable Waterproof Vintage Slim Smart "
             "Lightweight Organic Premium Rechargeable Handmade Heavy-Duty Everyday Travel".split()),
        " ",
        Pool("Steel Oak Bamboo Cotton Ceramic Leather Glass Wool Aluminium Linen Silicone Canvas Walnut Copper "
             "Rubber".split()),
        " ",
        Pool("Desk Lamp|Backpack|Water Bottle|Office Chair|Headphones|Kettle|Coffee Mug|Notebook|Speaker|Bike Light|"
             "Cutting Board|Blanket|Keyboard|Phone Stand|Umbrella|Wallet|Storage Box|Frying Pan|Toolkit|Tent|Pillow|"
             "Watch|Sneakers|Jacket|Wall Clock|Bookshelf|Yoga Mat|Power Bank|Tripod|Lunch Box".split("|")),
    ),
    Pool(f" {letter}{number}" for letter in "ABCDEGKLMPRSTX" for number in range(10, 100)),
)  # fmt: skip
hotel = joined(
    Pool("Hotel The Grand Park Royal Villa Casa Pension Residence".split()), " ",
    Pool(word.capitalize() for word in NAMING.values), " ", Pool(word.capitalize() for word in NOUNS.values),
)  # fmt: skip
venue = joined(
    Pool(word.capitalize() for word in NAMING.values), " ", Pool(word.capitalize() for word in NOUNS.values), " ",
    Pool("Hall Theatre Arena Gallery Centre Stage Club Auditorium".split()),
)  # fmt: skip
dish = joined(
    Pool("Roasted Grilled Creamy Spicy Baked Crispy Braised Smoked Classic Slow-Cooked Lemon Garlic Herb".split()), " ",
    Pool("Chicken|Salmon|Tofu|Mushroom|Lentil|Beef|Vegetable|Prawn|Pumpkin|Chickpea|Tomato|Spinach|Potato|Aubergine"
         .split("|")), " ",
    Pool("Curry Soup Salad Pasta Risotto Stew Tacos Pie Bowl Lasagne Noodles Casserole Burger Omelette Gratin".split()),
    Pool(["", "", " with Rice", " with Basil", " with Yoghurt", " and Herbs", " with Almonds"]),
)  # fmt: skip
education = joined(Pool(POOLS["degree"]), " in ", Pool(POOLS["subject"]), ", ", Pool(POOLS["school"]))
BASE64 = Pool(f"{a}{b}{c}" for a in "QUZWaGxT" for b in "WmNsYVR2" for c in "FhxRzM5dkJ")
