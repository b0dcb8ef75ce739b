# Two commands on a fresh machine: `make demo` and `make test`.
# `make demo FILM=path` runs on your own film; OUT=folder says where to.

# The first Python that really runs and is 3.11, 3.12 or 3.13.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo
INPUTS := pyproject.toml constraints.txt scripts/fit_opencv.py

.PHONY: demo test lint types tests train-default clean

demo: $(VENV)/.ready
	$(BIN)/python scripts/demo.py --out "$(OUT)" $(if $(FILM),--film "$(FILM)")

# Types take one core for a minute: beside the tests they cost less than before them.
test: lint
	@$(MAKE) --no-print-directory --jobs 2 types tests

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready-dev
	$(BIN)/mypy

tests: $(VENV)/.ready-dev
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder

# The shipped model again, from data that CINEMOTION_SHARED names; goes on where it was stopped.
train-default: $(VENV)/.ready-dev
	$(BIN)/python scripts/train_default.py

# What the main job needs, and nothing else.
$(VENV)/.ready: $(INPUTS)
	$(call make_venv)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	$(BIN)/python scripts/fit_opencv.py
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	$(BIN)/python scripts/fit_opencv.py
	touch $@

define make_venv
	@test -n "$(PYTHON)" || { echo "cinemotion needs Python 3.11, 3.12 or 3.13; none was found" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
endef

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis demo
