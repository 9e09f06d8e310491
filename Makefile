# Two commands do everything on a machine with Python 3.11-3.13 and make:
#   make demo   makes the environment from the lock and runs a night on the bundled sample
#   make test   makes it and passes the tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
RUN_ENVIRONMENT := DO_NOT_TRACK=1 PREFECT_SERVER_ANALYTICS_ENABLED=false

.PHONY: demo test test-fast test-slow test-share test-cuda lint benchmark lock clean

demo: $(VENV)/.run-ready
	$(RUN_ENVIRONMENT) $(BIN)/almanac demo

# What is linted is linted beside the tests.
test: $(VENV)/.test-ready
	$(MAKE) --no-print-directory --jobs=2 lint test-fast

# Each process has a PostgreSQL of its own. Tests of one file share a process, and so do those of
# tests/survival, and those with a Prefect server.
# Files come in the order of tests/conftest.py, the longest first.
TEST_PROCESSES ?= 2
test-fast: $(VENV)/.test-ready
	$(RUN_ENVIRONMENT) $(BIN)/python -m pytest -m "not slow and not gpu" --hypothesis-profile=reproducible \
	  --numprocesses=$(TEST_PROCESSES) --dist=loadfile --no-loadscope-reorder

test-slow: $(VENV)/.test-ready
	$(RUN_ENVIRONMENT) $(BIN)/python -m pytest -m "slow and not gpu"

# The share of the slow lane that goes with the gate: 65 kills at random moments, the command killed
# and run twice at once, two runs that share a store, a retry in every store, passwords in files and
# logs, eleven thousand dirty tables, every call of BigQuery cut off, the lane for Google run on the
# stand-in, the emulators, AutoETS's criterion against statsforecast's on all of M3 by month and
# quarter, and further cases of what the gate has one or two of. The rest takes more than an hour.
SHARE := tests/emulators tests/storage tests/survival/test_command_killed.py \
  tests/kernels/test_arima.py tests/kernels/test_ets.py \
  tests/survival/test_clock.py tests/survival/test_lock.py tests/survival/test_retry.py \
  tests/survival/test_secrets.py \
  tests/survival/test_killed.py::test_a_night_killed_at_a_change_to_the_disk_ends_as_if_it_had_not_been \
  tests/survival/test_killed.py::test_a_night_killed_at_more_random_moments_ends_as_if_it_had_not_been \
  tests/survival/test_registry_killed.py::test_a_night_killed_while_it_keeps_its_models_is_finished_by_the_next_start \
  tests/survival/test_store_faults.py::test_a_call_that_fails_while_it_publishes \
  tests/survival/test_store_faults.py::test_a_night_that_bigquery_stops_answering \
  tests/survival/test_store_faults.py::test_a_store_that_stays_away_after_publication \
  tests/survival/test_store_faults.py::test_a_store_that_dies_between_tables \
  tests/flows/test_registry.py tests/flows/test_stock_sharing.py tests/flows/test_stored_champions.py \
  tests/forecasting/test_published_accuracy.py tests/risk
test-share: $(VENV)/.test-ready
	$(RUN_ENVIRONMENT) $(BIN)/python -m pytest -m "slow and not gpu" $(SHARE) --hypothesis-profile=reproducible

# In two processes: numba chooses between the simulator of a GPU and its compiler as it is imported. In
# the second launches run the PTX that a device would be handed, where there is none.
CUDA_VENV ?= $(VENV)-cuda
test-cuda: $(CUDA_VENV)/.ready
	NUMBA_ENABLE_CUDASIM=1 $(CUDA_VENV)/bin/python -m pytest tests/cuda --hypothesis-profile=reproducible
	$(CUDA_VENV)/bin/python -m pytest tests/cuda --hypothesis-profile=reproducible

lint: $(VENV)/.test-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

benchmark: $(VENV)/.run-ready
	$(RUN_ENVIRONMENT) $(BIN)/python -m benchmarks.nightly

# Pins every dependency with its hashes, for all platforms and Python 3.11-3.13.
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-annotate --no-header --quiet
COMPILE_CUDA := $(subst compile pyproject.toml,compile --group cuda,$(COMPILE))
lock: $(VENV)/.created
	$(PIP) install --quiet uv
	$(COMPILE) --group build --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE_CUDA) --constraint requirements-dev.lock --output-file requirements-cuda.lock

clean:
	rm -rf $(VENV) $(CUDA_VENV) almanac-demo

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
	  "Almanac needs Python 3.11, 3.12 or 3.13; $(PYTHON) is %d.%d. Try: make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The lock names everything, so pip resolves nothing (--no-deps) and checks every hash.
$(VENV)/.run-ready: requirements.lock pyproject.toml | $(VENV)/.created
	@echo "Installing the locked dependencies (about a minute the first time) ..."
	$(PIP) install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test-ready: requirements-dev.lock pyproject.toml | $(VENV)/.created
	@echo "Installing the locked dependencies (about a minute the first time) ..."
	$(PIP) install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run-ready

$(CUDA_VENV)/.ready: requirements-cuda.lock
	$(PYTHON) -m venv $(CUDA_VENV)
	@echo "Installing the locked dependencies (about a minute the first time) ..."
	$(CUDA_VENV)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes --requirement requirements-cuda.lock
	@touch $@
