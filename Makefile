# make run    set everything up and open the window; without a screen: the tour, to build/tour/
# make test   set everything up and run the tests
# make lab    the same program against real machines (root, Linux)
# make lab-all  the same on every kind of server, some hours
# make bench  how fast, side by side with others
# make site   the documents as a site that needs no Internet, in resources/site
# make installers  for Linux (build/linux) and Windows (build/windows); also -linux, -windows alone
# make test-installers  install, start, upgrade and remove them: clean Debian systems, Wine (root)
# make screenshots  the pictures of the window in the documents
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := packaging/lock
PACKER := build/packer
PACKER_PYTHON ?= /usr/bin/python3
SYSTEM := sh packaging/linux/system-packages.sh

.PHONY: run test lab lab-all bench installers installers-linux installers-windows test-installers test-installers-linux test-installers-windows lint clean lock golden docs site screenshots translations intermediates

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
	$(SYSTEM) bench
	$(BIN)/python -m tests.lab.prepare
	$(BIN)/python -m tests.bench.window
	$(BIN)/python -m tests.bench.arrivals
	$(BIN)/python -m tests.bench

# Debian's own Python: its C library is the oldest that the program will run with.
# The documents go in, as F1's help.
installers-linux: $(PACKER)/packer site
	$(PACKER)/bin/python packaging/linux/build.py build/linux

test-installers-linux: $(VENV)/test installers-linux
	$(SYSTEM) installers-test
	$(BIN)/python -m pytest -v -s tests/installers/linux

# RUNTIME=release takes the CPython that packaging/windows/runtime.toml names for releases.
RUNTIME ?= test

installers-windows: $(VENV)/test site
	$(SYSTEM) windows
	rm -f build/windows/cht-offline-setup-*
	$(BIN)/python packaging/windows/build.py --runtime $(RUNTIME)

test-installers-windows: installers-windows $(VENV)/lab
	$(SYSTEM) test-windows
	$(BIN)/python -m tests.lab.prepare
	$(BIN)/python -m pytest -v -s tests/installers/test_windows.py

installers: installers-linux installers-windows

test-installers: test-installers-linux test-installers-windows

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
	$(BIN)/python -m tests.docs.tables --write
	$(BIN)/python -m tests.docs.pictures

# A wheel or an installer that is built afterwards brings it along; F1 leads to it.
site: $(VENV)/test
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

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

	$(PYTHON) -m uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header \
	    --python-version 3.11 -c $(LOCK)/dev.txt --group build -o $(LOCK)/build.txt pyproject.toml

clean:
	rm -rf build dist resources/site $(VENV) .mypy_cache .ruff_cache .pytest_cache

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
	sh packaging/linux/unpacked.sh chrony build/chrony
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(LOCK)/dev.txt
	touch $@

$(PACKER)/packer: packaging/linux/system-packages.sh $(LOCK)/build.txt
	$(SYSTEM) run
	$(SYSTEM) installers
	test -x $(PACKER)/bin/python || $(PACKER_PYTHON) -m venv $(PACKER)
	$(PACKER)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $(LOCK)/build.txt
	touch $@

$(VENV)/lab: $(VENV)/test
	$(SYSTEM) lab
	touch $@
