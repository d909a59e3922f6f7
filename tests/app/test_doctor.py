"""`agent doctor` and the models of `models.toml`."""

from commands import Agent
from model_server import ModelServer, Text


def test_doctor_says_which_models_answer(agent: Agent) -> None:
    with ModelServer(Text("hello"), models=["served"]) as server:
        tables = [
            f'[here]\nmodel = "served"\nbase_url = "{server.base_url}"\n',
            f'[other]\nmodel = "missing"\nbase_url = "{server.base_url}"\n',
            '[gone]\nmodel = "x"\nbase_url = "http://127.0.0.1:9/v1"\n',
            '[locked]\nmodel = "x"\napi_key_env = "NO_SUCH_VARIABLE"\n',
        ]
        (agent.folder / "models.toml").write_text("\n".join(tables), encoding="utf-8")
        found = {model["name"]: model["state"] for model in agent("doctor", "--json").json["models"]}
    assert found["here"] == "answers"
    assert found["other"] == "answers without this model"
    assert "127.0.0.1:9" in found["gone"]
    assert "NO_SUCH_VARIABLE" in found["locked"]


def test_a_models_file_with_faults_is_refused_with_all_of_them(agent: Agent) -> None:
    (agent.folder / "models.toml").write_text('[a]\nmodell = "x"\n[b]\nmodel = "y"\nrpm = 0\n', encoding="utf-8")
    ran = agent("doctor")
    assert ran.code == 2
    assert "a.modell" in ran.err and "model" in ran.err
    assert "b.rpm" in ran.err
