.DEFAULT_GOAL := help
.PHONY: help demo build release test soak fuzz fuzz-stable test-clients check check-specs generate tokens update-specs bench audit clean

CARGO ?= cargo
# Cargo unifies features over everything built together. With one selection, the demo, the tests and the
# client tests share one build of DataFusion.
EVERYTHING := --locked --workspace
CODEGEN := $(CARGO) run --quiet --locked -p databricks-codegen --bin codegen --

help: ## Print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Runs the binary directly, because `cargo run` would select the features of one package.
demo: ## Run a local workspace, the server and an MCP client that drives it
	$(CARGO) build $(EVERYTHING) --bins --examples
	$${CARGO_TARGET_DIR:-target}/debug/examples/demo

build: ## Build the server (debug)
	$(CARGO) build --locked

release: ## Build the release binary, target/release/databricks-mcp
	BUILD_REVISION=$$(git rev-parse --short=12 HEAD 2>/dev/null) $(CARGO) build --locked --release

test: ## Run every test that needs only Rust
	@tests/every $(CARGO) test $(EVERYTHING) --no-fail-fast

soak: ## Run the tests of large results and files with as many rows and bytes as nobody waits for [ROWS=2000000, MIB=1024]
	SOAK_ROWS=$(or $(ROWS),2000000) $(CARGO) test $(EVERYTHING) --test saved_results -- --nocapture many_rows
	SOAK_MIB=$(or $(MIB),1024) $(CARGO) test $(EVERYTHING) --test files -- --nocapture a_large_file

fuzz: ## Fuzz the SQL walk, arguments, lines and mending, each for a while (needs nightly, g++ and cargo-fuzz) [SECONDS=60]
	tests/fuzz/run $(or $(SECONDS),60)

fuzz-stable: ## Run the property tests of the same with many more cases, on any toolchain [CASES=1000000]
	PROPTEST_CASES=$(or $(CASES),1000000) $(CARGO) test $(EVERYTHING) --lib -- policy::sql::properties tools::arguments transport::mended server::stdio::scan

test-clients: ## Run the tests with Python and Node clients, installed under target/
	tests/clients/run

check: ## Check the API documents, the generated files, what the server is built from, the format and the lints
	$(CODEGEN) check
	tests/lean
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(EVERYTHING) --all-targets -- -D warnings

check-specs: ## Validate the API documents with openapi-spec-validator (needs Python and Node)
	tests/clients/install
	$${CARGO_TARGET_DIR:-target}/clients/venv/bin/python tests/clients/validate_specs.py

generate: ## Regenerate the generated files after a change in specs/
	$(CODEGEN) generate

tokens: ## Check the token count of each tool against the baseline [ACCEPT=1 accepts growth]
	$(CARGO) run --quiet --locked -p databricks-mcp-tokens -- $(if $(ACCEPT),accept)

update-specs: ## Import the API documents from the SDK wheel on PyPI, or from one that is there [VERSION=x.y.z, WHEEL=path]
	WHEEL=$(WHEEL) tests/clients/update-specs $(VERSION)

bench: release ## Measure start, memory, size, tokens and calls (needs Python and Node)
	tests/bench/run

# cargo-deny is compiled first where it is missing, so no other target needs this one.
audit: ## Check licences, sources, banned and duplicate crates, and advisories where they can be reached
	tests/audit

clean: ## Remove build output
	$(CARGO) clean
