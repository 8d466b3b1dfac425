"""The configurations. `expect` is the auth type or `refused`; `differs` says why ours differs from the SDK's."""

from dataclasses import dataclass, field

ACME = "https://acme.cloud.databricks.com"
ACCOUNT = "https://accounts.cloud.databricks.com"
AZURE = "https://adb-1.azuredatabricks.net"
RESOURCE = "/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.Databricks/workspaces/w"


@dataclass
class Row:
    name: str
    expect: str
    env: dict[str, str] = field(default_factory=dict)
    profiles: str | None = None
    flags: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    says: str = ""
    """Part of our error."""
    differs: str = ""
    """The reason why the official SDK resolves this differently."""
    called: bool = False
    """Compare a whole call of the official SDK, not only the headers of its credential."""


def env(host=ACME, **more):
    return ({"DATABRICKS_HOST": host} if host else {}) | more


PROFILES = f"""
[DEFAULT]
host = {ACME}
token = default-token

[dev]
host = {{loopback}}/
token = dev-token

[m2m]
host = {ACME}
client_id = robot
client_secret = s3cret

[forced]
host = {ACME}
token = unused
client_id = robot
client_secret = s3cret
auth_type = oauth-m2m

[hostless]
token = t

[empty]
"""

# The stand-ins return their arguments as the token, so that equal tokens mean equal arguments.
CLI = """#!/bin/sh
case "$1" in
version) echo '{"Major": 0, "Minor": %s, "Patch": 0}' ;;
*) echo '{"access_token": "cli '"$*"'", "token_type": "Bearer", "expiry": "2099-01-01T00:00:00Z"}' ;;
esac
"""
NEW_CLI, OLD_CLI = CLI % "300", CLI % "200"
LEGACY_CLI = "#!/bin/sh\n# from databricks_cli.cli import cli\nexit 1\n"
NO_LOGIN = "#!/bin/sh\n[ $1 = version ] || echo 'Error: databricks OAuth is not configured for this host' >&2\nexit 1\n"
BROKEN_CLI = "#!/bin/sh\n[ $1 = version ] || echo 'Error: the disk is full' >&2\nexit 1\n"
AZ = """#!/bin/sh
case "$2" in
show) echo '{"user": {"type": "%s", "name": "%s"}}' ;;
*) echo '{"accessToken": "%s az '"$*"'", "tokenType": "Bearer", "expiresOn": "2099-01-01 00:00:00.000000"}' ;;
esac
"""
# The second part of a person's token says `{"upn": "me"}`.
PERSON = AZ % ("user", "me", "e30.eyJ1cG4iOiAibWUifQ.")
PRINCIPAL = AZ % ("servicePrincipal", "app-1", "app")
MACHINE = AZ % ("servicePrincipal", "systemAssignedIdentity", "machine")
NO_SUBSCRIPTION = PERSON.replace("*) echo", "*) case \"$*\" in *--subscription*) exit 1 ;; esac; echo")
NO_AZ_LOGIN = "#!/bin/sh\necho 'Please run az login' >&2\nexit 1\n"

M2M = {"DATABRICKS_CLIENT_ID": "robot", "DATABRICKS_CLIENT_SECRET": "s3cret"}
APP = {"ARM_CLIENT_ID": "app", "ARM_CLIENT_SECRET": "arm-s3cret"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "{loopback}/github?v=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job"}
DEVOPS = {
    "SYSTEM_ACCESSTOKEN": "pipeline",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "{loopback}/org/",
    "SYSTEM_TEAMPROJECTID": "p",
    "SYSTEM_PLANID": "1",
    "SYSTEM_JOBID": "2",
    "SYSTEM_HOSTTYPE": "build",
}
GROUP = {"DATABRICKS_GROUP_ID": "g-1"}
SERVING = {"IS_IN_DB_MODEL_SERVING_ENV": "true", "SERVING_CREDENTIALS_DIR": "{home}/served"}
SERVED = {"served/model-dependencies-oauth-token": '{"OAUTH_TOKEN": [{"oauthTokenValue": "served-token"}]}'}

ROWS = [
    # Personal access token, and the sources of settings.
    Row("token", "pat", env(DATABRICKS_TOKEN="given-token")),
    Row("host without a scheme", "pat", env("acme.cloud.databricks.com", DATABRICKS_TOKEN="given-token")),
    Row("host with a slash", "pat", env(ACME + "/", DATABRICKS_TOKEN="given-token")),
    Row("host with the port of https", "pat", env(ACME + ":443", DATABRICKS_TOKEN="given-token")),
    Row("http on loopback", "pat", env("{loopback}", DATABRICKS_TOKEN="given-token")),
    Row("host by flag over the environment", "pat", env("https://elsewhere.example", DATABRICKS_TOKEN="given-token"), flags={"host": ACME}),
    Row("default profile", "pat", profiles=PROFILES),
    Row("profile by variable", "pat", {"DATABRICKS_CONFIG_PROFILE": "dev"}, PROFILES),
    Row("profile by flag", "pat", profiles=PROFILES, flags={"profile": "dev"}),
    Row("profile by flag over the variable", "pat", {"DATABRICKS_CONFIG_PROFILE": "m2m"}, PROFILES, {"profile": "dev"}),
    Row("environment over the profile", "pat", {"DATABRICKS_CONFIG_PROFILE": "dev", "DATABRICKS_TOKEN": "env"}, PROFILES),
    Row("default profile that the file names", "pat", profiles=PROFILES + "[__settings__]\ndefault_profile = dev\n"),
    Row("file by variable", "pat", {"DATABRICKS_CONFIG_FILE": "{home}/other.cfg"}, files={"other.cfg": f"[DEFAULT]\nhost={ACME}\ntoken=o\n"}),
    Row("file by variable from home", "pat", {"DATABRICKS_CONFIG_FILE": "~/other.cfg"}, files={"other.cfg": f"[DEFAULT]\nhost: {ACME}\nTOKEN: o # kept\n"}),
    Row("token alone leaves the file unread", "refused", {"DATABRICKS_TOKEN": "given-token"}, PROFILES, says="`DATABRICKS_HOST` is not set"),
    Row("host alone leaves the file unread", "refused", env(), PROFILES, says="`pat`: `DATABRICKS_TOKEN` is not set"),
    Row("profile that is not there", "refused", {"DATABRICKS_CONFIG_PROFILE": "prod"}, PROFILES, says="has no profile `prod`"),
    Row("reserved profile", "refused", {"DATABRICKS_CONFIG_PROFILE": "__settings__"}, PROFILES, says="reserved"),
    Row("profile without a host", "refused", {"DATABRICKS_CONFIG_PROFILE": "hostless"}, PROFILES, says="`DATABRICKS_HOST` is not set"),
    Row("empty profile", "refused", {"DATABRICKS_CONFIG_PROFILE": "empty"}, PROFILES, says="are not set"),
    Row("profile without a file", "pat", env(DATABRICKS_CONFIG_PROFILE="dev", DATABRICKS_TOKEN="given-token")),
    Row("broken file", "refused", profiles="host = x\n", says="before the first"),
    Row("nothing at all", "refused", says="`DATABRICKS_HOST` and `DATABRICKS_TOKEN` are not set"),
    Row("user and password", "basic", env(DATABRICKS_USERNAME="u", DATABRICKS_PASSWORD="p:ä")),
    Row("password without a user", "refused", env(DATABRICKS_PASSWORD="p"), says="`DATABRICKS_USERNAME` is not set"),
    # Several credentials.
    Row("token and client", "refused", env(DATABRICKS_TOKEN="given-token", **M2M), says="more than one credential"),
    Row("token and client, one forced", "oauth-m2m", env(DATABRICKS_TOKEN="given-token", DATABRICKS_AUTH_TYPE="oauth-m2m", **M2M)),
    Row("forced by flag", "pat", env(DATABRICKS_TOKEN="given-token", **M2M), flags={"auth_type": "pat"}),
    Row("forced by the profile", "oauth-m2m", {"DATABRICKS_CONFIG_PROFILE": "forced"}, PROFILES),
    Row("forced and lacking", "refused", env(DATABRICKS_TOKEN="given-token", DATABRICKS_AUTH_TYPE="oauth-m2m"), says="`DATABRICKS_CLIENT_SECRET` are not set"),
    Row("forced and unknown", "refused", env(DATABRICKS_TOKEN="given-token", DATABRICKS_AUTH_TYPE="pet"), says="`pet` is none of pat"),
    # OAuth for machines.
    Row("m2m", "oauth-m2m", env(**M2M)),
    Row("m2m by profile", "oauth-m2m", {"DATABRICKS_CONFIG_PROFILE": "m2m"}, PROFILES),
    Row("m2m at the account", "oauth-m2m", env(ACCOUNT, DATABRICKS_ACCOUNT_ID="acc-7", **M2M)),
    Row("m2m at the account without its id", "refused", env(ACCOUNT, **M2M), says="`DATABRICKS_ACCOUNT_ID` is not set"),
    Row("m2m with scopes", "oauth-m2m", profiles=PROFILES.replace("[DEFAULT]", "[x]").replace("[m2m]", "[DEFAULT]") .replace("client_secret = s3cret\n\n[forced]", "client_secret = s3cret\nscopes = sql, jobs,sql\n\n[forced]")),
    Row("m2m by a discovery URL", "oauth-m2m", env(DATABRICKS_DISCOVERY_URL=ACME + "/own/.well-known/oauth-authorization-server", **M2M)),
    Row("m2m with a group", "oauth-m2m", env(**M2M, **GROUP)),
    Row("m2m with a wrong secret", "refused", env(**M2M | {"DATABRICKS_CLIENT_SECRET": "wrong"}), says="invalid_client: Client authentication failed"),
    Row("m2m beside Azure's variables", "refused", env(AZURE, **M2M, **APP), says="more than one credential"),
    Row(
        "m2m where the host does not describe itself",
        "oauth-m2m",
        env("https://silent.cloud.databricks.com", **M2M),
        differs="0.162.0 no longer tries the well-known path if the host has no databricks-config; such a host keeps working here",
    ),
    Row("token with a group", "refused", env(DATABRICKS_TOKEN="given-token", **GROUP), says="cannot assume the role"),
    # Identity tokens of other issuers.
    Row("env-oidc", "env-oidc", env(DATABRICKS_OIDC_TOKEN="id")),
    Row("env-oidc by a variable's name", "env-oidc", env(DATABRICKS_OIDC_TOKEN_ENV="MINE", MINE="id")),
    Row("env-oidc with a client", "env-oidc", env(DATABRICKS_OIDC_TOKEN="id", DATABRICKS_CLIENT_ID="robot")),
    Row("file-oidc", "file-oidc", env(DATABRICKS_OIDC_TOKEN_FILEPATH="{home}/id"), files={"id": "id-in-file\n"}),
    Row("file-oidc by the old variable", "file-oidc", env(DATABRICKS_OIDC_TOKEN_FILE="{home}/id"), files={"id": "id"}),
    Row("file-oidc without the file", "refused", env(DATABRICKS_OIDC_TOKEN_FILEPATH="{home}/id"), says="cannot be read"),
    Row("github-oidc", "github-oidc", env(DATABRICKS_CLIENT_ID="robot", **GITHUB)),
    Row("github-oidc with an audience", "github-oidc", env(DATABRICKS_CLIENT_ID="robot", DATABRICKS_TOKEN_AUDIENCE="me", **GITHUB)),
    Row("github-oidc at the account", "github-oidc", env(ACCOUNT, DATABRICKS_ACCOUNT_ID="acc-7", DATABRICKS_CLIENT_ID="robot", **GITHUB)),
    Row("github-oidc with a group", "github-oidc", env(DATABRICKS_CLIENT_ID="robot", **GITHUB, **GROUP)),
    Row("github without a job", "refused", env(DATABRICKS_CLIENT_ID="robot"), says="`ACTIONS_ID_TOKEN_REQUEST_URL`"),
    Row("azure-devops-oidc", "azure-devops-oidc", env(DATABRICKS_CLIENT_ID="robot", **DEVOPS)),
    Row("metadata service", "metadata-service", env(DATABRICKS_METADATA_SERVICE_URL="{loopback}/metadata")),
    Row("metadata service that fails", "refused", env(DATABRICKS_METADATA_SERVICE_URL="{loopback}/nothing"), says="HTTP 404"),
    # Azure.
    Row("azure-client-secret", "azure-client-secret", env(AZURE, ARM_TENANT_ID="tenant-1", **APP)),
    Row("azure-client-secret, tenant found", "azure-client-secret", env(AZURE, **APP)),
    Row("azure-client-secret in another cloud", "azure-client-secret", env("https://adb-2.databricks.azure.us", **APP)),
    Row("azure-client-secret with a resource id", "azure-client-secret", env(AZURE, DATABRICKS_AZURE_RESOURCE_ID=RESOURCE, **APP)),
    Row("azure-client-secret without a host", "azure-client-secret", env(None, ARM_TENANT_ID="tenant-1", DATABRICKS_AZURE_RESOURCE_ID=RESOURCE, **APP)),
    Row("azure-client-secret with a wrong secret", "refused", env(AZURE, **APP | {"ARM_CLIENT_SECRET": "wrong"}), says="invalid_client"),
    Row("azure-client-secret off Azure", "refused", env(**APP), says="the host is not on Azure"),
    Row("github-oidc-azure", "github-oidc-azure", env(AZURE, ARM_CLIENT_ID="app", ARM_TENANT_ID="tenant-1", **GITHUB)),
    Row("github-oidc-azure, tenant found", "github-oidc-azure", env(AZURE, ARM_CLIENT_ID="app", **GITHUB)),
    Row("azure-cli of a person", "azure-cli", env(AZURE), commands={"az": PERSON}),
    Row("azure-cli of a principal", "azure-cli", env(AZURE), commands={"az": PRINCIPAL}),
    Row("azure-cli of a machine", "azure-cli", env(AZURE, ARM_TENANT_ID="tenant-1"), commands={"az": MACHINE}),
    Row("azure-cli with a resource id", "azure-cli", env(AZURE, DATABRICKS_AZURE_RESOURCE_ID=RESOURCE), commands={"az": PRINCIPAL}),
    Row("azure-cli without the subscription", "azure-cli", env(AZURE, DATABRICKS_AZURE_RESOURCE_ID=RESOURCE), commands={"az": NO_SUBSCRIPTION}),
    Row("azure-cli without a host", "azure-cli", env(None, ARM_TENANT_ID="tenant-1", DATABRICKS_AZURE_RESOURCE_ID=RESOURCE), commands={"az": PERSON}),
    Row("azure-cli without a login, then the CLI", "databricks-cli", env(AZURE), commands={"az": NO_AZ_LOGIN, "databricks": NEW_CLI}),
    Row("azure-cli without a login", "refused", env(AZURE), commands={"az": NO_AZ_LOGIN}, says="Please run az login"),
    # The Databricks CLI.
    Row("databricks-cli", "databricks-cli", env(), commands={"databricks": NEW_CLI}),
    Row("databricks-cli with a profile", "databricks-cli", profiles=f"[dev]\nhost={ACME}\nauth_type=databricks-cli\n", flags={"profile": "dev"}, commands={"databricks": NEW_CLI}),
    Row("old databricks-cli with a profile", "databricks-cli", profiles=f"[dev]\nhost={ACME}\n", flags={"profile": "dev"}, commands={"databricks": OLD_CLI}),
    Row("databricks-cli at the account", "databricks-cli", env(ACCOUNT, DATABRICKS_ACCOUNT_ID="acc-7"), commands={"databricks": OLD_CLI}),
    Row("databricks-cli by path", "databricks-cli", env(DATABRICKS_CLI_PATH="{home}/bin/dbx"), commands={"dbx": NEW_CLI}),
    Row("databricks-cli of before OAuth", "refused", env(), commands={"databricks": LEGACY_CLI}, says="older than 0.100"),
    Row("databricks-cli without a login", "refused", env(), commands={"databricks": NO_LOGIN}, says="run `databricks auth login`"),
    Row("databricks-cli that fails", "refused", env(), commands={"databricks": BROKEN_CLI}, says="the disk is full"),
    # Google.
    Row("google-credentials", "google-credentials", env(GOOGLE_CREDENTIALS="{google}")),
    Row("google-credentials in a file", "google-credentials", env(GOOGLE_CREDENTIALS="{home}/key"), files={"key": "{google}"}),
    Row("google-credentials that are none", "refused", env(GOOGLE_CREDENTIALS="nonsense"), says="neither a service account's key"),
    Row("google-id", "google-id", env(DATABRICKS_GOOGLE_SERVICE_ACCOUNT="sa@p.iam", GOOGLE_APPLICATION_CREDENTIALS="{home}/adc"), files={"adc": "{user}"}),
    Row("google-id by a service account", "google-id", env(DATABRICKS_GOOGLE_SERVICE_ACCOUNT="sa@p.iam", GOOGLE_APPLICATION_CREDENTIALS="{home}/adc"), files={"adc": "{google}"}),
    Row("google-id in gcloud's own place", "google-id", env(DATABRICKS_GOOGLE_SERVICE_ACCOUNT="sa@p.iam"), files={".config/gcloud/application_default_credentials.json": "{user}"}),
    Row("google-id of another account", "google-id", env(DATABRICKS_GOOGLE_SERVICE_ACCOUNT="other@p.iam", GOOGLE_APPLICATION_CREDENTIALS="{home}/adc"), files={"adc": "{user}"}),
    Row("google-id with a login that is none", "refused", env(DATABRICKS_GOOGLE_SERVICE_ACCOUNT="sa@p.iam", GOOGLE_APPLICATION_CREDENTIALS="{home}/adc"), files={"adc": "{}"}, says="neither a service account's key nor a user's login"),
    Row("google-id forced", "google-id", env(DATABRICKS_TOKEN="given-token", DATABRICKS_AUTH_TYPE="google-id", DATABRICKS_GOOGLE_SERVICE_ACCOUNT="sa@p.iam", GOOGLE_APPLICATION_CREDENTIALS="{home}/adc"), files={"adc": "{user}"}),
    # Model serving, and credentials that exist only in a notebook.
    Row("model-serving", "model-serving", env(**SERVING), files=SERVED),
    Row("model-serving tells the host", "model-serving", SERVING | {"DATABRICKS_MODEL_SERVING_HOST_URL": ACME}, files=SERVED),
    Row("model-serving tells the host by the old variable", "model-serving", {"IS_IN_DATABRICKS_MODEL_SERVING_ENV": "true", "SERVING_CREDENTIALS_DIR": "{home}/served", "DB_MODEL_SERVING_HOST_URL": ACME}, files=SERVED),
    Row("model-serving behind a token", "pat", env(DATABRICKS_TOKEN="given-token", **SERVING), files=SERVED),
    Row("model-serving that is not said", "refused", env(**SERVING | {"IS_IN_DB_MODEL_SERVING_ENV": "false"}), files=SERVED, says="this is not Databricks Model Serving"),
    Row("model-serving without the file", "refused", env(**SERVING), says="model-dependencies-oauth-token` does not exist"),
    Row("model-serving with a file without a token", "refused", env(**SERVING), files={"served/model-dependencies-oauth-token": "{}"}, says="contains no token"),
    Row("model-serving with a group", "refused", env(**SERVING, **GROUP), files=SERVED, says="cannot assume the role"),
    # The SDK gets these from a notebook's Python process, which no other program can do.
    Row("runtime", "refused", env(DATABRICKS_RUNTIME_VERSION="17.3", DATABRICKS_AUTH_TYPE="runtime"), says="only inside a notebook's Python process"),
    Row("runtime-oauth", "refused", env(DATABRICKS_RUNTIME_VERSION="17.3", DATABRICKS_AUTH_TYPE="runtime-oauth"), says="only inside a notebook's Python process"),
    # Managed identity: its service has a fixed address that no test can bind, so these fail before asking it.
    Row("azure-msi off Azure", "refused", env(ARM_USE_MSI="true"), says="`azure-msi`: the host is not on Azure"),
    Row("azure-msi that is off", "refused", env(AZURE, ARM_USE_MSI="false"), says="`azure-msi`: `ARM_USE_MSI` is off"),
    Row("azure-msi beside a token", "refused", env(AZURE, ARM_USE_MSI="true", DATABRICKS_TOKEN="given-token"), says="more than one credential"),
    Row("azure-msi with a group", "refused", env(AZURE, ARM_USE_MSI="true", **GROUP), says="`azure-msi`: it cannot assume the role"),
    # The header for hosts that serve several workspaces.
    Row("workspace id", "pat", env(DATABRICKS_TOKEN="given-token", DATABRICKS_WORKSPACE_ID="77"), called=True),
    Row("workspace id by profile", "oauth-m2m", {"DATABRICKS_CONFIG_PROFILE": "m2m"}, PROFILES.replace("[m2m]", "[m2m]\nworkspace_id = 77"), called=True),
    Row("no workspace id, on a host that tells none", "pat", env("https://silent.cloud.databricks.com", DATABRICKS_TOKEN="given-token"), called=True),
    Row(
        "no workspace id, on a host that tells its own",
        "pat",
        env(DATABRICKS_TOKEN="given-token"),
        called=True,
        differs="the SDK fetches every host's description before its first call and sends back the id it finds there; a host of one workspace does not need the id, and our start needs no extra request",
    ),
    # Cases where ours is stricter or has more.
    Row("http elsewhere", "refused", env("http://acme.cloud.databricks.com", DATABRICKS_TOKEN="given-token", HTTP_PROXY="{loopback}"), says="is not https", differs="the token would travel in the clear; the SDK sends it"),
    Row("host with a page", "pat", env(ACME + "/?o=123#job/7", DATABRICKS_TOKEN="given-token"), differs="people paste from the address bar; the SDK takes the query as part of the host"),
    Row("dot env", "pat", files={".env": f"DATABRICKS_HOST={ACME}\nDATABRICKS_TOKEN='t'\n"}, differs="the SDK reads no .env"),
    Row(
        "dot env that would have an identity token sent to its host",
        "refused",
        GITHUB,
        files={".env": f"DATABRICKS_HOST={ACME}\nDATABRICKS_CLIENT_ID=robot\n"},
        says="`github-oidc`: the host comes from `.env`",
    ),
    Row(
        "dot env with a host, and a login at it",
        "databricks-cli",
        files={".env": f"DATABRICKS_HOST={ACME}\nDATABRICKS_CONFIG_PROFILE=dev\n"},
        commands={"databricks": NEW_CLI},
        differs="the SDK reads no .env; the CLI is asked for the host's own login, not for the profile's",
    ),
    Row("dot env that redirects a token", "refused", {"DATABRICKS_TOKEN": "given-token"}, files={".env": f"DATABRICKS_HOST={ACME}\n"}, says="`.env` may not send `token`"),
    Row(
        "login without the CLI",
        "databricks-cli",
        env(),
        files={".databricks/token-cache.json": '{"version": 1, "tokens": {"' + ACME + '": {"access_token": "kept", "token_type": "Bearer", "expiry": "2099-01-01T00:00:00Z"}}}'},
        differs="we read the CLI's token cache ourselves; the SDK needs the program",
    ),
    Row(
        "login without the CLI that has ended",
        "databricks-cli",
        env(),
        files={".databricks/token-cache.json": '{"version": 1, "tokens": {"' + ACME + '": {"access_token": "old-login", "refresh_token": "refresh-login", "expiry": "2020-01-01T00:00:00Z"}}}'},
        differs="we refresh the CLI's login ourselves; the SDK needs the program",
    ),
    Row("login without the CLI that is not there", "refused", env(), says="`databricks` is not on the path"),
    Row("logins kept nobody knows where", "refused", env(DATABRICKS_AUTH_STORAGE="vault"), says="neither `secure` nor `plaintext`"),
    Row(
        "blanks around the values",
        "pat",
        env("  " + ACME + " ", DATABRICKS_TOKEN=" t "),
        differs="blanks around a value are never intended; the SDK keeps them",
    ),
]
