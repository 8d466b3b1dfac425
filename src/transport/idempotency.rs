//! Idempotency tokens: an operation that takes one gets ours where the caller gave none.

use reqwest::{Body, Method, Request};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::catalog::{Place, token_of};

/// Returns whether `request` may arrive twice and do no more than once; gives it a token where that makes it so.
pub(super) fn make_harmless(operation: &str, request: &mut Request) -> bool {
    let has_token = match token_of(operation) {
        Some((name, Place::Query)) => in_query(name, request),
        Some((name, Place::Property)) => in_body(name, request),
        // No operation takes one elsewhere.
        Some(_) | None => false,
    };
    has_token
        || !(matches!(*request.method(), Method::POST | Method::PATCH)
            || refuses_its_own(operation, request))
}

/// Returns whether the request creates what must not be there, so that its second arrival is refused for its first: a
/// success whose answer was lost would become an error.
fn refuses_its_own(operation: &str, request: &Request) -> bool {
    operation == "files.upload"
        && !request
            .url()
            .query_pairs()
            .any(|(key, value)| key == "overwrite" && value == "true")
}

fn in_query(name: &str, request: &mut Request) -> bool {
    let is_given = |(key, value): (_, std::borrow::Cow<'_, str>)| key == name && !value.is_empty();
    if !request.url().query_pairs().any(is_given) {
        let token = Uuid::new_v4().to_string();
        request
            .url_mut()
            .query_pairs_mut()
            .append_pair(name, &token);
    }
    true
}

fn in_body(name: &str, request: &mut Request) -> bool {
    let read = match request.body().map(Body::as_bytes) {
        Some(Some(bytes)) => serde_json::from_slice::<Map<String, Value>>(bytes).ok(),
        // A stream cannot be sent twice anyway.
        Some(None) => None,
        None => Some(Map::new()),
    };
    let Some(mut body) = read else { return false };
    let given = body.get(name).and_then(Value::as_str);
    if given.is_none_or(str::is_empty) {
        body.insert(name.to_owned(), Uuid::new_v4().to_string().into());
        *request.body_mut() = Some(Value::Object(body).to_string().into());
        let json = http::HeaderValue::from_static("application/json");
        request
            .headers_mut()
            .entry(http::header::CONTENT_TYPE)
            .or_insert(json);
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn post(url: &str, body: Option<&'static str>) -> Request {
        let mut request = Request::new(Method::POST, url.parse().unwrap());
        *request.body_mut() = body.map(Body::from);
        request
    }

    fn body(request: &Request) -> Value {
        serde_json::from_slice(request.body().unwrap().as_bytes().unwrap()).unwrap()
    }

    #[test]
    fn an_operation_with_a_token_gets_one() {
        for given in [None, Some("{}"), Some(r#"{"idempotency_token":""}"#)] {
            let mut request = post("https://h/api", given);
            assert!(make_harmless("jobs.run_now", &mut request));
            let token = body(&request)["idempotency_token"]
                .as_str()
                .unwrap()
                .to_owned();
            assert_eq!(Uuid::parse_str(&token).unwrap().get_version_num(), 4);
        }
        let mut request = post("https://h/api?a=b", Some("{}"));
        assert!(make_harmless("compute_migrations.create", &mut request));
        let query = request.url().query().unwrap();
        assert!(query.starts_with("a=b&request_id="), "{query}");
    }

    #[test]
    fn the_callers_token_stays() {
        let mut request = post("https://h/api", Some(r#"{"idempotency_token":"mine"}"#));
        assert!(make_harmless("jobs.submit", &mut request));
        assert_eq!(body(&request)["idempotency_token"], "mine");
        let mut request = post("https://h/api?request_id=mine", None);
        assert!(make_harmless("compute_migrations.create", &mut request));
        assert_eq!(request.url().query(), Some("request_id=mine"));
    }

    #[test]
    fn an_upload_is_harmless_only_if_it_may_replace() {
        for (query, harmless) in [
            ("", false),
            ("?overwrite=false", false),
            ("?overwrite=true", true),
        ] {
            let mut request = post(&format!("https://h/api/2.0/fs/files/a{query}"), None);
            *request.method_mut() = Method::PUT;
            assert_eq!(
                make_harmless("files.upload", &mut request),
                harmless,
                "{query}"
            );
        }
    }

    #[test]
    fn what_has_no_token_is_harmless_by_its_verb_only() {
        let mut request = post("https://h/api", Some(r#"{"idempotency_token":"mine"}"#));
        assert!(!make_harmless("jobs.create", &mut request));
        for (verb, harmless) in [
            (Method::GET, true),
            (Method::HEAD, true),
            (Method::PUT, true),
            (Method::DELETE, true),
            (Method::PATCH, false),
        ] {
            *request.method_mut() = verb;
            assert_eq!(make_harmless("jobs.create", &mut request), harmless);
        }
    }
}
