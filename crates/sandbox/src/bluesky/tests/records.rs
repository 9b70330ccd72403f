use serde_json::{Value, json};

use super::{World, png, refused};
use crate::{Action, Fault, Network, Rule, When};

const CREATE: &str = "com.atproto.repo.createRecord";
const PUT: &str = "com.atproto.repo.putRecord";
const DELETE: &str = "com.atproto.repo.deleteRecord";
const APPLY: &str = "com.atproto.repo.applyWrites";

#[tokio::test]
async fn putting_the_same_bytes_again_changes_nothing_and_other_bytes_are_an_invalid_swap() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let (rkey, record) = (world.tid(), lena.post_record("exactly once"));
    let first = lena.put(&rkey, &record).await.ok();
    assert_eq!(first["validationStatus"], "valid");
    assert!(first["commit"]["rev"].is_string() && first["cid"].as_str().expect("cid").starts_with("bafyrei"));
    let again = lena.put(&rkey, &record).await.ok();
    assert_eq!(again["cid"], first["cid"]);
    assert!(again.get("commit").is_none(), "no second commit: {again}");
    let other = lena.put(&rkey, &lena.post_record("something else")).await;
    refused(&other, 400, "InvalidSwap");
    assert!(other.text.contains(&format!("Record was at {}", first["cid"].as_str().expect("cid"))));
    assert_eq!(world.ledger().len(), 1);
    let entry = &world.ledger()[0];
    assert_eq!(
        (entry.account.as_str(), entry.action, entry.kind.as_str(), entry.text.as_str()),
        ("lena.test", Action::Created, "post", "exactly once")
    );
    assert_eq!(
        (entry.remote_id.as_str(), entry.client_id.as_deref()),
        (first["uri"].as_str().expect("uri"), Some(rkey.as_str()))
    );
}

#[tokio::test]
async fn r_31_a_lost_answer_is_found_again_with_the_same_put() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let (rkey, record) = (world.tid(), lena.post_record("lost and found"));
    world.sandbox.turn(Network::Bluesky, |knobs| {
        knobs.faults = vec![
            Rule::once("publish", Fault::Reset { when: When::After }),
            Rule::once(PUT, Fault::Status { status: 502, when: When::Before, body: None, headers: Default::default() }),
        ];
    });
    let request = world.http.post(world.url(&format!("/xrpc/{PUT}"))).bearer_auth(&lena.access);
    request.json(&lena.put_body(&rkey, &record)).send().await.expect_err("the connection broke");
    assert_eq!(world.ledger().len(), 1, "it had its effect");
    assert_eq!(lena.put(&rkey, &record).await.status, 502);
    assert!(lena.put(&rkey, &record).await.ok().get("commit").is_none());
    assert_eq!(world.ledger().len(), 1);
}

#[tokio::test]
async fn swaps_name_what_must_be_there() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let rkey = world.tid();
    let first = lena.put(&rkey, &lena.post_record("one")).await.ok();
    let mut body = lena.put_body(&rkey, &lena.post_record("two"));
    body["swapRecord"] = first["cid"].clone();
    let second = lena.post(PUT, &body).await.ok();
    body["record"]["text"] = json!("three");
    refused(&lena.post(PUT, &body).await, 400, "InvalidSwap");
    body.as_object_mut().expect("map").remove("swapRecord");
    let third = lena.post(PUT, &body).await.ok();
    assert_ne!(second["cid"], third["cid"], "without a swap it overwrites");
    assert_eq!(
        world.ledger().iter().map(|entry| entry.action).collect::<Vec<_>>(),
        [Action::Created, Action::Edited, Action::Edited]
    );
    body["swapCommit"] = second["commit"]["cid"].clone();
    refused(&lena.post(PUT, &body).await, 400, "InvalidSwap");
    let absent =
        json!({"repo": lena.did, "collection": "app.bsky.feed.post", "rkey": world.tid(), "swapRecord": first["cid"]});
    refused(&lena.post(DELETE, &absent).await, 400, "InvalidSwap");
}

#[tokio::test]
async fn creating_on_a_used_key_is_the_server_error_that_it_is_in_life() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let body = json!({"repo": "lena.test", "collection": "app.bsky.feed.post", "rkey": world.tid(), "record": lena.post_record("a")});
    lena.post(CREATE, &body).await.ok();
    refused(&lena.post(CREATE, &body).await, 500, "InternalServerError");
    assert_eq!(world.ledger().len(), 1);
    let unnamed = json!({"repo": lena.did, "collection": "app.bsky.feed.post", "record": lena.post_record("b")});
    let (one, two) = (lena.post(CREATE, &unnamed).await.ok(), lena.post(CREATE, &unnamed).await.ok());
    assert_ne!(one["uri"], two["uri"]);
}

#[tokio::test]
async fn deleting_is_idempotent_and_gone_is_gone() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let rkey = world.tid();
    let put = lena.put(&rkey, &lena.post_record("short-lived")).await.ok();
    let body = json!({"repo": lena.did, "collection": "app.bsky.feed.post", "rkey": rkey});
    assert!(lena.post(DELETE, &body).await.ok()["commit"]["cid"].is_string());
    assert_eq!(lena.post(DELETE, &body).await.ok(), json!({}));
    let get = world
        .query(
            "com.atproto.repo.getRecord",
            &[("repo", "lena.test"), ("collection", "app.bsky.feed.post"), ("rkey", &rkey)],
        )
        .await;
    refused(&get, 400, "RecordNotFound");
    let posts = world.query("app.bsky.feed.getPosts", &[("uris", put["uri"].as_str().expect("uri"))]).await.ok();
    assert_eq!(posts["posts"], json!([]));
    assert_eq!(world.ledger().last().map(|entry| entry.action), Some(Action::Deleted));
    assert_eq!(world.ledger().len(), 2);
}

#[tokio::test]
async fn a_batch_of_writes_is_one_commit_or_fails_as_a_whole() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let create = |rkey: &str, text: &str| json!({"$type": format!("{APPLY}#create"), "collection": "app.bsky.feed.post", "rkey": rkey, "value": lena.post_record(text)});
    let (one, two) = (world.tid(), world.tid());
    let body = json!({"repo": lena.did, "writes": [create(&one, "first"), create(&two, "second")]});
    let done = lena.post(APPLY, &body).await.ok();
    assert_eq!(done["results"].as_array().expect("results").len(), 2);
    assert_eq!(done["results"][0]["$type"], format!("{APPLY}#createResult"));
    let third = world.tid();
    for spoiler in [
        create(&two, "again"),
        json!({"$type": format!("{APPLY}#update"), "collection": "app.bsky.feed.post", "rkey": world.tid(), "value": lena.post_record("x")}),
        json!({"$type": format!("{APPLY}#delete"), "collection": "app.bsky.feed.post", "rkey": world.tid()}),
        create(&third, "same key twice"),
    ] {
        let body = json!({"repo": lena.did, "writes": [create(&third, "third"), spoiler]});
        refused(&lena.post(APPLY, &body).await, 500, "InternalServerError");
    }
    assert_eq!(world.ledger().len(), 2, "nothing of the failed commits is there");
    let many: Vec<Value> = (0..201).map(|_| create(&world.tid(), "x")).collect();
    let over = lena.post(APPLY, &json!({"repo": lena.did, "writes": many})).await;
    refused(&over, 400, "InvalidRequest");
    assert!(over.text.contains("Too many writes. Max: 200"));
    let none = lena.post(APPLY, &json!({"repo": lena.did, "writes": [{"$type": "x#y"}]})).await;
    refused(&none, 400, "InvalidRequest");
}

#[tokio::test]
async fn records_that_break_a_rule_name_the_place() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let put = async |change: Value| {
        let mut record = lena.post_record("hello");
        record.as_object_mut().expect("map").extend(change.as_object().expect("map").clone());
        lena.put(&world.tid(), &record).await
    };
    for (change, place) in [
        (json!({"text": "x".repeat(301)}), "$.record.text"),
        (json!({"createdAt": "2030-01-02"}), "$.record.createdAt"),
        (json!({"langs": ["not a language"]}), "$.record.langs[0]"),
        (json!({"embed": {"$type": "com.example.poll"}}), "$.record.embed"),
        (
            json!({"embed": {"$type": "app.bsky.embed.record", "record": {"uri": "at://x", "cid": "y"}}}),
            "$.record.embed.record.uri",
        ),
        (json!({"facets": [{"index": {"byteStart": 0, "byteEnd": 50}, "features": []}]}), "$.record.facets[0].index"),
        (
            json!({"facets": [{"index": {"byteStart": 0, "byteEnd": 2}, "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "lena"}]}]}),
            "$.record.facets[0].features[0].did",
        ),
        (json!({"reply": {"root": {"uri": "at://did:plc:a/app.bsky.feed.post/1"}}}), "$.record.reply"),
    ] {
        let answer = put(change).await;
        refused(&answer, 400, "InvalidRequest");
        assert!(answer.text.contains(place), "{place}: {}", answer.text);
    }
    assert!(put(json!({"$type": "app.bsky.feed.like"})).await.text.contains("createdAt") || world.ledger().is_empty());
    let key = lena.put("not-a-tid", &lena.post_record("x")).await;
    assert!(key.text.contains("Invalid record key") && key.text.contains("Invalid TID string"), "{}", key.text);
    let fraction = lena.post(PUT, &json!({"repo": lena.did, "collection": "com.example.thing", "rkey": "a", "record": {"$type": "com.example.thing", "n": 1.5}})).await;
    refused(&fraction, 400, "InvalidRequest");
    let unknown = json!({"repo": lena.did, "collection": "com.example.thing", "rkey": "a", "record": {"$type": "com.example.thing", "n": 1}});
    assert_eq!(lena.post(PUT, &unknown).await.ok()["validationStatus"], "unknown");
    let mut required = unknown;
    required["validate"] = json!(true);
    refused(&lena.post(PUT, &required).await, 400, "InvalidRequest");
    let mut foreign = lena.put_body(&world.tid(), &lena.post_record("x"));
    foreign["repo"] = json!("northwind.test");
    refused(&lena.post(PUT, &foreign).await, 403, "AccountNotFound");
    assert!(world.ledger().is_empty());
}

#[tokio::test]
async fn blobs_are_found_by_content_and_vanish_when_nothing_uses_them() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let up = lena.upload("text/plain", png(40)).await.ok();
    assert_eq!(up["blob"]["mimeType"], "image/png", "the bytes decide, not the header");
    assert!(up["blob"]["ref"]["$link"].as_str().expect("link").starts_with("bafkrei"));
    assert_eq!(lena.upload("image/png", png(40)).await.ok(), up, "the same bytes are the same blob");
    let with = |blob: &Value| {
        let mut record = lena.post_record("look");
        record["embed"] = json!({"$type": "app.bsky.embed.images", "images": [{"alt": "a dot", "image": blob}]});
        record
    };
    let mut lie = up["blob"].clone();
    lie["size"] = json!(1);
    refused(&lena.put(&world.tid(), &with(&lie)).await, 400, "InvalidSize");
    let mut lie = up["blob"].clone();
    lie["mimeType"] = json!("image/jpeg");
    refused(&lena.put(&world.tid(), &with(&lie)).await, 400, "InvalidMimeType");
    let rkey = world.tid();
    lena.put(&rkey, &with(&up["blob"])).await.ok();
    let cid = up["blob"]["ref"]["$link"].as_str().expect("link");
    let read = world.query("com.atproto.sync.getBlob", &[("did", &lena.did), ("cid", cid)]).await;
    assert_eq!(
        (read.status, read.header("content-type"), read.header("x-content-type-options")),
        (200, "image/png", "nosniff")
    );
    world.later(2 * 3600);
    let lena = world.sign_in("lena.test").await;
    assert_eq!(
        world.query("com.atproto.sync.getBlob", &[("did", &lena.did), ("cid", cid)]).await.status,
        200,
        "a record uses it"
    );
    lena.post(DELETE, &json!({"repo": lena.did, "collection": "app.bsky.feed.post", "rkey": rkey})).await.ok();
    refused(&world.query("com.atproto.sync.getBlob", &[("did", &lena.did), ("cid", cid)]).await, 400, "BlobNotFound");
    let loose = lena.upload("image/png", png(41)).await.ok();
    world.later(3601);
    refused(&lena.put(&world.tid(), &with(&loose["blob"])).await, 400, "BlobNotFound");
    lena.upload("image/png", png(41)).await.ok();
    lena.put(&world.tid(), &with(&loose["blob"])).await.ok();
}

#[tokio::test]
async fn sizes_are_held_at_upload_and_at_use() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    refused(&lena.upload("image/png", png(5 * 1024 * 1024)).await, 413, "PayloadTooLarge");
    refused(&lena.upload("image/png", Vec::new()).await, 400, "InvalidRequest");
    world.own_knob("blob_limit_bytes", json!(52_428_800));
    lena.upload("image/png", png(5 * 1024 * 1024)).await.ok();
    let big = lena.upload("image/png", png(2_000_000)).await.ok();
    let mut record = lena.post_record("big");
    record["embed"] = json!({"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": big["blob"]}]});
    let answer = lena.put(&world.tid(), &record).await;
    refused(&answer, 400, "InvalidRequest");
    assert!(
        answer.text.contains("blob too big (maximum 2000000, got 2000033) at $.record.embed.images[0].image"),
        "{}",
        answer.text
    );
    let fits = lena.upload("image/png", png(1_500_000)).await.ok();
    record["embed"]["images"][0]["image"] = fits["blob"].clone();
    world.own_knob("old_lexicons", json!(true));
    assert!(lena.put(&world.tid(), &record).await.text.contains("maximum 1000000"));
    world.own_knob("old_lexicons", json!(false));
    lena.put(&world.tid(), &record).await.ok();
    assert_eq!(world.ledger()[0].media_count, 1);
}

#[tokio::test]
async fn lists_are_paged_and_can_lag_while_reads_by_key_do_not() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let mut keys = Vec::new();
    for text in ["a", "b", "c"] {
        keys.push(world.tid());
        lena.put(&keys[keys.len() - 1], &lena.post_record(text)).await.ok();
    }
    let list = async |more: &[(&str, &str)]| {
        let params: Vec<(&str, &str)> = [("repo", "lena.test"), ("collection", "app.bsky.feed.post")]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        world.query("com.atproto.repo.listRecords", &params).await.ok()
    };
    let texts = |page: &Value| {
        page["records"]
            .as_array()
            .expect("records")
            .iter()
            .map(|record| record["value"]["text"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    let first = list(&[("limit", "2")]).await;
    assert_eq!(texts(&first), ["c", "b"]);
    let rest = list(&[("limit", "2"), ("cursor", first["cursor"].as_str().expect("cursor"))]).await;
    assert_eq!((texts(&rest), rest.get("cursor")), (vec!["a".to_owned()], None));
    assert_eq!(texts(&list(&[("reverse", "true")]).await), ["a", "b", "c"]);
    world.sandbox.turn(Network::Bluesky, |knobs| knobs.listing_delay_ms = 5_000);
    assert!(texts(&list(&[]).await).is_empty());
    let get = world
        .query(
            "com.atproto.repo.getRecord",
            &[("repo", &lena.did), ("collection", "app.bsky.feed.post"), ("rkey", &keys[0])],
        )
        .await
        .ok();
    assert_eq!(get["value"]["text"], "a");
    assert_eq!(world.query("app.bsky.feed.getAuthorFeed", &[("actor", "lena.test")]).await.ok()["feed"], json!([]));
    world.later(5);
    assert_eq!(texts(&list(&[]).await).len(), 3);
    refused(
        &world
            .query(
                "com.atproto.repo.listRecords",
                &[("repo", "lena.test"), ("collection", "app.bsky.feed.post"), ("limit", "101")],
            )
            .await,
        400,
        "InvalidRequest",
    );
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let folder = std::env::temp_dir().join(format!("sandbox-bluesky-{}", super::fresh()));
    let (did, rkey, uri) = {
        let world = World::with(|options| options.data = Some(folder.clone())).await;
        let lena = world.sign_in("lena.test").await;
        let up = lena.upload("image/png", png(3)).await.ok();
        let mut record = lena.post_record("still here");
        record["embed"] = json!({"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": up["blob"]}]});
        let rkey = world.tid();
        let put = lena.put(&rkey, &record).await.ok();
        let mut answer = lena.post_record("me too");
        let strong = json!({"uri": put["uri"], "cid": put["cid"]});
        answer["reply"] = json!({"root": strong, "parent": strong});
        lena.publish(answer).await;
        (lena.did.clone(), rkey, put["uri"].as_str().expect("uri").to_owned())
    };
    let world = World::with(|options| options.data = Some(folder.clone())).await;
    assert_eq!(world.did("lena.test").await, did);
    let get = world
        .query("com.atproto.repo.getRecord", &[("repo", &did), ("collection", "app.bsky.feed.post"), ("rkey", &rkey)])
        .await
        .ok();
    let cid = get["value"]["embed"]["images"][0]["image"]["ref"]["$link"].as_str().expect("link").to_owned();
    assert_eq!(world.query("com.atproto.sync.getBlob", &[("did", &did), ("cid", &cid)]).await.status, 200);
    assert_eq!(world.query("app.bsky.feed.getPosts", &[("uris", &uri)]).await.ok()["posts"][0]["replyCount"], 1);
    assert_eq!(world.ledger().len(), 2);
    let lena = world.sign_in("lena.test").await;
    let again = lena.put(&rkey, &get["value"]).await.ok();
    assert!(again.get("commit").is_none(), "the record has the same id after the restart");
    drop(world);
    std::fs::remove_dir_all(folder).expect("removed");
}
