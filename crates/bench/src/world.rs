//! An installation to measure: a migrated database, one owner, workspaces, channels on the standing-in network.

use std::{
    collections::BTreeMap,
    iter::repeat_n,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use app::{
    App, Memory, Parts, Settings,
    channels::{self, Begin},
    http::RateLimits,
    keys,
    media::{BlobPlace, Blobs},
    people,
    posts::{self, NewPost, PartContent, Target, When},
    publishing,
    secrets::{Kek, KeyRing, Vault},
    workspaces,
};
use base::{
    Actor, Clock, OsRandom, Random, Role, Scope, Secret, SystemClock, Timestamp,
    ids::{ChannelId, PersonId},
};
use connector::{
    Connectors,
    http::{AllowedRange, Guard, GuardRules},
};
use db::{Db, testing::TestDb};
use tokio::task::JoinSet;

use crate::platform;

/// Calls to a door at the same time while a world is made.
const HANDS: usize = 64;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// A file, with a sync at each commit.
    Sqlite,
    /// The server that `FANFARE_TEST_POSTGRES` names.
    Postgres,
}

/// What all workloads with a database take.
#[derive(clap::Args, Clone)]
pub struct Ground {
    /// The database.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    pub engine: Engine,
    /// The folder for files; what is made in it goes again.
    #[arg(long, default_value = "target/bench")]
    pub folder: PathBuf,
}

/// A separate database, deleted when this is dropped.
pub struct Base {
    /// The handle.
    pub db: Db,
    /// Where files may be put.
    pub folder: tempfile::TempDir,
    _server: Option<TestDb>,
}

impl Ground {
    /// A migrated database.
    pub async fn database(&self) -> Result<Base> {
        std::fs::create_dir_all(&self.folder)?;
        let folder = tempfile::TempDir::new_in(&self.folder)?;
        if self.engine == Engine::Postgres {
            let server = TestDb::postgres().await.context("FANFARE_TEST_POSTGRES names no server")?;
            return Ok(Base { db: server.db().clone(), folder, _server: Some(server) });
        }
        let db = Db::open(&format!("sqlite:{}", folder.path().join("bench.db").display())).await?;
        db.migrate().await?;
        Ok(Base { db, folder, _server: None })
    }
}

/// How large a world is.
pub struct Size {
    /// Workspaces.
    pub workspaces: usize,
    /// Channels in all, dealt out to the workspaces in turn.
    pub channels: usize,
}

/// The installation.
pub struct World {
    /// It.
    pub app: App,
    /// Who owns it.
    pub owner: PersonId,
    /// The owner's standing in each workspace.
    pub scopes: Vec<Scope>,
    /// Its channels, each with the standing to post on it.
    pub channels: Vec<(Scope, ChannelId)>,
    _base: Base,
}

impl World {
    /// Makes one, whose platform's network is at this address.
    pub async fn make(base: Base, network: SocketAddr, size: Size) -> Result<Self> {
        let app = installation(&base, network).await?;
        let link = people::owner_link(&app).await?.context("it has an owner already")?;
        let person = people::NewPerson {
            email: "owner@example.org".into(),
            password: "violet anchor mumbles twice".into(),
            name: "Olivia Owner".into(),
            language: "en".into(),
            zone: "Europe/Amsterdam".into(),
        };
        let token = Secret::from(link.fragment().unwrap_or_default());
        let new = people::NewOwner { token, person, workspace: "Workspace 0".into() };
        let (begun, first) = people::become_owner(&app, new, "").await?;
        let owner = begun.person;
        let scope = |workspace| Scope::new(Actor::Person(owner), workspace, Role::Owner.permissions());
        let mut scopes = vec![scope(first)];
        for n in 1..size.workspaces {
            let settings = workspaces::Settings {
                name: Some(format!("Workspace {n}")),
                zone: Some("Europe/Amsterdam".into()),
                language: Some("en".into()),
            };
            scopes.push(scope(workspaces::create(&app, owner, settings).await?.id));
        }
        let channels = connect(&app, owner, &scopes, repeat_n(platform::ID, size.channels)).await?;
        Ok(Self { app, owner, scopes, channels, _base: base })
    }

    /// Connects an account at each of these platforms in the first workspace.
    pub async fn connect(&self, platforms: impl IntoIterator<Item = &'static str>) -> Result<Vec<ChannelId>> {
        let made = connect(&self.app, self.owner, &self.scopes[..1], platforms).await?;
        Ok(made.into_iter().map(|(_, channel)| channel).collect())
    }

    /// An API key of the owner, in the first workspace.
    pub async fn key(&self) -> Result<Secret<String>> {
        let scope = self.scopes.first().context("there is a workspace")?;
        let new = keys::NewKey {
            name: "bench".into(),
            permissions: Some(scope.permissions().clone()),
            channels: None,
            addresses: None,
            days: keys::DAYS_DEFAULT,
        };
        Ok(keys::make(&self.app, scope, self.owner, new).await?.1)
    }

    /// Schedules a text post at each of these instants, on the channels in turn. Gives what the network will know each
    /// post by, with its instant.
    pub async fn schedule(&self, times: Vec<Timestamp>) -> Result<BTreeMap<String, Timestamp>> {
        let jobs = times.into_iter().enumerate().map(|(n, at)| {
            let (scope, channel) = self.channels[n % self.channels.len()].clone();
            let app = self.app.clone();
            async move {
                let text =
                    format!("Post number {n}, on time, with a link: https://example.org/{n} and a few more words.");
                let new = NewPost {
                    parts: vec![PartContent { text, ..PartContent::default() }],
                    targets: vec![Target { channel: Some(channel), ..Target::default() }],
                    when: Some(When::At(at)),
                    planned: None,
                    repeat: None,
                };
                let made = posts::create(&app, &scope, new).await?;
                let publication = made.publications.first().context("one publication")?;
                Ok((format!("{}:0", publication.id), publication.due_at))
            }
        });
        Ok(all(jobs).await?.into_iter().collect())
    }
}

async fn installation(base: &Base, network: SocketAddr) -> Result<App> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let ring = KeyRing::new(Kek::generate(&OsRandom));
    let mut settings = Settings::at("http://127.0.0.1:8080/".parse()?);
    settings.limits = RateLimits::off();
    let api = format!("http://{network}").parse()?;
    settings.endpoints = BTreeMap::from([(platform::ID.to_owned(), BTreeMap::from([("api".to_owned(), api)]))]);
    let allowed = AllowedRange { address: IpAddr::from([127, 0, 0, 1]), prefix: 32, ports: vec![network.port()] };
    let rules = GuardRules { allowed: vec![allowed], ..GuardRules::default() };
    Ok(App::new(Parts {
        db: base.db.clone(),
        vault: Vault::open(base.db.clone(), ring, clock.clone(), random.clone()).await?,
        guard: Guard::new(rules, clock.clone())?,
        clock,
        random,
        connectors: Connectors::new(platform::all()),
        blobs: Blobs::open(&BlobPlace::Folder(base.folder.path().join("blobs")))?,
        waiting: publishing::heed,
        settings,
        memory: Memory::default(),
    }))
}

async fn connect(
    app: &App,
    owner: PersonId,
    scopes: &[Scope],
    platforms: impl IntoIterator<Item = &'static str>,
) -> Result<Vec<(Scope, ChannelId)>> {
    let jobs = platforms.into_iter().enumerate().map(|(n, platform)| {
        let (app, scope) = (app.clone(), scopes[n % scopes.len()].clone());
        async move {
            let begin = Begin {
                platform: platform.to_owned(),
                input: serde_json::json!({ "name": format!("account-{n}") }),
                features: Vec::new(),
                reconnects: None,
                by: channels::Beginner::Session(owner, "bench".to_owned()),
            };
            let came = channels::with_password(&app, &scope, begin).await?;
            let channels::Came::Connected(made) = came else { bail!("several channels to choose from") };
            Ok((scope, made.first().context("one channel")?.channel.id))
        }
    });
    all(jobs).await
}

/// Does all of this with [`HANDS`] hands.
async fn all<T, F>(jobs: impl Iterator<Item = F>) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let waiting: Arc<Mutex<Vec<F>>> = Arc::new(Mutex::new(jobs.collect()));
    let mut hands = JoinSet::new();
    for _ in 0..HANDS {
        let waiting = waiting.clone();
        hands.spawn(async move {
            let mut done = Vec::new();
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(job) = next else { return Ok::<_, anyhow::Error>(done) };
                done.push(job.await?);
            }
        });
    }
    let mut done = Vec::new();
    while let Some(ended) = hands.join_next().await {
        done.extend(ended??);
    }
    Ok(done)
}

/// How many events there are.
pub async fn events(db: &Db) -> Result<i64> {
    let sum = "SELECT CAST(COALESCE(SUM(last), 0) AS BIGINT) AS n FROM event_counters";
    let count = db.read(async move |tx| tx.one(sum, &[]).await?.int("n")).await;
    count.map_err(|error: db::Error| anyhow::Error::new(error))
}

/// Waits until `count` publications are durably published; gives the instant. Each is an event, and nothing else happens
/// meanwhile; events are announced after their commit, many at once.
pub async fn published(
    db: &Db,
    announced: &mut tokio::sync::broadcast::Receiver<String>,
    before: i64,
    count: usize,
    patience: Duration,
) -> Result<Timestamp> {
    use tokio::sync::broadcast::error::RecvError;
    let counting = async {
        loop {
            let now = SystemClock.now();
            if events(db).await? - before >= i64::try_from(count)? {
                return Ok(now);
            }
            if matches!(announced.recv().await, Err(RecvError::Closed)) {
                bail!("the database is closed");
            }
            while announced.try_recv().is_ok() {}
        }
    };
    tokio::time::timeout(patience, counting).await.with_context(|| format!("not all of {count} were published"))?
}
