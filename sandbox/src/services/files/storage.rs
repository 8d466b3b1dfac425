//! The cloud storage behind volumes: uploads in parts and presigned URLs, as the official SDK uses them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, StatusCode};
use chrono::DateTime;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;

use super::links::{self, Closed, Links, Target};
use super::paths::{in_volume, is_volume, refused};
use super::uploads::Uploads;
use crate::clock::Millis;
use crate::http::{ApiError, Call, Conditions, Reply};
use crate::operations::Operations;
use crate::shared::Shared;
use crate::stored::Refusal;

/// A header that the storage wants with every part, as some clouds do; the workspace names it beside the URL.
const OF_A_PART: (&str, &str) = ("x-amz-server-side-encryption", "AES256");
/// The most parts of an upload.
const MOST_PARTS: i64 = 10_000;
/// The time of a download's URL that says none, in milliseconds.
const USUAL: Millis = 900_000;

/// The storage, with the uploads to it that are under way.
pub(crate) struct Storage {
    shared: Arc<Shared>,
    links: Links,
    uploads: Mutex<Uploads>,
}

#[derive(Deserialize)]
struct Session {
    action: String,
    #[serde(default)]
    overwrite: bool,
    upload_type: Option<String>,
    #[serde(default)]
    session_token: String,
}

#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    part_number: i64,
    etag: String,
}

#[derive(Deserialize)]
struct PartUrls {
    path: String,
    session_token: String,
    start_part_number: i64,
    count: i64,
    expire_time: String,
}

#[derive(Deserialize)]
struct Download {
    path: String,
    expire_time: Option<String>,
}

#[derive(Deserialize)]
struct Expire {
    count: Option<String>,
}

pub(super) fn serve(on: &mut Operations, storage: &Arc<Storage>) {
    on.on("files.upload_session", storage, Storage::session);
    on.on("files.create_upload_part_urls", storage, Storage::part_urls);
    on.on("files.create_download_url", storage, Storage::download_url);
    // For tests: what is left of uploads, and URLs that expire before their time.
    let uploads = (Method::GET, "/sandbox/uploads");
    on.on_beyond_spec("sandbox.uploads", uploads, storage, |storage, _| {
        let described = json!({"uploads": storage.uploads.lock().describe()});
        Ok(Reply::Bytes {
            content_type: "application/json",
            bytes: described.to_string().into_bytes(),
        })
    });
    let expire = (Method::POST, "/sandbox/expire-urls");
    on.on_beyond_spec("sandbox.expire_urls", expire, storage, Storage::expire);
}

impl Storage {
    /// The start of the path of every presigned URL of a file.
    pub(crate) const LINKS: &str = links::LINKS;

    /// The storage of this workspace.
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            links: Links::new(shared.identity.host.clone()),
            shared,
            uploads: Mutex::default(),
        }
    }

    fn session(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Session = call.query()?;
        let path = in_volume(&self.shared, call.path("file_path"))?;
        let token = query.session_token.as_str();
        if query.action != "initiate-upload" && query.upload_type.as_deref() != Some("multipart") {
            return Err(ApiError::invalid("upload_type must be multipart."));
        }
        match query.action.as_str() {
            "initiate-upload" => self.initiate(path, query.overwrite),
            "complete-upload" => self.complete(&path, token, call.body()?),
            "abort-upload" => {
                self.uploads.lock().close(token, &path)?;
                Ok(Reply::empty())
            }
            other => Err(ApiError::invalid(format!("Unknown action: {other}"))),
        }
    }

    fn initiate(&self, path: String, overwrite: bool) -> Result<Reply, ApiError> {
        let found = self.shared.stored.volumes.lock().get(&path);
        match found {
            Ok(entry) if entry.is_folder() => return Err(refused(Refusal::IsFolder(path))),
            Err(_) if is_volume(&path) => return Err(refused(Refusal::IsFolder(path))),
            Ok(_) if !overwrite => return Err(refused(Refusal::Exists(path))),
            _ => {}
        }
        let token = self.uploads.lock().open(path, overwrite);
        Ok(json!({"multipart_upload": {"session_token": token}}).into())
    }

    fn complete(&self, path: &str, token: &str, body: Parts) -> Result<Reply, ApiError> {
        let parts = body.parts.into_iter();
        let listed: Vec<_> = parts.map(|part| (part.part_number, part.etag)).collect();
        let mut uploads = self.uploads.lock();
        let whole = uploads.whole(token, path, &listed)?;
        let now = self.shared.clock.now();
        let mut volumes = self.shared.stored.volumes.lock();
        let written = volumes.write(&whole.path, whole.bytes, whole.overwrite, now);
        written.map_err(refused)?;
        uploads.close(token, path)?;
        Ok(Reply::empty())
    }

    fn part_urls(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: PartUrls = call.body()?;
        let path = in_volume(&self.shared, &body.path)?;
        if !self.uploads.lock().has(&body.session_token, &path) {
            let message = "There is no such upload to this path.";
            return Err(ApiError::missing("NOT_FOUND", message));
        }
        let last = body.start_part_number.saturating_add(body.count) - 1;
        if body.start_part_number < 1 || body.count < 1 || last > MOST_PARTS {
            return Err(ApiError::invalid(format!(
                "Parts have the numbers from 1 to {MOST_PARTS}."
            )));
        }
        let expires = self.future(&body.expire_time)?;
        let (name, value) = OF_A_PART;
        let urls = (body.start_part_number..=last).map(|number| {
            let target = Target {
                path: path.clone(),
                part: Some((body.session_token.clone(), number)),
            };
            json!({
                "url": self.links.url(&Method::PUT, &target, expires),
                "part_number": number,
                "headers": [{"name": name, "value": value}],
            })
        });
        Ok(json!({"upload_part_urls": urls.collect::<Vec<_>>()}).into())
    }

    fn download_url(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Download = call.query()?;
        let path = in_volume(&self.shared, &query.path)?;
        let found = self.shared.stored.volumes.lock().file(&path);
        found.map_err(refused)?;
        let expires = match &query.expire_time {
            Some(time) => self.future(time)?,
            None => self.shared.clock.now() + USUAL,
        };
        let target = Target { path, part: None };
        let url = self.links.url(&Method::GET, &target, expires);
        Ok(json!({"url": url, "headers": []}).into())
    }

    /// A time that has not passed yet.
    fn future(&self, time: &str) -> Result<Millis, ApiError> {
        let read = DateTime::parse_from_rfc3339(time)
            .map_err(|error| ApiError::invalid(format!("expire_time is no time: {error}")))?;
        let expires = read.timestamp_millis();
        if expires < self.shared.clock.now() {
            return Err(ApiError::invalid("expire_time has passed."));
        }
        Ok(expires)
    }

    fn expire(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Expire = call.query()?;
        let count = query.count.as_deref().unwrap_or("1").parse();
        self.links
            .expire(count.map_err(|_| ApiError::invalid("count must be a number."))?);
        Ok(Reply::empty())
    }

    /// Answers a request to a presigned URL, as a cloud's storage does.
    pub(crate) fn follow(
        &self,
        verb: &Method,
        path: &str,
        query: &[(String, String)],
        headers: &HeaderMap,
        body: Bytes,
    ) -> Reply {
        if headers.contains_key(AUTHORIZATION) {
            let message = "Only one auth mechanism allowed";
            return xml(StatusCode::BAD_REQUEST, "InvalidArgument", message);
        }
        let target = match self.links.read(verb, path, query, self.shared.clock.now()) {
            Ok(target) => target,
            Err(Closed::Expired) => {
                return xml(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired");
            }
            Err(Closed::Signature) => return unsigned(),
        };
        let Some((upload, number)) = target.part else {
            return self.file(&target.path, &Conditions::of(headers));
        };
        let (name, value) = OF_A_PART;
        // The header is part of what was signed.
        if headers.get(name).is_none_or(|given| given != value) {
            return unsigned();
        }
        match self.uploads.lock().put(&upload, number, body) {
            Some(etag) => Reply::Storage {
                status: StatusCode::OK,
                etag: Some(etag),
                xml: String::new(),
            },
            None => {
                let message = "The specified multipart upload does not exist.";
                xml(StatusCode::NOT_FOUND, "NoSuchUpload", message)
            }
        }
    }

    fn file(&self, path: &str, conditions: &Conditions) -> Reply {
        let found = self.shared.stored.volumes.lock().file(path);
        let Ok((bytes, modified)) = found else {
            let message = "The specified key does not exist.";
            return xml(StatusCode::NOT_FOUND, "NoSuchKey", message);
        };
        match conditions.part(bytes.len(), modified) {
            Ok(part) => Reply::File {
                bytes,
                part,
                modified,
            },
            Err(error) => {
                let code = match error.status {
                    StatusCode::PRECONDITION_FAILED => "PreconditionFailed",
                    _ => "InvalidRange",
                };
                xml(error.status, code, &error.message)
            }
        }
    }
}

fn unsigned() -> Reply {
    let message = "The request signature we calculated does not match the signature you provided.";
    xml(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message)
}

fn xml(status: StatusCode, code: &str, message: &str) -> Reply {
    Reply::Storage {
        status,
        etag: None,
        xml: format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        ),
    }
}
