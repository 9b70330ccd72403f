use serde_json::json;

use super::{World, png};

#[tokio::test]
async fn the_timeline_shows_a_post_as_people_see_it() {
    let world = World::new().await;
    let (lena, north) = (world.sign_in("lena.test").await, world.sign_in("northwind.test").await);
    let text = "✨ hi @northwind.test see https://ex.am #Rust <b>";
    let facet = |start: u64, end: u64, feature: serde_json::Value| json!({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]});
    let mut record = lena.post_record(text);
    record["facets"] = json!([
        facet(7, 22, json!({"$type": "app.bsky.richtext.facet#mention", "did": north.did})),
        facet(27, 40, json!({"$type": "app.bsky.richtext.facet#link", "uri": "https://ex.am/long?a=1&b=2"})),
        facet(41, 46, json!({"$type": "app.bsky.richtext.facet#tag", "tag": "Rust"})),
    ]);
    let up = lena.upload("image/png", png(9)).await.ok();
    record["embed"] = json!({"$type": "app.bsky.embed.images", "images": [{"alt": "a \"dot\"", "image": up["blob"]}]});
    record["labels"] = json!({"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "graphic-media"}]});
    let post = lena.publish(record).await;
    let rkey = post["uri"].as_str().expect("uri").rsplit('/').next().expect("rkey");
    let gate = json!({"$type": "app.bsky.feed.threadgate", "post": post["uri"], "createdAt": "2030-01-02T09:30:00Z", "allow": []});
    lena.put(rkey, &gate).await.ok();
    let mut second = lena.post_record("and then");
    second["reply"] = json!({"root": post, "parent": post});
    lena.publish(second).await;
    let page = world.get("/profile/lena.test").await;
    assert_eq!(page.status, 200);
    for shown in [
        "<a href=\"/profile/northwind.test\"",
        ">@northwind.test</a>",
        "https://ex.am/long?a=1&amp;b=2",
        "<a href=\"/hashtag/Rust\"",
        "&lt;b&gt;",
        "alt=\"a &quot;dot&quot;\"",
        "Content warning: graphic-media",
        "no one can reply",
        "and then",
    ] {
        assert!(page.text.contains(shown), "{shown} in {}", page.text);
    }
    let image =
        page.text.split("img src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an image").to_owned();
    let served = world.get(&image).await;
    assert_eq!((served.status, served.header("content-type")), (200, "image/png"));
    assert!(served.header("content-security-policy").contains("sandbox"));
    assert_eq!(world.get(&format!("/profile/{}/post/{rkey}", lena.did)).await.status, 200);
    assert!(world.get("/hashtag/rust").await.text.contains("@northwind.test"));
    let landing = world.get("/").await.text;
    assert!(landing.contains("/profile/harbour-bakery.test") && landing.contains("app password demo-lena-2222-aaaa"));
    assert_eq!(world.get("/profile/nobody.test").await.status, 404);
    assert_eq!(world.get("/media/did:plc:x/nonsense").await.status, 404);
}

#[tokio::test]
async fn cards_quotes_and_films_have_their_place() {
    let world = World::new().await;
    let (lena, north) = (world.sign_in("lena.test").await, world.sign_in("northwind.test").await);
    let mut card = lena.post_record("read this");
    card["embed"] = json!({"$type": "app.bsky.embed.external", "external": {"uri": "https://ex.am/article", "title": "A title", "description": "What it says"}});
    let card = lena.publish(card).await;
    let film = north.upload("video/mp4", b"\0\0\0\x18ftypisom".to_vec()).await.ok();
    let mut both = north.post_record("with a film");
    both["embed"] = json!({"$type": "app.bsky.embed.recordWithMedia",
        "record": {"$type": "app.bsky.embed.record", "record": card},
        "media": {"$type": "app.bsky.embed.video", "video": film["blob"], "alt": "moving"}});
    north.publish(both).await;
    let page = world.get("/profile/lena.test").await.text;
    assert!(page.contains("href=\"https://ex.am/article\"") && page.contains("What it says"), "{page}");
    let page = world.get("/profile/northwind.test").await.text;
    assert!(page.contains("<video") && page.contains("class=\"quote\"") && page.contains("read this"), "{page}");
}
