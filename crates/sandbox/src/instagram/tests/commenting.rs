//! Comments, mentions and what the app hears of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::extract::Query;
use http::{HeaderMap, StatusCode};

use super::*;
use crate::{Action, meta::hooks};

const SAY: &str = "message";

#[tokio::test]
async fn the_owner_comments_answers_hides_deletes_and_switches_comments_off() {
    let place = Place::start().await;
    let (lena, north) = (place.sign_in("lena").await, place.sign_in("northwind").await);
    let post = place.show(&lena, "With @northwind").await;
    let comments = format!("{post}/comments");
    let (status, first) = place.post(&lena, &comments, &[(SAY, "First!")]).await;
    assert_eq!(status, 200, "{first}");
    let first = text(&first["id"]);
    assert_eq!(refusal(&place.post(&north, &comments, &[(SAY, "Not mine")]).await.1), "100/33");
    let foreign = text(&place.post(&north, "me/mentions", &[("media_id", &post), (SAY, "Hi @lena")]).await.1["id"]);
    let reply = text(&place.post(&lena, &format!("{foreign}/replies"), &[(SAY, "Hello")]).await.1["id"]);
    assert_eq!(
        refusal(&place.post(&lena, &format!("{reply}/replies"), &[(SAY, "Deeper")]).await.1),
        "100/33",
        "one level"
    );
    let fields = "id,text,username,from,hidden,like_count,parent_id,replies{id,text,parent_id},media{id}";
    let (_, listed) = place.get(&lena, &format!("{comments}?fields={fields}")).await;
    assert_eq!(ids(&listed), [foreign.as_str(), &first], "newest first, without answers");
    let top = &listed["data"][0];
    assert_eq!(
        (&top["text"], &top["from"]["username"], &top["media"]["id"], &top["replies"]["data"][0]["id"]),
        (&json!("Hi @lena"), &json!("northwind"), &json!(post), &json!(reply))
    );
    assert_eq!(ids(&place.get(&lena, &format!("{foreign}/replies")).await.1), [reply.as_str()]);
    assert_eq!(place.fields(&lena, &post, "comments_count").await["comments_count"], 3);
    assert_eq!(refusal(&place.get(&north, &comments).await.1), "100/33", "comments on media of other people");
    place.own("anonymous_comments", json!(true));
    let anonymous = place.fields(&lena, &foreign, "from,username").await;
    assert_eq!((&anonymous["from"], &anonymous["username"]), (&Value::Null, &json!("northwind")));

    let page = text(&place.fields(&lena, &post, "permalink").await["permalink"]);
    assert!(place.world.page(&page).await.contains("Hello"));
    let hide = |id: String, hide: &'static str| {
        let (place, lena) = (&place, &lena);
        async move { place.post(lena, &id, &[("hide", hide)]).await }
    };
    assert_eq!(hide(foreign.clone(), "true").await.1, json!({ "success": true }));
    assert_eq!(place.fields(&lena, &foreign, "hidden").await["hidden"], true);
    assert!(!place.world.page(&page).await.contains("Hello"), "with the answers below it");
    assert_eq!(hide(first.clone(), "true").await.0, 400, "one's own");
    assert_eq!(hide(foreign.clone(), "maybe").await.0, 400);
    assert_eq!(hide(foreign.clone(), "false").await.0, 200);
    assert_eq!(refusal(&place.post(&north, &foreign, &[("hide", "true")]).await.1), "100/33");

    assert_eq!(place.post(&lena, &post, &[("comment_enabled", "false")]).await.1, json!({ "success": true }));
    assert_eq!(place.fields(&lena, &post, "is_comment_enabled").await["is_comment_enabled"], false);
    assert_eq!(place.post(&lena, &comments, &[(SAY, "Too late")]).await.0, 400);
    assert_eq!(place.post(&lena, &post, &[("comment_enabled", "true")]).await.0, 200);
    assert_eq!(refusal(&place.delete(&north, &first).await.1), "100/33", "somebody else's, on media of somebody else");
    assert_eq!(place.delete(&lena, &foreign).await.1, json!({ "success": true }));
    assert_eq!(ids(&place.get(&lena, &comments).await.1), [first.as_str()]);
    assert_eq!(refusal(&place.get(&lena, &reply).await.1), "100/33", "the answers go along");
    let told: Vec<_> =
        place.ledger().into_iter().skip(1).map(|entry| (entry.action, entry.kind, entry.parent)).collect();
    let comment = |action| (action, "comment".to_owned(), Some(post.clone()));
    let answer = (Action::Created, "reply".to_owned(), Some(foreign));
    assert_eq!(told, [comment(Action::Created), comment(Action::Created), answer, comment(Action::Deleted)]);
}

#[tokio::test]
async fn a_comment_that_asks_for_fields_is_written_and_then_refused() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let comments = format!("{}/comments", place.show(&token, "A bridge").await);
    let (status, refused) = place.post(&token, &format!("{comments}?fields=id,text"), &[(SAY, "Once")]).await;
    assert_eq!((status, refusal(&refused).as_str()), (400, "20/1772107"));
    assert_eq!(ids(&place.get(&token, &comments).await.1).len(), 1, "it is there");
    place.own("empty_comments", json!(true));
    let (_, empty) = place.get(&token, &comments).await;
    assert!(ids(&empty).is_empty() && empty["paging"]["cursors"].is_object(), "{empty}");
    place.own("strict_comments", json!(true));
    for broken in ["A".repeat(301).as_str(), "#a #b #c #d #e", "https://a.example https://b.example", "ALL LOUD"] {
        assert_eq!(place.post(&token, &comments, &[(SAY, broken)]).await.0, 400, "{broken}");
    }
    assert_eq!(place.post(&token, &comments, &[(SAY, "Fine, #this too https://a.example")]).await.0, 200);
    let story = place.live(&token, &[("media_type", "STORIES"), ("image_url", &place.file("tall.jpg"))]).await;
    assert_eq!(refusal(&place.post(&token, &format!("{story}/comments"), &[(SAY, "?")]).await.1), "100/33");
}

#[tokio::test]
async fn mentions_are_read_and_answered() {
    let place = Place::start().await;
    let (lena, north) = (place.sign_in("lena").await, place.sign_in("northwind").await);
    let post = place.show(&lena, "At the workshop of @northwind.").await;
    let said = text(&place.post(&lena, &format!("{post}/comments"), &[(SAY, "See @northwind")]).await.1["id"]);
    let media = place.fields(&north, "me", &format!("mentioned_media.media_id({post}){{caption,username}}")).await;
    assert_eq!(media["mentioned_media"]["username"], "lena");
    let comment = format!("mentioned_comment.comment_id({said}){{text,media{{id,permalink}}}}");
    let comment = place.fields(&north, "me", &comment).await;
    assert_eq!(comment["mentioned_comment"]["media"]["id"], json!(post));
    let form = [("media_id", &*post), ("comment_id", &*said), (SAY, "Welcome")];
    let answer = text(&place.post(&north, "me/mentions", &form).await.1["id"]);
    assert_eq!(place.fields(&lena, &answer, "parent_id").await["parent_id"], json!(said));
    let bakery = place.sign_in("harbour_bakery").await;
    assert_eq!(refusal(&place.post(&bakery, "me/mentions", &[("media_id", &post), (SAY, "Me?")]).await.1), "100/33");
    let path = format!("me?fields=mentioned_media.media_id({post}){{id}}");
    assert_eq!(refusal(&place.get(&bakery, &path).await.1), "100/33", "it names somebody else");
    let tags = json!([{ "username": "northwind", "x": 0.5, "y": 0.5 }]).to_string();
    let tagged = place.live(&lena, &[("image_url", &place.file("a.jpg")), ("user_tags", &tags)]).await;
    assert_eq!(ids(&place.get(&north, "me/tags?fields=id,username").await.1), [tagged.as_str()]);
    assert!(ids(&place.get(&bakery, "me/tags").await.1).is_empty());
}

#[tokio::test]
async fn the_app_hears_of_comments_and_mentions_once_it_answered_the_handshake() {
    let place = Place::start().await;
    let heard: Arc<Mutex<Vec<Value>>> = Arc::default();
    let hears = heard.clone();
    let hook = move |headers: HeaderMap, body: String| async move {
        let signature = headers["x-hub-signature-256"].to_str().expect("text");
        assert_eq!(signature, hooks::signature(PRODUCT, &body), "over the bytes as they came");
        hears.lock().expect("whole").push(serde_json::from_str(&body).expect("JSON"));
    };
    let greeted: Arc<Mutex<Vec<String>>> = Arc::default();
    let greets = greeted.clone();
    let greet = move |Query(query): Query<HashMap<String, String>>| async move {
        let word = query["hub.verify_token"].clone();
        greets.lock().expect("whole").push(word.clone());
        match word == "word" {
            true => (StatusCode::OK, query["hub.challenge"].clone()),
            false => (StatusCode::FORBIDDEN, String::new()),
        }
    };
    let (address, serving) = serve(Router::new().route("/hook", get(greet).post(hook))).await;
    place.own("webhook_url", json!(format!("http://{address}/hook")));
    place.own("webhook_verify_token", json!("wrong"));
    let (lena, north) = (place.sign_in("lena").await, place.sign_in("northwind").await);
    let id = |token: String| {
        let place = &place;
        async move { text(&place.fields(&token, "me", "user_id").await["user_id"]) }
    };
    let (lena_id, north_id) = (id(lena.clone()).await, id(north.clone()).await);
    let before = place.show(&lena, "For @northwind").await;
    let subscribe = [("subscribed_fields", "comments,mentions")];
    for token in [&lena, &north] {
        assert_eq!(place.post(token, "me/subscribed_apps", &subscribe).await.1, json!({ "success": true }));
    }
    let (_, held) = place.get(&lena, "me/subscribed_apps").await;
    assert_eq!(held["data"][0]["subscribed_fields"], json!(["comments", "mentions"]));
    assert_eq!(place.post(&lena, "me/subscribed_apps", &[("subscribed_fields", "feed")]).await.0, 400);
    let until = async |count: usize| {
        while heard.lock().expect("whole").len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        heard.lock().expect("whole").last().expect("one").clone()
    };
    place.show(&lena, "Never told to @northwind").await;
    while greeted.lock().expect("whole").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    place.own("webhook_verify_token", json!("word"));
    place.post(&lena, &format!("{before}/comments"), &[(SAY, "My own")]).await;
    let comment = text(&place.post(&north, "me/mentions", &[("media_id", &before), (SAY, "Nice ☀")]).await.1["id"]);
    let event = until(1).await;
    assert_eq!((&event["object"], &event["entry"][0]["id"]), (&json!("instagram"), &json!(lena_id)));
    let change = &event["entry"][0]["changes"][0];
    assert_eq!(
        (&change["field"], &change["value"]["id"], &change["value"]["text"], &change["value"]["media"]),
        (&json!("comments"), &json!(comment), &json!("Nice ☀"), &json!({ "id": before, "media_product_type": "FEED" })),
        "{event}"
    );
    place.own("flat_webhooks", json!(true));
    let named = place.show(&lena, "Again for @northwind").await;
    let event = until(2).await;
    let entry = &event["entry"][0];
    assert_eq!(
        (&entry["id"], &entry["field"], &entry["value"]),
        (&json!(north_id), &json!("mentions"), &json!({ "media_id": named }))
    );
    place.delete(&north, "me/subscribed_apps").await;
    place.show(&lena, "Unheard by @northwind").await;
    assert_eq!(heard.lock().expect("whole").len(), 2);
    assert_eq!(*greeted.lock().expect("whole"), ["wrong", "word"], "it is asked until it answers");
    serving.abort();
}
