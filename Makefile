# make run    set everything up and open the window; without a screen: the tour, to build/tour/
# make test   set everything up and run the tests
# make lab    the same program against real machines (root, Linux)
# make lab-all  the same on every kind of server, an hour and more
# make bench  how fast, side by side with others
# make screenshots  the pictures of the window in the documents
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := packaging/lock
SYSTEM := sh packaging/linux/system-packages.sh

.PHONY: run test lab lab-all bench lint clean lock golden docs screenshots translations intermediates

run: $(VENV)/run
	$(BIN)/cht-offline-setup window --or-tour build/tour

test: $(VENV)/test lint
	$(BIN)/python -m pytest -n 4 --dist loadgroup

lab: $(VENV)/lab
	$(BIN)/python -m tests.lab.prepare
	$(BIN)/python -m pytest -v -n 2 --dist loadgroup tests/lab

lab-all: $(VENV)/lab
	$(BIN)/python -m tests.lab.prepare
	$(BIN)/python -m pytest -v -n 2 --dist loadgroup tests/lab --every-kind

bench: $(VENV)/lab
	$(BIN)/python -m tests.lab.prepare
	$(BIN)/python -m tests.bench.window
	$(BIN)/python -m tests.bench.arrivals
	$(BIN)/python -m tests.bench

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

golden: $(VENV)/test
	$(BIN)/python -m tests.plan.golden --write

docs: $(VENV)/test
	$(BIN)/python -m tests.docs.troubleshooting --write
	$(BIN)/python -m tests.docs.guide --write
	$(BIN)/python -m tests.docs.pictures

screenshots: $(VENV)/test
	$(BIN)/python -m tests.docs.screenshots

# The texts to be translated, for Qt Linguist.
translations: $(VENV)/test
	$(BIN)/python packaging/translations.py

# Certificates that chains often lack, from Mozilla's list of all intermediates (Internet).
intermediates: $(VENV)/run
	$(BIN)/python packaging/intermediates.py

# Pinned versions with hashes, for Linux and Windows at once.
lock:
	$(PYTHON) -m uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 -o $(LOCK)/run.txt pyproject.toml
	$(PYTHON) -m uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 -c $(LOCK)/run.txt --group dev -o $(LOCK)/dev.txt pyproject.toml

clean:
	rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/python: packaging/linux/system-packages.sh
	$(SYSTEM) run
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/run: $(VENV)/python $(LOCK)/run.txt pyproject.toml
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(LOCK)/run.txt
	$(BIN)/python packaging/linux/develop.py
	touch $@

$(VENV)/test: $(VENV)/run $(LOCK)/dev.txt
	$(SYSTEM) test
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(LOCK)/dev.txt
	touch $@

$(VENV)/lab: $(VENV)/test
	$(SYSTEM) lab
	touch $@
