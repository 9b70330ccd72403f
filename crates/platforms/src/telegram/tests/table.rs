//! Every documented refusal, and what follows from it.

use base::Timestamp;
use connector::{FailureKind as K, Outcome, Reply};

use super::*;
use crate::telegram::errors::{Asked, JUDGE, moved};

fn refused(asked: Asked, status: u16, description: &str, more: &str) -> connector::Failure {
    let body = format!(r#"{{"ok":false,"error_code":{status},"description":"{description}"{more}}}"#);
    let reply = Reply { status, headers: http::HeaderMap::new(), body: body.into() };
    JUDGE.refused(asked, &reply, NOW)
}

#[test]
fn each_refusal_is_known_by_its_words() {
    use Asked::{Chat, Delete, Edit, Read, Send, Token};
    let rows = [
        (Token, 401, "Unauthorized", K::InputInvalid),
        (Token, 404, "Not Found", K::InputInvalid),
        (Send, 401, "Unauthorized", K::ReconnectNeeded),
        (Send, 404, "Not Found", K::ReconnectNeeded),
        (Send, 404, "Not Found: method not found", K::BadAnswer),
        (Send, 421, "Misdirected Request", K::AppMisconfigured),
        (Send, 409, "Conflict: terminated by other getUpdates request", K::AppMisconfigured),
        (Send, 403, "Forbidden: bot is not a member of the channel chat", K::AccountBlocked),
        (Send, 403, "Forbidden: bot was kicked from the channel chat", K::AccountBlocked),
        (Send, 400, "Bad Request: not enough rights to send text messages to the chat", K::ScopeMissing),
        (Send, 400, "Bad Request: not enough rights to send photos to the chat", K::ScopeMissing),
        (Edit, 400, "Bad Request: need administrator rights in the channel chat", K::ScopeMissing),
        (Delete, 400, "Bad Request: CHAT_WRITE_FORBIDDEN", K::ScopeMissing),
        (Chat, 400, "Bad Request: chat not found", K::InputInvalid),
        (Read, 400, "Bad Request: chat not found", K::RemoteNotFound),
        (Send, 400, "Bad Request: chat not found", K::AccountBlocked),
        (Read, 400, "Bad Request: member list is inaccessible", K::AccountBlocked),
        (Send, 400, "Bad Request: message is too long", K::ContentRefused),
        (Send, 400, "Bad Request: message caption is too long", K::ContentRefused),
        (Send, 400, "Bad Request: can't parse entities: x", K::ContentRefused),
        (Send, 400, "Bad Request: poll question must be non-empty", K::ContentRefused),
        (Send, 400, "Bad Request: message to be replied not found", K::RemoteNotFound),
        (Send, 400, "Bad Request: wrong file identifier/HTTP URL specified", K::MediaRefused),
        (Send, 400, "Bad Request: failed to get HTTP URL content", K::MediaRefused),
        (Send, 400, "Bad Request: PHOTO_INVALID_DIMENSIONS", K::MediaRefused),
        (Send, 400, "Bad Request: too many messages to send as an album", K::MediaRefused),
        (Send, 400, "Bad Request: audio can't be mixed with other media types", K::MediaRefused),
        (Send, 413, "Request Entity Too Large", K::MediaRefused),
        (Send, 400, "Bad Request: something new", K::ContentRefused),
        (Edit, 400, "Bad Request: message is not modified: the same", K::Duplicate),
        (Edit, 400, "Bad Request: message to edit not found", K::RemoteNotFound),
        (Edit, 400, "Bad Request: message can't be edited", K::ContentRefused),
        (Delete, 400, "Bad Request: message to delete not found", K::RemoteNotFound),
        (Delete, 400, "Bad Request: message can't be deleted for everyone", K::ContentRefused),
    ];
    for (asked, status, words, kind) in rows {
        let failure = refused(asked, status, words, "");
        assert_eq!((failure.kind, failure.outcome), (kind, Outcome::Rejected), "{asked:?} {status} {words}");
    }
}

#[test]
fn what_passes_is_waited_for_and_what_is_unclear_is_left_to_a_person() {
    let slow = refused(Asked::Send, 429, "Too Many Requests: retry after 35", r#","parameters":{"retry_after":35}"#);
    assert_eq!((slow.kind, slow.outcome), (K::RateLimited, Outcome::Throttled));
    assert_eq!(slow.retry_at, Some(Timestamp::from_seconds(NOW.as_seconds() + 35)));
    let upgraded = "Bad Request: group chat was upgraded to a supergroup chat";
    let gone = refused(Asked::Send, 400, upgraded, r#","parameters":{"migrate_to_chat_id":-1002000000009}"#);
    assert_eq!((gone.outcome.clone(), moved(&gone)), (Outcome::Throttled, Some(-1_002_000_000_009)));
    assert_eq!(moved(&refused(Asked::Send, 400, "Bad Request: chat not found", "")), None);
    for status in [500, 502, 504] {
        let failure = refused(Asked::Send, status, "Internal Server Error: restart", "");
        assert_eq!(failure.outcome, Outcome::Unknown, "{status}");
        assert!(failure.detail.to_string().contains("Look there and say whether you see it"), "{}", failure.detail);
        assert_eq!(refused(Asked::Read, status, "Internal Server Error: restart", "").outcome, Outcome::NotSent);
    }
    let page = Reply { status: 400, headers: http::HeaderMap::new(), body: "<h1>No</h1>".into() };
    assert_eq!(JUDGE.refused(Asked::Send, &page, NOW).outcome, Outcome::Unknown, "a proxy's page proves nothing");
}
