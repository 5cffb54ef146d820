# The developer's day; `make help` lists it. Everything is installed into .venv, from the locks.

VENV := .venv
BIN := $(VENV)/bin
NODE := tests/clients/node
ARGS ?=

# The first Python that will do; PYTHON=... chooses another one.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && break; done)

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --no-config \
	--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help serve setup test check format docs messages bench fuzz lock clean

help: ## List what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1 - /p' $(MAKEFILE_LIST) | sort

serve: $(VENV)/runtime ## Run a portal; ARGS="--port 0" is given to `sluice serve`
	@$(BIN)/sluice serve $(ARGS)

setup: $(VENV)/development $(NODE)/node_modules/installed ## Install alone: the package and what tests and checks need

test: setup ## Run every test; ARGS=tests/unit runs some of them
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 $(ARGS)

check: $(VENV)/development ## Lint, formatting, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/development ## Put code into the form that `make check` wants
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(VENV)/development ## Write the tables of methods and settings in the pages anew
	$(BIN)/python -m docs.tables

messages: $(VENV)/development ## Bring the catalogues of messages up to date and compile them
	$(BIN)/python -m docs.messages

bench: $(VENV)/bench ## Measure Sluice beside its peers
	$(BIN)/python -m bench $(ARGS)

fuzz: $(VENV)/fuzz ## Look for inputs that break a promise; ARGS="--seconds 600 batch"
	$(BIN)/python -m fuzz $(ARGS)

# The largest set comes first: what tests need may limit the versions of what runs.
lock: $(VENV)/made ## Write the lock files anew; ARGS=--upgrade takes newer versions
	$(INSTALL) uv
	$(COMPILE) $(ARGS) pyproject.toml --group build --group dev --output-file requirements-dev.lock
	$(COMPILE) $(ARGS) pyproject.toml --group build --constraint requirements-dev.lock \
		--output-file requirements.lock
	$(COMPILE) $(ARGS) --group bench --constraint requirements-dev.lock \
		--output-file bench/requirements.lock
	$(COMPILE) $(ARGS) --group fuzz --constraint requirements-dev.lock \
		--output-file fuzz/requirements.lock

clean: ## Remove everything that was installed or cached here
	rm -rf $(VENV) $(NODE)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The files below are empty: each is as old as the last time its recipe went through.

$(VENV)/made:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Sluice needs Python 3.11 or newer, with its venv module (Debian: apt-get install" \
			"python3-venv). Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/runtime: requirements.lock pyproject.toml | $(VENV)/made
	$(INSTALL) --require-hashes --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/development: requirements-dev.lock $(VENV)/runtime
	$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/bench: bench/requirements.lock $(VENV)/development
	$(INSTALL) --require-hashes --requirement bench/requirements.lock
	@touch $@

$(VENV)/fuzz: fuzz/requirements.lock $(VENV)/development
	$(INSTALL) --require-hashes --requirement fuzz/requirements.lock
	@touch $@

# Without npm there is nothing to touch: the tests of the Node client then say why they are skipped.
$(NODE)/node_modules/installed: $(NODE)/package-lock.json
	@if command -v npm >/dev/null; then set -x; \
		npm ci --prefix $(NODE) --ignore-scripts --no-audit --no-fund --loglevel=error && touch $@; \
	else echo "npm is not installed: the tests of the Node client will be skipped"; fi
