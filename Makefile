# Printyard. `make help` lists what there is to make. Python 3.11 to 3.14 and make are enough.
#
# Everything is installed into .venv, from the hashed lists in requirements/, and only when those lists have changed.
# Another interpreter: `make setup PYTHON=python3.13`; other arguments for pytest: `make test PYTEST="tests/core -x"`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
WORKERS ?= 2
PYTEST ?= tests
# Compiled once, before the tests, whose time is limited.
KERNELS := $(CURDIR)/$(VENV)/kernels
FUZZ_MINUTES ?= 60
CANDIDATES := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --no-input
# The lists are complete, so pip resolves nothing: it takes exactly these files or fails.
LOCKED := $(PIP_INSTALL) --no-deps --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-emit-find-links --annotation-style line --custom-compile-command "make requirements"

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(PY):
	@for candidate in $(CANDIDATES); do \
		if "$$candidate" -c 'import ensurepip, sqlite3, ssl, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then \
			echo "Making $(VENV) with $$("$$candidate" --version)"; \
			"$$candidate" -m venv --clear $(VENV) && exit 0; \
		fi; \
	done; \
	echo "Printyard needs Python 3.11 to 3.14 with venv (Debian: apt-get install python3-venv). Tried: $(CANDIDATES)" >&2; \
	exit 1

# --no-build-isolation: the build backend comes from the hashed list too.
$(VENV)/run.stamp: requirements/run.txt requirements/build.txt pyproject.toml | $(PY)
	@echo "Installing the server into $(VENV) ..."
	@$(LOCKED) -r requirements/run.txt -r requirements/build.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing the tools and the tests' needs into $(VENV) ..."
	@$(LOCKED) -r requirements/dev.txt
	@touch $@

.PHONY: run-setup setup
run-setup: $(VENV)/run.stamp ## Make .venv with what the server needs
setup: $(VENV)/dev.stamp ## Make .venv with what the server, the tests and the checks need

.PHONY: demo
demo: run-setup ## Start a yard of virtual printers, and print its address
	@echo "Getting the kernels ready (the first time takes half a minute or so) ..."
	@$(PY) -m printyard warm
	@exec $(PY) -m printyard demo

.PHONY: test
test: setup ## Run the tests (PYTEST="tests/core -x" for some)
	@NUMBA_CACHE_DIR=$(KERNELS) $(PY) -m printyard.gcode.kernel.warm || echo "No compiled kernel here: plain Python is tested alone"
	@NUMBA_CACHE_DIR=$(KERNELS) $(PY) -m pytest -n $(WORKERS) --dist loadscope $(PYTEST)

.PHONY: check check-format check-lint check-types check-rooms check-house
check: check-format check-lint check-types check-rooms check-house ## Format, lint, types, room contracts, house rules

check-format: setup
	$(BIN)/ruff format --check --quiet .

check-lint: setup
	$(BIN)/ruff check --quiet .

check-types: setup
	$(BIN)/mypy --no-error-summary

check-rooms: setup
	$(BIN)/lint-imports --no-logo

check-house: setup
	$(PY) checks/size_budget.py
	$(PY) checks/vendor_words.py
	$(PY) checks/schema_instants.py

.PHONY: format
format: setup ## Format the code and repair what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: bench
bench: setup ## Run every benchmark
	@set -e; for bench in benchmarks/[a-z]*.py; do echo "== $$bench"; NUMBA_CACHE_DIR=$(KERNELS) $(PY) "$$bench"; done

.PHONY: fuzz
fuzz: setup ## Hunt for files that break the readers, and run the generated tests for long (FUZZ_MINUTES=60)
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input 'atheris>=3,<4' 2>/dev/null || echo "No atheris for this Python: hunting blindly."
	@NUMBA_CACHE_DIR=$(KERNELS) $(PY) -m printyard.gcode.kernel.warm || echo "No compiled kernel here: plain Python is tested alone"
	@NUMBA_CACHE_DIR=$(KERNELS) $(PY) -m tests.fuzz --minutes $(FUZZ_MINUTES) -- -n $(WORKERS) $(PYTEST)

.PHONY: requirements
requirements: setup ## Compile requirements/ from pyproject.toml (UPGRADE=--upgrade for the newest versions)
	@$(COMPILE) $(UPGRADE) pyproject.toml --all-extras --output-file requirements/run.txt
	@$(COMPILE) $(UPGRADE) --group build --constraints requirements/run.txt --output-file requirements/build.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --all-extras --group dev --constraints requirements/run.txt --constraints requirements/build.txt \
		--output-file requirements/dev.txt

.PHONY: clean
clean: ## Remove .venv, the builds and the tools' caches
	@rm -rf $(VENV) dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests checks benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
