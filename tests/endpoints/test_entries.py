"""Which model serves a role, where it is, and with which key."""

from pathlib import Path
from typing import Any

import pytest

from dataset_agent.endpoints.entries import Catalogue, Endpoint, endpoint_for, read_models_file
from dataset_agent.errors import InputError
from dataset_agent.plan import Plan
from dataset_agent.settings import Settings

LOCAL = {"model": "m", "base_url": "http://localhost:8000/v1/"}


def plan_of(**models: Any) -> Plan:
    return Plan.model_validate(
        {"dataset_name": "d", "categories": [{"name": "c", "count": 1, "worker": "agent"}], "models": models}
    )


def settings_of(folder: Path, toml: str = "", **variables: str) -> Settings:
    (folder / "models.toml").write_text(toml)
    return Settings.read({"DATASET_AGENT_MODELS": str(folder / "models.toml"), **variables}, folder / ".env")


def test_without_any_model_there_is_none(tmp_path: Path) -> None:
    assert endpoint_for(None, Settings.read({}, tmp_path / ".env"), role="worker") is None
    assert endpoint_for(plan_of(), settings_of(tmp_path), role="worker") is None


def test_command_line_environment_plan_and_file_have_their_say_in_this_order(tmp_path: Path) -> None:
    toml = '[judge]\nmodel = "j"\nbase_url = "http://file/v1"\n[extra]\nmodel = "x"\nbase_url = "http://extra/v1"\n'
    plan = plan_of(first=LOCAL, worker={**LOCAL, "model": "w"})

    def chosen(plan: Plan | None, role: Any, name: str | None = None, **variables: str) -> str:
        endpoint = endpoint_for(plan, settings_of(tmp_path, toml, **variables), role=role, name=name)
        assert endpoint is not None
        return f"{endpoint.name} {endpoint.entry.model}"

    assert chosen(plan, "worker", "extra", DATASET_AGENT_MODEL="first") == "extra x"
    assert chosen(plan, "worker", DATASET_AGENT_MODEL="first") == "first m"
    assert chosen(plan, "worker") == "worker w"
    assert chosen(plan, "judge") == "judge j"
    assert chosen(plan, "coordinator") == "first m"
    assert chosen(None, "worker") == "judge j"
    assert chosen(plan, "worker", "gpt-x", OPENAI_API_KEY="sk-1") == "gpt-x gpt-x"


def test_a_name_of_no_entry_is_a_model_at_the_default_address(tmp_path: Path) -> None:
    catalogue = Catalogue.read(None, settings_of(tmp_path, OPENAI_BASE_URL="http://here:1/v1/", OPENAI_API_KEY="sk-1"))
    endpoint = catalogue.endpoint("any")
    assert (endpoint.base_url, endpoint.api_key, endpoint.entry.model) == ("http://here:1/v1", "sk-1", "any")
    openai = Catalogue.read(None, settings_of(tmp_path, OPENAI_API_KEY=" sk-2 ")).endpoint("any")
    assert (openai.base_url, openai.api_key) == ("https://api.openai.com/v1", "sk-2")


def test_a_key_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the variable OPENAI_API_KEY, which holds its key, is not set"):
        Catalogue.read(None, settings_of(tmp_path)).endpoint("gpt")
    plan = plan_of(a={**LOCAL, "api_key_env": "TEAM_KEY"}, b=LOCAL, c={"model": "c", "provider": "anthropic"})
    catalogue = Catalogue.read(plan, settings_of(tmp_path))
    with pytest.raises(InputError, match="TEAM_KEY"):
        catalogue.endpoint("a")
    assert catalogue.endpoint("c").api_key == "", "any-llm knows the provider's own variable"
    assert catalogue.endpoint("b").api_key == "none", "local servers take any"
    team = Catalogue.read(plan, settings_of(tmp_path, TEAM_KEY="t-1", OPENAI_API_KEY="sk-1"))
    assert team.endpoint("a").api_key == "t-1" and team.endpoint("a").key_variable == "TEAM_KEY"


def test_a_plan_cannot_have_the_users_key_sent_elsewhere(tmp_path: Path) -> None:
    plan = plan_of(
        a={"model": "m", "base_url": "http://elsewhere:1/v1"}, b={"model": "m", "base_url": "http://here:1/v1/"}
    )
    given = settings_of(tmp_path, OPENAI_API_KEY="sk-1", OPENAI_BASE_URL="http://here:1/v1")
    catalogue = Catalogue.read(plan, given)
    assert catalogue.endpoint("a").api_key == "none"
    assert catalogue.endpoint("b").api_key == "sk-1"


def test_keys_are_not_shown(tmp_path: Path) -> None:
    endpoint = Catalogue.read(plan_of(b=LOCAL), settings_of(tmp_path, OPENAI_API_KEY="sk-hidden")).endpoint("b")
    assert "sk-hidden" not in repr(endpoint)
    shown = Endpoint("b", endpoint.entry, "https://me:pass@host:8443/a/v1?key=k#f", "sk-hidden")
    assert shown.root == "https://host:8443" and shown.address == "https://host:8443/a/v1"
    assert shown.can("tools") and shown.can("json_schema")


@pytest.mark.parametrize(
    "address",
    ["localhost:8000/v1", "ftp://host/v1", "http://", "http:///v1", "http://host:port/v1", "http://[::1/v1", "v1"],
)
def test_what_is_no_address_is_bad_input(tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError, match="is no address") as caught:
        Catalogue.read(plan_of(a={"model": "m", "base_url": address}), settings_of(tmp_path)).endpoint("a")
    assert "model 'a'" in str(caught.value) and "http://localhost:8000/v1" in str(caught.value)


@pytest.mark.parametrize("address", ["http://me:hunter22@host/v1", "me:hunter22@host/v1"])
def test_credentials_in_an_address_are_bad_input_and_not_repeated(tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError) as caught:
        Catalogue.read(plan_of(a={"model": "m", "base_url": address}), settings_of(tmp_path)).endpoint("a")
    assert "hunter22" not in str(caught.value)


def test_every_fault_of_a_models_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text('flat = 3\n[a]\nmodel = ""\nprise_in = 1\n[b]\nbase_url = "http://x"\n[c]\nmodel = "c"\nrpm = 0\n')
    with pytest.raises(InputError) as caught:
        read_models_file(file)
    told = "\n".join(map(str, caught.value.problems))
    for part in ("flat", "a.model", "a.prise_in: unknown key", "price_in", "b.model", "c.rpm"):
        assert part in told, part
    file.write_text("[a\n")
    with pytest.raises(InputError, match=r"models\.toml: cannot be read"):
        read_models_file(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read_models_file(file)
    assert read_models_file(tmp_path / "none.toml") == {}


def test_a_models_file_says_what_a_plan_may_say(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        '["local one"]\nmodel = "qwen"\nbase_url = "http://gpu:8000/v1"\nprice_in = 1\nrpm = 500\ntimeout_s = 30\n'
        'capabilities = ["json_schema"]\noptions = { temperature = 0.7, seed = 1 }\n'
    )
    entry = read_models_file(file)["local one"]
    assert entry.price_in == 1.0 and entry.options == {"temperature": 0.7, "seed": 1}
    assert entry.capabilities == ["json_schema"]


def test_a_key_written_where_its_variable_belongs_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text('[a]\nmodel = "m"\napi_key_env = "sk-abcdef0123"\n', encoding="utf-8")
    with pytest.raises(InputError, match="no place for the key itself") as refused:
        read_models_file(tmp_path / "models.toml")
    assert "sk-abc" not in str(refused.value)
