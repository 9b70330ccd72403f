//! `fanfare demo`: the first two minutes, with no account, no key and no server anywhere.
//!
//! The same installation as `serve`, with the sandbox networks beside it. Owner, workspace, key and channels are made by
//! [`Newcomer`] through the front door: nothing is written behind the product's back. At the first start the month on its
//! calendar is lived through quickly ([`past`]). What was made is remembered in the data folder, so that a second start
//! finds everything as it was and makes only what is missing.

mod kept;
mod month;
mod newcomer;
mod past;
mod pictures;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use app::people;
use base::{Clock as _, OsRandom, Secret, SystemClock};
use reqwest::Method;
use sandbox::{Network, Options, Ports, Sandbox};
use serde_json::{Value, json};
use url::Url;

use crate::{
    client, say,
    serve::{self, Roles, Running},
    settings::{Platform, Settings, Surroundings},
};
use kept::Kept;
use month::Month;
pub use newcomer::{Consent, Newcomer, NewcomerError};
pub(crate) use newcomer::{cookies_of, local_zone};
use past::StoryClock;

/// Where Fanfare itself is, unless the port is taken.
const PORT: u16 = 4000;
/// Where the networks are, unless a port is taken.
const PORTS: Ports = Ports { bluesky: 4001, mastodon: 4002, x: 4003, control: 4004 };

/// How the demo is started.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Its folder; one of the user's by default.
    pub data: Option<PathBuf>,
    /// Its database's address; a file in its folder by default.
    pub database: Option<Secret<String>>,
    /// Whether it takes any free ports at the first start.
    pub any_ports: bool,
}

/// Runs until the person ends it.
///
/// # Errors
/// Whatever keeps it from starting.
pub async fn run(start: Start, log: crate::settings::Log, around: &Surroundings) -> anyhow::Result<()> {
    let folder = match start.data {
        Some(folder) => folder,
        None => dirs::data_local_dir()
            .context("this user has no folder for data; name one with --data")?
            .join("fanfare-demo"),
    };
    let mut kept = Kept::open(&folder)?;
    let today = month::today(&StoryClock::new(None));
    // A month can be lived through quickly only where nobody but us has a clock.
    let is_new = kept.port().is_none() && start.database.is_none();
    let clock = StoryClock::new(is_new.then(|| month::beginning(today)));
    let networks = networks(&kept, start.any_ports, &clock).await?;
    let listener = listen(&kept, start.any_ports).await?;
    let address: Url = format!("http://{}/", listener.local_addr()?).parse()?;
    let settings = Settings { database: start.database, ..settings(&folder, listener.local_addr()?, &networks, log)? };
    kept.remember_ports(listener.local_addr()?.port(), &ports_of(&networks))?;
    let running = Running::start(&settings, Roles::ALL, Some(listener), Arc::new(clock.clone())).await?;
    let ready = prepare(&running, &address, &networks, &mut kept, &Told { clock, today, is_new }).await;
    if let Err(error) = ready {
        running.stop().await;
        return Err(error.context("the demo could not be prepared"));
    }
    let login = client::login::keep_for_demo(&folder, &address, &kept.key(), around)?;
    greet(&address, &networks, &kept, login.as_deref());
    let ended = running.until_signal().await;
    // Only now, so that what was on its way could end.
    drop(networks);
    ended
}

async fn networks(kept: &Kept, any: bool, clock: &StoryClock) -> anyhow::Result<sandbox::Running> {
    let options = |ports| {
        let mut options = Options::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        (options.ports, options.data) = (ports, Some(kept.folder().join("sandbox")));
        options
    };
    if let Some(ports) = kept.ports() {
        let taken = "a port of this demo's networks is taken; perhaps the demo runs already. End the other program, or \
                     start a fresh demo with --data ANOTHER-FOLDER";
        return Sandbox::start(options(ports)).await.context(taken);
    }
    if !any && let Ok(networks) = Sandbox::start(options(PORTS)).await {
        return Ok(networks);
    }
    Sandbox::start(options(Ports::default())).await.context("the sandbox networks could not be started")
}

async fn listen(kept: &Kept, any: bool) -> anyhow::Result<tokio::net::TcpListener> {
    let at = |port| tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)));
    if let Some(port) = kept.port() {
        return at(port).await.with_context(|| {
            format!("port {port} of this demo is taken; perhaps the demo runs already. End the other program, or start a fresh demo with --data ANOTHER-FOLDER")
        });
    }
    if !any && let Ok(listener) = at(PORT).await {
        return Ok(listener);
    }
    at(0).await.context("there is no free port on this machine")
}

fn ports_of(networks: &sandbox::Running) -> Ports {
    let port = |url: &Url| url.port().unwrap_or_default();
    Ports {
        mastodon: port(&networks.mastodon),
        x: port(&networks.x),
        bluesky: port(&networks.bluesky),
        control: port(&networks.control),
    }
}

/// The settings of an installation beside the sandbox: its own defaults, and the sandbox in place of the networks.
fn settings(
    folder: &std::path::Path,
    listen: SocketAddr,
    networks: &sandbox::Running,
    log: crate::settings::Log,
) -> anyhow::Result<Settings> {
    let mut settings = Settings { listen, log, data: folder.to_owned(), ..Settings::defaults()? };
    let ports = ports_of(networks);
    settings.guard.allowed = vec![format!("127.0.0.1/32:{},{},{}", ports.bluesky, ports.mastodon, ports.x)];
    // Nothing here leaves this computer: not the page of a link in a post either.
    settings.guard.only_allowed = true;
    let all = |names: &[&str], url: &Url| Platform {
        endpoints: names.iter().map(|name| ((*name).to_owned(), url.clone())).collect(),
    };
    settings.platforms = Some(
        [
            ("bluesky".to_owned(), all(&["entryway", "plc", "video", "appview", "web"], &networks.bluesky)),
            ("x".to_owned(), all(&["api", "web"], &networks.x)),
        ]
        .into(),
    );
    Ok(settings)
}

/// What the demo has at each network: the platform, what a person types in, and whom they say yes as.
fn accounts(networks: &sandbox::Running) -> [(&'static str, Value, &'static str); 3] {
    [
        ("bluesky", json!({ "handle": "lena.test" }), "lena.test"),
        ("mastodon", json!({ "instance": networks.mastodon.as_str() }), "lena"),
        ("x", json!({}), "lena"),
    ]
}

/// Which month the demo tells, and by which clock.
struct Told {
    clock: StoryClock,
    today: jiff::civil::Date,
    is_new: bool,
}

async fn prepare(
    running: &Running,
    address: &Url,
    networks: &sandbox::Running,
    kept: &mut Kept,
    told: &Told,
) -> anyhow::Result<()> {
    let mut newcomer = Newcomer::at(address.clone())?;
    let (email, password) = kept.owner();
    match people::owner_link(&running.app).await? {
        Some(link) => {
            let token = link.fragment().unwrap_or_default();
            newcomer.become_owner(token, &email, &password, "Ten corners").await?;
        }
        None => newcomer.sign_in(&email, &password).await?,
    }
    connect_all(&newcomer, networks, &told.clock, false).await?;
    if told.is_new {
        say::out("The month behind is lived through quickly: posts go out to the sandbox networks, each at its time.");
        month(&newcomer, networks, told).await?.live_through().await?;
    }
    told.clock.join_the_present();
    // The session of a month ago is over.
    newcomer.sign_in(&email, &password).await?;
    if kept.key().expose().is_empty() {
        kept.remember_key(&newcomer.make_key("Command line").await?)?;
    }
    if !kept.is_seeded() {
        month(&newcomer, networks, told).await?.plan_ahead().await?;
        kept.remember_seeded()?;
    }
    Ok(())
}

async fn month<'a>(
    newcomer: &'a Newcomer,
    networks: &'a sandbox::Running,
    told: &'a Told,
) -> Result<Month<'a>, NewcomerError> {
    Month::of(newcomer, networks, &told.clock, told.today).await
}

/// Connects what is missing or has lost its login; with `anew`, everything.
async fn connect_all(
    newcomer: &Newcomer,
    networks: &sandbox::Running,
    clock: &StoryClock,
    anew: bool,
) -> Result<(), NewcomerError> {
    let known = newcomer.ask(Method::GET, "/v1/channels", None).await?;
    for (platform, input, account) in accounts(networks) {
        let channel = known.as_array().into_iter().flatten().find(|channel| channel["platform"] == platform);
        if !anew && channel.is_some_and(|channel| channel["state"] != "needs_reconnect") {
            continue;
        }
        if platform == Network::X.as_str() {
            let (id, secret) = (sandbox::x::DEMO_CLIENT_ID, sandbox::x::DEMO_CLIENT_SECRET);
            newcomer.enter_app(platform, &json!({ "client_id": id, "client_secret": secret })).await?;
        }
        // Channels are listed as they were made, so no two are made at the same instant.
        clock.move_to(clock.now() + std::time::Duration::from_secs(60));
        let reconnects = channel.and_then(|channel| channel["id"].as_str());
        let id = newcomer.connect(platform, &input, reconnects, Consent { account }).await?;
        if channel.is_none() {
            let slots: Vec<Value> = (0..7)
                .flat_map(|weekday| ["09:00", "16:30"].map(|time| json!({ "weekday": weekday, "time": time })))
                .collect();
            let body = json!({ "zone": local_zone(), "slots": slots });
            newcomer.ask(Method::PUT, &format!("/v1/channels/{id}/slots"), Some(&body)).await?;
        }
    }
    Ok(())
}

fn greet(address: &Url, networks: &sandbox::Running, kept: &Kept, login: Option<&std::path::Path>) {
    let (email, password) = kept.owner();
    let set = login.map(|path| format!("FANFARE_LOGIN='{}' ", path.display())).unwrap_or_default();
    // As it was called, if that was by a path: then it is not where the shell would find it.
    let called = std::env::args().next().filter(|name| name.contains('/')).unwrap_or_else(|| "fanfare".to_owned());
    say::out("");
    say::out(format_args!("Fanfare is ready: {}", sign_in_link(address, &email, &password)));
    say::out("  Open this link and press “Sign in”, or");
    say::out(format_args!("  sign in as {email} with {}", password.expose()));
    say::out("");
    say::out("Try this in another terminal:");
    say::out(format_args!("  {set}{called} channels"));
    say::out(format_args!("  {set}{called} post \"Hello from Fanfare\" --to bluesky,mastodon,x --now"));
    say::out(format_args!("  {set}{called} post \"See you tomorrow\" --to bluesky --next-slot"));
    say::out("");
    say::out(format_args!("See what arrived on the sandbox networks: {}", networks.control));
    say::out("Nothing here leaves this computer. Ctrl-C ends it; everything is kept for the next start.");
}

/// The page for signing in, which fills itself in from the fragment. A fragment is for the browser alone: it reaches no
/// server, no log and no `Referer`.
fn sign_in_link(address: &Url, email: &str, password: &Secret<String>) -> Url {
    let mut link = address.clone();
    link.set_path("/sign-in");
    let filled = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", email)
        .append_pair("password", password.expose())
        .finish();
    link.set_fragment(Some(&filled));
    link
}

/// `fanfare sandbox`: the networks alone.
///
/// # Errors
/// If a port is taken.
pub async fn run_sandbox(data: Option<PathBuf>, any_ports: bool) -> anyhow::Result<()> {
    let mut ending = serve::Ending::listen()?;
    let mut options = Options::new(Arc::new(SystemClock), Arc::new(OsRandom));
    options.data = data;
    options.ports = if any_ports { Ports::default() } else { PORTS };
    let networks = Sandbox::start(options)
        .await
        .context("the sandbox networks could not be started; with --any-ports they take ports that are free")?;
    say::out(format_args!("The sandbox networks are ready: {}", networks.control));
    for (name, url) in [("Bluesky", &networks.bluesky), ("Mastodon", &networks.mastodon), ("X", &networks.x)] {
        say::out(format_args!("  {name:<9} {url}"));
    }
    ending.asked().await;
    Ok(())
}

/// The demo owner's password: made for each data folder, so that no two demos share one (S-07).
fn new_password() -> Secret<String> {
    Secret::new(base::random::token::<12>(&OsRandom))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_link_fills_the_sign_in_page_in_without_telling_any_server() {
        let address = Url::parse("http://127.0.0.1:4000/").unwrap();
        let link = sign_in_link(&address, "demo@example.org", &"a b&c#d".into());
        assert_eq!(link.as_str(), "http://127.0.0.1:4000/sign-in#email=demo%40example.org&password=a+b%26c%23d");
        assert_eq!((link.path(), link.query()), ("/sign-in", None));
    }
}
