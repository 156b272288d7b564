# payhub for developers. `make` lists what there is. VENV=folder puts the virtual environment elsewhere.
# Every recipe ends in one program that make runs itself (hence `exec`), so that a SIGTERM for make reaches it.

VENV ?= .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
ARGS ?=
SIMULATED := --histories 2000 --marks --exhaustive --schedules --planted --replay 100

export PYTHONDEVMODE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test race proofs simulate chaos bench bench-compare bench-features bench-reconcile bench-desk lint types format screenshots shell reset

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(INSTALLED) ## run the demo until Ctrl-C (PORT=8000 SANDBOX_PORT=8001)
	@exec $(PYTHON) -m dev.demo up

test: $(INSTALLED) ## run all tests against servers of their own (ARGS="tests/unit -k money")
	@$(PYTHON) -m dev.browser
	@exec $(PYTHON) -m dev.servers run --fast -- $(PYTHON) -m pytest -n 3 --dist loadgroup $(ARGS)

race: $(INSTALLED) ## run the race tests one by one against durable servers
	@exec $(PYTHON) -m dev.servers run -- $(PYTHON) -m pytest -m race $(ARGS)

proofs: $(INSTALLED) ## drive the payment centre through 500 long histories of anything in any order
	@exec env HYPOTHESIS_PROFILE=long $(PYTHON) -m dev.servers run --fast -- $(PYTHON) -m pytest --timeout 0 tests/integration/cashier/test_machine.py $(ARGS)

simulate: $(INSTALLED) ## run 2,000 histories, all planted bugs, crashes at every point (ARGS="--histories 1 --seed 7 --log")
	@exec $(PYTHON) -m dev.servers run --fast -- $(PYTHON) -m tests.simulation $(or $(ARGS),$(SIMULATED))

chaos: $(INSTALLED) ## kill and stop the real processes while shoppers pay (SECONDS=90 ARGS="--seed 7")
	@exec $(PYTHON) -m tests.chaos --seconds $(or $(SECONDS),90) $(ARGS)

lint: types ## check style, types, who imports whom, and that no migration is missing
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --check --quiet .
	@$(VENV)/bin/lint-imports --no-logo
	@DJANGO_SETTINGS_MODULE=payhub.settings_test $(PYTHON) -W ignore manage.py makemigrations --check --dry-run

types: $(INSTALLED) ## check types
	@$(PYTHON) -m mypy .

format: $(INSTALLED) ## format the code and mend what can be mended
	@$(PYTHON) -m ruff check --quiet --fix-only .
	@$(PYTHON) -m ruff format --quiet .

screenshots: $(INSTALLED) ## take pictures of every page into screenshots/ (README=1: the README's into docs/img, too)
	@$(PYTHON) -m dev.browser
	@exec $(PYTHON) -m dev.servers run --fast -- $(PYTHON) -m pytest -q -p no:cacheprovider tests/browser/screenshots.py $(ARGS)

bench: $(INSTALLED) ## measure payhub beside a bare Django app; writes docs/performance.md (ARGS="--rounds 2 --payments 40")
	@exec $(PYTHON) -m bench.speed $(ARGS)

bench-compare: $(INSTALLED) ## measure this checkout beside another revision (BASE=main)
	@exec $(PYTHON) -m bench.speed --base $(or $(BASE),main) $(ARGS)

bench-features: $(INSTALLED) ## measure what trail, ledger, outbox and triggers cost, each switched off in turn
	@exec $(PYTHON) -m bench.speed --features $(ARGS)

bench-reconcile: $(INSTALLED) ## measure a day of reconciliation beside raw COPY and join in psql (LINES=1000000)
	@exec $(PYTHON) -m dev.servers run -- $(PYTHON) -m bench.reconcile --lines $(or $(LINES),1000000)

bench-desk: $(INSTALLED) ## measure the desk's pages at a million orders (ORDERS=1000000 CASES=50000)
	@exec $(PYTHON) -m dev.servers run -- $(PYTHON) -m bench.desk --orders $(or $(ORDERS),1000000) --cases $(or $(CASES),50000)

shell: $(INSTALLED) ## open Django's shell on the demo's database
	@exec $(PYTHON) -m dev.demo run -- $(PYTHON) manage.py shell

reset: $(INSTALLED) ## delete the demo's data (YES=1: without asking)
	@exec $(PYTHON) -m dev.demo reset

$(INSTALLED): requirements.txt requirements-dev.txt sandbox/requirements.txt
	@for python in python3.11 python3 none; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	done; \
	if [ $$python = none ]; then \
	  echo "error: payhub needs Python 3.11 or newer: install it (on Debian: apt-get install python3 python3-venv)." >&2; \
	  exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "error: $$python cannot make virtual environments: install that part (on Debian: apt-get install python3-venv)." >&2; \
	  exit 1; \
	fi; \
	echo "installing requirements-dev.txt into $(VENV)"; \
	$$python -m venv $(VENV) && $(PYTHON) -m pip install -qq -r requirements-dev.txt
	@touch $@
