//! Secret scopes, their secrets and their permissions.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{Clock, Millis};
use crate::http::{ApiError, Call, Reply};
use crate::identity::USER;
use crate::operations::Operations;
use crate::shared::Shared;

/// The longest name of a scope or a key, in characters.
const LONGEST_NAME: usize = 128;

struct Secrets {
    clock: Clock,
    scopes: Mutex<BTreeMap<String, Scope>>,
}

#[derive(Default)]
struct Scope {
    secrets: BTreeMap<String, Secret>,
    /// Permissions by principal.
    permissions: BTreeMap<String, String>,
}

/// A secret. Only `secrets.get_secret` shows its value.
struct Secret {
    value: Vec<u8>,
    updated: Millis,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    principal: String,
    #[serde(default)]
    permission: String,
    string_value: Option<String>,
    bytes_value: Option<String>,
    initial_manage_principal: Option<String>,
}

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    let secrets = Arc::new(Secrets {
        clock: shared.clock,
        scopes: Mutex::default(),
    });
    on.on("secrets.create_scope", &secrets, Secrets::create_scope);
    on.on("secrets.list_scopes", &secrets, Secrets::list_scopes);
    on.on("secrets.delete_scope", &secrets, Secrets::delete_scope);
    on.on("secrets.put_secret", &secrets, Secrets::put_secret);
    on.on("secrets.get_secret", &secrets, Secrets::get_secret);
    on.on("secrets.list_secrets", &secrets, Secrets::list_secrets);
    on.on("secrets.delete_secret", &secrets, Secrets::delete_secret);
    on.on("secrets.put_acl", &secrets, Secrets::put_acl);
    on.on("secrets.get_acl", &secrets, Secrets::get_acl);
    on.on("secrets.list_acls", &secrets, Secrets::list_acls);
    on.on("secrets.delete_acl", &secrets, Secrets::delete_acl);
}

impl Secrets {
    fn create_scope(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        check_name("scope", &body.scope)?;
        let mut scopes = self.scopes.lock();
        if scopes.contains_key(&body.scope) {
            return Err(ApiError::already_exists(format!(
                "Scope {} already exists!",
                body.scope
            )));
        }
        let manager = body
            .initial_manage_principal
            .unwrap_or_else(|| USER.to_owned());
        let mut scope = Scope::default();
        scope.permissions.insert(manager, "MANAGE".to_owned());
        scopes.insert(body.scope, scope);
        Ok(Reply::empty())
    }

    fn list_scopes(&self, _: &Call) -> Result<Reply, ApiError> {
        let scopes = self.scopes.lock();
        let described = scopes
            .keys()
            .map(|name| json!({"name": name, "backend_type": "DATABRICKS"}));
        let described: Vec<Value> = described.collect();
        Ok(json!({"scopes": (!described.is_empty()).then_some(described)}).into())
    }

    fn delete_scope(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        let mut scopes = self.scopes.lock();
        the_scope(&mut scopes, &body.scope)?;
        scopes.remove(&body.scope);
        Ok(Reply::empty())
    }

    fn put_secret(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        check_name("key", &body.key)?;
        let value = match (body.string_value, body.bytes_value) {
            (Some(text), None) => text.into_bytes(),
            (None, Some(text)) => STANDARD.decode(text).map_err(|error| {
                ApiError::invalid(format!("bytes_value is not base64: {error}"))
            })?,
            _ => {
                return Err(ApiError::invalid(
                    "Exactly one of string_value and bytes_value must be given.",
                ));
            }
        };
        let updated = self.clock.now();
        let mut scopes = self.scopes.lock();
        let scope = the_scope(&mut scopes, &body.scope)?;
        scope.secrets.insert(body.key, Secret { value, updated });
        Ok(Reply::empty())
    }

    fn get_secret(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Named = call.query()?;
        let mut scopes = self.scopes.lock();
        let scope = the_scope(&mut scopes, &query.scope)?;
        let secret = scope
            .secrets
            .get(&query.key)
            .ok_or_else(|| no_secret(&query))?;
        Ok(json!({"key": query.key, "value": STANDARD.encode(&secret.value)}).into())
    }

    fn list_secrets(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Named = call.query()?;
        let mut scopes = self.scopes.lock();
        let scope = the_scope(&mut scopes, &query.scope)?;
        let secrets = scope
            .secrets
            .iter()
            .map(|(key, secret)| json!({"key": key, "last_updated_timestamp": secret.updated}));
        let secrets: Vec<Value> = secrets.collect();
        Ok(json!({"secrets": (!secrets.is_empty()).then_some(secrets)}).into())
    }

    fn delete_secret(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        let mut scopes = self.scopes.lock();
        let removed = the_scope(&mut scopes, &body.scope)?
            .secrets
            .remove(&body.key);
        removed.ok_or_else(|| no_secret(&body))?;
        Ok(Reply::empty())
    }

    fn put_acl(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        let mut scopes = self.scopes.lock();
        let scope = the_scope(&mut scopes, &body.scope)?;
        scope.permissions.insert(body.principal, body.permission);
        Ok(Reply::empty())
    }

    fn get_acl(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Named = call.query()?;
        let mut scopes = self.scopes.lock();
        let scope = the_scope(&mut scopes, &query.scope)?;
        let permission = scope.permissions.get(&query.principal);
        let permission = permission.ok_or_else(|| no_acl(&query))?;
        Ok(json!({"principal": query.principal, "permission": permission}).into())
    }

    fn list_acls(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Named = call.query()?;
        let mut scopes = self.scopes.lock();
        let scope = the_scope(&mut scopes, &query.scope)?;
        let items = scope.permissions.iter().map(
            |(principal, permission)| json!({"principal": principal, "permission": permission}),
        );
        let items: Vec<Value> = items.collect();
        Ok(json!({"items": (!items.is_empty()).then_some(items)}).into())
    }

    fn delete_acl(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Named = call.body()?;
        let mut scopes = self.scopes.lock();
        let scope = the_scope(&mut scopes, &body.scope)?;
        let removed = scope.permissions.remove(&body.principal);
        removed.ok_or_else(|| no_acl(&body))?;
        Ok(Reply::empty())
    }
}

fn check_name(what: &str, name: &str) -> Result<(), ApiError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_@.".contains(c);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) {
        return Err(ApiError::invalid(format!(
            "The {what} must be 1 to {LONGEST_NAME} letters, digits, dashes, underscores, periods and @: {name}"
        )));
    }
    Ok(())
}

fn the_scope<'a>(
    scopes: &'a mut BTreeMap<String, Scope>,
    name: &str,
) -> Result<&'a mut Scope, ApiError> {
    let found = scopes.get_mut(name);
    found.ok_or_else(|| ApiError::not_found(format!("Scope {name} does not exist!")))
}

fn no_secret(named: &Named) -> ApiError {
    ApiError::not_found(format!(
        "Secret does not exist with scope: {} and key: {}",
        named.scope, named.key
    ))
}

fn no_acl(named: &Named) -> ApiError {
    ApiError::not_found(format!(
        "Failed to get secret acl for principal {} for scope {}.",
        named.principal, named.scope
    ))
}
