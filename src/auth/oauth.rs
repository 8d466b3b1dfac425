//! OAuth 2.0 grants through the `oauth2` crate, and the token exchange of RFC 8693, which it lacks.

use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet,
    EndpointSet, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardRevocableToken, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use url::Url;

use super::grant::{Token, in_seconds};
use super::refusal::Refusal;
use super::web::Web;
use crate::redact;

/// An `oauth2` client with a token endpoint.
type TokenClient<Authorize> = Client<
    BasicErrorResponse,
    Granted,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    Authorize,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

impl<'c> oauth2::AsyncHttpClient<'c> for Web {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<oauth2::HttpResponse, Refusal>> + Send + 'c>>;

    fn call(&'c self, request: oauth2::HttpRequest) -> Self::Future {
        Box::pin(async {
            let mut answer = self.send(request).await?;
            // The crate would refuse JSON with another content type.
            answer.headers_mut().remove(http::header::CONTENT_TYPE);
            Ok(answer)
        })
    }
}

/// A token endpoint and the client that uses it.
#[derive(Debug, Clone)]
pub(super) struct OAuthClient {
    pub(super) web: Web,
    pub(super) token_url: String,
    pub(super) client_id: String,
    pub(super) secret: Option<SecretString>,
    /// Sends id and secret in the body, as Azure requires, instead of in an Authorization header.
    pub(super) in_body: bool,
}

/// Extra form fields of a token request.
pub(super) type Fields = Vec<(&'static str, String)>;

impl OAuthClient {
    fn client(&self) -> Result<TokenClient<EndpointNotSet>, Refusal> {
        let url = TokenUrl::new(self.token_url.clone()).map_err(|error| {
            Refusal::failed(format!("the token endpoint is not a URL: {error}"))
        })?;
        let client = Client::new(ClientId::new(self.client_id.clone()))
            .set_token_uri(url)
            .set_auth_type(if self.in_body {
                AuthType::RequestBody
            } else {
                AuthType::BasicAuth
            });
        Ok(match &self.secret {
            Some(secret) => {
                client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            }
            None => client,
        })
    }

    /// Requests a token for the client itself (RFC 6749, section 4.4).
    pub(super) async fn client_credentials(
        &self,
        scopes: &str,
        fields: &Fields,
    ) -> Result<Token, Refusal> {
        let client = self.client()?;
        let mut request = client
            .exchange_client_credentials()
            .add_scopes(scopes.split(' ').map(|scope| Scope::new(scope.to_owned())));
        for (name, value) in fields {
            request = request.add_extra_param(*name, value);
        }
        granted(request.request_async(&self.web).await)
    }

    /// Refreshes a token (RFC 6749, section 6).
    pub(super) async fn refresh(&self, refresh: &SecretString) -> Result<Token, Refusal> {
        let client = self.client()?;
        let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
        let request = client.exchange_refresh_token(&refresh);
        granted(request.request_async(&self.web).await)
    }

    /// Starts a login with PKCE (RFC 7636). Returns the page to open, the state that must come back with the
    /// code, and the verifier that redeems the code.
    pub(super) fn authorize(
        &self,
        authorization_url: &str,
        redirect: &str,
        scopes: &str,
        fields: &Fields,
    ) -> Result<(Url, String, PkceCodeVerifier), Refusal> {
        let no_url =
            |error| Refusal::failed(format!("the authorization page is not a URL: {error}"));
        let client = self
            .client()?
            .set_auth_uri(AuthUrl::new(authorization_url.to_owned()).map_err(no_url)?)
            .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(no_url)?);
        let (challenge, verifier) = oauth2::PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(oauth2::CsrfToken::new_random)
            .add_scopes(scopes.split(' ').map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        for (name, value) in fields {
            request = request.add_extra_param(*name, value);
        }
        let (url, state) = request.url();
        Ok((url, state.secret().clone(), verifier))
    }

    /// Redeems the code that the browser brought back.
    pub(super) async fn redeem(
        &self,
        code: String,
        redirect: &str,
        verifier: PkceCodeVerifier,
    ) -> Result<Token, Refusal> {
        let client = self.client()?;
        let redirect = RedirectUrl::new(redirect.to_owned())
            .map_err(|error| Refusal::failed(format!("the redirect is not a URL: {error}")))?;
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .set_redirect_uri(std::borrow::Cow::Owned(redirect))
            .set_pkce_verifier(verifier);
        granted(request.request_async(&self.web).await)
    }
}

/// Posts a form of any grant type and returns the JSON answer as it is.
pub(super) async fn form(web: &Web, url: &str, fields: &[(&str, &str)]) -> Result<Value, Refusal> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = http::Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json")
        .body(body.into_bytes())
        .map_err(|error| Refusal::failed(format!("the token endpoint is not a URL: {error}")))?;
    let answer = web.send(request).await?;
    serde_json::from_slice(answer.body()).map_err(|_| unreadable())
}

/// Exchanges an identity token for an access token (RFC 8693).
pub(super) async fn exchange(
    web: &Web,
    url: &str,
    identity: &SecretString,
    fields: &Fields,
) -> Result<Token, Refusal> {
    let fixed = [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("subject_token", identity.expose_secret()),
    ];
    let more = fields.iter().map(|(name, value)| (*name, value.as_str()));
    let all: Vec<(&str, &str)> = fixed.into_iter().chain(more).collect();
    read(form(web, url, &all).await?)
}

/// Reads the token from an endpoint's answer.
pub(super) fn read(answer: Value) -> Result<Token, Refusal> {
    serde_json::from_value::<Granted>(answer)
        .map(Token::from)
        .map_err(|_| unreadable())
}

fn unreadable() -> Refusal {
    Refusal::failed("the token endpoint's answer contains no token")
}

fn granted(
    outcome: Result<Granted, RequestTokenError<Refusal, BasicErrorResponse>>,
) -> Result<Token, Refusal> {
    match outcome {
        Ok(granted) => Ok(granted.into()),
        Err(RequestTokenError::Request(refusal)) => Err(refusal),
        Err(RequestTokenError::ServerResponse(answer)) => Err(Refusal::failed(answer.to_string())),
        // The error would quote the body, which may hold a token.
        Err(RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => Err(unreadable()),
    }
}

/// A token answer. Unlike the crate's own type, it keeps the spelling of `token_type` and accepts Azure's
/// quoted lifetimes.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Granted {
    access_token: oauth2::AccessToken,
    #[serde(default)]
    token_type: Kind,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kind(String);

impl Default for Kind {
    fn default() -> Self {
        Self("Bearer".to_owned())
    }
}

impl oauth2::TokenType for Kind {}

impl oauth2::TokenResponse for Granted {
    type TokenType = Kind;

    fn access_token(&self) -> &oauth2::AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &Kind {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl From<Granted> for Token {
    fn from(granted: Granted) -> Self {
        if let Some(refresh) = &granted.refresh_token {
            redact::remember(refresh.secret());
        }
        Self {
            kind: granted.token_type.0,
            access: granted.access_token.into_secret().into(),
            refresh: granted
                .refresh_token
                .map(|token| token.into_secret().into()),
            expires: granted.expires_in.and_then(in_seconds),
        }
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_f64().map(|seconds| seconds.max(0.0) as u64),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}
