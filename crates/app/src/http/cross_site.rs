//! No other site can make a signed-in browser change something (S-34): what the browser says about where a request
//! comes from is believed, and what carries a cookie without saying it must be a request that a form cannot make.

use axum::http::{HeaderMap, Method, header};
use base::{Code, Problem, Text, say};
use url::Url;

/// Content types that a page of another site can send without asking first (Fetch, CORS-safelisted).
const SIMPLE: &[&str] = &["", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

/// Refuses a change that comes from another site.
///
/// # Errors
/// `cross-site`. Requests with a bearer key are not asked: no browser adds one by itself.
pub(super) fn check(method: &Method, headers: &HeaderMap, public_url: &Url) -> Result<(), Problem> {
    if method.is_safe() || has_bearer(headers) {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return match site {
            "same-origin" | "none" => Ok(()),
            _ => Err(refused(say!("the browser says that another site began it (`Sec-Fetch-Site`)"))),
        };
    }
    if let Some(origin) = text("origin") {
        let ours = public_url.origin().ascii_serialization();
        return if origin == ours {
            Ok(())
        } else {
            Err(refused(say!("its `Origin` is not this installation's address")))
        };
    }
    let simple = *method == Method::POST && SIMPLE.contains(&content_type(headers).as_str());
    if headers.contains_key(header::COOKIE) && simple && !headers.contains_key(super::WORKSPACE_HEADER) {
        return Err(refused(say!(
            "it carries a cookie but says nothing about where it comes from; send `Origin`, or a JSON content type"
        )));
    }
    Ok(())
}

fn refused(why: Text) -> Problem {
    Problem::new(Code::CrossSite, say!("The request was not carried out: {why}."))
}

pub(super) fn has_bearer(headers: &HeaderMap) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().get(..7))
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
}

fn content_type(headers: &HeaderMap) -> String {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| {
                (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_static(value))
            })
            .collect();
        check(&method, &headers, &"https://fanfare.example/".parse().expect("address")).is_ok()
    }

    #[test]
    fn s_34_a_form_on_another_site_changes_nothing() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let cookie = ("cookie", "__Host-session=x");
        let json = ("content-type", "application/json");
        assert!(!allowed(Method::POST, &[cookie, json, ("sec-fetch-site", "cross-site")]));
        assert!(!allowed(Method::POST, &[cookie, json, ("sec-fetch-site", "same-site")]));
        assert!(!allowed(Method::DELETE, &[cookie, ("origin", "https://evil.example")]));
        assert!(!allowed(Method::POST, &[cookie, json, ("origin", "null")]));
        assert!(!allowed(Method::POST, &[cookie, form]), "an old browser that says nothing");
        assert!(!allowed(Method::POST, &[cookie]), "no content type is what an empty form sends");
        assert!(!allowed(Method::POST, &[form, ("sec-fetch-site", "cross-site")]), "signing in is protected too");
        assert!(allowed(Method::POST, &[cookie, json, ("sec-fetch-site", "same-origin")]));
        assert!(allowed(Method::POST, &[cookie, json, ("origin", "https://fanfare.example")]));
        assert!(allowed(Method::POST, &[cookie, json]));
        assert!(allowed(
            Method::POST,
            &[("authorization", "Bearer fanfare_live_x"), ("origin", "https://evil.example")]
        ));
        assert!(allowed(Method::GET, &[cookie, ("sec-fetch-site", "cross-site")]), "reading changes nothing");
    }
}
