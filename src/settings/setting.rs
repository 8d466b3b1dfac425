//! The table: one entry for every setting. Its doc comment is its line of help.
//!
//! The settings of Databricks' unified authentication have the names and variables of the official SDK 0.162.0
//! (`config.py`).

use super::definition::{Commands, Narrows, Section, Setting};
use super::takes::Takes;

/// The range of a limit; a semaphore's own bound is far above.
const COUNT: (usize, usize) = (1, 100_000);

macro_rules! settings {
    ($($(#[doc = $help:literal])+ $constant:ident = $value:expr;)*) => {
        $($(#[doc = $help])+ pub const $constant: &Setting = &$value.help_text(concat!($($help),+));)*

        /// All of them, in the order in which they are shown.
        pub const ALL: &[&Setting] = &[$($constant),*];
    };
}

settings! {
    /// Base URL of the workspace or account, such as `https://acme.cloud.databricks.com`.
    HOST = Setting::of_workspace("host", &["DATABRICKS_HOST"])
        .takes(Takes::Url)
        .flag("host", "URL", Commands::Every);
    /// Profile of `.databrickscfg` to read.
    PROFILE = Setting::of_workspace("profile", &["DATABRICKS_CONFIG_PROFILE"])
        .flag("profile", "NAME", Commands::Every);
    /// File with the profiles.
    CONFIG_FILE = Setting::of_workspace("config_file", &["DATABRICKS_CONFIG_FILE"])
        .takes(Takes::Path)
        .default("~/.databrickscfg")
        .not_in_dot_env()
        .shared();
    /// Credential to use, such as `pat`, `oauth-m2m` or `azure-cli`; without it, the first that applies.
    AUTH_TYPE = Setting::of_workspace("auth_type", &["DATABRICKS_AUTH_TYPE"])
        .flag("auth-type", "NAME", Commands::Every);
    /// Account id, for account hosts and account-wide federation.
    ACCOUNT_ID = Setting::of_workspace("account_id", &["DATABRICKS_ACCOUNT_ID"]);
    /// Workspace id, for a host that serves several.
    WORKSPACE_ID = Setting::of_workspace("workspace_id", &["DATABRICKS_WORKSPACE_ID"]).in_section(Section::Other);
    /// Group whose role the token takes.
    GROUP_ID = Setting::of_workspace("group_id", &["DATABRICKS_GROUP_ID"]);
    /// Warehouse for SQL when a call names none; without it, a running one is chosen.
    WAREHOUSE_ID = Setting::of_workspace("warehouse_id", &["DATABRICKS_WAREHOUSE_ID"]).in_section(Section::Other);
    /// Address of the document that describes the OAuth endpoints.
    DISCOVERY_URL = Setting::of_workspace("discovery_url", &["DATABRICKS_DISCOVERY_URL"])
        .takes(Takes::Url)
        .not_in_dot_env();
    /// Personal access token.
    TOKEN = Setting::of_workspace("token", &["DATABRICKS_TOKEN"]).of("pat").secret();
    /// User of the basic credential.
    USERNAME = Setting::of_workspace("username", &["DATABRICKS_USERNAME"]).of("basic");
    /// Password of the basic credential.
    PASSWORD = Setting::of_workspace("password", &["DATABRICKS_PASSWORD"]).of("basic").secret();
    /// OAuth client.
    CLIENT_ID = Setting::of_workspace("client_id", &["DATABRICKS_CLIENT_ID"]).of("oauth");
    /// Secret of the OAuth client.
    CLIENT_SECRET = Setting::of_workspace("client_secret", &["DATABRICKS_CLIENT_SECRET"]).of("oauth").secret();
    /// OAuth scopes, separated by commas or spaces.
    SCOPES = Setting::of_workspace("scopes", &[]);
    /// Fine-grained permissions of the token, as JSON.
    AUTHORIZATION_DETAILS = Setting::of_workspace("authorization_details", &[]);
    /// Audience of an identity token.
    TOKEN_AUDIENCE = Setting::of_workspace("token_audience", &["DATABRICKS_TOKEN_AUDIENCE"]);
    /// Name of the variable that holds an identity token.
    OIDC_TOKEN_ENV = Setting::of_workspace("oidc_token_env", &["DATABRICKS_OIDC_TOKEN_ENV"]).of("env-oidc");
    /// File that holds an identity token.
    OIDC_TOKEN_FILEPATH = Setting::of_workspace(
        "oidc_token_filepath",
        &["DATABRICKS_OIDC_TOKEN_FILEPATH", "DATABRICKS_OIDC_TOKEN_FILE"],
    )
    .takes(Takes::Path)
    .of("file-oidc");
    /// Google service account to impersonate.
    GOOGLE_SERVICE_ACCOUNT =
        Setting::of_workspace("google_service_account", &["DATABRICKS_GOOGLE_SERVICE_ACCOUNT"]).of("google");
    /// Key of a Google service account: JSON, or the path of a file with it.
    GOOGLE_CREDENTIALS = Setting::of_workspace("google_credentials", &["GOOGLE_CREDENTIALS"]).of("google").secret();
    /// Azure resource id of the workspace; its host is found by it.
    AZURE_RESOURCE_ID =
        Setting::of_workspace("azure_workspace_resource_id", &["DATABRICKS_AZURE_RESOURCE_ID"]).of("azure");
    /// Use the managed identity of the machine on Azure.
    AZURE_USE_MSI = Setting::of_workspace("azure_use_msi", &["ARM_USE_MSI"]).takes(Takes::LaxSwitch).of("azure");
    /// Azure application.
    AZURE_CLIENT_ID = Setting::of_workspace("azure_client_id", &["ARM_CLIENT_ID"]).of("azure");
    /// Secret of the Azure application.
    AZURE_CLIENT_SECRET = Setting::of_workspace("azure_client_secret", &["ARM_CLIENT_SECRET"]).of("azure").secret();
    /// Azure tenant.
    AZURE_TENANT_ID = Setting::of_workspace("azure_tenant_id", &["ARM_TENANT_ID"]).of("azure");
    /// Azure cloud: `PUBLIC`, `USGOVERNMENT` or `CHINA`; without it, as the host says.
    AZURE_ENVIRONMENT = Setting::of_workspace("azure_environment", &["ARM_ENVIRONMENT"]);
    /// Path of the Databricks CLI; without it, `databricks` is looked for on the path.
    DATABRICKS_CLI_PATH = Setting::of_workspace("databricks_cli_path", &["DATABRICKS_CLI_PATH"])
        .takes(Takes::Path)
        .not_in_dot_env();
    /// Place where logins are kept: `secure`, the keyring of the operating system, or `plaintext`, a file; in the
    /// configuration file it stands under `[__settings__]`.
    AUTH_STORAGE = Setting::of_workspace("auth_storage", &["DATABRICKS_AUTH_STORAGE"])
        .not_in_profile()
        .not_in_dot_env()
        .shared();
    /// URL of a local metadata service that gives out tokens; the URL is itself a secret.
    METADATA_SERVICE_URL = Setting::of_workspace("metadata_service_url", &["DATABRICKS_METADATA_SERVICE_URL"])
        .takes(Takes::Url)
        .of("metadata-service")
        .secret();
    /// Log in without asking for a refresh token.
    DISABLE_OAUTH_REFRESH_TOKEN =
        Setting::of_workspace("disable_oauth_refresh_token", &["DATABRICKS_DISABLE_OAUTH_REFRESH_TOKEN"])
            .takes(Takes::LaxSwitch);

    /// Settings file, YAML with the names of these tables as keys; without it, `databricks-mcp/databricks-mcp.yaml` in
    /// the platform's folder for settings, if it is there.
    CONFIG = Setting::of_process("config", &["DATABRICKS_MCP_CONFIG"])
        .takes(Takes::Path)
        .flag("config", "FILE", Commands::Every);
    /// Leave the `.env` of the working directory unread, for clients that bring the environment themselves.
    NO_DOT_ENV = Setting::of_process("no_dot_env", &["DATABRICKS_MCP_NO_DOT_ENV", "RUNNING_VIA_CURSOR_MCP"])
        .takes(Takes::LaxSwitch);
    /// Toolsets and presets to serve, such as `sql,jobs`; without them and without single tools, the preset `default`.
    TOOLSETS = Setting::of_tools("toolsets", &["DATABRICKS_MCP_TOOLSETS"], "mcp_toolsets")
        .takes(Takes::Names)
        .flag("toolsets", "NAMES", Commands::Serving)
        .alias("preset")
        .narrows(Narrows::Within);
    /// Single tools to serve; without toolsets, only these.
    TOOLS = Setting::of_tools("tools", &["DATABRICKS_MCP_TOOLS"], "mcp_tools")
        .takes(Takes::Names)
        .flag("tools", "NAMES", Commands::Serving)
        .narrows(Narrows::Within);
    /// Tools and toolsets outside of which none is served; `toolsets` and `tools` of the working directory, in its settings
    /// file or in `.env`, mean this.
    ONLY = Setting::of_process("only", &[]).in_section(Section::Tools);
    /// Tools, toolsets and presets to leave out, always and by every way: by `api_call`, by a tool that sends the same,
    /// with `grants` or `secrets` also by SQL and arguments.
    EXCLUDE = Setting::of_tools("exclude", &["DATABRICKS_MCP_EXCLUDE"], "mcp_exclude")
        .takes(Takes::Names)
        .adds_up()
        .flag("exclude", "NAMES", Commands::Serving);
    /// Serve only tools that read; SQL is judged, and only reading let through.
    READ_ONLY = Setting::of_tools("read_only", &["DATABRICKS_MCP_READ_ONLY"], "mcp_read_only")
        .takes(Takes::Switch)
        .default("false")
        .adds_up()
        .flag("read-only", "", Commands::Serving);
    /// Functions of SQL that read-only mode lets through: `ai`, which ask models, `outbound`, which reach other systems.
    READ_ONLY_FUNCTIONS = Setting::of_process("read_only_functions", &["DATABRICKS_MCP_READ_ONLY_FUNCTIONS"])
        .takes(Takes::Names)
        .in_section(Section::Tools)
        .flag("read-only-functions", "NAMES", Commands::Serving);
    /// Ask nobody before something is deleted or replaced, for unattended use.
    YES = Setting::of_process("yes", &["DATABRICKS_MCP_YES"])
        .takes(Takes::Switch)
        .default("false")
        .in_section(Section::Tools)
        .flag("yes", "", Commands::Calling);
    /// Profiles to serve side by side, the default first; tools then take `workspace`.
    PROFILES = Setting::of_process("profiles", &["DATABRICKS_MCP_PROFILES"])
        .takes(Takes::Names)
        .in_section(Section::Tools)
        .flag("profiles", "NAMES", Commands::Calling);

    /// Folders of this machine whose files calls may read and write, for a client that declares no roots; without it,
    /// the working directory, unless that is a home or a folder of the system.
    ROOTS = Setting::of_process("roots", &["DATABRICKS_MCP_ROOTS"]).takes(Takes::Names);
    /// Time the user has to answer a question.
    CONFIRM_TIMEOUT = Setting::of_process("confirm_timeout", &["DATABRICKS_MCP_CONFIRM_TIMEOUT"])
        .takes(Takes::Seconds { from: 1.0, to: 3600.0 })
        .default("240");
    /// What becomes of work in the workspace whose call is under way when the client goes or a signal comes: it is
    /// cancelled, or left to go on; its id is logged then.
    ON_DISCONNECT = Setting::of_process("on_disconnect", &["DATABRICKS_MCP_ON_DISCONNECT"])
        .takes(Takes::OneOf(&["cancel", "leave"]))
        .default("cancel");
    /// Secret of at least 32 characters by which ids of tasks are sealed, the same for all replicas; without it, a file
    /// in this user's state folder.
    SEAL_KEY = Setting::of_process("seal_key", &["DATABRICKS_MCP_SEAL_KEY"]).secret();
    /// Requests at once to one workspace; more wait their turn.
    IN_FLIGHT = Setting::of_process("in_flight", &["DATABRICKS_MCP_IN_FLIGHT", "MAX_CONCURRENT_REQUESTS"])
        .takes(Takes::Whole { from: COUNT.0, to: COUNT.1 })
        .default("32")
        .narrows(Narrows::Lower);
    /// Requests at once of single tools, such as `execute_sql=4`.
    TOOL_LIMITS = Setting::of_process("tool_limits", &["DATABRICKS_MCP_TOOL_LIMITS"])
        .takes(Takes::Limits { from: COUNT.0, to: COUNT.1 })
        .narrows(Narrows::Lower);
    /// Calls of single tools in a period, such as `execute_sql=50/minute`; `default` is of each tool that has none of its
    /// own. A call that comes too early waits, or says when it may come.
    TOOL_RATES = Setting::of_process("tool_rates", &["DATABRICKS_MCP_TOOL_RATES"])
        .takes(Takes::Rates)
        .narrows(Narrows::Lower);
    /// Sends again of a request that failed for a while, such as by 429 or 503.
    RETRIES = Setting::of_process("retries", &["DATABRICKS_MCP_RETRIES", "API_MAX_RETRIES"])
        .takes(Takes::Whole { from: 0, to: 20 })
        .default("4")
        .narrows(Narrows::Lower);
    /// Bound of the first wait before a request is sent again; each further one is twice the last.
    RETRY_WAIT = Setting::of_process("retry_wait", &["DATABRICKS_MCP_RETRY_WAIT", "API_RETRY_BACKOFF_SECONDS"])
        .takes(Takes::Seconds { from: 0.001, to: 60.0 })
        .default("0.5");
    /// Keep answers of tools that read for seconds, as `cache` says.
    CACHE_ENABLED = Setting::of_process("cache_enabled", &["DATABRICKS_MCP_CACHE_ENABLED", "CACHE_ENABLED"])
        .takes(Takes::Switch)
        .default("true");
    /// Seconds that answers of single tools that read are kept, such as `list_jobs=30` or for short
    /// `jobs=30`; 0 keeps none. By default those
    /// of warehouses 10, catalogs 60, completions 30, node types and Spark versions 3600.
    CACHE = Setting::of_process("cache", &["DATABRICKS_MCP_CACHE"])
        .takes(Takes::Limits { from: 0, to: 86_400 });
    /// Time for one request with its retries.
    CALL_TIMEOUT = Setting::of_process("call_timeout", &["DATABRICKS_MCP_CALL_TIMEOUT", "HTTP_TIMEOUT_SECONDS", "DATABRICKS_TIMEOUT"])
        .takes(Takes::Seconds { from: 0.001, to: 1e6 })
        .default("45")
        .narrows(Narrows::Lower);
    /// Longest wait for work in the workspace before a call answers with how to follow it; many clients give up at 60 s.
    ANSWER_WITHIN = Setting::of_process("answer_within", &["DATABRICKS_MCP_ANSWER_WITHIN", "TOOL_TIMEOUT_SECONDS"])
        .takes(Takes::Seconds { from: 1.0, to: 600.0 })
        .default("45")
        .narrows(Narrows::Lower);
    /// Rows that a SQL statement returns at most; the service cuts the result there and says so.
    SQL_ROWS = Setting::of_process("sql_rows", &["DATABRICKS_MCP_SQL_ROWS"])
        .takes(Takes::Whole { from: 1, to: 1_000_000_000 })
        .narrows(Narrows::Lower);
    /// Mebibytes that a SQL statement may read, as `EXPLAIN COST` estimates them; one that would read more, or of which
    /// nothing is known, is not run.
    SQL_MEBIBYTES = Setting::of_process("sql_mebibytes", &["DATABRICKS_MCP_SQL_MEBIBYTES"])
        .takes(Takes::Whole { from: 1, to: 1 << 40 })
        .narrows(Narrows::Lower);
    /// Tag SQL statements with the tool, the request's id and the client, for the query history and its costs.
    SQL_TAGS = Setting::of_process("sql_tags", &["DATABRICKS_MCP_SQL_TAGS"])
        .takes(Takes::Switch)
        .default("false");
    /// Tokens of one answer, about; `max_tokens` of a call says otherwise.
    MAX_TOKENS = Setting::of_process("max_tokens", &["DATABRICKS_MCP_MAX_TOKENS"])
        .takes(Takes::Whole { from: 200, to: 100_000 })
        .default("5000")
        .narrows(Narrows::Lower);
    /// Parts of an answer that are sent: `both`, `text`, without output schemas, or `structured`; some clients show the
    /// model both, which costs it double.
    ANSWERS = Setting::of_process("answers", &["DATABRICKS_MCP_ANSWERS"]).default("both");
    /// Requests per second to one workspace; without it, as many as come.
    RATE_LIMIT = Setting::of_process("rate_limit", &["DATABRICKS_RATE_LIMIT"])
        .takes(Takes::Number { from: 0.001, to: 1e6 })
        .narrows(Narrows::Lower);
    /// PEM file of further certificate authorities, beside the system's.
    CA_FILE = Setting::of_process("ca_file", &["DATABRICKS_MCP_CA_FILE"]).takes(Takes::Path);
    /// PEM file of certificate authorities to trust instead of the system's; not on macOS and Windows.
    SSL_CERT_FILE = Setting::of_process("ssl_cert_file", &["SSL_CERT_FILE"]).takes(Takes::Path);
    /// Directories of PEM files of certificate authorities, likewise.
    SSL_CERT_DIR = Setting::of_process("ssl_cert_dir", &["SSL_CERT_DIR"]).takes(Takes::Path);
    /// Proxy for https.
    HTTPS_PROXY = Setting::of_process("https_proxy", &["HTTPS_PROXY", "https_proxy"]).takes(Takes::Url);
    /// Proxy for http.
    HTTP_PROXY = Setting::of_process("http_proxy", &["HTTP_PROXY", "http_proxy"]).takes(Takes::Url);
    /// Proxy for both.
    ALL_PROXY = Setting::of_process("all_proxy", &["ALL_PROXY", "all_proxy"]).takes(Takes::Url);
    /// Hosts to reach without a proxy.
    NO_PROXY = Setting::of_process("no_proxy", &["NO_PROXY", "no_proxy"]).takes(Takes::Names);
    /// Address and port that `serve` listens at.
    LISTEN = Setting::of_process("listen", &["DATABRICKS_MCP_LISTEN"])
        .default("127.0.0.1:8000")
        .flag("listen", "ADDRESS", Commands::Serve);
    /// Keep no session for clients of the earlier protocol: no questions to the user and no cancel for them.
    STATELESS = Setting::of_process("stateless", &["DATABRICKS_MCP_STATELESS"])
        .takes(Takes::Switch)
        .default("false")
        .flag("stateless", "", Commands::Serve);
    /// Names of the server beside those of loopback, as clients write them in the URL.
    ALLOWED_HOSTS = Setting::of_process("allowed_hosts", &["DATABRICKS_MCP_ALLOWED_HOSTS"]).takes(Takes::Names);
    /// Exact origins of web pages that may ask, such as `https://app.example.com`.
    ALLOWED_ORIGINS = Setting::of_process("allowed_origins", &["DATABRICKS_MCP_ALLOWED_ORIGINS"]).takes(Takes::Names);
    /// Time that calls under way have to end when `serve` is asked to stop.
    DRAIN = Setting::of_process("drain", &["DATABRICKS_MCP_DRAIN"])
        .takes(Takes::Seconds { from: 0.0, to: 600.0 })
        .default("10")
        .flag("drain", "SECONDS", Commands::Serve);
    /// URL that is told the end of long work: of work that has outlasted its call, and of work that a call has waited for.
    NOTIFY = Setting::of_process("notify", &["DATABRICKS_MCP_NOTIFY"]).takes(Takes::Url).secret();
    /// Secret by which these messages are signed, as Standard Webhooks say; at least 16 characters, or `whsec_` and base64.
    NOTIFY_SECRET = Setting::of_process("notify_secret", &["DATABRICKS_MCP_NOTIFY_SECRET"]).secret();
    /// Time from which work that a call waits for counts as long.
    NOTIFY_AFTER = Setting::of_process("notify_after", &["DATABRICKS_MCP_NOTIFY_AFTER"])
        .takes(Takes::Seconds { from: 0.0, to: 86_400.0 })
        .default("10");
    /// Collector of OpenTelemetry that gets a span for each call and each request behind it, by OTLP over HTTP as JSON.
    OTLP_ENDPOINT = Setting::of_process("otlp_endpoint", &["DATABRICKS_MCP_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])
        .takes(Takes::Url);
    /// Headers for the collector, `name=value` separated by commas.
    OTLP_HEADERS = Setting::of_process("otlp_headers", &["DATABRICKS_MCP_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"])
        .secret();
    /// File for the log, as JSON lines, beside stderr; when it is full, at 10 MiB, it becomes the first of five earlier
    /// ones, `.1` to `.5`.
    LOG_FILE = Setting::of_process("log_file", &["DATABRICKS_MCP_LOG_FILE", "LOG_FILE"]).takes(Takes::Path);
    /// Log levels, such as `debug` or `info,databricks_mcp=trace`; JSON lines on stderr, or text in a terminal, without
    /// what calls say. SIGUSR1 takes up what a settings file says now, or switches to `debug` and back.
    LOG = Setting::of_process("log", &["DATABRICKS_MCP_LOG", "LOG_LEVEL"]).default("info");
}
