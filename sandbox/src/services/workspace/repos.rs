//! Git folders. They have a branch and a commit, but no files, because there is no network; only that of the seed has a
//! notebook, which is of the branch or tag that is checked out.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use serde_json::{Value, json};

use super::Workspace;
use super::notebook::Language;
use super::tree::{Content, Tree, absolute};
use crate::clock::Millis;
use crate::http::{ApiError, Call, Reply, page};
use crate::identity::USER;

/// Git folders in one page of a list.
const PAGE: usize = 20;

/// The Git folder of the seed, and its repository.
const SEED: (&str, &str) = (
    "/Repos/shared/shop-etl",
    "https://github.com/example/shop-etl",
);

/// A Git folder; the tree knows its path.
#[derive(Debug, Clone)]
pub(super) struct Repo {
    url: String,
    provider: String,
    /// None while a tag is checked out.
    branch: Option<String>,
    commit: String,
    sparse: Option<Value>,
}

#[derive(Deserialize)]
struct Create {
    url: String,
    provider: String,
    path: Option<String>,
    sparse_checkout: Option<Value>,
}

#[derive(Deserialize)]
struct Update {
    branch: Option<String>,
    tag: Option<String>,
    sparse_checkout: Option<Value>,
}

#[derive(Deserialize)]
struct Listing {
    path_prefix: Option<String>,
    next_page_token: Option<String>,
}

/// Puts the Git folder of the seed into a new tree, and returns it with its id.
pub(super) fn seed(tree: &mut Tree, now: Millis) -> Option<(i64, Repo)> {
    let (path, url) = SEED;
    // On a new tree neither can collide.
    tree.make_directory(path.rsplit_once('/')?.0, now).ok()?;
    tree.write(path, Content::Repo, false, now).ok()?;
    let id = tree.get(path).ok()?.id;
    let repo = Repo {
        url: url.to_owned(),
        provider: "gitHub".to_owned(),
        branch: Some("main".to_owned()),
        commit: commit(url, "main"),
        sparse: None,
    };
    check_out(tree, path, &repo, "main", now);
    Some((id, repo))
}

/// Writes the notebook of a branch or tag.
fn check_out(tree: &mut Tree, path: &str, repo: &Repo, reference: &str, now: Millis) {
    if repo.url != SEED.1 {
        return;
    }
    let source = format!(
        "# Databricks notebook source\n# Of {} of {}.\n\n# COMMAND ----------\n\ndbutils.notebook.exit({})\n",
        json!(reference),
        repo.url,
        json!(format!("ran {reference}"))
    );
    let notebook = Content::Notebook {
        language: Language::Python,
        source,
    };
    let folder = format!("{path}/notebooks");
    let _ = tree.make_directory(&folder, now);
    let _ = tree.write(&format!("{folder}/main"), notebook, true, now);
}

impl Workspace {
    pub(super) fn create_repo(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Create = call.body()?;
        let name = body.url.trim_end_matches('/').rsplit('/').next();
        let name = name.unwrap_or_default().trim_end_matches(".git");
        if !body.url.starts_with("https://") || name.is_empty() {
            return Err(ApiError::invalid(format!(
                "The URL of a remote repository begins with https://: {}",
                body.url
            )));
        }
        let path = body.path.unwrap_or_else(|| format!("/Users/{USER}/{name}"));
        let path = absolute(&path)?;
        let now = self.clock.now();
        let mut tree = self.tree.lock();
        if tree.get(&path).is_ok() {
            return Err(ApiError::already_exists(format!(
                "Path ({path}) already exists."
            )));
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        tree.make_directory(folder, now)?;
        tree.write(&path, Content::Repo, false, now)?;
        let id = tree.get(&path)?.id;
        let repo = Repo {
            commit: commit(&body.url, "main"),
            url: body.url,
            provider: body.provider,
            branch: Some("main".to_owned()),
            sparse: body.sparse_checkout,
        };
        let described = repo.describe(id, &path);
        self.repos.lock().insert(id, repo);
        Ok(described.into())
    }

    pub(super) fn get_repo(&self, call: &Call) -> Result<Reply, ApiError> {
        let (id, path) = self.repo(call)?;
        let repos = self.repos.lock();
        let repo = repos.get(&id).ok_or_else(|| missing(&path))?;
        Ok(repo.describe(id, &path).into())
    }

    pub(super) fn list_repos(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Listing = call.query()?;
        let prefix = query.path_prefix.unwrap_or_default();
        let prefix = prefix.strip_prefix("/Workspace").unwrap_or(&prefix);
        let tree = self.tree.lock();
        let repos: Vec<Value> = self
            .repos
            .lock()
            .iter()
            .filter_map(|(id, repo)| Some((id, repo, tree.path_of(*id)?)))
            .filter(|(.., path)| path.starts_with(prefix))
            .map(|(id, repo, path)| repo.describe(*id, path))
            .collect();
        let page = page(repos, query.next_page_token.as_deref(), PAGE)?;
        Ok(json!({
            "repos": (!page.items.is_empty()).then_some(page.items),
            "next_page_token": page.next,
        })
        .into())
    }

    pub(super) fn update_repo(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Update = call.body()?;
        let (id, path) = self.repo(call)?;
        let mut repos = self.repos.lock();
        let repo = repos.get_mut(&id).ok_or_else(|| missing(&path))?;
        let wanted = body.branch.as_ref().or(body.tag.as_ref()).cloned();
        match (body.branch, body.tag) {
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid(
                    "Only one of branch and tag can be given.",
                ));
            }
            (Some(branch), None) => {
                repo.commit = commit(&repo.url, &branch);
                repo.branch = Some(branch);
            }
            (None, Some(tag)) => {
                repo.commit = commit(&repo.url, &tag);
                repo.branch = None;
            }
            (None, None) => {}
        }
        if let Some(reference) = wanted {
            check_out(
                &mut self.tree.lock(),
                &path,
                repo,
                &reference,
                self.clock.now(),
            );
        }
        if body.sparse_checkout.is_some() {
            repo.sparse = body.sparse_checkout;
        }
        Ok(Reply::empty())
    }

    pub(super) fn delete_repo(&self, call: &Call) -> Result<Reply, ApiError> {
        let (id, path) = self.repo(call)?;
        self.tree.lock().delete(&path, true)?;
        self.repos.lock().remove(&id);
        Ok(Reply::empty())
    }

    /// The id and path of the Git folder that a call names.
    fn repo(&self, call: &Call) -> Result<(i64, String), ApiError> {
        let id = call.path("repo_id");
        let known = id.parse().ok().and_then(|id: i64| {
            let tree = self.tree.lock();
            Some((id, tree.path_of(id)?.to_owned()))
        });
        let known = known.filter(|(id, _)| self.repos.lock().contains_key(id));
        known.ok_or_else(|| missing(id))
    }
}

fn missing(id: &str) -> ApiError {
    ApiError::not_found(format!("Repo {id} could not be found."))
}

impl Repo {
    fn describe(&self, id: i64, path: &str) -> Value {
        json!({
            "id": id,
            "path": path,
            "url": self.url,
            "provider": self.provider,
            "branch": self.branch,
            "head_commit_id": self.commit,
            "sparse_checkout": self.sparse,
        })
    }
}

/// A commit id: the same for the same branch or tag of the same repository.
fn commit(url: &str, reference: &str) -> String {
    let part = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (url, reference, salt).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    let all = [part(0), part(1), part(2)].concat();
    all.chars().take(40).collect()
}
