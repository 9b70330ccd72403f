//! Every documented code, and what is no documented answer at all.

use connector::{FailureKind as K, Outcome, Reply};
use serde_json::{Value, json};

use super::NOW;
use crate::{
    kit::judge::Sign,
    threads::{
        containers,
        errors::{Asked, JUDGE, ROWS},
    },
};

const REJECTED: Outcome = Outcome::Rejected;
const THROTTLED: Outcome = Outcome::Throttled;
const UNKNOWN: Outcome = Outcome::Unknown;
const NOT_SENT: Outcome = Outcome::NotSent;

const RATE: (Outcome, K) = (THROTTLED, K::RateLimited);
const SCOPE: (Outcome, K) = (REJECTED, K::ScopeMissing);
const LOGIN: (Outcome, K) = (REJECTED, K::ReconnectNeeded);
const BLOCKED: (Outcome, K) = (REJECTED, K::AccountBlocked);
const FILE: (Outcome, K) = (REJECTED, K::MediaRefused);

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: http::HeaderMap::new(), body: body.to_string().into() }
}

fn error(code: i64, subcode: i64, message: &str) -> Value {
    let mut error = json!({
        "message": message, "type": "THApiException", "code": code, "is_transient": false, "fbtrace_id": "AbC",
    });
    if subcode != 0 {
        error["error_subcode"] = json!(subcode);
    }
    json!({ "error": error })
}

/// What a code means, where it was asked for each of [`ASKED`].
type Meant = [(Outcome, K); 4];

/// The table of the Threads API's troubleshooting page and of clients' reports: code, subcode, and what each means where a
/// post is prepared, where a reply is, where one is published, and where something is read.
#[rustfmt::skip]
const DOCUMENTED: &[(i64, i64, Meant)] = &[
    (1, 0, [(NOT_SENT, K::Unavailable), (NOT_SENT, K::Unavailable), (UNKNOWN, K::Unavailable), (NOT_SENT, K::Unavailable)]),
    (2, 0, [(NOT_SENT, K::Unavailable), (NOT_SENT, K::Unavailable), (UNKNOWN, K::Unavailable), (NOT_SENT, K::Unavailable)]),
    (4, 0, [RATE; 4]),
    (17, 0, [RATE; 4]),
    (32, 0, [RATE; 4]),
    (613, 0, [RATE; 4]),
    (10, 0, [(REJECTED, K::ScopeMissing), (REJECTED, K::ContentRefused), (UNKNOWN, K::Unavailable), (REJECTED, K::ScopeMissing)]),
    (200, 0, [SCOPE; 4]),
    (24, 0, [(REJECTED, K::RemoteNotFound), (REJECTED, K::RemoteNotFound), (THROTTLED, K::MediaNotReady), (REJECTED, K::RemoteNotFound)]),
    (24, 4_279_009, [(REJECTED, K::RemoteNotFound), (REJECTED, K::RemoteNotFound), (THROTTLED, K::MediaNotReady), (REJECTED, K::RemoteNotFound)]),
    (100, 0, [(REJECTED, K::ContentRefused), (REJECTED, K::ContentRefused), (REJECTED, K::ContentRefused), (REJECTED, K::BadAnswer)]),
    (100, 33, [(REJECTED, K::RemoteNotFound), (REJECTED, K::RemoteNotFound), (THROTTLED, K::MediaNotReady), (REJECTED, K::RemoteNotFound)]),
    (190, 0, [LOGIN; 4]),
    (190, 463, [LOGIN; 4]),
    (4, 2_207_051, [BLOCKED; 4]),
    (1, 2_207_052, [FILE; 4]),
    (1, 4_279_013, [BLOCKED; 4]),
];

const ASKED: [Asked; 4] = [Asked::Container, Asked::Reply, Asked::Publish, Asked::Read];

#[test]
fn r_32_each_documented_code_has_its_outcome_and_kind() {
    for (code, subcode, expected) in DOCUMENTED {
        for (asked, (outcome, kind)) in ASKED.into_iter().zip(expected) {
            let reply = reply(400, &error(*code, *subcode, "(#1) no"));
            let failure = JUDGE.refused(asked, &reply, NOW);
            assert_eq!((&failure.outcome, failure.kind), (outcome, *kind), "{asked:?} {code}/{subcode}");
            let told = if *subcode == 0 { code } else { subcode };
            assert_eq!(failure.code, Some(told.to_string()));
        }
    }
}

#[test]
fn every_number_that_the_table_knows_is_documented_or_meta_s_own() {
    // The codes that all of Meta's networks share and that Threads does not name.
    const SHARED: &[i64] = &[102, 341, 80_000, 80_001, 80_002, 80_003, 80_004, 80_005, 80_006, 80_008, 1_349_245];
    for row in ROWS {
        let Sign::Number(numbers) = row.sign() else { continue };
        for number in numbers {
            let known = DOCUMENTED.iter().any(|(code, subcode, _)| [code, subcode].contains(&number));
            assert!(known || SHARED.contains(number), "{number} is documented nowhere");
        }
    }
}

#[test]
fn r_32_words_and_flags_sharpen_a_code() {
    let transient = json!({ "error": { "message": "later", "code": 9_999, "is_transient": true } });
    let matching = json!({ "error_type": "OAuthException", "code": 400,
        "error_message": "Matching code was not found or was already used" });
    let foreign_app =
        json!({ "error": { "message": "Error validating application. FBType::TH__APPLICATION", "code": 101 } });
    let long = error(100, 0, "Param text must be at most 500 characters long");
    let links = error(100, 0, "THREADS_API__LINK_LIMIT_EXCEEDED");
    let tester = error(1_349_245, 0, "not a tester");
    #[rustfmt::skip]
    let cases: &[(Asked, u16, &Value, Outcome, K)] = &[
        (Asked::Publish, 400, &transient, UNKNOWN, K::Unavailable),
        (Asked::Read, 400, &transient, NOT_SENT, K::Unavailable),
        (Asked::Code, 400, &matching, REJECTED, K::ReconnectNeeded),
        (Asked::Code, 400, &foreign_app, REJECTED, K::AppMisconfigured),
        (Asked::App, 400, &foreign_app, REJECTED, K::AppMisconfigured),
        (Asked::Code, 400, &tester, REJECTED, K::AppMisconfigured),
        (Asked::Container, 400, &long, REJECTED, K::ContentRefused),
        (Asked::Container, 400, &links, REJECTED, K::ContentRefused),
        // A server in trouble proves nothing, whatever it says.
        (Asked::Publish, 500, &error(10, 0, "Application does not have permission"), UNKNOWN, K::Unavailable),
        (Asked::Publish, 503, &error(190, 0, "x"), UNKNOWN, K::Unavailable),
        (Asked::Publish, 400, &error(31_337, 0, "new"), UNKNOWN, K::BadAnswer),
        (Asked::Code, 500, &error(2, 0, "x"), UNKNOWN, K::Unavailable),
        (Asked::Token, 500, &error(2, 0, "x"), NOT_SENT, K::Unavailable),
        (Asked::Publish, 429, &Value::Null, THROTTLED, K::RateLimited),
        (Asked::Publish, 403, &Value::Null, UNKNOWN, K::BadAnswer),
        (Asked::Delete, 400, &error(24, 0, "gone"), REJECTED, K::RemoteNotFound),
    ];
    for (asked, status, body, outcome, kind) in cases {
        let failure = JUDGE.refused(*asked, &reply(*status, body), NOW);
        assert_eq!((&failure.outcome, failure.kind), (outcome, *kind), "{asked:?} {status} {body}");
    }
}

#[test]
fn each_trouble_of_a_container_is_told_and_only_what_may_pass_is_tried_again() {
    let names = [
        ("FAILED_DOWNLOADING_VIDEO", true),
        ("FAILED_PROCESSING_AUDIO", false),
        ("FAILED_PROCESSING_VIDEO", false),
        ("INVALID_ASPEC_RATIO", false),
        ("INVALID_BIT_RATE", false),
        ("INVALID_DURATION", false),
        ("INVALID_FRAME_RATE", false),
        ("INVALID_AUDIO_CHANNELS", false),
        ("INVALID_AUDIO_CHANNEL_LAYOUT", false),
        ("UNKNOWN", true),
    ];
    let trouble = containers::RULES.trouble;
    let unknown = trouble("UNKNOWN").1;
    for (name, passes) in names {
        let (found, why) = trouble(name);
        assert_eq!((found, why == unknown), (passes, name == "UNKNOWN"), "{name}");
    }
}
