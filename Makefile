# Two commands do everything on a fresh machine: `make app` and `make test`.
# The machine's own python3 if it is new enough, else a newer one beside it.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# As many processes as cores, two to four, and 4 GB of memory for each. `make test JOBS=4` overrides it.
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); m=$$(awk '/MemTotal/ {print int($$2 / 4e6)}' /proc/meminfo 2>/dev/null); \
  [ $$n -gt $${m:-2} ] && n=$${m:-2}; [ $$n -gt 4 ] && n=4; [ $$n -lt 2 ] && n=2; echo $$n)

# nbmake's libraries take 3 s to import in each process; it is asked for where notebooks are run.
PYTEST := $(BIN)/python -m pytest -p no:nbmake
# Modules and rewritten assertions are compiled once, not by each of the processes that the tests start.
unexport PYTHONDONTWRITEBYTECODE

# JupyterLab asks other machines for news, updates and extensions; npm, which it starts, and kernels do, too.
QUIET := ORT_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_TELEMETRY=1 NPM_CONFIG_UPDATE_NOTIFIER=false
NO_NEWS := --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
  --LabApp.extension_manager=readonly

.PHONY: app lab models test checks quick lint unused types unit page notebooks thorough bench build clean

# A package that can't be fetched disables its models and nothing else: the app starts all the same.
app: $(VENV)/app.stamp
	-$(BIN)/facelib models fetch
	$(BIN)/facelib app

lab: $(VENV)/app.stamp
	-$(BIN)/facelib models fetch
	$(QUIET) $(BIN)/jupyter lab $(NO_NEWS) notebooks

models: $(VENV)/app.stamp
	$(BIN)/facelib models fetch

# Order matters: what fails fastest comes first. Eight minutes on two quiet cores; tests/README.md says what is in it.
# Types and two notebooks take a core each; the notebooks have fetched the models.
test: lint
	$(MAKE) -j 2 -O types notebooks unused
	$(MAKE) -o models unit
	$(MAKE) -o models page

# At once; each alone waits for the disk and for itself.
checks: $(VENV)/test.stamp
	$(MAKE) -j 2 lint types unused

# A short look: `make quick` for what matters most, `make quick ROOM=stats/effects` for one room of facelib/.
quick: export OMP_NUM_THREADS := 1
QUICK := $(addprefix tests/unit/,project utilities stats/effects studies/declared) $(addprefix facelib/,utilities stats/effects)
ifdef ROOM
quick: $(VENV)/test.stamp models
	@test -d facelib/$(ROOM) || { echo "facelib has no room $(ROOM); the rooms: $$(ls -d facelib/*/ | xargs -n1 basename | tr '\n' ' ')"; exit 1; }
	$(PYTEST) -n $(JOBS) -q -m "not browser and not outside and not thorough" $(wildcard tests/unit/$(ROOM) facelib/$(ROOM))
else
quick: checks
	$(PYTEST) -n $(JOBS) -q -m "not packages and not browser and not outside and not thorough" $(QUICK)
endif

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

# Dead code; the tests are read, too, for what they use.
unused: $(VENV)/test.stamp
	! $(BIN)/vulture | grep '^facelib/'

types: $(VENV)/test.stamp
	$(BIN)/mypy

# A process per core: threads of torch on top of that make small networks slower, not faster.
unit page notebooks thorough-%: export OMP_NUM_THREADS := 1

ELSEWHERE := --ignore=tests/browser --ignore=tests/outside  # not even collected
unit: $(VENV)/test.stamp models
	$(PYTEST) -n $(JOBS) --dist worksteal -m "not thorough" $(ELSEWHERE)

# Pages, servers and kernels wait for each other: one process more than cores keeps these at work. In CI a journey
# that failed is run again, twice at most, and said at the end; unit tests never are.
WAITING := $(shell expr $(JOBS) + 1)
AGAIN := $(if $(CI),--reruns 2 -raR)
page: $(VENV)/test.stamp models
	$(PYTEST) -n $(WAITING) --dist loadgroup -m "not thorough" $(AGAIN) tests/browser tests/outside

notebooks: $(VENV)/test.stamp models
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=300 notebooks/01_*.ipynb notebooks/06_*.ipynb

# All that `make test` leaves out: an hour and more. A part alone: `make thorough-units`; all go on where one fails.
PARTS := units notebooks browser outside
thorough: $(VENV)/test.stamp models
	@rm -rf .thorough; for part in $(PARTS); do $(MAKE) thorough-$$part || failed=1; done; \
	  $(BIN)/python tests/counts.py $(PARTS) && [ -z "$$failed" ]

# The notebooks run once for two promises: they run, and ask nobody while they do.
PRIVATE := tests/outside/test_privacy.py::test_the_notebooks_ask_nobody
THOROUGH = $(PYTEST) --timeout=1800 -m thorough --junitxml=.thorough/$*.xml
thorough-units: THESE := -n $(JOBS) --dist worksteal $(ELSEWHERE)
thorough-browser: THESE := -n $(WAITING) --dist loadfile --no-loadscope-reorder tests/browser
thorough-outside: THESE := -n $(WAITING) --dist loadfile --deselect=$(PRIVATE) tests/outside
thorough-notebooks: THESE := $(PRIVATE)
$(PARTS:%=thorough-%): thorough-%: $(VENV)/test.stamp models
	$(THOROUGH) $(THESE)

# Built without isolation, by the hatchling of the environment: no package is fetched meanwhile.
.PHONY: build
build: $(VENV)/test.stamp
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m twine check --strict dist/*

bench: $(VENV)/test.stamp models
	for script in $(filter-out benchmarks/thumbnails.py, $(wildcard benchmarks/*.py)); do $(BIN)/python $$script || exit 1; done

$(VENV)/bin/python:
	@test -n "$(PYTHON)" \
	  || { echo "facelib needs Python 3.11 or newer; say which one: make app PYTHON=/path/to/python3.12"; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/app.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -e '.[app,semg]'
	touch $@

# Python compiles what is imported; pip would compile all, which takes longer than the download.
$(VENV)/test.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --no-compile -e '.[app,semg,models,test]'
	touch $(VENV)/app.stamp $@

clean:
	rm -rf $(VENV) build dist screenshots .thorough .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
