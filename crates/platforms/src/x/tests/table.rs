//! Every row of the error table, and what is no documented answer at all.

use std::time::Duration;

use base::Timestamp;
use connector::{Failure, FailureKind as K, Outcome, Reply, Transport};
use serde_json::json;

use super::NOW;
use crate::x::{
    errors::{self, Asked},
    publish, wire,
};

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| {
        (http::HeaderName::try_from(*name).expect("a name"), http::HeaderValue::try_from(*value).expect("a value"))
    });
    Reply { status, headers: headers.collect(), body: body.to_owned().into() }
}

fn problem(kind: &str, title: &str, detail: &str, status: u16) -> String {
    let kind = if kind.contains(':') { kind.to_owned() } else { format!("https://api.x.com/2/problems/{kind}") };
    json!({ "type": kind, "title": title, "detail": detail, "status": status }).to_string()
}

fn legacy(code: i64, message: &str) -> String {
    json!({ "errors": [{ "code": code, "message": message }] }).to_string()
}

fn oauth(error: &str, description: &str) -> String {
    json!({ "error": error, "error_description": description }).to_string()
}

fn of(asked: Asked, status: u16, body: &str) -> Failure {
    let reply = reply(status, &[], body);
    if asked == Asked::Post {
        publish::created(&reply, NOW).expect_err("a failure")
    } else {
        errors::failure(asked, &reply, NOW)
    }
}

const REJECTED: Outcome = Outcome::Rejected;
const THROTTLED: Outcome = Outcome::Throttled;
const UNKNOWN: Outcome = Outcome::Unknown;
const NOT_SENT: Outcome = Outcome::NotSent;

#[test]
fn r_32_each_answer_to_a_visible_write_has_its_outcome_and_kind() {
    let invalid = |detail: &str| problem("invalid-request", "Invalid Request", detail, 400);
    let blank = |title: &str, detail: &str, status| problem("about:blank", title, detail, status);
    #[rustfmt::skip]
    let rows: Vec<(u16, String, Outcome, K)> = vec![
        // Documented refusals: nothing was posted.
        (400, invalid("One or more parameters to your request was invalid."), REJECTED, K::ContentRefused),
        (400, json!({"errors":[{"message":"text is too odd","parameters":{"text":["x"]}}],"title":"Invalid Request","type":"https://api.twitter.com/2/problems/invalid-request"}).to_string(), REJECTED, K::ContentRefused),
        (400, invalid("You are not allowed to post a video longer than 2 minutes."), REJECTED, K::MediaRefused),
        (403, blank("Forbidden", "You are not allowed to post a video longer than 2 minutes.", 403), REJECTED, K::MediaRefused),
        (400, invalid("$.media.media_ids: maximum of 4 items"), REJECTED, K::ContentRefused),
        (400, invalid("The Tweet contains an invalid URL."), REJECTED, K::ContentRefused),
        (400, invalid("Your media IDs are invalid."), REJECTED, K::MediaNotReady),
        (400, blank("Bad Request", "Your Tweet text is too long. For more information on how text length is determined see our documentation.", 400), REJECTED, K::ContentRefused),
        (403, blank("Forbidden", "You attempted to reply to a Tweet that is deleted or not visible to you.", 403), REJECTED, K::RemoteNotFound),
        (403, legacy(385, "You attempted to reply to a Tweet that is deleted or not visible to you."), REJECTED, K::RemoteNotFound),
        (403, blank("Forbidden", "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.", 403), REJECTED, K::ContentRefused),
        (403, blank("Forbidden", "Quoting this post is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are quoting.", 403), REJECTED, K::ContentRefused),
        (401, blank("Unauthorized", "Unauthorized", 401), REJECTED, K::TokenExpired),
        (401, String::new(), REJECTED, K::TokenExpired),
        (402, problem("credits", "CreditsDepleted", "Your enrolled account does not have any credits.", 402), REJECTED, K::QuotaUsedUp),
        (402, String::new(), REJECTED, K::QuotaUsedUp),
        (403, blank("Forbidden", "You are not allowed to create a Tweet with duplicate content.", 403), REJECTED, K::Duplicate),
        (403, legacy(187, "Status is a duplicate."), REJECTED, K::Duplicate),
        (403, blank("Forbidden", "You are not permitted to perform this action.", 403), REJECTED, K::ContentRefused),
        (403, blank("Forbidden", "A post may have a maximum of one cashtag.", 403), REJECTED, K::ContentRefused),
        (403, problem("user-suspended", "Forbidden", "User has been suspended", 403), REJECTED, K::AccountBlocked),
        (403, blank("Forbidden", "Your account is suspended and is not permitted to access this feature.", 403), REJECTED, K::AccountBlocked),
        (403, blank("Forbidden", "Your account is temporarily locked.", 403), REJECTED, K::AccountBlocked),
        (403, problem("unsupported-authentication", "Unsupported Authentication", "Authenticating with OAuth 2.0 Application-Only is forbidden", 403), REJECTED, K::AppMisconfigured),
        (403, problem("client-not-enrolled", "Client Forbidden", "not enrolled", 403), REJECTED, K::AppMisconfigured),
        (403, problem("https://api.twitter.com/2/problems/client-forbidden", "Client Forbidden", "x", 403), REJECTED, K::AppMisconfigured),
        (403, blank("Forbidden", "Your account is not permitted to access this feature.", 403), REJECTED, K::AppMisconfigured),
        (403, problem("oauth1-permissions", "Forbidden", "read only", 403), REJECTED, K::AppMisconfigured),
        (403, blank("Forbidden", "The token lacks the scope tweet.write", 403), REJECTED, K::ScopeMissing),
        (403, problem("not-authorized-for-resource", "Authorization Error", "protected", 403), REJECTED, K::ContentRefused),
        (403, problem("disallowed-resource", "Disallowed Resource", "no", 403), REJECTED, K::ContentRefused),
        (403, problem("resource-unavailable", "Resource Unavailable", "gone", 403), REJECTED, K::RemoteNotFound),
        (403, problem("usage-capped", "UsageCapExceeded", "Usage cap exceeded", 403), REJECTED, K::QuotaUsedUp),
        (403, blank("Forbidden", "Something new", 403), REJECTED, K::ContentRefused),
        (403, legacy(186, "Tweet needs to be a bit shorter."), REJECTED, K::ContentRefused),
        (404, problem("resource-not-found", "Not Found Error", "Could not find tweet with id", 404), REJECTED, K::RemoteNotFound),
        (409, blank("Conflict", "conflict", 409), REJECTED, K::ContentRefused),
        // Refused for now, documented to have had no effect.
        (429, problem("rate-limit-exceeded", "Too Many Requests", "Too Many Requests", 429), THROTTLED, K::RateLimited),
        (429, legacy(88, "Rate limit exceeded"), THROTTLED, K::RateLimited),
        (429, String::new(), THROTTLED, K::RateLimited),
        (429, "<html>slow down</html>".into(), THROTTLED, K::RateLimited),
        (429, problem("usage-capped", "UsageCapExceeded", "Monthly cap", 429), REJECTED, K::QuotaUsedUp),
        (400, legacy(88, "Rate limit exceeded"), THROTTLED, K::RateLimited),
        // Success that is a refusal.
        (201, json!({"errors":[{"type":"https://api.x.com/2/problems/invalid-request","title":"Invalid Request","detail":"no"}]}).to_string(), REJECTED, K::ContentRefused),
        (200, json!({"errors":[{"type":"about:blank","title":"Forbidden","detail":"You are not permitted to perform this action.","status":403}]}).to_string(), REJECTED, K::ContentRefused),
        (200, json!({"errors":[{"type":"https://api.x.com/2/problems/resource-not-found","title":"Not Found Error"}]}).to_string(), REJECTED, K::RemoteNotFound),
        (200, json!({"errors":[{"type":"https://api.x.com/2/problems/rate-limit-exceeded","title":"Too Many Requests"}]}).to_string(), THROTTLED, K::RateLimited),
        (200, json!({"errors":[{"type":"https://api.x.com/2/problems/internal-error","title":"Internal"}]}).to_string(), UNKNOWN, K::Unavailable),
        // Everything else may have been applied.
        (408, String::new(), UNKNOWN, K::Unavailable),
        (500, problem("internal-error", "Internal Server Error", "x", 500), UNKNOWN, K::Unavailable),
        (502, "<html><h1>Bad Gateway</h1></html>".into(), UNKNOWN, K::Unavailable),
        (503, blank("Service Unavailable", "Service Unavailable", 503), UNKNOWN, K::Unavailable),
        (504, String::new(), UNKNOWN, K::Unavailable),
        (403, problem("internal-error", "Internal Server Error", "x", 403), UNKNOWN, K::Unavailable),
        (403, "<html>Checking your browser</html>".into(), UNKNOWN, K::BadAnswer),
        (404, "not found".into(), UNKNOWN, K::BadAnswer),
        (418, blank("Teapot", "x", 418), UNKNOWN, K::BadAnswer),
        (302, String::new(), UNKNOWN, K::BadAnswer),
        (200, String::new(), UNKNOWN, K::BadAnswer),
        (201, "<!doctype html><p>one moment".into(), UNKNOWN, K::BadAnswer),
        (201, r#"{"data":{"id":"19900"#.into(), UNKNOWN, K::BadAnswer),
        (201, r#"{"data":{"text":"no id"}}"#.into(), UNKNOWN, K::BadAnswer),
        (201, r#"{"data":{"id":"","text":"empty"}}"#.into(), UNKNOWN, K::BadAnswer),
        (201, r#"{"data":{"id":"not digits","text":"x"}}"#.into(), UNKNOWN, K::BadAnswer),
        (200, r#"{"data":null,"errors":[]}"#.into(), UNKNOWN, K::BadAnswer),
        (200, "[]".into(), UNKNOWN, K::BadAnswer),
    ];
    assert!(rows.len() >= 40);
    for (status, body, outcome, kind) in rows {
        let failure = of(Asked::Post, status, &body);
        assert_eq!((&failure.outcome, failure.kind), (&outcome, kind), "{status} {body}");
        assert_eq!(failure.status, Some(status));
        assert_eq!(failure.retry_at.is_some(), outcome == THROTTLED, "{status} {body}");
        let in_doubt = ["may be live", "probably live"].iter().any(|words| failure.detail.english().contains(words));
        assert_eq!(in_doubt, outcome == UNKNOWN || kind == K::Duplicate, "{}", failure.detail);
        assert!(!failure.detail.english().contains("Nothing was"), "other parts may be live: {}", failure.detail);
    }
}

#[test]
fn an_unknown_refusal_and_a_known_one_do_not_share_their_words() {
    let detail = |text: &str| of(Asked::Post, 403, &problem("about:blank", "Forbidden", text, 403)).detail;
    let other = detail("Something new");
    let reply = detail("Reply to this conversation is not allowed because you have not been mentioned.");
    let quote = detail("Quoting this post is not allowed because you have not been mentioned.");
    assert!(reply != other && quote != other && reply != quote);
    assert!(quote.english().contains("link") && reply.english().contains("separate post"), "{quote} {reply}");
    let long = of(Asked::Post, 400, &problem("about:blank", "Bad Request", "Your Tweet text is too long.", 400));
    assert!(long.detail.english().contains("Shorten it"), "{}", long.detail);
}

#[test]
fn a_part_whose_own_parent_is_new_is_tried_again_and_an_old_one_is_gone() {
    let refused = || {
        let words = "You attempted to reply to a Tweet that is deleted or not visible to you.";
        of(Asked::Post, 403, &problem("about:blank", "Forbidden", words, 403))
    };
    let age = |seconds| errors::of_answer_to_own(refused(), NOW - Duration::from_secs(seconds), NOW);
    let young = age(3);
    assert_eq!((young.outcome, young.retry_at), (THROTTLED, Some(NOW + Duration::from_secs(5))));
    assert!(young.detail.english().contains("tries this part again"), "{}", young.detail);
    let old = age(600);
    assert_eq!((old.outcome, old.kind), (REJECTED, K::RemoteNotFound));
    let other = errors::of_answer_to_own(of(Asked::Post, 403, ""), NOW, NOW);
    assert_ne!(other.outcome, THROTTLED, "only this refusal passes by itself");
    assert_eq!(wire::made_at("1990000000000000001").map(Timestamp::as_seconds), Some(1_763_287_947));
}

#[test]
fn r_32_uploads_reads_deletions_and_tokens_have_their_own_meanings() {
    let invalid = problem("invalid-request", "Invalid Request", "no", 400);
    let gone = problem("resource-not-found", "Not Found Error", "no", 404);
    #[rustfmt::skip]
    let rows: Vec<(Asked, u16, String, Outcome, K)> = vec![
        (Asked::Upload, 400, invalid.clone(), REJECTED, K::MediaRefused),
        (Asked::Upload, 404, gone.clone(), REJECTED, K::MediaNotReady),
        (Asked::Upload, 409, problem("about:blank", "Conflict", "x", 409), REJECTED, K::MediaNotReady),
        (Asked::Upload, 413, String::new(), REJECTED, K::MediaRefused),
        (Asked::Upload, 503, String::new(), NOT_SENT, K::Unavailable),
        (Asked::Upload, 401, String::new(), REJECTED, K::TokenExpired),
        (Asked::Upload, 429, String::new(), THROTTLED, K::RateLimited),
        (Asked::Read, 404, gone.clone(), REJECTED, K::RemoteNotFound),
        (Asked::Read, 500, String::new(), NOT_SENT, K::Unavailable),
        (Asked::Read, 402, String::new(), REJECTED, K::QuotaUsedUp),
        (Asked::Delete, 404, gone, REJECTED, K::RemoteNotFound),
        (Asked::Delete, 403, problem("about:blank", "Forbidden", "You are not permitted to perform this action.", 403), REJECTED, K::ScopeMissing),
        (Asked::Delete, 500, String::new(), UNKNOWN, K::Unavailable),
        (Asked::Refresh, 400, oauth("invalid_request", "Value passed for the token was invalid."), REJECTED, K::ReconnectNeeded),
        (Asked::Refresh, 400, oauth("invalid_grant", "x"), REJECTED, K::ReconnectNeeded),
        (Asked::Refresh, 401, oauth("invalid_client", "x"), REJECTED, K::AppMisconfigured),
        (Asked::Refresh, 401, oauth("unauthorized_client", "Missing valid authorization header"), REJECTED, K::AppMisconfigured),
        (Asked::Refresh, 400, oauth("unauthorized_client", "x"), REJECTED, K::AppMisconfigured),
        (Asked::Refresh, 429, String::new(), THROTTLED, K::RateLimited),
        (Asked::Refresh, 503, "<html>".into(), UNKNOWN, K::Unavailable),
        (Asked::Refresh, 400, "<html>".into(), UNKNOWN, K::BadAnswer),
        (Asked::Code, 400, oauth("invalid_request", "Value passed for the authorization code was invalid."), REJECTED, K::ReconnectNeeded),
        (Asked::Code, 400, oauth("invalid_request", "Value passed for the redirect uri did not match."), REJECTED, K::AppMisconfigured),
        (Asked::Code, 401, oauth("invalid_client", "x"), REJECTED, K::AppMisconfigured),
        (Asked::Revoke, 500, String::new(), NOT_SENT, K::Unavailable),
        (Asked::Revoke, 400, oauth("invalid_request", "Value passed for the token was invalid."), REJECTED, K::ReconnectNeeded),
    ];
    for (asked, status, body, outcome, kind) in rows {
        let failure = of(asked, status, &body);
        assert_eq!((&failure.outcome, failure.kind), (&outcome, kind), "{asked:?} {status} {body}");
    }
}

#[test]
fn r_32_what_never_left_is_not_sent_and_a_lost_answer_is_doubt_only_where_repeating_harms() {
    let refused = || Transport::NotSent("connection refused".into());
    let lost = || Transport::Lost("reset".into());
    for asked in [Asked::Post, Asked::Upload, Asked::Refresh] {
        assert_eq!(errors::lost(asked, refused()).outcome, NOT_SENT);
    }
    assert_eq!(errors::lost(Asked::Post, lost()).outcome, UNKNOWN);
    assert_eq!(errors::lost(Asked::Post, Transport::TooLarge(8)).outcome, UNKNOWN);
    assert_eq!(errors::lost(Asked::Refresh, lost()).outcome, UNKNOWN);
    assert_eq!(errors::lost(Asked::Upload, lost()).outcome, NOT_SENT);
    assert_eq!(errors::lost(Asked::Read, lost()).outcome, NOT_SENT);
}

#[test]
fn f_09_the_wait_comes_from_the_network_s_headers_and_absurd_ones_are_bounded() {
    let now = NOW.as_seconds();
    let at = |headers: &[(&str, &str)]| {
        errors::failure(Asked::Post, &reply(429, headers, ""), NOW).retry_at.map_or(0, Timestamp::as_seconds) - now
    };
    let day = 24 * 60 * 60;
    let reset = |seconds: i64| (now + seconds).to_string();
    #[rustfmt::skip]
    let cases: Vec<(Vec<(&str, String)>, i64)> = vec![
        (vec![], 900),
        (vec![("x-rate-limit-reset", reset(300))], 300),
        (vec![("x-rate-limit-reset", reset(-60))], 15),
        (vec![("x-rate-limit-reset", "0".into())], 15),
        (vec![("x-rate-limit-reset", reset(10 * 365 * day))], day),
        (vec![("x-rate-limit-reset", i64::MAX.to_string())], day),
        (vec![("x-rate-limit-reset", "soon".into())], 900),
        (vec![("x-rate-limit-reset", reset(300)), ("x-user-limit-24hour-remaining", "0".into()), ("x-user-limit-24hour-reset", reset(7_200))], 7_200),
        (vec![("x-rate-limit-reset", reset(300)), ("x-app-limit-24hour-remaining", "5".into()), ("x-app-limit-24hour-reset", reset(7_200))], 300),
        (vec![("retry-after", "120".into())], 120),
        (vec![("retry-after", "0".into())], 15),
        (vec![("retry-after", "-1".into())], 15),
        (vec![("retry-after", "315360000".into())], day),
        (vec![("retry-after", "Wed, 21 Oct 2035 07:28:00 GMT".into())], 900),
    ];
    for (headers, seconds) in cases {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(at(&headers), seconds, "{headers:?}");
    }
}

#[test]
fn a_deletion_of_what_is_gone_counts_as_done() {
    use connector::Deleted;
    let said = |status, body: &str| publish::deleted(&reply(status, &[], body), NOW);
    assert_eq!(said(200, r#"{"data":{"deleted":true}}"#).expect("done"), Deleted::Gone);
    assert_eq!(said(404, &problem("resource-not-found", "Not Found Error", "x", 404)).expect("done"), Deleted::WasGone);
    let inside =
        json!({"errors":[{"type":"https://api.x.com/2/problems/resource-not-found","title":"Not Found Error"}]});
    assert_eq!(said(200, &inside.to_string()).expect("done"), Deleted::WasGone);
    assert_eq!(said(200, r#"{"data":{"deleted":false}}"#).expect_err("no").outcome, UNKNOWN);
    assert_eq!(said(404, "nothing here").expect_err("a proxy's").outcome, UNKNOWN);
}

#[test]
fn the_code_of_a_failure_is_x_s_own_name_for_it() {
    let code = |body: &str| of(Asked::Post, 403, body).code;
    assert_eq!(code(&problem("usage-capped", "x", "x", 403)).as_deref(), Some("usage-capped"));
    assert_eq!(code(&legacy(187, "Status is a duplicate.")).as_deref(), Some("187"));
    assert_eq!(code(&problem("about:blank", "Forbidden", "x", 403)), None);
}
