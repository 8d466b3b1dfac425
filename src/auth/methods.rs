//! All credentials, in the order of the official SDK 0.162.0, with what each needs.

use std::path::Path;
use std::sync::Arc;

use super::azure::{AzurePrincipal, Cloud, INSTANCE_METADATA, Proof};
use super::azure_cli::AzureCli;
use super::browser::Session;
use super::databricks_cli::DatabricksCli;
use super::federation::{Federation, Identity};
use super::given::Given;
use super::google::{GoogleCredentials, GoogleId};
use super::grant::Source;
use super::metadata::MetadataService;
use super::model_serving::ModelServing;
use super::oidc::Oidc;
use super::service_principal::ServicePrincipal;
use super::setting::{self, Setting};
use super::token::{AccessToken, Basic};
use super::web::Web;
use super::{Credential, unset};

/// What credentials are made from.
pub(super) struct Setup<'a> {
    pub(super) given: &'a Given,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Without a slash at the end; empty while it is still looked for.
    pub(super) host: &'a str,
    pub(super) home: Option<&'a Path>,
    pub(super) web: Web,
    pub(super) oidc: Arc<Oidc>,
    pub(super) cloud: Option<Cloud>,
}

/// A credential that could be made.
pub(super) enum Made {
    /// It needs nobody.
    Fixed(Arc<dyn Credential>),
    /// It applies for sure.
    Sure(Box<dyn Source>),
    /// Whether it applies shows when it is asked.
    Maybe(Box<dyn Source>),
}

/// One way to authenticate.
pub(super) struct Method {
    pub(super) auth_type: &'static str,
    /// Settings without which it does not apply.
    needs: &'static [&'static Setting],
    /// Whether its tokens can take the role of a group.
    groups: bool,
    /// Whether it must be asked for by name.
    pub(super) by_name: bool,
    /// Whether it gives what this machine or user has to whatever host is configured.
    own: bool,
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
            own: false,
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

    const fn own(mut self) -> Self {
        self.own = true;
        self
    }

    /// Makes the credential, or tells what it lacks.
    pub(super) fn make(&self, setup: &Setup<'_>) -> Result<Made, String> {
        if !self.groups && setup.given.get(setting::GROUP_ID).is_some() {
            return Err("it cannot take the role of `DATABRICKS_GROUP_ID`".to_owned());
        }
        // A repository's `.env` may not have what this machine has sent to its host.
        if self.own && setup.given.is_from_dot_env(setting::HOST) {
            return Err("the host comes from `.env`, which may bring a credential along but get none of this machine's".to_owned());
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

fn sure(source: impl Source + 'static) -> Result<Made, String> {
    Ok(Made::Sure(Box::new(source)))
}

fn maybe(source: impl Source + 'static) -> Result<Made, String> {
    Ok(Made::Maybe(Box::new(source)))
}

fn azure(setup: &Setup<'_>, proof: Proof) -> Result<Made, String> {
    let cloud = setup.cloud.clone().ok_or(NO_AZURE)?;
    let by_job = matches!(proof, Proof::GitHub(_));
    let principal = AzurePrincipal::new(&setup.web, cloud, setup.host, setup.given, proof);
    if by_job {
        maybe(principal)
    } else {
        sure(principal)
    }
}

fn federation(setup: &Setup<'_>, identity: Identity) -> Result<Made, String> {
    let steps_aside = !matches!(identity, Identity::Variable(_));
    let federation = Federation::new(&setup.web, &setup.oidc, setup.given, identity);
    if steps_aside {
        maybe(federation)
    } else {
        sure(federation)
    }
}

/// Why no other program can have the credential of a notebook.
const NOTEBOOK: &str = "only the Python process of a notebook is told it; set `DATABRICKS_TOKEN` or `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET` there";
const NO_AZURE: &str = "the host is not on Azure";

/// Every way, the first that applies wins. `azure-msi` is not in the Python SDK; its place is the Go SDK's.
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
        |setup| sure(MetadataService::new(&setup.web, setup.host, setup.given)),
    ),
    Method::new(
        "oauth-m2m",
        &[setting::CLIENT_ID, setting::CLIENT_SECRET],
        |setup| sure(ServicePrincipal::new(&setup.web, &setup.oidc, setup.given)),
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
    .own(),
    Method::new("file-oidc", &[setting::OIDC_TOKEN_FILEPATH], |setup| {
        let path = setup.given.text(setting::OIDC_TOKEN_FILEPATH);
        federation(setup, Identity::File(path.unwrap_or_default().into()))
    })
    .groups()
    .own(),
    Method::new("github-oidc", &[setting::CLIENT_ID], |setup| {
        federation(setup, Identity::github(setup.variable)?)
    })
    .groups()
    .own(),
    Method::new("azure-msi", &[setting::AZURE_USE_MSI], |setup| {
        if !setup.given.on(setting::AZURE_USE_MSI) {
            return Err("`ARM_USE_MSI` is off".to_owned());
        }
        azure(setup, Proof::Machine(INSTANCE_METADATA.to_owned()))
    }),
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
    }),
    Method::new("azure-cli", &[], |setup| {
        let cloud = setup.cloud.clone().ok_or(NO_AZURE)?;
        let path = (setup.variable)("PATH");
        maybe(AzureCli::new(
            &setup.web,
            cloud,
            setup.host,
            setup.given,
            path.as_deref(),
        )?)
    }),
    Method::new("azure-devops-oidc", &[setting::CLIENT_ID], |setup| {
        federation(setup, Identity::azure_devops(setup.variable)?)
    })
    .groups()
    .own(),
    Method::new("external-browser", &[], |setup| maybe(session(setup)?))
        .groups()
        .by_name(),
    Method::new("databricks-cli", &[], |setup| {
        let path = (setup.variable)("PATH");
        match DatabricksCli::new(setup.host, setup.given, path.as_deref()) {
            Ok(cli) => maybe(cli),
            // The CLI's login may be there though the CLI is not: `databricks-mcp login` made it, say.
            Err(lack) => match session(setup) {
                Ok(session) if session.may_be_there() => maybe(session.instead_of(lack)),
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
        |setup| sure(GoogleCredentials::new(&setup.web, setup.host, setup.given)?),
    )
    .own(),
    Method::new("google-id", &[setting::GOOGLE_SERVICE_ACCOUNT], |setup| {
        maybe(GoogleId::new(
            &setup.web,
            setup.host,
            setup.given,
            setup.variable,
            setup.home,
        )?)
    })
    .own(),
    Method::new("model-serving", &[], |setup| {
        sure(ModelServing::new(setup.variable)?)
    })
    .own(),
];

/// The login of a person, wherever it is kept.
pub(super) fn session(setup: &Setup<'_>) -> Result<Session, String> {
    let home = setup.home.ok_or("the home directory is not known")?;
    Session::new(&setup.web, &setup.oidc, setup.host, setup.given, home)
}
