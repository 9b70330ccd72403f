//! What a platform sends to a real installation: its app is removed, its account's data are to be deleted; and a list of accounts
//! that an operator was sent.

use std::time::Duration;

use base::{Clock as _, SystemClock, Timestamp};
use reqwest::Method;
use sandbox::{Act, Network, facebook, instagram, threads};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Engine, PATIENCE, Place, plays, run, settings};

/// A platform whose network calls us, and how it signs who a request is about.
struct Caller {
    platform: &'static str,
    network: Network,
    name: &'static str,
    signs: fn(&str, Timestamp) -> String,
}

const CALLERS: [Caller; 3] = [
    Caller {
        platform: "threads",
        network: Network::Threads,
        name: "Threads",
        signs: |user, now| threads::PRODUCT.signed_request(user, now),
    },
    Caller {
        platform: "facebook",
        network: Network::Facebook,
        name: "Facebook",
        signs: |user, now| facebook::PRODUCT.signed_request(user, now),
    },
    Caller {
        platform: "instagram",
        network: Network::Instagram,
        name: "Instagram",
        signs: |user, now| instagram::PRODUCT.signed_request(user, now),
    },
];

/// What the operator enters at the platform: the addresses for webhooks, removal and deletion, and the word.
async fn addresses(place: &Place, platform: &str) -> (Vec<String>, String) {
    let told = place.owner().ask(Method::GET, &format!("v1/platforms/{platform}/hooks"), None).await.unwrap();
    let listed = told["addresses"].as_array().unwrap();
    let addresses = listed.iter().map(|one| one["address"].as_str().unwrap().to_owned()).collect();
    (addresses, listed[0]["verify_token"].as_str().unwrap().to_owned())
}

/// Waits until the installation answers so.
async fn until(place: &Place, path: &str, is: impl Fn(u16, &Value) -> bool) -> Value {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let (status, answer) = place.insist(&Method::GET, path, None, give_up).await.expect("an answer");
        if is(status, &answer) {
            return answer;
        }
        assert!(Instant::now() < give_up, "{status} {answer:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
async fn page(address: &str, language: &str) -> (u16, String, String) {
    let request = reqwest::Client::builder().no_proxy().build().unwrap().get(address);
    let answer = request.header("accept-language", language).send().await.unwrap();
    let (status, policy) = (answer.status().as_u16(), answer.headers()["content-security-policy"].clone());
    (status, policy.to_str().unwrap().to_owned(), answer.text().await.unwrap())
}

#[expect(clippy::disallowed_methods, reason = "the test's own client, which calls only what the test started")]
async fn asks(address: &str, signed_request: &str) -> (u16, Value) {
    let request = reqwest::Client::builder().no_proxy().build().unwrap().post(address);
    let answer = request.form(&[("signed_request", signed_request)]).send().await.unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

/// An address that keeps what is posted to it.
async fn listener() -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    let hears = move |body: String| async move { _ = tell.send(body) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/", axum::routing::post(hears));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, told)
}

/// Whom a `signed_request` is about.
fn user_of(form: &str) -> String {
    use base64::Engine as _;
    let payload = form.split_once('.').unwrap().1;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice::<Value>(&payload).unwrap()["user_id"].as_str().unwrap().to_owned()
}

/// The person removes the app in the network's settings, which says so to the installation. The channel, its path, and by which
/// id the network knows them at this app.
async fn removed(place: &Place, caller: &Caller, hooks: &[String]) -> (String, String, String) {
    let (_, platform) = plays(caller.platform);
    place.connect(caller.platform, None).await;
    let id = place.channel(caller.platform).await;
    let path = format!("v1/channels/{id}");
    // What the twin says is seen here, too.
    let (ours, mut told) = listener().await;
    place.sandbox.turn(caller.network, |knobs| {
        knobs.own.insert("deauthorize_url".to_owned(), json!(hooks[1]));
        knobs.own.insert("deletion_url".to_owned(), json!(ours));
    });
    place.sandbox.act(caller.network, &Act::RevokeGrants { account: Some(platform.account.to_owned()) });
    let channel = until(place, &path, |_, channel| channel["state"] == "needs_reconnect").await;
    assert_eq!(channel["reason"], format!("Fanfare's access was removed at {}.", caller.name));
    (id, path, user_of(&told.recv().await.unwrap()))
}

#[tokio::test]
async fn pd_02_a_platform_says_that_its_app_was_removed_and_that_data_are_to_be_deleted() {
    for engine in Engine::all() {
        let (place, mut process) = Place::without_channels(engine, settings).await;
        for (at, caller) in CALLERS.iter().enumerate() {
            let (_, platform) = plays(caller.platform);
            place.owner().enter_app(caller.platform, &platform.app().unwrap()).await.unwrap();
            let (hooks, word) = addresses(&place, caller.platform).await;
            let handshake = format!("{}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=", hooks[0]);
            assert_eq!(page(&format!("{handshake}{word}"), "en").await.2, "1158201444");
            assert_eq!(page(&format!("{handshake}guess"), "en").await.0, 403);
            let (id, path, lena) = removed(&place, caller, &hooks).await;

            place.connect(caller.platform, Some(&id)).await;
            let said = (caller.signs)(&lena, SystemClock.now());
            let (first, second) = tokio::join!(asks(&hooks[2], &said), asks(&hooks[2], &said));
            if at == 0 {
                // The power fails right after the answer: what was confirmed is carried out all the same.
                process.kill().await;
                process = place.started(&[]).await;
            }
            assert_eq!((first.0, &first.1), (200, &second.1), "{}: twice at once is once", caller.name);
            let (url, code) = (first.1["url"].as_str().unwrap(), first.1["confirmation_code"].as_str().unwrap());
            assert_eq!(url, format!("{}erasure/{code}", place.address()));
            until(&place, &path, |status, _| status == 404).await;
            let (status, policy, shown) = page(url, "en").await;
            assert!(status == 200 && shown.contains("It was deleted on") && shown.contains(code), "{shown}");
            assert!(policy.starts_with("default-src 'none'") && !shown.contains(platform.account), "{policy} {shown}");
            let forged = said.replacen(|letter: char| letter.is_ascii_digit(), "x", 1);
            assert_eq!(asks(&hooks[2], &forged).await.0, 403);

            if at == 0 {
                assert!(page(url, "nl").await.2.contains("is het verwijderd"));
                assert_eq!(page(&format!("{}erasure/guess", place.address()), "en").await.0, 404);
                // Other accounts are in lists that the operator is sent by mail.
                place.connect(caller.platform, None).await;
                let again = place.channel(caller.platform).await;
                std::fs::write(place.folder().join("list.csv"), format!("user_id\n{lena}\n99887766\n")).unwrap();
                let words = ["--json", "erase-accounts", caller.platform, "list.csv"];
                let (fine, done, told) = run(place.folder(), &words, &[]).await;
                assert!(fine, "{done}{told}");
                let done: Value = serde_json::from_str(&done).unwrap();
                assert_eq!(done, json!({ "erased": 1, "unknown": 1, "waiting": 0 }));
                until(&place, &format!("v1/channels/{again}"), |status, _| status == 404).await;
            }
        }
        assert!(process.stop().await.success());
    }
}
