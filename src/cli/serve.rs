//! `start` and `serve`: the server of the settings, over stdio for one client or over HTTP for several.

use databricks_mcp::error::Error;
use databricks_mcp::notify::Notifier;
use databricks_mcp::server::{Server, serve_stdio};
use databricks_mcp::settings::{Given, setting};
use databricks_mcp::trace::Tracer;
use databricks_mcp::{http, log};
use tokio::runtime::Runtime;

use super::exits::FLUSHED_WITHIN;
use super::flags::{Calling, Pairs, Serving};
use super::process::Process;
use super::served::{connections, runtime, runtime_of_many, workspaces};
use super::settings::Sources;
use super::{logging, selection};

/// Serves one client on stdin and stdout.
pub(super) fn over_stdio(
    sources: &Sources,
    serving: &Serving,
    calling: &Calling,
) -> Result<(), Error> {
    serve(sources, serving, &calling.0, runtime()?, |server, _| {
        serve_stdio(server)
    })
}

/// Serves clients over HTTP.
pub(super) fn over_http(sources: &Sources, serving: &Serving, flags: &Pairs) -> Result<(), Error> {
    let runtime = runtime_of_many()?;
    serve(
        sources,
        serving,
        flags,
        runtime,
        |server, given| async move {
            let serving = http::Serving::of(&given)?;
            http::serve_http(server, &serving, |address| {
                tracing::info!(url = format!("http://{address}/mcp"), "listening");
            })
            .await
        },
    )
}

/// Starts the server of the settings, and serves it this way until the end.
fn serve<F: Future<Output = Result<(), Error>>>(
    sources: &Sources,
    serving: &Serving,
    flags: &Pairs,
    runtime: Runtime,
    serve: impl FnOnce(Server, Given) -> F,
) -> Result<(), Error> {
    log::crashes();
    let given = sources.of_process(flags);
    let Process {
        limits,
        confirmation,
        levels,
        roots,
        seal_key,
        leaving,
        shaping,
        rates,
        webhook,
        collector,
    } = Process::of(&given)?;
    let levels = logging::start(&given, levels)?;
    if let Some(remark) = sources.files.remark() {
        tracing::warn!("{remark}");
    }
    let profiles: Vec<String> = given.read(setting::PROFILES)?.unwrap_or_default();
    let selection = selection::resolve(sources, serving, &profiles)?;
    let workspaces = runtime.block_on(workspaces(sources, profiles, &limits));
    let server = Server::new(workspaces, &selection)?
        .confirming(confirmation)
        .sharing(roots)
        .sealing(seal_key)
        .leaving(leaving)
        .shaping(shaping)
        .paced(rates)
        .notifying(match webhook {
            Some(webhook) => Notifier::new(webhook, &connections(sources)?)?,
            None => Notifier::default(),
        })
        .tracing(match collector {
            Some(collector) => Tracer::new(collector, &connections(sources)?)?,
            None => Tracer::default(),
        });
    let again = (sources.again(), flags.clone());
    let served = runtime.block_on(async move {
        #[cfg(unix)]
        tokio::spawn(levels.on_signals(move || Ok(again.0.read()?.of_process(&again.1))));
        #[cfg(not(unix))]
        drop((levels, again));
        serve(server, given).await
    });
    // A read of stdin may block for ever; do not wait for it.
    runtime.shutdown_background();
    log::flush(FLUSHED_WITHIN);
    served
}
