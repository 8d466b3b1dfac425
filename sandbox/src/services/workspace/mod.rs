//! The workspace's notebooks, files and directories.

mod formats;
mod notebook;
mod repos;
mod seed;
mod tree;

pub(crate) use notebook::{as_it_ended, as_it_ran};

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{Clock, Millis};
use crate::http::{ApiError, Call, Reply};
use crate::operations::Operations;

use notebook::Language;
use repos::Repo;
use tree::{Content, Tree, absolute, name_of};

/// The largest import, and export as JSON, in bytes.
const LARGEST: usize = 10 << 20;
/// The largest file, in bytes.
const LARGEST_FILE: usize = 500 << 20;

/// The notebooks, files and directories.
pub(crate) struct Workspace {
    clock: Clock,
    tree: Mutex<Tree>,
    /// Git folders by the id of their object in the tree.
    repos: Mutex<BTreeMap<i64, Repo>>,
}

#[derive(Deserialize)]
struct ByPath {
    path: String,
    notebooks_modified_after: Option<Millis>,
}

#[derive(Deserialize)]
struct Export {
    path: String,
    format: Option<String>,
    /// Answers the bytes themselves instead of base64 in JSON. The SDK adds it by hand; the spec lacks it.
    direct_download: Option<String>,
}

#[derive(Deserialize)]
struct Import {
    path: String,
    #[serde(default)]
    content: String,
    format: Option<String>,
    language: Option<String>,
    #[serde(default)]
    overwrite: bool,
}

#[derive(Deserialize)]
struct ImportFile {
    #[serde(default)]
    overwrite: bool,
}

#[derive(Deserialize)]
struct Delete {
    path: String,
    #[serde(default)]
    recursive: bool,
}

pub(super) fn serve(on: &mut Operations, workspace: &Arc<Workspace>) {
    on.on("workspace.list", workspace, Workspace::list);
    on.on("workspace.get_status", workspace, Workspace::get_status);
    on.on("workspace.export", workspace, Workspace::export);
    on.on("workspace.import_", workspace, Workspace::import);
    on.on("workspace.import_file", workspace, Workspace::import_file);
    on.on("workspace.mkdirs", workspace, Workspace::mkdirs);
    on.on("workspace.delete", workspace, Workspace::delete);
    on.on("repos.create", workspace, Workspace::create_repo);
    on.on("repos.get", workspace, Workspace::get_repo);
    on.on("repos.list", workspace, Workspace::list_repos);
    on.on("repos.update", workspace, Workspace::update_repo);
    on.on("repos.delete", workspace, Workspace::delete_repo);
}

impl Workspace {
    /// The tree of a new workspace.
    pub(crate) fn new(clock: Clock) -> Self {
        let mut tree = seed::tree(clock.now());
        let repos = repos::seed(&mut tree, clock.now());
        Self {
            clock,
            tree: Mutex::new(tree),
            repos: Mutex::new(repos.into_iter().collect()),
        }
    }

    /// True if there is a notebook at the path.
    pub(crate) fn has_notebook(&self, path: &str) -> bool {
        self.notebook_page(path).is_some()
    }

    /// True if the notebook at the path is in Python.
    pub(crate) fn is_python(&self, path: &str) -> bool {
        let Ok(path) = absolute(path) else {
            return false;
        };
        let tree = self.tree.lock();
        let found = tree.get(&path).map(|object| &object.content);
        matches!(
            found,
            Ok(Content::Notebook {
                language: Language::Python,
                ..
            })
        )
    }

    /// The notebook at the path as an HTML page.
    pub(crate) fn notebook_page(&self, path: &str) -> Option<String> {
        let path = absolute(path).ok()?;
        match &self.tree.lock().get(&path).ok()?.content {
            Content::Notebook { language, source } => {
                Some(notebook::html(name_of(&path), source, *language))
            }
            _ => None,
        }
    }

    fn list(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByPath = call.query()?;
        let after = query.notebooks_modified_after;
        let path = absolute(&query.path)?;
        let mut objects = self.tree.lock().list(&path)?;
        objects.retain(
            |object| match (after, object.get("modified_at").and_then(Value::as_i64)) {
                (Some(after), Some(modified)) => modified > after,
                _ => true,
            },
        );
        // An empty directory answers `{}`.
        Ok(json!({"objects": (!objects.is_empty()).then_some(objects)}).into())
    }

    fn get_status(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ByPath = call.query()?;
        let path = absolute(&query.path)?;
        Ok(self.tree.lock().get(&path)?.describe(&path).into())
    }

    fn export(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Export = call.query()?;
        let path = absolute(&query.path)?;
        let tree = self.tree.lock();
        let format = query.format.as_deref().unwrap_or("SOURCE");
        let (bytes, file_type) = exported(&path, &tree.get(&path)?.content, format)?;
        if query
            .direct_download
            .is_some_and(|wanted| wanted.eq_ignore_ascii_case("true"))
        {
            return Ok(Reply::Bytes {
                content_type: "application/octet-stream",
                bytes,
            });
        }
        if bytes.len() > LARGEST {
            let message = format!("The size of {path} exceeds the limit of {LARGEST} bytes.");
            return Err(ApiError::bad_request("MAX_NOTEBOOK_SIZE_EXCEEDED", message));
        }
        Ok(json!({"content": STANDARD.encode(bytes), "file_type": file_type}).into())
    }

    fn import(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Import = call.body()?;
        let mut path = absolute(&body.path)?;
        let bytes = STANDARD
            .decode(&body.content)
            .map_err(|error| ApiError::invalid(format!("content is not base64: {error}")))?;
        if bytes.len() > LARGEST {
            let message = format!("The content exceeds the limit of {LARGEST} bytes.");
            return Err(ApiError::bad_request("MAX_NOTEBOOK_SIZE_EXCEEDED", message));
        }
        let format = body.format.as_deref().unwrap_or("SOURCE");
        if format == "DBC" && body.overwrite {
            return Err(ApiError::invalid(
                "Overwrite cannot be used for source format when importing a folder",
            ));
        }
        let content = imported(&mut path, bytes, format, body.language.as_deref())?;
        self.tree
            .lock()
            .write(&path, content, body.overwrite, self.clock.now())?;
        Ok(Reply::empty())
    }

    /// Writes raw bytes. A notebook's source becomes a notebook; a path that holds a file refuses otherwise than one
    /// that holds a notebook, as in the service.
    fn import_file(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ImportFile = call.query()?;
        let mut path = absolute(call.path("path"))?;
        if call.bytes.len() > LARGEST_FILE {
            let message = format!("The content exceeds the limit of {LARGEST_FILE} bytes.");
            return Err(ApiError::bad_request("MAX_REQUEST_SIZE_EXCEEDED", message));
        }
        let content = imported(&mut path, call.bytes.to_vec(), "AUTO", None)?;
        let mut tree = self.tree.lock();
        if let Ok(object) = tree.get(&path) {
            match (&object.content, &content) {
                (Content::File { .. }, _) if !query.overwrite => {
                    return Err(ApiError {
                        status: StatusCode::CONFLICT,
                        error_code: json!("ALREADY_EXISTS"),
                        message: format!("Node named '{path}' already exists."),
                    });
                }
                (Content::File { .. }, Content::Notebook { .. })
                | (Content::Notebook { .. }, Content::File { .. })
                    if query.overwrite =>
                {
                    return Err(ApiError::invalid(format!(
                        "Cannot overwrite the asset at {path} due to type mismatch."
                    )));
                }
                _ => {}
            }
        }
        tree.write(&path, content, query.overwrite, self.clock.now())?;
        Ok(Reply::empty())
    }

    fn mkdirs(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ByPath = call.body()?;
        self.tree
            .lock()
            .make_directory(&absolute(&body.path)?, self.clock.now())?;
        Ok(Reply::empty())
    }

    fn delete(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Delete = call.body()?;
        self.tree
            .lock()
            .delete(&absolute(&body.path)?, body.recursive)?;
        Ok(Reply::empty())
    }
}

/// The path without a trailing slash, and without the `/Workspace` that stands for the root.
fn exported(
    path: &str,
    content: &Content,
    format: &str,
) -> Result<(Vec<u8>, &'static str), ApiError> {
    let not_offered = |what: &str| {
        Err(ApiError::invalid(format!(
            "The sandbox does not export {what} as {format}: {path}"
        )))
    };
    match (content, format) {
        (Content::Directory | Content::Repo, _) => not_offered("directories"),
        (Content::File { bytes }, "AUTO" | "SOURCE" | "RAW") => Ok((bytes.clone(), "file")),
        (Content::File { .. }, _) => not_offered("files"),
        (Content::Notebook { language, source }, "SOURCE" | "AUTO" | "RAW") => {
            Ok((source.clone().into_bytes(), language.extension()))
        }
        (Content::Notebook { language, source }, "JUPYTER") => Ok((
            notebook::jupyter(name_of(path), source, *language).into_bytes(),
            "ipynb",
        )),
        (Content::Notebook { language, source }, "HTML") => Ok((
            notebook::html(name_of(path), source, *language).into_bytes(),
            "html",
        )),
        (Content::Notebook { language, source }, "R_MARKDOWN") => Ok((
            formats::markdown(name_of(path), source, *language).into_bytes(),
            "Rmd",
        )),
        (Content::Notebook { language, source }, "DBC") => {
            Ok((formats::archive(name_of(path), source, *language), "dbc"))
        }
        (Content::Notebook { .. }, _) => not_offered("notebooks"),
    }
}

/// The object that an import creates. AUTO cuts the extension off the path of a notebook.
fn imported(
    path: &mut String,
    bytes: Vec<u8>,
    format: &str,
    language: Option<&str>,
) -> Result<Content, ApiError> {
    let text = String::from_utf8(bytes.clone());
    match (format, text) {
        ("RAW", _) => Ok(Content::File { bytes }),
        ("SOURCE", Ok(text)) => {
            let Some(language) = language.and_then(Language::named) else {
                return Err(ApiError::invalid(
                    "language is required for the format SOURCE.",
                ));
            };
            Ok(Content::Notebook {
                language,
                source: with_header(text, language),
            })
        }
        ("JUPYTER", Ok(text)) => match notebook::from_jupyter(&text) {
            Some((language, source)) => Ok(Content::Notebook { language, source }),
            None => Err(ApiError::invalid("The content is not a Jupyter notebook.")),
        },
        ("HTML", Ok(text)) => match formats::from_page(&text) {
            Some((language, source)) => Ok(Content::Notebook { language, source }),
            None => Err(ApiError::invalid("The page holds no notebook.")),
        },
        ("R_MARKDOWN", Ok(text)) => Ok(Content::Notebook {
            language: Language::R,
            source: formats::from_markdown(&text),
        }),
        ("DBC", _) => match formats::from_archive(&bytes) {
            Some((language, source)) => Ok(Content::Notebook { language, source }),
            None => Err(ApiError::invalid("The content is not a DBC archive.")),
        },
        ("AUTO", Ok(text)) => {
            let found = if path.ends_with(".ipynb") {
                notebook::from_jupyter(&text)
            } else {
                Language::of_source(&text, path).map(|language| (language, text))
            };
            let Some((language, source)) = found else {
                return Ok(Content::File { bytes });
            };
            for extension in [language.extension(), "ipynb"] {
                if let Some(stem) = path.strip_suffix(&format!(".{extension}")) {
                    *path = stem.to_owned();
                }
            }
            Ok(Content::Notebook { language, source })
        }
        ("AUTO", Err(_)) => Ok(Content::File { bytes }),
        ("SOURCE" | "JUPYTER" | "HTML" | "R_MARKDOWN", Err(_)) => {
            Err(ApiError::invalid("The content is not UTF-8."))
        }
        _ => Err(ApiError::invalid(format!(
            "The sandbox does not import {format}."
        ))),
    }
}

fn with_header(text: String, language: Language) -> String {
    if text.starts_with(&language.header()) {
        return text;
    }
    format!("{}\n{text}", language.header())
}
