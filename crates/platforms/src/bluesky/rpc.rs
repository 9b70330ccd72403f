//! Calls to the account's own server: authorized as the session asks for, and the DPoP nonce dance.
//!
//! The dance is the only repetition in this connector: a server that refuses a proof for its nonce has done nothing
//! else (RFC 9449, §8 and §9), so the same request with the nonce it gave is still the first one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base::Secret;
use connector::{Call, Failure, Media, Reply, Request, Transport};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    errors::{self, Asked},
    jose::{Key, Proof},
    session::{Session, SignIn},
};

/// Time for one small exchange. A send is at most three of them.
const SHORT: Duration = Duration::from_secs(20);
/// Time for the upload of a file.
const LONG: Duration = Duration::from_secs(15 * 60);
/// How many nonces are remembered: one per session and server.
const NONCES_MAX: usize = 20_000;

/// The newest nonce per key and server. Losing it costs one more exchange, so it is kept in memory only.
#[derive(Default)]
pub(super) struct Nonces(Mutex<HashMap<(String, String), String>>);

impl Nonces {
    fn get(&self, key: &str, origin: &str) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(key.to_owned(), origin.to_owned())).cloned()
    }

    fn put(&self, key: &str, origin: &str, reply: &Reply) -> bool {
        let Some(nonce) = reply.header("dpop-nonce") else { return false };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= NONCES_MAX {
            known.clear();
        }
        known.insert((key.to_owned(), origin.to_owned()), nonce.to_owned());
        true
    }

    /// Sends a request with a proof, and once more if the server asks for another proof. `make` builds it anew each
    /// time: whatever in it may be used only once (a client assertion) must be made in there.
    pub(super) async fn send(
        &self,
        call: &Call<'_>,
        to: Bound<'_>,
        make: impl Fn() -> Request + Send,
    ) -> Result<Reply, Transport> {
        let (origin, thumbprint) = (origin_of(to.url), to.key.thumbprint());
        let mut asked_before = false;
        loop {
            let nonce = self.get(&thumbprint, &origin);
            let proof = Proof { method: to.method, url: to.url, nonce: nonce.as_deref(), access: to.access };
            let proof = Secret::from(proof.sign(to.key, call.clock, call.random));
            let reply = make().secret_header("dpop", &proof).send().await?;
            let fresh = self.put(&thumbprint, &origin, &reply);
            if asked_before || !asks_for_another_proof(&reply, fresh) {
                return Ok(reply);
            }
            asked_before = true;
        }
    }
}

/// What a request with a proof is bound to.
pub(super) struct Bound<'a> {
    pub key: &'a Key,
    pub method: &'static str,
    pub url: &'a str,
    /// Toward the account's own server only.
    pub access: Option<&'a Secret<String>>,
}

fn asks_for_another_proof(reply: &Reply, has_nonce: bool) -> bool {
    let challenge = errors::challenge(reply);
    let says = |word: &str| {
        challenge.contains(&format!("error=\"{word}\""))
            || (reply.status < 500 && reply.value().get("error").and_then(Value::as_str) == Some(word))
    };
    match reply.status {
        400 | 401 => (has_nonce && says("use_dpop_nonce")) || (reply.status == 401 && says("invalid_dpop_proof")),
        _ => false,
    }
}

/// Scheme, host and port of an address.
pub(super) fn origin_of(url: &str) -> String {
    url::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// One call of a method.
pub(super) struct Ask<'a> {
    /// What it is for, in the story.
    pub name: &'static str,
    /// The method (`com.atproto.repo.putRecord`).
    pub nsid: &'static str,
    /// Parameters of the query.
    pub query: Vec<(&'static str, String)>,
    /// What is sent; decides between GET and POST.
    pub body: Body<'a>,
}

/// What a call sends.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    /// It is a read.
    Get,
    /// Nothing.
    Empty,
    /// JSON.
    Json(&'a Value),
    /// A file, whole.
    Media(&'a Media),
    /// A small file and its type.
    Bytes(&'a bytes::Bytes, &'a str),
}

impl<'a> Ask<'a> {
    /// A read.
    pub(super) fn get(name: &'static str, nsid: &'static str, query: Vec<(&'static str, String)>) -> Self {
        Self { name, nsid, query, body: Body::Get }
    }

    /// A write of JSON.
    pub(super) fn post(name: &'static str, nsid: &'static str, body: &'a Value) -> Self {
        Self { name, nsid, query: Vec::new(), body: Body::Json(body) }
    }

    fn method(&self) -> &'static str {
        if matches!(self.body, Body::Get) { "GET" } else { "POST" }
    }

    /// The request to this server, not yet authorized.
    pub(super) fn request(&self, call: &Call<'_>, server: &str) -> Request {
        let url = format!("{server}/xrpc/{}", self.nsid);
        let request = match self.body {
            Body::Get => call.http.get(self.name, url),
            _ => call.http.post(self.name, url),
        };
        let request = self.query.iter().fold(request, |request, (name, value)| request.query(name, value));
        match self.body {
            Body::Get | Body::Empty => request.timeout(SHORT),
            Body::Json(body) => request.json(body).timeout(SHORT),
            Body::Bytes(bytes, mime) => request.bytes(bytes.clone(), mime).timeout(SHORT),
            Body::Media(media) => request.media(media, 0, media.size_bytes, &media.mime).timeout(LONG),
        }
    }

    /// Sends it to a server that asks for no sign-in.
    pub(super) async fn openly(&self, call: &Call<'_>, server: &str) -> Result<Reply, Transport> {
        self.request(call, server).send().await
    }
}

/// The account's own server, signed in.
pub(super) struct Pds<'a> {
    pub call: &'a Call<'a>,
    pub session: Session,
    nonces: &'a Nonces,
}

impl<'a> Pds<'a> {
    /// From the call's tokens.
    pub(super) fn of(call: &'a Call<'a>, nonces: &'a Nonces) -> Result<Self, Failure> {
        Ok(Self { call, session: Session::of(call.tokens)?, nonces })
    }

    /// Sends a call with the access token.
    pub(super) async fn send(&self, ask: &Ask<'_>) -> Result<Reply, Failure> {
        let access = self.call.tokens.bearer()?;
        let make = || ask.request(self.call, &self.session.pds);
        let SignIn::OAuth(oauth) = &self.session.kind else {
            return Ok(make().bearer(access).send().await?);
        };
        let url = format!("{}/xrpc/{}", self.session.pds, ask.nsid);
        let scheme = Secret::from(format!("DPoP {}", access.expose()));
        let bound = Bound { key: &oauth.key, method: ask.method(), url: &url, access: Some(access) };
        Ok(self.nonces.send(self.call, bound, || make().secret_header("authorization", &scheme)).await?)
    }

    /// Sends a call and reads its answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, asked: Asked, ask: &Ask<'_>) -> Result<T, Failure> {
        let reply = self.send(ask).await?;
        understood(asked, &reply, self.call)
    }
}

/// The answer's body, or the failure that it is.
pub(super) fn understood<T: DeserializeOwned>(asked: Asked, reply: &Reply, call: &Call<'_>) -> Result<T, Failure> {
    if !reply.is_success() {
        return Err(errors::failure(asked, reply, call.clock.now()));
    }
    reply.json().map_err(|_| errors::not_understood(reply))
}
