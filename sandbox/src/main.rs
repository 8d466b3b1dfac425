//! `databricks-sandbox`: the command line of the local workspace.

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use databricks_sandbox::{Fault, Options, Running, Sandbox};

/// A Databricks workspace on your own machine, until ctrl-c.
#[derive(Debug, Parser)]
#[command(name = "databricks-sandbox")]
struct Arguments {
    /// Loopback address to listen on; port 0 takes any free port
    #[arg(long, value_name = "ADDRESS", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))]
    listen: SocketAddr,
    /// File to write DATABRICKS_HOST, DATABRICKS_TOKEN and DATABRICKS_WAREHOUSE_ID to
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
    /// Move states this many times faster than the real service
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    speed: f64,
    /// Failure on demand; may be given several times
    ///
    /// KIND[,path=PATTERN][,method=VERB][,skip=N][,times=N][,chance=0..1,seed=N][,after]. KIND is 429 or another
    /// status from 400 (retry-after=SECONDS), reset, stall (seconds=N) or truncate. In PATTERN, `*` is any text. `after`
    /// carries the request out before its answer is lost. A request asks for a fault of its own with the header
    /// `x-sandbox-fault: KIND…`.
    #[arg(long, value_name = "SPEC", verbatim_doc_comment)]
    fault: Vec<Fault>,
    /// Run Python commands and notebooks for real, by `python3` and with your own rights
    #[arg(long)]
    allow_python: bool,
    /// Rows in one chunk of a statement's result
    #[arg(long, value_name = "N", default_value_t = Options::default().chunk_rows)]
    chunk_rows: usize,
    /// Seconds in which a link to a part of a result can be followed
    #[arg(long, value_name = "SECONDS", default_value_t = Options::default().link_seconds)]
    link_seconds: u64,
    /// Seconds after which the result of a statement is gone
    #[arg(long, value_name = "SECONDS", default_value_t = Options::default().result_seconds)]
    result_seconds: u64,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Handlers are installed before anyone can know the process, so that no early signal kills it.
    let signals = runtime.block_on(async { Signals::new() })?;
    let running = Sandbox::start(Options {
        listen: arguments.listen,
        speed: arguments.speed,
        faults: arguments.fault.clone(),
        allow_python: arguments.allow_python,
        chunk_rows: arguments.chunk_rows,
        link_seconds: arguments.link_seconds,
        result_seconds: arguments.result_seconds,
        ..Options::default()
    })?;
    if let Some(path) = &arguments.env_file {
        write_env(path, &running)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", running.host())?;
    stdout.flush()?;
    runtime.block_on(signals.any());
    Ok(())
}

/// Writes the file under another name and renames it, so that a reader sees all of it or nothing.
fn write_env(path: &Path, running: &Running) -> std::io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let text = format!(
        "DATABRICKS_HOST={}\nDATABRICKS_TOKEN={}\nDATABRICKS_WAREHOUSE_ID={}\n",
        running.host(),
        running.token(),
        running.warehouse_id()
    );
    fs::write(&temporary, text)?;
    fs::rename(&temporary, path)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self {
            interrupt,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn any(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn any(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
