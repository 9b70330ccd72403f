//! Every documented code, and what is no documented answer at all.

use connector::{FailureKind as K, Outcome, Reply};
use serde_json::{Value, json};

use super::NOW;
use crate::{
    facebook::errors::{Asked, JUDGE, ROWS},
    kit::judge::Sign,
};

const REJECTED: Outcome = Outcome::Rejected;
const THROTTLED: Outcome = Outcome::Throttled;
const UNKNOWN: Outcome = Outcome::Unknown;
const NOT_SENT: Outcome = Outcome::NotSent;

const RATE: (Outcome, K) = (THROTTLED, K::RateLimited);
const SCOPE: (Outcome, K) = (REJECTED, K::ScopeMissing);
const LOGIN: (Outcome, K) = (REJECTED, K::ReconnectNeeded);
const BLOCKED: (Outcome, K) = (REJECTED, K::AccountBlocked);
const CONTENT: (Outcome, K) = (REJECTED, K::ContentRefused);
const FILE: (Outcome, K) = (REJECTED, K::MediaRefused);
const AGAIN: (Outcome, K) = (REJECTED, K::MediaNotReady);
const SAME: (Outcome, K) = (REJECTED, K::Duplicate);
const APP: (Outcome, K) = (REJECTED, K::AppMisconfigured);
const GONE: (Outcome, K) = (REJECTED, K::RemoteNotFound);
const BUG: (Outcome, K) = (REJECTED, K::BadAnswer);
const DOUBT: (Outcome, K) = (UNKNOWN, K::Unavailable);
const TROUBLE: Meant = [(NOT_SENT, K::Unavailable), DOUBT, (NOT_SENT, K::Unavailable)];

/// What a code means for each of [`ASKED`].
type Meant = [(Outcome, K); 3];

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: http::HeaderMap::new(), body: body.to_string().into() }
}

fn error(code: i64, subcode: i64, message: &str) -> Value {
    let mut error = json!({
        "message": message, "type": "OAuthException", "code": code, "is_transient": false, "fbtrace_id": "AbC",
    });
    if subcode != 0 {
        error["error_subcode"] = json!(subcode);
    }
    json!({ "error": error })
}

/// Codes and subcodes of the Graph API's table, of the reels guide and of clients' reports, and what each means where a file
/// goes up, where a post is published, and where something is read.
#[rustfmt::skip]
const DOCUMENTED: &[(i64, i64, Meant)] = &[
    (1, 0, TROUBLE), (2, 0, TROUBLE),
    (4, 0, [RATE; 3]), (17, 0, [RATE; 3]), (32, 0, [RATE; 3]), (341, 0, [RATE; 3]), (613, 0, [RATE; 3]), (613, 1996, [RATE; 3]),
    (80_000, 0, [RATE; 3]), (80_001, 0, [RATE; 3]), (80_002, 0, [RATE; 3]), (80_003, 0, [RATE; 3]), (80_004, 0, [RATE; 3]),
    (80_005, 0, [RATE; 3]), (80_006, 0, [RATE; 3]), (80_008, 0, [RATE; 3]),
    (3, 0, [SCOPE; 3]), (10, 0, [SCOPE; 3]), (200, 0, [SCOPE; 3]), (210, 0, [SCOPE; 3]), (299, 0, [SCOPE; 3]),
    (100, 0, [FILE, CONTENT, BUG]), (100, 33, [GONE; 3]), (803, 0, [GONE; 3]), (24, 4_279_009, [GONE; 3]),
    (102, 0, [LOGIN; 3]), (190, 0, [LOGIN; 3]),
    (190, 456, [LOGIN; 3]), (190, 457, [LOGIN; 3]), (190, 458, [LOGIN; 3]), (190, 459, [LOGIN; 3]), (190, 460, [LOGIN; 3]),
    (190, 461, [LOGIN; 3]), (190, 462, [LOGIN; 3]), (190, 463, [LOGIN; 3]), (190, 464, [LOGIN; 3]), (190, 465, [LOGIN; 3]),
    (190, 466, [LOGIN; 3]), (190, 467, [LOGIN; 3]), (190, 468, [LOGIN; 3]), (190, 492, [LOGIN; 3]), (190, 493, [LOGIN; 3]),
    (104, 0, [APP; 3]),
    (368, 0, [BLOCKED; 3]), (368, 1_346_003, [CONTENT; 3]), (368, 1_390_008, [RATE; 3]),
    (506, 0, [SAME; 3]), (100, 1_366_051, [SAME; 3]),
    (382, 0, [FILE; 3]), (389, 0, [AGAIN; 3]), (6000, 0, [AGAIN; 3]), (6001, 0, [AGAIN; 3]), (6000, 1_363_045, [AGAIN; 3]), (6000, 1_363_037, [AGAIN; 3]),
    (352, 1_363_022, [FILE; 3]),
    (1_609_005, 0, [CONTENT; 3]),
    (100, 1_504_028, [FILE, CONTENT, BUG]), (3001, 1_504_028, [BUG; 3]), (2500, 0, [BUG; 3]),
    (324, 1_366_046, [FILE; 3]), (100, 1_404_006, [BLOCKED; 3]), (100, 2_069_019, [FILE; 3]), (100, 1_404_102, [CONTENT; 3]),
    (200, 1_404_078, [BLOCKED; 3]), (100, 1_609_008, [CONTENT; 3]), (100, 2_061_006, [CONTENT; 3]), (100, 1_349_125, [CONTENT; 3]),
    (368, 1_404_112, [BLOCKED; 3]), (100, 1_363_047, TROUBLE), (100, 1_609_010, TROUBLE), (200, 4_854_002, [BLOCKED; 3]),
    (100, 1_363_040, [FILE; 3]), (100, 1_363_127, [FILE; 3]), (100, 1_363_128, [FILE; 3]), (100, 1_363_129, [FILE; 3]),
];

const ASKED: [Asked; 3] = [Asked::Upload, Asked::Publish, Asked::Read];

fn judged(asked: Asked, status: u16, body: &Value) -> (Outcome, K) {
    let failure = JUDGE.refused(asked, &reply(status, body), NOW);
    (failure.outcome, failure.kind)
}

#[test]
fn r_32_each_documented_code_has_its_outcome_and_kind() {
    for (code, subcode, expected) in DOCUMENTED {
        for (asked, meant) in ASKED.into_iter().zip(expected) {
            assert_eq!(judged(asked, 400, &error(*code, *subcode, "no")), *meant, "{code} / {subcode}, {asked:?}");
        }
    }
}

#[test]
fn every_number_in_a_row_is_a_documented_one() {
    let known = |number: &i64| DOCUMENTED.iter().any(|(code, subcode, _)| code == number || subcode == number);
    for row in ROWS {
        if let Sign::Number(numbers) = row.sign() {
            assert!(numbers.iter().all(known), "{numbers:?}");
        }
    }
}

#[test]
fn r_32_words_decide_where_a_code_says_too_little() {
    let page = "Any of the pages_read_engagement, pages_manage_metadata permission(s) must be granted before impersonating a user's page.";
    #[rustfmt::skip]
    let cases: Vec<(Asked, u16, Value, (Outcome, K))> = vec![
        (Asked::Publish, 400, error(190, 0, page), SCOPE),
        (Asked::Publish, 403, error(200, 0, "(#200) … as an admin with sufficient administrative permission"), SCOPE),
        (Asked::Publish, 400, error(100, 0, "(#100) No permission to publish the video"), SCOPE),
        (Asked::Publish, 400, error(368, 0, "It looks like you already posted this."), SAME),
        (Asked::Publish, 400, error(100, 0, "Name parameter too long"), CONTENT),
        (Asked::Publish, 400, error(100, 0, "Invalid appsecret_proof provided in the API argument"), (THROTTLED, K::Unavailable)),
        (Asked::Code, 400, error(100, 0, "This authorization code has been used."), LOGIN),
        (Asked::Code, 400, error(100, 36_008, "Error validating verification code. Please make sure your redirect_uri is identical"), APP),
        (Asked::Code, 400, error(1, 0, "Error validating client secret."), APP),
        (Asked::App, 400, error(101, 0, "Error validating application. Cannot get application info"), APP),
        (Asked::Read, 401, error(190, 463, "Error validating access token"), LOGIN),
        (Asked::Publish, 500, error(2, 0, "Service temporarily unavailable"), DOUBT),
        (Asked::Comment, 500, error(1, 0, "An unknown error occurred"), DOUBT),
        (Asked::Upload, 400, json!({ "debug_info": { "retriable": true, "type": "PartialRequestError", "message": "x" } }), (THROTTLED, K::MediaNotReady)),
        (Asked::Upload, 400, json!({ "debug_info": { "retriable": false, "type": "OffsetInvalidError", "message": "x" } }), (THROTTLED, K::MediaNotReady)),
        (Asked::Upload, 400, json!({ "debug_info": { "retriable": false, "type": "ProcessingFailedError", "message": "x" } }), FILE),
        (Asked::Upload, 400, json!({ "debug_info": { "type": "ParameterValidationError", "message": "x" } }), FILE),
        (Asked::Publish, 400, error(6000, 0, "Video Upload Is Missing"), AGAIN),
    ];
    for (asked, status, body, meant) in cases {
        assert_eq!(judged(asked, status, &body), meant, "{asked:?} {body}");
    }
    let mut passing = error(77, 0, "try again");
    passing["error"]["is_transient"] = json!(true);
    assert_eq!(judged(Asked::Publish, 400, &passing), DOUBT);
}

#[test]
fn r_32_what_is_no_documented_answer_is_in_doubt() {
    for (status, body) in [(500, "<html>Sorry, something went wrong</html>"), (400, "<html>"), (502, ""), (400, "{}")] {
        let reply = Reply { status, headers: http::HeaderMap::new(), body: body.to_owned().into() };
        assert_eq!(JUDGE.refused(Asked::Publish, &reply, NOW).outcome, UNKNOWN, "{status} {body}");
        assert_eq!(JUDGE.refused(Asked::Read, &reply, NOW).outcome, NOT_SENT, "{status} {body}");
    }
}

#[test]
fn r_34_a_used_up_page_waits_as_long_as_its_header_says() {
    let mut reply = reply(400, &error(80_001, 0, "There have been too many calls from this Page account."));
    let usage = r#"{"1055":[{"type":"pages","call_count":101,"total_cputime":25,"total_time":25,"estimated_time_to_regain_access":19}]}"#;
    reply.headers.insert("x-business-use-case-usage", usage.parse().expect("a header"));
    let failure = JUDGE.refused(Asked::Publish, &reply, NOW);
    assert_eq!(failure.retry_at.map(|at| at.since(NOW).as_secs()), Some(19 * 60));
}

#[test]
fn a_proof_that_is_refused_by_mistake_holds_a_post_up_for_half_a_minute() {
    let refusal = reply(400, &error(100, 0, "Invalid appsecret_proof provided in the API argument"));
    let failure = JUDGE.refused(Asked::Upload, &refusal, NOW);
    assert_eq!(failure.retry_at.map(|at| at.since(NOW).as_secs()), Some(30));
}
