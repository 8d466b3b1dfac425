//! A person's login from the browser to the first request, against a service on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use databricks_mcp::auth::KeptIn;
use databricks_mcp::config::{Found, Settings};
use databricks_mcp::error::Error;
use databricks_mcp::settings::{Places, Setting, setting};
use serde_json::{Value, json};
use url::Url;

/// The requests the service has received, and its answer to a refresh.
#[derive(Default)]
struct Seen {
    forms: Vec<HashMap<String, String>>,
    challenge: String,
    refuse: bool,
}

#[derive(Clone)]
struct Service {
    host: String,
    seen: Arc<Mutex<Seen>>,
}

impl Service {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self {
            host: format!("http://{}", listener.local_addr().unwrap()),
            seen: Arc::default(),
        };
        let app = axum::Router::new()
            .route(
                "/oidc/.well-known/oauth-authorization-server",
                get(discover),
            )
            .route("/oidc/v1/token", post(token))
            .route("/oidc/oauth2/v2.0/authorize", get(to_azure))
            .route("/tenant-9/oauth2/v2.0/token", post(token))
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        service
    }

    fn forms(&self) -> Vec<HashMap<String, String>> {
        self.seen.lock().unwrap().forms.clone()
    }

    /// Acts as the browser of a person who logs in: opens the page and follows the redirect.
    fn browser(&self, page: &str, answer: impl FnOnce(&str) -> String) {
        let page = Url::parse(page).unwrap();
        let query: HashMap<String, String> = page.query_pairs().into_owned().collect();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], "databricks-cli");
        assert_eq!(query["scope"], "all-apis offline_access");
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(
            page.as_str()
                .starts_with(&format!("{}/oidc/v1/authorize", self.host))
        );
        self.comes_back(page.as_str(), answer);
    }

    /// Acts as the browser that comes back from the login page.
    fn comes_back(&self, page: &str, answer: impl FnOnce(&str) -> String) {
        let page = Url::parse(page).unwrap();
        let query: HashMap<String, String> = page.query_pairs().into_owned().collect();
        query["code_challenge"].clone_into(&mut self.seen.lock().unwrap().challenge);
        let back = format!("{}/?{}", query["redirect_uri"], answer(&query["state"]));
        tokio::spawn(async move {
            let browser = reqwest::Client::builder().no_proxy().build().unwrap();
            let base = back.split('?').next().unwrap().to_owned();
            // Browsers also open spare connections; read one after the other, these would outlast the login.
            let place = base
                .trim_start_matches("http://localhost")
                .trim_end_matches('/');
            let mut idle = Vec::new();
            for _ in 0..40 {
                let connection = tokio::net::TcpStream::connect(format!("127.0.0.1{place}"));
                idle.push(connection.await.unwrap());
            }
            // Neither a favicon request nor a foreign state may end the login.
            for noise in ["favicon.ico", "?code=evil&state=guessed"] {
                let answer = browser.get(format!("{base}{noise}")).send().await.unwrap();
                assert_eq!(answer.status().as_u16(), 404);
            }
            browser.get(back).send().await.unwrap();
        });
    }
}

async fn to_azure() -> axum::response::Redirect {
    axum::response::Redirect::temporary("/tenant-9/oauth2/v2.0/authorize")
}

async fn discover(State(service): State<Service>) -> String {
    let host = &service.host;
    json!({
        "authorization_endpoint": format!("{host}/oidc/v1/authorize"),
        "token_endpoint": format!("{host}/oidc/v1/token"),
    })
    .to_string()
}

async fn token(State(service): State<Service>, body: String) -> (StatusCode, String) {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let mut seen = service.seen.lock().unwrap();
    seen.forms.push(form.clone());
    let number = seen.forms.len();
    if let Some(verifier) = form.get("code_verifier") {
        let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
        assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(digest), seen.challenge);
    }
    if seen.refuse {
        let answer =
            json!({ "error": "invalid_grant", "error_description": "Refresh token is invalid" });
        return (StatusCode::BAD_REQUEST, answer.to_string());
    }
    let answer = json!({
        "access_token": format!("access-{number}"),
        "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer",
        "expires_in": 3600,
    });
    (StatusCode::OK, answer.to_string())
}

fn none(_: &str) -> Option<String> {
    None
}

fn flags(host: &str) -> Vec<(&'static Setting, String)> {
    vec![
        (setting::HOST, host.to_owned()),
        (setting::PROFILE, "dev".to_owned()),
        (setting::AUTH_TYPE, "external-browser".to_owned()),
        // Keeps the developer's own keyring out of the tests.
        (setting::AUTH_STORAGE, "plaintext".to_owned()),
    ]
}

fn places(home: &Path) -> Places<'_> {
    Places {
        home: Some(home),
        new_profile: true,
        ..Places::default()
    }
}

async fn login(service: &Service, home: &Path, answer: fn(&str) -> String) -> Result<Url, Error> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let found = Found::collect(&flags(&service.host), none, places(home)).unwrap();
    let show = |page: &str| service.browser(page, answer);
    let (host, kept) = found.login(none, &show).await?;
    assert_eq!(kept, KeptIn::File { no_keyring: None });
    Ok(host)
}

async fn header(settings: &Settings) -> String {
    let headers = settings.credential.headers().await.unwrap();
    headers["authorization"].to_str().unwrap().to_owned()
}

fn cache(home: &Path) -> Value {
    let text = std::fs::read(home.join(".databricks/token-cache.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test]
async fn a_login_is_kept_where_the_cli_keeps_it_and_refreshed_from_there() {
    let service = Service::start().await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".databricks");
    std::fs::create_dir(&folder).unwrap();
    let other =
        json!({ "version": 1, "tokens": { "https://other": { "access_token": "o", "x": 1 } } });
    std::fs::write(folder.join("token-cache.json"), other.to_string()).unwrap();

    let outcome = login(&service, home.path(), |state| {
        format!("code=c-1&state={state}")
    })
    .await;
    assert_eq!(outcome.unwrap().as_str(), format!("{}/", service.host));
    let form = &service.forms()[0];
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["code"], "c-1");
    assert!(form["redirect_uri"].starts_with("http://localhost:80"));

    // Stored by profile and by host, beside existing entries.
    let kept = cache(home.path());
    assert_eq!(kept["version"], 1);
    assert_eq!(
        kept["tokens"]["https://other"],
        other["tokens"]["https://other"]
    );
    for key in ["dev", &service.host] {
        let entry = &kept["tokens"][key];
        assert_eq!(entry["access_token"], "access-1");
        assert_eq!(entry["refresh_token"], "refresh-1");
        assert_eq!(entry["token_type"], "Bearer");
        let expiry: jiff::Timestamp = entry["expiry"].as_str().unwrap().parse().unwrap();
        let left = expiry.as_second() - jiff::Timestamp::now().as_second();
        assert!((3500..=3600).contains(&left), "{left}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(folder.join("token-cache.json")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }

    let settings = Settings::resolve(&flags(&service.host), none, places(home.path())).await;
    let settings = settings.unwrap();
    assert_eq!(settings.credential.auth_type(), "external-browser");
    assert_eq!(header(&settings).await, "Bearer access-1");
    assert_eq!(service.forms().len(), 1);

    // After a 401: one refresh with the cached refresh token, and the new one is stored.
    let refused = settings.credential.headers().await.unwrap();
    assert!(settings.credential.refused(&refused));
    assert_eq!(header(&settings).await, "Bearer access-2");
    let form = &service.forms()[1];
    assert_eq!(form["grant_type"], "refresh_token");
    assert_eq!(form["refresh_token"], "refresh-1");
    assert_eq!(form["client_id"], "databricks-cli");
    assert_eq!(
        cache(home.path())["tokens"]["dev"]["refresh_token"],
        "refresh-2"
    );
}

#[tokio::test]
async fn a_login_that_has_ended_says_how_to_begin_anew() {
    let service = Service::start().await;
    let home = tempfile::tempdir().unwrap();
    let settings = Settings::resolve(&flags(&service.host), none, places(home.path())).await;
    let error = settings.unwrap().credential.headers().await.unwrap_err();
    assert_eq!(
        error.text(),
        "cannot authenticate by `external-browser`: nobody has logged in to this host\nhint: run `databricks-mcp login`"
    );

    let folder = home.path().join(".databricks");
    std::fs::create_dir(&folder).unwrap();
    let past = json!({ "version": 1, "tokens": { "dev": {
        "access_token": "a", "token_type": "Bearer", "refresh_token": "r", "expiry": "2020-01-01T00:00:00+02:00" } } });
    std::fs::write(folder.join("token-cache.json"), past.to_string()).unwrap();
    service.seen.lock().unwrap().refuse = true;
    let settings = Settings::resolve(&flags(&service.host), none, places(home.path())).await;
    let error = settings.unwrap().credential.headers().await.unwrap_err();
    assert_eq!(
        error.text(),
        "cannot authenticate by `external-browser`: `127.0.0.1` answered HTTP 400: invalid_grant: Refresh token is invalid\nhint: run `databricks-mcp login`"
    );
}

#[tokio::test]
async fn two_that_find_an_old_login_at_the_same_time_refresh_it_once() {
    let service = Service::start().await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".databricks");
    std::fs::create_dir(&folder).unwrap();
    let past = json!({ "version": 1, "tokens": { "dev": {
        "access_token": "a", "token_type": "Bearer", "refresh_token": "r", "expiry": "2020-01-01T00:00:00Z" } } });
    std::fs::write(folder.join("token-cache.json"), past.to_string()).unwrap();
    // The two share nothing but the files in the home directory.
    let mut all = Vec::new();
    for _ in 0..8 {
        let settings = Settings::resolve(&flags(&service.host), none, places(home.path())).await;
        all.push(settings.unwrap());
    }
    let headers = futures_util::future::join_all(all.iter().map(header)).await;
    assert_eq!(headers, vec!["Bearer access-1"; 8]);
    assert_eq!(service.forms().len(), 1);
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 2, "the cache and its lock: {left:?}");
}

#[tokio::test]
async fn a_login_by_an_azure_application_goes_to_azures_directory() {
    let service = Service::start().await;
    let home = tempfile::tempdir().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut flags = flags(&service.host);
    flags.push((setting::AZURE_CLIENT_ID, "app-1".to_owned()));
    let found = Found::collect(&flags, none, places(home.path())).unwrap();
    let shown = Arc::new(Mutex::new(String::new()));
    let show = |page: &str| {
        page.clone_into(&mut shown.lock().unwrap());
        service.comes_back(page, |state| format!("code=c-1&state={state}"));
    };
    found.login(none, &show).await.unwrap();
    let page = Url::parse(&shown.lock().unwrap()).unwrap();
    assert_eq!(page.path(), "/tenant-9/oauth2/v2.0/authorize");
    let form = &service.forms()[0];
    assert_eq!(form["client_id"], "app-1");
    assert_eq!(form["code"], "c-1");
    assert_eq!(
        cache(home.path())["tokens"]["dev"]["access_token"],
        "access-1"
    );
}

#[tokio::test]
async fn a_login_that_fails_keeps_nothing() {
    let service = Service::start().await;
    let home = tempfile::tempdir().unwrap();
    let answer = |state: &str| format!("error=access_denied&error_description=no&state={state}");
    let error = login(&service, home.path(), answer).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot authenticate by `external-browser`: the login failed: access_denied no"
    );
    assert!(!home.path().join(".databricks").exists());
}

#[tokio::test]
async fn a_cache_of_another_version_is_left_alone() {
    let service = Service::start().await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".databricks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("token-cache.json"), r#"{"version": 2}"#).unwrap();
    let settings = Settings::resolve(&flags(&service.host), none, places(home.path())).await;
    let error = settings.unwrap().credential.headers().await.unwrap_err();
    assert!(
        error.to_string().ends_with("its version is not 1"),
        "{error}"
    );
}
