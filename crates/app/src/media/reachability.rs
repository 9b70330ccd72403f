//! Can a network fetch a file from here? Asked before a post is scheduled, and answered in plain words.
//!
//! What the public address itself shows is judged first: loopback, private, without TLS. Then this installation fetches a sign of
//! itself through that address, the way a network would: through DNS, the router and the proxy. Only this installation can
//! make the answer, so a page of something else is recognised.
//!
//! Where a platform is replaced by servers on this computer (a sandbox), those reach what is on this computer.

use std::time::Duration;

use base::{Code, Problem, Text, Timestamp, say};
use connector::{
    Issue, Rule, Severity,
    http::{Refusal, Transport},
};
use futures::TryStreamExt as _;
use url::{Host, Url};

use super::addresses::{sign, signed};
use crate::{App, fault::Fault};

/// Where the sign is fetched.
pub(super) const ROUTE: &str = "/fetch/self/{name}";
/// Its type; a proxy that changes it would change that of a file.
pub(super) const MIME: &str = "image/png";
/// What a request for a sign is signed as, and the answer to it.
const KINDS: (&str, &str) = ("reachability", "reachable");
/// How long an answer holds: it is asked for at every key that a person presses.
const HOLDS: Duration = Duration::from_secs(5 * 60);
/// The same for a failure, which someone may be repairing.
const FAILURE_HOLDS: Duration = Duration::from_secs(20);
/// The longest that a composer waits for it.
const PATIENCE: Duration = Duration::from_secs(8);
/// More than the sign has.
const BYTES_MAX: u64 = 1 << 10;

/// Why a network can't fetch files from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable {
    /// An error if no network could; a warning if this installation could not find out.
    pub severity: Severity,
    /// What is wrong, and what to do.
    pub why: Text,
}

/// The last answer, and until when it holds.
pub type Last = tokio::sync::Mutex<Option<(Timestamp, Option<Unreachable>)>>;

/// Whether the servers of this platform can fetch files from here; `None` if they can, or need not.
pub async fn of_platform(app: &App, platform: &str) -> Option<Unreachable> {
    let connector = app.connectors.get(platform)?;
    if !connector.about().fetches || is_here(app, platform) {
        return None;
    }
    of_installation(app).await
}

/// The same as something that a post's author reads before scheduling.
pub async fn issue(app: &App, platform: &str) -> Option<Issue> {
    let Unreachable { severity, why } = of_platform(app, platform).await?;
    let detail = say!("The platform fetches this post's files from this installation, and can't reach it. {why}");
    Some(Issue { severity, ..Issue::error(Rule::FilesUnreachable, "/parts", detail, "Fanfare") })
}

/// Whether all that stands in for the platform is on this computer, as this installation is.
fn is_here(app: &App, platform: &str) -> bool {
    let stand_ins = app.settings.endpoints.get(platform).filter(|endpoints| !endpoints.is_empty());
    stand_ins.is_some_and(|endpoints| endpoints.values().all(is_loopback)) && is_loopback(&app.settings.public_url)
}

/// Whether a file of this installation can be fetched from the internet; checked again after a while.
pub async fn of_installation(app: &App) -> Option<Unreachable> {
    let mut last = app.memory.reachability.lock().await;
    let now = app.clock.now();
    if let Some((_, found)) = last.as_ref().filter(|(until, _)| *until > now) {
        return found.clone();
    }
    let found = match of_address(&app.settings.public_url) {
        Some(why) => Some(Unreachable { severity: Severity::Error, why }),
        None => try_it(app).await,
    };
    *last = Some((now + if found.is_some() { FAILURE_HOLDS } else { HOLDS }, found.clone()));
    found
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What the address itself shows.
fn of_address(url: &Url) -> Option<Text> {
    let at = url.host_str().unwrap_or_default().to_owned();
    if is_loopback(url) {
        return Some(say!(
            "Its public address ({at}) leads to this computer only. Set `public_url` to an https address that the internet \
             reaches."
        ));
    }
    if url.scheme() != "https" {
        return Some(say!(
            "Its public address is plain http, which platforms don't fetch. Set `public_url` to an https address."
        ));
    }
    let literal = match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    };
    let is_private = literal.is_some_and(|address| !connector::http::is_public(address));
    is_private.then(|| {
        say!("Its public address ({at}) is one of a private network. Set `public_url` to a name that the internet reaches.")
    })
}

/// Fetches a sign of ourselves, as a network would.
pub(super) async fn try_it(app: &App) -> Option<Unreachable> {
    let error = |why: Text| Some(Unreachable { severity: Severity::Error, why });
    let unsure = |why: Text| Some(Unreachable { severity: Severity::Warning, why });
    let nonce = base::random::token::<12>(&*app.random);
    let (Ok(signature), Ok(wanted)) = (sign(app, KINDS.0, &nonce).await, sign(app, KINDS.1, &nonce).await) else {
        return unsure(say!("It could not be checked: the database doesn't answer."));
    };
    let Ok(url) = app.settings.public_url.join(&format!("fetch/self/{nonce}-{signature}.png")) else { return None };
    let fetched = match tokio::time::timeout(PATIENCE, app.guard.fetch(url.as_str(), BYTES_MAX)).await {
        Ok(Ok(fetched)) => fetched,
        Ok(Err(Transport::Refused(refusal))) if refusal.rule == Refusal::NOT_PUBLIC => {
            return error(say!(
                "The name of its public address leads to a private network. Point it to an address that the internet reaches."
            ));
        }
        Ok(Err(Transport::Refused(refusal))) => {
            return unsure(say!(
                "It could not be checked, because this installation may not call its own address: {why}.",
                why = refusal.why
            ));
        }
        Ok(Err(Transport::NotSent(_))) | Err(_) => {
            return unsure(say!(
                "Its public address did not answer from here: the name may not exist, a certificate may be invalid, or a router \
                 may not let this computer call itself. Open the address on a phone without Wi-Fi to find out."
            ));
        }
        Ok(Err(Transport::Lost(why))) => {
            return error(say!(
                "A proxy in front of it doesn't let `/fetch/` through: {why}. Let the proxy pass all paths to Fanfare."
            ));
        }
        Ok(Err(Transport::TooLarge(_))) => return error(other_server()),
    };
    if fetched.final_url != url {
        let to = fetched.final_url.host_str().unwrap_or_default().to_owned();
        return error(say!(
            "Its public address redirects (to {to}), and platforms don't follow. Set `public_url` to where it leads."
        ));
    }
    if fetched.mime.as_deref() != Some(MIME) {
        let mime = fetched.mime.unwrap_or_default();
        return error(say!(
            "A proxy in front of it changes the type of files (to `{mime}`). Let it pass answers unchanged."
        ));
    }
    let body: Result<Vec<u8>, _> = fetched
        .body
        .try_fold(Vec::new(), async |mut whole, piece| {
            whole.extend_from_slice(&piece);
            Ok(whole)
        })
        .await;
    if body.is_ok_and(|body| body == wanted.as_bytes()) { None } else { error(other_server()) }
}

fn other_server() -> Text {
    say!("Something else answers at its public address. Point the name, or the proxy's route, to this installation.")
}

/// The answer to a request for a sign, if it was signed here.
///
/// # Errors
/// Not found; those of the database.
pub(super) async fn answer(app: &App, name: &str) -> Result<String, Fault> {
    match signed(app, KINDS.0, name).await? {
        Some(nonce) => sign(app, KINDS.1, &nonce).await,
        None => Err(Problem::new(Code::NotFound, say!("This address leads nowhere, or has ended.")).into()),
    }
}
