//! Our cookies: which there are, what each is called and how long it lasts. No other place writes or reads one.

use std::time::Duration;

use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use base::say;
use cookie::{Cookie, SameSite};

use crate::{App, Settings};

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OurCookie {
    /// Carries a session (S-31).
    Session,
    /// By it a device is known again on which someone has signed in (S-37).
    Device,
    /// By it the browser that opened a link to connect an account is known when it comes back.
    Connecting,
}

impl OurCookie {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Session, Self::Device, Self::Connecting];

    /// What the policy says of it.
    pub(crate) fn fact(self, settings: &Settings) -> trust::Cookie {
        let (key, purpose) = match self {
            Self::Session => ("session", say!("Keeps you signed in.")),
            Self::Device => (
                "device",
                say!("Recognizes a device you signed in on, so that others who try passwords don't lock you out."),
            ),
            Self::Connecting => ("connect", say!("Brings you back when you connect an account by a link.")),
        };
        trust::Cookie {
            key: key.to_owned(),
            name: self.named(is_https(settings)).to_owned(),
            purpose,
            minutes: self.kept(settings).as_secs() / 60,
            essential: true,
        }
    }

    /// Its name. `__Host-` binds it to this host and to https (S-31); browsers refuse it over plain http, which we serve on
    /// the loopback only (P-130), so there it has a name of its own that https never reads.
    pub fn name(self, app: &App) -> &'static str {
        self.named(is_https(&app.settings))
    }

    const fn named(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, true) => "__Host-session",
            (Self::Session, false) => "fanfare-loopback-session",
            (Self::Device, true) => "__Host-device",
            (Self::Device, false) => "fanfare-loopback-device",
            (Self::Connecting, true) => "__Host-connect",
            (Self::Connecting, false) => "fanfare-loopback-connect",
        }
    }

    /// How long a browser keeps it.
    fn kept(self, settings: &Settings) -> Duration {
        match self {
            Self::Session => settings.sessions.absolute,
            Self::Device => Duration::from_secs(180 * 86_400),
            // As long as an attempt to connect waits, and then a choice.
            Self::Connecting => Duration::from_secs(70 * 60),
        }
    }

    /// What it says in a request.
    pub(crate) fn said(self, app: &App, headers: &HeaderMap) -> Option<String> {
        CookieJar::from_headers(headers).get(self.name(app)).map(|cookie| cookie.value().to_owned())
    }

    /// The `Set-Cookie` that makes a browser say this.
    pub(crate) fn set(self, app: &App, value: &str) -> String {
        self.baked(app, value, self.kept(&app.settings))
    }

    /// The `Set-Cookie` that removes it.
    pub(crate) fn gone(self, app: &App) -> String {
        self.baked(app, "", Duration::ZERO)
    }

    /// `Secure` is left out on plain http, which is the loopback.
    fn baked(self, app: &App, value: &str, kept: Duration) -> String {
        let age = cookie::time::Duration::try_from(kept).unwrap_or(cookie::time::Duration::MAX);
        let cookie = Cookie::build((self.name(app), value)).path("/").max_age(age).http_only(true);
        cookie.same_site(SameSite::Lax).secure(is_https(&app.settings)).build().to_string()
    }
}

fn is_https(settings: &Settings) -> bool {
    settings.public_url.scheme() == "https"
}
