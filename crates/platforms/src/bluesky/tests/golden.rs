//! The exact records that are written (P-057).

use std::collections::BTreeMap;

use base::Timestamp;
use bytes::Bytes;
use connector::{Draft, MediaKind, Part, Reading};
use serde_json::{Value, json};

use super::world::{file, png};
use crate::bluesky::{
    options::Options,
    record::{self, Ingredients, Reply},
    text,
    wire::StrongRef,
};

const DID: &str = "did:plc:mr2e4qbzvygubvbcrbnxt5td";

fn at() -> Timestamp {
    Timestamp::parse("2026-11-22T01:00:00.000999Z").unwrap()
}

fn reading(part: &Part, options: Value) -> Reading {
    text::read(&Draft { parts: vec![part.clone()], options, ..Draft::default() }, 0)
}

fn strong(rkey: &str) -> StrongRef {
    StrongRef { uri: format!("at://{DID}/app.bsky.feed.post/{rkey}"), cid: format!("bafy{rkey}") }
}

#[test]
fn p_057_a_post_with_everything_is_exactly_this() {
    let part = Part {
        text: "✨ hi @ben.test, @gone.test: https://ex.am #Rust".to_owned(),
        media: vec![png("one pixel")],
        ..Part::default()
    };
    let chosen = json!({ "langs": ["en", "nl"], "tags": ["hidden"], "labels": ["sexual", "bot"] });
    let options = Options::read(&chosen).unwrap();
    let blob = json!({ "$type": "blob", "ref": { "$link": "bafkrei" }, "mimeType": "image/png", "size": 73 });
    let mentions = BTreeMap::from([("ben.test".to_owned(), DID.to_owned())]);
    let from = Ingredients {
        part: &part,
        reading: &reading(&part, chosen),
        options: &options,
        first: true,
        created_at: at(),
        mentions: &mentions,
        blobs: std::slice::from_ref(&blob),
        card: None,
        quote: Some(strong("quoted")),
        reply: Some(Reply { root: strong("root"), parent: strong("parent") }),
    };
    let expected = json!({
        "$type": "app.bsky.feed.post",
        "text": "✨ hi @ben.test, @gone.test: https://ex.am #Rust",
        "createdAt": "2026-11-22T01:00:00.000Z",
        "facets": [
            { "index": { "byteStart": 7, "byteEnd": 16 }, "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": DID }] },
            { "index": { "byteStart": 30, "byteEnd": 43 }, "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": "https://ex.am" }] },
            { "index": { "byteStart": 44, "byteEnd": 49 }, "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "Rust" }] },
        ],
        "reply": {
            "root": { "uri": format!("at://{DID}/app.bsky.feed.post/root"), "cid": "bafyroot" },
            "parent": { "uri": format!("at://{DID}/app.bsky.feed.post/parent"), "cid": "bafyparent" },
        },
        "embed": {
            "$type": "app.bsky.embed.recordWithMedia",
            "record": {
                "$type": "app.bsky.embed.record",
                "record": { "uri": format!("at://{DID}/app.bsky.feed.post/quoted"), "cid": "bafyquoted" },
            },
            "media": {
                "$type": "app.bsky.embed.images",
                "images": [{ "alt": "one pixel", "image": blob, "aspectRatio": { "width": 1, "height": 1 } }],
            },
        },
        "langs": ["en", "nl"],
        "tags": ["hidden"],
        "labels": { "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "sexual" }, { "val": "bot" }] },
    });
    assert_eq!(record::post(&from), expected);
}

#[test]
fn p_057_a_bare_post_has_nothing_that_was_not_asked_for() {
    let (part, options) = (Part { text: "hello".to_owned(), ..Part::default() }, Options::default());
    let from = Ingredients {
        part: &part,
        reading: &reading(&part, json!({})),
        options: &options,
        first: true,
        created_at: at(),
        mentions: &BTreeMap::new(),
        blobs: &[],
        card: None,
        quote: None,
        reply: None,
    };
    let expected = json!({ "$type": "app.bsky.feed.post", "text": "hello", "createdAt": "2026-11-22T01:00:00.000Z" });
    assert_eq!(record::post(&from), expected);
    assert!(record::gates(&options, true, "at://x", at()).is_empty());
}

#[test]
fn p_057_a_video_carries_its_shape_and_description() {
    let film = file(MediaKind::Video, "video/mp4", Bytes::from_static(b"mp4"), Some("waves"));
    let (part, options) = (Part { media: vec![film], ..Part::default() }, Options::default());
    let blob = json!({ "$type": "blob", "ref": { "$link": "bafkrei" }, "mimeType": "video/mp4", "size": 3 });
    let from = Ingredients {
        part: &part,
        reading: &reading(&part, json!({})),
        options: &options,
        first: false,
        created_at: at(),
        mentions: &BTreeMap::new(),
        blobs: std::slice::from_ref(&blob),
        card: None,
        quote: None,
        reply: None,
    };
    assert_eq!(
        record::post(&from)["embed"],
        json!({ "$type": "app.bsky.embed.video", "video": blob, "alt": "waves", "aspectRatio": { "width": 1, "height": 1 } })
    );
}

#[test]
fn p_057_gates_are_exactly_these() {
    let list = format!("at://{DID}/app.bsky.graph.list/3k");
    let options = json!({ "who_can_reply": ["mentioned", "following", "followers"], "reply_lists": [list], "allow_quotes": false });
    let post = format!("at://{DID}/app.bsky.feed.post/3n2ue7nxlr42c");
    let gates = record::gates(&Options::read(&options).unwrap(), true, &post, at());
    assert_eq!(
        json!(gates),
        json!([
            ["app.bsky.feed.threadgate", {
                "$type": "app.bsky.feed.threadgate", "post": post, "createdAt": "2026-11-22T01:00:00.000Z",
                "allow": [
                    { "$type": "app.bsky.feed.threadgate#mentionRule" },
                    { "$type": "app.bsky.feed.threadgate#followingRule" },
                    { "$type": "app.bsky.feed.threadgate#followerRule" },
                    { "$type": "app.bsky.feed.threadgate#listRule", "list": list },
                ],
            }],
            ["app.bsky.feed.postgate", {
                "$type": "app.bsky.feed.postgate", "post": post, "createdAt": "2026-11-22T01:00:00.000Z",
                "embeddingRules": [{ "$type": "app.bsky.feed.postgate#disableRule" }],
            }],
        ])
    );
    let nobody = Options::read(&json!({ "who_can_reply": ["nobody"] })).unwrap();
    assert_eq!(record::gates(&nobody, true, &post, at())[0].1["allow"], json!([]), "an empty list lets nobody reply");
    assert!(record::gates(&nobody, false, &post, at()).is_empty(), "only the root of a thread has a gate for replies");
}
