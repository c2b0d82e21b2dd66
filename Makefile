# What the README and CI run. Everything is installed into .venv; only Python 3.11 is needed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

# TensorFlow talks about missing GPUs at every start
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test bench lint types clean

demo: .venv/installed-plot
	$(BIN)/python examples/river_flow.py

test: lint types
	$(BIN)/python -m pytest

bench: .venv-bench/installed
	.venv-bench/bin/python benchmarks/run.py

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

.venv/installed-%: setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@

# an environment of its own: the alternatives bring PyTorch
.venv-bench/installed: setup.cfg pyproject.toml
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --editable '.[bench]'
	touch $@

clean:
	rm -rf .venv .venv-bench pictures .pytest_cache .mypy_cache .ruff_cache *.egg-info
