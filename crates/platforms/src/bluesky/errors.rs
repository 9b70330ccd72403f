//! What an answer that is not a success means. Pure: every row of the reference's error table is a row here.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind as Kind, Reply};

use crate::kit::judge::{Doubt, Judge, Row, Said, Shape, Sign, Told, Waits, is_trouble};

/// What was asked of the server: the same words may mean different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A record written or deleted.
    Write,
    /// A file uploaded.
    Upload,
    /// Anything read.
    Read,
    /// A session begun with an app password.
    SignIn,
    /// A session refreshed, looked at or ended.
    Session,
    /// The authorization server: pushed request, token, revocation.
    OAuth,
}

use Asked::{OAuth, Read, Session, SignIn, Upload, Write};

const ANY: &[Asked] = &[];
const XRPC: &[Asked] = &[Write, Upload, Read, SignIn, Session];

const fn row(asked: &'static [Asked], status: &'static [u16], sign: Sign, kind: Kind, detail: Text) -> Row<Asked> {
    Row::new(status, sign, kind, detail).of(asked)
}

const fn saying(asked: &'static [Asked], sign: Sign, kind: Kind, detail: fn(&Said) -> Text) -> Row<Asked> {
    Row::saying(&[], sign, kind, detail).of(asked)
}

const EXPIRED: Text = say!("The access token has expired. Fanfare gets a new one and tries again.");
const REPLACED: Text =
    say!("The access token has expired, or was replaced by a newer one. Fanfare gets a new one and tries again.");
const SESSION_ENDED: Text =
    say!("This channel's login has ended: the app password was removed, or it was unused for 90 days. Reconnect it.");
const LOGIN_REFUSED: Text = say!("The server no longer accepts this channel's login. Reconnect the channel.");
const TAKEN_DOWN: Text =
    say!("The account was taken down by its server. Only its owner can settle that with the server's moderators.");
const FILE_TOO_LARGE: Text = say!("The file is larger than the account's server allows. Use a smaller one.");
const POST_TOO_LARGE: Text = say!("The post is larger than the account's server allows.");

/// The rows of the reference's error table. A name counts before a status; a page of a proxy proves nothing about what stands
/// behind it, except where the status says all.
#[rustfmt::skip]
const ROWS: &[Row<Asked>] = &[
    row(ANY, &[429], Sign::Name(&["RateLimitExceeded"]), Kind::RateLimited,
        say!("Rate limit of the account or of this address reached. Nothing was done.")),
    row(ANY, &[429], Sign::Any, Kind::RateLimited, say!("Rate limit reached for this account or address.")).by_anyone(),
    // The authorization server.
    saying(&[OAuth], Sign::Name(&["invalid_grant"]), Kind::ReconnectNeeded,
        |said| say!("The login has ended ({words}). Reconnect the channel.", words = words(said))),
    row(&[OAuth], &[], Sign::Name(&["use_dpop_nonce"]), Kind::RateLimited,
        say!("The authorization server keeps asking for a newer nonce. Nothing was done.")),
    saying(&[OAuth], Sign::Name(&["invalid_dpop_proof"]), Kind::AppMisconfigured,
        |said| say!("The authorization server refused our proof of possession ({words}). Check this machine's clock.", words = words(said))),
    saying(&[OAuth], Sign::Name(&["invalid_client", "unauthorized_client", "invalid_client_metadata", "invalid_redirect_uri"]), Kind::AppMisconfigured,
        |said| say!("The authorization server doesn't accept this installation ({words}). It must be able to fetch our client document at the public address.", words = words(said))),
    saying(&[OAuth], Sign::Name(&["invalid_scope"]), Kind::AppMisconfigured,
        |said| say!("The authorization server doesn't know a permission that was asked for ({words}).", words = words(said))),
    row(&[OAuth], &[], Sign::Name(&["access_denied"]), Kind::InputInvalid, say!("Access was declined. Start again to allow it.")),
    row(&[OAuth], &[], Sign::Name(&["server_error", "temporarily_unavailable"]), Kind::Unavailable,
        say!("The authorization server failed. Try again in a minute.")).in_doubt(),
    saying(&[OAuth], NAMED, Kind::AppMisconfigured,
        |said| say!("The authorization server refused it ({name}): {words}", name = name(said), words = words(said))),
    // The token.
    row(&[Session], &[], Sign::Name(&["ExpiredToken", "InvalidToken"]), Kind::ReconnectNeeded, SESSION_ENDED),
    row(XRPC, &[], Sign::Name(&["ExpiredToken", "InvalidToken"]), Kind::TokenExpired, EXPIRED),
    row(XRPC, &[401], Sign::Name(&["invalid_token"]), Kind::TokenExpired, REPLACED),
    row(XRPC, &[401], Sign::Words(&["error=\"invalid_token\""]), Kind::TokenExpired, REPLACED).by_anyone(),
    row(XRPC, &[], Sign::Name(&["use_dpop_nonce"]), Kind::RateLimited,
        say!("The server keeps asking for a newer nonce. Nothing was done.")),
    saying(XRPC, Sign::Name(&["invalid_dpop_proof"]), Kind::AppMisconfigured,
        |said| say!("The server refused our proof of possession ({words}). Nothing was done. Check this machine's clock.", words = words(said))),
    row(XRPC, &[], Sign::Name(&["AuthFactorTokenRequired"]), Kind::InputInvalid,
        say!("That is the account's main password: the server asks for a code by e-mail. Make an app password in Bluesky under Settings, Privacy and security, App passwords, and enter that.")),
    row(&[SignIn], &[], Sign::Name(&["AuthenticationRequired"]), Kind::InputInvalid,
        say!("The server doesn't know this handle with this app password. Check both, or make a new app password.")),
    row(XRPC, &[], Sign::Name(&["AuthMissing", "AuthenticationRequired"]), Kind::ReconnectNeeded, LOGIN_REFUSED),
    saying(XRPC, Sign::Name(&["ScopeMissingError"]), Kind::ScopeMissing,
        |said| say!("The permission for this was not granted ({words}). Reconnect the channel and allow it.", words = words(said))),
    // The account.
    row(XRPC, &[], Sign::Name(&["AccountNotFound"]), Kind::ReconnectNeeded,
        say!("The login belongs to another account, or the account has left this server. Reconnect the channel.")),
    row(XRPC, &[], Sign::Name(&["AccountTakedown", "RepoTakendown", "AccountSuspended", "RepoSuspended"]), Kind::AccountBlocked, TAKEN_DOWN),
    row(XRPC, &[], Sign::Name(&["RepoDeactivated", "AccountDeactivated"]), Kind::AccountBlocked,
        say!("The account is deactivated. Its owner can activate it again in the app.")),
    // Records and files.
    row(XRPC, &[], Sign::Name(&["InvalidSwap"]), Kind::Duplicate,
        say!("Another record has this post's key, so nothing was written. Check the account before publishing again.")),
    row(XRPC, &[], Sign::Name(&["BlobNotFound"]), Kind::MediaNotReady,
        say!("The server no longer has an uploaded file. Fanfare uploads it again.")),
    row(XRPC, &[], Sign::Name(&["RecordNotFound"]), Kind::RemoteNotFound, say!("The server has no such record.")),
    row(&[Upload], &[], Sign::Name(&["PayloadTooLarge"]), Kind::MediaRefused, FILE_TOO_LARGE),
    row(XRPC, &[], Sign::Name(&["PayloadTooLarge"]), Kind::ContentRefused, POST_TOO_LARGE),
    row(&[Upload], &[413], Sign::Any, Kind::MediaRefused, FILE_TOO_LARGE).by_anyone(),
    row(ANY, &[413], Sign::Any, Kind::ContentRefused, POST_TOO_LARGE).by_anyone(),
    row(XRPC, &[400, 404, 405, 501], Sign::Name(&["MethodNotImplemented"]), Kind::AppMisconfigured,
        say!("The account's server is too old for this call. Its operator must update it.")),
    // Size and type of a file are judged when the record is written, in the words of the lexicon.
    saying(&[Write], Sign::Is(is_about_a_file), Kind::MediaRefused, refused),
    saying(&[Upload], INVALID, Kind::MediaRefused, refused),
    saying(&[SignIn], INVALID, Kind::InputInvalid, refused),
    saying(&[Read], INVALID, Kind::RemoteNotFound, refused),
    saying(&[Write, Session], INVALID, Kind::ContentRefused, refused),
    row(ANY, &[401], Sign::Any, Kind::ReconnectNeeded, LOGIN_REFUSED).by_anyone(),
    // Names that the reference doesn't have.
    saying(&[Write], NAMED, Kind::ContentRefused, refused_by_name),
    saying(&[Upload], NAMED, Kind::MediaRefused, refused_by_name),
    saying(&[Read], NAMED, Kind::RemoteNotFound, refused_by_name),
    saying(&[SignIn], NAMED, Kind::InputInvalid, refused_by_name),
    saying(&[Session], NAMED, Kind::ReconnectNeeded, refused_by_name),
];

const INVALID: Sign = Sign::Name(&["InvalidRequest"]);
const NAMED: Sign = Sign::Is(|said| !said.names.is_empty());

fn is_about_a_file(said: &Said) -> bool {
    INVALID.shows(said) && ["blob", "mimetype", "mime type"].iter().any(|part| said.words.contains(part))
}

fn refused(said: &Said) -> Text {
    say!("The server refused it: {words}", words = words(said))
}

fn refused_by_name(said: &Said) -> Text {
    say!("The server refused it ({name}): {words}", name = name(said), words = words(said))
}

fn name(said: &Said) -> &str {
    said.names.first().map_or("", String::as_str)
}

/// The server's own words, short enough for a screen.
fn words(said: &Said) -> Text {
    let words = said.verbatim.trim();
    if words.is_empty() {
        say!("it gives no reason")
    } else {
        Text::verbatim(words.chars().take(300).collect::<String>())
    }
}

static JUDGE: Judge<Asked> = Judge {
    shape: Shape {
        at: &[""],
        names: &["error"],
        numbers: &[],
        words: &["message", "error_description"],
        plain: false,
        challenge: true,
    },
    rows: ROWS,
    harmless: &[],
    trouble: is_trouble,
    waits: Waits {
        told: &[Told::RetryAfter, Told::Second("ratelimit-reset")],
        unsaid: Duration::from_secs(60),
        min: Duration::from_secs(1),
        max: Duration::from_secs(24 * 60 * 60),
        past_is_now: false,
    },
    doubt,
    inside: None,
};

fn doubt(_: Asked, doubt: Doubt) -> Text {
    match doubt {
        Doubt::Down(status) => {
            say!("The server failed (HTTP {status}) and doesn't say whether the request was carried out.")
        }
        Doubt::Foreign(status) => {
            say!("Something other than the server answered (HTTP {status}, no XRPC error).")
        }
        Doubt::Odd(..) => {
            say!("The server accepted the request, but its answer can't be read. It may have been carried out.")
        }
        Doubt::Lost(why) => why,
    }
}

/// The failure that this answer is.
pub(super) fn failure(asked: Asked, reply: &Reply, now: Timestamp) -> Failure {
    JUDGE.refused(asked, reply, now)
}

/// A 2xx whose body is not what it should be: the server may well have done what it was asked.
pub(super) fn not_understood(reply: &Reply) -> Failure {
    // What was asked makes no difference: nothing here counts as harmless.
    JUDGE.odd(Write, reply, Text::verbatim(""), Timestamp::from_seconds(0))
}

/// The `WWW-Authenticate` header, in which DPoP errors of a resource server are told.
pub(super) fn challenge(reply: &Reply) -> &str {
    reply.header("www-authenticate").unwrap_or_default()
}
