.DEFAULT_GOAL := help
.PHONY: help demo build release test test-clients check check-specs generate tokens update-specs bench clean

CARGO ?= cargo
# What is built together decides the features of what is shared: with one selection the demo, the tests and
# the client tests need one build of DataFusion between them.
EVERYTHING := --locked --workspace --features databricks-codegen/import,databricks-codegen/client
CODEGEN := $(CARGO) run --quiet --locked -p databricks-codegen --features import,client --bin codegen --

help: ## Print what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Run as built: `cargo run` would choose for one package.
demo: ## See it work: a local workspace, the server, a real MCP client
	$(CARGO) build $(EVERYTHING) --bins --examples
	$${CARGO_TARGET_DIR:-target}/debug/examples/demo

build: ## Build the server (debug)
	$(CARGO) build --locked

release: ## Build the server as it is shipped: target/release/databricks-mcp
	$(CARGO) build --locked --release

test: ## Run every test that needs only Rust
	$(CARGO) test $(EVERYTHING)

test-clients: ## Run the tests that drive Python and Node clients; installs them under target/
	tests/clients/run

check: ## Prove the generated files fresh, the format and the lints clean
	$(CODEGEN) check
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(EVERYTHING) --all-targets -- -D warnings

check-specs: ## Hold the API documents to openapi-spec-validator (needs Python and Node)
	tests/clients/install
	$${CARGO_TARGET_DIR:-target}/clients/venv/bin/python tests/clients/validate_specs.py

generate: ## Write the generated files anew after a change in specs/
	$(CODEGEN) generate

tokens: ## Hold what each tool costs a model to the baseline [ACCEPT=1 takes on growth]
	$(CARGO) run --quiet --locked -p databricks-mcp-tokens -- $(if $(ACCEPT),accept)
	$(if $(ACCEPT),$(CODEGEN) generate)

update-specs: ## Import the API facts from the SDK wheel on PyPI [VERSION=x.y.z]
	tests/clients/update-specs $(VERSION)

bench: release ## Measure start, memory, size, tokens and calls (needs Python and Node)
	tests/bench/run

clean: ## Remove what was built
	$(CARGO) clean
