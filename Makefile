PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-slow check bench clean

run: $(VENV)/installed  ## build the quickstart dataset
	$(BIN)/agent run examples/quickstart/plan.json

test: $(VENV)/installed-dev  ## all tests but the slow ones
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

test-slow: $(VENV)/installed-dev  ## the slow tests: kills by the dozen, a million rows, real models
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

check: $(VENV)/installed-dev  ## style, types, and the direction of the imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-bench  ## every figure of the README; with SCHEMAS=DIR also those over a folder of JSON Schemas
	$(BIN)/python -m benchmarks $(if $(SCHEMAS),--schemas "$(SCHEMAS)")

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || (echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --quiet --upgrade "pip>=25.1"

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --group dev
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --group bench
	@touch $@

clean:
	rm -rf $(VENV) build src/*.egg-info .*_cache
