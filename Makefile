# Every target does its own set-up, once: it needs make and Python 3.11 or newer, nothing else.
# .venv holds everything, Node included; a second run installs only after pyproject.toml or a lock file changed.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo lab test check test-js test-notebooks test-python bench picture build format clean

BIN := .venv/bin
# npm's scripts look for node on PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# pip pins pyright; it need not ask a server whether there is a newer one.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

PYTHONS := python3.11 python3.12 python3.13 python3.14 python3 python
# -qq: nothing but failures.
INSTALL := $(BIN)/python -m pip install -qq --editable
PROJECT := pyproject.toml hatch_build.py
BUNDLE := src/hookcell/notebook/static/widget.js
JS := $(shell find js -name node_modules -prune -o -type f -print)
NODE_MODULES := js/node_modules/.package-lock.json
QUICKSTART := notebooks/quickstart.ipynb
# In a container one often is root, and Lab wants to be told so.
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)

help:
	@echo "make demo    run the quickstart in the terminal"
	@echo "make lab     open the quickstart in JupyterLab"
	@echo "make test    every check and every test (HOOKCELL_BROWSER=required: browser tests may not be skipped)"
	@echo "make bench   measure, beside concurrent.futures, Hamilton and Prefect"
	@echo "make picture draw the README's pictures anew, in pictures/"
	@echo "make build   sdist and wheel, in dist/"
	@echo "make format  put both languages into their form"
	@echo "make clean   remove everything that was made"

demo: .venv/.for-demo
	@$(BIN)/python -m hookcell.notebook.terminal $(QUICKSTART)

lab: .venv/.for-lab $(BUNDLE)
	$(BIN)/jupyter lab $(AS_ROOT) $(QUICKSTART)

# pytest comes last, so that its summary ends the output.
test: check test-js test-notebooks test-python

check: .venv/.for-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright

test-js: $(NODE_MODULES)
	$(BIN)/npm --prefix js run --silent lint
	$(BIN)/npm --prefix js run --silent typecheck
	$(BIN)/npm --prefix js run --silent test

# Notebooks keep variables and blocks: not in the store of whoever runs this.
test-notebooks: .venv/.for-dev $(BUNDLE)
	home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && \
	  HOOKCELL_HOME="$$home" $(BIN)/pytest --nbval-lax --nbval-current-env notebooks

# axe-core, which looks over the view, comes from js/node_modules.
test-python: .venv/.for-dev $(BUNDLE) $(NODE_MODULES)
	$(BIN)/pytest

bench: .venv/.for-dev
	$(BIN)/python benchmarks

picture: .venv/.for-dev $(BUNDLE)
	$(BIN)/python pictures/draw.py

build: .venv/.for-dev
	rm -rf dist
	$(BIN)/python -m build

format: .venv/.for-dev $(NODE_MODULES)
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	cd js && npx biome check --write

clean:
	rm -rf .venv dist js/node_modules $(dir $(BUNDLE)) .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A version manager's python3.x may exist and not start, and a system's may lack ensurepip: ask each.
.venv/.made:
	@rm -rf .venv
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making .venv with $$("$$python" --version)"; "$$python" -m venv .venv && touch $@; exit; \
	  fi; \
	done; \
	echo "hookcell needs Python 3.11 or newer with its venv module; none of these is one: $(PYTHONS)" >&2; exit 1

.venv/.for-demo: .venv/.made $(PROJECT)
	@echo "Installing hookcell into .venv"
	@$(INSTALL) '.[terminal]'
	@touch $@

.venv/.for-lab: .venv/.made $(PROJECT)
	@echo "Installing hookcell and JupyterLab into .venv"
	@$(INSTALL) '.[docs]'
	@touch $@

.venv/.for-dev: .venv/.made $(PROJECT)
	@echo "Installing hookcell and its development tools into .venv"
	@$(INSTALL) '.[dev]'
	@touch $@

# An editable install builds the view, with a Node of its own if need be (hatch_build.py).
$(BUNDLE): $(JS) | .venv/.made
	@echo "Building the view"
	@$(INSTALL) . --no-deps

$(NODE_MODULES): js/package.json js/package-lock.json | .venv/.for-dev
	@echo "Installing js/node_modules"
	@cd js && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
