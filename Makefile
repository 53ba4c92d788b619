# make demo   the lab up, a load run, what it shows        make test    unit, contract and end-to-end tests
# make quick  linters and the fast unit tests              make cases   faults that users met, each as a test
# make check  linters, types and scanners                  make soak    the long matrices
# make lock   new lock files                               make bench   the figures, against their peers
# make lint   linters and types alone                      make scan     the security scanners alone
#                                                          make scanners, make trivy   build those that are Go modules
# make lessons     every lesson solved by a script, and the diagnosis on real labs
# make rest        cases, lessons, production, page and add-ons in one run, as CI does
# make e2e-addons  the add-ons, on both targets: what arrives in each; ONLY='not slow' leaves out alerts, autoscaling, and what is the same on both
# make production  the switches, hostile input, secrets, who reaches what in a cluster, and the tutorial by hand, with kubectl
# make page        every view of the viewer's page in Chromium, also with hostile telemetry

SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python3.14 python; do \
    command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
LABCTL := $(BIN)/labctl
GO_INSTALL := GOBIN="$(CURDIR)/.venv-scan/go" go install
# in the folders of make test, and run by others: what the subjects of those are, and takes long
PRODUCTION := tests/e2e/kind/test_tutorial.py tests/e2e/local/test_secrets.py tests/unit/switches/test_combinations.py
CASES := tests/e2e/local/test_counts.py
ONLY ?= slow or not slow
BENCHES := up viewer_ingest load_engine load_shared load_truth load_board load_memory telemetry_cost page page_cost

# each process of the tests reads compiled files instead of compiling them again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test cases lessons production page e2e-addons rest quick check lint scan scanners trivy bench soak lock wheel clean python
.DEFAULT_GOAL := demo

python:
	@test -n "$(PYTHON)" || { echo "labctl needs Python 3.11 or later, and none is on the PATH: install it, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv package (Debian: apt install python3-venv)" >&2; exit 1; }

# the stamp is newer than the lock file when the environment is up to date
.venv/run.stamp: requirements.lock pyproject.toml | python
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@echo "installing into .venv (once, a minute or two)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q labctl service  # as pip does for a package that is not editable
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	@echo "installing the tools for tests (once)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pytest --collect-only -q tests >/dev/null || true     # compiles them
	@touch $@

demo: .venv/run.stamp
	@SLOW_SPAN=format_response:2%:400ms $(LABCTL) up --target local
	@$(LABCTL) load -n 500 --rps 50
	@echo
	@$(LABCTL) trace slowest
	@echo
	@echo "The lab is still up. Next:"
	@echo "  $(LABCTL) load --rps 200 -c 40 -n 2000 --tail collector   another run, with the collector's lines under it"
	@echo "  $(LABCTL) metrics                                         the service's metrics"
	@echo "  $(LABCTL) logs -f service --tail 10                       its log, as it is written"
	@echo "  $(LABCTL) down                                            end it; logs and kept runs stay"

test: .venv/dev.stamp
	@$(BIN)/python -m pytest -n 3 --dist loadscope -m "not (e2e and slow)" $(addprefix --ignore=,$(PRODUCTION) $(CASES))

cases: .venv/dev.stamp
	@$(BIN)/python -m pytest tests/cases $(CASES) -n 3 --dist loadscope

lessons: .venv/dev.stamp
	@$(BIN)/python -m pytest tests/lessons tests/diagnosis -n 3 --dist loadscope

production: .venv/dev.stamp
	@$(BIN)/python -m pytest tests/production $(PRODUCTION) -n 3 --dist loadscope

# axe-core alone, not the browsers' driver that its package depends on
.venv/page.stamp: tests/page/requirements.lock .venv/dev.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/page/requirements.lock
	@touch $@

page: .venv/page.stamp
	@$(BIN)/python -m pytest tests/page

e2e-addons: .venv/dev.stamp
	@$(BIN)/python -m pytest tests/addons -n 3 --dist loadscope -m "$(ONLY)"

# one run has one cluster for all, and the waiting of some is the work of others; browsers have work all the time, so they run apart
rest: .venv/page.stamp
	@$(BIN)/python -m pytest tests/cases tests/lessons tests/diagnosis tests/production tests/addons $(CASES) $(PRODUCTION) -n 3 --dist loadscope -m "$(ONLY)"
	@$(BIN)/python -m pytest tests/page -n 2 --dist loadscope -m "$(ONLY)"

quick: check
	@$(BIN)/python -m pytest -q -n 2 -m "not slow" tests/unit

check: lint scan

lint: .venv/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

# in an environment of their own: checkov pins older versions of what labctl uses
.venv-scan/stamp: tests/scan/requirements.lock | python
	@echo "installing the scanners (once, a minute)" >&2
	@test -x .venv-scan/bin/python || "$(PYTHON)" -m venv .venv-scan
	@.venv-scan/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/scan/requirements.lock
	@touch $@

scan: .venv/dev.stamp .venv-scan/stamp
	@$(BIN)/python -m tests.scan

# those that are Go modules; the second is large: its first build takes many minutes, and it needs an experiment of Go's, json/v2
scanners:
	@$(GO_INSTALL) github.com/zegl/kube-score/cmd/kube-score@v1.20.0

trivy:
	@GOEXPERIMENT=jsonv2 $(GO_INSTALL) github.com/aquasecurity/trivy/cmd/trivy@v0.74.0

bench: .venv/dev.stamp
	@for name in $(BENCHES); do echo "== $$name"; $(BIN)/python bench/$$name.py || exit 1; done

soak: .venv/dev.stamp
	@$(BIN)/python -m pytest tests/soak --timeout 1800
	@$(BIN)/python -m pytest tests/contract -m "e2e and slow"

lock: .venv/dev.stamp
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements.lock service/requirements.in -o service/requirements.lock
	@$(BIN)/uv pip compile --quiet --python-version 3.13 --no-deps --generate-hashes --no-emit-index-url --no-header service/sbom.in -o service/sbom.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header tests/scan/requirements.in -o tests/scan/requirements.lock

wheel: .venv/dev.stamp
	@$(BIN)/python -m build --wheel --no-isolation

clean:
	@rm -rf .venv .venv-scan dist build .mypy_cache .ruff_cache
