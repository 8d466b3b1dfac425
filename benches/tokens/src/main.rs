//! `make tokens`: the token counts of every tool, toolset and preset, checked against the budget and the
//! baseline.
//!
//! Rooms, each using only those before it:
//! - `measure`, tokens of every tool
//! - `baseline`, the committed counts
//! - `budget`, bounds, and growth against the baseline
//! - `table`, what is printed

mod baseline;
mod budget;
mod measure;
mod table;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use baseline::Baseline;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let measured = measure::measure()?;
    let mut out = std::io::stdout();
    let verb = std::env::args().nth(1);
    match verb.as_deref() {
        Some("accept") => {
            Baseline::of(&measured).write()?;
            writeln!(out, "wrote {}", baseline::PATH)?;
        }
        Some("default") => {
            writeln!(out, "{}", table::of_default(&measured))?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(other) => {
            return Err(format!("unknown verb: `{other}`, expected `accept` or `default`").into());
        }
        None => {}
    }
    let baseline = Baseline::read()?;
    write!(out, "{}", table::of_all(&measured, &baseline))?;
    let problems = budget::problems(&measured, &baseline);
    for problem in &problems {
        writeln!(std::io::stderr(), "error: {problem}")?;
    }
    if problems.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        std::io::stderr(),
        "hint: shorten the tools, or accept the growth with `make tokens ACCEPT=1` and say why in the commit"
    )?;
    Ok(ExitCode::FAILURE)
}
