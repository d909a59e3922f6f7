"""Prompts are files, known by what is in them."""

import hashlib
import re
from importlib import resources

import pytest

from dataset_agent.agents.prompts import Prompt, load_prompt

NAMES = sorted(
    entry.name.removesuffix(".md")
    for entry in resources.files("dataset_agent.prompts").iterdir()
    if entry.name.endswith(".md")
)


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_is_versioned_by_its_bytes(name: str) -> None:
    prompt = load_prompt(name)
    raw = (resources.files("dataset_agent.prompts") / f"{name}.md").read_bytes()
    assert prompt.name == name and prompt.text.encode() == raw
    assert prompt.sha256 == hashlib.sha256(raw).hexdigest()
    assert load_prompt(name) is prompt


@pytest.mark.parametrize("name", NAMES)
def test_every_place_is_well_formed(name: str) -> None:
    text = load_prompt(name).text
    assert text.count("{{") == text.count("}}") == len(re.findall(r"\{\{\w+\}\}", text))


def test_values_are_put_in_and_not_looked_into() -> None:
    prompt = Prompt("p", "{{a}} and {{b}}, {{a}} {c} {{{{", "")
    assert prompt.render(a="{{b}}", b=r"\1 \g<0>", unused="x") == r"{{b}} and \1 \g<0>, {{b}} {c} {{{{"


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="b"):
        Prompt("p", "{{a}} {{b}}", "").render(a="x")
    with pytest.raises(FileNotFoundError):
        load_prompt("no_such_prompt")
