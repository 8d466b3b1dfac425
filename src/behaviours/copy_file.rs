//! `copy_file`: copyies a file or folder between volumes, DBFS and the workspace tree.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Behaviour;
use super::copying;
use super::transfer::{self, Moved};
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::stores::Remote;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Moved>("copy_file", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// /Volumes/…, dbfs:/… or /Workspace/…
    source: String,
    target: String,
    /// Replace what is at the target
    #[serde(default)]
    overwrite: bool,
    /// `source` is a folder
    #[serde(default)]
    recursive: bool,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "taken out before the call")]
    confirm: bool,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let (source, target) = (
        Remote::parse("copy_file", &arguments.source)?,
        Remote::parse("copy_file", &arguments.target)?,
    );
    let (overwrite, recursive) = (arguments.overwrite, arguments.recursive);
    let what = format!("copy to `{}`", target.shown());
    transfer::run(context, what, move |own, meter| async move {
        let own = Arc::new(own);
        let pairs = copying::pairs(&own, &source, &target, recursive).await?;
        copying::copy(&own, &pairs, overwrite, &meter).await?;
        Moved {
            files: recursive.then_some(pairs.len()),
            ..Moved::done(
                target.shown(),
                if recursive { "folder" } else { "file" },
                &meter,
            )
        }
        .answer()
    })
    .await
}
