//! Lists, fields, moderation of replies, insights.

use super::*;

#[tokio::test]
async fn lists_have_pages_times_and_only_what_belongs_in_them() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let mut posts = Vec::new();
    for number in 0..5 {
        posts.push(place.say(&token, &format!("Post {number}")).await);
    }
    let reply = place.reply(&token, &posts[0], "A reply").await;
    posts.reverse();
    let (_, all) = place.get(&token, "me/threads?fields=id,text").await;
    assert_eq!(ids(&all), posts, "newest first, without replies");
    assert_eq!(ids(&place.get(&token, "me/replies").await.1), [reply]);
    let (_, first) = place.get(&token, "me/threads?limit=2").await;
    assert_eq!(ids(&first), posts[..2]);
    let next = text(&first["paging"]["next"]);
    assert!(!next.contains("access_token"), "a token in the header is not repeated: {next}");
    let (_, second) = read(place.world.http.get(&next).bearer_auth(&token)).await;
    assert_eq!(ids(&second), posts[2..4]);
    let before = text(&second["paging"]["cursors"]["before"]);
    assert_eq!(ids(&place.get(&token, &format!("me/threads?limit=2&before={before}")).await.1), posts[..2]);
    let in_query =
        read(place.world.http.get(format!("{}?limit=2&access_token={token}", place.url("me/threads")))).await.1;
    assert!(text(&in_query["paging"]["next"]).contains("access_token"));
    // Each post took ten seconds.
    let (_, late) = place.get(&token, "me/threads?since=1893488440").await;
    assert_eq!(ids(&late), posts[..2]);
    let (_, early) = place.get(&token, "me/threads?until=2030-01-01T09:00:20Z").await;
    assert_eq!(ids(&early), posts[3..]);
    for query in ["limit=0", "limit=x", "since=soon", "before=a&after=a", "after=%21", "fields=id%7B"] {
        assert_eq!(refusal(&place.get(&token, &format!("me/threads?{query}")).await.1).0, 100, "{query}");
    }
    place.world.running.turn(Network::Threads, |knobs| knobs.listing_delay_ms = 60_000);
    let newest = place.contain(&token, &[("media_type", "TEXT"), ("text", "Newest")]).await;
    let newest = text(&place.publish(&token, &newest).await.1["id"]);
    assert!(!ids(&place.get(&token, "me/threads").await.1).contains(&newest), "lists lag");
    assert_eq!(read_back(&place, &token, &newest, "text").await["text"], "Newest", "reads by id do not");
}

#[tokio::test]
async fn a_field_that_an_object_does_not_have_is_refused_by_name() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let container = place.contain(&token, &[("media_type", "TEXT"), ("text", "x")]).await;
    let id = text(&place.publish(&token, &container).await.1["id"]);
    let (status, refused) = place.get(&token, &format!("{id}?fields=id,status")).await;
    let error = &refused["error"];
    assert_eq!((status, &error["type"], refusal(&refused).0), (400, &json!("THApiException"), 100));
    assert_eq!(error["message"], "Tried accessing nonexisting field (status)");
    for path in [
        format!("{container}?fields=text"),
        format!("{id}?fields=gif_attachment"),
        "me?fields=email".into(),
        format!("{id}?fields=owner,quoted_post,nothing"),
    ] {
        assert_eq!(refusal(&place.get(&token, &path).await.1).0, 100, "{path}");
    }
    assert_eq!(place.get(&token, &id).await.1, json!({ "id": id }));
    assert_eq!(refusal(&place.get(&token, "18000000000000001").await.1).1, 33);
    let stranger = place.sign_in("northwind").await;
    assert_eq!(refusal(&place.get(&stranger, &id).await.1).1, 33, "posts of other people are not read by id");
    assert_eq!(refusal(&place.delete(&stranger, &id).await.1).1, 33);
    assert_eq!(
        refusal(&place.post(&token, "24000000000000001/threads", &[("media_type", "TEXT"), ("text", "x")]).await.1).1,
        4_279_009
    );
}

#[tokio::test]
async fn votes_come_as_fractions_and_only_by_name() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let id =
        place.live(&token, &[("media_type", "TEXT"), ("text", "?"), ("poll_attachment", &poll(&["Yes", "No"]))]).await;
    place.world.clock.advance(Duration::from_secs(1_800));
    let plain = read_back(&place, &token, &id, "poll_attachment").await;
    assert!(
        plain["poll_attachment"].get("total_votes").is_none() && plain["poll_attachment"]["option_b"] == "No",
        "{plain}"
    );
    let fields =
        "poll_attachment{option_a_votes_percentage,option_b_votes_percentage,total_votes,expiration_timestamp}";
    let asked = read_back(&place, &token, &id, fields).await;
    let share = |name: &str| asked["poll_attachment"][name].as_f64().expect("a fraction");
    let sum = share("option_a_votes_percentage") + share("option_b_votes_percentage");
    assert!(asked["poll_attachment"]["total_votes"] == 0 || (sum - 1.0).abs() < 1e-9, "{asked}");
}

#[tokio::test]
async fn the_owner_of_a_conversation_hides_and_approves_replies() {
    let place = Place::start().await;
    let (lena, north) = (place.sign_in("lena").await, place.sign_in("northwind").await);
    let post = place.say(&lena, "Open to all").await;
    let first = place.reply(&north, &post, "First").await;
    let deeper = place.reply(&lena, &first, "Deeper").await;
    let second = place.reply(&north, &post, "Second").await;
    assert_eq!(ids(&place.get(&lena, &format!("{post}/replies")).await.1), [second.clone(), first.clone()]);
    assert_eq!(
        ids(&place.get(&lena, &format!("{post}/replies?reverse=false")).await.1),
        [first.clone(), second.clone()]
    );
    assert_eq!(
        ids(&place.get(&lena, &format!("{post}/conversation?reverse=false")).await.1),
        [first.clone(), deeper.clone(), second.clone()]
    );
    assert_eq!(refusal(&place.get(&north, &format!("{post}/conversation")).await.1).1, 33, "only the owner");
    let hide = [("hide", "true")];
    assert_eq!(place.post(&lena, &format!("{first}/manage_reply"), &hide).await.1, json!({ "success": true }));
    assert_eq!(read_back(&place, &lena, &first, "hide_status").await["hide_status"], "HIDDEN");
    assert!(!place.world.page(&place.url("@lena")).await.contains("First"));
    place.post(&lena, &format!("{first}/manage_reply"), &[("hide", "false")]).await;
    assert_eq!(read_back(&place, &lena, &first, "hide_status").await["hide_status"], "UNHUSHED");
    assert_eq!(
        refusal(&place.post(&lena, &format!("{deeper}/manage_reply"), &hide).await.1).0,
        100,
        "not directly below"
    );
    assert_eq!(refusal(&place.post(&north, &format!("{second}/manage_reply"), &hide).await.1).1, 33, "not the owner");
    let asks =
        place.live(&lena, &[("media_type", "TEXT"), ("text", "Ask me"), ("enable_reply_approvals", "true")]).await;
    let (waiting, unwanted) = (place.reply(&north, &asks, "May I?").await, place.reply(&north, &asks, "Spam").await);
    assert!(ids(&place.get(&lena, &format!("{asks}/replies")).await.1).is_empty());
    assert_eq!(
        ids(&place.get(&lena, &format!("{asks}/pending_replies?approval_status=pending")).await.1),
        [unwanted.clone(), waiting.clone()]
    );
    for (reply, approve) in [(&waiting, "true"), (&unwanted, "false")] {
        assert_eq!(place.post(&lena, &format!("{reply}/manage_pending_reply"), &[("approve", approve)]).await.0, 200);
    }
    assert_eq!(ids(&place.get(&lena, &format!("{asks}/replies")).await.1), [waiting.as_str()]);
    assert_eq!(ids(&place.get(&lena, &format!("{asks}/pending_replies?approval_status=ignored")).await.1), [unwanted]);
    assert_eq!(
        refusal(&place.post(&lena, &format!("{waiting}/manage_pending_reply"), &[("approve", "true")]).await.1).0,
        100
    );
}

#[tokio::test]
async fn insights_of_posts_and_of_the_account() {
    let place = Place::start().await;
    let token = place.sign_in("harbour_bakery").await;
    let post = place.say(&token, "Bread").await;
    place.reply(&token, &post, "and buns").await;
    let (_, told) =
        place.get(&token, &format!("{post}/insights?metric=views,likes,replies,reposts,quotes,shares")).await;
    let replies =
        told["data"].as_array().expect("a list").iter().find(|metric| metric["name"] == "replies").expect("asked for");
    assert_eq!((&replies["values"][0]["value"], &replies["period"]), (&json!(1), &json!("lifetime")));
    assert_eq!(refusal(&place.get(&token, &format!("{post}/insights?metric=clicks")).await.1).0, 1);
    assert_eq!(refusal(&place.get(&token, &format!("{post}/insights?metric=smiles")).await.1).0, 100);
    assert_eq!(refusal(&place.get(&token, &format!("{post}/insights")).await.1).0, 100);
    let (_, told) = place.get(&token, "me/threads_insights?metric=views,likes,clicks,followers_count").await;
    let of = |name: &str| {
        told["data"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|metric| metric["name"] == name)
            .cloned()
            .expect("asked for")
    };
    assert!(of("views")["values"].is_array() && of("likes")["total_value"]["value"].is_u64(), "{told}");
    assert!(of("clicks")["link_total_values"].is_array());
    assert_eq!(of("followers_count")["total_value"]["value"], 412);
    for query in [
        "metric=followers_count&since=1893400000",
        "metric=views&since=1712991599",
        "metric=follower_demographics",
        "metric=follower_demographics&breakdown=shoe",
        "metric=views&period=week",
    ] {
        assert_eq!(refusal(&place.get(&token, &format!("me/threads_insights?{query}")).await.1).0, 100, "{query}");
    }
    assert_eq!(place.get(&token, "me/threads_insights?metric=follower_demographics&breakdown=age").await.0, 200);
    let small = place.sign_in("lena").await;
    assert_eq!(
        place.get(&small, "me/threads_insights?metric=follower_demographics&breakdown=age").await.0,
        400,
        "too few"
    );
    place.own("wants_period", json!(true));
    assert_eq!(place.get(&token, "me/threads_insights?metric=views").await.0, 400);
    assert_eq!(place.get(&token, "me/threads_insights?metric=views&period=day").await.0, 200);
}

#[tokio::test]
async fn mentions_searches_places_and_profiles() {
    let place = Place::start().await;
    let (lena, north) = (place.sign_in("lena").await, place.sign_in("northwind").await);
    let called = place.say(&north, "Nice picture, @lena!").await;
    let own = place.say(&lena, "A picture #Bridges").await;
    assert_eq!(ids(&place.get(&lena, "me/mentions?fields=id,text").await.1), [called.as_str()]);
    assert_eq!(
        ids(&place.get(&lena, "keyword_search?q=picture&search_type=RECENT").await.1),
        [own.as_str()],
        "own posts only"
    );
    assert_eq!(ids(&place.get(&lena, "keyword_search?q=bridges&search_mode=TAG").await.1), [own.as_str()]);
    assert_eq!(refusal(&place.get(&lena, "keyword_search?q=a&since=1688540399").await.1).0, 100);
    assert_eq!(refusal(&place.get(&lena, "profile_lookup?username=northwind").await.1).0, 10);
    let (_, found) = place.get(&lena, "location_search?q=swan&fields=id,name,city").await;
    assert_eq!(found["data"], json!([{ "id": "105000000000002", "name": "Swan Bridge", "city": "Rotterdam" }]));
    assert_eq!(ids(&place.get(&lena, "location_search?latitude=53.2&longitude=6.5").await.1), ["105000000000003"]);
    assert_eq!(refusal(&place.get(&lena, "location_search").await.1).0, 100);
    assert_eq!(read_back(&place, &lena, "105000000000001", "name").await["name"], "The Quay");
    place.own("advanced_access", json!(true));
    assert_eq!(ids(&place.get(&lena, "keyword_search?q=picture").await.1), [own.clone(), called]);
    assert_eq!(place.get(&lena, "profile_lookup?username=northwind").await.1["name"], "Northwind Bikes");
    assert_eq!(ids(&place.get(&north, "profile_posts?username=lena").await.1), [own.as_str()]);
    let permalink = text(&read_back(&place, &lena, &own, "permalink").await["permalink"]);
    let (status, embedded) = read(place.world.http.get(place.url("oembed")).query(&[("url", permalink)])).await;
    assert_eq!((status, &embedded["type"]), (200, &json!("rich")));
}

#[tokio::test]
async fn what_people_wrote_never_becomes_markup_on_the_pages() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let evil = "<script>alert(1)</script>";
    let long = json!({ "plaintext": evil }).to_string();
    place
        .live(&token, &[("media_type", "TEXT"), ("text", evil), ("text_attachment", &long), ("topic_tag", evil)])
        .await;
    place.live(&token, &[("media_type", "TEXT"), ("text", "?"), ("poll_attachment", &poll(&["<b>", "a"]))]).await;
    let page = place.world.page(&place.url("@lena")).await;
    assert!(!page.contains("<script") && !page.contains("<b>") && page.contains("&lt;b&gt;"), "{page}");
    assert!(place.world.page(&place.url("")).await.contains("Harbour Bakery"));
    let nobody = place.world.http.get(place.url("@nobody")).send().await.expect("an answer");
    assert_eq!(nobody.status(), 404);
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = std::env::temp_dir().join(format!("sandbox-threads-{}", base::random::token::<9>(&base::OsRandom)));
    let (post, token) = {
        let mut place = Place::start().await;
        place.world = World::with(Some(folder.clone())).await;
        let token = place.sign_in("lena").await;
        (place.say(&token, "Still here").await, token)
    };
    let mut place = Place::start().await;
    place.world = World::with(Some(folder.clone())).await;
    assert_eq!(read_back(&place, &token, &post, "text").await["text"], "Still here");
    assert_eq!(place.ledger().len(), 1);
    drop(place);
    let _ = std::fs::remove_dir_all(folder);
}
