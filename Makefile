# The same commands for people and for CI.
#   make start   serve on http://localhost:7071 (PORT=…, DATASET_PATH=…)
#   make test    every test; make lint: style, types, import rules
#   make coverage the same tests, measuring the lines and branches they reach, which takes longer
#   make torture attacks that take too long for every push (ATTACK=…: one of them); CI runs them every night
#   make explorer fetch the libraries of the page at /explore (make start does so, too)
#   make screenshots draw the pictures of the explorer for README and docs
#   make docs    build the documentation's site into build/site, and check its links; CI does so, too
#   make audit   known vulnerabilities of everything that is locked (asks the registries); CI does every night
#   make package the zips for Azure Functions; make infra-tools: install the checkers of infra/ (make test does so, too)
#   make bench   the benchmarks of docs/performance.md
#   make lock    pin the requirements of pyproject.toml, keeping valid pins; UPGRADE=1: the newest versions

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 7071

.DEFAULT_GOAL := help
.PHONY: help start test coverage torture docs audit lint format bench explorer screenshots package infra-tools lock clean

help:
	@sed -n 's/^#   //p' Makefile

# A stamp per requirements file: reinstall only when that file or pyproject.toml has changed.
# What is fetched must have the digests of the lock. The project itself, which has none, is installed editable and without
# dependencies, with the pinned build backend, which creates $(BIN)/sids.
$(VENV)/installed-%: %.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing $<"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Node and npm, as a package of Python.
$(VENV)/installed-node: explorer/requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

explorer: explorer/vendor/d3.min.js
explorer/vendor/d3.min.js: explorer/package-lock.json explorer/vendor.mjs $(VENV)/installed-node
	@cd explorer && export PATH="$(abspath $(BIN)):$$PATH" && npm ci --silent --ignore-scripts --no-audit --no-fund && node vendor.mjs

start: $(VENV)/installed-requirements-local explorer
	@PORT=$(PORT) exec $(BIN)/python -m sids_tools.serve

node_modules/.package-lock.json: package.json package-lock.json $(VENV)/installed-node
	@PATH="$(abspath $(BIN)):$$PATH" npm ci --silent --no-audit --no-fund && touch $@

# Files are shared out to one process per core, each with its own servers and storage, in the order of tests/conftest.py.
TESTS := -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
TEST_TOOLS := $(VENV)/installed-requirements-dev node_modules/.package-lock.json explorer infra-tools

test: $(TEST_TOOLS)
	@$(BIN)/python $(TESTS)

coverage: $(TEST_TOOLS)
	@rm -rf .cache/coverage
	@$(BIN)/coverage run $(TESTS)
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage report

torture: $(VENV)/installed-requirements-dev node_modules/.package-lock.json
	@$(BIN)/python -m tests.torture $(ATTACK)

screenshots: $(VENV)/installed-requirements-dev explorer
	@$(BIN)/python -m tests.browser.screenshots

# The code of the pages is run on the demo data. MkDocs announces its own future at each start.
docs: $(VENV)/installed-requirements-docs
	@test -d demo-data || $(BIN)/sids data demo demo-data
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_site.py

LOCKS := requirements-docs.txt explorer/requirements.txt tests/infra/requirements.txt tests/service/worker/requirements.txt

audit: $(VENV)/installed-requirements-dev
	@$(BIN)/python -m tests.infra.tools pip-audit --disable-pip --require-hashes $(LOCKS:%=--requirement %)
	@PATH="$(abspath $(BIN)):$$PATH" && npm audit --audit-level=moderate && cd explorer && npm audit --audit-level=moderate

lint: $(VENV)/installed-requirements-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

format: $(VENV)/installed-requirements-dev
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/installed-requirements-dev
	@for name in speed heldout peers imputation_in_folds gap_filler load startup survey; do \
	  echo "# $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

package: $(VENV)/installed-requirements-dev explorer
	@$(BIN)/sids package $(if $(PYTHON_VERSION),--python-version $(PYTHON_VERSION))

infra-tools: $(VENV)/installed-requirements-dev
	@$(BIN)/python -m tests.infra.tools

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-emit-index-url --generate-hashes \
  --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: $(VENV)/installed-requirements-dev
	@$(COMPILE) pyproject.toml --extra service --extra telemetry --output-file requirements.txt
	@$(COMPILE) pyproject.toml --extra tools --group build --constraint requirements.txt --output-file requirements-local.txt
	@$(COMPILE) explorer/requirements.in --output-file explorer/requirements.txt
	@$(COMPILE) pyproject.toml --extra dev --group build --constraint requirements-local.txt --constraint explorer/requirements.txt --output-file requirements-dev.txt
	@$(COMPILE) pyproject.toml --extra docs --group build --constraint requirements-dev.txt --output-file requirements-docs.txt
	@$(COMPILE) tests/infra/requirements.in --output-file tests/infra/requirements.txt
	@$(COMPILE) tests/service/worker/requirements.in --constraint requirements.txt --output-file tests/service/worker/requirements.txt

clean:
	@rm -rf $(VENV) node_modules explorer/node_modules explorer/vendor .cache build
