//! A Google service account's key, which signs the assertions that Google exchanges for tokens (RFC 7523).

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::{Value, json};

use super::oauth;
use super::refusal::Refusal;
use super::web::Web;

/// A key file as downloaded from Google's console.
#[derive(Clone, Deserialize)]
pub(super) struct GoogleKey {
    client_email: String,
    #[serde(default)]
    private_key_id: String,
    private_key: secrecy::SecretString,
    token_uri: String,
}

impl std::fmt::Debug for GoogleKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GoogleKey")
            .field("client_email", &self.client_email)
            .finish_non_exhaustive()
    }
}

impl GoogleKey {
    /// Requests an access token for a `scope` claim, or an identity token for a `target_audience` claim.
    pub(super) async fn ask(&self, web: &Web, claim: (&str, &str)) -> Result<Value, Refusal> {
        let assertion = self.assertion(claim)?;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.as_str()),
        ];
        oauth::form(web, &self.token_uri, &fields).await
    }

    fn assertion(&self, (name, value): (&str, &str)) -> Result<String, Refusal> {
        use secrecy::ExposeSecret;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": self.private_key_id });
        let claims = json!({
            "iss": self.client_email,
            "aud": self.token_uri,
            "iat": now,
            "exp": now + 3600,
            name: value,
        });
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(&claims));

        let unusable = |_| Refusal::failed("the Google credentials contain no RSA private key");
        let pem = self.private_key.expose_secret();
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(der)) => {
                RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| ())
            }
            Ok(PrivateKeyDer::Pkcs1(der)) => {
                RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|_| ())
            }
            _ => Err(()),
        }
        .map_err(unusable)?;
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        )
        .map_err(|_| unusable(()))?;
        Ok(format!(
            "{message}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature)
        ))
    }
}
