//! `codegen`: the maintainers' command line behind `make update-specs`, `make generate` and `make check`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
