//! All authentication methods, in the order of the official SDK 0.162.0, with the settings each needs.

use std::path::Path;
use std::sync::Arc;

use super::Credential;
use super::azure::{AzurePrincipal, Cloud, INSTANCE_METADATA, Proof};
use super::azure_cli::AzureCli;
use super::browser::Session;
use super::databricks_cli::DatabricksCli;
use super::federation::{Federation, Identity};
use super::google::{GoogleCredentials, GoogleId};
use super::grant::Source;
use super::metadata::MetadataService;
use super::model_serving::ModelServing;
use super::oidc::Oidc;
use super::refusal::unset;
use super::service_principal::ServicePrincipal;
use super::token::{AccessToken, Basic};
use super::web::Web;
use crate::settings::{Given, Setting, setting};

/// The inputs of every method.
pub(super) struct Setup<'a> {
    pub(super) given: &'a Given,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Without a trailing slash; empty while the host is being looked up.
    pub(super) host: &'a str,
    pub(super) home: Option<&'a Path>,
    pub(super) web: Web,
    pub(super) oidc: Arc<Oidc>,
    pub(super) cloud: Option<Cloud>,
}

/// A method's result.
pub(super) enum Made {
    /// A credential that needs no request.
    Fixed(Arc<dyn Credential>),
    /// A source that applies: later methods are not tried.
    Applies(Box<dyn Source>),
    /// A source that may turn out not to apply when it is used.
    MayApply(Box<dyn Source>),
}

/// One authentication method.
pub(super) struct Method {
    pub(super) auth_type: &'static str,
    /// The settings it requires.
    needs: &'static [&'static Setting],
    /// True if its tokens can assume the role of a group.
    groups: bool,
    /// True if it applies only when `DATABRICKS_AUTH_TYPE` names it.
    pub(super) by_name: bool,
    /// True if it sends an identity of this machine or user to the configured host.
    ambient: bool,
    make: fn(&Setup<'_>) -> Result<Made, String>,
}

impl Method {
    const fn new(
        auth_type: &'static str,
        needs: &'static [&'static Setting],
        make: fn(&Setup<'_>) -> Result<Made, String>,
    ) -> Self {
        Self {
            auth_type,
            needs,
            groups: false,
            by_name: false,
            ambient: false,
            make,
        }
    }

    const fn groups(mut self) -> Self {
        self.groups = true;
        self
    }

    const fn by_name(mut self) -> Self {
        self.by_name = true;
        self
    }

    const fn ambient(mut self) -> Self {
        self.ambient = true;
        self
    }

    /// Builds the credential, or says what it lacks.
    pub(super) fn make(&self, setup: &Setup<'_>) -> Result<Made, String> {
        if !self.groups && setup.given.get(setting::GROUP_ID).is_some() {
            return Err("it cannot assume the role of `DATABRICKS_GROUP_ID`".to_owned());
        }
        // A repository's `.env` must not be able to send this machine's identity to a host of its choice.
        let destinations = [setting::HOST, setting::AZURE_RESOURCE_ID];
        let is_foreign = |known| setup.given.is_from_dot_env(known);
        if self.ambient && destinations.into_iter().any(is_foreign) {
            return Err("the host comes from `.env`, and this machine's own credentials are not sent to such a host".to_owned());
        }
        let missing: Vec<String> = self
            .needs
            .iter()
            .filter(|setting| setup.given.get(setting).is_none())
            .map(|setting| format!("`{}`", setting.title()))
            .collect();
        if missing.is_empty() {
            return (self.make)(setup);
        }
        Err(unset(&missing))
    }
}

fn applies(source: impl Source + 'static) -> Result<Made, String> {
    Ok(Made::Applies(Box::new(source)))
}

fn may_apply(source: impl Source + 'static) -> Result<Made, String> {
    Ok(Made::MayApply(Box::new(source)))
}

fn azure(setup: &Setup<'_>, proof: Proof) -> Result<Made, String> {
    let cloud = setup.cloud.clone().ok_or(NO_AZURE)?;
    let by_job = matches!(proof, Proof::GitHub(_));
    let principal = AzurePrincipal::new(&setup.web, cloud, setup.host, setup.given, proof);
    if by_job {
        may_apply(principal)
    } else {
        applies(principal)
    }
}

fn federation(setup: &Setup<'_>, identity: Identity) -> Result<Made, String> {
    let steps_aside = !matches!(identity, Identity::Variable(_));
    let federation = Federation::new(&setup.web, &setup.oidc, setup.given, identity);
    if steps_aside {
        may_apply(federation)
    } else {
        applies(federation)
    }
}

/// The reason why a notebook's own credential is out of reach.
const NOTEBOOK: &str = "it exists only inside a notebook's Python process; set `DATABRICKS_TOKEN` or `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET` there";
const NO_AZURE: &str = "the host is not on Azure";

/// Every method; the first that applies wins. `azure-msi` is not in the Python SDK and stands where the Go
/// SDK has it.
pub(super) const METHODS: &[Method] = &[
    Method::new("pat", &[setting::TOKEN], |setup| {
        let token = setup.given.secret(setting::TOKEN).unwrap_or_default();
        Ok(Made::Fixed(Arc::new(AccessToken::new(token))))
    }),
    Method::new("basic", &[setting::USERNAME, setting::PASSWORD], |setup| {
        let user = setup.given.text(setting::USERNAME).unwrap_or_default();
        let password = setup.given.secret(setting::PASSWORD).unwrap_or_default();
        Ok(Made::Fixed(Arc::new(Basic::new(&user, &password))))
    }),
    Method::new(
        "metadata-service",
        &[setting::METADATA_SERVICE_URL],
        |setup| applies(MetadataService::new(&setup.web, setup.host, setup.given)),
    ),
    Method::new(
        "oauth-m2m",
        &[setting::CLIENT_ID, setting::CLIENT_SECRET],
        |setup| applies(ServicePrincipal::new(&setup.web, &setup.oidc, setup.given)),
    )
    .groups(),
    Method::new("env-oidc", &[], |setup| {
        let name = setup.given.get(setting::OIDC_TOKEN_ENV);
        let name = name.unwrap_or("DATABRICKS_OIDC_TOKEN");
        match (setup.variable)(name) {
            Some(token) => federation(setup, Identity::Variable(token.into())),
            None => Err(unset(&[format!("`{name}`")])),
        }
    })
    .groups()
    .ambient(),
    Method::new("file-oidc", &[setting::OIDC_TOKEN_FILEPATH], |setup| {
        let path = setup.given.text(setting::OIDC_TOKEN_FILEPATH);
        federation(setup, Identity::File(path.unwrap_or_default().into()))
    })
    .groups()
    .ambient(),
    Method::new("github-oidc", &[setting::CLIENT_ID], |setup| {
        federation(setup, Identity::github(setup.variable)?)
    })
    .groups()
    .ambient(),
    Method::new("azure-msi", &[setting::AZURE_USE_MSI], |setup| {
        if !setup.given.on(setting::AZURE_USE_MSI) {
            return Err("`ARM_USE_MSI` is off".to_owned());
        }
        azure(setup, Proof::Machine(INSTANCE_METADATA.to_owned()))
    })
    .ambient(),
    Method::new(
        "azure-client-secret",
        &[setting::AZURE_CLIENT_ID, setting::AZURE_CLIENT_SECRET],
        |setup| {
            let secret = setup.given.secret(setting::AZURE_CLIENT_SECRET);
            azure(setup, Proof::Secret(secret.unwrap_or_default()))
        },
    ),
    Method::new("github-oidc-azure", &[setting::AZURE_CLIENT_ID], |setup| {
        azure(setup, Proof::GitHub(Identity::github(setup.variable)?))
    })
    .ambient(),
    Method::new("azure-cli", &[], |setup| {
        let cloud = setup.cloud.clone().ok_or(NO_AZURE)?;
        let path = (setup.variable)("PATH");
        may_apply(AzureCli::new(
            &setup.web,
            cloud,
            setup.host,
            setup.given,
            path.as_deref(),
        )?)
    })
    .ambient(),
    Method::new("azure-devops-oidc", &[setting::CLIENT_ID], |setup| {
        federation(setup, Identity::azure_devops(setup.variable)?)
    })
    .groups()
    .ambient(),
    Method::new("external-browser", &[], |setup| may_apply(session(setup)?))
        .groups()
        .by_name(),
    Method::new("databricks-cli", &[], |setup| {
        let path = (setup.variable)("PATH");
        match DatabricksCli::new(setup.host, setup.given, path.as_deref()) {
            Ok(cli) => may_apply(cli),
            // A login may be stored without the CLI being installed, for example by `databricks-mcp login`.
            Err(lack) => match session(setup) {
                Ok(session) if session.may_be_there() => may_apply(session.instead_of(lack)),
                Ok(_) => Err(lack),
                Err(_) if setup.home.is_none() => Err(lack),
                Err(reason) => Err(format!("{lack}, and {reason}")),
            },
        }
    }),
    Method::new("runtime-oauth", &[], |_| Err(NOTEBOOK.to_owned()))
        .groups()
        .by_name(),
    Method::new("runtime", &[], |_| Err(NOTEBOOK.to_owned())).by_name(),
    Method::new(
        "google-credentials",
        &[setting::GOOGLE_CREDENTIALS],
        |setup| applies(GoogleCredentials::new(&setup.web, setup.host, setup.given)?),
    )
    .ambient(),
    Method::new("google-id", &[setting::GOOGLE_SERVICE_ACCOUNT], |setup| {
        may_apply(GoogleId::new(
            &setup.web,
            setup.host,
            setup.given,
            setup.variable,
            setup.home,
        )?)
    })
    .ambient(),
    Method::new("model-serving", &[], |setup| {
        applies(ModelServing::new(setup.variable)?)
    })
    .ambient(),
];

/// The stored login of a person.
pub(super) fn session(setup: &Setup<'_>) -> Result<Session, String> {
    let home = setup.home.ok_or("the home directory is not known")?;
    Session::new(&setup.web, &setup.oidc, setup.host, setup.given, home)
}
