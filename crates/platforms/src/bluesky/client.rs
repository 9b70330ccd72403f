//! Who we are to an authorization server: a document at our public address, or the development client of this machine.

use base::{Secret, Text, say};
use connector::{AppCredentials, Document, Failure, FailureKind};
use serde_json::{Value, json};
use url::Url;

use super::jose::Key;

/// Where the client document is; the consent page shows the bare domain for this very name.
pub(super) const METADATA_PATH: &str = "/oauth-client-metadata.json";
/// Where our public keys are.
const KEYS_PATH: &str = "/oauth/jwks.json";
/// Where the browser comes back to, under the public address.
pub const CALLBACK_PATH: &str = "/connect/bluesky/callback";
/// The name of the signing key among the app's values. Keys that are being retired are kept under names that begin
/// with it: sessions are bound to the key they began with.
pub(super) const SIGNING_KEY: &str = "signing_key";

/// Writing posts, in full: `putRecord` asks for creating and updating both.
pub(super) const SCOPE_POST: &str = "repo:app.bsky.feed.post";
/// Saying who may reply.
pub(super) const SCOPE_THREADGATE: &str = "repo:app.bsky.feed.threadgate";
/// Saying whether it may be quoted.
pub(super) const SCOPE_POSTGATE: &str = "repo:app.bsky.feed.postgate";
/// Liking the answers of others.
pub(super) const SCOPE_LIKE: &str = "repo:app.bsky.feed.like";
/// Uploading images.
pub(super) const SCOPE_IMAGES: &str = "blob:image/*";
/// Uploading videos.
pub(super) const SCOPE_VIDEOS: &str = "blob:video/*";
/// Letting the video service upload for the account.
pub(super) const SCOPE_VIDEO_SERVICE: &str = "rpc:com.atproto.repo.uploadBlob?aud=*";
/// Being signed in at all.
pub(super) const SCOPE_BASE: &str = "atproto";
/// What servers without granular scopes know.
pub(super) const SCOPE_LEGACY: &str = "transition:generic";

/// All granular scopes.
pub(super) const SCOPES: &[&str] = &[
    SCOPE_BASE,
    SCOPE_POST,
    SCOPE_THREADGATE,
    SCOPE_POSTGATE,
    SCOPE_LIKE,
    SCOPE_IMAGES,
    SCOPE_VIDEOS,
    SCOPE_VIDEO_SERVICE,
];

/// All scopes that our document declares: what may be asked for.
fn declared() -> String {
    format!("{} {SCOPE_LEGACY}", SCOPES.join(" "))
}

/// The scopes as granted. The old broad scope and app passwords allow all that we know, so they are spelled out:
/// a caller that asks whether a scope was granted need not know the old one.
pub(super) fn granted(scope: &str) -> Vec<String> {
    let mut list: Vec<String> = scope.split_ascii_whitespace().map(str::to_owned).collect();
    if list.iter().any(|scope| scope == SCOPE_LEGACY) {
        let missing: Vec<&str> = SCOPES.iter().copied().filter(|known| !list.iter().any(|has| has == known)).collect();
        list.extend(missing.into_iter().map(str::to_owned));
    }
    list
}

/// A client that an authorization server accepts.
pub(super) struct Client {
    /// The address of its document, or the development client's own form.
    pub id: String,
    /// The key it proves itself by; `None` for a public client.
    pub key: Option<Key>,
}

impl Client {
    /// The client that can be, for this public address.
    pub(super) fn new(app: &AppCredentials, public_url: &Url, redirect_uri: &str) -> Result<Self, Failure> {
        if is_public(public_url) {
            let (expected, key) = (at(public_url, CALLBACK_PATH), current_key(app)?);
            if redirect_uri != expected {
                return Err(misconfigured(say!(
                    "The callback {redirect_uri} isn't the one in our client document ({expected}). Set the public address to the one that people use."
                )));
            }
            return Ok(Self { id: at(public_url, METADATA_PATH), key: Some(key) });
        }
        Ok(Self { id: development_id(redirect_uri)?, key: None })
    }

    /// The client that a session was given to.
    pub(super) fn of_session(app: &AppCredentials, id: &str, key: Option<&str>) -> Result<Self, Failure> {
        let key = match key {
            None => None,
            Some(thumbprint) => Some(keys(app).into_iter().find(|key| key.thumbprint() == thumbprint).ok_or_else(|| {
                misconfigured(
                    say!("The signing key for this channel's login is missing from this installation. Reconnect the channel, or restore the key from a backup."),
                )
            })?),
        };
        Ok(Self { id: id.to_owned(), key })
    }
}

fn misconfigured(detail: Text) -> Failure {
    Failure::rejected(FailureKind::AppMisconfigured, detail)
}

/// Whether an authorization server can fetch a document there: https, a name, no port.
fn is_public(public_url: &Url) -> bool {
    public_url.scheme() == "https"
        && public_url.port().is_none()
        && public_url.domain().is_some_and(|name| name.contains('.') && super::syntax::may_resolve(name))
}

fn at(public_url: &Url, path: &str) -> String {
    format!("{}{path}", public_url.as_str().trim_end_matches('/'))
}

/// The development client: its id holds its callback and its scopes. Servers take a loopback address only.
fn development_id(redirect_uri: &str) -> Result<String, Failure> {
    let url = Url::parse(redirect_uri).ok();
    let local =
        url.as_ref().is_some_and(|url| url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "[::1]")));
    if !local {
        return Err(misconfigured(say!(
            "Signing in at Bluesky needs a public https address without a port, or http://127.0.0.1 on this machine; {redirect_uri} is neither. Set public_url, or connect with an app password."
        )));
    }
    // Servers compare all but the port of a loopback callback.
    let mut id = url::form_urlencoded::Serializer::new(String::new());
    id.append_pair("redirect_uri", redirect_uri).append_pair("scope", &declared());
    Ok(format!("http://localhost?{}", id.finish().replace('+', "%20")))
}

fn keys(app: &AppCredentials) -> Vec<Key> {
    let ours = app.values.iter().filter(|(name, _)| name.starts_with(SIGNING_KEY));
    ours.filter_map(|(_, text)| Key::parse(text)).collect()
}

pub(super) fn current_key(app: &AppCredentials) -> Result<Key, Failure> {
    let text: &Secret<String> = app.get(SIGNING_KEY)?;
    Key::parse(text).ok_or_else(|| misconfigured(say!("The stored signing key can't be read. Make a new one.")))
}

/// The client document and the keys, where the public address can have them.
pub(super) fn documents(app: &AppCredentials, public_url: &Url) -> Vec<Document> {
    if is_public(public_url) && !keys(app).is_empty() { documents_at(app, public_url) } else { Vec::new() }
}

/// The documents of a client that lives at this address.
pub(super) fn documents_at(app: &AppCredentials, public_url: &Url) -> Vec<Document> {
    let metadata = json!({
        "client_id": at(public_url, METADATA_PATH),
        "application_type": "web",
        "client_name": "Fanfare",
        "client_uri": public_url.as_str().trim_end_matches('/'),
        "redirect_uris": [at(public_url, CALLBACK_PATH)],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": declared(),
        "dpop_bound_access_tokens": true,
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks_uri": at(public_url, KEYS_PATH),
    });
    let keys: Vec<Value> = keys(app).iter().map(published).collect();
    vec![
        Document { path: METADATA_PATH.to_owned(), body: metadata },
        Document { path: KEYS_PATH.to_owned(), body: json!({ "keys": keys }) },
    ]
}

fn published(key: &Key) -> Value {
    let mut jwk = key.public();
    jwk["kid"] = key.thumbprint().into();
    jwk["use"] = "sig".into();
    jwk["alg"] = "ES256".into();
    jwk
}

#[cfg(test)]
mod tests {
    use base::random::SeededRandom;

    use super::*;

    fn app() -> AppCredentials {
        let key = Key::new(&SeededRandom::new(3)).to_text();
        AppCredentials { instance: None, values: [(SIGNING_KEY.to_owned(), key)].into() }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address")
    }

    #[test]
    fn a_public_address_serves_a_confidential_client_and_its_keys_without_private_parts() {
        let [metadata, keys] = &documents(&app(), &url("https://app.example.com"))[..] else { panic!("two documents") };
        assert_eq!(metadata.path, "/oauth-client-metadata.json");
        assert_eq!(metadata.body["client_id"], "https://app.example.com/oauth-client-metadata.json");
        assert_eq!(metadata.body["jwks_uri"], format!("https://app.example.com{}", keys.path));
        assert_eq!(metadata.body["redirect_uris"], json!(["https://app.example.com/connect/bluesky/callback"]));
        let jwk = &keys.body["keys"][0];
        assert_eq!((&jwk["kty"], &jwk["crv"], jwk.get("d")), (&json!("EC"), &json!("P-256"), None));
        let client =
            Client::new(&app(), &url("https://app.example.com"), "https://app.example.com/connect/bluesky/callback");
        assert_eq!(client.expect("a client").key.expect("confidential").thumbprint(), jwk["kid"]);
    }

    #[test]
    fn an_address_that_no_server_can_fetch_serves_nothing() {
        for address in
            ["http://app.example.com", "https://app.example.com:8443", "https://localhost", "https://10.0.0.1"]
        {
            assert!(documents(&app(), &url(address)).is_empty(), "{address}");
        }
    }

    #[test]
    fn this_machine_is_the_development_client() {
        let client =
            Client::new(&app(), &url("http://127.0.0.1:8080"), "http://127.0.0.1:8080/connect/bluesky/callback");
        let client = client.expect("a client");
        assert!(client.id.starts_with("http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fconnect%2Fbluesky%2Fcallback&scope=atproto%20"), "{}", client.id);
        assert!(client.key.is_none());
    }

    #[test]
    fn any_other_address_is_told_what_would_work() {
        for address in ["http://localhost:8080", "https://app.example.com:8443", "http://192.168.1.2"] {
            let failure = Client::new(&app(), &url(address), &format!("{address}/connect/bluesky/callback")).err();
            let failure = failure.expect("refused");
            assert_eq!(failure.kind, FailureKind::AppMisconfigured);
            assert!(failure.detail.english().contains("app password"), "{}", failure.detail);
        }
    }

    #[test]
    fn p_051_the_old_broad_scope_counts_as_all_that_we_know() {
        let list = granted("atproto transition:generic");
        assert!(SCOPES.iter().all(|scope| list.iter().any(|has| has == scope)));
        assert_eq!(granted("atproto repo:app.bsky.feed.post"), ["atproto", "repo:app.bsky.feed.post"]);
    }
}
