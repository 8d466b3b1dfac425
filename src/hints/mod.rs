//! Hints that name a tool, for errors about a thing in the workspace: the tool that finds, makes or starts it.
//!
//! A hint is one row of [`rules`]. Hints about access to the workspace (host, credential, network, permission, rate)
//! come from [`crate::transport`], which knows no tools.

mod encoded;
mod lists;
mod refusal;
mod rules;
mod served;
mod store;
mod tool_names;

use crate::catalog;
use crate::error::Error;
use refusal::Refusal;

pub(crate) use encoded::encoded;
pub(crate) use lists::shows_what_exists;
pub(crate) use served::Absent;
pub(crate) use store::wrong_store;

use tool_names::{CANCEL_TRANSFER, DIAGNOSE_RUN, EXECUTE_SQL, GET_RUN_OUTPUT, GET_TRANSFER};

/// Names the tool that finds the cause of a failed run beside `explain`, which tells what the run said, where it is
/// served. Errors of other work stay.
#[must_use]
pub(crate) fn with_diagnosis(mut error: Error, explain: &str, absent: &Absent) -> Error {
    if let Error::Failed {
        hint: Some(hint), ..
    } = &mut error
        && explain == GET_RUN_OUTPUT
        && hint.starts_with(explain)
        && absent.how(DIAGNOSE_RUN).is_none()
    {
        *hint = format!("{DIAGNOSE_RUN} finds the cause, {hint}");
    }
    error
}

/// Adds the hint that names a tool to an error of the service, where one applies.
#[must_use]
pub(crate) fn with_tool(mut error: Error) -> Error {
    let Error::Api {
        operation,
        status,
        code,
        message,
        hint,
        ..
    } = &mut error
    else {
        return error;
    };
    let refusal = Refusal {
        operation,
        status: *status,
        code,
        message,
    };
    // The permissions of volumes have names of their own.
    if *status == 403 && operation.starts_with("files.") {
        *hint = Some(store::volume_denied().into());
        return error;
    }
    // A hint of the transport goes first, except that a service may also call a missing thing its own failure, and a
    // store that is switched off a permission that the user lacks.
    if hint.is_some() && *status != 500 && !refusal.is_dbfs_root_disabled() {
        return error;
    }
    if let Some(found) = rules::hint(&refusal) {
        *hint = Some(found.into());
    }
    error
}

/// How to follow a transfer that goes on after its call.
#[must_use]
pub(crate) fn follows_transfer() -> String {
    format!(
        "{GET_TRANSFER} waits for it, {CANCEL_TRANSFER} stops it, and the end of the server ends it"
    )
}

/// The hint that the result of a statement is there no longer, and how to get it anew.
#[must_use]
pub(crate) fn result_gone() -> String {
    rules::result_gone()
}

/// The hint for the result of a statement that is larger than it can be read.
#[must_use]
pub(crate) fn result_too_large() -> String {
    format!("{EXECUTE_SQL} with the same `statement` and `save_to` saves all of its rows")
}

/// The hint for what SQL says about a store that is switched off, if it does.
#[must_use]
pub(crate) fn of_statement(message: &str) -> Option<String> {
    refusal::says_dbfs_root_disabled(message).then(rules::dbfs_root_disabled)
}

/// The error of an operation that writes, where its answer cannot be read: it says how to look, since writing again may
/// do it twice. Others stay.
#[must_use]
pub(crate) fn may_have_been_done(error: Error) -> Error {
    let Error::Answer { operation, reason } = error else {
        return error;
    };
    Error::Failed {
        what: format!("`{operation}`"),
        state: "unknown".to_owned(),
        message: format!("it gave an answer that cannot be read: {reason}"),
        hint: Some(format!(
            "it may have been done all the same: {} before calling again",
            look_for(&operation)
        )),
    }
}

/// The words for a look at what an operation may have done.
fn look_for(operation: &str) -> String {
    let refusal = Refusal {
        operation,
        status: 200,
        code: "",
        message: "",
    };
    match lists::shows_started(&refusal) {
        Some(list) => format!("look with {list}"),
        None => "look in the workspace".to_owned(),
    }
}

/// The error of an operation that starts work, where it does not say whether that goes on: its answer did not
/// come or has no id. It then says how to look, since starting it again would do it twice. Others stay.
#[must_use]
pub(crate) fn may_have_started(error: Error) -> Error {
    let (operation, reason) = match error {
        Error::Answer { operation, reason } => (operation, reason),
        // A token spares the service's acting twice only within one call.
        Error::Unanswered {
            operation,
            reason,
            may_have_acted,
        } if may_have_acted || catalog::token_of(&operation).is_some() => (operation, reason),
        other => return other,
    };
    let look = look_for(&operation);
    Error::Failed {
        what: format!("`{operation}`"),
        state: "unknown".to_owned(),
        message: format!("it gave an answer that cannot be read: {reason}"),
        hint: Some(format!(
            "it may have been started and go on all the same: {look} before starting it again"
        )),
    }
}
