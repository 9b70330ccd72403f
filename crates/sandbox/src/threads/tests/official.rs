//! The official collection of requests and example answers as a client: every request is sent as it stands there, and
//! every answer must have the shape of the example.

use std::collections::HashMap;

use super::*;
use crate::test_kit::{said, spec};

const COLLECTION: &str = "meta/threads-api.postman_collection.json";
/// The request whose address is that of a real post.
const OF_REAL_POSTS: &str = "Embed a Threads Post";
/// What an answer has only if there is something to say.
const OPTIONAL: [&str; 13] = [
    "text",
    "poll_attachment",
    "topic_tag",
    "media_url",
    "children",
    "root_post",
    "replied_to",
    "hide_status",
    "link_attachment_url",
    "reply_audience",
    "is_reply",
    "paging",
    "is_reply_owned_by_me",
];

/// All requests below an item, in order.
fn requests(item: &Value) -> Vec<&Value> {
    match item["item"].as_array() {
        Some(items) => items.iter().flat_map(requests).collect(),
        None => vec![item],
    }
}

fn filled(raw: &str, values: &HashMap<String, String>) -> String {
    let mut whole = raw.to_owned();
    // A value may hold the name of another.
    for _ in 0..2 {
        for (name, value) in values {
            whole = whole.replace(&format!("{{{{{name}}}}}"), value);
        }
    }
    whole
}

/// What does not fit: an absent key, or a value of another type. The first item of an example's list stands for all, unless they have names.
fn compare(example: &Value, answer: &Value, place: &str, faults: &mut Vec<String>) {
    match (example, answer) {
        (Value::Object(wanted), Value::Object(given)) => {
            for (name, wanted) in wanted {
                match given.get(name) {
                    Some(given) => compare(wanted, given, &format!("{place}/{name}"), faults),
                    None if OPTIONAL.contains(&name.as_str()) || name.starts_with("option_") => {}
                    None => faults.push(format!("{place}: {name} is absent")),
                }
            }
        }
        (Value::Array(wanted), Value::Array(given)) => {
            for item in given {
                // Metrics have names, and not all of them an example.
                let is_alike = |wanted: &&Value| wanted["name"].is_null() || wanted["name"] == item["name"];
                if let Some(wanted) = wanted.iter().find(is_alike) {
                    compare(wanted, item, place, faults);
                }
            }
        }
        (wanted, given) => {
            if std::mem::discriminant(wanted) != std::mem::discriminant(given) {
                faults.push(format!("{place}: {given} is not like {wanted}"));
            }
        }
    }
}

#[tokio::test]
async fn the_official_requests_are_answered_in_the_shapes_of_the_official_examples() {
    let Some(collection) = spec(COLLECTION) else { return };
    let place = Place::start().await;
    place.world.running.turn(Network::Threads, |knobs| knobs.processing_ms = Some(0));
    // The examples write the id of the account as text, and search all of Threads.
    place.own("user_id_as_text", json!(true));
    place.own("advanced_access", json!(true));
    place.sign_in("threads").await;
    let short = place.sign_in("harbour_bakery").await;
    let query = format!("grant_type=th_exchange_token&client_secret={}&access_token={short}", PRODUCT.secret);
    let long =
        text(&read(place.world.http.get(format!("{}?{query}", place.url("access_token")))).await.1["access_token"]);
    place.world.clock.advance(Duration::from_secs(24 * 3_600));
    let (short, other) = (place.sign_in("harbour_bakery").await, place.sign_in("lena").await);
    let mut values: HashMap<String, String> = HashMap::new();
    for variable in collection["variable"].as_array().expect("variables") {
        values.insert(text(&variable["key"]), text(&variable["value"]));
    }
    for (name, value) in [
        ("api_host", place.url("").trim_end_matches('/').to_owned()),
        ("app_id", PRODUCT.id.into()),
        ("app_secret", PRODUCT.secret.into()),
        ("redirect_uri", BACK.into()),
        ("image_url", place.file("a.png")),
        ("video_url", place.file("a.mp4")),
        ("location_id", "105000000000001".into()),
        ("input_token", short.clone()),
        ("reply_control", "mentioned_only".into()),
    ] {
        values.insert(name.into(), value);
    }
    let (mut sent, mut compared, mut unreadable, mut faults) = (0, 0, 0, Vec::new());
    for item in requests(&collection) {
        let name = text(&item["name"]);
        if name == OF_REAL_POSTS {
            continue;
        }
        let post = place
            .live(&short, &[("media_type", "TEXT"), ("text", "?"), ("poll_attachment", &poll(&["first", "second"]))])
            .await;
        let reply = place.reply(&other, &post, "reply").await;
        let item_of = [("media_type", "IMAGE"), ("image_url", &*place.file("a.png")), ("is_carousel_item", "true")];
        let children = format!("{},{}", place.contain(&short, &item_of).await, place.contain(&short, &item_of).await);
        for (name, value) in [
            ("code", place.code("harbour_bakery", ALL).await),
            ("container_id", place.contain(&short, &[("media_type", "TEXT"), ("text", "x")]).await),
            ("thread_id", post.clone()),
            ("quote_post_id", post),
            ("reply_thread_id", reply),
            ("carousel_children_ids", children),
        ] {
            values.insert(name.into(), value);
        }
        let mut address = filled(item["request"]["url"]["raw"].as_str().expect("an address"), &values);
        if name == "Get Account Insights" {
            // One of the metrics of the collection cannot be asked for without it.
            address.push_str("&breakdown=country");
        }
        let method: http::Method = text(&item["request"]["method"]).parse().expect("a method");
        let token = if name.starts_with("Refresh") { &long } else { &short };
        let (status, answer) = read(place.world.http.request(method, &address).bearer_auth(token)).await;
        sent += 1;
        if status != 200 {
            faults.push(format!("{name}: {status} {answer}"));
            continue;
        }
        for example in item["response"].as_array().into_iter().flatten() {
            match example["body"].as_str().map(serde_json::from_str::<Value>) {
                Some(Ok(example)) => {
                    compared += 1;
                    compare(&example, &answer, &name, &mut faults);
                }
                _ => unreadable += 1,
            }
        }
    }
    said(&format!(
        "{sent} official requests sent, {compared} answers compared with examples, {unreadable} examples are no JSON"
    ));
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(sent > 30 && compared > 20, "{sent} {compared}");
}
