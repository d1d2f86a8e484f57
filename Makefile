# The whole command line of a developer and of a first look. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

export PORT ?= 8000
export DJANGO_SETTINGS_MODULE ?= cms.settings.dev
VENV := .venv
PYTHON_IN := $(VENV)/bin/python
MANAGE := $(PYTHON_IN) manage.py
MESSAGES := $(wildcard locale/*/LC_MESSAGES/*.po locale/wagtail/*/LC_MESSAGES/*.po)

.PHONY: help setup demo run installed test test-setup lint services services-stop bench clean messages

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: installed ## install into .venv and prepare the database
	@$(PYTHON_IN) deploy/prepare.py

demo: installed ## setup, and load the demo (loading it twice changes nothing)
	@$(PYTHON_IN) deploy/prepare.py --demo

run: installed ## demo, and serve: make run PORT=8000
	@exec $(PYTHON_IN) deploy/serve.py

installed:
	@deploy/setup.sh run
	@$(MAKE) --no-print-directory messages

test-setup:
	@deploy/setup.sh test
	@$(MAKE) --no-print-directory messages

test: test-setup ## all tests; DATABASE_URL chooses the database, ARGS goes to pytest
	@DJANGO_SETTINGS_MODULE=cms.settings.test $(PYTHON_IN) -m pytest -n 2 --dist loadfile \
	  --no-loadscope-reorder $(ARGS)

lint: test-setup ## style, types, imports, migrations, translations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	DJANGO_SETTINGS_MODULE=cms.settings.test \
	  $(MANAGE) makemigrations --check --dry-run documents workflow search cms
	@for po in $(MESSAGES); do msgfmt --check-format --output-file=/dev/null $$po || exit 1; done

services: ## PostgreSQL and Redis for tests; prints their URLs
	@deploy/services.sh start

services-stop: ## stop them
	@deploy/services.sh stop

bench: setup ## the numbers of benchmarks/, as a table
	@$(PYTHON_IN) -m benchmarks $(ARGS)

clean: ## remove .venv and caches; never var/, where the records are
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -f $(MESSAGES:.po=.mo)
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

messages: $(MESSAGES:.po=.mo)
	@:

%.mo: %.po
	@msgfmt --check-format --output-file=$@ $<
