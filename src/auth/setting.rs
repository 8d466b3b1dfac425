//! The settings of Databricks' unified authentication: their names in a profile, in the environment, and what they configure.

/// One setting, as the official SDK 0.162.0 names it (its `config.py` is the source of names and variables).
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key in `.databrickscfg`.
    pub name: &'static str,
    /// Its environment variables, the first one first.
    pub variables: &'static [&'static str],
    /// The kind of credential that it configures; two kinds at once are ambiguous.
    pub kind: Option<&'static str>,
    /// Whether its value may never be shown.
    pub secret: bool,
    /// Whether a weaker source adds to a stronger one instead of giving way.
    pub adds_up: bool,
}

impl Setting {
    const fn new(name: &'static str, variables: &'static [&'static str]) -> Self {
        Self {
            name,
            variables,
            kind: None,
            secret: false,
            adds_up: false,
        }
    }

    const fn of(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn adds_up(mut self) -> Self {
        self.adds_up = true;
        self
    }

    /// How a reader finds it: its variable, or else its key in a profile.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.variables.first().copied().unwrap_or(self.name)
    }
}

macro_rules! settings {
    ($($(#[$doc:meta])* $constant:ident = $value:expr;)*) => {
        $($(#[$doc])* pub const $constant: &Setting = &$value;)*

        /// All of them, in the order in which they are shown.
        pub const ALL: &[&Setting] = &[$($constant),*];
    };
}

settings! {
    /// Base URL of the workspace or account.
    HOST = Setting::new("host", &["DATABRICKS_HOST"]);
    /// Which profile of the file to read.
    PROFILE = Setting::new("profile", &["DATABRICKS_CONFIG_PROFILE"]);
    /// The file with the profiles.
    CONFIG_FILE = Setting::new("config_file", &["DATABRICKS_CONFIG_FILE"]);
    /// Forces one credential.
    AUTH_TYPE = Setting::new("auth_type", &["DATABRICKS_AUTH_TYPE"]);
    /// Account id, for account hosts and account-wide federation.
    ACCOUNT_ID = Setting::new("account_id", &["DATABRICKS_ACCOUNT_ID"]);
    /// Workspace id, for hosts that serve several.
    WORKSPACE_ID = Setting::new("workspace_id", &["DATABRICKS_WORKSPACE_ID"]);
    /// A group whose role the token takes.
    GROUP_ID = Setting::new("group_id", &["DATABRICKS_GROUP_ID"]);
    /// The warehouse for SQL when a call names none.
    WAREHOUSE_ID = Setting::new("warehouse_id", &["DATABRICKS_WAREHOUSE_ID"]);
    /// Where the OAuth endpoints are described.
    DISCOVERY_URL = Setting::new("discovery_url", &["DATABRICKS_DISCOVERY_URL"]);
    /// Personal access token.
    TOKEN = Setting::new("token", &["DATABRICKS_TOKEN"]).of("pat").secret();
    /// User of the basic credential.
    USERNAME = Setting::new("username", &["DATABRICKS_USERNAME"]).of("basic");
    /// Password of the basic credential.
    PASSWORD = Setting::new("password", &["DATABRICKS_PASSWORD"]).of("basic").secret();
    /// OAuth client.
    CLIENT_ID = Setting::new("client_id", &["DATABRICKS_CLIENT_ID"]).of("oauth");
    /// Secret of the OAuth client.
    CLIENT_SECRET = Setting::new("client_secret", &["DATABRICKS_CLIENT_SECRET"]).of("oauth").secret();
    /// OAuth scopes, separated by commas or spaces.
    SCOPES = Setting::new("scopes", &[]);
    /// Fine-grained permissions of the token, as JSON.
    AUTHORIZATION_DETAILS = Setting::new("authorization_details", &[]);
    /// Audience of an identity token.
    TOKEN_AUDIENCE = Setting::new("token_audience", &["DATABRICKS_TOKEN_AUDIENCE"]);
    /// Name of the variable that holds an identity token.
    OIDC_TOKEN_ENV = Setting::new("oidc_token_env", &["DATABRICKS_OIDC_TOKEN_ENV"]).of("env-oidc");
    /// Path of the file that holds an identity token.
    OIDC_TOKEN_FILEPATH = Setting::new(
        "oidc_token_filepath",
        &["DATABRICKS_OIDC_TOKEN_FILEPATH", "DATABRICKS_OIDC_TOKEN_FILE"],
    )
    .of("file-oidc");
    /// Google service account to impersonate.
    GOOGLE_SERVICE_ACCOUNT =
        Setting::new("google_service_account", &["DATABRICKS_GOOGLE_SERVICE_ACCOUNT"]).of("google");
    /// Key of a Google service account: JSON, or the path of a file with it.
    GOOGLE_CREDENTIALS = Setting::new("google_credentials", &["GOOGLE_CREDENTIALS"]).of("google").secret();
    /// Azure resource id of the workspace.
    AZURE_RESOURCE_ID =
        Setting::new("azure_workspace_resource_id", &["DATABRICKS_AZURE_RESOURCE_ID"]).of("azure");
    /// Whether to use the managed identity of the machine.
    AZURE_USE_MSI = Setting::new("azure_use_msi", &["ARM_USE_MSI"]).of("azure");
    /// Azure application.
    AZURE_CLIENT_ID = Setting::new("azure_client_id", &["ARM_CLIENT_ID"]).of("azure");
    /// Secret of the Azure application.
    AZURE_CLIENT_SECRET = Setting::new("azure_client_secret", &["ARM_CLIENT_SECRET"]).of("azure").secret();
    /// Azure tenant.
    AZURE_TENANT_ID = Setting::new("azure_tenant_id", &["ARM_TENANT_ID"]).of("azure");
    /// Azure cloud: `PUBLIC`, `USGOVERNMENT` or `CHINA`.
    AZURE_ENVIRONMENT = Setting::new("azure_environment", &["ARM_ENVIRONMENT"]);
    /// Path of the Databricks CLI.
    DATABRICKS_CLI_PATH = Setting::new("databricks_cli_path", &["DATABRICKS_CLI_PATH"]);
    /// Where people's logins are kept: `secure`, the keyring, or `plaintext`, a file. In the configuration file it
    /// stands under `[__settings__]`.
    AUTH_STORAGE = Setting::new("auth_storage", &["DATABRICKS_AUTH_STORAGE"]);
    /// Where a local metadata service gives out tokens; the URL is itself a secret.
    METADATA_SERVICE_URL =
        Setting::new("metadata_service_url", &["DATABRICKS_METADATA_SERVICE_URL"])
            .of("metadata-service")
            .secret();
    /// Whether a login asks for no refresh token.
    DISABLE_OAUTH_REFRESH_TOKEN =
        Setting::new("disable_oauth_refresh_token", &["DATABRICKS_DISABLE_OAUTH_REFRESH_TOKEN"]);
    /// Toolsets and presets to serve, separated by commas.
    MCP_TOOLSETS = Setting::new("mcp_toolsets", &["DATABRICKS_MCP_TOOLSETS"]);
    /// Single tools to serve.
    MCP_TOOLS = Setting::new("mcp_tools", &["DATABRICKS_MCP_TOOLS"]);
    /// Tools and toolsets to leave out, wherever that is said.
    MCP_EXCLUDE = Setting::new("mcp_exclude", &["DATABRICKS_MCP_EXCLUDE"]).adds_up();
    /// Whether only reading is allowed; once said, wherever that is, it holds.
    MCP_READ_ONLY = Setting::new("mcp_read_only", &["DATABRICKS_MCP_READ_ONLY"]).adds_up();
}
