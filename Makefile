.DEFAULT_GOAL := help
.PHONY: help demo build release test soak fuzz fuzz-stable test-clients test-packages check check-specs generate tokens
.PHONY: update-specs bench audit docs session package-linux package package-release clean

CARGO ?= cargo
# Cargo unifies features over everything built together. With one selection, the demo, the tests and the
# client tests share one build of DataFusion.
EVERYTHING := --locked --workspace
CODEGEN := $(CARGO) run --quiet --locked -p databricks-codegen --bin codegen --

help: ## Print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

test-clients: ## Run the tests with Python and Node clients, installed under target/, packages among them
	tests/clients/run
	tests/packages/run

test-packages: ## Install every package of a built binary offline, and drive it with Python and Node clients [BINARY=path]
	tests/packages/run

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

package-linux: ## Build the release binary for Linux with glibc 2.28 and later [TARGET=x86_64-unknown-linux-gnu]
	packages/linux $(or $(TARGET),x86_64-unknown-linux-gnu)

# The folder of the bundle is packed by `mcpb pack`, which validates it; npm brings it.
package: ## Pack a built binary for npm, PyPI and Claude Desktop, into target/packages [TARGET=…, BINARY=path, OWNER=account]
	packages/all $(or $(TARGET),x86_64-unknown-linux-gnu) "$(BINARY)" "$(OWNER)"

package-release: ## Make what is one for all platforms: npm launcher, registry entry, notes, checksums, SBOM [OWNER=account]
	packages/pack.py release --owner $(or $(OWNER),$(error say the account on GitHub by OWNER=))

docs: ## Build the guide, target/guide (needs mdbook)
	docs/build

session: ## Record the terminal session of the README, docs/session.svg, against a local workspace
	docs/record

# cargo-deny is compiled first where it is missing, so no other target needs this one.
audit: ## Check licences, sources, banned and duplicate crates, and advisories where they can be reached
	tests/audit

clean: ## Remove build output
	$(CARGO) clean
