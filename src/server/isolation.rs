//! A fault in one call ends that call, never the server.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::error::Error;

/// Runs a call; a panic in it becomes its error, once what is to be done then is done. What it may leave half done is
/// its own: calls share nothing but the connection pool and the chosen warehouse, which keep no state of a call.
pub(super) async fn isolated<T>(
    call: impl Future<Output = Result<T, Error>>,
    if_it_dies: impl Future<Output = ()>,
) -> Result<T, Error> {
    match AssertUnwindSafe(call).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => {
            if_it_dies.await;
            let said = panic.downcast_ref::<&str>().map(ToString::to_string);
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(Error::Internal {
                reason: format!("the call broke down: {}", said.unwrap_or_default()),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::mpsc;

    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::config::Settings;
    use crate::context::{Context, Progress, Workspace};
    use crate::engine;
    use crate::transport::Call;
    use crate::waiting::Known;

    #[tokio::test]
    async fn a_panic_is_the_error_of_its_call() {
        let dies = async { panic!("index out of range") };
        let outcome: Result<(), Error> = isolated(dies, async {}).await;
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "internal error: the call broke down: index out of range"
        );
        let lives = isolated(async { Ok(7) }, async { panic!("it lives") });
        assert_eq!(lives.await.unwrap(), 7);
    }

    /// A workspace that says yes to everything, and the lines of its requests.
    fn service() -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut line = String::new();
                BufReader::new(&stream).read_line(&mut line).unwrap();
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
                (&stream).write_all(head.as_bytes()).unwrap();
                send.send(line).unwrap();
            }
        });
        (host, lines)
    }

    #[tokio::test]
    async fn what_a_call_that_dies_has_left_to_go_on_is_cancelled_in_the_workspace() {
        let (host, lines) = service();
        let settings = Settings::from_variables(|name| match name {
            "DATABRICKS_HOST" => Some(host.clone()),
            "DATABRICKS_TOKEN" => Some("secret-token".to_owned()),
            _ => None,
        });
        let workspace = Arc::new(Workspace::open(&settings.unwrap()).unwrap());
        let cancel = CancellationToken::new();
        // The client has given up, which does not keep its work from being cancelled.
        cancel.cancel();
        let context = Context::new(workspace, Call::new("run_job"), cancel, Progress::Silent);
        let known = Known::started("jobs.run_now", &json!({}), &json!({ "run_id": 5 })).unwrap();
        let dies = async {
            context.left.note(known.wait(), known.ids().clone());
            panic!("a fault of this program")
        };
        let outcome: Result<(), Error> = isolated(dies, engine::stop_left(&context)).await;
        outcome.unwrap_err();
        let sent = tokio::task::spawn_blocking(move || lines.recv())
            .await
            .unwrap();
        assert!(sent.unwrap().starts_with("POST /api/2.2/jobs/runs/cancel "));
        assert!(context.left.take().is_empty());
    }
}
