# The commands of this project, for people and CI alike. CI checks and never changes files.
# Variables you may set: ONCE=1, FULL=1, BIGQUERY=1, PORTAL=1, MARTS=1, CELERY=1, ARGS=..., DEMO_HOME, DEMO_UI_PORT, DEMO_SANDBOX_PORT, DEMO_POSTGRES_PORT, DEMO_BIGQUERY_PORT, DEMO_SPEED, DEMO_SCHEDULES.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

UV_VERSION := 0.13.8
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo "$$p" && break; done)
BIGQUERY_VENV := .venv-bigquery
BIGQUERY_STAMP := $(BIGQUERY_VENV)/.installed
PYTHON_BIGQUERY ?= $(shell for p in python3.13 python3.14 python3 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.1[3-9].*/bin/python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null && command -v "$$p" && break; done)
# Imported by every Airflow component: compiled once here instead of by each of them at its start.
COMPILED := airflow fastapi numpy pandas pyarrow pydantic rich sqlalchemy starlette structlog
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock"
# Both installers accept only packages whose hash is in the lock.
INSTALL := $(BIN)/uv pip install --quiet --require-hashes
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes

export PYTHONPATH := $(CURDIR)/include:$(CURDIR)/plugins
# Tests start Python some hundred times, and pytest rewrites their assertions: compiled once, whatever an image sets.
test check: export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help:  ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 14

.PHONY: demo
demo: $(STAMP) $(if $(filter-out 0 no false,$(BIGQUERY)),bigquery)  ## Run everything on this machine and collect seven days for two sellers; ONCE=1 then exits, FULL=1 collects every report, BIGQUERY=1 also loads into a local BigQuery, PORTAL=1 also downloads files of web pages (needs Chromium), MARTS=1 ends with profit, the bridge and what to order, CELERY=1 runs tasks on two Celery workers (needs redis-server)
	@exec $(BIN)/python -m sellerops_runtime demo $(if $(filter-out 0 no false,$(ONCE)),--once) \
		$(if $(filter-out 0 no false,$(FULL)),--full) $(if $(filter-out 0 no false,$(BIGQUERY)),--bigquery) \
		$(if $(filter-out 0 no false,$(PORTAL)),--portal) $(if $(filter-out 0 no false,$(MARTS)),--marts) \
		$(if $(filter-out 0 no false,$(CELERY)),--celery)

.PHONY: demo-stop
demo-stop: $(STAMP)  ## Stop the demo from another terminal, or processes that it left running
	@$(BIN)/python -m sellerops_runtime stop

.PHONY: demo-clean
demo-clean: demo-stop  ## Delete what the demo collected
	@$(BIN)/python -m sellerops_runtime clean

.PHONY: sandbox
sandbox: $(STAMP)  ## Run only the local Amazon; ARGS="--port 8900 --speed 20"
	@exec $(BIN)/python -m amazon_sandbox $(ARGS)

.PHONY: settings
settings: $(STAMP)  ## Load airflow_settings.yaml into the Airflow installation of this environment
	@$(BIN)/python -m sellerops_runtime settings $(ARGS)

COMPOSE_SECRETS := POSTGRES_PASSWORD AIRFLOW_DATABASE_PASSWORD SELLEROPS_OWNER_PASSWORD SELLEROPS_WAREHOUSE_PASSWORD \
	SELLEROPS_READER_PASSWORD REDIS_PASSWORD AIRFLOW_JWT_SECRET AIRFLOW_API_SECRET_KEY AIRFLOW_ADMIN_PASSWORD AIRFLOW_FERNET_KEY

.PHONY: compose-env
compose-env:  ## Write .env with random secrets for docker compose, or add those that an earlier one lacks
	@umask 077; test -e .env || cp .env.example .env; \
	for name in $(COMPOSE_SECRETS); do \
		grep -q "^$$name=." .env && continue; \
		case $$name in \
			AIRFLOW_FERNET_KEY) value=$$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n');; \
			AIRFLOW_ADMIN_PASSWORD) value=$$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n');; \
			*) value=$$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n');; \
		esac; \
		grep -v "^$$name=$$" .env > .env.new; echo "$$name=$$value" >> .env.new; mv .env.new .env; \
		echo "Set $$name"; \
	done
	@echo ".env is complete. Log in to the UI as admin with the password AIRFLOW_ADMIN_PASSWORD from it."

# One process of the four runs the end-to-end tests, which mostly wait for a whole Airflow.
.PHONY: test
test: $(STAMP)  ## Run the tests; FULL=1 also the slow ones (a whole Airflow, browsers, whole worlds), as CI does; ARGS="-k name tests/unit" runs what it selects
ifeq ($(strip $(ARGS)),)
	@$(BIN)/pytest -n 4 --dist loadscope --no-loadscope-reorder \
		$(if $(filter-out 0 no false,$(FULL)),,-m "not benchmark and not real and not slow")
else
	@$(BIN)/pytest $(ARGS)
endif

.PHONY: test-celery
test-celery: $(STAMP)  ## Run all end-to-end tests on two Celery workers with two schedulers and triggerers; needs redis-server
	@SELLEROPS_TEST_EXECUTOR=celery $(BIN)/pytest -n 0 tests/e2e $(ARGS)

.PHONY: check
check: lint  ## Lint, then run the tests nearest to what you changed since main; under 90 seconds
	@files=$$($(BIN)/python tests/support/affected.py) && { test -z "$$files" || $(BIN)/pytest -q -n 2 --dist loadfile -m "not benchmark" $$files; }

.PHONY: test-real
test-real: export PYTHONPATH := $(PYTHONPATH):$(CURDIR)/tests
test-real: $(STAMP)  ## Check your own accounts and services, with a report to send back (docs/test-real.md); ARGS="-k amazon"
	@$(BIN)/python tests/real/run.py $(ARGS)

# These take hours or 50 GB by default, or need the address of a running system.
BY_NAME_ONLY := $(patsubst %,benchmarks/%.py,capacity full_marts hub hub_paint hub_paths marts virtual_day)

.PHONY: benchmark
benchmark: export PYTHONPATH := $(PYTHONPATH):$(CURDIR)/tests
benchmark: $(STAMP)  ## Run the benchmarks of docs/benchmarks.md but the largest, or one; ARGS=benchmarks/quota.py
ifeq ($(strip $(ARGS)),)
	@$(BIN)/pytest -m benchmark -s
endif
	@failed=; for each in $(or $(ARGS),$(filter-out $(BY_NAME_ONLY),$(wildcard benchmarks/*.py))); do \
		echo "$$each"; $(BIN)/python "$$each" || failed="$$failed $$each"; \
	done; test -z "$$failed" || { echo "Below target:$$failed" >&2; exit 1; }

.PHONY: chaos
chaos: $(STAMP)  ## Break a whole system at random while it works, and compare it with an undisturbed one; ARGS="--seed 7 --minutes 20 --executor celery"
	@exec $(BIN)/python -m sellerops_runtime.chaos $(ARGS)

# The local BigQuery needs a newer Python, and packages that conflict with Airflow's.
.PHONY: bigquery
bigquery: $(BIGQUERY_STAMP)  ## Install the local BigQuery that tests and BIGQUERY=1 use; needs Python 3.13

$(BIGQUERY_STAMP): requirements-bigquery.lock | $(BIN)/uv
	@test -n "$(PYTHON_BIGQUERY)" || { echo "The local BigQuery needs Python 3.13 or newer. Pass its path: make bigquery PYTHON_BIGQUERY=/path/to/python3.13" >&2; exit 1; }
	@echo "Installing the local BigQuery in $(BIGQUERY_VENV) ($$("$(PYTHON_BIGQUERY)" --version))"
	@"$(PYTHON_BIGQUERY)" -m venv --clear $(BIGQUERY_VENV)
	@VIRTUAL_ENV="$(CURDIR)/$(BIGQUERY_VENV)" $(INSTALL) -r requirements-bigquery.lock \
		|| { echo "uv could not install the packages; trying pip" >&2; \
		     $(BIGQUERY_VENV)/bin/python $(PIP_INSTALL) -r requirements-bigquery.lock; }
	@touch $@

.PHONY: lint
lint: $(STAMP)  ## Check style, types and import directions
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

AUDIT := pip-audit==2.10.1
.PHONY: audit
audit: $(STAMP)  ## Look up known vulnerabilities of the locked packages; says so where the service cannot be reached
	@failed=0; for lock in requirements.lock requirements-uv.lock; do \
		$(BIN)/python tests/support/audit.py $(BIN)/uv tool run --quiet $(AUDIT) --vulnerability-service osv \
			--disable-pip --no-deps --require-hashes --progress-spinner off -r $$lock || failed=1; \
	done; exit $$failed

.PHONY: format
format: $(STAMP)  ## Fix style and layout
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: docs
docs: $(STAMP)  ## Generate docs/reports.md, docs/portal-files.md, docs/mart-tables.md, tests/golden
	@$(BIN)/python -m sellerops specs docs > docs/reports.md
	@$(BIN)/python -m sellerops specs docs portal-files > docs/portal-files.md
	@$(BIN)/python -m sellerops marts docs > docs/mart-tables.md
	@$(BIN)/python -m sellerops marts docs --bigquery tests/golden/marts

# The bundle is committed: users need no Node. npm installs nothing that runs scripts.
HUB := plugins/sellerops_airflow/dashboard/web
HUB_STAMP := $(HUB)/node_modules/.package-lock.json
HUB_LIMIT := 250000

$(HUB_STAMP): $(HUB)/package-lock.json
	@cd $(HUB) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

.PHONY: hub-packages
hub-packages: $(HUB_STAMP)

.PHONY: hub
hub: $(STAMP) $(HUB_STAMP)  ## Build the seller hub's client and pages after a change of its routes or of dashboard/web; needs Node 20
	@$(BIN)/python -m sellerops_airflow.dashboard.openapi
	@cd $(HUB) && npm run --silent client && npm run --silent check && npm run --silent build

.PHONY: hub-check
hub-check: $(if $(shell command -v npm),$(HUB_STAMP))  ## Check the types and tests of the hub's pages, and that client and bundle match their sources; says so where Node is missing
	@command -v npm >/dev/null || { echo "Node is not installed; the seller hub's bundle is not checked." >&2; exit 0; }; \
	set -e; made=$$(mktemp -d); trap 'rm -rf "$$made"' EXIT; cd $(HUB); \
	npm run --silent check; npm test --silent -- --reporter=dot; \
	npx openapi-typescript openapi.json -o "$$made/schema.d.ts" >/dev/null; npx vite build --outDir "$$made/static" --logLevel warn; \
	cmp -s "$$made/schema.d.ts" src/api/schema.d.ts && cmp -s "$$made/static/hub.js" ../static/hub.js \
		|| { echo "The seller hub's client or bundle does not match its source. Run: make hub" >&2; exit 1; }; \
	size=$$(gzip -9 -c ../static/hub.js | wc -c); test "$$size" -lt $(HUB_LIMIT) \
		|| { echo "The seller hub's bundle has $$size bytes gzipped, the limit is $(HUB_LIMIT)." >&2; exit 1; }

.PHONY: lock
lock: $(BIN)/uv  ## Update the lock files from requirements*.txt; ARGS=--upgrade takes newer versions
	@$(COMPILE) --python-version 3.11 $(ARGS) requirements.txt -o requirements.lock
	@$(COMPILE) --python-version 3.11 $(ARGS) --constraints requirements.lock --no-annotate requirements-dev.txt -o requirements-dev.lock
	@$(COMPILE) --python-version 3.13 $(ARGS) --no-annotate requirements-bigquery.txt -o requirements-bigquery.lock
	@echo "uv==$(UV_VERSION)" | $(COMPILE) --python-version 3.11 --no-annotate - -o requirements-uv.lock

# A further Airflow is tried beside the pinned one: all our packages, and those of the tests, with that version.
AIRFLOW_VENV = .venv-airflow-$(AIRFLOW)
AIRFLOW_TESTS := tests/dags tests/unit/sellerops_airflow
.PHONY: lock-airflow
lock-airflow: $(BIN)/uv  ## Lock all packages with another Airflow; AIRFLOW=3.3.1
	@test -n "$(AIRFLOW)" || { echo "Name the version: make lock-airflow AIRFLOW=3.3.1" >&2; exit 1; }
	@sed -E -e 's/^apache-airflow==.*/apache-airflow==$(AIRFLOW)/' -e '/^-r /d' requirements.txt requirements-dev.txt \
		| $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 \
			--custom-compile-command "make lock-airflow AIRFLOW=$(AIRFLOW)" - -o requirements-airflow-$(AIRFLOW).lock

.PHONY: test-airflow
test-airflow: $(BIN)/uv  ## Run the tests that use Airflow with another one, in a venv of its own; AIRFLOW=3.3.1, ARGS="..."
	@test -f requirements-airflow-$(AIRFLOW).lock || { echo "First: make lock-airflow AIRFLOW=<version>" >&2; exit 1; }
	@test -x $(AIRFLOW_VENV)/bin/pytest || { "$(PYTHON)" -m venv $(AIRFLOW_VENV) \
		&& VIRTUAL_ENV="$(CURDIR)/$(AIRFLOW_VENV)" $(INSTALL) -r requirements-airflow-$(AIRFLOW).lock; }
	@$(AIRFLOW_VENV)/bin/pytest -n 2 --dist loadfile -q $(or $(ARGS),$(AIRFLOW_TESTS))

.PHONY: images
images:  ## Pin the base images of Dockerfile and docker-compose*.yaml to today's digests (needs Docker)
	@set -e; for file in Dockerfile docker-compose.yaml docker-compose.celery.yaml; do \
		for image in $$(sed -nE 's/^ *(FROM|image:) ([^@ ]+)@sha256:.*/\2/p' $$file); do \
			digest=$$(docker buildx imagetools inspect "$$image" --format '{{.Manifest.Digest}}'); \
			sed -i.bak "s|$$image@sha256:[0-9a-f]*|$$image@$$digest|" $$file; rm $$file.bak; \
			echo "$$file: $$image@$$digest"; \
		done; \
	done

.PHONY: venv
venv: $(STAMP)  ## Create the virtual environment from the lock

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 to 3.14 found. Install one, or pass its path: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@echo "Creating the virtual environment $(VENV) ($$("$(PYTHON)" --version))"
	@"$(PYTHON)" -m venv $(VENV) || { echo "\"$(PYTHON) -m venv\" failed. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python $(PIP_INSTALL) -r requirements-uv.lock

# uv does not read pip's configuration; where a package mirror is configured only there, pip does the same, more slowly.
$(STAMP): requirements-dev.lock | $(BIN)/uv
	@echo "Installing the packages of requirements-dev.lock"
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(INSTALL) -r requirements-dev.lock \
		|| { echo "uv could not install the packages; trying pip" >&2; \
		     $(BIN)/python $(PIP_INSTALL) -r requirements-dev.lock; }
	@$(BIN)/python -m compileall -q -j 2 $(foreach package,$(COMPILED),$(VENV)/lib/python3*/site-packages/$(package)) || true
	@touch $@
