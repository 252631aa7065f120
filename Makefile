# Two commands from nothing, with only python3 (3.11 or newer, with venv and pip) and make:
#
#   make demo    restore the photos in samples/ with the shipped model
#   make test    run every test
#
# Each sets up the environment folder that it needs the first time and is quick after that. Another folder:
# `make test VENV=/tmp/elsewhere`; another Python: `make test PYTHON=python3.12`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt
RESTORED := samples-restored
TEST_PROCESSES ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports check docs bench wheel clean

help:
	@sed -n 's/^#   //p' Makefile
	@printf '%s\n' \
	  'make lint    ruff (make types: mypy; make imports: which room may import which; make check: all three)' \
	  'make docs    write docs/commands.md again from --help' \
	  'make bench   measure against other methods' \
	  'make wheel   build the wheel and the source archive into dist/' \
	  'make clean   remove what these commands made'

# --- Environments: one folder, three stages, a stamp file for each -------------------------------------------------

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

RUNTIME := $(VENV)/.installed-runtime
$(RUNTIME): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing inpaint-cli into $(VENV) (once) ...'
	$(PIP_INSTALL) --editable .
	@touch $@

DEVELOPMENT := $(VENV)/.installed-development
$(DEVELOPMENT): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing inpaint-cli with its extras dev and train into $(VENV) (once, some minutes) ...'
	$(PIP_INSTALL) --editable '.[dev,train]'
	@touch $@ $(RUNTIME)

# Both OpenCV wheels write the same cv2 folder. The contrib one holds all of the plain one, so it is laid over it last.
BENCHMARKS := $(VENV)/.installed-benchmarks
$(BENCHMARKS): $(DEVELOPMENT)
	$(PIP_INSTALL) --editable '.[dev,train,bench]'
	$(PIP_INSTALL) --force-reinstall --no-deps opencv-contrib-python-headless
	@touch $@

# --- What people run -----------------------------------------------------------------------------------------------

demo: $(RUNTIME)
	$(BIN)/inpaint-cli restore samples/photos --mask-dir samples/masks -o $(RESTORED)
	@echo
	@echo 'Before: samples/photos   masks: samples/masks   after: $(RESTORED)'

test: $(DEVELOPMENT)
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile $(PYTEST_ARGS)

lint: $(DEVELOPMENT)
	$(BIN)/ruff check .

types: $(DEVELOPMENT)
	$(BIN)/mypy

imports: $(DEVELOPMENT)
	$(BIN)/lint-imports

check: lint types imports

docs: $(DEVELOPMENT)
	$(BIN)/python docs/write_commands.py

bench: $(BENCHMARKS)
	$(BIN)/python -m benchmarks.run $(BENCH_ARGS)

wheel: $(DEVELOPMENT)
	$(BIN)/python -m build --no-isolation --outdir dist .

clean:
	rm -rf $(RESTORED) bench-results dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv*' -not -path './runs/*' -prune -exec rm -rf {} +
	@echo 'The environment folder $(VENV) is kept: remove it by hand.'
