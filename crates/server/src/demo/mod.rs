//! `fanfare demo`: try Fanfare without any account, key or server.
//!
//! The same installation as `serve`, with the sandbox platforms beside it. [`Newcomer`] creates owner, workspace, key and
//! channels through the public API; nothing is written to the database directly. At the first start the past month of its
//! calendar is played back quickly ([`past`]). The data folder remembers what was created, so that a second start only
//! adds what is missing.

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

/// Fanfare's own port, unless it is taken.
const PORT: u16 = 4000;

/// The demo's options.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Its folder; by default one in the user's data folder.
    pub data: Option<PathBuf>,
    /// Its database's address; by default a file in its folder.
    pub database: Option<Secret<String>>,
    /// Whether it uses any free ports at the first start.
    pub any_ports: bool,
}

/// Runs until the person stops it.
///
/// # Errors
/// If it can't start.
pub async fn run(start: Start, log: crate::settings::Log, around: &Surroundings) -> anyhow::Result<()> {
    let folder = match start.data {
        Some(folder) => folder,
        None => {
            dirs::data_local_dir().context("this user has no data folder; give one with --data")?.join("fanfare-demo")
        }
    };
    let mut kept = Kept::open(&folder)?;
    let today = month::today(&StoryClock::new(None));
    // The past month can be played back only on SQLite: PostgreSQL has its own clock.
    let is_new = kept.port().is_none() && start.database.is_none();
    let clock = StoryClock::new(is_new.then(|| month::beginning(today)));
    let networks = networks(&kept, start.any_ports, &clock).await?;
    let listener = listen(&kept, start.any_ports).await?;
    let address: Url = format!("http://{}/", listener.local_addr()?).parse()?;
    let settings = Settings { database: start.database, ..settings(&folder, listener.local_addr()?, &networks, log)? };
    kept.remember_ports(listener.local_addr()?.port(), networks.ports())?;
    let running = Running::start(&settings, Roles::ALL, Some(listener), Arc::new(clock.clone())).await?;
    let ready = prepare(&running, &address, &networks, &mut kept, &Story { clock, today, is_new }).await;
    if let Err(error) = ready {
        running.stop().await;
        return Err(error.context("the demo couldn't be prepared"));
    }
    let login = client::login::keep_for_demo(&folder, &address, &kept.key(), around)?;
    greet(&address, &networks, &kept, login.as_deref());
    let ended = running.until_signal().await;
    // Stopped last, so that posts being sent can finish.
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
        let taken = "a port of this demo's sandbox platforms is in use; the demo may already be running. Stop the other \
                     program, or start a new demo with --data ANOTHER-FOLDER";
        return Sandbox::start(options(ports)).await.context(taken);
    }
    if !any && let Ok(networks) = Sandbox::start(options(Ports::usual())).await {
        return Ok(networks);
    }
    Sandbox::start(options(Ports::default())).await.context("the sandbox platforms couldn't be started")
}

async fn listen(kept: &Kept, any: bool) -> anyhow::Result<tokio::net::TcpListener> {
    let at = |port| tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)));
    if let Some(port) = kept.port() {
        return at(port).await.with_context(|| {
            format!("port {port} of this demo is in use; the demo may already be running. Stop the other program, or start a new demo with --data ANOTHER-FOLDER")
        });
    }
    if !any && let Ok(listener) = at(PORT).await {
        return Ok(listener);
    }
    at(0).await.context("this machine has no free port")
}

/// The settings of an installation beside the sandbox: the defaults, with the sandbox in place of the platforms.
fn settings(
    folder: &std::path::Path,
    listen: SocketAddr,
    networks: &sandbox::Running,
    log: crate::settings::Log,
) -> anyhow::Result<Settings> {
    let mut settings = Settings { listen, log, data: folder.to_owned(), ..Settings::defaults()? };
    settings.guard.allowed = vec![allowed(networks)];
    // Nothing here leaves this computer, not even requests for linked pages.
    settings.guard.only_allowed = true;
    let instead = |(network, platform): (Network, &sandbox::Platform)| {
        let endpoints = platform.endpoints.iter().map(|name| ((*name).to_owned(), networks.origin(network).clone()));
        (platform.id.to_owned(), Platform { endpoints: endpoints.collect() })
    };
    settings.platforms = Some(played().map(instead).collect());
    Ok(settings)
}

/// The platforms that the sandbox plays and this program has a connector for, each with its network.
pub fn played() -> impl Iterator<Item = (Network, &'static sandbox::Platform)> {
    let known: Vec<&str> = platforms::all().iter().map(|connector| connector.about().id).collect();
    let of = |network: Network| network.about().platforms.iter().map(move |platform| (network, platform));
    Network::ALL.iter().copied().flat_map(of).filter(move |(_, platform)| known.contains(&platform.id))
}

/// Whether there is a queue of posts for a channel on this platform.
fn takes_posts(platform: &str) -> bool {
    platforms::all().iter().any(|one| one.about().id == platform && one.publish().is_some())
}

/// The addresses of the networks, as the guard's setting takes them.
pub fn allowed(networks: &sandbox::Running) -> String {
    let ports = networks.ports();
    let ports: Vec<String> = Network::ALL.iter().map(|network| ports.of(*network).to_string()).collect();
    format!("127.0.0.1/32:{}", ports.join(","))
}

/// The month that the demo plays back, and its clock.
struct Story {
    clock: StoryClock,
    today: jiff::civil::Date,
    is_new: bool,
}

async fn prepare(
    running: &Running,
    address: &Url,
    networks: &sandbox::Running,
    kept: &mut Kept,
    story: &Story,
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
    connect_all(&newcomer, networks, &story.clock, false).await?;
    if story.is_new {
        say::out("Playing back the past month: posts are published to the sandbox platforms, each at its time.");
        month(&newcomer, networks, story).await?.live_through().await?;
    }
    story.clock.join_the_present();
    // The session from a month ago has expired.
    newcomer.sign_in(&email, &password).await?;
    if kept.key().expose().is_empty() {
        kept.remember_key(&newcomer.make_key("Command line").await?)?;
    }
    if !kept.is_seeded() {
        month(&newcomer, networks, story).await?.plan_ahead().await?;
        kept.remember_seeded()?;
    }
    Ok(())
}

async fn month<'a>(
    newcomer: &'a Newcomer,
    networks: &'a sandbox::Running,
    story: &'a Story,
) -> Result<Month<'a>, NewcomerError> {
    Month::of(newcomer, networks, &story.clock, story.today).await
}

/// Connects channels that are missing or need reconnecting; with `anew`, all of them.
async fn connect_all(
    newcomer: &Newcomer,
    networks: &sandbox::Running,
    clock: &StoryClock,
    anew: bool,
) -> Result<(), NewcomerError> {
    let known = newcomer.ask(Method::GET, "/v1/channels", None).await?;
    for (network, plays) in played() {
        let sandbox::Platform { id: platform, account, enters, .. } = plays;
        let channel = known.as_array().into_iter().flatten().find(|channel| channel["platform"] == *platform);
        if !anew && channel.is_some_and(|channel| channel["state"] != "needs_reconnect") {
            continue;
        }
        if let Some(app) = plays.app() {
            newcomer.enter_app(platform, &app).await?;
        }
        if account.is_empty() {
            continue;
        }
        // Channels are listed by the time they were connected, so each gets its own minute.
        clock.move_to(clock.now() + std::time::Duration::from_secs(60));
        let reconnects = channel.and_then(|channel| channel["id"].as_str());
        let id = newcomer
            .connect(platform, &enters(networks.origin(network), account), reconnects, Consent { account })
            .await?;
        if channel.is_none() && takes_posts(platform) {
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
    // The path it was started with, if any: the shell then wouldn't find it by its name.
    let called = std::env::args().next().filter(|name| name.contains('/')).unwrap_or_else(|| "fanfare".to_owned());
    say::out("");
    say::out(format_args!("Fanfare is ready: {}", sign_in_link(address, &email, &password)));
    say::out("  Open this link and press “Sign in”,");
    say::out(format_args!("  or sign in as {email} with the password {}", password.expose()));
    say::out("");
    say::out("Try this in another terminal:");
    say::out(format_args!("  {set}{called} channels"));
    say::out(format_args!(
        "  {set}{called} post \"Hello from Fanfare\" --to bluesky,mastodon,x,threads,facebook,telegram --now"
    ));
    say::out(format_args!("  {set}{called} post \"See you tomorrow\" --to bluesky --next-slot"));
    say::out("");
    say::out(format_args!("See what arrived on the sandbox platforms: {}", networks.control));
    say::out("Nothing leaves this computer. Ctrl-C stops the demo; the next start continues where you left off.");
}

/// The link to the sign-in page, which is filled in from the fragment. Browsers keep fragments to themselves: they reach no
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

/// `fanfare sandbox`: only the sandbox platforms.
///
/// # Errors
/// If a port is taken.
pub async fn run_sandbox(data: Option<PathBuf>, any_ports: bool) -> anyhow::Result<()> {
    let mut ending = serve::Ending::listen()?;
    let mut options = Options::new(Arc::new(SystemClock), Arc::new(OsRandom));
    options.data = data;
    options.ports = if any_ports { Ports::default() } else { Ports::usual() };
    let networks = Sandbox::start(options)
        .await
        .context("the sandbox platforms couldn't be started; use --any-ports for free ports")?;
    say::out(format_args!("The sandbox platforms are ready: {}", networks.control));
    for network in Network::ALL {
        say::out(format_args!("  {:<9} {}", network.title(), networks.origin(*network)));
    }
    ending.asked().await;
    Ok(())
}

/// The demo owner's password, generated for each data folder, so that no two demos share one (S-07).
fn new_password() -> Secret<String> {
    Secret::new(base::random::token::<12>(&OsRandom))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_link_fills_in_the_sign_in_page_without_sending_the_password_to_a_server() {
        let address = Url::parse("http://127.0.0.1:4000/").unwrap();
        let link = sign_in_link(&address, "demo@example.org", &"a b&c#d".into());
        assert_eq!(link.as_str(), "http://127.0.0.1:4000/sign-in#email=demo%40example.org&password=a+b%26c%23d");
        assert_eq!((link.path(), link.query()), ("/sign-in", None));
    }
}
