//! One instance, as the other side of our calls.

use base::{Secret, Text, say};
use connector::{Call, Failure, FailureKind, Reply, Request};
use http::Method;
use serde::de::DeserializeOwned;

use super::{
    errors::{self, Ask},
    facts::Facts,
};

/// An instance, a token, and the way there.
pub(crate) struct Peer<'a> {
    pub call: &'a Call<'a>,
    pub origin: String,
    pub token: Option<&'a Secret<String>>,
}

impl<'a> Peer<'a> {
    /// The instance with this origin; nobody is signed in.
    pub(crate) fn at(call: &'a Call<'a>, origin: &str) -> Self {
        Self { call, origin: call.endpoint("api", origin), token: None }
    }

    /// The channel's own instance, signed in.
    pub(crate) fn of_channel(call: &'a Call<'a>, facts: &Facts) -> Result<Self, Failure> {
        if facts.instance.is_empty() {
            let detail = say!("The channel doesn't know its server. Reconnect it.");
            return Err(Failure::rejected(FailureKind::ReconnectNeeded, detail));
        }
        let mut peer = Self::at(call, &facts.instance);
        peer.token = Some(call.tokens.bearer()?);
        Ok(peer)
    }

    pub(crate) fn signed_in(mut self, token: &'a Secret<String>) -> Self {
        self.token = Some(token);
        self
    }

    /// A request to this instance. `name` says in the story what is asked for.
    pub(crate) fn request(&self, name: &'static str, method: Method, path: &str) -> Request {
        let request = self.call.http.request(name, method, format!("{}{path}", self.origin));
        // Some refusals can only be told apart by their words, which a server writes in the reader's language.
        let request = request.header("accept", "application/json").header("accept-language", "en");
        match self.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }

    pub(crate) fn get(&self, name: &'static str, path: &str) -> Request {
        self.request(name, Method::GET, path)
    }

    /// Sends it once; anything but success is a failure.
    pub(crate) async fn ask(&self, ask: Ask, request: Request) -> Result<Reply, Failure> {
        let reply = request.send().await.map_err(|error| errors::of_transport(ask, error))?;
        if reply.is_success() { Ok(reply) } else { Err(errors::of_reply(ask, &reply, self.call.clock.now())) }
    }

    /// The same, and the answer read.
    pub(crate) async fn read<T: DeserializeOwned>(&self, ask: Ask, request: Request, what: Text) -> Result<T, Failure> {
        let reply = self.ask(ask, request).await?;
        reply.json().map_err(|_| errors::unreadable(ask, &reply, what))
    }
}

/// An id as one segment of a path: whatever an instance gives us as an id cannot lead elsewhere.
pub(crate) fn segment(id: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    id.bytes().map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn an_id_stays_inside_its_segment_of_the_path() {
        assert_eq!(segment("103254962155278888"), "103254962155278888");
        assert_eq!(segment("../../oauth/revoke?x#y"), "%2E%2E%2F%2E%2E%2Foauth%2Frevoke%3Fx%23y");
    }
}
