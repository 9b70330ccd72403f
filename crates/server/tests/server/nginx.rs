//! Behind a real nginx: as `packaging/nginx.conf` sets it up, with a certificate of the test's own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use base::Secret;
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};
use server::{Consent, Newcomer};
use tokio::process::{Child, Command};

use crate::{
    real_pds::say,
    support::{Engine, OWNER, PATIENCE, Place, free_port, picture, settings},
};

const SHIPPED: &str = include_str!("../../../../packaging/nginx.conf");
/// What most files of a phone are below, and fifty times what nginx takes by itself.
const LARGE: usize = 50 << 20;

/// A running nginx; ends when dropped.
pub struct Nginx {
    _child: Child,
    folder: tempfile::TempDir,
}

impl Nginx {
    /// Starts it with these servers (what stands in `conf.d`); `None`, with a word about it, where there is no nginx.
    pub async fn start(servers: &str, port: u16, test: &str) -> Option<Self> {
        let Some(program) = program() else {
            say(&format!("skipped: {test} needs nginx; install it, or set FANFARE_TEST_NGINX to the program"));
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = temporary.iter().map(|kind| format!("{kind}_temp_path {kind};\n")).collect();
        let servers = servers.replace("FOLDER", &folder.path().display().to_string());
        let conf = format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nevents {{}}\nhttp {{\naccess_log access.log;\n{temporary}{servers}}}\n"
        );
        std::fs::write(folder.path().join("nginx.conf"), conf).unwrap();
        certificate(folder.path());
        let mut command = Command::new(program);
        command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "error.log"]);
        let child = command.kill_on_drop(true).stdin(Stdio::null()).spawn().unwrap();
        let (nginx, begun) = (Self { _child: child, folder }, Instant::now());
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "it does not listen:\n{}", nginx.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(nginx)
    }

    /// The paths of the requests that it answered with this status.
    fn answered(&self, status: u16) -> Vec<String> {
        let lines = std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        let asked = lines.lines().filter_map(|line| {
            let (request, rest) = line.split_once('"')?.1.split_once("\" ")?;
            let path = request.split(' ').nth(1)?;
            rest.starts_with(&status.to_string()).then(|| path.to_owned())
        });
        asked.collect()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

fn program() -> Option<PathBuf> {
    let named = std::env::var_os("FANFARE_TEST_NGINX").map(PathBuf::from);
    let usual = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx", "/opt/homebrew/bin/nginx"];
    named.into_iter().chain(usual.map(PathBuf::from)).find(|program| program.is_file())
}

fn certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(["fanfare.example".to_owned()]).unwrap();
    std::fs::write(folder.join("fullchain.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("privkey.pem"), made.signing_key.serialize_pem()).unwrap();
}

/// The shipped example at another port, in front of this installation.
fn shipped(port: u16, fanfare: u16) -> String {
    let without_ipv6 = SHIPPED.lines().filter(|line| !line.contains("listen [::]") && !line.contains("listen 80;"));
    let servers: Vec<_> = without_ipv6.collect();
    let servers = servers.join("\n").replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port} ssl;"));
    // The server that leads from http to https would listen on a port that only root may have.
    let servers = servers.replace("return 301", &format!("listen 127.0.0.1:{};\nreturn 301", free_port()));
    servers
        .replace("/etc/letsencrypt/live/fanfare.example", "FOLDER")
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{fanfare}"))
}

/// The same without a certificate, for a sandbox that has no reason to trust the test's own.
fn shipped_without_tls(port: u16, fanfare: u16) -> String {
    let servers = shipped(port, fanfare);
    let servers = servers.lines().filter(|line| !line.contains("ssl_certificate"));
    servers.collect::<Vec<_>>().join("\n").replace(" ssl;", ";")
}

fn client() -> reqwest::ClientBuilder {
    #[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
    Client::builder().no_proxy()
}

/// A browser or program somewhere else in the world, whose address is not the proxy's.
fn elsewhere(port: u16) -> Client {
    let client = client().tls_danger_accept_invalid_certs(true).local_address(Some([127, 0, 0, 2].into()));
    client.resolve("fanfare.example", ([127, 0, 0, 1], port).into()).build().unwrap()
}

#[tokio::test]
async fn behind_nginx_as_shipped_large_files_arrive_events_come_at_once_and_addresses_are_those_of_people() {
    let (place, process) = Place::without_channels(Engine::Sqlite, |_, port| {
        format!("listen = \"127.0.0.1:{port}\"\ntrusted_proxies = [\"127.0.0.1/32\"]\n")
    })
    .await;
    let (port, fanfare) = (free_port(), place.address().parse::<url::Url>().unwrap().port().unwrap());
    let name = "the example for nginx";
    let Some(nginx) = Nginx::start(&shipped(port, fanfare), port, name).await else { return };
    let (there, at) = (elsewhere(port), |path: &str| format!("https://fanfare.example:{port}{path}"));
    let here = client().build().unwrap();
    // A key that is good from that address alone.
    let permissions = json!(["media:write", "media:read", "events:read", "posts:write"]);
    let made = json!({ "name": "elsewhere", "permissions": permissions, "addresses": ["127.0.0.2/32"] });
    let key = place.owner_asks("/v1/keys", &made).await["secret"].as_str().unwrap().to_owned();
    let sent = |request: reqwest::RequestBuilder| request.bearer_auth(&key).send();

    let answer = sent(there.get(at("/v1/media"))).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "the key is taken: {}", nginx.log());
    let direct = sent(here.get(format!("{}v1/media", place.address()))).await.unwrap();
    assert_eq!(direct.status(), StatusCode::FORBIDDEN, "the key is good from elsewhere only");
    let forged =
        sent(here.get(format!("{}v1/media", place.address())).header("x-forwarded-for", "127.0.0.2, 127.0.0.3"));
    assert_eq!(forged.await.unwrap().status(), StatusCode::FORBIDDEN, "what stands nearest to the proxy counts");

    let file = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x10\0\0\0\x10\0\x08\x02\0\0\0"[..], &vec![0; LARGE]].concat();
    let upload = json!({ "name": "large.png", "size_bytes": file.len() + 1 });
    let begun = sent(there.post(at("/v1/uploads")).json(&upload)).await.unwrap();
    assert_eq!(begun.status(), StatusCode::CREATED, "{}", begun.text().await.unwrap());
    let upload = begun.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let length = file.len().to_string();
    let piece = there.patch(at(&format!("/v1/uploads/{upload}"))).header("upload-offset", "0");
    let piece = sent(piece.header(header::CONTENT_TYPE, "application/offset+octet-stream").body(file)).await.unwrap();
    let (status, arrived) = (piece.status(), piece.headers().get("upload-offset").cloned());
    assert_eq!(arrived.map(|offset| offset.to_str().unwrap().to_owned()), Some(length), "{status} {}", nginx.log());

    let mut events = sent(there.get(at("/v1/events/stream"))).await.unwrap();
    assert_eq!(events.status(), StatusCode::OK);
    let draft =
        sent(there.post(at("/v1/posts")).json(&json!({ "text": "By way of nginx", "channels": [] }))).await.unwrap();
    let status = draft.status();
    assert!(status.is_success(), "{status} {}", draft.text().await.unwrap());
    let told = tokio::time::timeout(PATIENCE, async {
        let mut told = String::new();
        while !told.contains("post.") {
            told += &String::from_utf8_lossy(&events.chunk().await.unwrap().expect("the stream goes on"));
        }
    });
    told.await.expect("an event comes as it happens, not when there are enough of them");
    drop((events, nginx));
    assert!(process.stop().await.success());
}

#[tokio::test]
async fn r_37_behind_nginx_as_shipped_a_network_fetches_a_post_s_file_and_nothing_else_is_given_out() {
    let front = free_port();
    let mut fanfare = 0;
    let (place, process) = Place::without_channels(Engine::Sqlite, |sandbox, port| {
        fanfare = port;
        let public = format!("public_url = \"http://127.0.0.1:{front}\"\ntrusted_proxies = [\"127.0.0.1/32\"]\n");
        public + &settings(sandbox, port)
    })
    .await;
    let name = "fetching through nginx";
    let Some(nginx) = Nginx::start(&shipped_without_tls(front, fanfare), front, name).await else { return };
    place.enter_apps().await;
    // By the public address, to which Threads sends the browser back.
    let mut owner = Newcomer::at(format!("http://127.0.0.1:{front}/").parse().unwrap()).unwrap();
    owner.sign_in(OWNER.0, &Secret::from(OWNER.1)).await.unwrap();
    owner.connect("threads", &json!({}), None, Consent { account: "lena" }).await.unwrap();
    let channel = place.channel("threads").await;
    let reachable = place.get(&format!("v1/channels/{channel}/reachability")).await;
    assert_eq!(reachable, json!({ "fetches": true }), "the sandbox is on this computer");

    let post = place.schedule_file(picture(), "Fetched through nginx", &["threads"], Duration::from_secs(3)).await;
    place.until(&post, PATIENCE, |publication| publication["state"] == "published").await;
    assert_eq!(place.appearances("Fetched through nginx"), 1, "{}", nginx.log());
    let fetched = nginx.answered(200).into_iter().find(|path| path.starts_with("/fetch/")).expect("Threads fetched it");

    let there = client().build().unwrap();
    let answer = async |method: reqwest::Method, path: &str| {
        there.request(method, format!("http://127.0.0.1:{front}{path}")).send().await.unwrap().status()
    };
    let another = format!("{}x", fetched.trim_end_matches(".png"));
    for path in [&*fetched, &another, "/fetch/nothing.png", "/fetch/self/nothing.png"] {
        assert_eq!(answer(reqwest::Method::GET, path).await, StatusCode::NOT_FOUND, "{path}: {}", nginx.log());
    }
    assert_eq!(answer(reqwest::Method::POST, &fetched).await, StatusCode::METHOD_NOT_ALLOWED);
    assert!(process.stop().await.success());
}
