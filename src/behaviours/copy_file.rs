//! `copy_file`: copies a file, a notebook or a folder between volumes, DBFS and the workspace tree.

use std::sync::Arc;

use super::Behaviour;
use super::copying::{self, Arguments};
use super::transfer::{self, Moved};
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Moved>("copy_file", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let (source, target) = arguments.places("copy_file")?;
    let (overwrite, recursive) = (arguments.overwrite, arguments.recursive);
    let what = format!("copy to `{}`", target.shown());
    transfer::run(context, what, move |own, meter| async move {
        let own = Arc::new(own);
        let mut found = copying::find(&own, &source, &target, recursive).await?;
        found.copy(&own, overwrite, &meter).await?;
        found.told(&target, &meter)
    })
    .await
}
