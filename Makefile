# Everything a newcomer needs is `make demo` and `make test`; `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help install demo test test-long lint format bench up down contracts clean

PYTHON ?= python3.11
WORKERS ?= 2
BIN := .venv/bin
PACKAGES := fidelio_shared fidelio_ingest fidelio_profile fidelio_scoring fidelio_notify fidelio_deploy
PROJECTS := $(wildcard shared/pyproject.toml services/*/pyproject.toml deploy/pyproject.toml)

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## Create the environment in .venv with every command in .venv/bin

.venv/installed: constraints.txt $(PROJECTS)
	@command -v $(PYTHON) >/dev/null || { echo "Fidelio needs Python 3.11; install it or say PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt \
	  --editable 'shared[api,mongo]' --editable services/ingest --editable services/profile \
	  --editable 'services/scoring[training,challenger]' --editable services/notify --editable 'deploy[workbench]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps lifetimes
	touch $@

demo: install ## Real Kafka, real MongoDB, 69,659 real purchases: the whole of Fidelio
	$(BIN)/fidelio-demo

test: install ## All tests, with a real broker and database, in two processes
	$(BIN)/python -m pytest -q -m "not long" -n $(WORKERS) --dist loadfile

test-long: install ## The long crash and property runs too
	$(BIN)/python -m pytest -q

lint: install ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(addprefix --package=,$(PACKAGES))
	$(BIN)/lint-imports

format: install ## Put the code into the one format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: install ## Measure every stage and the whole path, as ratios and CPU
	$(BIN)/fidelio-bench

up: install ## Start the stack on the wall clock and leave it up; addresses in .fidelio/stack.json
	$(BIN)/fidelio-stack up

down: install ## Stop what `make up` started
	$(BIN)/fidelio-stack down

contracts: install ## Write the JSON Schemas and the AsyncAPI document anew
	$(BIN)/fidelio-contracts write

clean: ## Remove the environment and what the stack left; downloads are kept
	rm -rf .venv .fidelio
