//! Every documented code, and what is no documented answer at all.

use connector::{FailureKind as K, Outcome, Reply};
use serde_json::{Value, json};

use super::NOW;
use crate::{
    instagram::errors::{Asked, CONTAINERS, JUDGE, ROWS},
    kit::judge::Sign,
};

const REJECTED: Outcome = Outcome::Rejected;
const THROTTLED: Outcome = Outcome::Throttled;
const UNKNOWN: Outcome = Outcome::Unknown;
const NOT_SENT: Outcome = Outcome::NotSent;

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, headers: http::HeaderMap::new(), body: body.to_string().into() }
}

fn error(code: i64, subcode: i64, message: &str) -> Value {
    let mut error = json!({ "message": message, "type": "IGApiException", "code": code, "is_transient": false });
    if subcode != 0 {
        error["error_subcode"] = json!(subcode);
    }
    json!({ "error": error })
}

/// What a code means, where it was asked for each of [`ASKED`].
type Meant = [(Outcome, K); 4];

const ASKED: [Asked; 4] = [Asked::Container, Asked::Publish, Asked::Comment, Asked::Read];

const RATE: Meant = [const { (THROTTLED, K::RateLimited) }; 4];
const SCOPE: Meant = [const { (REJECTED, K::ScopeMissing) }; 4];
const LOGIN: Meant = [const { (REJECTED, K::ReconnectNeeded) }; 4];
const BLOCKED: Meant = [const { (REJECTED, K::AccountBlocked) }; 4];
const FILE: Meant = [const { (REJECTED, K::MediaRefused) }; 4];
const POST: Meant = [const { (REJECTED, K::ContentRefused) }; 4];
const EXPIRED: Meant = [const { (THROTTLED, K::MediaNotReady) }; 4];
/// In trouble: a read and a container do no harm when repeated.
const DOWN: Meant =
    [(NOT_SENT, K::Unavailable), (UNKNOWN, K::Unavailable), (UNKNOWN, K::Unavailable), (NOT_SENT, K::Unavailable)];
/// Not there; at publishing, not there yet.
const GONE: Meant = [
    (REJECTED, K::RemoteNotFound),
    (THROTTLED, K::MediaNotReady),
    (REJECTED, K::RemoteNotFound),
    (REJECTED, K::RemoteNotFound),
];
const INVALID: Meant = [
    (REJECTED, K::ContentRefused),
    (REJECTED, K::ContentRefused),
    (REJECTED, K::ContentRefused),
    (REJECTED, K::BadAnswer),
];

/// The table of the Instagram Platform's page on error codes, of the Graph API's, and of clients' reports.
#[rustfmt::skip]
const DOCUMENTED: &[(i64, i64, Meant)] = &[
    (-2, 2_207_003, FILE), (-2, 2_207_020, EXPIRED), (-2, 0, FILE),
    (-1, 2_207_001, DOWN), (-1, 2_207_032, DOWN), (-1, 2_207_053, FILE), (-1, 2_207_073, POST), (-1, 0, DOWN),
    (1, 2_207_057, POST), (1, 0, DOWN), (2, 0, DOWN),
    (4, 2_207_051, [(REJECTED, K::AccountBlocked), (UNKNOWN, K::AccountBlocked), (REJECTED, K::AccountBlocked), (REJECTED, K::AccountBlocked)]),
    (9, 2_207_042, RATE),
    (24, 2_207_006, GONE), (24, 2_207_008, GONE), (24, 0, GONE), (100, 33, GONE),
    (25, 2_207_050, BLOCKED), (368, 0, BLOCKED),
    (100, 2_207_023, INVALID), (100, 2_207_028, POST), (100, 2_207_035, POST), (100, 2_207_036, POST), (100, 2_207_037, POST),
    (100, 2_207_040, POST), (100, 0, INVALID), (110, 2_207_018, POST),
    (352, 2_207_026, FILE), (9004, 2_207_052, FILE),
    (9007, 2_207_027, [(REJECTED, K::RemoteNotFound), (THROTTLED, K::MediaNotReady), (REJECTED, K::RemoteNotFound), (REJECTED, K::RemoteNotFound)]),
    (36_000, 2_207_004, FILE), (36_001, 2_207_005, FILE), (36_003, 2_207_009, FILE), (36_004, 2_207_010, POST),
    (0, 2_207_076, FILE), (0, 2_207_077, FILE), (0, 2_207_081, POST), (0, 2_207_082, FILE), (0, 2_207_085, FILE),
    (190, 0, LOGIN), (190, 463, LOGIN), (102, 0, LOGIN),
    (10, 0, SCOPE), (200, 0, SCOPE),
    (4, 0, RATE), (17, 0, RATE), (80_002, 0, RATE), (613, 0, RATE),
    (9050, 0, POST), (9064, 0, POST), (803, 0, [(REJECTED, K::RemoteNotFound), (REJECTED, K::RemoteNotFound), (REJECTED, K::RemoteNotFound), (REJECTED, K::RemoteNotFound)]),
    (20, 1_772_107, [(NOT_SENT, K::BadAnswer), (UNKNOWN, K::BadAnswer), (UNKNOWN, K::Unavailable), (NOT_SENT, K::BadAnswer)]),
];

#[test]
fn r_32_each_documented_code_has_its_outcome_and_kind() {
    for (code, subcode, expected) in DOCUMENTED {
        for (asked, (outcome, kind)) in ASKED.into_iter().zip(expected) {
            let failure = JUDGE.refused(asked, &reply(400, &error(*code, *subcode, "(#1) no")), NOW);
            assert_eq!((&failure.outcome, failure.kind), (outcome, *kind), "{asked:?} {code}/{subcode}");
            let told = if *subcode == 0 { code } else { subcode };
            assert_eq!(failure.code, Some(told.to_string()));
        }
    }
}

#[test]
fn every_number_that_the_table_knows_is_documented() {
    // Codes that all of Meta's networks share and that Instagram does not name, one of numbers about old posts, and one of the
    // proof that only Facebook's login has.
    const SHARED: &[i64] = &[104, 32, 341, 80_000, 80_001, 80_003, 80_004, 80_005, 80_006, 80_008, 2_108_006];
    for row in ROWS {
        let Sign::Number(numbers) = row.sign() else { continue };
        for number in numbers {
            let known = DOCUMENTED.iter().any(|(code, subcode, _)| [code, subcode].contains(&number));
            assert!(known || SHARED.contains(number), "{number} is documented nowhere");
        }
    }
}

#[test]
fn r_32_words_and_types_sharpen_a_code() {
    let place =
        json!({ "error": { "message": "no", "type": "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID", "code": 1 } });
    let used = json!({ "error_type": "OAuthException", "code": 400, "error_message": "This authorization code has been used" });
    let foreign = json!({ "error_type": "OAuthException", "code": 400, "error_message": "Invalid platform app" });
    let tester = json!({ "error_type": "x", "code": 400, "error_message": "Insufficient Developer Role" });
    let dead = error(100, 0, "Unsupported request - method type: get");
    let few = error(10, 0, "(#10) Not enough viewers for the media to show insights");
    #[rustfmt::skip]
    let cases: &[(Asked, u16, &Value, Outcome, K)] = &[
        (Asked::Container, 400, &place, REJECTED, K::ContentRefused),
        (Asked::Code, 400, &used, REJECTED, K::ReconnectNeeded),
        (Asked::Code, 400, &foreign, REJECTED, K::AppMisconfigured),
        (Asked::Code, 400, &tester, REJECTED, K::AppMisconfigured),
        (Asked::Token, 400, &dead, REJECTED, K::ReconnectNeeded),
        (Asked::Read, 400, &dead, REJECTED, K::ReconnectNeeded),
        (Asked::Token, 400, &error(100, 0, "x"), REJECTED, K::ReconnectNeeded),
        (Asked::Read, 400, &error(1, 0, "The session has been invalidated because"), REJECTED, K::ReconnectNeeded),
        (Asked::Read, 400, &error(10, 0, "The user is not an Instagram Business"), REJECTED, K::ReconnectNeeded),
        (Asked::Container, 400, &error(100, 0, "Param collaborators is not allowed"), REJECTED, K::ContentRefused),
        (Asked::Numbers, 400, &few, REJECTED, K::RemoteNotFound),
        (Asked::Numbers, 400, &error(100, 2_108_006, "x"), REJECTED, K::RemoteNotFound),
        (Asked::Numbers, 400, &error(100, 0, "metric[1] must be one of"), REJECTED, K::BadAnswer),
        // A server in trouble proves nothing, whatever it says.
        (Asked::Publish, 500, &error(36_003, 2_207_009, "x"), UNKNOWN, K::Unavailable),
        (Asked::Publish, 503, &error(190, 0, "x"), UNKNOWN, K::Unavailable),
        (Asked::Publish, 400, &error(31_337, 0, "new"), UNKNOWN, K::BadAnswer),
        (Asked::Code, 500, &error(2, 0, "x"), UNKNOWN, K::Unavailable),
        (Asked::Publish, 429, &Value::Null, THROTTLED, K::RateLimited),
        (Asked::Comment, 403, &Value::Null, UNKNOWN, K::BadAnswer),
    ];
    for (asked, status, body, outcome, kind) in cases {
        let failure = JUDGE.refused(*asked, &reply(*status, body), NOW);
        assert_eq!((&failure.outcome, failure.kind), (outcome, *kind), "{asked:?} {status} {body}");
    }
}

#[test]
fn the_trouble_of_a_container_is_told_and_only_what_may_pass_is_tried_again() {
    let unknown = (CONTAINERS.trouble)("").1;
    for (status, passes, is_told) in [
        ("Error: Media upload has failed with error code 2207026", false, true),
        ("Error: 36003 2207009", false, true),
        ("Error: Media upload has failed with error code 2207052", true, true),
        ("Error: Media upload has failed with error code 2207053", true, true),
        ("Error: Media upload has failed with error code 2207001", true, false),
        ("Error: Media upload has failed with error code 2207999", true, false),
        ("Error", true, false),
    ] {
        let (found, why) = (CONTAINERS.trouble)(status);
        assert_eq!((found, why != unknown), (passes, is_told), "{status}");
    }
}
