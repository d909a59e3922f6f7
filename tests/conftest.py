from pathlib import Path

import pytest
from commands import Agent


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    """The command, run in a folder of its own."""
    return Agent(tmp_path)
