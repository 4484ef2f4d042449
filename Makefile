# Everything a person or CI calls. `make run` and `make test` set themselves up.
PYTHON ?= python3
# Each Python has an environment of its own: make check PYTHON=python3.13
VENV   := .venv$(addprefix -,$(filter-out python3,$(notdir $(PYTHON))))
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
TOOLS  := $(VENV)/tools# uv and pip-audit, whose dependencies stay out of ours
PARITY := $(VENV)/parity# engines of a fleet, a gigabyte of them
RUN    := $(VENV)/.run# the program alone
STAMP  := $(VENV)/.installed
TESTERS ?= 3   # processes that share the tests; with four they take as long

.PHONY: install run test check fmt lint types imports lab lab-ci lab-ci-pyz exam exam-facts exam-facts-ci calibrate confusion repeats same same-record exam-mischief exam-drawn exam-throttle special-ranges exam-timeline exam-alarms exam-luck exam-slow exam-poor-lines exam-watch soak-watch bench-timeline parity exam-fleet bench-fleet demo bench translations interop fuzz lock audit torture wheel pyz clean

install: $(STAMP)

# What is installed is what the locks say, checked against their hashes, on every Python.
$(STAMP): $(RUN) .locks/dev.txt
	@$(PIP) --require-hashes -r .locks/dev.txt
	@touch $@

$(RUN): pyproject.toml .locks/run.txt $(wildcard msgprobe/report/locale/*.po) msgprobe/report/compiled.py tests/packaging/translations.py
	@$(PYTHON) -c 'import sys; sys.exit("msgprobe needs Python 3.11 or newer; try: make PYTHON=python3.12 install") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r .locks/run.txt
	@$(BIN)/python -m pip uninstall --quiet --yes setuptools 2>/dev/null
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

run: $(RUN)
	@$(BIN)/msgprobe run $(ARGS)

# Compiled first: where Python is told to keep no bytecode, each of two thousand commands would
# compile the program anew.
test: install
	@$(BIN)/python -m compileall -q msgprobe tests
	@$(BIN)/python -m pytest -n $(strip $(TESTERS)) --dist worksteal $(ARGS)

fmt: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

# What only reads the sources goes side by side.
check: install
	@$(MAKE) -j 3 --output-sync=target lint types imports
	@$(MAKE) test lab-ci exam-facts-ci

lab: install
	$(BIN)/python -m tests.lab $(ARGS)

# The part of the lab that fits into five minutes of two processors: every kind, every mechanism.
# Labs mostly wait: five share two processors.
lab-ci: install
	$(BIN)/python -m tests.lab --ci --jobs 5 $(ARGS)

# The same by the one file: a bare Python without cryptography, where nothing can be written and
# there is no HOME. The folder of each lab alone can be, for what -o asks for.
lab-ci-pyz: pyz
	$(BIN)/python -m tests.lab --ci --pyz dist/msgprobe.pyz $(ARGS)

# Every scenario with every seed: hours. Goes on with what is kept in .lab/exam.
exam: install
	$(BIN)/python -m tests.lab exam --out tests/lab/exam.txt $(ARGS)

# No single fact of the catalogue convicts: each is contradicted, three hours with four labs on two
# processors. Goes on with what is kept in .lab/facts.
exam-facts: install
	$(BIN)/python -m tests.lab facts --out tests/lab/facts_exam.txt $(ARGS)

# A part of it that has every kind and every sort of fact, in about four minutes.
exam-facts-ci: install
	$(BIN)/python -m tests.lab facts --ci --jobs 5 $(ARGS)

# The innocent scenarios while the program has a quarter of one processor: half an hour.
exam-slow: install
	$(BIN)/python -m tests.lab --kind innocent --processor 0.25 $(ARGS)

# Innocent lines on which much fails by chance, eight seeds each: a quarter of an hour.
exam-poor-lines: POOR := I7b I7-10 I12d CL-lossy SH5 SH6 SH7 SH8 SH13 SH18 LL7 LL8 LL9 RB-line2-lte \
	RB-line4-lte RB-telegram-losses LL13 U9
exam-poor-lines: install
	$(BIN)/python -m tests.lab $(POOR) --seeds 1,2,3,4,5,6,7,8 $(ARGS)

# The numbers in `confidence`, anew, of the runs that `make exam` kept.
calibrate: install
	$(BIN)/python -m tests.lab calibrate .lab/exam --write

# The small looks of a watch, ten times in each scenario: a night with two labs. Goes on with what is
# kept in .lab/repeats; a part: make repeats ARGS="I3 I6 --kind pulse"
repeats: install
	$(BIN)/python -m tests.lab repeats $(ARGS)

# How often each true word was told as which, and how often a wrong one twice running, for the
# timeline, of the same runs and of those of `make repeats`.
confusion: install
	$(BIN)/python -m tests.lab confusion .lab/exam .lab/repeats --write $(ARGS)

# The net under moves of code: what was recorded (an hour of labs) must come out the same.
same-record: install
	$(BIN)/python -m tests.same record $(ARGS)

same: install
	$(BIN)/python -m tests.same $(ARGS)

# The default run against each kind of mischief that a server or resolver can do, alone.
exam-mischief: install
	$(BIN)/python -m tests.lab mischief $(ARGS)

exam-drawn: install
	$(BIN)/python -m tests.lab drawn $(ARGS)

exam-throttle: install
	$(BIN)/python -m tests.lab throttle --out tests/lab/throttle_exam.txt $(ARGS)

# Every name led to each special address, one after the other: half an hour. CI leads names to all
# of them at once.
special-ranges: install
	MSGPROBE_TORTURE=1 $(BIN)/python -m pytest tests/lab_tests/test_special_ranges.py $(ARGS)

# Years of quiet and 200 random stories by virtual clock: a quarter of an hour. A part: make
# exam-timeline ARGS="--stories 40 --years 4"
exam-timeline: install
	$(BIN)/python -m tests.timeline_exam $(ARGS)

# Alarms of 40 random stories by virtual clock, in about two minutes.
exam-alarms: install
	$(BIN)/python -m tests.alarm_exam $(ARGS)

# Errors by chance alone: 30,000 runs of each kind of story by virtual clock, in about two hours on
# two processors. A part: make exam-luck ARGS="--runs 1000"
exam-luck: install
	$(BIN)/python -m tests.luck --runs 30000 --out tests/luck/luck.txt $(ARGS)

# A country's day, ten times as fast, with a real watch in it: fifty minutes. Several after one
# another: make exam-watch ARGS="--seeds 1,2,3,4,5"
exam-watch: install
	$(BIN)/python -m tests.lab watch $(ARGS)

# A day of a real watch within 144 minutes: its memory, descriptors and bytes on the wire. A part of
# it at the same pace: make soak-watch ARGS="--minutes 45"
soak-watch: install
	$(BIN)/python -m tests.lab soak $(ARGS)

# A year of a fleet, ten million words: how long its timeline takes, the first time and later.
bench-timeline: install
	$(BIN)/python -m tests.timeline_scale $(ARGS)

# The same answers from DuckDB, ClickHouse and Spark, to the last row. Wants a JVM (Java 17).
parity: $(PARITY)/.installed
	$(PARITY)/bin/python -m pytest -q -p no:cacheprovider tests/fleet/test_engines.py
	$(PARITY)/bin/python -m tests.fleet.parity $(ARGS)

$(PARITY)/.installed: $(STAMP) .locks/parity.txt
	@test -x $(PARITY)/bin/python || $(PYTHON) -m venv $(PARITY)
	@$(PARITY)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .locks/dev.txt -r .locks/parity.txt
	@touch $@

# Made-up countries in which a fifth of the lines lie, against their truth; a minute a seed.
exam-fleet: install
	$(BIN)/python -m tests.fleet.exam $(ARGS)

# A country's view by quarters of an hour over a million, ten and a hundred million words.
bench-fleet: install
	$(BIN)/python -m tests.fleet.bench $(ARGS)

demo: install
	$(BIN)/python -m tests.lab demo

# How fast it starts, then what runs cost and when their words come; beside another version, in turn:
# make bench COSTS="--against FOLDER"
bench: install
	$(BIN)/python -m tests.lab bench $(ARGS)
	$(BIN)/python -m tests.lab costs $(COSTS)

# Languages: what is missing or wrong in their files; in step with the program by ARGS=--update.
translations: install
	$(BIN)/python -m tests.translations $(ARGS)

# Real clients (npm, pip) against the lab's servers; not part of `check`.
interop: install
	$(BIN)/python -m tests.interop $(ARGS)

# Coverage-guided, by the time that is given (--seconds N for each target); not part of `check`.
# Towards ten million executions of each codec, those that have the fewest first, added up in
# tests/fuzz/counts.txt: make fuzz ARGS="--count --until 10000000 --seconds 600"
# With --blind it goes on from what was found so, without instrumentation: two to ten times as many
# executions in the same time (no more where reading takes a few microseconds), counted apart.
fuzz: $(VENV)/.fuzz
	$(BIN)/python -m tests.fuzz $(ARGS)

$(VENV)/.fuzz: $(STAMP) .locks/fuzz.txt
	@$(PIP) --require-hashes -r .locks/fuzz.txt
	@touch $@

# The newest versions that pyproject.toml allows, with the hashes of all their files; for every
# platform and every Python from 3.11 on in one.
lock: $(TOOLS)/.installed
	$(LOCK) --extra dev pyproject.toml -o .locks/dev.txt
	$(LOCK) --group pyproject.toml:install pyproject.toml -c .locks/dev.txt -o .locks/run.txt
	$(LOCK) pyproject.toml $(LEFT_OUT) -c .locks/dev.txt -o .locks/pyz.txt
	$(LOCK) --group pyproject.toml:fuzz -c .locks/dev.txt -o .locks/fuzz.txt
	$(LOCK) --group pyproject.toml:parity -c .locks/dev.txt -o .locks/parity.txt
	$(LOCK) --group pyproject.toml:tools -o .locks/tools.txt

LOCK = $(TOOLS)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

# What no pure wheel is of (proofs say less without it), what only Windows needs, and what rich needs
# for Markdown and source text, which we never show.
LEFT_OUT = $(addprefix --no-emit-package ,cryptography cffi pycparser colorama markdown-it-py mdurl pygments)

# Known vulnerabilities of what is locked: 0 none, 1 some, 3 it could not be told.
audit: $(TOOLS)/.installed
	@$(BIN)/python -m tests.supply $(TOOLS)/bin/pip-audit .locks/*.txt

$(TOOLS)/.installed: $(STAMP) .locks/tools.txt
	@test -x $(TOOLS)/bin/python || $(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .locks/tools.txt
	@touch $@

# What hurts on purpose, all of it or one: ARGS="files --only find",
# ARGS="redaction --runs FOLDER..." (whether redaction changes a verdict of what was saved there).
torture: install
	$(BIN)/python -m tests.torture $(ARGS)

# The program with all that it needs in one file: runs wherever there is a Python, from a stick.
pyz: install
	@mkdir -p dist
	@$(BIN)/python -m tests.packaging.pyz dist/msgprobe.pyz

wheel: install
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean:
	rm -rf .venv .venv-* dist build .lab .interop .fuzz .mypy_cache .ruff_cache .pytest_cache
