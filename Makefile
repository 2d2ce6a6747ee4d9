PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST_ARGS ?=

# What is checked beside the package itself; a folder that is not there yet is left out.
CHECKED := src/lading tests tools $(wildcard bench)

.DEFAULT_GOAL := help
.PHONY: help setup demo test engine engine-down test-engine lint types imports bench figures requirements clean

help: ## Show what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with the pinned development set and Lading itself

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Lading needs Python 3.11 or later; $(PYTHON) is older. Try: make PYTHON=python3.13 setup" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) comes without venv; on Debian: apt install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setup: installing the development set into $(VENV)"
	@$(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check \
	  --require-hashes --requirement requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check \
	  --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Build the reference service and run it
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/demo.sh

test: $(READY) ## Run the tests that need no container engine
	@$(BIN)/python -m pytest -n auto $(PYTEST_ARGS) $(wildcard tests/unit tests/system tests/examples)

engine: $(READY) ## Bring up a Docker engine and a registry for the tests (root)
	@$(BIN)/python -m tools.engine up

engine-down: $(READY) ## Take them down and remove what they made
	@$(BIN)/python -m tools.engine down

test-engine: engine ## Run the tests against the real engine, registry and tools (root)
	@variables="$$($(BIN)/python -m tools.engine env)" && eval "$$variables" && \
	  $(BIN)/python -m pytest $(PYTEST_ARGS) tests/engine

lint: $(READY) ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY) ## Check types, tests included
	@$(BIN)/mypy --explicit-package-bases $(CHECKED)

imports: $(READY) ## Check that imports go one way
	@$(BIN)/lint-imports

bench: $(READY) ## Measure Lading, against docker buildx when the engine is up
	@variables="$$($(BIN)/python -m tools.engine env 2>/dev/null || true)" && eval "$$variables" && \
	  $(BIN)/python -m bench $(BENCH_ARGS)

figures: $(READY) ## Build the examples and write what was measured into examples/README.md
	@variables="$$($(BIN)/python -m tools.engine env 2>/dev/null || true)" && eval "$$variables" && \
	  $(BIN)/python -m tools.figures $(FIGURES_ARGS)

requirements: $(READY) ## Pin the development set anew, newest versions
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
	  --no-header --no-emit-index-url --no-emit-find-links requirements-dev.in --output-file requirements-dev.txt

clean: ## Remove everything that was made here; the engine and its packages stay
	@rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
