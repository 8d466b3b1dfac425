//! Names of arguments and fields whose values may be secrets, so that no question and no error repeats them.

/// Words in the names of values that may be secrets.
const SECRETS: &[&str] = &[
    "access_key",
    "account_key",
    "api_key",
    "credential",
    "passphrase",
    "password",
    "plaintext",
    "private_key",
    "sas_token",
    "secret",
    "token",
];
/// Names of values of secrets.
const VALUES: &[&str] = &["value", "string_value", "bytes_value", "token_value"];
/// Names that hold such a word and no secret.
const NAMES: &[&str] = &[
    "token_id",
    "page_token",
    "idempotency_token",
    "credential_name",
];

/// Returns whether a value of this name may be a secret, however the name is written: `access_key` or `accessKey`.
#[must_use]
pub fn may_be_secret(name: &str) -> bool {
    let alike = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let plain = alike(name);
    let is_one_of = |names: &[&str]| names.iter().any(|known| alike(known) == plain);
    let named = SECRETS.iter().any(|word| plain.contains(&alike(word)));
    let of_one = ["_id", "Id", "_name", "Name"];
    is_one_of(VALUES)
        || (named && !is_one_of(NAMES) && !of_one.iter().any(|end| name.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::may_be_secret;

    #[test]
    fn a_name_tells_what_may_be_a_secret() {
        for name in [
            "string_value",
            "personal_access_token",
            "pem_private_key",
            "secretAccessKey",
            "apiKey",
            "openai_api_key_plaintext",
        ] {
            assert!(may_be_secret(name), "{name}");
        }
        for name in [
            "token_id",
            "tokenId",
            "page_token",
            "credential_name",
            "secret_scope_name",
            "key",
            "values",
        ] {
            assert!(!may_be_secret(name), "{name}");
        }
    }
}
