//! Who an account is and where it lives: handle to DID, DID to document, document to server, and back to the handle.
//!
//! DNS records are not asked: the only way out is HTTP. The entryway's `resolveHandle` reads them for us.

use base::{Text, say};
use connector::{Call, Failure, FailureKind as Kind, Outcome};

use super::{
    errors::{self, Asked},
    rpc::{Ask, understood},
    syntax,
    wire::{DidDocument, Resolved, Service},
};

/// The server that is asked for handles and stands before Bluesky's own servers.
const ENTRYWAY: &str = "https://bsky.social";
/// The directory of `did:plc` documents.
const PLC: &str = "https://plc.directory";

/// What a person may enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entered {
    /// A handle, in lower case.
    Handle(String),
    /// A DID.
    Did(String),
    /// The origin of a server.
    Server(String),
}

/// An account whose server says the same of it as its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The permanent id.
    pub did: String,
    /// The handle, proved both ways; `None` if the document names none that leads back.
    pub handle: Option<String>,
    /// The origin of the account's server.
    pub pds: String,
}

impl Entered {
    /// Reads what a person typed or pasted.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let seen = syntax::plain(text);
        let text = seen.trim_start_matches("at://").trim_end_matches('/');
        if syntax::is_did(text) {
            return Ok(Self::Did(text.to_owned()));
        }
        if text.contains("://") {
            return Self::of_address(text);
        }
        // An address without its scheme, as browsers show it.
        if text.contains('/') {
            return Self::of_address(&format!("https://{text}"));
        }
        let handle = text.to_ascii_lowercase();
        if !syntax::is_handle(&handle) {
            return Err(wrong_input(say!(
                "`{text}` isn't a handle. Write all of it, like alice.bsky.social, or enter a DID or the address of your server (https://…)."
            )));
        }
        if !syntax::may_resolve(&handle) {
            return Err(wrong_input(say!("`{text}` can't be a handle: names with that ending aren't public.")));
        }
        Ok(Self::Handle(handle))
    }

    fn of_address(text: &str) -> Result<Self, Failure> {
        let wrong =
            || wrong_input(say!("`{text}` isn't the address of a server. Write it like https://pds.example.com."));
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let words: Vec<&str> = url.path_segments().map(Iterator::collect).unwrap_or_default();
        if let ["profile", who, ..] = words[..] {
            return Self::read(who);
        }
        Ok(Self::Server(origin(text).ok_or_else(wrong)?))
    }
}

/// The origin that an address names, if it names nothing else: no user, path or query.
pub(super) fn origin(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let bare = matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    bare.then(|| url.origin().ascii_serialization())
}

fn wrong_input(detail: Text) -> Failure {
    Failure::rejected(Kind::InputInvalid, detail)
}

/// The account behind a handle or DID; the check in both directions included.
pub(super) async fn find(call: &Call<'_>, who: &Entered) -> Result<Identity, Failure> {
    match who {
        Entered::Handle(handle) => {
            let did = did_of(call, handle).await?.ok_or_else(|| unknown_handle(handle))?;
            let document = document(call, &did).await?;
            if !names(&document, handle) {
                return Err(wrong_input(say!(
                    "{handle} leads to {did}, but that account doesn't say that {handle} is its handle. Correct the handle in the account's settings, or enter the DID."
                )));
            }
            Ok(Identity { did, handle: Some(handle.clone()), pds: server_in(&document)? })
        }
        Entered::Did(did) => {
            let document = document(call, did).await?;
            let claimed = document.also_known_as.iter().find_map(|name| name.strip_prefix("at://"));
            let handle = proved(call, did, claimed).await?;
            Ok(Identity { did: did.clone(), handle, pds: server_in(&document)? })
        }
        Entered::Server(_) => Err(wrong_input(say!("Enter the account's handle, not only its server."))),
    }
}

fn unknown_handle(handle: &str) -> Failure {
    wrong_input(say!("No account has the handle {handle}. Check the spelling."))
}

/// The handle, if it leads back to the DID; one that leads elsewhere or nowhere is left out, for the DID is what
/// counts. Trouble on the way is an error: a name must not change because a server was down.
async fn proved(call: &Call<'_>, did: &str, claimed: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(handle) = claimed.map(str::to_ascii_lowercase).filter(|handle| syntax::is_handle(handle)) else {
        return Ok(None);
    };
    let found = did_of(call, &handle).await?;
    Ok((found.as_deref() == Some(did)).then_some(handle))
}

/// The DID that a handle leads to: as the entryway sees it, else as the handle's own site says.
pub(super) async fn did_of(call: &Call<'_>, handle: &str) -> Result<Option<String>, Failure> {
    let server = call.endpoint("entryway", ENTRYWAY);
    let query = vec![("handle", handle.to_owned())];
    let reply = Ask::get("resolve handle", "com.atproto.identity.resolveHandle", query).openly(call, &server).await?;
    if reply.is_success() {
        let Resolved { did } = understood(Asked::Read, &reply, call)?;
        return Ok(syntax::is_did(&did).then_some(did));
    }
    let failure = errors::failure(Asked::Read, &reply, call.clock.now());
    if failure.outcome != Outcome::Rejected {
        return Err(failure);
    }
    Ok(from_own_site(call, handle).await)
}

/// `https://{handle}/.well-known/atproto-did`. Any trouble there means that the handle says nothing.
async fn from_own_site(call: &Call<'_>, handle: &str) -> Option<String> {
    if handle.ends_with(".test") {
        return None;
    }
    let url = format!("https://{handle}/.well-known/atproto-did");
    let reply = call.http.get("resolve handle at its own site", url).send().await.ok()?;
    let did = reply.text().trim().to_owned();
    (reply.status == 200 && syntax::is_did(&did)).then_some(did)
}

/// The document of a DID.
async fn document(call: &Call<'_>, did: &str) -> Result<DidDocument, Failure> {
    let url = match did.strip_prefix("did:web:") {
        Some(host) => format!("https://{}/.well-known/did.json", host.replace("%3A", ":")),
        None => format!("{}/{did}", call.endpoint("plc", PLC)),
    };
    let reply = call.http.get("read DID document", url).send().await?;
    if matches!(reply.status, 404 | 410) {
        let detail = say!("The directory has no account {did}, or it was deleted.");
        return Err(Failure::rejected(Kind::InputInvalid, detail).answered(reply.status, None));
    }
    let document: DidDocument = understood(Asked::Read, &reply, call)?;
    if document.id != did {
        let detail = say!("The directory answered with the document of another account than {did}.");
        return Err(Failure::rejected(Kind::BadAnswer, detail));
    }
    Ok(document)
}

fn names(document: &DidDocument, handle: &str) -> bool {
    document
        .also_known_as
        .iter()
        .filter_map(|name| name.strip_prefix("at://"))
        .any(|name| name.eq_ignore_ascii_case(handle))
}

/// The origin of the account's server, as its document says.
fn server_in(document: &DidDocument) -> Result<String, Failure> {
    let own = format!("{}#atproto_pds", document.id);
    let is_pds = |service: &&Service| {
        (service.id == "#atproto_pds" || service.id == own) && service.kind == "AtprotoPersonalDataServer"
    };
    let endpoint = document.service.iter().find(is_pds).and_then(|service| service.service_endpoint.as_str());
    endpoint.and_then(origin).ok_or_else(|| {
        let detail = say!("The document of {id} names no server that the account lives on.", id = document.id);
        Failure::rejected(Kind::InputInvalid, detail)
    })
}

/// The server of an account, by its DID.
pub(super) async fn server_of(call: &Call<'_>, did: &str) -> Result<String, Failure> {
    server_in(&document(call, did).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste_is_understood() {
        let handle = Entered::Handle("alice.bsky.social".to_owned());
        for text in [
            "alice.bsky.social",
            " @Alice.bsky.social ",
            "at://alice.bsky.social",
            "https://bsky.app/profile/alice.bsky.social",
            "https://bsky.app/profile/alice.bsky.social/post/3n2ue7nxlr42c",
            "bsky.app/profile/alice.bsky.social/",
            "at://alice.bsky.social/",
            "＠alice.bsky.social",
            "ａｌｉｃｅ．bsky.social",
            "alice.bsky.social.",
            "@@alice.bsky.social.\u{a0}",
        ] {
            assert_eq!(Entered::read(text).expect(text), handle);
        }
        // Marks that come along from a chat or a web page, wherever they stand.
        let marks =
            ["\u{202a}", "\u{202b}", "\u{202c}", "\u{200e}", "\u{200f}", "\u{2060}", "\u{200b}", "\u{feff}", "\u{ad}"];
        for mark in marks.into_iter().chain(["\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}", "\u{61c}"]) {
            for text in [
                format!("{mark}alice.bsky.social{mark}"),
                format!("@{mark}alice.bsky.social"),
                format!("{mark}@alice.{mark}bsky.social {mark}"),
                format!("{mark}https://bsky.app/profile/{mark}alice.bsky.social{mark}/{mark}"),
            ] {
                assert_eq!(Entered::read(&text).expect(&text), handle, "{text:?}");
            }
        }
        let did = "did:plc:mr2e4qbzvygubvbcrbnxt5td";
        assert_eq!(Entered::read(did).expect("a DID"), Entered::Did(did.to_owned()));
        assert_eq!(
            Entered::read("https://PDS.example.com/").expect("a server"),
            Entered::Server("https://pds.example.com".to_owned())
        );
    }

    #[test]
    fn s_16_what_is_no_account_and_no_server_is_told_apart_before_anything_is_called() {
        for text in [
            "",
            "alice",
            "a b.test",
            "ftp://x.example",
            "https://user@pds.example",
            "https://pds.example/path",
            "alice.local",
        ] {
            let failure = Entered::read(text).expect_err(text);
            assert_eq!(failure.kind, Kind::InputInvalid, "{text}");
        }
    }

    #[test]
    fn only_the_service_that_is_a_pds_counts() {
        let document = |service: serde_json::Value| -> DidDocument {
            serde_json::from_value(serde_json::json!({
                "id": "did:plc:mr2e4qbzvygubvbcrbnxt5td", "alsoKnownAs": ["at://Alice.test"], "service": [service],
            }))
            .expect("a document")
        };
        let pds = |id: &str, kind: &str, at: &str| serde_json::json!({ "id": id, "type": kind, "serviceEndpoint": at });
        let good = document(pds("#atproto_pds", "AtprotoPersonalDataServer", "https://pds.example"));
        assert_eq!(server_in(&good).expect("a server"), "https://pds.example");
        assert!(names(&good, "alice.test") && !names(&good, "bob.test"));
        for bad in [
            pds("#atproto_labeler", "AtprotoLabeler", "https://pds.example"),
            pds("#atproto_pds", "SomethingElse", "https://pds.example"),
            pds("#atproto_pds", "AtprotoPersonalDataServer", "https://pds.example/a/path"),
            pds("#atproto_pds", "AtprotoPersonalDataServer", "file:///etc/passwd"),
        ] {
            assert!(server_in(&document(bad)).is_err());
        }
    }
}
