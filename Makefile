# Two commands: `make run` serves the app, `make test` checks it. The rest is for those who build it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
ENGINES := $(addprefix explainer.,pictures gallery networks deconvnet attribution dream digits corpus workshop)

.PHONY: run test test-quick docs bench load screenshots train lint clean

run: $(VENV)/.app
	$(BIN)/python -m explainer serve --port $(PORT)

test: $(VENV)/.test
	$(BIN)/ruff check .
	EXPLAINER_DATA=$${EXPLAINER_DATA:-../shared/data} $(BIN)/python -m pytest --durations=20

# The engines and figures alone: no pages, no browsers, no processes.
test-quick: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -q -m "not slow"

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

load: $(VENV)/.test
	$(BIN)/python -m benchmarks.load $(LOAD)

screenshots: $(VENV)/.test
	$(BIN)/python -m tests.browser.screenshots

train: $(VENV)/.app
	$(BIN)/python -m explainer train-network --data $${DATA:?say where the pictures are: make train DATA=folder} --resume

# Stamps: done again only when the list of packages changes.
$(VENV)/.app: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/.test: $(VENV)/.app requirements-test.txt requirements-ray.txt tests/browser/find_chromium.py
	$(BIN)/pip install --quiet --requirement requirements-test.txt
	$(BIN)/python tests/browser/find_chromium.py
	@touch $@

# The house drawn anew (docs/architecture.md), and the engines' reference in build/docs.
docs: $(VENV)/.test
	$(BIN)/python docs/rooms.py
	$(BIN)/python -m pdoc --output-directory build/docs $(ENGINES)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean:
	rm -rf $(VENV) screenshots build
