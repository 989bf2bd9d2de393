# Everything runs in a virtual environment of its own; nothing of yours is touched.
PYTHON ?= python3
VENV ?= .venv
CLIPS ?=
# The neural backends' tests run on the CPU; on Linux, PyPI's wheel of this version brings CUDA with it and works too.
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin
COUNTED := core store config stages runs runners bait guidance dataset bench
COMMA := ,
SPACE := $(subst ,, )

.PHONY: demo test lint bench docs soak clean

demo: $(VENV)/.base
	$(BIN)/sparkle demo --out demo

# The tests, and the share of lines and branches that they reach in ten rooms, each at least 90 %. Compiled modules are
# kept, also where the environment says otherwise: tests start many processes.
test: $(VENV)/.test
	OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m slipcover --branch --json --out $(VENV)/reached.json \
	  --source $(subst $(SPACE),$(COMMA),$(addprefix src/sparkle/,$(COUNTED))) \
	  -m pytest -n auto --maxprocesses 4 --dist worksteal
	@$(BIN)/python -m tests.rooms $(VENV)/reached.json

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tables of docs/benchmarks.md. CLIPS is a folder of your own fixed-camera clips.
bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(CLIPS)

# Ten minutes on two idle cores: a build whose workers are killed at random ends as an undisturbed one.
soak: $(VENV)/.test
	$(BIN)/python -m benchmarks.soak

# The documentation as a site in site/; a warning is an error.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) demo site

$(VENV)/.python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

$(VENV)/.base: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.bench: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --editable '.[eyes,view]' 'playwright>=1.49,<2'
	@touch $@

$(VENV)/.docs: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

$(VENV)/.torch: $(VENV)/.python
	$(BIN)/python -m pip install --quiet $(TORCH)
	@touch $@

$(VENV)/.test: $(VENV)/.torch pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
