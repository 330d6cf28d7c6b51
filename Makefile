# `make` alone lists what there is. Every target sets up `.venv` first, when it is missing or out of date.

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

# tools/ run before `.venv` exists, on the first Python that works: one on the PATH may be a shim that fails.
PYTHON ?= python3
define run
@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then \
        exec "$$python" tools/$(1); \
    fi; \
done; \
echo '✗ No usable Python. The course needs 3.11, 3.12 or 3.13.' \
     'On Debian or Ubuntu: sudo apt-get install python3 python3-venv' >&2; exit 1
endef

.PHONY: help lab env test quick test-all lock pictures browser

help:
	@echo 'make lab       set everything up and open JupyterLab on the first lesson'
	@echo 'make test      set everything up and run all tests'
	@echo 'make env       set up only (.venv, from requirements.lock)'
	@echo 'make quick     units and rules, in under a minute'
	@echo 'make test-all  all tests, and every lesson with seeds 1 to 5 and on JAX'
	@echo 'make pictures  write the pictures of README.md anew from the lessons'
	@echo 'make lock      write requirements.lock anew from pyproject.toml (UPGRADE=1: newest versions)'

lab: env
	@$(BIN)/course lab

env:
	$(call run,env.py)

browser:
	$(call run,chromium.py >/dev/null)

test: browser env
	@$(PYTEST) @tests/all.txt -m 'not slow'

test-all: browser env
	@$(PYTEST) @tests/all.txt

quick: env
	@$(PYTEST) tests/units tests/notebooks -n 2 -m 'not slow and not kernel and not keras and not seconds'

lock:
	$(call run,lock.py $(if $(UPGRADE),--upgrade))

pictures:
	$(call run,pictures.py)

