//! Lists, fields, insights, restarts, and the other login.

use std::sync::Arc;

use http::Method;

use super::*;
use crate::{
    instagram::{Call, Login, calls},
    meta::params::Params,
    oauth::{Consent, Token},
};

#[tokio::test]
async fn lists_have_pages_times_and_only_what_belongs_in_them() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let mut posts = Vec::new();
    for number in 0..5 {
        posts.push(place.show(&token, &format!("Post {number}")).await);
    }
    posts.reverse();
    let form = [("media_type", "STORIES"), ("image_url", &*place.file("a.jpg"))];
    let story = place.live(&token, &form).await;
    let (_, first) = place.get(&token, "me/media?fields=id,caption&limit=2").await;
    assert_eq!(ids(&first), posts[..2], "newest first, without stories");
    let next = text(&first["paging"]["next"]);
    assert!(!next.contains("access_token"), "a token in the header is not repeated: {next}");
    let (_, second) = read(place.world.http.get(&next).bearer_auth(&token)).await;
    assert_eq!(ids(&second), posts[2..4]);
    // Each post took ten seconds.
    assert_eq!(ids(&place.get(&token, "me/media?since=1893488440").await.1), posts[..2]);
    assert_eq!(ids(&place.get(&token, "me/media?until=1893488420").await.1), posts[3..]);
    for query in ["limit=0", "since=soon", "before=a&after=a", "fields=id%7B"] {
        assert_eq!(refusal(&place.get(&token, &format!("me/media?{query}")).await.1), "100", "{query}");
    }
    assert_eq!(ids(&place.get(&token, "me/stories").await.1), [story.as_str()]);
    assert!(ids(&place.get(&token, "me/live_media").await.1).is_empty());
    assert_eq!(place.fields(&token, "me", "media_count").await["media_count"], 5);
    place.world.running.turn(Network::Instagram, |knobs| knobs.listing_delay_ms = 60_000);
    let newest = place.show(&token, "Newest").await;
    assert!(!ids(&place.get(&token, "me/media").await.1).contains(&newest), "lists lag");
    assert_eq!(place.fields(&token, &newest, "caption").await["caption"], "Newest", "reads by id do not");
    place.world.clock.advance(Duration::from_secs(24 * 3_600));
    let token = place.sign_in("lena").await;
    assert!(ids(&place.get(&token, "me/stories").await.1).is_empty(), "a story is seen for a day");
    let page = place.world.page(&place.url("@lena")).await;
    assert!(page.contains("Post 4") && !page.contains("story"), "{page}");
}

#[tokio::test]
async fn a_field_that_an_object_does_not_have_is_refused_by_name() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let id = place.show(&token, "A bridge").await;
    for path in [
        format!("{id}?fields=id,status_code"),
        format!("{id}?fields=view_count"),
        format!("{id}?fields=children,nothing"),
        "me?fields=email".into(),
        format!("{}?fields=caption", place.contain(&token, &[("image_url", &place.file("a.jpg"))]).await),
    ] {
        let (status, refused) = place.get(&token, &path).await;
        assert_eq!((status, refusal(&refused).as_str()), (400, "100"), "{path}");
        assert!(text(&refused["error"]["message"]).starts_with("Tried accessing nonexisting field ("), "{refused}");
    }
    assert_eq!(place.get(&token, &id).await.1, json!({ "id": id }));
    let stranger = place.sign_in("northwind").await;
    for path in [&*id, "18000000000000001", &format!("{id}/children"), &format!("{id}/insights?metric=reach")] {
        assert_eq!(refusal(&place.get(&stranger, path).await.1), "100/33", "{path}");
    }
    assert_eq!(refusal(&place.delete(&token, &id).await.1), "100/33", "this login has no deletion");
    let account = text(&place.fields(&token, "me", "user_id").await["user_id"]);
    let form = [("image_url", &*place.file("a.jpg"))];
    assert_eq!(refusal(&place.post(&stranger, &format!("{account}/media"), &form).await.1), "100/33");
}

#[tokio::test]
async fn insights_of_media_are_those_of_its_kind() {
    let place = Place::start().await;
    let token = place.sign_in("harbour_bakery").await;
    let (picture, film) = (place.file("a.jpg"), place.file("a.mp4"));
    let post = place.show(&token, "Bread").await;
    let reel = place.live(&token, &[("media_type", "REELS"), ("video_url", &film)]).await;
    let story = place.live(&token, &[("media_type", "STORIES"), ("image_url", &picture)]).await;
    let of = |id: String, rest: &'static str| {
        let (place, token) = (&place, &token);
        async move { place.get(token, &format!("{id}/insights?metric={rest}")).await }
    };
    assert_eq!(refusal(&of(story.clone(), "views").await.1), "10", "too few have seen it");
    place.world.clock.advance(Duration::from_secs(23 * 3_600));
    let token = place.sign_in("harbour_bakery").await;
    let of = |id: String, rest: &'static str| {
        let (place, token) = (&place, &token);
        async move { place.get(token, &format!("{id}/insights?metric={rest}")).await }
    };
    let feed = "views,reach,likes,comments,shares,saved,reposts,total_interactions,profile_visits,follows";
    let (status, answer) = of(post.clone(), feed).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["data"].as_array().map(Vec::len), Some(10));
    let views = &answer["data"][0];
    assert_eq!((&views["name"], &views["period"]), (&json!("views"), &json!("lifetime")));
    assert!(views["values"][0]["value"].is_u64(), "{views}");
    assert_eq!(of(reel.clone(), "views,ig_reels_avg_watch_time,reels_skip_rate").await.0, 200);
    let (status, told) = of(story.clone(), "views,replies,navigation&breakdown=story_navigation_action_type").await;
    // How many see a story is drawn from its id.
    assert!(status == 200 || refusal(&told) == "10", "{told}");
    for (id, wrong) in
        [(&post, "ig_reels_avg_watch_time"), (&post, "replies"), (&story, "saved"), (&reel, "navigation")]
    {
        let (status, refused) = of(id.clone(), wrong).await;
        assert_eq!((status, refusal(&refused).as_str()), (400, "100"));
        assert!(text(&refused["error"]["message"]).contains("for this media product type"), "{refused}");
    }
    for dead in ["impressions", "plays", "engagement", "facebook_views", ""] {
        assert_eq!(refusal(&of(post.clone(), dead).await.1), "100", "{dead}");
    }
    place.own("refused_metrics", json!(["shares"]));
    assert_eq!(refusal(&of(post, "views,shares").await.1), "100");
    place.world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(refusal(&place.get(&token, &format!("{story}/insights?metric=views")).await.1), "190/463");
    let token = place.sign_in("harbour_bakery").await;
    assert_eq!(refusal(&place.get(&token, &format!("{story}/insights?metric=views")).await.1), "10", "it has ended");
}

#[tokio::test]
async fn insights_of_the_account_have_their_period_type_and_span() {
    let place = Place::start().await;
    let token = place.sign_in("harbour_bakery").await;
    let of = |rest: &'static str| {
        let (place, token) = (&place, &token);
        async move { place.get(token, &format!("me/insights?metric={rest}")).await }
    };
    let (status, series) = of("reach&period=day&since=1893229200&until=1893488400").await;
    assert_eq!((status, series["data"][0]["values"].as_array().map(Vec::len)), (200, Some(3)), "{series}");
    assert_eq!(series["data"][0]["values"][2]["end_time"], "2030-01-01T09:00:00+0000");
    let (_, total) = of("views,likes&period=day&metric_type=total_value&breakdown=media_product_type").await;
    let whole = &total["data"][0]["total_value"];
    assert_eq!(whole["breakdowns"][0]["dimension_keys"], json!(["media_product_type"]), "{total}");
    let (_, people) = of("follower_demographics&period=lifetime&metric_type=total_value&breakdown=city").await;
    assert_eq!(
        people["data"][0]["total_value"]["breakdowns"][0]["results"][0]["dimension_values"],
        json!(["Rotterdam"])
    );
    for wrong in [
        "reach",
        "views&period=day",
        "reach&period=month",
        "views&period=lifetime&metric_type=total_value",
        "impressions&period=day",
        "views&period=day&metric_type=total_value&breakdown=city",
        "follower_demographics&period=lifetime&metric_type=total_value",
        "reach&period=day&since=1890000000&until=1893488400",
        "reach&period=day&since=1893488400&until=1893229200",
    ] {
        assert_eq!(refusal(&of(wrong).await.1), "100", "{wrong}");
    }
    let (_, old) = of("reach&period=day&since=1883229200&until=1883488400").await;
    assert_eq!(old, json!({ "data": [] }), "nothing is no zero");
    let small = place.sign_in("lena").await;
    let path = "me/insights?metric=follower_demographics&period=lifetime&metric_type=total_value&breakdown=age";
    assert_eq!(place.get(&small, path).await.1, json!({ "data": [] }), "too few followers");
}

#[tokio::test]
async fn everything_is_there_after_a_restart_and_gone_after_a_reset() {
    let folder = std::env::temp_dir().join(format!("sandbox-instagram-{}", base::random::token::<9>(&base::OsRandom)));
    let (post, token) = {
        let place = Place::with(Some(folder.clone())).await;
        let token = place.sign_in("lena").await;
        (place.show(&token, "Still <here>").await, token)
    };
    let place = Place::with(Some(folder.clone())).await;
    let kept = place.fields(&token, &post, "caption,media_url").await;
    assert_eq!(kept["caption"], "Still <here>");
    let file = place.world.http.get(text(&kept["media_url"])).send().await.expect("a file");
    assert_eq!(file.bytes().await.expect("bytes"), samples::jpeg(1_080, 1_080));
    let page = place.world.page(&place.url("@lena")).await;
    assert!(page.contains("Still &lt;here&gt;"), "{page}");
    assert!(place.world.page(&place.url("")).await.contains("Harbour Bakery"));
    for path in ["@nobody", "p/nothing/", "stories/lena/1/", "@lena/p/nothing", "file/00"] {
        assert_eq!(place.world.http.get(place.url(path)).send().await.expect("an answer").status(), 404, "{path}");
    }
    let picture = place.world.http.get(place.url("@lena/picture")).send().await.expect("an answer");
    assert_eq!(picture.headers()["content-type"], "image/png");
    place.world.running.reset();
    assert_eq!(refusal(&place.get(&token, "me").await.1), "190");
    drop(place);
    let _ = std::fs::remove_dir_all(folder);
}

/// The same objects, for an app that was let in with Facebook: other scopes, fields and metrics, and deletion.
#[tokio::test]
async fn with_facebook_login_the_same_objects_can_do_more() {
    let place = Place::start().await;
    let core = Arc::new(crate::Core::new(
        &crate::Options::new(Arc::new(place.world.clock.clone()), Arc::new(base::OsRandom)),
        Network::Instagram,
        url::Url::parse("http://127.0.0.1:9/").expect("an address"),
        place.world.running.ledger().clone(),
        place.world.running.traffic().clone(),
    ));
    let nodes = Arc::new(crate::instagram::Nodes::new(core, PRODUCT, None, crate::Core::own));
    let me = nodes.gallery().by_username("lena").cloned().expect("seeded");
    let scope = "instagram_basic instagram_content_publish instagram_manage_insights instagram_manage_contents";
    let consent = Consent {
        client_id: "1".into(),
        account: "1".into(),
        scope: scope.into(),
        targets: vec![me.id.clone()],
        declined: String::new(),
    };
    let made_at = base::Timestamp::from_seconds(0);
    let token = Token { grant: 1, consent, made_at, ends_at: None, long: true, target: Some("1".into()) };
    let call = async |method: Method, path: &str, form: &str| {
        let address: http::Uri = format!("/v26.0/{path}").parse().expect("an address");
        let params = Params::of(&address, &http::HeaderMap::new(), form.to_owned().into()).await.expect("reads");
        let (me, token) = (me.clone(), token.clone());
        let call = Call {
            nodes: &nodes,
            login: Login::Facebook,
            params: &params,
            token,
            me,
            address: path.to_owned(),
            digest: "".into(),
        };
        calls::carry_out(&call, &method, &crate::meta::calls::steps(address.path())).await.map_err(|it| it.body())
    };
    let id = me.id.clone();
    let form = format!("image_url={}&caption=Both", place.file("a.jpg"));
    let made = call(Method::POST, &format!("{id}/media"), &form).await.expect("a container");
    place.world.clock.advance(Duration::from_secs(2));
    let form = format!("creation_id={}", text(&made["id"]));
    let media = text(&call(Method::POST, &format!("{id}/media_publish"), &form).await.expect("live")["id"]);
    assert!(nodes.knows(&media) && nodes.knows(&id) && !nodes.knows("1"));
    let shape = call(Method::GET, &format!("{media}?fields=caption,view_count"), "").await.expect("fields");
    assert_eq!((&shape["caption"], shape["view_count"].is_u64()), (&json!("Both"), true));
    assert_eq!(call(Method::GET, &format!("{id}?fields=id"), "").await.expect("me")["id"], json!(id));
    let refused = call(Method::GET, &format!("{id}?fields=user_id"), "").await.expect_err("only with Instagram");
    assert_eq!(refusal(&refused), "100");
    assert_eq!(refusal(&call(Method::GET, "me", "").await.expect_err("that is a person")), "100/33");
    assert_eq!(refusal(&call(Method::GET, &format!("{media}/comments"), "").await.expect_err("no scope")), "10");
    let path = format!("{media}/insights?metric=total_views");
    assert_eq!(call(Method::GET, &path, "").await.expect("a metric")["data"][0]["name"], "total_views");
    let gone = call(Method::DELETE, &media, "").await.expect("deleted");
    assert_eq!(gone, json!({ "success": true, "deleted_id": media }));
    assert!(!nodes.knows(&media));
}
