//! `azure-client-secret`, `azure-msi` and `github-oidc-azure`, and the endpoints of the Azure clouds.

use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::federation::Identity;
use super::grant::{Grant, GrantFuture, Source, Token};
use super::oauth::{Fields, OAuthClient};
use super::refusal::Refusal;
use super::service_principal::scopes;
use super::web::Web;
use crate::settings::{Given, setting};

/// Carries the workspace's resource id, so that a principal is admitted to a workspace it was not added to.
pub(super) const RESOURCE_ID_HEADER: &str = "x-databricks-azure-workspace-resource-id";
/// Carries the token that proves rights on the Azure resource.
pub(super) const MANAGEMENT_HEADER: &str = "x-databricks-azure-sp-management-token";

/// The endpoints of one Azure cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cloud {
    /// Azure's application id of Databricks: the resource that tokens are requested for.
    pub(super) databricks: &'static str,
    pub(super) management: &'static str,
    pub(super) resource_manager: &'static str,
    pub(super) directory: &'static str,
}

const DATABRICKS: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";
const PUBLIC: Cloud = Cloud {
    databricks: DATABRICKS,
    management: "https://management.core.windows.net/",
    resource_manager: "https://management.azure.com/",
    directory: "https://login.microsoftonline.com/",
};
const US_GOVERNMENT: Cloud = Cloud {
    databricks: DATABRICKS,
    management: "https://management.core.usgovcloudapi.net/",
    resource_manager: "https://management.usgovcloudapi.net/",
    directory: "https://login.microsoftonline.us/",
};
const CHINA: Cloud = Cloud {
    databricks: DATABRICKS,
    management: "https://management.core.chinacloudapi.cn/",
    resource_manager: "https://management.chinacloudapi.cn/",
    directory: "https://login.chinacloudapi.cn/",
};

impl Cloud {
    /// The cloud that a host belongs to, or the configured one without a host.
    pub(super) fn of(host: Option<&str>, given: &Given) -> Option<Self> {
        let Some(host) = host else {
            let name = given.get(setting::AZURE_ENVIRONMENT).unwrap_or("PUBLIC");
            let name = name.to_ascii_uppercase();
            // Older tools write `AzureChinaCloud`.
            let name = name.strip_prefix("AZURE").unwrap_or(&name);
            return match name.strip_suffix("CLOUD").unwrap_or(name) {
                "PUBLIC" => Some(PUBLIC),
                "USGOVERNMENT" => Some(US_GOVERNMENT),
                "CHINA" => Some(CHINA),
                _ => None,
            };
        };
        let zones = [
            (".azuredatabricks.net", PUBLIC),
            (".databricks.azure.us", US_GOVERNMENT),
            (".databricks.azure.cn", CHINA),
        ];
        let found = zones.into_iter().find(|(zone, _)| host.ends_with(zone));
        found.map(|(_, cloud)| cloud)
    }
}

/// The proof of an identity to Azure's directory.
#[derive(Debug)]
pub(super) enum Proof {
    /// A client secret.
    Secret(SecretString),
    /// The managed identity of this machine, from the instance metadata service at this URL.
    Machine(String),
    /// An identity token from GitHub Actions.
    GitHub(Identity),
}

/// The identity that looks up a workspace's host. Without one, the Azure CLI does.
pub(super) fn identity(given: &Given, forced: Option<&str>) -> Option<(&'static str, Proof)> {
    let may = |name: &str| forced.is_none_or(|forced| forced == name);
    if may("azure-msi") && given.on(setting::AZURE_USE_MSI) {
        return Some(("azure-msi", Proof::Machine(INSTANCE_METADATA.to_owned())));
    }
    // Another forced method cannot look up the host; a configured secret can.
    let secret = given.secret(setting::AZURE_CLIENT_SECRET);
    let secret = secret.filter(|_| forced != Some("azure-cli") && forced != Some("azure-msi"));
    secret.map(|secret| ("azure-client-secret", Proof::Secret(secret)))
}

/// Azure's instance metadata service.
pub(super) const INSTANCE_METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// An Azure application or managed identity.
#[derive(Debug)]
pub(super) struct AzurePrincipal {
    web: Web,
    cloud: Cloud,
    proof: Proof,
    client_id: Option<String>,
    /// Empty while the host is being looked up.
    host: String,
    tenant: OnceCell<String>,
    resource_id: Option<String>,
    scopes: String,
}

impl AzurePrincipal {
    pub(super) fn new(web: &Web, cloud: Cloud, host: &str, given: &Given, proof: Proof) -> Self {
        Self {
            web: web.clone(),
            cloud,
            proof,
            client_id: given.text(setting::AZURE_CLIENT_ID),
            host: host.to_owned(),
            tenant: OnceCell::new_with(given.text(setting::AZURE_TENANT_ID)),
            resource_id: given.text(setting::AZURE_RESOURCE_ID),
            scopes: scopes(given),
        }
    }

    /// Fetches a token for an Azure resource.
    pub(super) async fn token(&self, resource: &str) -> Result<Token, Refusal> {
        let mut fields: Fields = vec![("resource", resource.to_owned())];
        let secret = match &self.proof {
            Proof::Machine(url) => return self.machine(url, resource).await,
            Proof::Secret(secret) => Some(secret.clone()),
            Proof::GitHub(identity) => {
                use secrecy::ExposeSecret;
                let proof = identity
                    .token(&self.web, "api://AzureADTokenExchange")
                    .await?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                fields.push(("client_assertion_type", kind.to_owned()));
                fields.push(("client_assertion", proof.expose_secret().to_owned()));
                None
            }
        };
        let tenant = self
            .tenant
            .get_or_try_init(|| tenant(&self.web, &self.host))
            .await?;
        let party = OAuthClient {
            web: self.web.clone(),
            token_url: format!("{}{tenant}/oauth2/token", self.cloud.directory),
            client_id: self.client_id.clone().unwrap_or_default(),
            secret,
            in_body: true,
        };
        party.client_credentials(&self.scopes, &fields).await
    }

    async fn machine(&self, url: &str, resource: &str) -> Result<Token, Refusal> {
        let encode = |text: &str| -> String {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
        };
        let mut url = format!("{url}?api-version=2018-02-01&resource={}", encode(resource));
        if let Some(client) = &self.client_id {
            url.push_str(&format!("&client_id={}", encode(client)));
        }
        let answer = self.web.get(&url, &[("metadata", "true")]).await?;
        let expires = answer.get("expires_on").and_then(|value| {
            let seconds = value.as_f64();
            seconds.or_else(|| value.as_str()?.parse().ok())
        });
        let mut token = super::oauth::read(answer)?;
        token.expires = expires.and_then(super::grant::epoch).or(token.expires);
        Ok(token)
    }
}

impl Source for AzurePrincipal {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let mut token = self.token(self.cloud.databricks).await?;
            if matches!(self.proof, Proof::GitHub(_)) {
                return Grant::new(&token);
            }
            "Bearer".clone_into(&mut token.kind);
            let management = self.token(self.cloud.management).await?;
            let grant = Grant::new(&token)?.with_token(MANAGEMENT_HEADER, &management)?;
            match &self.resource_id {
                Some(id) => grant.with_text(RESOURCE_ID_HEADER, id),
                None => Ok(grant),
            }
        })
    }
}

/// The tenant of a workspace, read from the redirect of its login page.
pub(super) async fn tenant(web: &Web, host: &str) -> Result<String, Refusal> {
    let page = web.location(&format!("{host}/aad/auth")).await;
    let tenant = page.and_then(|url| url.path_segments()?.next().map(ToOwned::to_owned));
    tenant
        .filter(|tenant| !tenant.is_empty())
        .ok_or_else(|| Refusal::failed("the Azure tenant is unknown: `ARM_TENANT_ID` is not set"))
}

/// Asks Azure's resource manager for the host of a workspace.
pub(super) async fn workspace_host(
    web: &Web,
    cloud: &Cloud,
    resource_id: &str,
    token: &Token,
) -> Result<String, Refusal> {
    use secrecy::ExposeSecret;
    let url = format!(
        "{}{}?api-version=2018-04-01",
        cloud.resource_manager, resource_id
    );
    let bearer = format!("Bearer {}", token.access.expose_secret());
    let answer = web.get(&url, &[("authorization", &bearer)]).await?;
    let host = answer.pointer("/properties/workspaceUrl");
    let host = host.and_then(Value::as_str).ok_or_else(|| {
        Refusal::failed(format!("Azure knows no workspace URL for `{resource_id}`"))
    })?;
    Ok(format!("https://{host}"))
}

#[cfg(test)]
#[path = "azure_tests.rs"]
mod tests;
