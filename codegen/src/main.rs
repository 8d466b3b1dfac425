//! `codegen`: the maintainers' command behind `make update-specs`, `make generate` and `make check`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use databricks_codegen::manifest::Removed;
use databricks_codegen::spec::Api;

#[derive(Parser)]
#[command(
    name = "codegen",
    about = "Turns the Databricks API documents and the tool manifest into code for databricks-mcp"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Import the API documents in specs/databricks from a databricks-sdk wheel
    Import {
        /// The wheel, as fetched by `pip download --no-deps databricks-sdk`, or a folder that holds it
        #[arg(long)]
        wheel: PathBuf,
        /// The folder that holds SOURCE.toml, overlay.yaml and databricks/
        #[arg(long, default_value = "specs")]
        specs: PathBuf,
    },
    /// Write every generated file: the typed client, TOOLS.md, the manifest's schema
    Generate,
    /// Fail if a generated file is stale
    Check,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Import { wheel, specs } => import(&wheel, &specs),
        Command::Generate => generate(),
        Command::Check => check(),
    };
    match outcome {
        Ok(text) => report(&mut std::io::stdout(), &text, ExitCode::SUCCESS),
        Err(error) => report(
            &mut std::io::stderr(),
            &format!("error: {error}"),
            ExitCode::FAILURE,
        ),
    }
}

fn report(to: &mut dyn Write, text: &str, code: ExitCode) -> ExitCode {
    if writeln!(to, "{text}").is_ok() {
        code
    } else {
        ExitCode::FAILURE
    }
}

fn import(
    wheel: &std::path::Path,
    specs: &std::path::Path,
) -> Result<String, Box<dyn std::error::Error>> {
    let documents = specs.join("databricks");
    // The first import has none before.
    let before = Api::load(&documents).ok();
    let report = databricks_codegen::import::import(wheel, specs)?;
    let version = &report.source.version;
    let replaced = report.drift.as_ref().map(|(version, _)| version);
    if let Some(before) = before.filter(|_| replaced.is_some_and(|old| old != version)) {
        let removed = Removed::between(&before, &Api::load(&documents)?, version);
        Removed::record(specs, &removed)?;
    }
    Ok(report.to_string())
}

fn generate() -> Result<String, Box<dyn std::error::Error>> {
    let written = databricks_codegen::generate::write(Path::new("."))?;
    let files = written.files.iter();
    let mut lines: Vec<String> = files
        .map(|path| format!("wrote {}", path.display()))
        .collect();
    if !written.uncounted.is_empty() {
        lines.push(format!(
            "no token count for {}\nhint: once the server builds, run `make tokens ACCEPT=1`",
            written.uncounted.join(", ")
        ));
    }
    Ok(lines.join("\n"))
}

fn check() -> Result<String, Box<dyn std::error::Error>> {
    if !databricks_codegen::import::overlay_is_current(Path::new("specs"))? {
        return Err(
            "`specs/overlay.yaml` changed since the import\nhint: run `make update-specs`".into(),
        );
    }
    databricks_codegen::import::documents_are_imported(Path::new("specs"))?;
    databricks_codegen::generate::check(Path::new("."))?;
    Ok("generated files are fresh".to_owned())
}
