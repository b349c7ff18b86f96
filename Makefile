# The verbs of this project. `make demo` and `make test` need nothing but Python 3.11+ and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV      = VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
UV_PIN := uv==0.13.9
# A file's tests stay in one process, so that what they share is made once.
SPREAD ?= --numprocesses auto --maxprocesses 4 --dist loadfile
# torch stands apart from the hashed files: which build fits depends on the machine.
TORCH  ?= torch==2.13.0

.PHONY: help demo servers test test-long check pages format lock clean
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@echo "==> Making a virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Chartside needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.uv: $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV_PIN)
	@touch $@

# Once the test set is installed (it holds the demo's), `make demo` installs nothing.
$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/.uv
	@echo "==> Installing what the demo needs (about 80 packages)"
	@$(UV) pip install --require-hashes --no-deps -r requirements/demo.txt
	@$(UV) pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml | $(VENV)/.uv
	@echo "==> Installing $(TORCH)"
	@$(BIN)/python -m pip install --disable-pip-version-check $(TORCH)
	@echo "==> Installing what the tests need (about 150 packages)"
	@$(UV) pip install --require-hashes --no-deps -r requirements/test.txt
	@$(UV) pip install --quiet --no-deps --editable .
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo ## Start service, worker and a sample EHR on loopback
	@$(BIN)/chartside demo $(ARGS)

servers: ## Install the servers that the tests start (Debian packages, when root)
	@sh tests/install_servers.sh

test: $(VENV)/.test servers ## Lint, types, import contracts, then the tests (under 15 minutes)
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest $(SPREAD) -m "not long" $(ARGS)

test-long: $(VENV)/.test servers ## Fuzzing, soak and large inputs
	@$(BIN)/python -m pytest $(SPREAD) -m long $(ARGS)

check: $(VENV)/.test ## ruff, mypy --strict, import-linter
	@echo "==> ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "==> mypy"; $(BIN)/mypy
	@echo "==> import-linter"; $(BIN)/lint-imports

# A test holds each of them equal to the code that it is made from.
pages: $(VENV)/.test ## Make the pages of docs/ that are made from code
	@$(BIN)/chartside prefetch > docs/prefetch.md
	@$(BIN)/chartside openapi > docs/openapi.json
	@$(BIN)/python tests/conformance/evidence.py > docs/conformance.md

format: $(VENV)/.test ## Format and fix what can be fixed
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

# Addresses of package indexes stay out of the files; hashes say what is meant.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --excludes requirements/excludes.txt
lock: | $(VENV)/.uv ## Pin again what requirements/ holds
	@$(COMPILE) --extra demo --extra dev --extra gpu pyproject.toml -o requirements/test.txt
	@$(COMPILE) --extra demo --constraints requirements/test.txt pyproject.toml -o requirements/demo.txt
	@$(COMPILE) --constraints requirements/test.txt pyproject.toml -o requirements/serve.txt
	@$(COMPILE) --extra gpu --constraints requirements/test.txt pyproject.toml -o requirements/worker.txt

clean: ## Remove the virtual environment and the demo's state
	@rm -rf $(VENV) .chartside .mypy_cache .ruff_cache .pytest_cache
