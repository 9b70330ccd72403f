//! One instance, as the other side of our calls. What a channel asks reaches its own instance and no other server.

use base::say;
use connector::{Call, Failure, FailureKind};

use super::{
    errors::{self, Asked},
    facts::Facts,
};
use crate::kit;
pub(crate) use crate::kit::peer::segment;

/// An instance, a token, and the way there.
pub(crate) type Peer<'a> = kit::peer::Peer<'a, Asked>;

/// On every request. Some refusals can only be told apart by their words, which a server writes in the reader's language.
const HEADERS: &[(&str, &str)] = &[("accept", "application/json"), ("accept-language", "en")];

/// The instance with this origin; no one is signed in.
pub(crate) fn at<'a>(call: &'a Call<'a>, origin: &str) -> Peer<'a> {
    Peer::at(call, call.endpoint("api", origin), &errors::JUDGE).with_headers(HEADERS).and_no_other()
}

/// The channel's own instance, signed in.
pub(crate) fn of_channel<'a>(call: &'a Call<'a>, facts: &Facts) -> Result<Peer<'a>, Failure> {
    if facts.instance.is_empty() {
        let detail = say!("The channel doesn't know its server. Reconnect it.");
        return Err(Failure::rejected(FailureKind::ReconnectNeeded, detail));
    }
    Ok(at(call, &facts.instance).signed_in(call.tokens.bearer()?))
}
