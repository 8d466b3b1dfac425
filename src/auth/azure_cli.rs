//! `azure-cli`: the token of `az login`, printed by the Azure CLI.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::azure::{self, Cloud, MANAGEMENT_HEADER, RESOURCE_ID_HEADER};
use super::command;
use super::grant::{Grant, GrantFuture, Source, Token};
use super::refusal::Refusal;
use super::web::Web;
use crate::settings::{Given, setting};

#[derive(Debug)]
pub(super) struct AzureCli {
    web: Web,
    program: PathBuf,
    cloud: Cloud,
    host: String,
    tenant: Option<String>,
    resource_id: Option<String>,
    /// The value of `--tenant`, if one is passed; determined once.
    named: OnceCell<Option<String>>,
}

impl AzureCli {
    pub(super) fn new(
        web: &Web,
        cloud: Cloud,
        host: &str,
        given: &Given,
        path: Option<&str>,
    ) -> Result<Self, String> {
        let program = command::find("az", path).into_iter().next();
        Ok(Self {
            web: web.clone(),
            program: program.ok_or("`az` is not on the path")?,
            cloud,
            host: host.to_owned(),
            tenant: given.text(setting::AZURE_TENANT_ID),
            resource_id: given.text(setting::AZURE_RESOURCE_ID),
            named: OnceCell::new(),
        })
    }

    /// Fetches a token for an Azure resource, limited to the workspace's subscription if the user can see it.
    pub(super) async fn token(&self, resource: &str) -> Result<Token, Refusal> {
        let tenant = self.named.get_or_init(|| self.tenant()).await;
        let mut arguments = vec!["account", "get-access-token", "--resource", resource];
        arguments.extend(["--output", "json"]);
        let named: Vec<&str> = tenant
            .iter()
            .flat_map(|tenant| ["--tenant", tenant.as_str()])
            .collect();
        let ids = self.resource_id.as_deref();
        let subscription = ids.and_then(|id| id.split('/').nth(2));
        let wide = [arguments.as_slice(), &named].concat();
        let answer = match subscription {
            Some(subscription) => {
                arguments.extend(["--subscription", subscription]);
                let narrow = [arguments.as_slice(), &named].concat();
                match command::json(&self.program, &narrow).await {
                    Ok(answer) => Ok(answer),
                    Err(_) => command::json(&self.program, &wide).await,
                }
            }
            None => command::json(&self.program, &wide).await,
        };
        let answer = answer.map_err(|refusal| refusal.skip().hint("run `az login`"))?;
        let text = |name: &str| {
            let value = answer.get(name).and_then(Value::as_str);
            value.ok_or_else(|| Refusal::failed(format!("`az` printed no `{name}`")))
        };
        // The newer field has no time zone.
        let seconds = answer.get("expires_on").and_then(Value::as_f64);
        Ok(Token {
            kind: text("tokenType")?.to_owned(),
            access: SecretString::from(text("accessToken")?),
            refresh: None,
            expires: match seconds {
                Some(seconds) => super::grant::epoch(seconds),
                None => command::parse_time(text("expiresOn")?),
            },
        })
    }

    /// The tenant to pass, or `None` for a managed identity: it has only one, and `az` rejects the flag.
    async fn tenant(&self) -> Option<String> {
        let tenant = match &self.tenant {
            Some(tenant) => tenant.clone(),
            None => azure::tenant(&self.web, &self.host).await.ok()?,
        };
        let account = ["account", "show", "--output", "json"];
        let account = command::json(&self.program, &account)
            .await
            .unwrap_or_default();
        let user = |name: &str| {
            account
                .pointer(&format!("/user/{name}"))
                .and_then(Value::as_str)
        };
        let machine = ["systemAssignedIdentity", "userAssignedIdentity"];
        let managed = user("type") == Some("servicePrincipal")
            && user("name").is_some_and(|name| machine.contains(&name));
        (!managed).then_some(tenant)
    }
}

impl Source for AzureCli {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let token = self.token(self.cloud.databricks).await?;
            let mut grant = Grant::new(&token)?;
            let claims = command::claims(token.access.expose_secret()).unwrap_or_default();
            // A person needs only the token; a principal may need its rights on the Azure resource.
            if claims.get("upn").is_none()
                && let Ok(management) = self.token(self.cloud.management).await
            {
                grant = grant.with_token(MANAGEMENT_HEADER, &management)?;
            }
            match &self.resource_id {
                Some(id) => grant.with_text(RESOURCE_ID_HEADER, id),
                None => Ok(grant),
            }
        })
    }
}
