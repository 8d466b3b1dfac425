//! `clear_cache`: forgets the answers that this server keeps of the caller's workspace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Behaviour;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Cleared>("clear_cache", |context, value| {
        Box::pin(async move { call(context, arguments(value)?) })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Cleared {
    /// Answers that would have been given again.
    answers: usize,
    /// Whole answers that were kept under an address.
    kept: usize,
}

fn call(context: &Context, _: Arguments) -> Result<Answer, Error> {
    let workspace = &context.workspace;
    let cleared = Cleared {
        answers: workspace.cache.clear(),
        kept: workspace.kept.drop_where(|_| true),
    };
    let text = format!(
        "Forgotten: {}, and {} kept whole",
        shape::counted(cleared.answers, "answer"),
        cleared.kept
    );
    Ok(Answer::new(text, structured(&cleared)?))
}
