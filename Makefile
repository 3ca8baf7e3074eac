# Two commands do everything on a machine with Python 3.11, make and a package index:
#   make watchlist    environment, invented county, model, this week's lists
#   make test         environment and the tests
.DEFAULT_GOAL := watchlist
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null || echo $(BIN)/uv)
READY := $(VENV)/.ready

# No call home, no leftover of another environment, and bytecode that is kept: imports cost seconds without it.
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export MLFLOW_DISABLE_TELEMETRY := true
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH

.PHONY: watchlist test thorough bench evidence lint types format lock system clean
watchlist: $(READY)
	$(BIN)/homeround demo

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

thorough: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m thorough

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	command -v uv >/dev/null || test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(READY)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m tests.bench

evidence: $(READY)
	$(BIN)/python -m tests.bench.synthetic
	$(BIN)/python -m tests.bench.evidence
	$(BIN)/python -m tests.bench.skill

# Parts of the system that some tests use; those tests say what they skip when it is not there.
system:
	sh .ci/system

lock:
	$(UV) pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock

clean:
	rm -rf var mlruns/mlflow.db mlruns/artifacts
