# Every target sets up what it needs, on a machine that has only Python >= 3.11 and make.
#   make run        the main job: the calyx of Held at 100 Hz, its tables and its figure
#   make test       the whole test suite
#   make check      format, lint, types and import layers (under 30 s)
#   make proof      the statistics with 100 other keys and 10,000 structures of networks (hours)
#   make validate   every published target of the library, written to docs/validation.md
#   make bench      the benchmarks, written to results/bench.json (under 10 minutes)
#   make docs       the documentation site, in site/
#   make setup      everything for working on Quantal; make format rewrites the formatting

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test proof check validate bench docs setup format clean
# Half-made stamps must not count as made.
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/installed-run
	$(BIN)/python examples/calyx_of_held.py results

test: $(VENV)/installed-test
	$(BIN)/python -m pytest -n 2

proof: $(VENV)/installed-test
	$(BIN)/python tests/statistics/proof.py 100
	QUANTAL_PROOF_STRUCTURES=10000 $(BIN)/python -m pytest -n 2 tests/properties/test_random_networks.py

check: $(VENV)/installed-check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

validate: $(VENV)/installed-test
	$(BIN)/python docs/validation.py docs/validation.md

bench: $(VENV)/installed-bench
	$(BIN)/python benchmarks/run.py

docs: $(VENV)/installed-docs
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

setup: $(foreach extra,test check bench docs,$(VENV)/installed-$(extra))

format: $(VENV)/installed-check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) site results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# One stamp per set of extras; `run` needs none. They follow pyproject.toml alone, because
# the installation is editable.
$(VENV)/installed-run: pyproject.toml $(VENV)/ready
	$(INSTALL) --editable .
	@touch $@

$(VENV)/installed-%: pyproject.toml $(VENV)/ready
	$(INSTALL) --editable '.[$*]'
	@touch $@

# Each candidate is run, not only looked up: a version manager's shim may exist and refuse.
$(VENV)/ready:
	@for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    "$$python" -m venv $(VENV) && touch $@ && exit 0; \
	    echo "quantal: '$$python -m venv' failed; install this Python's venv module" >&2; exit 1; \
	  fi; \
	done; \
	echo "quantal: needs Python 3.11 or newer, and none was found;" \
	  "name one with 'make PYTHON=/path/to/python3.11 ...'" >&2; exit 1
