"""What a paraphrase may not touch is found, and told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.templates.facts import changed, facts_of, lost, shown

TOKENS = {
    "Take 5 mg, or 5mg.": ["5 mg", "5 mg"],
    "within 30 days, a 30-day period": ["30 day", "30 day"],
    "after 5 business days": ["5 business day"],
    "thirty days or two weeks": ["thirty day", "two week"],
    "one hour, one of them": ["one hour"],
    "on 3 March 2024 and March 4th, 2024": ["3 march 2024", "march 4 th 2024"],
    "2024-03-05 at 10:30 am": ["2024-03-05", "10:30 am"],
    "from -5 to 10 °C": ["-5", "10 °C"],
    "€30, 1,000 km, 20%": ["€30", "1,000 km", "20 %"],
    "order A-17 in order_id, GPT-4o, the SKU": ["A-17", "order_id", "GPT-4o", "SKU"],
    "a.b@shop.io and https://x.io/a?b=1.": ["a.b@shop.io", "https://x.io/a?b=1"],
    "\ue000 EUR for ORD-\ue001": ["\ue000 EUR", "ORD-\ue001"],
    "no facts at all": [],
}


@pytest.mark.parametrize(("text", "tokens"), TOKENS.items())
def test_numbers_dates_units_and_codes_are_found(text: str, tokens: list[str]) -> None:
    assert sorted(facts_of(text).tokens.elements()) == sorted(tokens)


ANSWER = (
    "Yes, you can return it within 30 days, as long as it is unused. Contact Anna Berg at returns@shop.io, code RX-7, "
    "and say \u201cspring sale\u201d."
)


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "Certainly: within a 30-day period it can go back if unused; write to Anna Berg (returns@shop.io), give the "
        'code RX-7 and say "spring sale".',
        "If it is unused, 30 days are left to you to return it. Please mention code RX-7 and 'spring sale' to Anna "
        "Berg, returns@shop.io.",
    ],
)
def test_the_same_facts_in_other_words(text: str) -> None:
    assert changed(facts_of(ANSWER), facts_of(text)) is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("30 days", "60 days", "lacks '30 day'"),
        ("30 days", "30 weeks", "lacks '30 day'"),
        ("30 days", "thirty days", "lacks '30 day'"),
        ("30 days", "30 days, or 45 days", "adds '45 day'"),
        ("RX-7", "RX-8", "lacks 'RX-7'"),
        ("returns@shop.io", "return@shop.io", "lacks 'returns@shop.io'"),
        ("spring sale", "summer sale", "lacks the quotation 'spring sale'"),
        ("Anna Berg", "Anna Borg", "lacks the name 'Berg'"),
        ("Contact Anna", "Contact Bob or Anna", "adds the name 'Bob'"),
        ("Contact Anna", "Bob is there. Contact Anna", "begins a sentence with 'Bob', which may be a name"),
        ("you can return", "you cannot return", "has 1 negations instead of 0"),
        ("it is unused", "it is not used", "has 1 negations instead of 0"),
    ],
)
def test_a_fact_that_is_lost_or_made_up_is_told(old: str, new: str, told: str) -> None:
    found = changed(facts_of(ANSWER), facts_of(ANSWER.replace(old, new)))
    assert found is not None
    assert found.startswith(told)


def test_a_name_that_began_a_sentence_has_to_stay() -> None:
    base = facts_of("Berlin has the most inhabitants.")
    assert changed(base, facts_of("The city with the most inhabitants is Berlin.")) is None
    assert changed(base, facts_of("The city has the most inhabitants.")) == "lacks 'Berlin', which may be a name"


def test_a_negation_may_not_disappear() -> None:
    base = facts_of("You must not take it with food.")
    assert changed(base, facts_of("Don\u2019t take it with food.")) is None
    assert changed(base, facts_of("Take it with food.")) == "has 0 negations instead of 1"
    assert lost(base, facts_of("Take it with food.")) == "the negation"
    assert lost(facts_of("Take it with food."), base) is None, "a question may say more than its base"


def test_slots_are_shown_as_they_are_written() -> None:
    assert shown("lacks '\ue000 EUR'", {"\ue000": "{price:.2f}"}) == "lacks '{price:.2f} EUR'"


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_every_text_states_what_it_states(text: str) -> None:
    facts = facts_of(text)
    assert changed(facts, facts) is None
    assert lost(facts, facts) is None


plain = st.sampled_from("it costs about more than we thought while they waited for a train and its driver".split())
numbers = st.integers(0, 99999).map(str)


@st.composite
def sentences(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Words in lower case with numbers among them, and the same in another order."""
    words = draw(st.lists(plain | numbers, min_size=1, max_size=12))
    return words, draw(st.permutations(words))


@settings(derandomize=True, deadline=None)
@given(sentences())
def test_numbers_survive_in_any_order(words: tuple[list[str], list[str]]) -> None:
    one, other = (facts_of(", ".join(each)) for each in words)
    assert one.tokens == other.tokens
    assert changed(one, other) is None


@settings(derandomize=True, deadline=None)
@given(st.lists(plain | numbers, max_size=12), st.data())
def test_a_number_that_changes_is_always_noticed(words: list[str], data: st.DataObject) -> None:
    words = [*words, data.draw(numbers)]
    where = data.draw(st.sampled_from([index for index, word in enumerate(words) if word.isdigit()]))
    other = data.draw(numbers.filter(lambda number: number != words[where]) | st.just("none"))
    base, text = (facts_of(", ".join(each)) for each in (words, [*words[:where], other, *words[where + 1 :]]))
    assert lost(base, text) is not None
    assert changed(base, text) is not None
    assert changed(text, base) is not None


@settings(derandomize=True, deadline=None)
@given(st.lists(plain, min_size=2, max_size=10), st.data())
def test_a_negation_is_always_noticed(words: list[str], data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(words)))
    negated = [*words[:where], data.draw(st.sampled_from(["not", "never", "isn't", "without", "no"])), *words[where:]]
    base, text = facts_of(" ".join(words)), facts_of(" ".join(negated))
    assert changed(base, text) is not None
    assert changed(text, base) is not None
