# What the README and CI run. Everything is installed into .venv; only Python 3.11 is needed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

# TensorFlow talks about what it compiles and on which devices
export TF_CPP_MIN_LOG_LEVEL ?= 3

# In other environments: tests that are quick and reach every method. TESTS=tests are all.
TESTS ?= @tests/core.txt

# The examples of the documentation: EXAMPLES=shown does not run them, which takes a minute less
EXAMPLES ?= run

.PHONY: demo docs test bench lint types test-matrix test-package test-lowest test-pre clean

demo: .venv/installed-report
	$(BIN)/python examples/river_flow.py

test: lint types
	$(BIN)/python -m pytest

# the site, in docs/_build/html; warnings are errors, and internal links are looked up (-n)
docs: .venv/installed-docs
	EXAMPLES=$(EXAMPLES) $(BIN)/python -m sphinx -W --keep-going -n -b html docs docs/_build/html

bench: .venv-bench/installed
	.venv-bench/bin/python benchmarks/run.py

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

# The versions of other packages that skfi runs with; all of them, though one fails
test-matrix:
	$(MAKE) --keep-going test-lowest test-3.12 test-3.13 test-pre

# the lowest that setup.cfg allows; -P: the wheel, and not the folder skfi, is tested
test-lowest: .venv-lowest/installed
	.venv-lowest/bin/python -P -m pytest $(TESTS)

# the newest, on another Python
test-3.%:
	@if python3.$* -c '' 2>/dev/null; then \
		$(MAKE) .venv-3.$*/installed && .venv-3.$*/bin/python -P -m pytest $(TESTS); \
	else \
		echo "Python 3.$* is not installed here: not tested with it."; \
	fi

# those that are still to come, which may fail
test-pre: .venv-pre/installed
	@.venv-pre/bin/python -P -m pytest $(TESTS) || \
		echo "FAILED with releases to come (above), which is allowed."

# the archives, as the index and a user would see them: README's first lines, outside of the clone
test-package: .venv-lowest/installed
	.venv-build/bin/python -m twine check --strict dist/*.tar.gz dist/*.whl
	cd "$$(mktemp -d)" && "$(CURDIR)/.venv-lowest/bin/python" -P "$(CURDIR)/.ci/snippet.py"
	cd "$$(mktemp -d)" && "$(CURDIR)/.venv-lowest/bin/skfi" demo --quiet --method permutation

.venv/installed-%: setup.cfg setup.py pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@

# an environment of its own: the alternatives bring PyTorch
.venv-bench/installed: setup.cfg pyproject.toml
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --editable '.[bench]'
	touch $@

dist/built: setup.cfg setup.py pyproject.toml MANIFEST.in README.md $(shell find skfi -name '*.py')
	test -x .venv-build/bin/python || $(PYTHON) -m venv .venv-build
	.venv-build/bin/python -m pip install --quiet build twine
	rm -rf dist build
	.venv-build/bin/python -m build --outdir dist . > .venv-build/log || (cat .venv-build/log; false)
	touch $@

.venv-lowest/installed: VERSIONS = --constraint tests/lowest.txt
.venv-lowest/installed: tests/lowest.txt
.venv-pre/installed: VERSIONS = --upgrade --upgrade-strategy eager --pre
.venv-3.%/installed: VERSIONS = --upgrade --upgrade-strategy eager

.venv-lowest/installed .venv-pre/installed: dist/built
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(install-wheel)

.venv-3.%/installed: dist/built
	test -x $(@D)/bin/python || python3.$* -m venv $(@D)
	$(install-wheel)

# the second time for the wheel alone, which pip takes for the same as one of its version before
define install-wheel
$(@D)/bin/python -m pip install --quiet $(VERSIONS) "$$(ls dist/*.whl)[test]"
$(@D)/bin/python -m pip install --quiet --no-deps --force-reinstall dist/*.whl
touch $@
endef

clean:
	rm -rf docs/_build docs/api docs/auto_examples docs/outside
	rm -rf .venv .venv-* build dist pictures .pytest_cache .mypy_cache .ruff_cache *.egg-info
