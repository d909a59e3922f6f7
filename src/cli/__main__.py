"""`python -m dataset_agent.cli`."""

from . import main

main()
