# One door for users and developers. `make` alone, or `make help`, explains every target and variable.

.DEFAULT_GOAL := help
.NOTPARALLEL: # two package installations at once would disturb each other
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
LAUNCH := $(PYTHON) -m scripts.launch

# The variables of a run reach loadgen through the environment (scripts/launch.py), never through a shell's text, and
# make takes them as they stand: it expands no $(...) in them. Only what is written after `make` counts: a HOST or a
# TARGET that happens to be in somebody's environment must not aim a load test.
VARIABLES := SCENARIO TEST_TYPE TARGET WORKERS TIME_SCALE HOST USERS SPAWN_RATE DURATION OUTPUT_DIR CONFIG PROMETHEUS \
             REPEAT AGAINST BASE RUN ARGS
given = $(if $(findstring command line,$(origin $(1))),$(value $(1)))
# Of a job's summary only OUTPUT_DIR matters, whatever else its environment holds.
taking = load ui doctor judge report compare runs baseline up $(if $(filter OUTPUT_DIR,$(1)),summary comment)
ignored = $(and $(filter environment,$(origin $(1))),$(value $(1)),$(filter $(taking),$(MAKECMDGOALS)))
$(foreach name,$(VARIABLES),$(if $(call ignored,$(name)),\
    $(warning $(name) in the environment is ignored; write: make $(MAKECMDGOALS) $(name)=…)))
$(foreach name,$(VARIABLES),$(eval override $(name) := $$(call given,$(name))))
export $(VARIABLES)

##@ Load
.PHONY: load ui doctor judge report compare runs baseline
WITH_DATABASES := $(if $(filter sim-postgres,$(TARGET) $(AGAINST)),databases)
# A run in containers needs nothing here; one on a Prometheus that is there needs none of its own.
# A make before 4.4 gives $(shell …) no variables of its own, so those that decide are written out.
quoted = '$(subst ','\'',$(1))'
DECIDING = PROMETHEUS=$(call quoted,$(PROMETHEUS)) LOADGEN_HOME=$(call quoted,$(value LOADGEN_HOME))
meant = $(shell $(DECIDING) $(PYTHON) -m scripts.containers meant $(1))
CONTAINERS := $(filter yes,$(foreach goal,$(filter up down load ui doctor,$(MAKECMDGOALS)),$(call meant,$(goal))))
OWN_PROMETHEUS := $(if $(PROMETHEUS),,prometheus)
load: $(if $(CONTAINERS),,environment $(OWN_PROMETHEUS) $(WITH_DATABASES)) ## Run one scenario and print its verdict and exit code last
	@$(LAUNCH) run

ui: $(if $(CONTAINERS),,environment prometheus $(WITH_DATABASES)) ## Locust's own web page on http://127.0.0.1:8089, for exploring; no verdict
	@$(LAUNCH) ui

doctor: $(if $(CONTAINERS),,environment $(OWN_PROMETHEUS) $(WITH_DATABASES)) ## The checks that come before a run, alone; no load is sent
	@$(LAUNCH) doctor

judge: environment ## Judge a run again from its folder: make judge RUN=reports/smoke/20250101_120000
	@$(LAUNCH) judge

report: environment ## Make a run's report again from its folder: make report RUN=reports/smoke/20250101_120000
	@$(LAUNCH) report

compare: environment ## What changed between runs: make compare BASE="reports/a/1 reports/a/2" RUN="reports/a/3 reports/a/4"
	@$(LAUNCH) compare

runs: environment ## The runs with their verdicts, the newest first
	@$(LAUNCH) runs

baseline: environment ## Keep a run for later ones to be measured against: make baseline RUN=reports/baseline/20250101_120000
	@$(LAUNCH) baseline

##@ Stack
.PHONY: up down dashboards
up: $(if $(CONTAINERS),,environment prometheus alertmanager) ## Prometheus, Alertmanager, exporters, Grafana, to stay: in containers, else here; runs use them
	@$(LAUNCH) up

down: $(if $(CONTAINERS),,environment) ## End what `make up` started; what was measured stays
	@$(LAUNCH) down

dashboards: development ## Write grafana/dashboards/ anew from its source
	@$(BIN)/python -m grafana

##@ Development
.PHONY: test check rules format lock
test: development prometheus databases alertmanager chromium ## Run the tests; ARGS goes to pytest: make test ARGS="tests/shapes -x"
	@$(LAUNCH) test

check: development ## Format, lint, types, import directions; promtool over the rules, actionlint over the workflows
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted; mend it with: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(PYTHON) -m scripts.check_rules
	@$(PYTHON) -m scripts.check_workflows

rules: environment ## Write alerts/ and prometheus/ anew from the configuration
	@$(LAUNCH) rules

format: development ## Format the code, and mend what the linter can mend by itself
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

COMPILE := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
           --strip-extras --no-header --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
lock: development ## Resolve pyproject.toml's dependencies anew into the two lock files (needs the network, and minutes)
	@$(COMPILE) --upgrade --output-file requirements.lock pyproject.toml
	@$(COMPILE) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

##@ Continuous integration
.PHONY: summary comment
summary: ## What became of the runs in OUTPUT_DIR, as one Markdown file there; on GitHub also the job's summary
	@$(PYTHON) -m scripts.job_summary

comment: ## That summary as a comment on this branch's pull request, made once and then renewed (needs gh)
	@$(PYTHON) -m scripts.pull_request_comment

##@ House
.PHONY: setup environment development prometheus databases alertmanager chromium clean help
setup: development prometheus databases alertmanager chromium ## All that the others need; they see to it themselves, and twice costs nothing
	@echo "ready; try: make load SCENARIO=smoke"

environment: ## .venv with the locked packages that a run needs
	@$(PYTHON) -m scripts.setup

development: ## .venv with the locked packages that tests and checks need as well
	@$(PYTHON) -m scripts.setup --dev

prometheus: ## A Prometheus: the one that is there, else Debian's package, else a pinned release in .loadgen/
	@$(PYTHON) -m scripts.get_prometheus

databases: ## PostgreSQL and PgBouncer for TARGET=sim-postgres: what is there, else Debian's packages, not started
	@$(PYTHON) -m scripts.get_databases $(if $(filter databases load ui doctor,$(MAKECMDGOALS)),,--optional)

alertmanager: ## Alertmanager and amtool, for notifications: what is there, else Debian's package, not started
	@$(PYTHON) -m scripts.get_alertmanager $(if $(filter alertmanager,$(MAKECMDGOALS)),,--optional)

chromium: ## A browser for the tests of the HTML reports: what is there, else Debian's package
	@$(PYTHON) -m scripts.get_chromium $(if $(filter chromium,$(MAKECMDGOALS)),,--optional)

clean: ## Delete the environment and all caches; reports and Prometheus' data stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## This text
	@awk 'BEGIN { FS = ":.*## " } \
	    /^##@ / { printf "\n%s\n", substr($$0, 5); next } \
	    /^[a-z][a-z_-]*:.*## / { printf "  %-13s%s\n", $$1, $$2; next } \
	    /^## / { print "  " substr($$0, 4) }' $(firstword $(MAKEFILE_LIST))

##@ Variables, written after make: make load SCENARIO=spike TEST_TYPE=grpc TIME_SCALE=0.5
## SCENARIO     which scenario of the configuration: smoke, baseline, target, ramp_up, spike, sustained
## TEST_TYPE    rest, websocket, grpc or all
## TARGET       which target of the configuration: sim (the stand-in June, started for the run), sim-postgres, sim-stack
##              (the stand-in of the stack in containers) or june
## WORKERS      how many Locust workers
## TIME_SCALE   stretches or shortens every stage: 0.5 takes half the time
## HOST         base URL of June's gateway instead of the target's own
## USERS        most users at once, instead of the scenario's
## SPAWN_RATE   users per second, instead of the scenario's
## DURATION     length of the load, instead of the scenario's: 90s, 5m
## OUTPUT_DIR   where the run's folder goes, instead of reports/
## CONFIG       another configuration file
## PROMETHEUS   URL of a Prometheus of yours that has the rules and finds the run, instead of the stack's or an own one
## REPEAT       makes so many runs, for a comparison
## AGAINST      with REPEAT: the target of as many runs more, in turns with the others
## BASE         the runs before, for compare: folder, run_id or kept name of each; without it the kept one that fits
## RUN          a run for judge, report and baseline: its folder, run_id or kept name; for compare the runs after
## ARGS         further words for loadgen, or for pytest in make test
## PYTHON       the Python, 3.11 or newer, that makes the environment
