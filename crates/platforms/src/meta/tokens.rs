//! Tokens that live sixty days: the code gives one for an hour, which is exchanged, and that again before it ends. There is no
//! refresh token, and Meta cannot be told that a grant ends.

use http::Method;

use crate::kit::oauth::{AppProof, Renewal, Step};

/// Meta's pages take a longer state; no one says how long.
pub(crate) const STATE_MAX: usize = 500;

/// The exchange of the code.
pub(crate) const fn code<A>(asked: A) -> Step<A> {
    Step {
        name: "exchange the code",
        asked,
        method: Method::POST,
        path: "/oauth/access_token",
        grant: "authorization_code",
        subject: "code",
        app: AppProof::Fields,
    }
}

/// How tokens are renewed; `first` and `again` are the values of `grant_type`.
pub(crate) const fn renewal<A: Copy>(asked: A, first: &'static str, again: &'static str) -> Renewal<A> {
    Renewal::Exchange {
        first: exchange("exchange the token", asked, "/access_token", first, AppProof::Secret),
        again: exchange("prolong the token", asked, "/refresh_access_token", again, AppProof::None),
    }
}

const fn exchange<A>(name: &'static str, asked: A, path: &'static str, grant: &'static str, app: AppProof) -> Step<A> {
    Step { name, asked, method: Method::GET, path, grant, subject: "access_token", app }
}
