//! Paths of files in volumes, and the refusals of the Files API.

use axum::http::StatusCode;
use serde_json::json;

use crate::http::ApiError;
use crate::shared::Shared;
use crate::stored::{Refusal, Stored};

/// The path as the volumes keep it, in a volume that exists.
///
/// # Errors
/// It leads into no volume.
pub(super) fn in_volume(shared: &Shared, path: &str) -> Result<String, ApiError> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let Some(name) = Stored::volume_of(path) else {
        return Err(ApiError::invalid(format!(
            "The path must begin with /Volumes/<catalog>/<schema>/<volume>: {path}"
        )));
    };
    if !shared.stored.has_volume(&name) {
        let message = format!("Volume '{name}' does not exist.");
        return Err(ApiError::missing("NOT_FOUND", message));
    }
    Ok(format!("/{}", parts.join("/")))
}

/// True for the root of a volume.
pub(super) fn is_volume(path: &str) -> bool {
    path.split('/').skip(1).count() == 4
}

/// The refusal as the Files API words it.
pub(super) fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Missing(path) => {
            let message = format!("The file or directory being accessed is not found: {path}");
            ApiError::missing("NOT_FOUND", message)
        }
        Refusal::Exists(path) => ApiError {
            status: StatusCode::CONFLICT,
            error_code: json!("ALREADY_EXISTS"),
            message: format!("The file being created already exists: {path}"),
        },
        Refusal::IsFolder(path) => {
            ApiError::invalid(format!("The path is a directory, not a file: {path}"))
        }
        Refusal::NotEmpty(path) => ApiError::bad_request(
            "DIRECTORY_NOT_EMPTY",
            format!("The directory is not empty: {path}"),
        ),
    }
}
