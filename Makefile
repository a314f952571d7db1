# Every target brings what it needs: a .venv made from uv.lock, rebuilt only when that file changes.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON_IN_VENV := .venv/bin/python
HOST ?= 127.0.0.1
WORKERS ?= $(shell nproc)
# One more than there are cores, because browsers and servers are waited for; each has a database to migrate.
TESTERS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n + 1 : 4)))
# as many as a process has database connections (DATABASE_POOL)
THREADS ?= 16

.PHONY: help venv demo test check bench run postgres

help: ## This list.
	@echo 'make TARGET [NAME=value ...]'
	@echo
	@awk -F ':[^#]*## ' '/^[a-z]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  Everywhere: APT=no installs no system package, PYTHON=/path/to/python3.12 chooses the interpreter.'

venv: ## Makes or refreshes .venv; the other targets do it by themselves.
	@bash deploy/bootstrap.sh venv

demo: ## Opens a house with invented enterprises and officers; HTTPS=1 for a phone's camera and position, PORT=8000, ARGS='...'.
	@bash deploy/bootstrap.sh venv zbar font
	RUQI_ENV=demo exec $(PYTHON_IN_VENV) manage.py demo $(if $(filter-out 0 no,$(HTTPS)),--https) $(if $(PORT),--port $(PORT)) $(ARGS)

test: ## Runs every test, on SQLite or on DATABASE_URL=postgres://...; ARGS='-k scan -n 0' goes to pytest.
	@bash deploy/bootstrap.sh venv zbar font
	RUQI_ENV=test exec $(PYTHON_IN_VENV) -m pytest -n $(TESTERS) --dist loadgroup $(ARGS)

# Neither the types nor the migrations depend on a database, so none is asked.
check: export RUQI_ENV := test
check: export DATABASE_URL := sqlite://:memory:
check: ## Reads the code without running it: ruff, mypy, import contracts, missing migrations, stale generated documents.
	@bash deploy/bootstrap.sh venv
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m ruff format --check .
	$(PYTHON_IN_VENV) -m mypy .
	.venv/bin/lint-imports
	$(PYTHON_IN_VENV) manage.py makemigrations --check --dry-run
	$(PYTHON_IN_VENV) manage.py reference --check

bench: ## Lists the benches; NAME=scan runs bench/scan.py with ARGS='...', on a PostgreSQL of its own with POSTGRES=1.
ifeq ($(NAME),)
	@for file in bench/[!_]*.py; do \
		[ -e "$$file" ] || { echo 'There is no bench yet.'; break; }; \
		printf '  make bench NAME=%-16s %s\n' "$$(basename "$$file" .py)" "$$(sed -n '1s/^"""\([^"]*\).*/\1/p' "$$file")"; \
	done
else
	@bash deploy/bootstrap.sh venv
	$(if $(POSTGRES),bash .ci/postgres run )$(PYTHON_IN_VENV) -m bench.$(NAME) $(ARGS)
endif

run: ## Serves production on HOST and PORT with WORKERS processes; wants the settings of docs/reference/settings.md and a migrated database.
	@bash deploy/bootstrap.sh venv
	$(PYTHON_IN_VENV) manage.py collectstatic --noinput
	exec $(PYTHON_IN_VENV) -m granian --interface wsgi --host $(HOST) --port $(or $(PORT),8000) --workers $(WORKERS) --blocking-threads $(THREADS) --respawn-failed-workers project.wsgi:application

postgres: ## Starts a throw-away PostgreSQL and prints its DATABASE_URL and how to stop it.
	@bash .ci/postgres start
