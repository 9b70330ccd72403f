//! The real binary beside a Bluesky server that no one here wrote: what is scheduled arrives there once, whatever
//! happens to the process on the way.
//!
//! Runs where `FANFARE_TEST_PDS` says where the server is: `{"pds":"http://localhost:2593","plc":"http://localhost:2592"}`.
//! Every installation has an account of its own there, so that all its records are this test's.

use std::{collections::BTreeMap, time::Duration};

use base::OsRandom;
use futures::StreamExt as _;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use url::Url;

use crate::{
    crash::{RECOVERED, dies},
    support::{ALT, Engine, Place},
};

/// Long enough for a busy machine to stop one process before it.
const DUE_IN: Duration = Duration::from_secs(10);
/// How many installations at the same time: they mostly wait.
const AT_ONCE: usize = 8;
const WAYS: [Way; 2] = [Way::AppPassword, Way::OAuth];
const BLUESKY: &[&str] = &["bluesky"];
const PICTURE: &str = "Boats at dusk";

/// How the account is connected.
#[derive(Debug, Clone, Copy)]
enum Way {
    AppPassword,
    OAuth,
}

/// What is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Thread,
}

/// A point at which the process dies.
#[derive(Debug, Clone, Copy)]
struct Death {
    point: &'static str,
    /// The kinds of posts that come past it.
    kinds: &'static [Kind],
    /// How many records the server has at that moment.
    seen: usize,
}

const BOTH: &[Kind] = &[Kind::Picture, Kind::Thread];
const DEATHS: &[Death] = &[
    // The picture is uploaded, or the mention is found; nothing can be seen yet.
    Death { point: "handle_journaled", kinds: BOTH, seen: 0 },
    Death { point: "armed", kinds: BOTH, seen: 0 },
    // The server has it, and no one here knows.
    Death { point: "answered", kinds: BOTH, seen: 1 },
    Death { point: "accepted", kinds: BOTH, seen: 1 },
    Death { point: "part_done", kinds: &[Kind::Thread], seen: 1 },
];

#[tokio::test]
async fn a_scheduled_post_with_an_image_and_a_thread_arrive_once_on_a_real_server() {
    let Some(server) = Server::find("a scheduled post and a thread") else { return };
    for engine in Engine::all() {
        for way in WAYS {
            let home = Home::new(&server, engine, way).await;
            let process = home.place.started(&[]).await;
            let posts = [home.schedule(Kind::Picture).await, home.schedule(Kind::Thread).await];
            for post in &posts {
                home.place.until(post, RECOVERED, |publication| publication["state"] == "published").await;
            }
            home.has_once(BOTH).await;
            assert!(process.stop().await.success(), "{}", told(engine, way));
        }
    }
}

#[tokio::test]
async fn r_01_killed_between_armed_and_the_answer_it_still_arrives_once_on_a_real_server() {
    let Some(server) = Server::find("deaths on the way") else { return };
    for engine in Engine::all() {
        let stories = WAYS.iter().flat_map(|way| DEATHS.iter().map(|death| (*way, *death)));
        let surviving: Vec<_> = stories.map(|(way, death)| survive(&server, engine, way, death)).collect();
        futures::stream::iter(surviving).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }
}

/// Each kind of post in turn: its process dies at the point, and the next one finishes the work.
async fn survive(server: &Server, engine: Engine, way: Way, death: Death) {
    let home = Home::new(server, engine, way).await;
    for (count, kind) in death.kinds.iter().enumerate() {
        let story = format!("{kind:?} at {}, {}", death.point, told(engine, way));
        let before = home.records().await.len();
        let process = home.place.started(&[]).await;
        let post = home.schedule(*kind).await;
        let due = tokio::time::Instant::now() + DUE_IN;
        assert!(process.stop().await.success(), "{story}");
        tokio::time::sleep_until(due).await;

        dies(&mut home.place.start(&[("FANFARE_CRASH_AT", death.point)]), death.point).await;
        assert_eq!(home.records().await.len() - before, death.seen, "on the server when the process died: {story}");

        let process = home.place.started(&[]).await;
        home.place.until(&post, RECOVERED, |publication| publication["state"] == "published").await;
        home.has_once(&death.kinds[..=count]).await;
        assert!(process.stop().await.success(), "{story}");
    }
}

fn told(engine: Engine, way: Way) -> String {
    format!("{engine:?}, connected by {way:?}")
}

/// An installation whose Bluesky is the real server, with one account connected.
struct Home<'a> {
    server: &'a Server,
    place: Place,
    person: Person,
}

impl<'a> Home<'a> {
    async fn new(server: &'a Server, engine: Engine, way: Way) -> Self {
        let (place, process) = Place::without_channels(engine, |_, port| server.settings(port)).await;
        let home = Self { server, place, person: server.person().await };
        match way {
            Way::AppPassword => home.connect_by_app_password().await,
            Way::OAuth => home.connect_by_oauth().await,
        }
        let channels = home.place.get("v1/channels").await;
        assert_eq!((&channels[0]["handle"], &channels[0]["state"]), (&json!(home.person.handle), &json!("active")));
        assert!(process.stop().await.success());
        home
    }

    async fn connect_by_app_password(&self) {
        let password = self.server.app_password(&self.person).await;
        let input = json!({ "handle": self.person.handle, "app_password": password });
        let body = json!({ "platform": "bluesky", "way": "password", "input": input });
        let connected = self.place.post("v1/channels/connect", &body).await;
        assert_eq!(connected["channels"].as_array().map(Vec::len), Some(1), "{connected:#}");
    }

    async fn connect_by_oauth(&self) {
        let owner = self.place.owner();
        let page = owner.begin_connecting("bluesky", &json!({ "handle": self.person.handle }), None).await.unwrap();
        let back = Browser::new(self.server.http.clone(), page.into()).says_yes(&self.person).await;
        owner.come_back("bluesky", back).await.unwrap();
    }

    /// The texts of a thread; the first names the account, so that there is something to look up.
    fn thread(&self) -> [String; 3] {
        [format!("One of three, by @{}", self.person.handle), "Two of three".to_owned(), "Three of three".to_owned()]
    }

    async fn schedule(&self, kind: Kind) -> String {
        match kind {
            Kind::Picture => self.place.schedule_file(crate::support::picture(), PICTURE, BLUESKY, DUE_IN).await,
            Kind::Thread => self.place.schedule(&self.thread(), BLUESKY, DUE_IN).await,
        }
    }

    /// All posts of the account.
    async fn records(&self) -> Vec<Value> {
        let query = [("repo", self.person.did.as_str()), ("collection", "app.bsky.feed.post"), ("limit", "100")];
        let listed = self.server.get("com.atproto.repo.listRecords", &query).await;
        let listed: Value = listed.json().await.unwrap();
        listed["records"].as_array().expect("records").clone()
    }

    /// The account has these posts, each once, as they were written, and no others.
    async fn has_once(&self, kinds: &[Kind]) {
        let records = self.records().await;
        let mut wanted: Vec<String> = Vec::new();
        if kinds.contains(&Kind::Picture) {
            wanted.push(PICTURE.to_owned());
            self.shows_the_picture(only(&records, PICTURE)).await;
        }
        if kinds.contains(&Kind::Thread) {
            wanted.extend(self.thread());
            self.hangs_together(&self.thread().map(|text| only(&records, &text).clone()));
        }
        wanted.sort();
        let mut texts: Vec<&str> = records.iter().map(|record| record["value"]["text"].as_str().unwrap()).collect();
        texts.sort_unstable();
        assert_eq!(texts, wanted);
    }

    /// The record has one picture, and the server gives back the picture that was uploaded.
    async fn shows_the_picture(&self, record: &Value) {
        let embed = &record["value"]["embed"];
        let images = embed["images"].as_array().expect("images");
        assert_eq!((&embed["$type"], images.len()), (&json!("app.bsky.embed.images"), 1), "{embed:#}");
        assert_eq!((&images[0]["alt"], &images[0]["image"]["mimeType"]), (&json!(ALT), &json!("image/png")));
        let cid = images[0]["image"]["ref"]["$link"].as_str().expect("a link to the file");
        let file = self.server.get("com.atproto.sync.getBlob", &[("did", &self.person.did), ("cid", cid)]).await;
        let shown = image::load_from_memory(&file.bytes().await.unwrap()).unwrap().to_rgb8();
        let meant = image::load_from_memory(&crate::support::picture()).unwrap().to_rgb8();
        assert!(shown == meant, "the pixels are the uploaded ones");
    }

    /// Each part answers the one before it, under the first.
    fn hangs_together(&self, parts: &[Value; 3]) {
        let [first, second, third] = parts;
        let at = |part: &Value| json!({ "uri": part["uri"], "cid": part["cid"] });
        let place = |part: &Value| (part["value"]["reply"]["root"].clone(), part["value"]["reply"]["parent"].clone());
        assert!(first["value"]["reply"].is_null(), "{first:#}");
        assert_eq!(place(second), (at(first), at(first)));
        assert_eq!(place(third), (at(first), at(second)));
        assert_eq!(first["value"]["facets"][0]["features"][0]["did"], self.person.did.as_str());
    }
}

/// The one record with this text.
fn only<'a>(records: &'a [Value], text: &str) -> &'a Value {
    let found: Vec<&Value> = records.iter().filter(|record| record["value"]["text"] == text).collect();
    assert_eq!(found.len(), 1, "“{text}” among {records:#?}");
    found[0]
}

/// The real server.
struct Server {
    pds: Url,
    plc: Url,
    http: reqwest::Client,
}

/// An account on it.
struct Person {
    handle: String,
    did: String,
    password: String,
    token: String,
}

impl Server {
    fn find(test: &str) -> Option<Self> {
        let Some(text) = switch() else {
            say(&format!("skipped: {test} needs a real server; set FANFARE_TEST_PDS to the addresses of one"));
            return None;
        };
        let addresses: Value = serde_json::from_str(&text).expect("FANFARE_TEST_PDS is JSON");
        let get = |name: &str| addresses[name].as_str().expect("an address").parse().expect("an address");
        #[expect(clippy::disallowed_methods, reason = "the test's own client; it calls what the variable names")]
        let builder = reqwest::Client::builder();
        let http = builder.redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Some(Self { pds: get("pds"), plc: get("plc"), http })
    }

    /// Settings of an installation to which this server is all of Bluesky.
    fn settings(&self, port: u16) -> String {
        let (pds, plc) = (&self.pds, &self.plc);
        let ports = [pds, plc].map(|url| url.port_or_known_default().unwrap());
        let ports = format!("{},{}", ports[0], ports[1]);
        format!(
            "listen = \"127.0.0.1:{port}\"\n\
             [guard]\nallowed = [\"127.0.0.1/32:{ports}\", \"::1/128:{ports}\"]\n\
             [platforms.bluesky.endpoints]\nplc = \"{plc}\"\nentryway = \"{pds}\"\nvideo = \"{pds}\"\n\
             appview = \"{pds}\"\nweb = \"{pds}\"\n"
        )
    }

    fn at(&self, method: &str) -> Url {
        self.pds.join(&format!("xrpc/{method}")).unwrap()
    }

    async fn get(&self, method: &str, query: &[(&str, &str)]) -> Response {
        let mut url = self.at(method);
        url.query_pairs_mut().extend_pairs(query);
        answered(self.http.get(url)).await
    }

    async fn person(&self) -> Person {
        let unique = u64::from_le_bytes(base::random::bytes(&OsRandom)) >> 16;
        let (handle, password) = (format!("p{unique:012x}.test"), "violet anchor mumbles twice".to_owned());
        let body = json!({ "handle": handle, "email": format!("{unique:x}@mail.test"), "password": password });
        let made = answered(self.http.post(self.at("com.atproto.server.createAccount")).json(&body)).await;
        let made: Value = made.json().await.unwrap();
        let text = |name: &str| made[name].as_str().expect(name).to_owned();
        Person { did: text("did"), token: text("accessJwt"), handle, password }
    }

    async fn app_password(&self, person: &Person) -> String {
        let request = self.http.post(self.at("com.atproto.server.createAppPassword")).bearer_auth(&person.token);
        let made: Value = answered(request.json(&json!({ "name": "fanfare" }))).await.json().await.unwrap();
        made["password"].as_str().expect("a password").to_owned()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has no settings; the variable names the server")]
fn switch() -> Option<String> {
    std::env::var("FANFARE_TEST_PDS").ok().filter(|text| !text.is_empty())
}

#[expect(clippy::print_stderr, reason = "a test has nobody else to tell")]
pub fn say(what: &str) {
    eprintln!("{what}");
}

/// The answer to a request, which must go well.
async fn answered(request: RequestBuilder) -> Response {
    let answer = request.send().await.unwrap();
    let (status, url) = (answer.status(), answer.url().path().to_owned());
    if status.is_success() {
        return answer;
    }
    panic!("{url} was answered with {status}: {}", answer.text().await.unwrap());
}

fn location(answer: &Response) -> String {
    let value = answer.headers().get("location");
    value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

/// A browser at the server's consent page. It keeps cookies by hand: they are marked for https, and this is http.
struct Browser {
    http: reqwest::Client,
    page: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new(http: reqwest::Client, page: String) -> Self {
        Self { http, page, cookies: BTreeMap::new() }
    }

    /// Signs in, agrees, and gives the address to which the browser is sent back.
    async fn says_yes(mut self, person: &Person) -> Url {
        let shown = self.go(&self.page.clone(), "cross-site").await;
        assert!(shown.status().is_success(), "{}", shown.text().await.unwrap());
        let login = json!({ "locale": "en", "username": person.handle, "password": person.password, "remember": true });
        self.tell("sign-in", &login).await;
        let agreed = self.tell("consent", &json!({ "did": person.did })).await;
        let back = self.go(agreed["url"].as_str().expect("an address"), "same-origin").await;
        location(&back).parse().expect("the way back")
    }

    async fn go(&mut self, url: &str, from: &str) -> Response {
        let request = self.http.get(url).header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
        let request = request.header("sec-fetch-site", from).header("referer", &self.page);
        let answer = request.header("cookie", self.jar()).send().await.unwrap();
        self.keep(&answer);
        answer
    }

    /// What the page's script says to its server.
    async fn tell(&mut self, what: &str, body: &Value) -> Value {
        let origin = self.page.parse::<Url>().unwrap().origin().ascii_serialization();
        let request = self.http.post(format!("{origin}/@atproto/oauth-provider/~api/{what}")).json(body);
        let request = request.header("origin", &origin).header("referer", &self.page).header("cookie", self.jar());
        let request = request.header("sec-fetch-mode", "same-origin").header("sec-fetch-site", "same-origin");
        let token = self.cookies.get("csrf-token").cloned().unwrap_or_default();
        let answer = answered(request.header("sec-fetch-dest", "empty").header("x-csrf-token", token)).await;
        self.keep(&answer);
        answer.json().await.unwrap()
    }

    fn keep(&mut self, answer: &Response) {
        for line in answer.headers().get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    fn jar(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}
