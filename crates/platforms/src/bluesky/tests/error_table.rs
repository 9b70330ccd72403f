//! Every documented answer that is no success, and some that no document foresees.

use base::Timestamp;
use connector::{FailureKind as K, Outcome as O, Reply};
use serde_json::json;

use crate::bluesky::errors::{Asked, failure};

const NOW: Timestamp = Timestamp::from_seconds(1_900_000_000);

fn reply(status: u16, body: &str, headers: &[(&'static str, &str)]) -> Reply {
    let mut reply = Reply { status, headers: Default::default(), body: body.to_owned().into() };
    for (name, value) in headers {
        reply.headers.insert(*name, value.parse().unwrap());
    }
    reply
}

fn xrpc(status: u16, error: &str, message: &str) -> Reply {
    reply(status, &json!({ "error": error, "message": message }).to_string(), &[])
}

fn oauth(status: u16, error: &str, description: &str) -> Reply {
    reply(status, &json!({ "error": error, "error_description": description }).to_string(), &[])
}

const HTML: &str = "<!doctype html><title>502 Bad Gateway</title>";

#[test]
fn r_32_every_answer_to_a_write_has_its_class() {
    use Asked::Write as W;
    let invalid_token = [("www-authenticate", "DPoP algs=\"ES256\", error=\"invalid_token\"")];
    let cases: &[(Asked, Reply, O, K)] = &[
        (
            W,
            xrpc(400, "InvalidRequest", "Invalid app.bsky.feed.post record: text is too long"),
            O::Rejected,
            K::ContentRefused,
        ),
        (
            W,
            xrpc(
                400,
                "InvalidRequest",
                "blob too big (maximum 2000000, got 3000000) at $.record.embed.images[0].image",
            ),
            O::Rejected,
            K::MediaRefused,
        ),
        (W, xrpc(400, "InvalidRequest", "Invalid record key: Invalid TID string"), O::Rejected, K::ContentRefused),
        (W, xrpc(400, "InvalidSwap", "Record was at bafy"), O::Rejected, K::Duplicate),
        (W, xrpc(400, "BlobNotFound", "Could not find blob: bafk"), O::Rejected, K::MediaNotReady),
        (W, xrpc(400, "ExpiredToken", "Token has expired"), O::Rejected, K::TokenExpired),
        (W, xrpc(401, "ExpiredToken", "Token has expired"), O::Rejected, K::TokenExpired),
        (W, xrpc(400, "InvalidToken", "Token could not be verified"), O::Rejected, K::TokenExpired),
        (W, xrpc(401, "invalid_token", "Token is not active"), O::Rejected, K::TokenExpired),
        (W, reply(401, "", &invalid_token), O::Rejected, K::TokenExpired),
        (W, xrpc(401, "use_dpop_nonce", "nonce"), O::Throttled, K::RateLimited),
        (W, xrpc(401, "invalid_dpop_proof", "DPoP proof replayed"), O::Rejected, K::AppMisconfigured),
        (W, xrpc(401, "AuthMissing", "Authentication Required"), O::Rejected, K::ReconnectNeeded),
        (W, xrpc(401, "AuthenticationRequired", ""), O::Rejected, K::ReconnectNeeded),
        (W, xrpc(401, "SomethingNew", ""), O::Rejected, K::ReconnectNeeded),
        (
            W,
            xrpc(403, "ScopeMissingError", "Missing required scope \"repo:app.bsky.feed.post\""),
            O::Rejected,
            K::ScopeMissing,
        ),
        (W, xrpc(403, "AccountNotFound", "Could not find account"), O::Rejected, K::ReconnectNeeded),
        (W, xrpc(400, "AccountTakedown", "Account has been taken down"), O::Rejected, K::AccountBlocked),
        (W, xrpc(403, "AccountTakedown", "Account has been taken down"), O::Rejected, K::AccountBlocked),
        (W, xrpc(400, "RepoTakendown", ""), O::Rejected, K::AccountBlocked),
        (W, xrpc(400, "RepoDeactivated", ""), O::Rejected, K::AccountBlocked),
        (W, xrpc(403, "AccountDeactivated", ""), O::Rejected, K::AccountBlocked),
        (W, xrpc(413, "PayloadTooLarge", "request entity too large"), O::Rejected, K::ContentRefused),
        (W, reply(413, HTML, &[]), O::Rejected, K::ContentRefused),
        (W, xrpc(429, "RateLimitExceeded", "Rate Limit Exceeded"), O::Throttled, K::RateLimited),
        (W, reply(429, HTML, &[]), O::Throttled, K::RateLimited),
        (W, reply(429, "", &[]), O::Throttled, K::RateLimited),
        (W, xrpc(501, "MethodNotImplemented", "Method Not Implemented"), O::Rejected, K::AppMisconfigured),
        (W, xrpc(500, "InternalServerError", "Internal Server Error"), O::Unknown, K::Unavailable),
        (W, xrpc(502, "UpstreamFailure", ""), O::Unknown, K::Unavailable),
        (W, xrpc(503, "NotEnoughResources", ""), O::Unknown, K::Unavailable),
        (W, reply(502, HTML, &[]), O::Unknown, K::Unavailable),
        (W, reply(503, "", &[]), O::Unknown, K::Unavailable),
        (W, reply(504, "", &[]), O::Unknown, K::Unavailable),
        (W, reply(520, HTML, &[]), O::Unknown, K::Unavailable),
        (W, reply(408, "", &[]), O::Unknown, K::Unavailable),
        (W, reply(403, HTML, &[]), O::Unknown, K::BadAnswer),
        (W, reply(404, HTML, &[]), O::Unknown, K::BadAnswer),
        (W, reply(404, "", &[]), O::Unknown, K::BadAnswer),
        (W, reply(301, "", &[]), O::Unknown, K::BadAnswer),
        (W, reply(400, "{\"error\":", &[]), O::Unknown, K::BadAnswer),
        (W, xrpc(400, "SomethingNew", "no"), O::Rejected, K::ContentRefused),
        (W, xrpc(404, "XRPCNotSupported", "no"), O::Rejected, K::ContentRefused),
    ];
    assert!(cases.len() >= 40);
    judge(cases);
}

#[test]
fn r_32_the_same_words_mean_other_things_elsewhere() {
    use Asked::{OAuth, Read, Session, SignIn, Upload};
    judge(&[
        (Upload, xrpc(413, "PayloadTooLarge", "request entity too large"), O::Rejected, K::MediaRefused),
        (Upload, xrpc(400, "InvalidRequest", "bad"), O::Rejected, K::MediaRefused),
        (Upload, xrpc(500, "InternalServerError", ""), O::Unknown, K::Unavailable),
        (Read, xrpc(400, "RecordNotFound", "Could not locate record"), O::Rejected, K::RemoteNotFound),
        (Read, xrpc(400, "InvalidRequest", "Could not locate record"), O::Rejected, K::RemoteNotFound),
        (Read, xrpc(400, "HandleNotFound", "Unable to resolve handle"), O::Rejected, K::RemoteNotFound),
        (SignIn, xrpc(401, "AuthenticationRequired", "Invalid identifier or password"), O::Rejected, K::InputInvalid),
        (SignIn, xrpc(401, "AuthFactorTokenRequired", ""), O::Rejected, K::InputInvalid),
        (SignIn, xrpc(401, "AccountTakedown", ""), O::Rejected, K::AccountBlocked),
        (SignIn, xrpc(429, "RateLimitExceeded", ""), O::Throttled, K::RateLimited),
        (Session, xrpc(400, "ExpiredToken", "Token has been revoked"), O::Rejected, K::ReconnectNeeded),
        (Session, xrpc(400, "InvalidToken", ""), O::Rejected, K::ReconnectNeeded),
        (OAuth, oauth(400, "invalid_grant", "Refresh token replayed"), O::Rejected, K::ReconnectNeeded),
        (OAuth, oauth(400, "invalid_grant", "Invalid code"), O::Rejected, K::ReconnectNeeded),
        (OAuth, oauth(400, "invalid_client", "no such key"), O::Rejected, K::AppMisconfigured),
        (OAuth, oauth(400, "invalid_client_metadata", "could not fetch"), O::Rejected, K::AppMisconfigured),
        (OAuth, oauth(400, "invalid_request", "required a client_assertion"), O::Rejected, K::AppMisconfigured),
        (OAuth, oauth(400, "invalid_scope", "not declared"), O::Rejected, K::AppMisconfigured),
        (OAuth, oauth(400, "use_dpop_nonce", ""), O::Throttled, K::RateLimited),
        (OAuth, oauth(400, "invalid_dpop_proof", "iat"), O::Rejected, K::AppMisconfigured),
        (OAuth, oauth(500, "server_error", ""), O::Unknown, K::Unavailable),
        (OAuth, oauth(400, "temporarily_unavailable", ""), O::Unknown, K::Unavailable),
        (OAuth, reply(429, "", &[]), O::Throttled, K::RateLimited),
        (OAuth, reply(502, HTML, &[]), O::Unknown, K::Unavailable),
    ]);
}

fn judge(cases: &[(Asked, Reply, O, K)]) {
    for (asked, reply, outcome, kind) in cases {
        let failure = failure(*asked, reply, NOW);
        let case = format!("{asked:?} {} {}", reply.status, reply.text());
        assert_eq!((&failure.outcome, failure.kind), (outcome, *kind), "{case}");
        assert_eq!(failure.status, Some(reply.status), "{case}");
        assert!(failure.detail.english().len() > 20, "says what happened: {case}: {}", failure.detail);
        assert_eq!(failure.retry_at.is_some(), *outcome == O::Throttled, "{case}");
    }
}

#[test]
fn f_09_absurd_waits_are_clamped_to_between_a_second_and_a_day() {
    let wait = |headers: &[(&'static str, &str)]| {
        let failure = failure(Asked::Write, &reply(429, "", headers), NOW);
        failure.retry_at.expect("a time").as_seconds() - NOW.as_seconds()
    };
    let day = 24 * 3600;
    let date = |seconds: i64| {
        jiff::fmt::rfc2822::to_string(
            &jiff::Timestamp::from_second(NOW.as_seconds() + seconds).unwrap().to_zoned(jiff::tz::TimeZone::UTC),
        )
        .unwrap()
    };
    assert_eq!(wait(&[("retry-after", "290")]), 290);
    assert_eq!(wait(&[("retry-after", "0")]), 60);
    assert_eq!(wait(&[("retry-after", "-1")]), 60);
    assert_eq!(wait(&[("retry-after", "315360000")]), day, "ten years");
    assert_eq!(wait(&[("retry-after", "99999999999999999999")]), 60, "no number");
    assert_eq!(wait(&[("retry-after", &date(120))]), 120);
    assert_eq!(wait(&[("retry-after", &date(-120))]), 60, "in the past");
    assert_eq!(wait(&[("retry-after", "soon")]), 60);
    assert_eq!(wait(&[]), 60);
    assert_eq!(wait(&[("ratelimit-reset", "1900000300")]), 300);
    assert_eq!(wait(&[("ratelimit-reset", "1800000000")]), 60, "in the past");
    assert_eq!(wait(&[("ratelimit-reset", "9223372036854775807")]), day);
    assert_eq!(wait(&[("retry-after", "10"), ("ratelimit-reset", "1900000300")]), 10, "the direct word counts");
}

#[test]
fn details_carry_no_more_of_the_servers_words_than_a_screen_can_show() {
    let failure = failure(Asked::Write, &xrpc(400, "InvalidRequest", &"x".repeat(100_000)), NOW);
    assert!(failure.detail.english().len() < 1_000);
}
