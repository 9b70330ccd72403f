//! The error table, row by row.

use base::Timestamp;
use connector::{Failure, Outcome, Reply, Transport, http::Refusal};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

const NOW: &str = "2030-01-01T09:00:00Z";

fn now() -> Timestamp {
    Timestamp::parse(NOW).expect("an instant")
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pairs = pairs.iter().map(|(name, value)| {
        (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_str(value).expect("a value"))
    });
    pairs.collect()
}

fn of_answer(ask: Asked, status: u16, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Failure {
    let reply = Reply { status, headers: headers.clone(), body: bytes::Bytes::copy_from_slice(body) };
    JUDGE.refused(ask, &reply, now)
}

const HTML: &str = "<!DOCTYPE html><html><body>no</body></html>";
/// What was asked, the answer's status and body, and what it means.
type Case = (Asked, u16, &'static str, &'static str, Kind);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // A new status: refused for good.
    (Asked::Post, 422, r#"{"error":"Validation failed: Text can't be blank"}"#, "rejected", Kind::ContentRefused),
    (Asked::Post, 422, r#"{"error":"Validation failed: Text character limit of 500 exceeded"}"#, "rejected", Kind::ContentRefused),
    (Asked::Post, 422, r#"{"error":"Validation failed: Poll duration is too short"}"#, "rejected", Kind::ContentRefused),
    (Asked::Post, 422, r#"{"error":"Validatie mislukt: Tekst is te lang"}"#, "rejected", Kind::ContentRefused),
    (Asked::Post, 422, r#"{"error":"Cannot attach more than 4 files"}"#, "rejected", Kind::MediaRefused),
    (Asked::Post, 422, r#"{"error":"Cannot attach a video to a post that already contains images"}"#, "rejected", Kind::MediaRefused),
    (Asked::Post, 422, r#"{"error":"Cannot attach files that have not finished processing. Try again in a moment!"}"#, "throttled", Kind::MediaNotReady),
    (Asked::Post, 422, r#"{"error":"Validation failed: Media 1, 2 not found or already attached to another post"}"#, "throttled", Kind::MediaNotReady),
    (Asked::Edit, 422, r#"{"error":"Media 1 not found or already attached to another post"}"#, "throttled", Kind::MediaNotReady),
    (Asked::Post, 400, r#"{"error":"Status is too long"}"#, "rejected", Kind::ContentRefused),
    (Asked::Post, 400, "Invalid Bearer token", "rejected", Kind::ReconnectNeeded),
    (Asked::Post, 400, r#"{"error":"The access token is invalid"}"#, "rejected", Kind::ReconnectNeeded),
    (Asked::Post, 401, r#"{"error":"The access token is invalid"}"#, "rejected", Kind::ReconnectNeeded),
    (Asked::Post, 401, r#"{"error":"The access token was revoked"}"#, "rejected", Kind::ReconnectNeeded),
    (Asked::Post, 401, r#"{"error":"Het toegangsbewijs is ongeldig"}"#, "rejected", Kind::ReconnectNeeded),
    (Asked::Post, 401, "", "rejected", Kind::ReconnectNeeded),
    (Asked::Post, 403, r#"{"error":"This action is outside the authorized scopes"}"#, "rejected", Kind::ScopeMissing),
    (Asked::Post, 403, r#"{"error":"This action is not allowed"}"#, "rejected", Kind::ContentRefused),
    (Asked::Post, 403, r#"{"error":"Your login is currently disabled"}"#, "rejected", Kind::AccountBlocked),
    (Asked::Post, 403, r#"{"error":"Your login is currently pending approval"}"#, "rejected", Kind::AccountBlocked),
    (Asked::Post, 403, r#"{"error":"Your login is missing a confirmed e-mail address"}"#, "rejected", Kind::AccountBlocked),
    (Asked::Post, 404, r#"{"error":"Record not found"}"#, "rejected", Kind::RemoteNotFound),
    (Asked::Post, 404, HTML, "rejected", Kind::RemoteNotFound),
    (Asked::Post, 406, "", "rejected", Kind::AppMisconfigured),
    (Asked::Post, 415, "", "rejected", Kind::AppMisconfigured),
    (Asked::Post, 410, r#"{"error":"gone"}"#, "rejected", Kind::AccountBlocked),
    (Asked::Post, 413, HTML, "rejected", Kind::ContentRefused),
    // A new status: not now.
    (Asked::Post, 429, r#"{"error":"Too many requests"}"#, "throttled", Kind::RateLimited),
    (Asked::Post, 429, r#"{"error":"Te veel aanvragen"}"#, "throttled", Kind::RateLimited),
    (Asked::Post, 429, HTML, "throttled", Kind::RateLimited),
    // A new status: in doubt.
    (Asked::Post, 408, "", "unknown", Kind::Unavailable),
    (Asked::Post, 500, r#"{"error":"Internal Server Error"}"#, "unknown", Kind::Unavailable),
    (Asked::Post, 500, HTML, "unknown", Kind::Unavailable),
    (Asked::Post, 502, HTML, "unknown", Kind::Unavailable),
    (Asked::Post, 503, r#"{"error":"There was a temporary problem serving your request, please try again"}"#, "unknown", Kind::Unavailable),
    (Asked::Post, 504, "", "unknown", Kind::Unavailable),
    (Asked::Post, 524, HTML, "unknown", Kind::Unavailable),
    (Asked::Post, 599, "", "unknown", Kind::BadAnswer),
    (Asked::Post, 302, "", "unknown", Kind::BadAnswer),
    (Asked::Post, 402, r#"{"error":"pay"}"#, "unknown", Kind::BadAnswer),
    (Asked::Post, 409, r#"{"error":"conflict"}"#, "unknown", Kind::BadAnswer),
    (Asked::Post, 418, "", "unknown", Kind::BadAnswer),
    // A page with a refusal may come from anything in front of the server, at any time.
    (Asked::Post, 400, HTML, "unknown", Kind::BadAnswer),
    (Asked::Post, 401, HTML, "unknown", Kind::BadAnswer),
    (Asked::Post, 403, HTML, "unknown", Kind::BadAnswer),
    (Asked::Post, 422, HTML, "unknown", Kind::BadAnswer),
    // Changes and deletions.
    (Asked::Edit, 404, r#"{"error":"Record not found"}"#, "rejected", Kind::RemoteNotFound),
    (Asked::Edit, 422, r#"{"error":"Validation failed: Text can't be blank"}"#, "rejected", Kind::ContentRefused),
    (Asked::Edit, 503, "", "unknown", Kind::Unavailable),
    (Asked::Delete, 404, HTML, "rejected", Kind::RemoteNotFound),
    (Asked::Delete, 401, r#"{"error":"The access token is invalid"}"#, "rejected", Kind::ReconnectNeeded),
    (Asked::Delete, 429, "", "throttled", Kind::RateLimited),
    (Asked::Delete, 500, "", "unknown", Kind::Unavailable),
    // Files: no one sees them, so nothing is in doubt.
    (Asked::Upload, 413, HTML, "rejected", Kind::MediaRefused),
    (Asked::Upload, 422, r#"{"error":"Validation failed: File content type is invalid, File is invalid"}"#, "rejected", Kind::MediaRefused),
    (Asked::Upload, 500, r#"{"error":"Error processing thumbnail for uploaded media"}"#, "not_sent", Kind::MediaRefused),
    (Asked::Upload, 500, HTML, "not_sent", Kind::Unavailable),
    (Asked::Upload, 429, "", "throttled", Kind::RateLimited),
    (Asked::Upload, 401, r#"{"error":"The access token is invalid"}"#, "rejected", Kind::ReconnectNeeded),
    (Asked::Upload, 403, r#"{"error":"This action is outside the authorized scopes"}"#, "rejected", Kind::ScopeMissing),
    (Asked::MediaState, 404, r#"{"error":"Record not found"}"#, "throttled", Kind::MediaNotReady),
    (Asked::MediaState, 422, r#"{"error":"failed"}"#, "rejected", Kind::MediaRefused),
    (Asked::MediaState, 502, HTML, "not_sent", Kind::Unavailable),
    // Reads.
    (Asked::Read, 401, r#"{"error":"This API requires an authenticated user"}"#, "rejected", Kind::ReconnectNeeded),
    (Asked::Read, 404, HTML, "rejected", Kind::RemoteNotFound),
    (Asked::Read, 400, r#"{"error":"bad_request"}"#, "rejected", Kind::BadAnswer),
    (Asked::Read, 500, HTML, "not_sent", Kind::Unavailable),
    // Signing in and registering.
    (Asked::Token, 400, r#"{"error":"invalid_grant","error_description":"The provided authorization grant is invalid, expired, revoked"}"#, "rejected", Kind::InputInvalid),
    (Asked::Token, 400, r#"{"error":"invalid_scope"}"#, "rejected", Kind::AppMisconfigured),
    (Asked::Token, 401, r#"{"error":"invalid_client","error_description":"Client authentication failed due to unknown client"}"#, "rejected", Kind::AppMisconfigured),
    (Asked::Token, 403, r#"{"error":"unauthorized_client","error_description":"You are not authorized to revoke this token"}"#, "rejected", Kind::AppMisconfigured),
    (Asked::Token, 404, HTML, "rejected", Kind::InputInvalid),
    (Asked::Token, 503, "", "unknown", Kind::Unavailable),
    (Asked::Register, 422, r#"{"error":"Validation failed: Redirect URI must be an absolute URI."}"#, "rejected", Kind::AppMisconfigured),
    (Asked::Register, 404, HTML, "rejected", Kind::InputInvalid),
    (Asked::Register, 429, "", "throttled", Kind::RateLimited),
];

#[test]
fn r_32_every_answer_of_an_instance_has_one_meaning() {
    assert!(CASES.len() >= 40);
    for (ask, status, body, outcome, kind) in CASES {
        let failure = of_answer(*ask, *status, &HeaderMap::new(), body.as_bytes(), now());
        let found = serde_json::to_value(&failure.outcome).expect("JSON");
        assert_eq!((found.as_str(), failure.kind), (Some(*outcome), *kind), "{ask:?} {status} {body}");
        assert_eq!(failure.status, Some(*status));
        assert!(failure.detail.english().len() > 30 && !failure.detail.english().contains("  "), "{}", failure.detail);
    }
}

#[test]
fn r_32_a_text_for_a_rejected_post_does_not_say_that_nothing_is_live_for_other_parts_may_be() {
    for (_, status, body, ..) in CASES.iter().filter(|case| case.0 == Asked::Post && case.3 == "rejected") {
        let failure = of_answer(Asked::Post, *status, &HeaderMap::new(), body.as_bytes(), now());
        assert!(!failure.detail.english().contains("Nothing was"), "{status}: {}", failure.detail);
    }
}

#[test]
fn r_32_the_content_type_tells_a_page_even_if_its_body_does_not() {
    let page = headers(&[("content-type", "text/html; charset=utf-8")]);
    assert_eq!(of_answer(Asked::Post, 422, &page, b"", now()).outcome, Outcome::Unknown);
}

#[test]
fn r_32_the_challenge_header_names_a_missing_scope_in_any_language() {
    let challenge = headers(&[("www-authenticate", r#"Bearer realm="Doorkeeper", error="insufficient_scope""#)]);
    let failure = of_answer(Asked::Post, 403, &challenge, r#"{"error":"Buiten bereik"}"#.as_bytes(), now());
    assert_eq!(failure.kind, Kind::ScopeMissing);
}

#[test]
fn r_32_a_pause_ends_when_the_instance_says_within_reason() {
    let retry_at = |pairs: &[(&str, &str)]| {
        let failure = of_answer(Asked::Post, 429, &headers(pairs), b"", now());
        failure.retry_at.expect("an instant").to_string()
    };
    let in_five_minutes = "2030-01-01T09:05:00Z";
    for (pairs, expected) in [
        (&[("x-ratelimit-reset", "2030-01-01T09:03:10.123456Z")][..], "2030-01-01T09:03:10.123456Z"),
        (&[("x-ratelimit-reset", "2030-01-01T10:03:10+01:00")], "2030-01-01T09:03:10Z"),
        (&[("x-ratelimit-reset", "2030-01-01T09:03:00Z"), ("retry-after", "7")], "2030-01-01T09:03:00Z"),
        (&[("x-ratelimit-reset", "2029-12-31T09:00:00Z")], in_five_minutes),
        (&[("x-ratelimit-reset", "2040-01-01T09:00:00Z")], "2030-01-02T09:00:00Z"),
        (&[("x-ratelimit-reset", "1893488590")], in_five_minutes),
        (&[("retry-after", "90")], "2030-01-01T09:01:30Z"),
        (&[("retry-after", "0")], in_five_minutes),
        (&[("retry-after", "-1")], in_five_minutes),
        (&[("retry-after", "315360000")], "2030-01-02T09:00:00Z"),
        (&[("retry-after", "Tue, 01 Jan 2030 09:02:00 GMT")], "2030-01-01T09:02:00Z"),
        (&[("retry-after", "Fri, 01 Jan 2040 09:02:00 GMT")], "2030-01-02T09:00:00Z"),
        (&[("retry-after", "soon")], in_five_minutes),
        (&[], in_five_minutes),
    ] {
        assert_eq!(retry_at(pairs), expected, "{pairs:?}");
    }
}

#[test]
fn r_32_a_success_without_an_id_is_in_doubt_for_a_post_and_not_for_an_upload() {
    let reply = Reply { status: 200, headers: HeaderMap::new(), body: bytes::Bytes::from_static(b"{}") };
    assert_eq!(JUDGE.odd(Asked::Post, &reply, "an id".into(), now()).outcome, Outcome::Unknown);
    assert_eq!(JUDGE.odd(Asked::Upload, &reply, "an id".into(), now()).outcome, Outcome::NotSent);
}

#[test]
fn r_32_what_never_left_is_not_sent_and_what_was_lost_is_in_doubt() {
    let of = |ask, error| JUDGE.lost(ask, error).outcome;
    let refusal = Refusal { rule: Refusal::NOT_PUBLIC, why: "private".into() };
    assert_eq!(of(Asked::Post, Transport::NotSent("DNS".into())), Outcome::NotSent);
    assert_eq!(of(Asked::Post, Transport::Refused(refusal)), Outcome::NotSent);
    assert_eq!(of(Asked::Post, Transport::Lost("reset".into())), Outcome::Unknown);
    assert_eq!(of(Asked::Post, Transport::TooLarge(1)), Outcome::Unknown);
    assert_eq!(of(Asked::Upload, Transport::Lost("reset".into())), Outcome::NotSent);
}

#[test]
fn r_32_trouble_waits_for_retry_after_and_not_for_the_rate_limits_window() {
    let at = |pairs: &[(&str, &str)]| of_answer(Asked::Post, 503, &headers(pairs), b"", now()).retry_at;
    assert_eq!(at(&[("x-ratelimit-reset", "2030-01-01T12:00:00Z")]), None);
    let both = [("x-ratelimit-reset", "2030-01-01T12:00:00Z"), ("retry-after", "60")];
    assert_eq!(at(&both), Some(now() + Duration::from_secs(60)));
}
