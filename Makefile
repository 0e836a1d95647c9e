# `make` or `make help` lists what can be done. Everything is made under .venv and var.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# For 3.11.0 on: Debian 12 has 3.11.2, and what that needs besides must be in the lock.
LOCK = $(BIN)/uv pip compile -q $(LOCK_ARGS) --python-version 3.11 --no-annotate \
	--custom-compile-command 'make lock'
PYTEST_ARGS ?=
BENCH_ARGS ?=
LAYOUTS_ARGS ?=
MUTATIONS_ARGS ?=
CHAOS_ARGS ?=
SOAK_ARGS ?=
COMPOSE_ARGS ?=
# Test files run side by side on all cores (more of them gains nothing), each file in one process,
# the longest (e2e) first; JOBS=0: one after the other.
JOBS ?= $(shell nproc)
PYTEST = $(BIN)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
LOCK_ARGS ?=
# Each of the many programs that the demo and the tests start would compile our code anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@printf 'Touchline. Targets:\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nStart with `make demo`. All settings: .env.example. More: README.md.\n'

.PHONY: setup
setup: ## Virtual environment with the locked packages, Chromium, ChromeDriver (quick if done)
	@.ci/setup

.PHONY: demo
demo: setup ## Start the whole platform on this machine, run a night of football, show the rows
	@$(BIN)/touchline demo up

.PHONY: demo-status
demo-status: ## Processes and addresses of the running demo
	@$(BIN)/touchline demo status

.PHONY: demo-down
demo-down: ## Stop the demo: no process, no port is left; var/demo stays to be looked at
	@.ci/setup packages
	@$(BIN)/touchline demo down

# RabbitMQ and Prometheus' promtool: the demo does without them.
.PHONY: test-programs
test-programs:
	@.ci/setup broker
	@.ci/setup monitoring

.PHONY: test
test: lint test-programs ## Lint, types, import rules, then the tests (also the slow ones, on real parts)
	@$(PYTEST) -m 'not long' $(PYTEST_ARGS)

.PHONY: test-all
test-all: lint test-programs ## The same with the tests that take minutes each
	@$(PYTEST) $(PYTEST_ARGS)

.PHONY: test-quick
test-quick: lint test-programs ## The same without the tests that start the whole platform
	@$(PYTEST) -m 'not slow and not long' $(PYTEST_ARGS)

.PHONY: lint
lint: setup ## Ruff (rules and format), mypy, import rules, selector files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/touchline selectors lint

.PHONY: format
format: setup ## Let ruff format the code and mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: bench
bench: setup ## Measure overhead, browser use, parsing, landing and export; also var/bench.json
	@$(BIN)/python -m tests.bench $(BENCH_ARGS)

.PHONY: register
register: setup ## Write docs/failures.md and the alert rules anew from scrapers/failures.yaml
	@$(BIN)/python -m scrapers.metrics.documents

.PHONY: reference
reference: setup ## Write docs/reference anew from the code
	@$(BIN)/python -m scrapers.reference

.PHONY: mutations
mutations: setup ## Read, judge and land 10,000 damaged pages; figures in docs/mutations.md
	@$(BIN)/python -W ignore -m tests.mutations --document docs/mutations.md $(MUTATIONS_ARGS)

.PHONY: layouts
layouts: setup ## Prove that no change of the layout lands wrong rows; also docs/layout-changes.md
	@$(BIN)/python -W ignore -m tests.layouts $(LAYOUTS_ARGS)

.PHONY: chaos
chaos: setup test-programs ## Inject every failure into a running night, with several seeds; also docs/chaos.md
	@$(BIN)/python -W ignore -m tests.chaos --write $(CHAOS_ARGS)

.PHONY: soak
soak: setup ## 1,000 pages through two browser slots: memory and browsers stay flat
	@$(BIN)/python -W ignore -m tests.chaos.soak $(SOAK_ARGS)

.PHONY: compose-test
compose-test: setup ## Bring docker-compose.yml up (as root, an hour), kill containers; docs/compose.md
	@.ci/setup docker
	@$(BIN)/python -W ignore -m tests.compose --write $(COMPOSE_ARGS)

.PHONY: lock
lock: setup ## Compile requirements*.txt from requirements*.in (LOCK_ARGS=--upgrade: newest)
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt

.PHONY: clean
clean: ## Stop the demo and remove var/ and the caches (not .venv)
	@if [ -x $(BIN)/touchline ]; then $(BIN)/touchline demo down; fi
	@rm -rf var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: clean-all
clean-all: clean ## The same, and remove the virtual environment
	@rm -rf $(VENV) *.egg-info
