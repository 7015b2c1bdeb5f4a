# Trivet's targets; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
SERVICES := auth data rest graphql soap
PACKAGES := libs/contracts/contracts libs/sdk/trivet libs/chassis/chassis services/auth/auth_service services/data/data_service \
	services/rest/rest_service services/graphql/graphql_service services/soap/soap_service \
	gateway/gateway_service cli/trivet_cli

# the tests of clients find Node.js there where the machine has none
PYTEST := PATH="$(CURDIR)/.tools/node:$$PATH" $(BIN)/pytest
# two files of tests at once: each run has servers, ports and folders of its own
PARALLEL := -n 2 --dist loadfile

##@ Run

.PHONY: run
run: ## Start the suite here; DATABASE_URL= CONFIG= PORT= BIND= STATE= READ_ONLY= choose what, how and where
	@cli/bootstrap.sh run
	@exec $(BIN)/trivet up

.PHONY: check
check: ## Check settings and configuration, all faults at once
	@cli/bootstrap.sh run
	@$(BIN)/trivet check

.PHONY: up
up: ## Start the suite in containers (docker compose)
	docker compose up --build --detach --wait

.PHONY: down
down: ## End the containers
	docker compose down

.PHONY: logs
logs: ## Follow the containers' logs
	docker compose logs --follow

.PHONY: image
image: ## Build the whole suite as one container image, `trivet`
	docker build --tag trivet .

.PHONY: prove-containers
prove-containers: ## Build and try the containers, from the first image to the last one ended
	cli/prove-containers.sh

##@ Develop

.PHONY: setup
setup: ## Install all that running and testing need
	@cli/bootstrap.sh test

.PHONY: test
test: ## Run every test; those of the whole suite once more on the stock worker (streams are tried on both at once)
	@cli/bootstrap.sh test
	@$(PYTEST) $(PARALLEL)
	@TRIVET_WORKER=gthread $(PYTEST) $(PARALLEL) tests/e2e tests/change --ignore tests/e2e/test_streams.py

.PHONY: $(addprefix test-,$(SERVICES) contracts chassis gateway cli suite)
$(addprefix test-,$(SERVICES)): test-%: ## Run one service's tests
	@cli/bootstrap.sh test
	@$(PYTEST) services/$*
test-contracts test-chassis: test-%:
	@cli/bootstrap.sh test
	@$(PYTEST) libs/$*
test-gateway test-cli: test-%:
	@cli/bootstrap.sh test
	@$(PYTEST) $*
test-suite: ## Run only the tests that cross services
	@cli/bootstrap.sh test
	@$(PYTEST) tests

.PHONY: toolkits
toolkits: ## Let the SOAP toolkits that compile (gSOAP, JAX-WS, Mono) build their clients and call the suite
	@cli/bootstrap.sh toolkits
	@$(PYTEST) -m toolkits tests/clients/soap

.PHONY: bench
bench: ## Measure the suite beside other servers into docs/performance.md (an hour); BENCH= are other options
	@cli/bootstrap.sh test
	@PATH="$(CURDIR)/.tools/node:$$PATH" $(BIN)/python bench/run.py $(or $(BENCH),--parts all --write)

.PHONY: explore
explore: ## Ask the property tests new random questions
	@cli/bootstrap.sh test
	@TRIVET_PROPERTIES=explore $(PYTEST) -k "properties or robustness or agree or wsdl or policies"

.PHONY: soak
soak: ## The long runs: a million requests, a million rows, then MINUTES= (60) of everything at once on both databases
	@cli/bootstrap.sh test
	@$(BIN)/python -m bench.soak million
	@$(BIN)/python -m bench.soak streams
	@$(BIN)/python -m bench.soak hours --minutes $(or $(MINUTES),60)
	@TRIVET_CACHE_TESTS=all TRIVET_CACHE_SECONDS=300 $(PYTEST) --timeout 0 tests/cache tests/parity tests/security

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
docs: ## Write the tables of settings and errors, and .env.example, again
	@$(BIN)/python docs/tables.py

.PHONY: help
help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '  %-14s %s\n' 'test-<service>' 'Run one member'"'"'s tests: $(SERVICES) contracts chassis gateway cli'
