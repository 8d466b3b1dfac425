//! The tree of directories, notebooks and files.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::notebook::Language;
use crate::clock::Millis;
use crate::http::ApiError;

/// Everything in the workspace, by path. `/` always exists.
#[derive(Debug)]
pub(super) struct Tree {
    objects: BTreeMap<String, Object>,
    next_id: i64,
}

/// A directory, a notebook or a file.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) id: i64,
    created: Millis,
    modified: Millis,
    pub(super) content: Content,
}

/// The content of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Directory,
    /// A Git folder.
    Repo,
    Notebook {
        language: Language,
        source: String,
    },
    File {
        bytes: Vec<u8>,
    },
}

impl Content {
    /// True if it can hold other objects.
    fn is_folder(&self) -> bool {
        matches!(self, Self::Directory | Self::Repo)
    }
}

impl Tree {
    /// A tree with nothing but `/`.
    pub(super) fn new(now: Millis) -> Self {
        let mut tree = Self {
            objects: BTreeMap::new(),
            next_id: 2_315_400_187_300,
        };
        tree.put("/".to_owned(), Content::Directory, now);
        tree
    }

    /// The object at a path.
    ///
    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST` when the path does not exist.
    pub(super) fn get(&self, path: &str) -> Result<&Object, ApiError> {
        let missing = || ApiError::not_found(format!("Path ({path}) doesn't exist."));
        self.objects.get(path).ok_or_else(missing)
    }

    /// The path of the object with this id.
    pub(super) fn path_of(&self, id: i64) -> Option<&str> {
        let found = self.objects.iter().find(|(_, object)| object.id == id);
        found.map(|(path, _)| path.as_str())
    }

    /// The objects in a directory; for any other object, that object alone.
    ///
    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST` when the path does not exist.
    pub(super) fn list(&self, path: &str) -> Result<Vec<Value>, ApiError> {
        let object = self.get(path)?;
        if !object.content.is_folder() {
            return Ok(vec![object.describe(path)]);
        }
        let inside = self
            .objects
            .iter()
            .filter(|(other, _)| parent(other) == Some(path));
        Ok(inside.map(|(path, object)| object.describe(path)).collect())
    }

    /// Writes a notebook or a file.
    ///
    /// # Errors
    /// Fails if the parent is missing, or if an existing object may not or cannot be overwritten.
    pub(super) fn write(
        &mut self,
        path: &str,
        content: Content,
        overwrite: bool,
        now: Millis,
    ) -> Result<(), ApiError> {
        let folder = parent(path).unwrap_or("/");
        if !self
            .objects
            .get(folder)
            .is_some_and(|o| o.content.is_folder())
        {
            return Err(ApiError::not_found(format!(
                "The parent folder ({folder}) does not exist."
            )));
        }
        match self.objects.get_mut(path) {
            None => {
                self.put(path.to_owned(), content, now);
                Ok(())
            }
            Some(object) if object.content.is_folder() => Err(ApiError::invalid(format!(
                "Cannot overwrite the directory ({path}) with a notebook or a file."
            ))),
            Some(_) if !overwrite => Err(ApiError::already_exists(format!(
                "Path ({path}) already exists. Set overwrite to replace it."
            ))),
            Some(object) => {
                object.content = content;
                object.modified = now;
                Ok(())
            }
        }
    }

    /// Makes a directory and those above it. One that exists stays as it is.
    ///
    /// # Errors
    /// `RESOURCE_ALREADY_EXISTS` when something on the way is not a directory.
    pub(super) fn make_directory(&mut self, path: &str, now: Millis) -> Result<(), ApiError> {
        let ends = path
            .match_indices('/')
            .map(|(at, _)| at)
            .skip(1)
            .chain([path.len()]);
        let ancestors: Vec<&str> = ends.filter_map(|end| path.get(..end)).collect();
        for folder in &ancestors {
            match self.objects.get(*folder).map(|object| &object.content) {
                None => {}
                Some(content) if content.is_folder() => {}
                Some(_) => {
                    return Err(ApiError::already_exists(format!(
                        "Path ({folder}) already exists and is not a directory."
                    )));
                }
            }
        }
        for folder in ancestors {
            if !self.objects.contains_key(folder) {
                self.put(folder.to_owned(), Content::Directory, now);
            }
        }
        Ok(())
    }

    /// Deletes an object. A directory with content goes only if `recursive` is set.
    ///
    /// # Errors
    /// Fails for `/`, for an object that does not exist, and for a directory with content unless `recursive` is set.
    pub(super) fn delete(&mut self, path: &str, recursive: bool) -> Result<(), ApiError> {
        self.get(path)?;
        if path == "/" {
            return Err(ApiError::bad_request(
                "BAD_REQUEST",
                "The root cannot be deleted.",
            ));
        }
        let below = format!("{path}/");
        let holds_others = self.objects.keys().any(|other| other.starts_with(&below));
        if holds_others && !recursive {
            return Err(ApiError::bad_request(
                "DIRECTORY_NOT_EMPTY",
                format!("Folder ({path}) is not empty"),
            ));
        }
        self.objects
            .retain(|other, _| other != path && !other.starts_with(&below));
        Ok(())
    }

    fn put(&mut self, path: String, content: Content, now: Millis) {
        self.next_id += 1;
        let object = Object {
            id: self.next_id,
            created: now,
            modified: now,
            content,
        };
        self.objects.insert(path, object);
    }
}

impl Object {
    /// The object as the API describes it.
    pub(super) fn describe(&self, path: &str) -> Value {
        let mut described = json!({
            "path": path,
            "object_id": self.id,
            "resource_id": self.id.to_string(),
        });
        let Some(fields) = described.as_object_mut() else {
            return described;
        };
        match &self.content {
            Content::Directory => {
                fields.insert("object_type".to_owned(), json!("DIRECTORY"));
            }
            Content::Repo => {
                fields.insert("object_type".to_owned(), json!("REPO"));
            }
            Content::Notebook { language, .. } => {
                fields.insert("object_type".to_owned(), json!("NOTEBOOK"));
                fields.insert("language".to_owned(), json!(language.name()));
                fields.insert("created_at".to_owned(), json!(self.created));
                fields.insert("modified_at".to_owned(), json!(self.modified));
            }
            Content::File { bytes } => {
                fields.insert("object_type".to_owned(), json!("FILE"));
                fields.insert("size".to_owned(), json!(bytes.len()));
                fields.insert("created_at".to_owned(), json!(self.created));
                fields.insert("modified_at".to_owned(), json!(self.modified));
            }
        }
        described
    }
}

/// The directory of a path.
fn parent(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    if name.is_empty() {
        return None;
    }
    Some(if folder.is_empty() { "/" } else { folder })
}

/// The last part of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A path as the tree keeps it: without `/Workspace` before it and without a slash at its end.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` when it does not begin with a slash.
pub(super) fn absolute(path: &str) -> Result<String, ApiError> {
    if !path.starts_with('/') {
        return Err(ApiError::invalid(format!(
            "Path ({path}) must begin with '/'."
        )));
    }
    let path = path.trim_end_matches('/');
    let path = match path.strip_prefix("/Workspace") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    };
    Ok(if path.is_empty() {
        "/".to_owned()
    } else {
        path.to_owned()
    })
}
