//! The other side of the calls: where it is, the token, the headers that every call has, and who judges its answers.

use base::{Secret, Text};
use connector::{Call, Failure, Http, Reply, Request};
use http::Method;
use serde::de::DeserializeOwned;

use super::judge::Judge;

/// A network's server, as one piece of work sees it.
#[derive(Clone)]
pub(crate) struct Peer<'a, A: 'static> {
    /// The call that this is for.
    pub call: &'a Call<'a>,
    /// What its paths are appended to.
    pub base: String,
    http: Http,
    token: Option<&'a Secret<String>>,
    hidden: Option<&'a Secret<String>>,
    proof: Option<(&'static str, String)>,
    headers: &'static [(&'static str, &'static str)],
    own_header: Option<(&'static str, String)>,
    judge: &'static Judge<A>,
}

impl<'a, A: Copy + PartialEq> Peer<'a, A> {
    /// The server at this address; no one is signed in.
    pub(crate) fn at(call: &'a Call<'a>, base: String, judge: &'static Judge<A>) -> Self {
        Self {
            call,
            base,
            http: call.http.clone(),
            token: None,
            hidden: None,
            proof: None,
            headers: &[],
            own_header: None,
            judge,
        }
    }

    /// The same server; nothing of what is asked through it reaches another (P-056).
    pub(crate) fn and_no_other(mut self) -> Self {
        self.http = self.http.only(&self.base);
        self
    }

    /// With these headers on every request.
    pub(crate) fn with_headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// With one more header on every request, whose value an operator chooses.
    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.own_header = Some((name, value));
        self
    }

    /// Signed in with this token.
    pub(crate) fn signed_in(mut self, token: &'a Secret<String>) -> Self {
        self.token = Some(token);
        self
    }

    /// With this secret in the address: it is not recorded.
    pub(crate) fn hiding(mut self, secret: &'a Secret<String>) -> Self {
        self.hidden = Some(secret);
        self
    }

    /// With this parameter on every request: a proof that the one who has the token is the app.
    pub(crate) fn proven_by(mut self, name: &'static str, proof: String) -> Self {
        self.proof = Some((name, proof));
        self
    }

    /// The same server, not signed in.
    pub(crate) fn anonymous(&self) -> Self {
        Self { token: None, proof: None, ..self.clone() }
    }

    /// A request to it. `name` says in the story what is asked for.
    pub(crate) fn request(&self, name: &'static str, method: Method, path: &str) -> Request {
        let request = self.http.request(name, method, format!("{}{path}", self.base));
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
        let request = self.own_header.iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = match self.hidden {
            Some(secret) => request.secret_in_address(secret),
            None => request,
        };
        let request = match self.token {
            Some(token) => request.bearer(token),
            None => request,
        };
        self.proof.iter().fold(request, |request, (name, proof)| request.query(name, proof))
    }

    /// A read.
    pub(crate) fn get(&self, name: &'static str, path: &str) -> Request {
        self.request(name, Method::GET, path)
    }

    /// Sends it once; anything but success is a failure.
    pub(crate) async fn ask(&self, asked: A, request: Request) -> Result<Reply, Failure> {
        let reply = request.send().await.map_err(|error| self.judge.lost(asked, error))?;
        if reply.is_success() { Ok(reply) } else { Err(self.judge.refused(asked, &reply, self.call.clock.now())) }
    }

    /// The same, and the answer read. `what` must be in it.
    pub(crate) async fn read<T: DeserializeOwned>(&self, asked: A, request: Request, what: Text) -> Result<T, Failure> {
        let reply = self.ask(asked, request).await?;
        reply.json().map_err(|_| self.odd(asked, &reply, what))
    }

    /// An answer of success without what must be in it.
    pub(crate) fn odd(&self, asked: A, reply: &Reply, what: Text) -> Failure {
        self.judge.odd(asked, reply, what, self.call.clock.now())
    }
}

/// An id as one segment of a path: whatever a network gives us as an id cannot lead elsewhere.
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
