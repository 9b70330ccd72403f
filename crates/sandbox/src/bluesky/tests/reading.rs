use serde_json::{Value, json};

use super::{World, refused};

fn reply(record: &mut Value, root: &Value, parent: &Value) {
    record["reply"] = json!({"root": root, "parent": parent});
}

#[tokio::test]
async fn actions_of_others_are_counted_shown_in_the_thread_and_notified() {
    let world = World::new().await;
    let (lena, north) = (world.sign_in("lena.test").await, world.sign_in("northwind.test").await);
    world.own_knob("growth", json!(false));
    let post = lena.publish(lena.post_record("hello")).await;
    world.later(10);
    let subject = json!({"subject": post, "createdAt": "2030-01-02T09:31:00Z"});
    for collection in ["app.bsky.feed.like", "app.bsky.feed.repost"] {
        let mut record = subject.clone();
        record["$type"] = json!(collection);
        north.publish(record).await;
    }
    let mut answer = north.post_record("hello yourself");
    reply(&mut answer, &post, &post);
    let answer = north.publish(answer).await;
    let mut quote = north.post_record("look");
    quote["embed"] = json!({"$type": "app.bsky.embed.record", "record": post});
    north.publish(quote).await;
    let uri = post["uri"].as_str().expect("uri");
    let seen = world.query("app.bsky.feed.getPosts", &[("uris", uri)]).await.ok()["posts"][0].clone();
    for count in ["likeCount", "repostCount", "replyCount", "quoteCount"] {
        assert_eq!(seen[count], 1, "{count}");
    }
    let thread = world.query("app.bsky.feed.getPostThread", &[("uri", uri)]).await.ok();
    assert_eq!(thread["thread"]["replies"][0]["post"]["record"]["text"], "hello yourself");
    let below = world.query("app.bsky.feed.getPostThread", &[("uri", answer["uri"].as_str().expect("uri"))]).await.ok();
    assert_eq!(below["thread"]["parent"]["post"]["uri"], post["uri"]);
    let notices = lena.get("app.bsky.notification.listNotifications", &[]).await.ok();
    let mut reasons: Vec<&str> = notices["notifications"]
        .as_array()
        .expect("list")
        .iter()
        .map(|notice| notice["reason"].as_str().expect("reason"))
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["like", "quote", "reply", "repost"]);
    assert_eq!(lena.get("app.bsky.notification.getUnreadCount", &[]).await.ok()["count"], 4);
    let only = lena.get("app.bsky.notification.listNotifications", &[("reasons", "reply"), ("limit", "1")]).await.ok();
    assert_eq!(only["notifications"].as_array().map(Vec::len), Some(1));
    let seen_at = json!({"seenAt": "2030-01-02T10:00:00Z"});
    assert_eq!(lena.post("app.bsky.notification.updateSeen", &seen_at).await.status, 200);
    assert_eq!(lena.get("app.bsky.notification.getUnreadCount", &[]).await.ok()["count"], 0);
    assert_eq!(
        world.query("app.bsky.feed.getLikes", &[("uri", uri)]).await.ok()["likes"][0]["actor"]["handle"],
        "northwind.test"
    );
    assert_eq!(
        world.query("app.bsky.feed.getRepostedBy", &[("uri", uri)]).await.ok()["repostedBy"][0]["handle"],
        "northwind.test"
    );
    assert_eq!(
        world.query("app.bsky.feed.getQuotes", &[("uri", uri)]).await.ok()["posts"][0]["embed"]["record"]["value"]["text"],
        "hello"
    );
    refused(&world.query("app.bsky.notification.listNotifications", &[]).await, 401, "AuthMissing");
}

#[tokio::test]
async fn pages_of_notices_do_not_repeat_or_miss_any() {
    let world = World::new().await;
    let (lena, north) = (world.sign_in("lena.test").await, world.sign_in("northwind.test").await);
    let post = lena.publish(lena.post_record("popular")).await;
    for number in 0..7 {
        let mut answer = north.post_record(&format!("answer {number}"));
        reply(&mut answer, &post, &post);
        north.publish(answer).await;
        world.later(number % 2);
    }
    let (mut cursor, mut uris) = (None::<String>, Vec::new());
    loop {
        let mut params = vec![("limit", "3")];
        params.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = lena.get("app.bsky.notification.listNotifications", &params).await.ok();
        uris.extend(page["notifications"].as_array().expect("list").iter().map(|notice| notice["uri"].to_string()));
        cursor = page["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(uris.len(), 7);
    uris.sort();
    uris.dedup();
    assert_eq!(uris.len(), 7);
}

#[tokio::test]
async fn gates_decide_who_is_heard_and_quoted() {
    let world = World::new().await;
    let (lena, north) = (world.sign_in("lena.test").await, world.sign_in("northwind.test").await);
    let post = lena.publish(lena.post_record("quiet please")).await;
    let (uri, rkey) =
        (post["uri"].as_str().expect("uri"), post["uri"].as_str().expect("uri").rsplit('/').next().expect("rkey"));
    let mut answer = north.post_record("but");
    reply(&mut answer, &post, &post);
    let answer = north.publish(answer).await;
    let count =
        async || world.query("app.bsky.feed.getPosts", &[("uris", uri)]).await.ok()["posts"][0]["replyCount"].clone();
    assert_eq!(count().await, 1);
    let gate = |allow: Value, hidden: Value| {
        let mut gate = json!({"$type": "app.bsky.feed.threadgate", "post": uri, "createdAt": "2030-01-02T09:30:00Z", "hiddenReplies": hidden});
        if !allow.is_null() {
            gate["allow"] = allow;
        }
        json!({"repo": lena.did, "collection": "app.bsky.feed.threadgate", "rkey": rkey, "record": gate})
    };
    let rule = |name: &str| json!([{"$type": format!("app.bsky.feed.threadgate#{name}")}]);
    for (allow, hidden, heard) in [
        (json!([]), json!([]), 0),
        (rule("followingRule"), json!([]), 0),
        (rule("mentionRule"), json!([]), 0),
        (Value::Null, json!([]), 1),
        (Value::Null, json!([answer["uri"]]), 0),
    ] {
        lena.post("com.atproto.repo.putRecord", &gate(allow.clone(), hidden)).await.ok();
        assert_eq!(count().await, heard, "{allow}");
    }
    let follow = json!({"$type": "app.bsky.graph.follow", "subject": north.did, "createdAt": "2030-01-02T09:30:00Z"});
    lena.publish(follow).await;
    lena.post("com.atproto.repo.putRecord", &gate(rule("followingRule"), json!([]))).await.ok();
    assert_eq!(count().await, 1, "the author follows her");
    let postgate = json!({"$type": "app.bsky.feed.postgate", "post": uri, "createdAt": "2030-01-02T09:30:00Z",
        "embeddingRules": [{"$type": "app.bsky.feed.postgate#disableRule"}]});
    lena.put(rkey, &postgate).await.ok();
    let mut quote = north.post_record("look");
    quote["embed"] = json!({"$type": "app.bsky.embed.record", "record": post});
    let quote = north.publish(quote).await;
    let seen = world.query("app.bsky.feed.getPosts", &[("uris", quote["uri"].as_str().expect("uri"))]).await.ok();
    assert_eq!(seen["posts"][0]["embed"]["record"]["$type"], "app.bsky.embed.record#viewDetached");
}

#[tokio::test]
async fn a_feed_can_be_filtered_and_profiles_have_numbers() {
    let world = World::new().await;
    let (lena, north) = (world.sign_in("lena.test").await, world.sign_in("northwind.test").await);
    let post = lena.publish(lena.post_record("one")).await;
    let theirs = north.publish(north.post_record("theirs")).await;
    let mut answer = lena.post_record("an answer");
    reply(&mut answer, &theirs, &theirs);
    lena.publish(answer).await;
    lena.publish(json!({"$type": "app.bsky.feed.repost", "subject": theirs, "createdAt": "2030-01-02T09:30:00Z"}))
        .await;
    let feed = async |filter: &str| {
        world.query("app.bsky.feed.getAuthorFeed", &[("actor", "lena.test"), ("filter", filter)]).await.ok()["feed"]
            .as_array()
            .expect("feed")
            .clone()
    };
    assert_eq!(feed("posts_with_replies").await.len(), 3);
    assert_eq!(feed("posts_no_replies").await.len(), 2);
    assert_eq!(feed("posts_and_author_threads").await.len(), 2);
    assert!(
        feed("posts_with_replies")
            .await
            .iter()
            .any(|item| item["reason"]["$type"] == "app.bsky.feed.defs#reasonRepost")
    );
    assert!(feed("posts_with_media").await.iter().all(|item| item["reason"].is_object()));
    let profile = lena.publish_profile("Lena V.").await;
    assert_eq!(profile.status, 200, "{}", profile.text);
    let shown = world.query("app.bsky.actor.getProfile", &[("actor", &lena.did)]).await.ok();
    assert_eq!(
        (&shown["displayName"], &shown["postsCount"], &shown["followsCount"]),
        (&json!("Lena V."), &json!(2), &json!(0))
    );
    refused(&world.query("app.bsky.actor.getProfile", &[("actor", "nobody.test")]).await, 400, "InvalidRequest");
    refused(
        &world
            .query("app.bsky.feed.getPostThread", &[("uri", "at://lena.test/app.bsky.feed.post/3jzfcijpj2z2a")])
            .await,
        400,
        "NotFound",
    );
    let proxied = world.http.get(world.url("/xrpc/app.bsky.actor.getProfile")).query(&[("actor", "lena.test")]);
    assert_eq!(
        world
            .send(proxied.try_clone().expect("clone").header("atproto-proxy", "did:web:api.bsky.app#bsky_appview"))
            .await
            .status,
        200
    );
    refused(&world.send(proxied.header("atproto-proxy", "did:web:elsewhere.example#x")).await, 400, "InvalidRequest");
    drop(post);
}

#[tokio::test]
async fn numbers_grow_with_time() {
    let world = World::new().await;
    let lena = world.sign_in("lena.test").await;
    let mut uris = Vec::new();
    for number in 0..20 {
        uris.push(
            lena.publish(lena.post_record(&format!("post {number}"))).await["uri"].as_str().expect("uri").to_owned(),
        );
    }
    let likes = async || {
        let params: Vec<(&str, &str)> = uris.iter().map(|uri| ("uris", uri.as_str())).collect();
        let posts = world.query("app.bsky.feed.getPosts", &params).await.ok();
        posts["posts"]
            .as_array()
            .expect("posts")
            .iter()
            .map(|post| post["likeCount"].as_u64().expect("count"))
            .sum::<u64>()
    };
    assert_eq!(likes().await, 0);
    world.later(4 * 3600);
    let after = likes().await;
    assert!(after > 0);
    world.later(24 * 3600);
    assert!(likes().await > after);
    let many: Vec<(&str, &str)> = (0..26).map(|_| ("uris", uris[0].as_str())).collect();
    refused(&world.query("app.bsky.feed.getPosts", &many).await, 400, "InvalidRequest");
}

impl super::Person<'_> {
    async fn publish_profile(&self, name: &str) -> super::Answer {
        self.put_profile(json!({"$type": "app.bsky.actor.profile", "displayName": name})).await
    }
}
