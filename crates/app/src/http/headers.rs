//! The headers that every answer carries (S-82).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

const PLAIN: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// What a route may say otherwise: the pages of the browser app bring a policy of their own.
const UNLESS_SAID: &[(&str, &str)] = &[
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
];

/// Adds them.
pub(super) fn secure(headers: &mut HeaderMap, public_url: &Url) {
    for (name, value) in PLAIN {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for (name, value) in UNLESS_SAID {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if public_url.scheme() == "https" {
        headers
            .insert(HeaderName::from_static("strict-transport-security"), HeaderValue::from_static("max-age=31536000"));
    }
}
