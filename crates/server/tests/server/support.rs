//! Processes of the real binary, and an installation beside a sandbox that outlives them.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use base::{OsRandom, Secret, SystemClock};
use db::testing::postgres_server;
use reqwest::Method;
use sandbox::{Action, Entry, Network, Options, Running, Sandbox};
use serde_json::{Value, json};
use server::{Consent, Newcomer, allowed, played};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    time::Instant,
};

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// How often a request is repeated that the API asks to repeat because the machine is busy.
const TRIES_WHILE_BUSY: u32 = 30;

/// The description of every file that is posted, for people who cannot see it.
pub const ALT: &str = "A file";

/// What moves this process's clock, if something does; the processes of a test go by the same.
const CLOCK: &[&str] = &["LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC", "NO_FAKE_STAT", "TZ"];

/// A command of the binary in this folder, without anything else from this process's environment.
pub fn command(folder: &Path, words: &[&str], set: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanfare"));
    command.args(words).current_dir(folder).env_clear().kill_on_drop(true);
    command.env("HOME", folder).env("FANFARE_LOGIN", folder.join("login.toml")).envs(set.iter().copied());
    command.envs(CLOCK.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end: whether it went well, its standard output and its standard error.
pub async fn run(folder: &Path, words: &[&str], set: &[(&str, &str)]) -> (bool, String, String) {
    let running = command(folder, words, set).output();
    let output = tokio::time::timeout(PATIENCE, running).await.expect("it ends").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// The same with something typed in.
pub async fn run_typing(folder: &Path, words: &[&str], typed: &str) -> (bool, String, String) {
    let mut child = command(folder, words, &[]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).await.unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// A process that goes on.
pub struct Process {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Process {
    pub fn start(folder: &Path, words: &[&str], set: &[(&str, &str)]) -> Self {
        let mut child = command(folder, words, set).spawn().unwrap();
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        listen(child.stdout.take().unwrap(), said.clone());
        listen(child.stderr.take().unwrap(), said.clone());
        Self { child, said }
    }

    /// Everything it has said so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Waits for a line with these words and gives what stands after them.
    pub async fn hears(&mut self, words: &str) -> String {
        let begun = tokio::time::Instant::now();
        loop {
            let found =
                self.said.lock().unwrap().iter().find_map(|line| Some(line.split_once(words)?.1.trim().to_owned()));
            if let Some(rest) = found {
                return rest;
            }
            assert!(begun.elapsed() < PATIENCE, "“{words}” was not said:\n{}", self.said());
            if self.child.try_wait().unwrap().is_some() {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let late = self.said();
                assert!(late.contains(words), "it ended before it said “{words}”:\n{late}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for its end.
    pub async fn ends(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.unwrap_or_else(|_| panic!("it goes on and on:\n{}", self.said())).unwrap()
    }

    /// Asks it to end, as an operator does, and waits for that.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.ends().await
    }

    /// Kills it, as a power cut would. It has not ended by itself before.
    pub async fn kill(mut self) {
        use std::os::unix::process::ExitStatusExt as _;
        self.signal(rustix::process::Signal::KILL);
        let status = self.ends().await;
        assert_eq!(status.signal(), Some(rustix::process::Signal::KILL.as_raw()), "{status}\n{}", self.said());
    }

    /// The system's number for it.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal).unwrap();
    }
}

fn listen(from: impl AsyncRead + Unpin + Send + 'static, said: Arc<Mutex<Vec<String>>>) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            said.lock().unwrap().push(line);
        }
    });
}

/// A small picture, as a PNG file.
pub fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 4, y as u8 * 5, 90]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The owner's address and password.
pub const OWNER: (&str, &str) = ("owner@example.org", "violet anchor mumbles twice");

/// ffmpeg, where systems install it.
pub const FFMPEG: &str = "/usr/bin/ffmpeg";

/// A second of video in HEVC; `None`, with a word, where ffmpeg can't make one.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn film() -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mp4");
    let words =
        "-loglevel error -f lavfi -i testsrc=size=128x96:rate=10:duration=1 -c:v libx265 -x265-params log-level=none";
    let made = std::process::Command::new(FFMPEG).args(words.split(' ')).arg(&file).output();
    if made.is_ok_and(|made| made.status.success()) {
        return Some(std::fs::read(file).unwrap());
    }
    println!("skipped: ffmpeg with libx265 is not installed");
    None
}

/// A port that stays free between the lives of a process. It lies below those that systems hand out by themselves (from
/// 32768 on), so that no other test's listener or connection gets it meanwhile; each is given once, and is this process's
/// until it ends.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let begin = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let mut candidates = std::iter::repeat_with(|| begin + GIVEN.fetch_add(1, Ordering::Relaxed)).take(1_000);
    let is_free = |port: &u16| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    candidates.find(|port| is_free(port) && held(*port)).expect("a free port among a thousand")
}

/// Whether no other process that runs these tests has been given this port.
fn held(port: u16) -> bool {
    static HELD: Mutex<Vec<std::fs::File>> = Mutex::new(Vec::new());
    let path = std::env::temp_dir().join(format!("fanfare-test-port-{port}"));
    let Ok(file) = std::fs::File::create(path) else { return false };
    let is_ours = file.try_lock().is_ok();
    HELD.lock().unwrap().extend(Some(file).filter(|_| is_ours));
    is_ours
}

/// On which engine an installation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// SQLite always, PostgreSQL where a server is named; where none is, that is said.
    pub fn all() -> Vec<Engine> {
        [Engine::Sqlite].into_iter().chain(postgres_server().map(|_| Engine::Postgres)).collect()
    }
}

/// An installation with settings in a folder, beside a sandbox of the test's own: the sandbox and its ledger stay while
/// the installation dies and comes back.
pub struct Place {
    pub sandbox: Running,
    folder: tempfile::TempDir,
    port: u16,
    key: Secret<String>,
    owner: Option<Newcomer>,
    http: reqwest::Client,
    _database: Option<Database>,
}

impl Place {
    /// With an owner, a key, and Lena's channels on these platforms.
    pub async fn new(engine: Engine, platforms: &[&str]) -> Self {
        let (place, process) = Self::without_channels(engine, settings).await;
        for platform in platforms {
            place.enter_app(plays(platform).1).await;
            place.connect(platform, None).await;
        }
        assert!(process.stop().await.success());
        place
    }

    /// With an owner and a key, under settings of the test's own; and the process, which still runs.
    pub async fn without_channels(engine: Engine, settings: impl FnOnce(&Running, u16) -> String) -> (Self, Process) {
        let sandbox = Sandbox::start(Options::new(Arc::new(SystemClock), Arc::new(OsRandom))).await.unwrap();
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Database::make().await),
        };
        let line = database.as_ref().map(|database| format!("database = \"{}\"\n", database.url())).unwrap_or_default();
        std::fs::write(folder.path().join("fanfare.toml"), line + &settings(&sandbox, port)).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut place = Self { sandbox, folder, port, key: Secret::from(""), owner: None, http, _database: database };
        let mut process = place.start(&[]);
        let link = process.hears("/setup#").await;
        place.become_owner(&link).await;
        (place, process)
    }

    async fn become_owner(&mut self, token: &str) {
        let mut owner = Newcomer::at(self.address().parse().unwrap()).unwrap();
        owner.become_owner(token, OWNER.0, &Secret::from(OWNER.1), "Harbour").await.unwrap();
        self.key = owner.make_key("test").await.unwrap();
        self.owner = Some(owner);
    }

    /// Enters the apps with which the networks know this installation.
    pub async fn enter_apps(&self) {
        for (_, platform) in played() {
            self.enter_app(platform).await;
        }
    }

    async fn enter_app(&self, platform: &sandbox::Platform) {
        if let Some(app) = platform.app() {
            self.owner().enter_app(platform.id, &app).await.unwrap();
        }
    }

    /// Everyone who has an account on a platform of the sandbox: the platform and the account's name.
    pub fn accounts(&self) -> Vec<(&'static str, String)> {
        let name = |handle: String| handle.trim_start_matches('@').to_owned();
        let of = |(network, platform): (Network, &'static sandbox::Platform)| {
            self.sandbox.accounts(network).into_iter().map(move |account| (platform.id, name(account.handle)))
        };
        played().filter(|(_, platform)| !platform.account.is_empty()).flat_map(of).collect()
    }

    /// The owner, at their browser.
    pub fn owner(&self) -> &Newcomer {
        self.owner.as_ref().unwrap()
    }

    /// Walks through a network's consent page as Lena.
    pub async fn connect(&self, platform: &str, reconnects: Option<&str>) {
        let (_, plays) = plays(platform);
        self.connect_as(plays.account, platform, reconnects).await;
    }

    /// The same as someone else.
    pub async fn connect_as(&self, account: &str, platform: &str, reconnects: Option<&str>) {
        let (network, plays) = plays(platform);
        let input = (plays.enters)(self.sandbox.origin(network), account);
        self.owner().connect(platform, &input, reconnects, Consent { account }).await.unwrap();
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Starts the installation.
    pub fn start(&self, set: &[(&str, &str)]) -> Process {
        Process::start(self.folder.path(), &["serve"], set)
    }

    /// Starts it and waits until it listens.
    pub async fn started(&self, set: &[(&str, &str)]) -> Process {
        let mut process = self.start(set);
        process.hears("listens on").await;
        process
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.bearer_auth(self.key.expose()).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Asks until it is answered by more than an error of the server, while processes die and come back: the status and what
    /// came with it. `None` if nothing did in time.
    pub async fn insist(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        until: Instant,
    ) -> Option<(u16, Value)> {
        while Instant::now() < until {
            let mut request = self.http.request(method.clone(), format!("{}{path}", self.address()));
            if let Some(body) = body {
                request = request.json(body);
            }
            let answered = request.bearer_auth(self.key.expose()).timeout(PATIENCE).send().await;
            if let Ok(answer) = answered
                && !answer.status().is_server_error()
            {
                let status = answer.status().as_u16();
                if let Ok(text) = answer.text().await {
                    return Some((status, serde_json::from_str(&text).unwrap_or_default()));
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ask(self.http.get(format!("{}{path}", self.address()))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.ask(self.http.post(format!("{}{path}", self.address())).json(body)).await
    }

    /// What only a signed-in person may do.
    pub async fn owner_asks(&self, path: &str, body: &Value) -> Value {
        self.owner.as_ref().unwrap().ask(Method::POST, path, Some(body)).await.unwrap()
    }

    /// The channel of a platform.
    pub async fn channel(&self, platform: &str) -> String {
        let channels = self.get("v1/channels").await;
        let channel = channels.as_array().unwrap().iter().find(|channel| channel["platform"] == platform).unwrap();
        channel["id"].as_str().unwrap().to_owned()
    }

    /// Schedules a post.
    pub async fn schedule(&self, parts: &[String], platforms: &[&str], due_in: Duration) -> String {
        let parts: Vec<Value> = parts.iter().map(|text| json!({ "text": text })).collect();
        self.schedule_parts(&parts, platforms, due_in).await
    }

    /// Uploads a file and gives its media asset.
    pub async fn upload(&self, file: Vec<u8>) -> String {
        let upload = self.http.post(format!("{}v1/media?name=file", self.address())).body(file);
        self.ask(upload).await["id"].as_str().unwrap().to_owned()
    }

    /// Asks for a thumbnail, again where the answer says when; gives the status of the last answer.
    pub async fn thumbnail(&self, media: &str) -> u16 {
        let address = format!("{}v1/media/{media}/file?rendition=thumbnail", self.address());
        // A busy machine may be too slow for the process that decodes; the API then says when to ask again.
        for _ in 0..TRIES_WHILE_BUSY {
            let answer = self.http.get(&address).bearer_auth(self.key.expose()).send().await.unwrap();
            let Some(wait) = answer.headers().get("retry-after") else { return answer.status().as_u16() };
            tokio::time::sleep(Duration::from_secs(wait.to_str().unwrap().parse().unwrap())).await;
        }
        503
    }

    /// Schedules a post with a file.
    pub async fn schedule_file(&self, file: Vec<u8>, text: &str, platforms: &[&str], due_in: Duration) -> String {
        let media = self.upload(file).await;
        let part = json!({ "text": text, "media": [{ "id": media, "alt": ALT }] });
        self.schedule_parts(&[part], platforms, due_in).await
    }

    async fn schedule_parts(&self, parts: &[Value], platforms: &[&str], due_in: Duration) -> String {
        let mut targets = Vec::new();
        for platform in platforms {
            targets.push(json!({ "channel": self.channel(platform).await }));
        }
        let at = base::Clock::now(&SystemClock) + due_in;
        let body = json!({ "parts": parts, "channels": targets, "schedule": { "at": at } });
        self.post("v1/posts", &body).await["id"].as_str().unwrap().to_owned()
    }

    /// Waits until every publication of a post is as `is` says.
    pub async fn until(&self, post: &str, within: Duration, is: impl Fn(&Value) -> bool) -> Value {
        let begun = tokio::time::Instant::now();
        loop {
            let post = self.get(&format!("v1/posts/{post}")).await;
            if post["publications"].as_array().unwrap().iter().all(&is) {
                return post;
            }
            assert!(begun.elapsed() < within, "not in {within:?}: {:#}", post["publications"]);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// How often a text was made visible, on all networks.
    pub fn appearances(&self, text: &str) -> usize {
        self.made(text).len()
    }

    /// Where a text was made visible, on all networks.
    pub fn made(&self, text: &str) -> Vec<Entry> {
        let mut entries = self.sandbox.ledger().entries(None);
        entries.retain(|entry| entry.action == Action::Created && entry.text.contains(text));
        entries
    }
}

pub fn plays(platform: &str) -> (Network, &'static sandbox::Platform) {
    played().find(|(_, one)| one.id == platform).unwrap()
}

/// Settings with the sandbox in place of the networks.
pub fn settings(sandbox: &Running, port: u16) -> String {
    let mut text = format!(
        "listen = \"127.0.0.1:{port}\"\n[guard]\nallowed = [\"{}\"]\n[log]\nfilter = \"info,refinery_core=warn\"\n",
        allowed(sandbox)
    );
    for (network, platform) in played().filter(|(_, platform)| !platform.endpoints.is_empty()) {
        let origin = sandbox.origin(network);
        let lines = platform.endpoints.iter().map(|name| format!("{name} = \"{origin}\"\n"));
        text += &format!("[platforms.{}.endpoints]\n{}", platform.id, lines.collect::<String>());
    }
    text
}

/// A database of its own on the test server; gone when this is.
struct Database {
    server: String,
    name: String,
}

impl Database {
    async fn make() -> Self {
        let unique = u64::from_le_bytes(base::random::bytes(&OsRandom));
        let made = Self { server: postgres_server().unwrap(), name: format!("fanfare_server_{unique:016x}") };
        made.say(&format!("CREATE DATABASE {}", made.name)).await;
        made
    }

    fn url(&self) -> String {
        let mut url: url::Url = self.server.parse().unwrap();
        url.set_path(&self.name);
        url.set_query(Some("pool_size=4"));
        url.to_string()
    }

    async fn say(&self, sql: &str) {
        let (client, connection) = tokio_postgres::connect(&self.server, tokio_postgres::NoTls).await.unwrap();
        let talking = tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
        drop(client);
        let _ = talking.await;
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let gone = Self { server: self.server.clone(), name: self.name.clone() };
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(gone.say(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", gone.name)));
            std::mem::forget(gone);
        });
        let _ = dropping.join();
    }
}
