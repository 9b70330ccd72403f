//! Against a real server that no one here wrote (`peers/pds`). Runs where `FANFARE_TEST_PDS` says where it is:
//! `{"pds":"http://localhost:2593","plc":"http://localhost:2592"}`.

use base::{OsRandom, Secret, random};
use connector::{
    Callback, Connect as _, Deleted, FailureKind as Kind, Finding, Http, Outcome, Publish as _, Reply, StartConnect,
    Trace,
};
use serde_json::{Value, json};

use super::world::{Journal, What, World, file, png, post, thread};

/// The real server, and a way to it for what only its own pages do.
struct Real {
    pds: String,
    plc: String,
}

/// An account on it.
struct Person {
    handle: String,
    did: String,
    password: String,
}

impl Real {
    fn find(test: &str) -> Option<Self> {
        let Some(text) = super::switch("FANFARE_TEST_PDS") else {
            super::say(&format!(
                "skipped: {test} needs a real server; start peers/pds and set FANFARE_TEST_PDS to the line it prints"
            ));
            return None;
        };
        let addresses: Value = serde_json::from_str(&text).expect("FANFARE_TEST_PDS is JSON");
        let get = |name: &str| addresses[name].as_str().expect("an address").to_owned();
        Some(Self { pds: get("pds"), plc: get("plc") })
    }

    fn world(&self) -> World {
        World::now_with(&[("entryway", &self.pds), ("plc", &self.plc)])
    }

    async fn call(&self, http: &Http, nsid: &str, bearer: Option<&str>, body: Value) -> Value {
        let request = http.post("set up", format!("{}/xrpc/{nsid}", self.pds)).json(&body);
        let request = match bearer {
            Some(token) => request.bearer(&token.into()),
            None => request,
        };
        let reply = request.send().await.expect("an answer");
        assert!(reply.is_success(), "{nsid}: {}", reply.text());
        reply.value()
    }

    async fn person(&self, http: &Http, password: &str) -> Person {
        let tail = hex::encode(random::bytes::<6>(&OsRandom));
        let handle = format!("p{tail}.test");
        let body = json!({ "handle": handle, "email": format!("{tail}@mail.test"), "password": password });
        let made = self.call(http, "com.atproto.server.createAccount", None, body).await;
        Person { handle, did: made["did"].as_str().expect("a DID").to_owned(), password: password.to_owned() }
    }

    async fn app_password(&self, http: &Http, person: &Person) -> String {
        let body = json!({ "identifier": person.handle, "password": person.password });
        let session = self.call(http, "com.atproto.server.createSession", None, body).await;
        let body = json!({ "name": "fanfare" });
        let made = self.call(http, "com.atproto.server.createAppPassword", session["accessJwt"].as_str(), body).await;
        made["password"].as_str().expect("a password").to_owned()
    }

    /// A channel connected by app password.
    async fn channel(&self) -> (World, Person) {
        let mut world = self.world();
        let person = self.person(&world.http, "a main password").await;
        let password = self.app_password(&world.http, &person).await;
        world.connect_with_password(&person.handle, &password).await.expect("connected");
        (world, person)
    }
}

#[tokio::test]
async fn a_real_server_takes_an_app_password_and_p_050_no_other() {
    let Some(real) = Real::find("app password") else { return };
    let mut world = real.world();
    let person = real.person(&world.http, "abcd-1234-efgh-5678").await;
    let wrong = world.connect_with_password(&person.handle, "zzzz-zzzz-zzzz-zzzz").await.expect_err("wrong");
    assert_eq!((wrong.kind, wrong.status), (Kind::InputInvalid, Some(401)));
    let main = world.connect_with_password(&person.handle, &person.password).await.expect_err("the main password");
    assert!(main.detail.english().contains("main password"), "{}", main.detail);
    assert_eq!(main.kind, Kind::InputInvalid);

    let password = real.app_password(&world.http, &person).await;
    world.connect_with_password(&person.handle, &password).await.expect("connected");
    assert_eq!(world.account_id, person.did);
    assert_eq!(world.facts["blob_bytes_max"], 5_242_880, "the server's own upload limit");
    let found = world.bluesky.verify(&world.call()).await.expect("alive");
    assert_eq!((found.account.id, found.account.handle), (person.did, person.handle));
}

#[tokio::test]
async fn a_post_lands_once_however_often_it_is_sent() {
    let Some(real) = Real::find("exactly once") else { return };
    let (world, person) = real.channel().await;
    let other = real.person(&world.http, "another password").await;
    let draft = post(&format!("✨ hi @{} and @nobody-there.test, see example.com/page #Rust", other.handle));
    let what = What::new(&draft, world.clock.now());
    let journal = Journal::default();
    let ready = world.prepare(&what, &journal).await.expect("prepared");
    assert_eq!(world.prepare(&what, &journal).await.expect("prepared"), ready, "the same bytes on every attempt");

    let now = world.clock.now();
    let trace = Trace { ready: &ready, armed_at: now, deadline: now, sent: None, taken: &[] };
    let before = world.bluesky.look_up(&world.call(), &trace).await.expect("looked");
    assert_eq!(before, Finding::Absent { certain: true });

    let first = world.bluesky.send(&world.call(), &ready).await.expect("sent");
    let second = world.bluesky.send(&world.call(), &ready).await.expect("sent again");
    assert_eq!(first, second);
    let listed = world.http.get("list", format!("{}/xrpc/com.atproto.repo.listRecords", real.pds));
    let listed =
        listed.query("repo", &person.did).query("collection", "app.bsky.feed.post").send().await.expect("a list");
    assert_eq!(listed.value()["records"].as_array().map(Vec::len), Some(1));

    let after = world.bluesky.look_up(&world.call(), &trace).await.expect("looked");
    assert_eq!(after, Finding::Published { sent: first.clone(), proof: base::say!("the record under our own key") });

    let record = world.record(&first.remote.id).await.expect("a record");
    let facets: Vec<&Value> =
        record["facets"].as_array().expect("facets").iter().map(|facet| &facet["features"][0]).collect();
    assert_eq!(facets[0]["did"], other.did.as_str());
    assert_eq!(facets[1]["uri"], "https://example.com/page");
    assert_eq!((facets.len(), &facets[2]["tag"]), (3, &json!("Rust")), "a handle that leads nowhere stays text");
}

#[tokio::test]
async fn whatever_we_make_a_link_or_a_tag_of_passes_the_servers_own_judgement() {
    let Some(real) = Real::find("odd text") else { return };
    let (world, _) = real.channel().await;
    let family = "👨‍👩‍👧‍👦".repeat(120);
    let longest = format!("#{}", "é".repeat(64));
    for text in [
        "https://例え.jp/パス and HTTP://EXAMPLE.COM:8080/?q=ü#ñ and münchen.de",
        "#日本語 #emoji✨ #2nd (#c++) #under_score",
        "https://example.com/a|b\\c\"d<e>^`{x} https://[::1]/ https://user:word@example.com",
        &family,
        &longest,
    ] {
        let mut draft = post(text);
        draft.options = json!({ "langs": ["zh-Hant", "pt-BR", "sr-Latn-RS"], "tags": ["é".repeat(64)] });
        let issues = world.bluesky.check(&draft, &world.facts);
        assert!(issues.is_empty(), "{text}: {issues:?}");
        world.publish(&draft).await.unwrap_or_else(|failure| panic!("{text}: {failure}"));
    }
    let one_more = world.publish(&post(&"👨‍👩‍👧‍👦".repeat(121))).await.expect_err("too many bytes");
    assert_eq!((one_more.outcome, one_more.kind), (Outcome::Rejected, Kind::ContentRefused));
}

#[tokio::test]
async fn another_record_under_our_key_is_told_and_not_overwritten() {
    let Some(real) = Real::find("InvalidSwap") else { return };
    let (world, _) = real.channel().await;
    let draft = post("the first");
    let ready = world.prepare(&What::new(&draft, world.clock.now()), &Journal::default()).await.expect("prepared");
    let sent = world.bluesky.send(&world.call(), &ready).await.expect("sent");
    let mut changed = ready.clone();
    changed.request["record"]["text"] = "the second".into();
    let failure = world.bluesky.send(&world.call(), &changed).await.expect_err("the key is taken");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, Kind::Duplicate));
    assert_eq!(failure.code.as_deref(), Some("InvalidSwap"));
    assert_eq!(world.record(&sent.remote.id).await.expect("a record")["text"], "the first");
    let now = world.clock.now();
    let trace = Trace { ready: &changed, armed_at: now, deadline: now, sent: None, taken: &[] };
    let found = world.bluesky.look_up(&world.call(), &trace).await.expect("looked");
    assert!(matches!(found, Finding::Ambiguous(list) if list.len() == 1 && list[0].id == sent.remote.id));
}

#[tokio::test]
async fn an_image_a_thread_with_a_comment_and_its_gates_are_published_and_deleted() {
    let Some(real) = Real::find("thread") else { return };
    let (world, _) = real.channel().await;
    let mut draft = thread(&["one", "two", "three", "a comment"]);
    draft.parts[0].media = vec![png("a red pixel")];
    draft.parts[3].kind = connector::PartKind::Comment;
    draft.options = json!({
        "langs": ["en"], "tags": ["hidden"], "labels": ["graphic-media"], "who_can_reply": ["mentioned"], "allow_quotes": false,
    });
    let sent = world.publish(&draft).await.expect("published");
    let mut records = Vec::new();
    for part in &sent {
        records.push(world.record(&part.remote.id).await.expect("a record"));
    }
    let image = &records[0]["embed"]["images"][0];
    assert_eq!((&image["alt"], &image["image"]["mimeType"]), (&json!("a red pixel"), &json!("image/png")));
    let reply = |part: usize| {
        let of = |name: &str| records[part]["reply"][name]["uri"].as_str().unwrap_or_default().to_owned();
        (of("root"), of("parent"))
    };
    let id = |part: usize| sent[part].remote.id.clone();
    assert_eq!([reply(1), reply(2), reply(3)], [(id(0), id(0)), (id(0), id(1)), (id(0), id(0))]);

    let gate = |part: usize, name: &str| id(part).replace("app.bsky.feed.post", name);
    let thread_gate = world.record(&gate(0, "app.bsky.feed.threadgate")).await.expect("a gate");
    assert_eq!(thread_gate["allow"][0]["$type"], "app.bsky.feed.threadgate#mentionRule");
    assert!(world.record(&gate(1, "app.bsky.feed.threadgate")).await.is_none(), "only the root has one");
    assert!(world.record(&gate(1, "app.bsky.feed.postgate")).await.is_some());

    for part in &sent {
        let delete = || async { world.bluesky.delete(&world.call(), &part.remote).await.expect("deleted") };
        assert_eq!((delete().await, delete().await), (Deleted::Gone, Deleted::WasGone));
    }
    for collection in ["app.bsky.feed.post", "app.bsky.feed.threadgate", "app.bsky.feed.postgate"] {
        assert!(world.record(&gate(0, collection)).await.is_none(), "{collection}");
    }
}

#[tokio::test]
async fn a_quote_names_the_post_by_address_and_hash_and_a_missing_one_is_told() {
    let Some(real) = Real::find("quote") else { return };
    let (world, person) = real.channel().await;
    let quoted = world.publish(&post("worth quoting")).await.expect("published").remove(0).remote;
    let rkey = quoted.id.rsplit('/').next().expect("a key");
    let mut draft = post("indeed");
    draft.parts[0].quote = Some(format!("https://bsky.app/profile/{}/post/{rkey}", person.handle));
    let sent = world.publish(&draft).await.expect("published").remove(0);
    let record = world.record(&sent.remote.id).await.expect("a record");
    assert_eq!(record["embed"]["record"], json!({ "uri": quoted.id, "cid": quoted.extra["cid"] }));

    draft.parts[0].quote = Some(format!("at://{}/app.bsky.feed.post/3n2ue7nxlr42c", person.did));
    let failure = world.publish(&draft).await.expect_err("not there");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, Kind::RemoteNotFound));
}

#[tokio::test]
async fn an_app_password_session_is_refreshed_and_ended() {
    let Some(real) = Real::find("refresh") else { return };
    let (mut world, _) = real.channel().await;
    let before = world.tokens.clone();
    world.refresh().await.expect("refreshed");
    assert_ne!(before.refresh, world.tokens.refresh);
    assert!(
        world.tokens.expires_at > Some(world.clock.now()) && world.tokens.refresh_expires_at > world.tokens.expires_at
    );
    world.publish(&post("after a refresh")).await.expect("published");
    world.bluesky.revoke(&world.call()).await.expect("revoked");
    world.bluesky.revoke(&world.call()).await.expect("ended before: as wanted");
    let failure = world.refresh().await.expect_err("gone");
    assert_eq!(failure.kind, Kind::ReconnectNeeded);
}

#[tokio::test]
async fn p_051_oauth_grants_what_was_asked_and_the_session_lives_and_dies_as_documented() {
    let Some(real) = Real::find("OAuth") else { return };
    let mut world = real.world();
    let person = real.person(&world.http, "a main password").await;
    let granted = connect(&world, &real, &person, &person.handle).await;
    assert_eq!(granted.account.handle, person.handle);
    let about = connector::Connector::about(&world.bluesky);
    for scope in about.features.iter().flat_map(|feature| feature.scopes) {
        assert!(granted.scopes.iter().any(|has| has == scope), "{scope} in {:?}", granted.scopes);
    }
    world.adopt(granted);
    world.bluesky.verify(&world.call()).await.expect("alive");
    let mut draft = post("by OAuth");
    draft.parts[0].media = vec![png("a pixel")];
    draft.options = json!({ "who_can_reply": ["nobody"], "allow_quotes": false });
    let sent = world.publish(&draft).await.expect("published").remove(0);
    assert_eq!(world.bluesky.delete(&world.call(), &sent.remote).await.expect("deleted"), Deleted::Gone);

    let old = world.tokens.clone();
    world.refresh().await.expect("refreshed");
    let new = std::mem::replace(&mut world.tokens, old.clone());
    let failure = world.publish(&post("with the old token")).await.expect_err("superseded");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, Kind::TokenExpired));

    world.tokens = old;
    let replay = world.refresh().await.expect_err("used up");
    assert_eq!(replay.kind, Kind::ReconnectNeeded, "{replay}");
    world.tokens = new;
    let failure = world.publish(&post("with the newest token")).await.expect_err("the replay ended the session");
    assert_eq!(failure.kind, Kind::TokenExpired);
    assert_eq!(world.refresh().await.expect_err("ended").kind, Kind::ReconnectNeeded);
}

#[tokio::test]
async fn the_video_service_may_upload_for_the_account_by_our_leave() {
    let Some(real) = Real::find("video") else { return };
    let mut world = real.world();
    let person = real.person(&world.http, "a main password").await;
    let granted = connect(&world, &real, &person, &person.handle).await;
    world.adopt(granted);
    let service = video_service(&world.http, &real.pds).await;
    world.endpoints.insert("video".to_owned(), service);
    let mut draft = post("a film");
    let bytes = [b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2mp41".as_slice(), &[7; 400]].concat();
    draft.parts[0].media = vec![file(connector::MediaKind::Video, "video/mp4", bytes.into(), Some("waves"))];
    let sent = world.publish(&draft).await.expect("published").remove(0);
    let record = world.record(&sent.remote.id).await.expect("a record");
    assert_eq!(record["embed"]["video"]["mimeType"], "video/mp4");
}

/// What the video service does, without making the video smaller: it puts the file on the account's server by the
/// leave that it was given.
async fn video_service(http: &Http, pds: &str) -> url::Url {
    let (http, pds) = (http.clone(), pds.to_owned());
    let upload = async move |headers: axum::http::HeaderMap, body: bytes::Bytes| {
        let leave = headers["authorization"].to_str().expect("text").to_owned();
        let request = http.post("service uploads", format!("{pds}/xrpc/com.atproto.repo.uploadBlob"));
        let request = request.secret_header("authorization", &leave.into()).bytes(body, "video/mp4");
        let reply = request.send().await.expect("an answer");
        assert!(reply.is_success(), "{}", reply.text());
        let blob = reply.value()["blob"].clone();
        axum::Json(json!({ "jobStatus": { "jobId": "1", "did": "d", "state": "JOB_STATE_COMPLETED", "blob": blob } }))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("bound"));
    let router = axum::Router::new().route("/xrpc/app.bsky.video.uploadVideo", axum::routing::post(upload));
    tokio::spawn(async move { drop(axum::serve(listener, router).await) });
    url::Url::parse(&origin).expect("an address")
}

#[tokio::test]
async fn s_17_a_revoked_session_is_dead_at_once() {
    let Some(real) = Real::find("revocation") else { return };
    let mut world = real.world();
    let person = real.person(&world.http, "a main password").await;
    // Only the server is named: who it is, the tokens say.
    let granted = connect(&world, &real, &person, &real.pds).await;
    assert_eq!(granted.account.id, person.did);
    world.adopt(granted);
    world.bluesky.revoke(&world.call()).await.expect("revoked");
    let failure = world.publish(&post("too late")).await.expect_err("dead");
    assert_eq!(failure.kind, Kind::TokenExpired);
    assert_eq!(world.refresh().await.expect_err("dead").kind, Kind::ReconnectNeeded);
}

#[tokio::test]
async fn s_12_an_answer_from_another_server_or_for_another_sign_in_is_refused() {
    let Some(real) = Real::find("mix-up") else { return };
    let world = real.world();
    let person = real.person(&world.http, "a main password").await;
    let started = world.bluesky.start(&world.call(), &request(&person.handle)).await.expect("started");
    let good = consent(&world.http, started.redirect_to.as_str(), &person).await;
    for (name, value) in [("iss", "https://elsewhere.example"), ("state", "another")] {
        let mut callback = good.clone();
        callback.query.insert(name.to_owned(), value.to_owned());
        let failure = world.bluesky.finish(&world.call(), &started.memory, &callback).await.expect_err(name);
        assert_eq!(failure.kind, Kind::InputInvalid);
    }
    world.bluesky.finish(&world.call(), &started.memory, &good).await.expect("the true answer");
    let again = world.bluesky.finish(&world.call(), &started.memory, &good).await.expect_err("a code is good once");
    assert_eq!((again.kind, again.code.as_deref()), (Kind::InputInvalid, Some("invalid_grant")));
}

fn request(entered: &str) -> StartConnect {
    StartConnect {
        input: json!({ "handle": entered }),
        redirect_uri: "http://127.0.0.1:8080/connect/bluesky/callback".to_owned(),
        state: random::token::<32>(&OsRandom),
        features: Vec::new(),
    }
}

async fn connect(world: &World, real: &Real, person: &Person, entered: &str) -> connector::Granted {
    assert!(!real.pds.is_empty());
    let started = world.bluesky.start(&world.call(), &request(entered)).await.expect("started");
    let callback = consent(&world.http, started.redirect_to.as_str(), person).await;
    world.bluesky.finish(&world.call(), &started.memory, &callback).await.expect("finished")
}

/// What a browser and a person do at the server's consent page.
async fn consent(http: &Http, page: &str, person: &Person) -> Callback {
    let origin = url::Url::parse(page).expect("an address").origin().ascii_serialization();
    let mut cookies = Vec::new();
    let shown = navigate(http, page, None, &cookies).await;
    keep_cookies(&shown, &mut cookies);
    assert_eq!(shown.status, 200, "{}", shown.text());
    let body = json!({ "locale": "en", "username": person.handle, "password": person.password, "remember": true });
    let mut browser = Browser { http, origin: &origin, page, cookies };
    let signed_in = browser.api("sign-in", &body).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.text());
    let agreed = browser.api("consent", &json!({ "did": person.did })).await;
    assert_eq!(agreed.status, 200, "{}", agreed.text());
    let answer = agreed.value();
    let next = answer["url"].as_str().expect("an address").to_owned();
    let back = navigate(http, &next, Some(page), &browser.cookies).await;
    let location =
        back.header("location").unwrap_or_else(|| panic!("{} {next} {}", back.status, back.text())).to_owned();
    let query = url::Url::parse(&location).expect("an address");
    Callback { query: query.query_pairs().into_owned().collect() }
}

async fn navigate(http: &Http, url: &str, from: Option<&str>, cookies: &[(String, String)]) -> Reply {
    let request = http.get("browse", url).header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
    let request = match from {
        Some(page) => request.header("sec-fetch-site", "same-origin").header("referer", page),
        None => request.header("sec-fetch-site", "cross-site"),
    };
    request.secret_header("cookie", &jar(cookies)).send().await.expect("a page")
}

struct Browser<'a> {
    http: &'a Http,
    origin: &'a str,
    page: &'a str,
    cookies: Vec<(String, String)>,
}

impl Browser<'_> {
    async fn api(&mut self, name: &str, body: &Value) -> Reply {
        let token = self.cookies.iter().find(|(cookie, _)| cookie == "csrf-token").map(|(_, value)| value.clone());
        let url = format!("{}/@atproto/oauth-provider/~api/{name}", self.origin);
        let request =
            self.http.post("consent page", url).json(body).header("origin", self.origin).header("referer", self.page);
        let request = request
            .header("sec-fetch-mode", "same-origin")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-dest", "empty");
        let request =
            request.header("x-csrf-token", token.unwrap_or_default()).secret_header("cookie", &jar(&self.cookies));
        let reply = request.send().await.expect("an answer");
        keep_cookies(&reply, &mut self.cookies);
        reply
    }
}

fn keep_cookies(reply: &Reply, cookies: &mut Vec<(String, String)>) {
    for line in reply.headers.get_all("set-cookie") {
        let pair = line.to_str().expect("text").split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else { continue };
        cookies.retain(|(known, _)| known != name.trim());
        cookies.push((name.trim().to_owned(), value.trim().to_owned()));
    }
}

fn jar(cookies: &[(String, String)]) -> Secret<String> {
    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ").into()
}
