//! Turns `specs/` into the tool rows that `src/tools` compiles. Writes to `OUT_DIR` only, no network.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use databricks_codegen::manifest::{self, Problems};
use databricks_codegen::{spec::Api, tables};

fn main() -> ExitCode {
    // Paths relative to the package, as errors should show them.
    let specs = Path::new("specs");
    for input in [
        "build.rs",
        "specs/effects.yaml",
        "specs/overlay.yaml",
        "specs/removed.yaml",
        "specs/tools.yaml",
        "specs/tools",
        "specs/databricks",
    ] {
        println!("cargo::rerun-if-changed={input}");
    }
    let Some(out) = std::env::var_os("OUT_DIR").map(PathBuf::from) else {
        return fail("OUT_DIR is not set\nhint: run this through cargo");
    };
    let api = match Api::load(&specs.join("databricks")) {
        Ok(api) => api,
        Err(error) => return fail(&error.to_string()),
    };
    let mut problems = Problems::default();
    let source = manifest::read(specs, &mut problems);
    let tables = tables::build(&api, &source, &mut problems);
    if !problems.is_empty() {
        return fail(&format!(
            "the tool manifest does not fit the API\n{problems}"
        ));
    }
    let facts = match serde_json::to_string(&tables::facts(&api)) {
        Ok(facts) => facts,
        Err(error) => return fail(&error.to_string()),
    };
    let written = std::fs::write(out.join("tables.rs"), tables.to_rust())
        .and_then(|()| packed(&facts))
        .and_then(|facts| std::fs::write(out.join("facts.json.gz"), facts));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("cannot write the tool rows: {error}")),
    }
}

/// A tenth of the size, and unpacked only when the long tail of the API is asked for.
fn packed(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

fn fail(message: &str) -> ExitCode {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
    ExitCode::FAILURE
}
