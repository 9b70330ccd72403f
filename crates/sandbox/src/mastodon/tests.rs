//! The instance from outside, over real HTTP.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::{
    Act, Action, Fault, Network, Rule, When,
    oauth::s256,
    sniff::samples,
    test_kit::{self, VERIFIER, World, read, said, sent_to},
};

const BACK: &str = "http://127.0.0.1:9/back";
const SCOPES: &str = "profile read write";

struct Town {
    world: World,
    client_id: String,
    client_secret: String,
}

impl Town {
    async fn start() -> Self {
        Self::on(World::start().await).await
    }

    async fn on(world: World) -> Self {
        let app = json!({ "client_name": "Fanfare", "redirect_uris": [BACK], "scopes": SCOPES });
        let (status, app) =
            read(world.http.post(format!("{}api/v1/apps", world.running.origin(Network::Mastodon))).json(&app)).await;
        assert_eq!(status, 200, "{app}");
        let text = |name: &str| app[name].as_str().expect("text").to_owned();
        Self { client_id: text("client_id"), client_secret: text("client_secret"), world }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.running.origin(Network::Mastodon))
    }

    fn authorize(&self) -> Vec<(&str, String)> {
        vec![
            ("response_type", "code".into()),
            ("client_id", self.client_id.clone()),
            ("redirect_uri", BACK.into()),
            ("scope", SCOPES.into()),
            ("state", "st&te".into()),
            ("code_challenge", s256(VERIFIER)),
            ("code_challenge_method", "S256".into()),
        ]
    }

    async fn decide(&self, more: &[(&str, &str)]) -> reqwest::Response {
        let mut form = self.authorize();
        form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.world.http.post(self.url("oauth/authorize")).form(&form).send().await.expect("an answer")
    }

    async fn exchange(&self, code: &str, verifier: &str) -> (u16, Value) {
        let body = json!({
            "grant_type": "authorization_code", "code": code, "client_id": self.client_id,
            "client_secret": self.client_secret, "redirect_uri": BACK, "code_verifier": verifier,
        });
        read(self.world.http.post(self.url("oauth/token")).json(&body)).await
    }

    async fn sign_in(&self, account: &str) -> String {
        let answer = self.decide(&[("account", account), ("decision", "allow")]).await;
        let sent = sent_to(&answer);
        assert_eq!(sent["state"], "st&te");
        let (status, token) = self.exchange(&sent["code"], VERIFIER).await;
        assert_eq!(status, 200, "{token}");
        token["access_token"].as_str().expect("a token").to_owned()
    }

    async fn post(&self, token: &str, body: Value) -> (u16, Value) {
        read(self.world.http.post(self.url("api/v1/statuses")).bearer_auth(token).json(&body)).await
    }

    async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.world.http.get(self.url(path)).bearer_auth(token)).await
    }

    async fn upload(&self, token: &str, name: &str, bytes: Vec<u8>) -> (u16, Value) {
        let part = Part::bytes(bytes).file_name(name.to_owned()).mime_str("application/octet-stream").expect("a type");
        let form = Form::new().part("file", part).text("description", "a picture");
        read(self.world.http.post(self.url("api/v2/media")).bearer_auth(token).multipart(form)).await
    }

    fn visible(&self) -> usize {
        let entries = self.world.running.ledger().entries(Some(Network::Mastodon));
        entries.iter().filter(|entry| entry.action == Action::Created).count()
    }
}

fn id(status: &Value) -> &str {
    status["id"].as_str().expect("an id")
}

#[tokio::test]
async fn a_person_lets_an_app_in_and_the_app_learns_who_it_is() {
    let town = Town::start().await;
    let page = town.world.http.get(town.url("oauth/authorize")).query(&town.authorize()).send().await.expect("a page");
    let page = page.text().await.expect("text");
    assert!(page.contains("Let Fanfare use your Mastodon account?") && page.contains("value=\"lena\""), "{page}");
    let token = town.sign_in("lena").await;
    let (_, me) = town.get(&token, "api/v1/accounts/verify_credentials").await;
    assert_eq!(me["acct"], "lena");
    let answer = town.decide(&[("new_account", "@Tram_12"), ("decision", "allow")]).await;
    let (_, new) = town.exchange(&sent_to(&answer)["code"], VERIFIER).await;
    let (_, me) = town.get(new["access_token"].as_str().expect("a token"), "api/v1/accounts/verify_credentials").await;
    assert_eq!(me["acct"], "tram_12");
}

#[tokio::test]
async fn denial_comes_back_with_the_state_and_nothing_else() {
    let town = Town::start().await;
    let sent = sent_to(&town.decide(&[("decision", "deny")]).await);
    assert_eq!((sent["error"].as_str(), sent["state"].as_str()), ("access_denied", "st&te"));
    assert!(!sent.contains_key("code"));
}

#[tokio::test]
async fn a_code_works_once_and_its_replay_ends_the_token() {
    let town = Town::start().await;
    let code = sent_to(&town.decide(&[("account", "lena"), ("decision", "allow")]).await)["code"].clone();
    let (_, token) = town.exchange(&code, VERIFIER).await;
    let (status, refused) = town.exchange(&code, VERIFIER).await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")));
    let token = token["access_token"].as_str().expect("a token");
    assert_eq!(town.get(token, "api/v1/accounts/verify_credentials").await.0, 401);
}

#[tokio::test]
async fn a_wrong_verifier_a_wrong_secret_and_a_foreign_address_are_refused() {
    let town = Town::start().await;
    let code = sent_to(&town.decide(&[("account", "lena"), ("decision", "allow")]).await)["code"].clone();
    let (status, refused) = town.exchange(&code, "another-verifier-of-forty-three-letters-or-more").await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")));
    let wrong = json!({ "grant_type": "authorization_code", "client_id": town.client_id, "client_secret": "no" });
    let (status, refused) = read(town.world.http.post(town.url("oauth/token")).json(&wrong)).await;
    assert_eq!((status, refused["error"].as_str()), (401, Some("invalid_client")));
    let mut foreign = town.authorize();
    foreign[2].1 = "https://evil.example/".into();
    let answer = town.world.http.get(town.url("oauth/authorize")).query(&foreign).send().await.expect("an answer");
    assert_eq!(answer.status(), 400, "never redirected to an address that the app did not register");
    let mut wide = town.authorize();
    wide[3].1 = "admin:read".into();
    let answer = town.world.http.get(town.url("oauth/authorize")).query(&wide).send().await.expect("an answer");
    assert_eq!(sent_to(&answer)["error"], "invalid_scope");
}

#[tokio::test]
async fn a_token_ends_by_revocation_only_by_its_own_app_and_by_the_knob() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    town.world.clock.advance(Duration::from_secs(400 * 86_400));
    assert_eq!(town.get(&token, "api/v1/accounts/verify_credentials").await.0, 200, "tokens do not expire");
    let revoke = |secret: &str| {
        let body = json!({ "client_id": town.client_id, "client_secret": secret, "token": token });
        read(town.world.http.post(town.url("oauth/revoke")).json(&body))
    };
    let (status, refused) = revoke("wrong").await;
    assert_eq!((status, refused["error"].as_str()), (403, Some("unauthorized_client")));
    assert_eq!(revoke(&town.client_secret).await.0, 200);
    assert_eq!(revoke(&town.client_secret).await.0, 200, "revoking twice is the same as once");
    let (status, refused) = town.get(&token, "api/v1/accounts/verify_credentials").await;
    assert_eq!((status, refused["error"].as_str()), (401, Some("The access token is invalid")));
    let (mine, other) = (town.sign_in("lena").await, town.sign_in("northwind").await);
    town.world.running.act(Network::Mastodon, &Act::RevokeGrants { account: Some("lena".into()) });
    assert_eq!(town.get(&mine, "api/v1/accounts/verify_credentials").await.0, 401);
    assert_eq!(town.get(&other, "api/v1/accounts/verify_credentials").await.0, 200);
}

#[tokio::test]
async fn each_rule_for_a_status_is_kept() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    let (_, image) = town.upload(&token, "a.png", samples::png(8, 8)).await;
    let image = id(&image);
    let poll = |options: Value, seconds: u64| json!({ "options": options, "expires_in": seconds });
    let refused = [
        (json!({}), "blank"),
        (json!({ "status": "   " }), "blank"),
        (json!({ "status": "a".repeat(501) }), "limit of 500"),
        (json!({ "status": "a".repeat(490), "spoiler_text": "b".repeat(11) }), "limit of 500"),
        (json!({ "status": "a", "spoiler_text": format!("https://example.com/{}", "b".repeat(480)) }), "limit of 500"),
        (json!({ "status": "x", "visibility": "friends" }), "Visibility"),
        (json!({ "status": "x", "visiblity": "public" }), "not a parameter"),
        (json!({ "status": 5 }), "must be a string"),
        (json!({ "status": "x", "poll": poll(json!(["a"]), 300) }), "at least 2"),
        (json!({ "status": "x", "poll": poll(json!(["a", "b", "c", "d", "e"]), 300) }), "at most 4"),
        (json!({ "status": "x", "poll": poll(json!(["a", "a"]), 300) }), "differ"),
        (json!({ "status": "x", "poll": poll(json!(["a", "b".repeat(51)]), 300) }), "50 characters"),
        (json!({ "status": "x", "poll": poll(json!(["a", "b"]), 299) }), "duration"),
        (json!({ "status": "x", "poll": poll(json!(["a", "b"]), 2_629_747) }), "duration"),
        (json!({ "status": "x", "poll": { "options": ["a", "b"] } }), "expires_in"),
        (json!({ "status": "x", "media_ids": [image], "poll": poll(json!(["a", "b"]), 300) }), "both media and a poll"),
        (json!({ "status": "x", "media_ids": [image, image, image, image, image] }), "more than 4"),
        (json!({ "status": "x", "media_ids": [image, "1", "2"] }), "Media 1, 2 not found or already attached"),
        (json!({ "status": "x", "quote_approval_policy": "friends" }), "Quote approval"),
        (json!({ "status": "x", "scheduled_at": "2099-01-01T00:00:00Z" }), "scheduled_at"),
    ];
    for (body, why) in refused {
        let (status, answer) = town.post(&token, body.clone()).await;
        assert_eq!(status, 422, "{body} {answer}");
        assert!(answer["error"].as_str().expect("a text").contains(why), "{body} {answer}");
    }
    assert_eq!(town.post(&token, json!({ "status": "x", "in_reply_to_id": "1" })).await.0, 404);
    assert_eq!(town.visible(), 0, "nothing that was refused can be seen");
    let long = format!("{} https://example.com/{}", "a".repeat(476), "b".repeat(400));
    assert_eq!(town.post(&token, json!({ "status": long })).await.0, 200, "an address counts 23");
}

#[tokio::test]
async fn a_warning_without_a_text_becomes_the_text_and_an_animation_goes_with_images() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    let (status, alone) = town.post(&token, json!({ "spoiler_text": "storm", "status": " " })).await;
    assert_eq!((status, &alone["content"], &alone["spoiler_text"]), (200, &json!("<p>storm</p>"), &json!("")));
    assert_eq!(alone["sensitive"], true);
    let (_, image) = town.upload(&token, "a.png", samples::png(8, 8)).await;
    let (_, moving) = town.upload(&token, "a.gif", samples::gif(2)).await;
    town.world.clock.advance(Duration::from_secs(5));
    let both = json!({ "status": "x", "media_ids": [id(&image), id(&moving)] });
    let (status, mixed) = town.post(&token, both).await;
    assert_eq!((status, mixed["media_attachments"].as_array().map(Vec::len)), (200, Some(2)), "{mixed}");
}

#[tokio::test]
async fn an_unknown_language_is_passed_over_in_silence() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    for (given, kept) in [
        ("nl", json!("nl")),
        ("kab", json!("kab")),
        ("zh-TW", json!("zh-TW")),
        ("pt-BR", json!("pt")),
        ("EN", json!(null)),
        ("english", json!(null)),
    ] {
        let (status, post) = town.post(&token, json!({ "status": given, "language": given })).await;
        assert_eq!((status, &post["language"]), (200, &kept), "{given}");
    }
}

#[tokio::test]
async fn the_instances_own_limits_hold_when_the_knob_moves_them() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    town.world.running.turn(Network::Mastodon, |knobs| {
        knobs.own = json!({ "instance": { "max_characters": 5000, "max_media_attachments": 1 } })
            .as_object()
            .expect("an object")
            .clone();
    });
    let (_, instance) = town.get(&token, "api/v2/instance").await;
    assert_eq!(instance["configuration"]["statuses"]["max_characters"], 5000);
    assert_eq!(town.post(&token, json!({ "status": "a".repeat(5000) })).await.0, 200);
    assert_eq!(town.post(&token, json!({ "status": "a".repeat(5001) })).await.0, 422);
}

#[tokio::test]
async fn the_same_idempotency_key_gives_the_same_status_for_an_hour_and_only_to_its_account() {
    let town = Town::start().await;
    let (lena, other) = (town.sign_in("lena").await, town.sign_in("northwind").await);
    let post = |token: &str| {
        let request = town.world.http.post(town.url("api/v1/statuses")).bearer_auth(token);
        read(request.header("Idempotency-Key", "k-1").json(&json!({ "status": "once" })))
    };
    let first = post(&lena).await.1;
    assert_eq!(id(&post(&lena).await.1), id(&first));
    assert_ne!(id(&post(&other).await.1), id(&first));
    assert_eq!(town.visible(), 2);
    town.world.clock.advance(Duration::from_secs(3600));
    assert_ne!(id(&post(&lena).await.1), id(&first), "forgotten after an hour");
    let gone = post(&lena).await.1;
    let deleted = town.world.http.delete(town.url(&format!("api/v1/statuses/{}", id(&gone)))).bearer_auth(&lena);
    assert_eq!(read(deleted).await.0, 200);
    assert_eq!(post(&lena).await.0, 404, "the key's status was deleted");
}

#[tokio::test]
async fn two_requests_at_once_with_one_key_can_both_post_as_on_a_real_instance() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    town.world.running.turn(Network::Mastodon, |knobs| {
        knobs.own.insert("idempotency_lag_ms".into(), json!(50));
    });
    let post = || {
        let request = town.world.http.post(town.url("api/v1/statuses")).bearer_auth(&token);
        read(request.header("Idempotency-Key", "k").json(&json!({ "status": "twin" })))
    };
    assert_ne!(id(&post().await.1), id(&post().await.1));
    town.world.clock.advance(Duration::from_millis(50));
    post().await;
    assert_eq!(town.visible(), 2, "a moment later the key is known");
}

#[tokio::test]
async fn takahe_ignores_the_key_and_the_schedule_and_refuses_in_its_own_way() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    town.world.running.turn(Network::Mastodon, |knobs| {
        knobs.own.insert("software".into(), json!("takahe"));
    });
    for _ in 0..2 {
        let request = town.world.http.post(town.url("api/v1/statuses")).bearer_auth(&token);
        let body = json!({ "status": "twice", "scheduled_at": "2099-01-01T00:00:00Z" });
        let answer = request.header("Idempotency-Key", "k").json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert!(!answer.headers().contains_key("x-ratelimit-limit"));
    }
    assert_eq!(town.visible(), 2);
    let (status, refused) = town.post(&token, json!({ "status": "a".repeat(501) })).await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("Status is too long")));
    let bad = town.world.http.get(town.url("api/v1/accounts/verify_credentials")).bearer_auth("no");
    let bad = bad.send().await.expect("an answer");
    assert_eq!((bad.status().as_u16(), bad.text().await.expect("text").as_str()), (400, "Invalid Bearer token"));
    let (_, instance) = town.get(&token, "api/v2/instance").await;
    assert!(instance.get("api_versions").is_none() && instance["version"] == "takahe/0.11.0");
    assert_eq!(town.get(&token, ".well-known/oauth-authorization-server").await.0, 404);
}

#[tokio::test]
async fn a_video_is_accepted_processed_and_only_then_posted() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    let (status, film) = town.upload(&token, "a.mp4", samples::mp4(12)).await;
    assert_eq!((status, &film["url"], film["type"].as_str()), (202, &Value::Null, Some("video")));
    let path = format!("api/v1/media/{}", id(&film));
    assert_eq!(town.get(&token, &path).await.0, 206);
    let body = json!({ "status": "film", "media_ids": [id(&film)] });
    let (status, refused) = town.post(&token, body.clone()).await;
    assert_eq!(status, 422);
    assert!(refused["error"].as_str().expect("text").contains("have not finished processing"), "{refused}");
    town.world.clock.advance(Duration::from_secs(3));
    let (status, ready) = town.get(&token, &path).await;
    assert_eq!(status, 200);
    assert!(ready["url"].is_string());
    let (_, picture) = town.upload(&token, "a.png", samples::png(9, 9)).await;
    let mixed = json!({ "status": "x", "media_ids": [id(&film), id(&picture)] });
    assert_eq!(town.post(&token, mixed).await.0, 422);
    assert_eq!(town.post(&token, body.clone()).await.0, 200);
    assert_eq!(town.post(&token, body).await.0, 422, "a file hangs under one post only");
}

#[tokio::test]
async fn files_are_judged_by_content_size_and_description() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    let (status, refused) = town.upload(&token, "a.png", b"<html>hello</html>".to_vec()).await;
    assert_eq!(status, 422);
    assert!(refused["error"].as_str().expect("text").contains("content type is invalid"), "{refused}");
    let (status, picture) = town.upload(&token, "film.mp4", samples::png(8, 8)).await;
    assert_eq!((status, picture["type"].as_str()), (200, Some("image")), "the name does not decide");
    assert_eq!(town.upload(&token, "big.png", samples::png(9000, 9000)).await.0, 422);
    let mut heavy = samples::png(8, 8);
    heavy.resize(16 * 1024 * 1024 + 1, 0);
    assert_eq!(town.upload(&token, "heavy.png", heavy).await.0, 422);
    let change = |body: Value| {
        let path = town.url(&format!("api/v1/media/{}", id(&picture)));
        read(town.world.http.put(path).bearer_auth(&token).json(&body))
    };
    assert_eq!(change(json!({ "description": "a".repeat(1501) })).await.0, 422);
    assert_eq!(change(json!({ "focus": "2.0,0" })).await.0, 422);
    assert_eq!(change(json!({ "description": "a bridge", "focus": "0.5,-0.5" })).await.1["description"], "a bridge");
    let other = town.sign_in("northwind").await;
    assert_eq!(town.get(&other, &format!("api/v1/media/{}", id(&picture))).await.0, 404, "not theirs");
    town.world.clock.advance(Duration::from_secs(86_400));
    assert_eq!(town.get(&token, &format!("api/v1/media/{}", id(&picture))).await.0, 404, "purged unattached");
}

#[tokio::test]
async fn a_thread_reads_back_in_order_by_lists_by_context_and_on_the_page() {
    let town = Town::start().await;
    let token = town.sign_in("harbour_bakery").await;
    let mut parent = Value::Null;
    let mut ids = Vec::new();
    for text in ["Buns #bread", "with https://example.com/buns", "<b>and</b> @lena"] {
        town.world.clock.advance(Duration::from_secs(1));
        let (status, posted) = town.post(&token, json!({ "status": text, "in_reply_to_id": parent })).await;
        assert_eq!(status, 200, "{posted}");
        parent = posted["id"].clone();
        ids.push(id(&posted).to_owned());
    }
    let (_, me) = town.get(&token, "api/v1/accounts/verify_credentials").await;
    let list = format!("api/v1/accounts/{}/statuses", id(&me));
    let listed = async |query: &str| -> Vec<String> {
        let (_, found) = town.get(&token, &format!("{list}?{query}")).await;
        found.as_array().expect("a list").iter().map(|status| id(status).to_owned()).collect()
    };
    let newest_first: Vec<_> = ids.iter().rev().cloned().collect();
    assert_eq!(listed("exclude_reblogs=true").await, newest_first);
    assert_eq!(listed("limit=1").await, [ids[2].clone()]);
    assert_eq!(listed(&format!("max_id={}", ids[2])).await, [ids[1].clone(), ids[0].clone()]);
    assert_eq!(listed(&format!("since_id={}&limit=1", ids[0])).await, [ids[2].clone()], "the newest above it");
    assert_eq!(listed(&format!("min_id={}&limit=1", ids[0])).await, [ids[1].clone()], "the next above it");
    let link = async |limit: usize| {
        let request = town.world.http.get(town.url(&format!("{list}?limit={limit}"))).bearer_auth(&token);
        request.send().await.expect("an answer").headers()["link"].to_str().expect("text").to_owned()
    };
    assert!(link(2).await.contains(&format!("max_id={}>; rel=\"next\"", ids[1])));
    assert!(!link(4).await.contains("next"), "a page that is not full is the last");
    let (_, context) = town.get(&token, &format!("api/v1/statuses/{}/context", ids[1])).await;
    assert_eq!((id(&context["ancestors"][0]), id(&context["descendants"][0])), (ids[0].as_str(), ids[2].as_str()));
    let page = town.world.page(&town.url("@harbour_bakery")).await;
    assert!(page.contains("class=\"replies\"") && page.contains("/tags/bread"), "{page}");
    assert!(page.contains("&lt;b&gt;and&lt;/b&gt;") && !page.contains("<b>and"), "{page}");
}

#[tokio::test]
async fn with_the_knob_lists_lag_behind_but_a_read_by_id_does_not() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    town.world.running.turn(Network::Mastodon, |knobs| knobs.listing_delay_ms = 5_000);
    let (_, posted) = town.post(&token, json!({ "status": "late" })).await;
    let list = format!("api/v1/accounts/{}/statuses", posted["account"]["id"].as_str().expect("an id"));
    assert_eq!(town.get(&token, &list).await.1, json!([]));
    assert_eq!(town.get(&token, &format!("api/v1/statuses/{}", id(&posted))).await.0, 200);
    town.world.clock.advance(Duration::from_secs(5));
    assert_eq!(town.get(&token, &list).await.1.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn editing_keeps_history_and_deleting_happens_once() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    let (_, picture) = town.upload(&token, "a.png", samples::png(8, 8)).await;
    let body = json!({ "status": "first", "media_ids": [id(&picture)], "spoiler_text": "bridge" });
    let (_, posted) = town.post(&token, body).await;
    assert_eq!(posted["sensitive"], true, "a content warning implies it");
    let url = town.url(&format!("api/v1/statuses/{}", id(&posted)));
    let edit = |body: Value| read(town.world.http.put(&url).bearer_auth(&token).json(&body));
    assert_eq!(edit(json!({ "status": "x", "visibility": "private" })).await.0, 422, "visibility does not change");
    let change = json!({
        "status": "second", "media_ids": [id(&picture)],
        "media_attributes": [{ "id": id(&picture), "description": "now described" }],
    });
    let (status, edited) = edit(change).await;
    assert_eq!(status, 200, "{edited}");
    assert_eq!(edited["media_attachments"][0]["description"], "now described");
    assert!(edited["edited_at"].is_string());
    let (_, without) = edit(json!({ "status": "third" })).await;
    assert_eq!(without["media_attachments"], json!([]), "what is left out is removed");
    let (_, history) = town.get(&token, &format!("api/v1/statuses/{}/history", id(&posted))).await;
    assert_eq!(history.as_array().map(Vec::len), Some(3));
    let (_, source) = town.get(&token, &format!("api/v1/statuses/{}/source", id(&posted))).await;
    assert_eq!(source["text"], "third");
    let other = town.sign_in("northwind").await;
    assert_eq!(read(town.world.http.delete(&url).bearer_auth(&other)).await.0, 404, "not theirs");
    let (status, deleted) = read(town.world.http.delete(&url).bearer_auth(&token)).await;
    assert_eq!((status, deleted["text"].as_str()), (200, Some("third")));
    assert_eq!(read(town.world.http.delete(&url).bearer_auth(&token)).await.0, 404);
    let actions: Vec<_> = town.world.running.ledger().entries(None).iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [Action::Created, Action::Edited, Action::Edited, Action::Deleted]);
}

#[tokio::test]
async fn quotes_follow_the_authors_policy_and_stand_alone() {
    let town = Town::start().await;
    let (lena, other) = (town.sign_in("lena").await, town.sign_in("northwind").await);
    let (_, open) = town.post(&lena, json!({ "status": "open" })).await;
    let (_, closed) = town.post(&lena, json!({ "status": "closed", "quote_approval_policy": "nobody" })).await;
    let (_, private) = town.post(&lena, json!({ "status": "private", "visibility": "private" })).await;
    let quote = |of: &Value| json!({ "status": "look", "quoted_status_id": id(of) });
    let (status, quoted) = town.post(&other, quote(&open)).await;
    assert_eq!((status, &quoted["quote"]["quoted_status"]["id"]), (200, &open["id"]));
    assert_eq!(town.post(&other, quote(&closed)).await.0, 422);
    assert_eq!(town.post(&other, quote(&private)).await.0, 404);
    assert_eq!(town.post(&lena, quote(&closed)).await.0, 200, "one's own always");
    let mut with_poll = quote(&open);
    with_poll["poll"] = json!({ "options": ["a", "b"], "expires_in": 300 });
    assert_eq!(town.post(&other, with_poll).await.0, 422);
    let (_, seen) = town.get(&other, &format!("api/v1/statuses/{}", id(&closed))).await;
    assert_eq!(seen["quote_approval"]["current_user"], "denied");
}

#[tokio::test]
async fn rate_limits_show_the_nearest_and_reset_at_an_iso_instant() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    town.world.running.turn(Network::Mastodon, |knobs| {
        knobs.rate_limits.insert("statuses".into(), 2);
    });
    let post = || {
        let request = town.world.http.post(town.url("api/v1/statuses")).bearer_auth(&token);
        request.json(&json!({ "status": "x" })).send()
    };
    let answer = post().await.expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!((header("x-ratelimit-limit").as_str(), header("x-ratelimit-remaining").as_str()), ("2", "1"));
    assert_eq!(header("x-ratelimit-reset"), "2030-01-01T12:00:00.000000Z", "statuses are counted over three hours");
    post().await.expect("an answer");
    let refused = post().await.expect("an answer");
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.text().await.expect("text"), r#"{"error":"Too many requests"}"#);
    town.world.clock.advance(Duration::from_secs(3 * 3600));
    assert_eq!(post().await.expect("an answer").status(), 200);
    assert_eq!(town.visible(), 3);
}

#[tokio::test]
async fn a_token_needs_the_scope_and_a_private_status_its_author() {
    let town = Town::start().await;
    let lena = town.sign_in("lena").await;
    let mut narrow = town.authorize();
    narrow[3].1 = "read:statuses".into();
    narrow.extend([("account", "northwind".to_owned()), ("decision", "allow".to_owned())]);
    let answer = town.world.http.post(town.url("oauth/authorize")).form(&narrow).send().await.expect("an answer");
    let (_, token) = town.exchange(&sent_to(&answer)["code"], VERIFIER).await;
    let narrow = token["access_token"].as_str().expect("a token");
    let (status, refused) = town.post(narrow, json!({ "status": "x" })).await;
    assert_eq!((status, refused["error"].as_str()), (403, Some("This action is outside the authorized scopes")));
    let nobody = read(town.world.http.post(town.url("api/v1/statuses")).json(&json!({ "status": "x" }))).await;
    assert_eq!((nobody.0, nobody.1["error"].as_str()), (401, Some("This API requires an authenticated user")));
    for (visibility, seen) in [("public", 200), ("unlisted", 200), ("private", 404), ("direct", 404)] {
        let (_, posted) = town.post(&lena, json!({ "status": "x", "visibility": visibility })).await;
        assert_eq!(town.get(narrow, &format!("api/v1/statuses/{}", id(&posted))).await.0, seen, "{visibility}");
    }
    let (_, named) = town.post(&lena, json!({ "status": "@northwind hi", "visibility": "direct" })).await;
    assert_eq!(town.get(narrow, &format!("api/v1/statuses/{}", id(&named))).await.0, 200, "mentioned");
}

#[tokio::test]
async fn a_status_lost_after_it_was_applied_is_found_again_by_its_key() {
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    town.world.running.turn(Network::Mastodon, |knobs| {
        knobs.faults = vec![Rule::once("publish", Fault::Reset { when: When::After })];
    });
    let post = || {
        let request = town.world.http.post(town.url("api/v1/statuses")).bearer_auth(&token);
        request.header("Idempotency-Key", "k").json(&json!({ "status": "lost?" })).send()
    };
    assert!(post().await.is_err(), "no answer at all");
    assert_eq!(town.visible(), 1, "but it is there");
    assert_eq!(post().await.expect("an answer").status(), 200);
    assert_eq!(town.visible(), 1);
}

#[tokio::test]
async fn answers_fit_the_official_description() {
    let Some(spec) = test_kit::spec("mastodon/mastodon-openapi.json") else { return };
    let town = Town::start().await;
    let token = town.sign_in("lena").await;
    let (_, picture) = town.upload(&token, "a.png", samples::png(8, 8)).await;
    let (_, film) = town.upload(&token, "a.mp4", samples::mp4(8)).await;
    town.get(&token, &format!("api/v1/media/{}", id(&film))).await;
    let body =
        json!({ "status": "Hi @northwind #bread https://example.com", "media_ids": [id(&picture)], "language": "en" });
    let (_, posted) = town.post(&token, body).await;
    let poll = json!({ "status": "a poll", "poll": { "options": ["a", "b"], "expires_in": 300, "hide_totals": true } });
    town.post(&token, poll).await;
    town.post(&token, json!({ "status": "quote", "quoted_status_id": id(&posted) })).await;
    town.post(&token, json!({ "status": "reply", "in_reply_to_id": id(&posted), "spoiler_text": "cw" })).await;
    town.post(&token, json!({})).await;
    town.post("wrong", json!({ "status": "x" })).await;
    let account = posted["account"]["id"].as_str().expect("an id").to_owned();
    let status = format!("api/v1/statuses/{}", id(&posted));
    let edit = json!({ "status": "edited", "media_ids": [id(&picture)] });
    read(town.world.http.put(town.url(&status)).bearer_auth(&token).json(&edit)).await;
    for path in [
        "api/v2/instance",
        "api/v1/instance",
        ".well-known/oauth-authorization-server",
        "api/v1/apps/verify_credentials",
        "api/v1/accounts/verify_credentials",
        "oauth/userinfo",
        "api/v1/statuses/1",
        &format!("api/v1/accounts/{account}"),
        &format!("api/v1/accounts/{account}/statuses"),
        &status,
        &format!("{status}/context"),
        &format!("{status}/source"),
        &format!("{status}/history"),
        &format!("api/v1/statuses?id[]={}", id(&posted)),
    ] {
        town.get(&token, path).await;
    }
    read(town.world.http.delete(town.url(&status)).bearer_auth(&token)).await;
    let (answers, bodies, faults) = test_kit::judge(&spec, &test_kit::exchanges(&town.world, Network::Mastodon));
    said(&format!("Mastodon: {answers} answers and {bodies} request bodies compared with the official description"));
    assert!(answers >= 25 && bodies >= 6, "{answers} answers, {bodies} bodies");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
