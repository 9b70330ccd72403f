//! Lists, comments, insights, webhooks, and what people see.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::Query, routing::get};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::*;
use crate::meta::hooks;

#[tokio::test]
async fn lists_are_paged_and_cut_by_time_and_tell_visitors_apart() {
    let place = Place::start().await;
    let (page, token) = place.bakery().await;
    let mut posted = Vec::new();
    for said in ["one", "two", "three"] {
        posted.insert(0, place.say(&token, said).await);
        place.wait(60);
    }
    place.visit("harbour_bakery", "Are you open?").await;
    let mut all = Vec::new();
    let mut next = Some(place.url(&format!("v26.0/{page}/published_posts?limit=2&access_token={token}")));
    while let Some(address) = next {
        let (_, part) = read(place.world.http.get(address)).await;
        all.extend(ids(&part));
        next = part["paging"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(all, posted);
    assert_eq!(ids(&place.get(&token, "me/feed").await.1).len(), 4);
    let since = place.ledger()[1].at.as_seconds();
    let (_, late) = place.get(&token, &format!("me/published_posts?since={since}&until={since}")).await;
    assert_eq!(ids(&late), [posted[1].clone()]);
    let (_, visitors) = place.get(&token, "me/visitor_posts?fields=message,from,application").await;
    assert_eq!(
        (&visitors["data"][0]["message"], &visitors["data"][0]["from"]["name"]),
        (&json!("Are you open?"), &json!("Ann Visser"))
    );
    assert!(visitors["data"][0].get("application").is_none());
    let (_, without) = place.page_for("mira", "harbour_bakery", &ALL.replace("pages_read_user_content,", "")).await;
    assert_eq!(place.get(&without, "me/visitor_posts").await.0, 403);
    let (_, feed) = place.get(&without, "me/feed?fields=from&limit=1").await;
    assert!(feed["data"][0].get("from").is_none(), "{feed}");
    for (path, code) in
        [("me/feed?fields=id,post_id", 100), ("me/feed?fields=id,a{", 2_500), ("me/nothing", 2_500), ("?ids=1,2", 100)]
    {
        assert_eq!(refusal(&place.get(&token, path).await.1).0, code, "{path}");
    }
    place.world.running.turn(Network::Facebook, |knobs| knobs.listing_delay_ms = 600_000);
    assert!(ids(&place.get(&token, "me/published_posts").await.1).is_empty());
    assert_eq!(place.get(&token, &posted[0]).await.0, 200, "by its id it is there");
}

#[tokio::test]
async fn comments_are_written_answered_hidden_liked_and_deleted() {
    let place = Place::start().await;
    let (page, token) = place.bakery().await;
    let post = place.say(&token, "Buns").await;
    let comments = format!("{post}/comments");
    let made = place.made(&token, &format!("{comments}?fields=id,permalink_url"), &[("message", "First")]).await;
    let first = text(&made["id"]);
    assert!(first.starts_with(post.rsplit('_').next().expect("two parts")) && made["permalink_url"].is_string());
    place.wait(60);
    place.visit(&post, "With sugar?").await;
    let (_, all) = place
        .get(&token, &format!("{comments}?order=reverse_chronological&fields=id,message,from,can_hide&summary=true"))
        .await;
    assert_eq!((&all["summary"]["total_count"], &all["data"][0]["from"]["name"]), (&json!(2), &json!("Ann Visser")));
    let asked = text(&all["data"][0]["id"]);
    let answer = text(&place.made(&token, &format!("{asked}/comments"), &[("message", "Always")]).await["id"]);
    let deeper = text(&place.made(&token, &format!("{answer}/comments"), &[("message", "And more")]).await["id"]);
    let read = place.shown(&token, &deeper, "parent{id},from").await;
    assert_eq!((&read["parent"]["id"], &read["from"]["id"]), (&json!(asked), &json!(page)), "one level of answers");
    assert_eq!(ids(&place.get(&token, &format!("{comments}?filter=stream")).await.1).len(), 4);
    assert_eq!(ids(&place.get(&token, &comments).await.1).len(), 2);
    for (form, wanted) in [([("is_hidden", "true")], true), ([("is_hidden", "false")], false)] {
        place.made(&token, &asked, &form).await;
        assert_eq!(place.shown(&token, &asked, "is_hidden").await["is_hidden"], wanted);
    }
    place.refused(&token, &first, &[("is_hidden", "true")]).await;
    place.refused(&token, &asked, &[("message", "not mine")]).await;
    place.made(&token, &first, &[("message", "First, edited")]).await;
    place.made(&token, &format!("{asked}/likes"), &[]).await;
    place.made(&token, &format!("{post}/likes"), &[]).await;
    let counts = "comments.summary(true).limit(0),reactions.summary(true).limit(0)";
    let read = place.shown(&token, &post, counts).await;
    assert_eq!(
        read["comments"],
        json!({ "data": [], "summary": { "order": "ranked", "total_count": 2, "can_comment": true } })
    );
    assert_eq!(read["reactions"]["summary"]["viewer_reaction"], "LIKE");
    assert_eq!(place.delete(&token, &format!("{asked}/likes")).await.0, 200);
    assert_eq!(place.shown(&token, &asked, "user_likes").await["user_likes"], false);
    let seen = place.world.page(&place.url("pages/harbour_bakery")).await;
    assert!(["First, edited", "With sugar?", "Always", "Ann Visser"].iter().all(|said| seen.contains(said)), "{seen}");
    assert_eq!(place.delete(&token, &asked).await.0, 200);
    assert_eq!(ids(&place.get(&token, &format!("{comments}?filter=stream")).await.1), [first], "with what stood below");
    let (_, without) = place.page_for("mira", "harbour_bakery", &ALL.replace("pages_manage_engagement,", "")).await;
    assert_eq!(place.refused(&without, &comments, &[("message", "x")]).await.0, 200);
    let (_, other) = place.page_for("lena", "lena_vos", ALL).await;
    assert_eq!(place.refused(&other, &comments, &[("message", "x")]).await.1, 33, "another page");
}

#[tokio::test]
async fn insights_have_the_names_that_are_left_and_one_wrong_name_fails_the_call() {
    let place = Place::start().await;
    let (page, token) = place.bakery().await;
    let post = place.say(&token, "Buns").await;
    place.wait(3 * 86_400);
    let (_, told) =
        place.get(&token, &format!("{post}/insights?metric=post_media_view,post_reactions_by_type_total")).await;
    assert!(told["data"][0]["values"][0]["value"].is_u64() && told["data"][0]["period"] == "lifetime", "{told}");
    assert!(told["data"][1]["values"][0]["value"]["like"].is_u64());
    let (_, told) = place.get(&token, &format!("{page}/insights?metric=page_follows&period=day")).await;
    let values = told["data"][0]["values"].as_array().expect("values");
    assert!(values.len() == 2 && values[0]["value"] == 412, "{told}");
    assert!(values[0]["end_time"].as_str().is_some_and(|end| end.ends_with("T08:00:00+0000")));
    for (path, code, subcode) in [
        ("me/insights?metric=page_follows,page_impressions", 100, 0),
        ("me/insights", 3_001, 1_504_028),
        ("me/insights?metric=page_follows&since=2029-01-01", 100, 0),
    ] {
        let refused = refusal(&place.get(&token, path).await.1);
        assert_eq!((refused.0, refused.1), (code, subcode), "{path}");
    }
    let (_, without) = place.page_for("mira", "harbour_bakery", &ALL.replace(",read_insights", "")).await;
    assert_eq!(place.get(&without, "me/insights?metric=page_follows").await.0, 403);
}

/// What came to an app: its header and body.
type Heard = Arc<Mutex<Vec<(String, Bytes)>>>;

async fn listen(heard: Heard) -> String {
    let hear = async move |headers: HeaderMap, body: Bytes| {
        let signed = headers["x-hub-signature-256"].to_str().expect("text").to_owned();
        heard.lock().expect("free").push((signed, body));
    };
    let verify = async |Query(query): Query<std::collections::HashMap<String, String>>| {
        let is_ours = query["hub.mode"] == "subscribe" && query["hub.verify_token"] == "ours";
        if is_ours { Ok(query["hub.challenge"].clone()) } else { Err(StatusCode::FORBIDDEN) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/hook", listener.local_addr().expect("bound"));
    let router = Router::new().route("/hook", get(verify).post(hear));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    address
}

#[tokio::test]
async fn the_app_hears_of_posts_and_comments_on_pages_it_subscribed_to_in_signed_escaped_bytes() {
    let place = Place::start().await;
    let heard = Heard::default();
    let address = listen(heard.clone()).await;
    let (page, token) = place.bakery().await;
    let app = (PRODUCT.app_token(), format!("{}/subscriptions", PRODUCT.id));
    let subscribe = |verify| {
        [("object", "page"), ("fields", "feed,mention"), ("callback_url", &*address), ("verify_token", verify)]
    };
    assert_eq!(place.refused(&app.0, &app.1, &subscribe("theirs")).await.0, 2_200);
    place.made(&app.0, &app.1, &subscribe("ours")).await;
    place.say(&token, "Not heard").await;
    assert_eq!(place.refused(&token, "me/subscribed_apps", &[("subscribed_fields", "feed,leadgen")]).await.0, 100);
    place.made(&token, "me/subscribed_apps", &[("subscribed_fields", "feed")]).await;
    assert_eq!(place.get(&token, "me/subscribed_apps").await.1["data"][0]["subscribed_fields"], json!(["feed"]));
    let wait = async |count: usize| {
        while heard.lock().expect("free").len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        heard.lock().expect("free")[count - 1].clone()
    };
    let post = place.say(&token, "Brød / 100 %").await;
    let (signed, body) = wait(1).await;
    let wire = std::str::from_utf8(&body).expect("text");
    assert!(wire.contains("Br\\u00f8d \\/ 100 \\u0025"), "{wire}");
    assert_eq!(signed, hooks::signature(PRODUCT, wire));
    let event: Value = serde_json::from_str(wire).expect("JSON");
    let value = &event["entry"][0]["changes"][0]["value"];
    assert_eq!(
        (&event["object"], &value["item"], &value["verb"], &value["post_id"]),
        (&json!("page"), &json!("status"), &json!("add"), &json!(post))
    );
    assert_eq!(value["from"]["id"], page);
    place.visit(&post, "Lovely").await;
    let event: Value = serde_json::from_slice(&wait(2).await.1).expect("JSON");
    let value = &event["entry"][0]["changes"][0]["value"];
    assert_eq!(
        (&value["item"], &value["parent_id"], &value["from"]["name"]),
        (&json!("comment"), &json!(post), &json!("Ann Visser"))
    );
}

#[tokio::test]
async fn a_browser_gets_a_page_where_an_app_gets_json() {
    let place = Place::start().await;
    let (page, token) = place.bakery().await;
    let post = place.say(&token, "Hello").await;
    let photo =
        text(&place.made(&token, "me/photos", &[("url", &place.file("a.png")), ("published", "false")]).await["id"]);
    let story = text(&place.made(&token, "me/photo_stories", &[("photo_id", &photo)]).await["post_id"]);
    let own = format!("/pages/harbour_bakery/posts/{}", post.rsplit('_').next().expect("a number"));
    let opened = async |path: &str| {
        let request = place.world.http.get(place.url(path)).header("accept", "text/html,application/xhtml+xml");
        let answer = request.send().await.expect("an answer");
        answer.headers().get("location").map(|to| to.to_str().expect("text").to_owned())
    };
    assert_eq!(opened(&page).await.as_deref(), Some("/pages/harbour_bakery"));
    assert_eq!(opened(&post).await, Some(own));
    assert_eq!(opened(&story).await, Some(format!("/pages/harbour_bakery/posts/{story}")));
    assert_eq!(opened("12345").await, None);
    assert_eq!(place.get(&token, &page).await.1["id"], page);
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = std::env::temp_dir().join(format!("facebook-{}", std::process::id()));
    let world = World::with(Some(folder.clone())).await;
    let place = Place { world, ..Place::start().await };
    let (_, token) = place.bakery().await;
    let post = place.say(&token, "Kept").await;
    let Place { world, files, _serving } = place;
    world.running.stop().await;
    let place = Place { world: World::with(Some(folder.clone())).await, files, _serving };
    assert_eq!(place.shown(&token, &post, "message").await["message"], "Kept");
    let hidden = place.world.http.post(place.url("visit")).form(&[("on", "harbour_bakery"), ("message", "<script>")]);
    hidden.send().await.expect("an answer");
    let seen = place.world.page(&place.url("pages/harbour_bakery")).await;
    assert!(seen.contains("&lt;script&gt;") && !seen.contains("<script"), "{seen}");
    let front = place.world.page(&place.url("")).await;
    assert!(front.contains("Northwind Bikes") && front.contains("/pages/northwind"), "{front}");
    std::fs::remove_dir_all(folder).expect("removed");
}
