# Danke: `make demo` runs it on this machine, `make test` checks it. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo setup-test test test-long lint format build bench bench-shops pictures locks
.DELETE_ON_ERROR:

PYTHON := .venv/bin/python
UV := $(shell command -v uv)

# Marks carry the content of what they stand for in their name: a changed lock is installed, an equal one never again.
content = $(shell cat $(1) | sha256sum | cut -c 1-16)
DEMO_READY := .venv/demo-$(call content,requirements-demo.lock pyproject.toml)
BENCH_READY := .venv/bench-$(call content,requirements-bench.lock pyproject.toml)
TEST_READY := .venv/test-$(call content,requirements-dev.lock pyproject.toml)
NODE_READY := frontend_widgets/node_modules/.ready-$(call content,frontend_widgets/package-lock.json)

# $(call step,what it is,command): says what it does, and how long it took
step = @printf '%s … ' '$(1)'; SECONDS=0; $(2) && echo "$$SECONDS s"
# $(call system,test that it is there,Debian packages): installs them as root, else names the one command
system = @{ $(1); } >/dev/null 2>&1 || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  printf 'Installing $(2) … '; SECONDS=0; apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null && echo "$$SECONDS s"; \
	else echo 'Something is missing on this machine. Run: sudo apt-get install $(2)'; exit 1; fi
pip = $(if $(UV),uv pip install --quiet --python $(PYTHON) $(1) || )$(PYTHON) -m pip install -qq --disable-pip-version-check $(1)
lock = uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml
with_own_code = && $(PYTHON) -m pip install -qq --disable-pip-version-check --no-build-isolation --no-deps -e .

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(DEMO_READY) ## what the demo needs, into .venv

demo: $(DEMO_READY) ## Danke with a development store: ORDERS=file.csv[.gz] PORT= DEVSTORE_PORT= DATA_DIR=
	@exec $(PYTHON) -m devstore.demo

setup-test: $(DEMO_READY) $(TEST_READY) $(NODE_READY) ## what the tests need, into the same checkout
	$(call system,command -v chromium,chromium)
	$(call system,command -v redis-server,redis-server)
	$(call system,ls /usr/lib/postgresql/*/bin/initdb,postgresql)

# One more process than cores, since many tests wait rather than compute; none computes on several cores.
WORKERS := $(shell echo $$(($$(nproc) + 1)))
every_test = OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTHON) -m pytest -n $(WORKERS)

test: setup-test ## every test in WORKERS= processes, lint and types beside them; ONLY=path runs the tests of a path, without lint
ifdef ONLY
	@$(PYTHON) -m pytest $(ONLY)
else
	@{ report=$$($(MAKE) --no-print-directory lint 2>&1) || { echo "$$report"; exit 1; }; } & \
	$(every_test); tests=$$?; wait $$! || { echo 'Lint has failed, see above.'; exit 1; }; exit $$tests
endif

test-long: setup-test ## the simulations of which `make test` runs a part, in full
	@DANKE_TESTS=whole $(every_test) -m long

lint: $(DEMO_READY) $(TEST_READY) $(NODE_READY) ## style and types of Python and TypeScript
	$(call step,ruff,$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .)
	$(call step,mypy,$(PYTHON) -m mypy service devstore)
	$(call step,tsc,cd frontend_widgets && npm run --silent check)

format: $(TEST_READY) ## rewrites Python files in the house's style
	@$(PYTHON) -m ruff check --fix . && $(PYTHON) -m ruff format .

build: $(TEST_READY) $(NODE_READY) ## the widgets, into the theme extension's assets; the layout of mails, into its template
	@cd frontend_widgets && npm run --silent build
	@$(PYTHON) -m service.messages.mjml.build

bench: setup-test $(BENCH_READY) ## recommendations beside implicit and delivery windows (need DANKE_DATA), answers beside a bare Flask answer, a day of 10,000 parcels, orders a handler takes in (AGAINST=another checkout)
	$(call system,command -v wrk,wrk)
	@$(PYTHON) -m tests.bench.recommendations
	@$(PYTHON) -m tests.bench.personal_answer
	@$(PYTHON) -m tests.bench.tracking_page
	@$(PYTHON) -m tests.bench.delivery_windows
	@$(PYTHON) -m tests.bench.day_of_parcels
	@$(PYTHON) -m tests.bench.handler_throughput $(if $(AGAINST),--against $(AGAINST))

bench-shops: setup-test ## what two cores do for 10,000 shops, and a fleet for a million
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(PYTHON) -m tests.bench.many_shops

pictures: setup-test ## the pictures of the README, from a running demo, and that of the domains, from the imports
	@$(PYTHON) -m tests.architecture_picture
	@$(PYTHON) -m tests.pictures

locks: ## the locks of Python's packages, from pyproject.toml; what is locked stays where it still fits
	@[ -n "$(UV)" ] || { echo 'Locks are made by uv. Run: python3 -m pip install uv'; exit 1; }
	$(call step,requirements.lock,$(lock) -o requirements.lock)
	$(call step,requirements-demo.lock,$(lock) --extra demo -c requirements.lock -o requirements-demo.lock)
	$(call step,requirements-dev.lock,$(lock) --extra demo --extra dev -c requirements-demo.lock -o requirements-dev.lock)
	$(call step,requirements-bench.lock,$(lock) --extra demo --extra dev --extra bench -c requirements-dev.lock -o requirements-bench.lock)

.venv/bin/python:
	@python=; for each in python3 python3.13 python3.12 python3.11; do \
	  if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$each; break; fi; done; \
	if [ -z "$$python" ]; then echo 'Danke needs Python 3.11 or newer. Run: sudo apt-get install python3 python3-venv'; exit 1; fi; \
	"$$python" -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory need-venv; \
	printf 'Creating .venv with %s … ' "$$("$$python" --version)"; SECONDS=0; "$$python" -m venv --clear .venv && echo "$$SECONDS s"

.PHONY: need-venv
need-venv:
	$(call system,false,python3-venv)

$(DEMO_READY): | .venv/bin/python
	$(call step,Installing what the demo needs,$(call pip,--require-hashes -r requirements-demo.lock) $(with_own_code))
	@touch $@

$(TEST_READY): | $(DEMO_READY)
	$(call step,Installing what the tests need,$(call pip,--require-hashes -r requirements-dev.lock))
	@touch $@

$(BENCH_READY): | $(TEST_READY)
	$(call step,Installing what the engine is compared with,$(call pip,--require-hashes -r requirements-bench.lock))
	@touch $@

$(NODE_READY):
	$(call system,command -v npm && command -v node,nodejs npm)
	$(call step,Installing what the widgets are built with,cd frontend_widgets && npm ci --silent)
	@touch $@
