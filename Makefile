# The same few words for people and for CI.
#   make start   serve on http://localhost:7071 (PORT=…, DATASET_PATH=…)
#   make test    every test; make lint: style, types, import rules
#   make package the zip for Azure Functions; make infra-tools: what checks infra/ (make test does it by itself)
#   make bench   the figures the README shows; make lock: pin requirements anew

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 7071

.DEFAULT_GOAL := help
.PHONY: help start test lint format bench package infra-tools lock clean

help:
	@sed -n 's/^#   //p' Makefile

# A stamp per requirements file: installing again only when that file has changed.
$(VENV)/installed-%: %.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing $<"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

start: $(VENV)/installed-requirements-local
	@PORT=$(PORT) exec $(BIN)/python -m sids_tools.serve

node_modules/.package-lock.json: package.json package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund && touch $@; \
	else echo "npm not found: tests against Azurite will be skipped"; fi

test: $(VENV)/installed-requirements-dev node_modules/.package-lock.json
	@$(BIN)/python -m pytest

lint: $(VENV)/installed-requirements-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

format: $(VENV)/installed-requirements-dev
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/installed-requirements-dev
	@for name in speed heldout peers imputation_in_folds load startup survey; do \
	  echo "# $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

package: $(VENV)/installed-requirements-dev
	@$(BIN)/python -m sids_tools.deployment.package $(if $(PYTHON_VERSION),--python-version $(PYTHON_VERSION))

infra-tools: $(VENV)/installed-requirements-dev
	@$(BIN)/python -m tests.infra.tools

lock: $(VENV)/installed-requirements-dev
	@for name in requirements requirements-local requirements-dev tests/infra/requirements; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-emit-index-url \
	    --custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit 1; done

clean:
	@rm -rf $(VENV) node_modules .cache build
