//! Every documented code, and what is no documented answer at all.

use connector::{FailureKind as K, Outcome, Reply};
use sandbox::whatsapp::problem;
use serde_json::{Value, json};

use super::NOW;
use crate::{
    kit::judge::Sign,
    whatsapp::errors::{Asked, JUDGE, ROWS, undelivered},
};

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: http::HeaderMap::new(), body: body.to_string().into() }
}

fn refused(asked: Asked, status: u16, code: i64, subcode: i64) -> connector::Failure {
    let mut error = json!({ "message": "(#1) nein", "type": "OAuthException", "code": code });
    if subcode != 0 {
        error["error_subcode"] = json!(subcode);
    }
    JUDGE.refused(asked, &reply(status, &json!({ "error": error })), NOW)
}

const REJECTED: Outcome = Outcome::Rejected;
const THROTTLED: Outcome = Outcome::Throttled;
const UNKNOWN: Outcome = Outcome::Unknown;

/// The table of the Cloud API's page on error codes: code, outcome and kind where a message was to be sent.
#[rustfmt::skip]
const DOCUMENTED: &[(i64, Outcome, K)] = &[
    (0, REJECTED, K::ReconnectNeeded), (1, UNKNOWN, K::Unavailable), (2, UNKNOWN, K::Unavailable),
    (3, REJECTED, K::ScopeMissing), (4, THROTTLED, K::RateLimited), (10, REJECTED, K::ScopeMissing),
    (33, REJECTED, K::AccountBlocked), (100, REJECTED, K::ContentRefused), (190, REJECTED, K::ReconnectNeeded),
    (200, REJECTED, K::ScopeMissing), (368, REJECTED, K::AccountBlocked),
    (80_007, THROTTLED, K::RateLimited), (80_008, THROTTLED, K::RateLimited),
    (130_429, THROTTLED, K::RateLimited), (130_472, REJECTED, K::ContentRefused), (130_497, REJECTED, K::ContentRefused),
    (131_000, UNKNOWN, K::Unavailable), (131_005, REJECTED, K::ScopeMissing), (131_008, REJECTED, K::ContentRefused),
    (131_009, REJECTED, K::ContentRefused), (131_016, UNKNOWN, K::Unavailable), (131_021, REJECTED, K::ContentRefused),
    (131_026, REJECTED, K::ContentRefused), (131_030, REJECTED, K::ContentRefused), (131_031, REJECTED, K::AccountBlocked),
    (131_035, REJECTED, K::ContentRefused), (131_036, REJECTED, K::ContentRefused), (131_037, REJECTED, K::AccountBlocked),
    (131_042, REJECTED, K::QuotaUsedUp), (131_044, REJECTED, K::QuotaUsedUp), (131_045, REJECTED, K::AccountBlocked),
    (131_047, REJECTED, K::ContentRefused), (131_048, THROTTLED, K::RateLimited), (131_049, REJECTED, K::ContentRefused),
    (131_050, REJECTED, K::ContentRefused), (131_051, REJECTED, K::ContentRefused), (131_052, REJECTED, K::MediaRefused),
    (131_053, REJECTED, K::MediaRefused), (131_055, REJECTED, K::ContentRefused), (131_056, THROTTLED, K::RateLimited),
    (131_057, UNKNOWN, K::Unavailable), (131_061, REJECTED, K::ContentRefused), (131_062, REJECTED, K::ContentRefused),
    (131_063, REJECTED, K::AppMisconfigured), (131_064, REJECTED, K::AccountBlocked),
    (132_000, REJECTED, K::ContentRefused), (132_001, REJECTED, K::ContentRefused), (132_005, REJECTED, K::ContentRefused),
    (132_007, REJECTED, K::ContentRefused), (132_008, REJECTED, K::ContentRefused), (132_012, REJECTED, K::ContentRefused),
    (132_015, REJECTED, K::ContentRefused), (132_016, REJECTED, K::ContentRefused), (132_018, REJECTED, K::ContentRefused),
    (132_068, REJECTED, K::ContentRefused), (132_069, REJECTED, K::ContentRefused),
    (133_000, REJECTED, K::AccountBlocked), (133_004, UNKNOWN, K::Unavailable), (133_005, REJECTED, K::InputInvalid),
    (133_006, REJECTED, K::AccountBlocked), (133_008, REJECTED, K::InputInvalid), (133_009, REJECTED, K::InputInvalid),
    (133_010, REJECTED, K::AccountBlocked), (133_015, THROTTLED, K::RateLimited), (133_016, THROTTLED, K::RateLimited),
    (134_011, REJECTED, K::AccountBlocked), (134_100, REJECTED, K::ContentRefused), (134_101, THROTTLED, K::MediaNotReady),
    (134_102, REJECTED, K::ContentRefused), (135_000, REJECTED, K::ContentRefused), (137_000, REJECTED, K::ContentRefused),
    (139_100, REJECTED, K::ContentRefused), (139_101, REJECTED, K::ContentRefused), (139_102, THROTTLED, K::Unavailable),
    (139_103, THROTTLED, K::Unavailable),
    (147_001, REJECTED, K::ContentRefused), (147_002, REJECTED, K::ContentRefused), (147_003, REJECTED, K::ContentRefused),
    (147_004, REJECTED, K::ContentRefused),
];

#[test]
fn r_32_each_documented_code_has_its_outcome_and_kind() {
    for (code, outcome, kind) in DOCUMENTED {
        let (_, status, _) = problem::TABLE.iter().find(|row| row.0 == *code).expect("the twin knows it");
        let failure = refused(Asked::Send, *status, *code, 0);
        assert_eq!((&failure.outcome, failure.kind), (outcome, *kind), "{code}");
        assert_eq!(failure.code, Some(code.to_string()));
    }
    for (code, ..) in problem::TABLE {
        assert!(DOCUMENTED.iter().any(|row| row.0 == *code), "{code} is not mapped");
    }
}

#[test]
fn every_code_of_a_message_that_failed_later_says_what_to_do() {
    for (code, outcome, kind) in DOCUMENTED.iter().filter(|(_, outcome, _)| *outcome != UNKNOWN) {
        let why = undelivered(&json!({ "code": code, "title": "in any language" }), NOW);
        assert_eq!(
            (why.kind, why.code),
            (if *code == 3 { K::ScopeMissing } else { *kind }, code.to_string()),
            "{outcome:?}"
        );
        assert!(!why.detail.english().contains("gives no reason"), "{code}");
    }
    for unknown in [json!({ "code": 131_000 }), json!({ "code": 999_999 }), json!(null)] {
        let why = undelivered(&unknown, NOW);
        assert!(why.detail.english().contains("gives no reason"), "{unknown}");
    }
}

#[test]
fn every_number_that_the_table_knows_is_documented() {
    // What is wrong with a template is told by a subcode.
    const TEMPLATES: &[i64] =
        &[2_388_019, 2_388_023, 2_388_024, 2_388_040, 2_388_047, 2_388_072, 2_388_073, 2_388_293, 2_388_299, 2_593_002];
    // Codes that all of Meta's networks share.
    const SHARED: &[i64] = &[102, 17, 32, 341, 613, 80_000, 80_001, 80_002, 80_003, 80_004, 80_005, 80_006];
    for row in ROWS {
        let Sign::Number(numbers) = row.sign() else { continue };
        for number in numbers {
            let known = DOCUMENTED.iter().any(|(code, ..)| code == number);
            assert!(known || TEMPLATES.contains(number) || SHARED.contains(number), "{number} is documented nowhere");
        }
    }
    for subcode in TEMPLATES {
        let failure = refused(Asked::Template, 400, 100, *subcode);
        assert_eq!(failure.outcome, REJECTED, "{subcode}");
        assert_ne!(failure.detail, refused(Asked::Template, 400, 100, 0).detail, "{subcode}");
    }
}

#[test]
fn what_proves_nothing_leaves_a_message_in_doubt_and_a_read_unharmed() {
    let page = Reply { status: 400, headers: http::HeaderMap::new(), body: "<h1>No</h1>".into() };
    for (asked, outcome) in [(Asked::Send, UNKNOWN), (Asked::Template, UNKNOWN), (Asked::Upload, Outcome::NotSent)] {
        assert_eq!(JUDGE.refused(asked, &page, NOW).outcome, outcome, "{asked:?}");
        assert_eq!(JUDGE.refused(asked, &reply(502, &json!({})), NOW).outcome, outcome, "{asked:?}");
    }
    // Object does not exist, or the token is not for it.
    assert_eq!(refused(Asked::Read, 400, 100, 33).kind, K::RemoteNotFound);
    assert_eq!(refused(Asked::Read, 400, 100, 0).kind, K::BadAnswer);
    assert_eq!(refused(Asked::Code, 400, 100, 36_009).kind, K::ReconnectNeeded);
}
