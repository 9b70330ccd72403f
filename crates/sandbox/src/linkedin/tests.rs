//! LinkedIn from outside, over real HTTP.

mod client;

use std::time::Duration;

use serde_json::{Value, json};

use super::{PARTNER, PARTNER_SCOPES, Product, SELF_SERVE};
use crate::{
    Action, Entry, Network,
    sniff::samples,
    test_kit::{World, read, sent_to},
};

const BACK: &str = "http://127.0.0.1:9/back";
const LENA: &str = "urn:li:person:8pLenaVos3";
const BAKERY: &str = "urn:li:organization:40001";
const OPEN: &str = "openid profile w_member_social";

/// A sandbox and its LinkedIn.
struct Place {
    world: World,
}

impl Place {
    async fn start() -> Self {
        Self { world: World::start().await }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.running.origin(Network::Linkedin))
    }

    async fn decide(&self, app: Product, scope: &str, account: &str, decision: &str) -> reqwest::Response {
        let form = [
            ("response_type", "code"),
            ("client_id", app.id),
            ("redirect_uri", BACK),
            ("state", "s"),
            ("scope", scope),
            ("account", account),
            ("decision", decision),
        ];
        self.world.http.post(self.url("oauth/v2/authorization")).form(&form).send().await.expect("an answer")
    }

    async fn tokens(&self, app: Product, form: &[(&str, &str)]) -> (u16, Value) {
        let form = [form, &[("client_id", app.id), ("client_secret", app.secret)]].concat();
        read(self.world.http.post(self.url("oauth/v2/accessToken")).form(&form)).await
    }

    async fn given(&self, app: Product, scope: &str, account: &str) -> Value {
        let code = sent_to(&self.decide(app, scope, account, "allow").await)["code"].clone();
        let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", BACK)];
        let (status, given) = self.tokens(app, &form).await;
        assert_eq!(status, 200, "{given}");
        given
    }

    async fn sign_in(&self, account: &str) -> String {
        text(&self.given(PARTNER, PARTNER_SCOPES, account).await["access_token"])
    }

    fn ask(&self, token: &str, method: http::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.world.http.request(method, self.url(path)).bearer_auth(token);
        request.header("LinkedIn-Version", "202607").header("X-Restli-Protocol-Version", "2.0.0")
    }

    async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        read(self.ask(token, http::Method::GET, path)).await
    }

    /// The status, the new id and the body.
    async fn post(&self, token: &str, path: &str, body: &Value) -> (u16, String, Value) {
        let answer = self.ask(token, http::Method::POST, path).json(body).send().await.expect("an answer");
        let id = answer.headers().get("x-restli-id").map(|id| id.to_str().expect("text").to_owned());
        let (status, body) = (answer.status().as_u16(), answer.text().await.expect("a body"));
        (status, id.unwrap_or_default(), serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    async fn publish(&self, token: &str, body: &Value) -> String {
        let (status, id, answer) = self.post(token, "rest/posts", body).await;
        assert_eq!(status, 201, "{body} {answer}");
        id
    }

    /// The status, and the name of what is wrong.
    async fn refused(&self, token: &str, body: &Value) -> (u16, String) {
        let (status, _, answer) = self.post(token, "rest/posts", body).await;
        let name = answer.pointer("/errorDetails/inputErrors/0/code").unwrap_or(&answer["code"]);
        (status, name.as_str().unwrap_or_default().to_owned())
    }

    async fn image(&self, token: &str, owner: &str) -> String {
        let begin = json!({ "initializeUploadRequest": { "owner": owner } });
        let (status, _, begun) = self.post(token, "rest/images?action=initializeUpload", &begin).await;
        assert_eq!(status, 200, "{begun}");
        let put =
            self.world.http.put(text(&begun["value"]["uploadUrl"])).bearer_auth(token).body(samples::png(640, 480));
        assert_eq!(put.send().await.expect("an answer").status(), 201);
        text(&begun["value"]["image"])
    }

    fn own(&self, name: &str, value: Value) {
        self.world.running.turn(Network::Linkedin, |knobs| drop(knobs.own.insert(name.into(), value)));
    }

    fn ledger(&self) -> Vec<Entry> {
        self.world.running.ledger().entries(Some(Network::Linkedin))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn encoded(urn: &str) -> String {
    url::form_urlencoded::byte_serialize(urn.as_bytes()).collect()
}

fn post(author: &str, commentary: &str) -> Value {
    json!({
        "author": author, "commentary": commentary, "visibility": "PUBLIC", "lifecycleState": "PUBLISHED",
        "distribution": { "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [] },
    })
}

fn with(author: &str, content: Value) -> Value {
    let mut body = post(author, "Look");
    body["content"] = content;
    body
}

#[tokio::test]
async fn everyone_s_app_gets_sixty_days_and_a_partner_s_a_refresh_token_whose_end_stays() {
    let place = Place::start().await;
    let no = sent_to(&place.decide(SELF_SERVE, OPEN, "lena", "deny").await);
    assert_eq!(no["error"], "user_cancelled_authorize");
    let wide = sent_to(&place.decide(SELF_SERVE, "openid w_organization_social", "lena", "allow").await);
    assert_eq!(wide["error"], "unauthorized_scope_error");
    let given = place.given(SELF_SERVE, OPEN, "lena").await;
    assert_eq!((&given["expires_in"], &given["refresh_token"]), (&json!(5_184_000), &Value::Null));
    assert_eq!(given["scope"], "openid,profile,w_member_social");
    let token = text(&given["access_token"]);
    let (_, me) = place.get(&token, "v2/userinfo").await;
    assert_eq!((&me["sub"], &me["name"]), (&json!("8pLenaVos3"), &json!("Lena Vos")));
    assert_eq!(place.get(&token, "v2/me").await.0, 403, "only a partner's app may ask for that");

    let first = place.given(PARTNER, PARTNER_SCOPES, "lena").await;
    assert_eq!(first["refresh_token_expires_in"], 31_536_000);
    place.world.clock.advance(Duration::from_secs(1_000));
    let refresh = text(&first["refresh_token"]);
    let (_, next) = place.tokens(PARTNER, &[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await;
    assert_eq!((&next["refresh_token"], &next["refresh_token_expires_in"]), (&json!(refresh), &json!(31_535_000)));
    // Consent to fewer scopes ends what was given before; the other app's is another matter.
    let fewer = text(&place.given(PARTNER, OPEN, "lena").await["access_token"]);
    assert_eq!(place.get(&text(&next["access_token"]), "v2/userinfo").await.1["serviceErrorCode"], 65_600);
    assert_eq!(place.get(&token, "v2/userinfo").await.0, 200);
    let inspect = async |token: &str| {
        let form = [("client_id", PARTNER.id), ("client_secret", PARTNER.secret), ("token", token)];
        read(place.world.http.post(place.url("oauth/v2/introspectToken")).form(&form)).await.1
    };
    assert_eq!(inspect(&fewer).await["scope"], "openid,profile,w_member_social");
    place.world.clock.advance(Duration::from_secs(5_184_000));
    assert_eq!(inspect(&fewer).await["status"], "expired");
    assert_eq!(place.get(&fewer, "v2/userinfo").await.1["code"], "EXPIRED_ACCESS_TOKEN");
}

#[tokio::test]
async fn a_call_needs_a_version_that_is_served_and_the_protocol_s_syntax() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let bare = |path: &str| place.world.http.get(place.url(path)).bearer_auth(&token);
    let acls = "rest/organizationAcls?q=roleAssignee";
    let (status, answer) = read(bare(acls)).await;
    assert_eq!((status, &answer["code"]), (400, &json!("VERSION_MISSING")));
    let (status, answer) = read(bare(acls).header("LinkedIn-Version", "202504")).await;
    assert_eq!((status, &answer["message"]), (426, &json!("Requested version 20250401 is not active")));
    assert_eq!(
        place.get(&token, &format!("rest/posts/{LENA}")).await.1["message"],
        "Syntax exception in path variables"
    );
    let ids = "rest/organizations?ids=List(40001)";
    assert_eq!(read(bare(ids).header("LinkedIn-Version", "202607")).await.0, 400, "the first protocol has no List()");
    assert_eq!(place.get(&token, ids).await.1["results"]["40001"]["localizedName"], "Harbour Bakery");
    assert_eq!(place.get(&token, &format!("{acls}&metric=1")).await.1["code"], "QUERY_PARAM_NOT_ALLOWED");
    let (_, roles) = place.get(&token, acls).await;
    let held: Vec<&Value> = roles["elements"].as_array().expect("a list").iter().map(|one| &one["role"]).collect();
    assert_eq!(held, ["ADMINISTRATOR", "ANALYST"]);
    place.own("fresh_token_refused", json!(1));
    let fresh = place.sign_in("mira").await;
    assert_eq!(place.get(&fresh, "v2/userinfo").await.1["code"], "REVOKED_ACCESS_TOKEN");
    assert_eq!(place.get(&fresh, "v2/userinfo").await.0, 200);
    place.world.running.turn(Network::Linkedin, |knobs| _ = knobs.rate_limits.insert("MEMBER DAY".into(), 1));
    let (status, answer) = place.get(&fresh, acls).await;
    assert_eq!((status, &answer["serviceErrorCode"]), (429, &json!(101)));
}

#[tokio::test]
async fn every_kind_of_post_goes_out_is_read_and_is_seen() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let (one, two) = (place.image(&token, BAKERY).await, place.image(&token, BAKERY).await);
    place.world.clock.advance(Duration::from_secs(5));
    let first =
        place.publish(&token, &post(BAKERY, r"Bread \(warm\) #news @[Lena Vos](urn:li:person:8pLenaVos3) \<b\>")).await;
    let options = json!([{ "text": "Tea" }, { "text": "Coffee" }]);
    let poll =
        json!({ "poll": { "question": "Which?", "options": options, "settings": { "duration": "SEVEN_DAYS" } } });
    for content in [
        json!({ "media": { "id": one, "altText": "A loaf" } }),
        json!({ "multiImage": { "images": [{ "id": one, "altText": "A loaf" }, { "id": two }] } }),
        json!({ "article": { "source": "https://example.com/", "title": "A page", "description": "Of it", "thumbnail": two } }),
        poll.clone(),
    ] {
        place.publish(&token, &with(BAKERY, content)).await;
    }
    let mut share = post(BAKERY, "");
    share["reshareContext"] = json!({ "parent": first });
    let share = place.publish(&token, &share).await;
    let (_, read) = place.get(&token, &format!("rest/posts/{}", encoded(&first))).await;
    assert_eq!(read["commentary"], r"Bread \(warm\) {hashtag|\#|news} @[Lena Vos](urn:li:person:8pLenaVos3) \<b\>");
    let finder = format!("rest/posts?q=author&author={}&count=2&sortBy=CREATED", encoded(BAKERY));
    let (_, list) = place.get(&token, &finder).await;
    assert_eq!((&list["elements"][0]["id"], &list["paging"]["total"]), (&json!(share), &json!(6)));
    let page = place.world.page(&place.url("company/harbour-bakery")).await;
    for seen in ["Bread (warm) ", "#news", "Lena Vos", "&lt;b&gt;", "alt=\"A loaf\"", "A page", "Which?", "Coffee"] {
        assert!(page.contains(seen), "{seen}: {page}");
    }
    let single = place.world.page(&place.url(&format!("feed/update/{first}"))).await;
    assert!(single.contains("Bread (warm) "), "{single}");
    // A character of the notation that isn't escaped ends the text.
    let cut = place.publish(&token, &post(BAKERY, "Half (of it)")).await;
    let (_, read) = place.get(&token, &format!("rest/posts/{}", encoded(&cut))).await;
    assert_eq!(read["commentary"], "Half ");

    let joost = place.image(&token, LENA).await;
    place.world.clock.advance(Duration::from_secs(5));
    let mut hidden = post(BAKERY, "x");
    hidden["visibility"] = json!("CONNECTIONS");
    let long = "a".repeat(3_001);
    let mut wrong_poll = poll;
    wrong_poll["poll"]["settings"]["duration"] = json!("ONE_WEEK");
    for (body, status, name) in [
        (post(BAKERY, &long), 400, "FIELD_ARRAY_SIZE_TOO_HIGH"),
        (post(BAKERY, ""), 400, "MISSING_FIELD"),
        (hidden, 400, "INVALID_VALUE_FOR_FIELD"),
        (with(BAKERY, json!({ "media": { "id": joost } })), 400, "INVALID_URN_ID"),
        (with(BAKERY, wrong_poll), 400, "INVALID_VALUE_FOR_FIELD"),
        (post("urn:li:organization:40002", "not mine"), 403, "ACCESS_DENIED"),
        (post("urn:li:person:2sJoostBr5", "not me"), 403, "ACCESS_DENIED"),
        (json!({ "author": BAKERY }), 400, "MISSING_FIELD"),
        (post(BAKERY, "Half (of it)"), 422, "DUPLICATE_POST"),
    ] {
        assert_eq!(place.refused(&token, &body).await, (status, name.to_owned()), "{body}");
    }
    place.world.clock.advance(Duration::from_secs(600));
    place.publish(&token, &post(BAKERY, "Half (of it)")).await;
    let shares = format!(
        "rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={}&shares=List({},{})",
        encoded(BAKERY),
        encoded(&first),
        encoded(&share)
    );
    place.world.clock.advance(Duration::from_secs(86_400));
    let (_, numbers) = place.get(&token, &shares).await;
    assert_eq!(numbers["elements"].as_array().map(Vec::len), Some(2), "{numbers}");
}

#[tokio::test]
async fn a_film_comes_in_parts_and_is_usable_when_it_is_done() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let mut film = samples::mp4(10);
    film.resize(5_000_000, 0);
    for plain in [false, true] {
        place.own("plain_etags", json!(plain));
        let begin = json!({ "initializeUploadRequest": {
            "owner": LENA, "fileSizeBytes": film.len(), "uploadCaptions": false, "uploadThumbnail": false,
        } });
        let (_, _, begun) = place.post(&token, "rest/videos?action=initializeUpload", &begin).await;
        let (video, parts) = (text(&begun["value"]["video"]), begun["value"]["uploadInstructions"].clone());
        let finish = |tags: &[String]| json!({ "finalizeUploadRequest": { "video": video, "uploadToken": "", "uploadedPartIds": tags } });
        let finalize = "rest/videos?action=finalizeUpload";
        assert_eq!(place.post(&token, finalize, &finish(&[])).await.2["code"], "UPDATING_ASSET_FAILED");
        let mut tags = Vec::new();
        for part in parts.as_array().expect("parts") {
            let byte = |name: &str| usize::try_from(part[name].as_u64().expect("a number")).expect("fits");
            let piece = film[byte("firstByte")..=byte("lastByte")].to_vec();
            let answer = place.world.http.put(text(&part["uploadUrl"])).body(piece).send().await.expect("an answer");
            tags.push(answer.headers()["etag"].to_str().expect("text").trim_matches('"').to_owned());
        }
        assert_eq!(tags.len(), 2);
        let status = async || text(&place.get(&token, &format!("rest/videos/{}", encoded(&video))).await.1["status"]);
        assert_eq!(status().await, "WAITING_UPLOAD");
        assert_eq!(place.post(&token, finalize, &finish(&tags)).await.0, 200);
        assert_eq!(status().await, "PROCESSING");
        let body = with(LENA, json!({ "media": { "id": video, "title": "Waves" } }));
        assert_eq!(place.refused(&token, &body).await.1, "MEDIA_ASSET_WAITING_UPLOAD");
        place.world.clock.advance(Duration::from_secs(601));
        assert_eq!(status().await, "AVAILABLE");
        assert!(place.publish(&token, &body).await.starts_with("urn:li:ugcPost:"));
    }
    let image = place.image(&token, LENA).await;
    let (status, answer) = place.get(&token, &format!("rest/images/{}", encoded(&image))).await;
    assert_eq!((status, &answer["message"]), (403, &json!("Accessing this image resource is forbidden")));
    let page = place.image(&token, BAKERY).await;
    assert_eq!(place.get(&token, &format!("rest/images/{}", encoded(&page))).await.1["status"], "PROCESSING");
}

#[tokio::test]
async fn comments_are_plain_text_and_only_a_partner_s_app_may_write_and_change_them() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let first = place.publish(&token, &post(BAKERY, "Bread")).await;
    let path = format!("rest/socialActions/{}/comments", encoded(&first));
    let comment = |text: &str| json!({ "actor": BAKERY, "message": { "text": text } });
    let (status, id, body) = place.post(&token, &path, &comment(r"With \(care\)")).await;
    assert_eq!((status, &body["message"]["text"]), (201, &json!(r"With \(care\)")), "{body}");
    assert!(text(&body["$URN"]).starts_with("urn:li:comment:(urn:li:activity:"));
    assert_eq!(place.post(&token, &path, &comment(&"a".repeat(1_251))).await.0, 400);
    let one = format!("{path}/{id}?actor={}", encoded(BAKERY));
    let change = json!({ "patch": { "message": { "$set": { "text": "With care" } } } });
    assert_eq!(place.post(&token, &one, &change).await.0, 400, "the method must be named");
    let asked = place.ask(&token, http::Method::POST, &one).header("X-RestLi-Method", "PARTIAL_UPDATE").json(&change);
    assert_eq!(asked.send().await.expect("an answer").status(), 204);
    let (_, list) = place.get(&token, &path).await;
    assert_eq!(list["elements"][0]["message"]["text"], "With care");
    let (_, counts) = place.get(&token, &format!("rest/socialMetadata/{}", encoded(&first))).await;
    assert_eq!(counts["commentSummary"]["count"], 1);
    assert_eq!(read(place.ask(&token, http::Method::DELETE, &one)).await.0, 204);
    place.own("comment_lag_ms", json!(2_000));
    let late = place.publish(&token, &post(BAKERY, "Buns")).await;
    let lagging = format!("rest/socialActions/{}/comments", encoded(&late));
    let (status, _, answer) = place.post(&token, &lagging, &comment("x")).await;
    assert!(status == 404 && text(&answer["message"]).starts_with("Unable to obtain activity"), "{answer}");

    // Everyone's app posts and deletes as its member, and neither reads, comments nor changes.
    let open = text(&place.given(SELF_SERVE, OPEN, "lena").await["access_token"]);
    let own = place.publish(&open, &post(LENA, "Mine")).await;
    let at = format!("rest/posts/{}", encoded(&own));
    let (status, answer) = place.get(&open, &at).await;
    let said = "Not enough permissions to access: partnerApiPostsExternal.GET.20260701";
    assert_eq!((status, &answer["message"]), (403, &json!(said)));
    let comment = json!({ "actor": LENA, "message": { "text": "x" } });
    let on_own = format!("rest/socialActions/{}/comments", encoded(&own));
    assert_eq!(place.post(&open, &on_own, &comment).await.0, 403);
    let change = json!({ "patch": { "$set": { "commentary": "Other" } } });
    let asked = place.ask(&open, http::Method::POST, &at).header("X-RestLi-Method", "PARTIAL_UPDATE").json(&change);
    assert_eq!(asked.send().await.expect("an answer").status(), 403);
    let delete = async || read(place.ask(&open, http::Method::DELETE, &at)).await.0;
    assert_eq!((delete().await, delete().await), (204, 404));
    place.own("deletes_again", json!(true));
    assert_eq!(delete().await, 204);
    let actions: Vec<Action> = place.ledger().iter().map(|entry| entry.action).collect();
    use Action::{Created, Deleted, Edited};
    assert_eq!(actions, [Created, Created, Edited, Deleted, Created, Created, Deleted]);
}
