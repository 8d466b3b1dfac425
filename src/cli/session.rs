//! The command line as an MCP client of the server in its own process: the same questions, progress and cancellation as
//! any client has.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use databricks_mcp::error::Error;
use databricks_mcp::server::{ERROR_KIND, Server};
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig,
    ClientRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ErrorData, Implementation,
    ProgressNotificationParam, ServerResult,
};
use rmcp::service::{
    NotificationContext, PeerRequestOptions, RequestContext, RunningService, ServiceError,
};
use rmcp::{ClientHandler, RoleClient, ServiceExt};
use serde_json::{Map, Value};
use tokio::task::JoinHandle;

use super::exits::Exit;
use super::interrupts::Interrupts;
use super::terminal::{self, Bar, Said};

/// Bytes on their way between the two ends.
const PIPE: usize = 1 << 16;
/// The time after which a call shows that it goes on.
const APPEARS_AFTER: Duration = Duration::from_millis(400);
/// The time that a cancelled call has to stop its work upstream.
const FAREWELL: Duration = Duration::from_secs(10);

/// A session with the server.
pub(super) struct Session {
    client: RunningService<RoleClient, Person>,
    served: JoinHandle<Result<(), Error>>,
    person: Person,
}

/// The end of a call.
pub(super) enum Told {
    /// The tool has answered.
    Answer(Answered),
    /// It failed: the sentence with its hint, the state of the work where it is known, and how to end.
    Failure {
        text: String,
        state: Option<Value>,
        exit: Exit,
    },
    /// The person has stopped it.
    Interrupted,
}

/// The answer of a tool.
pub(super) struct Answered {
    /// For people.
    pub(super) text: String,
    /// For programs.
    pub(super) structured: Option<Value>,
}

impl Session {
    /// Opens a session.
    pub(super) async fn open(server: Server) -> Result<Self, Error> {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let served = tokio::spawn(server.serve_on(theirs));
        let person = Person::default();
        let client = person.clone().serve(ours).await;
        let client = client.map_err(|error| Error::Internal {
            reason: format!("no MCP session: {error}"),
        })?;
        Ok(Self {
            client,
            served,
            person,
        })
    }

    /// Calls a tool and waits for its answer, or until the person stops it.
    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> Result<Told, Error> {
        let fault = |error: ServiceError| Error::Internal {
            reason: error.to_string(),
        };
        let mut interrupts = Interrupts::listen();
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let options = PeerRequestOptions::no_options();
        let bar = &self.person.bar;
        bar.begin(tool);
        let sent = self.client.send_cancellable_request(request, options);
        let mut handle = sent.await.map_err(fault)?;
        let appears = tokio::time::sleep(APPEARS_AFTER);
        tokio::pin!(appears);
        let mut shows = false;
        let answer = loop {
            tokio::select! {
                answer = &mut handle.rx => break Some(answer),
                () = interrupts.next() => break None,
                () = &mut appears, if !shows => {
                    shows = true;
                    bar.appear();
                }
            }
        };
        bar.end();
        let Some(answer) = answer else {
            // The server then stops the work upstream.
            handle
                .cancel(Some("the user stopped it".to_owned()))
                .await
                .map_err(fault)?;
            return Ok(Told::Interrupted);
        };
        let answer = answer.unwrap_or(Err(ServiceError::TransportClosed));
        match answer {
            Ok(ServerResult::CallToolResult(result)) => Ok(self.told(result)),
            // A fault that a developer must mend, in its own words.
            Err(ServiceError::McpError(error)) => Err(Error::Internal {
                reason: error.message.into_owned(),
            }),
            Err(error) => Err(fault(error)),
            Ok(_) => Err(fault(ServiceError::UnexpectedResponse)),
        }
    }

    fn told(&self, result: CallToolResult) -> Told {
        let blocks = result.content.iter();
        let texts = blocks.filter_map(|block| Some(block.as_text()?.text.as_str()));
        let text = texts.collect::<Vec<_>>().join("\n");
        if result.is_error != Some(true) {
            return Told::Answer(Answered {
                text,
                structured: result.structured_content,
            });
        }
        if let Some(text) = self.person.refused() {
            return Told::Failure {
                text,
                state: None,
                exit: Exit::Refused,
            };
        }
        let kind = result.meta.as_ref().and_then(|meta| meta.get(ERROR_KIND));
        let kind = kind.and_then(Value::as_str).unwrap_or_default();
        Told::Failure {
            exit: Exit::of_kind(kind),
            text,
            state: result.structured_content,
        }
    }

    /// Closes the session, and waits until cancelled work has been stopped upstream; a further signal ends the wait.
    pub(super) async fn close(self) {
        let mut interrupts = Interrupts::listen();
        let closing = async {
            let _ = self.client.cancel().await;
            let _ = tokio::time::timeout(FAREWELL, self.served).await;
        };
        tokio::select! {
            () = closing => {}
            () = interrupts.next() => {}
        }
    }
}

/// The person at the terminal, as the server sees them.
#[derive(Debug, Clone, Default)]
struct Person {
    bar: Bar,
    /// The reason why what was asked about is not done.
    refused: Arc<Mutex<Option<String>>>,
}

impl Person {
    fn refused(&self) -> Option<String> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_elicitation().build();
        let me = Implementation::new("databricks-mcp-cli", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(capabilities, me)
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams {
            message,
            requested_schema,
            ..
        } = request
        else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        let (bar, question) = (self.bar.clone(), message.clone());
        let said = tokio::task::spawn_blocking(move || terminal::ask(&bar, &question)).await;
        let refused = match said {
            Ok(Said::Yes) => {
                // The form has the one box to tick.
                let boxes = requested_schema.properties.keys();
                let ticked = boxes.map(|name| (name.clone(), Value::Bool(true)));
                let content = Value::Object(ticked.collect());
                return Ok(ElicitResult::new(ElicitationAction::Accept).with_content(content));
            }
            Ok(Said::No) => "declined; nothing was done".to_owned(),
            _ => format!(
                "nothing was done: {message}\nhint: stdin is no terminal, so nobody can be asked; `--yes` agrees beforehand"
            ),
        };
        *self.lock() = Some(refused);
        Ok(ElicitResult::new(ElicitationAction::Decline))
    }

    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        let message = params.message.as_deref();
        self.bar.report(params.progress, params.total, message);
    }
}
