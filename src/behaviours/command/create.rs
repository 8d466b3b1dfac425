//! `create_execution_context`: opens a context, which is closed when the client goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::Behaviour;
use super::super::typed::{arguments, structured};
use super::{Language, context as place};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::waiting::{Ended, Patience};

pub(in super::super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Created>("create_execution_context", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// `id` of list_clusters
    cluster_id: String,
    #[serde(default)]
    language: Language,
    /// Seconds
    #[serde(default)]
    wait: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Created {
    id: String,
    status: String,
    /// How to go on where it is not ready yet: tool and arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<Map<String, Value>>,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let Arguments {
        cluster_id,
        language,
        wait,
    } = arguments;
    let patience = Patience::of_seconds(wait);
    let opening = place::open(context, &cluster_id, language.word(), false, patience).await?;
    let id = opening.place.context_id.clone();
    match opening.ended {
        Ok(Ended::Done(ready)) => Ok(Answer::json(structured(&Created {
            id,
            status: ready
                .status
                .map(|status| status.to_string())
                .unwrap_or_default(),
            resume: None,
        })?)),
        Ok(Ended::Unfinished(unfinished)) => {
            let arguments = json!({ "cluster_id": cluster_id, "context_id": id });
            Ok(Answer::new(
                format!(
                    "Still {} after {} s; call get_context_status with {arguments} until it is Running.",
                    unfinished.described,
                    unfinished.within.as_secs(),
                ),
                json!({
                    "id": id,
                    "status": unfinished.described,
                    "resume": { "tool": "get_context_status", "arguments": arguments },
                }),
            ))
        }
        // Nobody knows of it.
        Err(error) => {
            place::close(context, &opening.place).await;
            Err(error)
        }
    }
}
