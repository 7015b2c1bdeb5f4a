# Trivet's targets; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
SERVICES := auth data rest graphql soap
PACKAGES := libs/contracts/contracts libs/chassis/chassis services/auth/auth_service services/data/data_service \
	services/rest/rest_service services/graphql/graphql_service services/soap/soap_service \
	gateway/gateway_service cli/trivet_cli

# what a run may be told on make's command line
export DATABASE_URL CONFIG PORT BIND STATE
# (make hands on an empty word where nothing was said)
RUN_ENV := env $(foreach name,DATABASE_URL CONFIG PORT BIND STATE,$(if $($(name)),,-u $(name)))

##@ Run

.PHONY: run
run: ## Start the suite here; DATABASE_URL= CONFIG= PORT= BIND= STATE= choose what, how and where
	@cli/bootstrap.sh run
	@exec $(RUN_ENV) $(BIN)/trivet up

.PHONY: check
check: ## Check settings and configuration, all faults at once
	@cli/bootstrap.sh run
	@$(RUN_ENV) $(BIN)/trivet check

.PHONY: up
up: ## Start the suite in containers (docker compose)
	docker compose up --build --detach --wait

.PHONY: down
down: ## End the containers
	docker compose down

.PHONY: logs
logs: ## Follow the containers' logs
	docker compose logs --follow

##@ Develop

.PHONY: setup
setup: ## Install all that running and testing need
	@cli/bootstrap.sh test

.PHONY: test
test: ## Run every test
	@cli/bootstrap.sh test
	@$(BIN)/pytest

.PHONY: $(addprefix test-,$(SERVICES) contracts chassis gateway cli suite)
$(addprefix test-,$(SERVICES)): test-%: ## Run one service's tests
	@cli/bootstrap.sh test
	@$(BIN)/pytest services/$*
test-contracts test-chassis: test-%:
	@cli/bootstrap.sh test
	@$(BIN)/pytest libs/$*
test-gateway test-cli: test-%:
	@cli/bootstrap.sh test
	@$(BIN)/pytest $*
test-suite: ## Run only the tests that cross services
	@cli/bootstrap.sh test
	@$(BIN)/pytest tests

.PHONY: lint
lint: ## Check style, types and the direction of imports
	@cli/bootstrap.sh test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(PACKAGES)
	@$(BIN)/lint-imports

.PHONY: format
format: ## Put the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: docs
docs: ## Write the tables of settings and errors again
	@$(BIN)/python docs/tables.py

.PHONY: help
help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '  %-14s %s\n' 'test-<service>' 'Run one member'"'"'s tests: $(SERVICES) contracts chassis gateway cli'
