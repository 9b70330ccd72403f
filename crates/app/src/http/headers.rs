//! The headers that every answer carries (S-82).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base::words::{Language, Reader};
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

/// The zone in which times in sentences are said; an IANA name.
const TIME_ZONE: HeaderName = HeaderName::from_static("time-zone");

/// Who reads the answer: their language and their time zone.
pub(super) fn reader(headers: &HeaderMap) -> Reader {
    let wanted = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let wanted: Vec<_> = wanted.collect();
    Reader::of(Some(&wanted.join(",")), headers.get(TIME_ZONE).and_then(|value| value.to_str().ok()))
}

/// Says in which language an answer's sentences are, and that another reader gets others.
pub(super) fn said_in(headers: &mut HeaderMap, language: Language) {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") || kind.starts_with("application/problem+json") {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.append(header::VARY, HeaderValue::from_static("accept-language, time-zone"));
    }
}
