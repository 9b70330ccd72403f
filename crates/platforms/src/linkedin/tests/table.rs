//! Every documented refusal, and what is no documented answer at all.

use connector::{FailureKind as K, Outcome, Reply};
use serde_json::{Value, json};

use super::NOW;
use crate::{
    kit::judge::Sign,
    linkedin::errors::{Asked, JUDGE, ROWS},
};

const REJECTED: Outcome = Outcome::Rejected;
const THROTTLED: Outcome = Outcome::Throttled;
const UNKNOWN: Outcome = Outcome::Unknown;
const NOT_SENT: Outcome = Outcome::NotSent;

const LOGIN: (Outcome, K) = (REJECTED, K::TokenExpired);
const LOST: (Outcome, K) = (REJECTED, K::ReconnectNeeded);
const SCOPE: (Outcome, K) = (REJECTED, K::ScopeMissing);
const CONTENT: (Outcome, K) = (REJECTED, K::ContentRefused);
const FILE: (Outcome, K) = (REJECTED, K::MediaRefused);
const ANEW: (Outcome, K) = (REJECTED, K::MediaNotReady);
const SOON: (Outcome, K) = (THROTTLED, K::MediaNotReady);
const SAME: (Outcome, K) = (REJECTED, K::Duplicate);
const APP: (Outcome, K) = (REJECTED, K::AppMisconfigured);
const GONE: (Outcome, K) = (REJECTED, K::RemoteNotFound);
const BUG: (Outcome, K) = (REJECTED, K::BadAnswer);
const RATE: (Outcome, K) = (THROTTLED, K::RateLimited);

/// What a refusal means for each of [`ASKED`].
type Meant = [(Outcome, K); 3];
const ASKED: [Asked; 3] = [Asked::Upload, Asked::Publish, Asked::Read];

/// Names and numbers that LinkedIn documents or clients report, each with its status.
#[rustfmt::skip]
const DOCUMENTED: &[(u16, &str, i64, Meant)] = &[
    (400, "MISSING_FIELD", 0, [FILE, CONTENT, BUG]), (400, "INVALID_URN_TYPE", 0, [FILE, CONTENT, BUG]),
    (400, "INVALID_URN_ID", 0, [FILE, CONTENT, BUG]), (400, "INVALID_VIDEO_ID", 0, [FILE, CONTENT, BUG]),
    (400, "INVALID_VALUE_FOR_FIELD", 0, [FILE, CONTENT, BUG]), (400, "ILLEGAL_ARGUMENT", 0, [FILE, CONTENT, BUG]),
    (400, "PARAM_MISSING", 0, [FILE, CONTENT, BUG]), (400, "QUERY_PARAM_NOT_ALLOWED", 0, [FILE, CONTENT, BUG]),
    (400, "FIELD_LENGTH_TOO_LONG", 0, [FILE, CONTENT, BUG]), (400, "FIELD_ARRAY_SIZE_TOO_HIGH", 0, [FILE, CONTENT, BUG]),
    (400, "MEDIA_ASSET_WAITING_UPLOAD", 0, [SOON; 3]), (400, "MEDIA_ASSET_PROCESSING_FAILED", 0, [FILE; 3]),
    (400, "EXPIRED_UPLOAD_URL", 0, [ANEW; 3]), (400, "UPDATING_ASSET_FAILED", 0, [ANEW; 3]),
    (400, "VERSION_MISSING", 0, [APP; 3]), (426, "NONEXISTENT_VERSION", 0, [APP; 3]),
    (401, "INVALID_ACCESS_TOKEN", 65_600, [LOGIN; 3]), (401, "REVOKED_ACCESS_TOKEN", 65_601, [LOST; 3]),
    (401, "EXPIRED_ACCESS_TOKEN", 65_602, [LOGIN; 3]), (401, "EMPTY_ACCESS_TOKEN", 65_604, [LOGIN; 3]),
    (403, "ACCESS_DENIED", 100, [SCOPE; 3]),
    (404, "NOT_FOUND", 0, [ANEW, GONE, GONE]), (404, "RESOURCE_NOT_FOUND", 0, [ANEW, GONE, GONE]),
    (409, "CONFLICT", 0, [(NOT_SENT, K::Unavailable), (UNKNOWN, K::Unavailable), (NOT_SENT, K::Unavailable)]),
    (411, "LENGTH_REQUIRED", 0, [BUG; 3]),
    (422, "DUPLICATE_POST", 0, [FILE, SAME, BUG]),
    (429, "TOO_MANY_REQUESTS", 101, [RATE; 3]),
    (500, "INTERNAL_SERVER_ERROR", 0, [(NOT_SENT, K::Unavailable), (UNKNOWN, K::Unavailable), (NOT_SENT, K::Unavailable)]),
    (503, "SERVICE_UNAVAILABLE", 0, [(NOT_SENT, K::Unavailable), (UNKNOWN, K::Unavailable), (NOT_SENT, K::Unavailable)]),
];

/// Errors of the authorization server.
const SIGN_IN: &[&str] = &["invalid_client", "unauthorized_client", "invalid_grant", "invalid_request"];

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: http::HeaderMap::new(), body: body.to_string().into() }
}

fn judged(asked: Asked, status: u16, body: &Value) -> (Outcome, K) {
    let failure = JUDGE.refused(asked, &reply(status, body), NOW);
    (failure.outcome, failure.kind)
}

#[test]
fn r_32_each_documented_refusal_has_its_outcome_and_kind_in_both_shapes() {
    for (status, name, number, expected) in DOCUMENTED {
        let mut plain = json!({ "status": status, "code": name, "message": "no" });
        if *number > 0 {
            plain["serviceErrorCode"] = json!(number);
        }
        let detailed = json!({
            "status": status, "message": "no", "errorDetailType": "com.linkedin.common.error.BadRequest",
            "errorDetails": { "inputErrors": [{ "code": name, "description": "no" }] },
        });
        for (asked, meant) in ASKED.into_iter().zip(expected) {
            assert_eq!(judged(asked, *status, &plain), *meant, "{name}, {asked:?}");
            assert_eq!(judged(asked, *status, &detailed), *meant, "{name} in details, {asked:?}");
        }
    }
}

#[test]
fn every_name_and_number_in_a_row_is_a_documented_one() {
    for row in ROWS {
        match row.sign() {
            Sign::Name(names) => {
                let is_known =
                    |name: &&str| DOCUMENTED.iter().any(|(_, known, ..)| known == name) || SIGN_IN.contains(name);
                assert!(names.iter().all(is_known), "{names:?}");
            }
            Sign::Number(numbers) => {
                assert!(numbers.iter().all(|number| DOCUMENTED.iter().any(|(_, _, known, _)| known == number)));
            }
            _ => {}
        }
    }
}

#[test]
fn r_32_words_decide_where_a_name_says_too_little() {
    let said = |message: &str| json!({ "message": message, "status": 400 });
    let oauth = |error: &str, description: &str| json!({ "error": error, "error_description": description });
    let no_activity = said("Unable to obtain activity for urn:li:share:7");
    for (asked, status, body, meant) in [
        (Asked::Comment, 404, no_activity.clone(), (THROTTLED, K::RemoteNotFound)),
        (Asked::Comment, 403, no_activity.clone(), (THROTTLED, K::RemoteNotFound)),
        (Asked::Delete, 404, no_activity, GONE),
        (Asked::Publish, 429, said("Resource level throttle APPLICATION DAY limit is reached."), RATE),
        (Asked::Comment, 429, said("Comment create throttled"), RATE),
        (Asked::Publish, 400, said("Content is a duplicate of urn:li:share:71"), SAME),
        (Asked::Code, 400, oauth("invalid_request", "appid/redirect uri/code verifier does not match"), APP),
        (Asked::Code, 400, oauth("invalid_grant", "authorization code not found"), LOST),
        (Asked::Code, 401, oauth("invalid_client", "Client authentication failed"), APP),
        (Asked::Refresh, 400, oauth("invalid_grant", "expired"), LOST),
        (Asked::Token, 401, oauth("invalid_client", "no"), APP),
    ] {
        assert_eq!(judged(asked, status, &body), meant, "{asked:?} {body}");
    }
}

#[test]
fn a_duplicate_names_the_post_that_is_there_wherever_it_stands() {
    let said = |body: &Value| JUDGE.refused(Asked::Publish, &reply(422, body), NOW).detail.english();
    let wherever = [
        json!({ "message": "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of urn:li:ugcPost:71" }),
        json!({ "message": "no", "errorDetails": { "inputErrors": [
            { "code": "DUPLICATE_POST", "description": "Duplicate post is detected. urn:li:ugcPost:71" },
        ] } }),
    ];
    for body in wherever {
        assert!(said(&body).contains("(urn:li:ugcPost:71)"), "{body}");
    }
    let of_person = json!({ "message": "Content is a duplicate of urn:li:person:71" });
    assert!(!said(&of_person).contains("urn:li"), "a URN of another kind is no post");
}

#[test]
fn r_34_a_day_s_quota_waits_an_hour_and_a_burst_a_minute() {
    let wait = |message: &str| {
        let failure = JUDGE.refused(Asked::Publish, &reply(429, &json!({ "message": message })), NOW);
        failure.retry_at.map(|at| at.since(NOW).as_secs())
    };
    assert_eq!(wait("Resource level throttle MEMBER DAY limit for calls to this resource is reached."), Some(3_600));
    assert_eq!(wait("Too many requests"), Some(60));
}

#[test]
fn r_32_what_is_no_documented_answer_is_in_doubt() {
    for (status, body) in [(500, "<html>Sorry</html>"), (400, "<html>"), (502, ""), (999, "<html>")] {
        let reply = Reply { status, headers: http::HeaderMap::new(), body: body.to_owned().into() };
        assert_eq!(JUDGE.refused(Asked::Publish, &reply, NOW).outcome, UNKNOWN, "{status} {body}");
        assert_eq!(JUDGE.refused(Asked::Read, &reply, NOW).outcome, NOT_SENT, "{status} {body}");
    }
}
