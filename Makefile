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

# Lessons as nbval runs them in `make test`, outputs compared, once it is certain that Keras takes the backend.
define lessons_on
@echo 'Lessons on $(1)'
@export KERAS_BACKEND=$(1); \
$(2)/bin/python -c 'import keras; assert keras.backend.backend() == "$(1)"' 2>/dev/null || \
    { echo '✗ Keras does not start on $(1) in $(2). Look: KERAS_BACKEND=$(1) $(2)/bin/course doctor' >&2; exit 1; }; \
exec $(2)/bin/python -m pytest @tests/lessons.txt
endef

.PHONY: help lab env test quick test-all test-backends test-tensorflow test-jax test-torch lock pictures browser

help:
	@echo 'make lab       set everything up and open JupyterLab on the first lesson'
	@echo 'make test      set everything up and run all tests'
	@echo 'make env       set up only (.venv, from requirements.lock)'
	@echo 'make quick     units and rules, in under a minute'
	@echo 'make test-all  all tests, and every lesson with seeds 1 to 5 and on JAX'
	@echo 'make test-backends  all lessons on TensorFlow, JAX and PyTorch, which gets an environment of its own'
	@echo 'make pictures  write the pictures of README.md anew from the lessons'
	@echo 'make lock      write the locks anew from pyproject.toml (UPGRADE=1: newest versions)'

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

test-backends: test-tensorflow test-jax test-torch

test-tensorflow: env
	$(call lessons_on,tensorflow,.venv)

test-jax: env
	$(call lessons_on,jax,.venv)

test-torch:
	$(call run,env.py --torch)
	$(call lessons_on,torch,.venv-torch)

quick: env
	@$(PYTEST) tests/units tests/notebooks -n 2 -m 'not slow and not kernel and not keras and not seconds'

lock:
	$(call run,lock.py $(if $(UPGRADE),--upgrade) $(if $(LOWEST),--lowest))

pictures:
	$(call run,pictures.py)

