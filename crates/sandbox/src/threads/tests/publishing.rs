//! Containers, publishing and what goes wrong with them.

use std::sync::{Arc, Mutex};

use axum::routing::post;

use super::*;
use crate::{Action, Fault, Rule, When, meta::hooks};

const NOT_FOUND: (u64, u64) = (24, 4_279_009);

#[tokio::test]
async fn a_text_goes_through_a_container_and_is_written_down_once() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let container = place.contain(&token, &[("media_type", "TEXT"), ("text", "Hello #Bridges")]).await;
    assert_eq!(place.status(&token, &container).await.0, "IN_PROGRESS");
    assert!(place.ledger().is_empty(), "nobody sees a container");
    place.world.clock.advance(Duration::from_secs(1));
    assert_eq!(place.status(&token, &container).await.0, "FINISHED");
    let (_, published) = place.publish(&token, &container).await;
    let id = text(&published["id"]);
    assert_ne!(id, container);
    assert_eq!(place.status(&token, &container).await.0, "PUBLISHED");
    let post = read_back(
        &place,
        &token,
        &id,
        "id,text,topic_tag,media_type,media_product_type,permalink,shortcode,timestamp,username,owner",
    )
    .await;
    assert_eq!(
        (&post["text"], &post["topic_tag"], &post["media_type"]),
        (&json!("Hello #Bridges"), &json!("Bridges"), &json!("TEXT_POST"))
    );
    assert_eq!(post["timestamp"], "2030-01-01T09:00:01+0000");
    let again = place.publish(&token, &container).await;
    assert_eq!(
        (again.0, refusal(&again.1).0, refusal(&again.1).1),
        (400, NOT_FOUND.0, NOT_FOUND.1),
        "the same container again"
    );
    let ledger = place.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(
        (ledger[0].remote_id.clone(), ledger[0].client_id.clone(), ledger[0].kind.as_str()),
        (id, Some(container), "post")
    );
    let page = place.world.page(&text(&post["permalink"])).await;
    assert!(page.contains("Hello #Bridges"), "{page}");
}

#[tokio::test]
async fn every_rule_of_a_container_is_enforced() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let long = "a".repeat(501);
    let curly = format!("{}’’’", "a".repeat(495));
    let links = (0..6).map(|number| format!("https://{number}.example")).collect::<Vec<_>>().join(" ");
    let long_alt = "a".repeat(1_001);
    let image = place.file("a.png");
    let (three, empty) = (poll(&["a", &"b".repeat(26)]), poll(&["a", ""]));
    let entities =
        |count: usize| json!(vec![json!({ "entity_type": "SPOILER", "offset": 0, "length": 1 }); count]).to_string();
    let style = |offset: usize, length: usize| json!({ "offset": offset, "length": length, "styling_info": ["bold"] });
    let overlapping = json!({ "plaintext": "Grüße", "text_with_styling_info": [style(0, 4), style(2, 5)] }).to_string();
    let split = json!({ "plaintext": "Grüße", "text_with_styling_info": [style(0, 3)] }).to_string();
    let long_text = json!({ "plaintext": "a".repeat(10_001) }).to_string();
    let linked = json!({ "plaintext": "a", "link_attachment_url": "https://a.example" }).to_string();
    let text_and = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let own = [("media_type", "TEXT"), ("text", "hi")];
        own.iter().chain(pairs).map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let image_and = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let own = [("media_type", "IMAGE"), ("image_url", image.as_str())];
        own.iter().chain(pairs).map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let broken: Vec<(Vec<(&'static str, String)>, &str)> = vec![
        (vec![("text", "no type".into())], "media_type"),
        (vec![("media_type", "REEL".into())], "media_type"),
        (vec![("media_type", "TEXT".into())], "text is required"),
        (vec![("media_type", "IMAGE".into())], "image_url is required"),
        (text_and(&[("text", &long)]), "Param text must be at most 500 characters long"),
        (text_and(&[("text", &curly)]), "Param text must be at most 500 characters long"),
        (text_and(&[("text", &links)]), "THREADS_API__LINK_LIMIT_EXCEEDED"),
        (text_and(&[("alt_text", "x")]), "alt_text"),
        (image_and(&[("alt_text", &long_alt)]), "alt_text must be at most 1000"),
        (text_and(&[("reply_control", "nobody")]), "reply_control must be one of"),
        (text_and(&[("topic_tag", "a.b")]), "topic_tag"),
        (text_and(&[("topic_tag", &"a".repeat(51))]), "topic_tag"),
        (text_and(&[("poll_attachment", &three)]), "1 to 25"),
        (text_and(&[("poll_attachment", &empty)]), "1 to 25"),
        (
            text_and(&[("poll_attachment", &poll(&["a", "b"])), ("link_attachment", "https://a.example")]),
            "cannot be combined",
        ),
        (text_and(&[("poll_attachment", &poll(&["a", "b"])), ("text_attachment", &linked)]), "cannot be combined"),
        (text_and(&[("link_attachment", "a.example")]), "valid URL"),
        (text_and(&[("link_attachment", "https://a.example"), ("text_attachment", &linked)]), "cannot be combined"),
        (text_and(&[("text_attachment", &overlapping)]), "overlap"),
        (text_and(&[("text_attachment", &split)]), "outside"),
        (text_and(&[("text_attachment", &long_text)]), "1 to 10000"),
        (text_and(&[("text_entities", &entities(11))]), "at most 10"),
        (text_and(&[("text_entities", r#"[{"entity_type":"SPOILER","offset":1,"length":2}]"#)]), "within the text"),
        (text_and(&[("gif_attachment", r#"{"gif_id":"1","provider":"TENOR"}"#)]), "GIPHY"),
        (text_and(&[("is_spoiler_media", "true")]), "is_spoiler_media"),
        (text_and(&[("is_ghost_post", "true"), ("enable_reply_approvals", "true")]), "cannot be combined"),
        (text_and(&[("location_id", "1")]), "location_id"),
        (text_and(&[("allowlisted_country_codes", "NL")]), "THREADS_API__FEATURE_NOT_AVAILABLE"),
        (text_and(&[("is_carousel_item", "true")]), "is_carousel_item"),
        (image_and(&[("is_ghost_post", "true")]), "is only available for text posts"),
        (image_and(&[("poll_attachment", &poll(&["a", "b"]))]), "is only available for text posts"),
        (image_and(&[("link_attachment", "https://a.example")]), "is only available for text posts"),
        (image_and(&[("auto_publish_text", "true")]), "is only available for text posts"),
        (vec![("media_type", "CAROUSEL".into()), ("children", "1".into())], "between 2 and 20"),
        (vec![("media_type", "CAROUSEL".into()), ("children", vec!["1"; 21].join(","))], "between 2 and 20"),
    ];
    for (form, told) in broken {
        // A name given twice: the later value counts.
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (code, _, message) = place.refused(&token, &pairs).await;
        assert!(code == 100 && message.contains(told), "{pairs:?}: {code} {message}");
    }
    for name in ["reply_to_id", "quote_post_id"] {
        let (code, subcode, _) =
            place.refused(&token, &[("media_type", "TEXT"), ("text", "hi"), (name, "18000000000000001")]).await;
        assert_eq!((code, subcode), NOT_FOUND, "{name}");
    }
    let geo = place.sign_in("harbour_bakery").await;
    let (_, _, message) =
        place.refused(&geo, &[("media_type", "TEXT"), ("text", "x"), ("allowlisted_country_codes", "nl")]).await;
    assert_eq!(message, "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES");
}

#[tokio::test]
async fn what_the_network_takes_is_taken() {
    let place = Place::start().await;
    let token = place.sign_in("harbour_bakery").await;
    let (cjk, five) =
        ("橋".repeat(500), (0..5).map(|number| format!("www.{number}.example")).collect::<Vec<_>>().join(" "));
    let first = place.say(&token, "first").await;
    let long = json!({ "plaintext": "Grüße", "text_with_styling_info": [{ "offset": 0, "length": 4, "styling_info": ["bold", "italic"] }, { "offset": 4, "length": 3, "styling_info": ["highlight"] }] });
    for (pairs, field, value) in [
        (vec![("text", cjk.as_str())], "text", json!(cjk)),
        (vec![("text", &five)], "link_attachment_url", json!("www.0.example")),
        (
            vec![("text", ""), ("link_attachment", "https://a.example/x")],
            "link_attachment_url",
            json!("https://a.example/x"),
        ),
        (vec![("text", "hi"), ("topic_tag", "Two words")], "topic_tag", json!("Two words")),
        (vec![("text", "hi"), ("quote_post_id", &first)], "quoted_post", json!({ "id": first })),
        (vec![("text", "hi"), ("reply_control", "followers_only")], "reply_audience", json!("FOLLOWERS_ONLY")),
        (vec![("text", "hi"), ("text_attachment", &long.to_string())], "text_attachment", long.clone()),
        (
            vec![("text", "hi"), ("gif_attachment", r#"{"gif_id":"xyz","provider":"GIPHY"}"#)],
            "gif_url",
            json!("https://media.giphy.com/media/xyz/giphy.gif"),
        ),
        (
            vec![("text", "hide me"), ("text_entities", r#"[{"entity_type":"SPOILER","offset":0,"length":4}]"#)],
            "text_entities",
            json!([{ "entity_type": "SPOILER", "offset": 0, "length": 4 }]),
        ),
        (vec![("text", "hi"), ("location_id", "105000000000001")], "location_id", json!("105000000000001")),
        (
            vec![("text", "hi"), ("allowlisted_country_codes", "NL,BE")],
            "allowlisted_country_codes",
            json!(["NL", "BE"]),
        ),
        (vec![("text", "hi"), ("is_ghost_post", "true")], "ghost_post_status", json!("ACTIVE")),
        (
            vec![("text", "hi"), ("poll_attachment", &poll(&["Yes", "No", ""]))],
            "poll_attachment{option_a,option_b,option_c}",
            json!({ "option_a": "Yes", "option_b": "No" }),
        ),
        (vec![("text", "hi"), ("poll_attachment", r#"["Yes","No"]"#)], "poll_attachment", Value::Null),
    ] {
        let form: Vec<(&str, &str)> = [("media_type", "TEXT")].into_iter().chain(pairs).collect();
        let id = place.live(&token, &form).await;
        let post = read_back(&place, &token, &id, field).await;
        assert_eq!(post[field.split('{').next().expect("a name")], value, "{form:?}");
    }
    place.own("strict_bytes", json!(true));
    assert_eq!(place.refused(&token, &[("media_type", "TEXT"), ("text", &cjk)]).await.0, 100);
}

#[tokio::test]
async fn a_json_body_loses_its_optional_parameters_without_a_word() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let body = json!({ "media_type": "TEXT", "text": "hi", "topic_tag": "Bridges", "poll_attachment": { "option_a": "a", "option_b": "b" } });
    let (status, made) =
        read(place.world.http.post(place.url("v1.0/me/threads")).bearer_auth(&token).json(&body)).await;
    assert_eq!(status, 200, "{made}");
    let (_, published) = place.publish(&token, &text(&made["id"])).await;
    let post = read_back(&place, &token, &text(&published["id"]), "text,topic_tag,poll_attachment").await;
    assert_eq!(post, json!({ "id": published["id"], "text": "hi" }));
    let form =
        reqwest::multipart::Form::new().text("media_type", "TEXT").text("text", "hi").text("topic_tag", "Bridges");
    let (_, made) = read(place.world.http.post(place.url("v1.0/me/threads")).bearer_auth(&token).multipart(form)).await;
    let (_, published) = place.publish(&token, &text(&made["id"])).await;
    let post = read_back(&place, &token, &text(&published["id"]), "topic_tag").await;
    assert_eq!(post["topic_tag"], "Bridges", "multipart keeps them");
}

#[tokio::test]
async fn pictures_and_films_are_fetched_and_looked_at() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let image = place
        .live(&token, &[("media_type", "IMAGE"), ("image_url", &place.file("a.png")), ("alt_text", "A bridge")])
        .await;
    let post = read_back(&place, &token, &image, "media_type,media_url,alt_text").await;
    assert_eq!((&post["media_type"], &post["alt_text"]), (&json!("IMAGE"), &json!("A bridge")));
    let bytes =
        place.world.http.get(text(&post["media_url"])).send().await.expect("an answer").bytes().await.expect("bytes");
    assert_eq!(bytes, samples::png(640, 480));
    for (name, code, subcode) in [
        ("nothing.png", 1, 2_207_052),
        ("page.html", 1, 2_207_052),
        ("moved.png", 1, 2_207_052),
        ("a.gif", 1, 2_207_052),
        ("a.mp4", 1, 2_207_052),
        ("large.png", 100, 0),
    ] {
        let refused = place.refused(&token, &[("media_type", "IMAGE"), ("image_url", &place.file(name))]).await;
        assert_eq!((refused.0, refused.1), (code, subcode), "{name}");
    }
    let elsewhere = place.refused(&token, &[("media_type", "IMAGE"), ("image_url", "http://192.0.2.1/a.png")]).await;
    assert_eq!(elsewhere.1, 2_207_052);
    let wide = place.contain(&token, &[("media_type", "IMAGE"), ("image_url", &place.file("wide.png"))]).await;
    assert_eq!(place.done(&token, &wide).await, ("ERROR".into(), Some("INVALID_ASPEC_RATIO".into())));
    for (name, why) in [
        ("a.mp4", None),
        ("nothing.mp4", Some("FAILED_DOWNLOADING_VIDEO")),
        ("page.html", Some("FAILED_DOWNLOADING_VIDEO")),
        ("a.png", Some("FAILED_PROCESSING_VIDEO")),
        ("late.mp4", Some("FAILED_PROCESSING_VIDEO")),
        ("vp9.mp4", Some("FAILED_PROCESSING_VIDEO")),
        ("long.mp4", Some("INVALID_DURATION")),
        ("slow.mp4", Some("INVALID_FRAME_RATE")),
        ("wide.mp4", Some("INVALID_ASPEC_RATIO")),
        ("surround.mp4", Some("INVALID_AUDIO_CHANNELS")),
    ] {
        let container = place.contain(&token, &[("media_type", "VIDEO"), ("video_url", &place.file(name))]).await;
        let (status, told) = place.done(&token, &container).await;
        assert_eq!(
            (status.as_str(), told.as_deref()),
            (if why.is_some() { "ERROR" } else { "FINISHED" }, why),
            "{name}"
        );
        let published = place.publish(&token, &container).await;
        assert_eq!(published.0, if why.is_some() { 400 } else { 200 }, "{name}: {}", published.1);
    }
    place.world.running.turn(Network::Threads, |knobs| knobs.processing_fails = true);
    let failing = place.contain(&token, &[("media_type", "IMAGE"), ("image_url", &place.file("a.png"))]).await;
    assert_eq!(place.done(&token, &failing).await.1.as_deref(), Some("UNKNOWN"));
}

#[tokio::test]
async fn a_carousel_wants_finished_items_and_has_them_as_children() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let item = |kind: &'static str, name: &'static str| {
        let (place, token) = (&place, &token);
        async move {
            let address = if kind == "IMAGE" { "image_url" } else { "video_url" };
            place
                .contain(
                    token,
                    &[
                        ("media_type", kind),
                        (address, &place.file(name)),
                        ("is_carousel_item", "true"),
                        ("text", "ignored"),
                        ("alt_text", "One"),
                    ],
                )
                .await
        }
    };
    let (first, second) = (item("IMAGE", "a.png").await, item("VIDEO", "a.mp4").await);
    let children = format!("{first},{second}");
    let form = [("media_type", "CAROUSEL"), ("children", children.as_str()), ("text", "Two")];
    let early = place.refused(&token, &form).await;
    assert_eq!((early.0, early.1), (24, 4_279_004), "items that are not finished");
    assert_eq!(place.done(&token, &second).await.0, "FINISHED");
    assert_eq!(place.publish(&token, &first).await.0, 400, "an item is no post");
    let parent = place.contain(&token, &form).await;
    let unready = place.publish(&token, &parent).await;
    assert_eq!((refusal(&unready.1).0, refusal(&unready.1).1), NOT_FOUND, "the carousel takes time, too");
    assert_eq!(place.done(&token, &parent).await.0, "FINISHED");
    let id = text(&place.publish(&token, &parent).await.1["id"]);
    let post = read_back(&place, &token, &id, "media_type,text,children{media_type,alt_text,media_url}").await;
    assert_eq!(post["media_type"], "CAROUSEL_ALBUM");
    let kinds: Vec<&Value> =
        post["children"]["data"].as_array().expect("a list").iter().map(|child| &child["media_type"]).collect();
    assert_eq!(kinds, ["IMAGE", "VIDEO"]);
    let only_ids = read_back(&place, &token, &id, "children").await;
    assert_eq!(only_ids["children"]["data"][0].as_object().expect("an object").len(), 1);
    let (_, list) = place.get(&token, "me/threads").await;
    assert_eq!(ids(&list), [id], "items are in no list");
    assert_eq!(place.ledger()[0].media_count, 2);
}

#[tokio::test]
async fn a_container_expires_and_a_film_is_not_published_before_it_is_ready() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let film = place.contain(&token, &[("media_type", "VIDEO"), ("video_url", &place.file("a.mp4"))]).await;
    assert_eq!(refusal(&place.publish(&token, &film).await.1).1, NOT_FOUND.1);
    assert_eq!(place.done(&token, &film).await.0, "FINISHED");
    place.world.clock.advance(Duration::from_secs(24 * 3_600));
    let token = place.sign_in("lena").await;
    assert_eq!(place.status(&token, &film).await.0, "EXPIRED");
    assert_eq!(place.publish(&token, &film).await.0, 400);
    let theirs = place.sign_in("northwind").await;
    let text = place.contain(&token, &[("media_type", "TEXT"), ("text", "mine")]).await;
    assert_eq!(place.publish(&theirs, &text).await.0, 400, "somebody else's container");
    assert_eq!(place.publish(&token, &text).await.0, 200, "text needs no waiting");
}

#[tokio::test]
async fn a_finished_container_may_not_be_found_for_a_while() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    place.own("unseen_one_in", json!(1));
    let container = place.contain(&token, &[("media_type", "TEXT"), ("text", "x")]).await;
    place.world.clock.advance(Duration::from_secs(5));
    assert_eq!(place.status(&token, &container).await.0, "FINISHED");
    let (status, refused) = place.publish(&token, &container).await;
    let error = &refused["error"];
    assert_eq!((status, refusal(&refused).0, refusal(&refused).1), (400, NOT_FOUND.0, NOT_FOUND.1));
    assert_eq!(
        (&error["message"], &error["type"]),
        (&json!("The requested resource does not exist"), &json!("OAuthException"))
    );
    assert_eq!((&error["is_transient"], &error["error_user_title"]), (&json!(false), &json!("Media Not Found")));
    assert_eq!(place.status(&token, &container).await.0, "FINISHED");
    place.world.clock.advance(Duration::from_secs(16));
    assert_eq!(place.publish(&token, &container).await.0, 200);
}

#[tokio::test]
async fn a_publish_may_be_refused_although_it_is_live_and_a_slow_one_is_live_before_it_answers() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    place.own("permission_one_in", json!(1));
    let container = place.contain(&token, &[("media_type", "TEXT"), ("text", "x")]).await;
    let (status, refused) = place.publish(&token, &container).await;
    assert_eq!((status, refusal(&refused).0), (500, 10));
    assert_eq!(place.status(&token, &container).await.0, "PUBLISHED");
    place.own("permission_one_in", json!(0));
    place.own("slow_one_in", json!(1));
    place.own("slow_ms", json!(400));
    let container = place.contain(&token, &[("media_type", "TEXT"), ("text", "y")]).await;
    // Two at once: one of them goes out, the other finds nothing any more.
    let (first, second) = tokio::join!(place.publish(&token, &container), place.publish(&token, &container));
    let mut outcomes = [first.0, second.0];
    outcomes.sort_unstable();
    assert_eq!(outcomes, [200, 400]);
    assert_eq!(place.ledger().len(), 2);
    let rule = Rule::once("threads_publish", Fault::Reset { when: When::After });
    place.world.running.turn(Network::Threads, |knobs| knobs.faults.push(rule));
    place.own("slow_one_in", json!(0));
    let container = place.contain(&token, &[("media_type", "TEXT"), ("text", "z")]).await;
    let lost = place
        .world
        .http
        .post(place.url("me/threads_publish"))
        .bearer_auth(&token)
        .form(&[("creation_id", &container)])
        .send()
        .await;
    assert!(lost.is_err(), "the connection breaks");
    assert_eq!(place.status(&token, &container).await.0, "PUBLISHED");
}

#[tokio::test]
async fn the_app_hears_of_posts_replies_mentions_and_deletions_with_a_signature_over_escaped_bytes() {
    let place = Place::start().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, hears) = (listener.local_addr().expect("bound"), heard.clone());
    let hook = move |headers: http::HeaderMap, body: String| async move {
        let signature = headers["x-hub-signature-256"].to_str().expect("text").to_owned();
        assert_eq!(signature, hooks::signature(PRODUCT, &body), "over the bytes as they came");
        assert!(body.is_ascii() && !body.contains("://"), "{body}");
        hears.lock().expect("whole").push(serde_json::from_str::<Value>(&body).expect("JSON"));
    };
    let serving = tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(hook))).await });
    place.own("webhook_url", json!(format!("http://{address}/hook")));
    let (lena, north) = (place.sign_in("lena").await, place.sign_in("northwind").await);
    let own = place.say(&lena, "Grüße").await;
    let reply = place.reply(&north, &own, "Hello @lena").await;
    place.delete(&lena, &own).await;
    let seen = || -> Vec<(String, String)> {
        let heard = heard.lock().expect("whole");
        heard.iter().map(|event| (text(&event["values"]["field"]), text(&event["values"]["value"]["id"]))).collect()
    };
    // Each request has a task of its own, so they may overtake each other.
    while seen().len() < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut fields = seen();
    fields.sort();
    let mut wanted =
        vec![("publish", &own), ("publish", &reply), ("replies", &reply), ("mentions", &reply), ("delete", &own)];
    wanted.sort();
    assert_eq!(fields, wanted.into_iter().map(|(field, id)| (field.to_owned(), id.clone())).collect::<Vec<_>>());
    let heard = heard.lock().expect("whole");
    let answer = heard.iter().find(|event| event["values"]["field"] == "replies").expect("told");
    assert_eq!((&answer["topic"], &answer["values"]["value"]["replied_to"]["id"]), (&json!("moderate"), &json!(own)));
    let published = heard.iter().find(|event| event["values"]["value"]["id"] == *own).expect("told");
    assert_eq!(published["values"]["value"]["text"], "Grüße");
    serving.abort();
}

#[tokio::test]
async fn quotas_roll_and_are_told() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    for (name, most) in [("posts", 2), ("replies", 1), ("deletes", 1)] {
        place.limit(name, most);
    }
    let (first, second) = (place.say(&token, "one").await, place.say(&token, "two").await);
    place.reply(&token, &first, "three").await;
    let container = place.contain(&token, &[("media_type", "TEXT"), ("text", "four")]).await;
    let (status, refused) = place.publish(&token, &container).await;
    assert_eq!((status, refusal(&refused).0), (400, 4));
    let answer = place.contain(&token, &[("media_type", "TEXT"), ("text", "five"), ("reply_to_id", &second)]).await;
    assert_eq!(place.publish(&token, &answer).await.0, 400);
    let (_, gone) = place.delete(&token, &first).await;
    assert_eq!(gone, json!({ "success": true, "deleted_id": first }));
    assert_eq!(refusal(&place.delete(&token, &second).await.1).0, 4);
    let fields = "quota_usage,config,reply_quota_usage,reply_config,delete_quota_usage,delete_config,location_search_quota_usage,location_search_config";
    let (_, told) = place.get(&token, &format!("me/threads_publishing_limit?fields={fields}")).await;
    let told = &told["data"][0];
    assert_eq!(
        (&told["quota_usage"], &told["reply_quota_usage"], &told["delete_quota_usage"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(told["config"], json!({ "quota_total": 2, "quota_duration": 86_400 }));
    assert_eq!(told["location_search_config"]["quota_total"], 500);
    assert_eq!(refusal(&place.get(&token, "me/threads_publishing_limit?fields=nothing").await.1).0, 100);
    place.world.clock.advance(Duration::from_secs(23 * 3_600));
    let token = place.sign_in("lena").await;
    assert_eq!(place.publish(&token, &container).await.0, 400, "the day is not over");
    place.world.clock.advance(Duration::from_secs(3_600));
    let token = place.sign_in("lena").await;
    place.say(&token, "a day later").await;
    let actions: Vec<Action> = place.ledger().iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [Action::Created, Action::Created, Action::Created, Action::Deleted, Action::Created]);
}

#[tokio::test]
async fn calls_are_counted_and_a_restricted_account_publishes_nothing() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    place.limit("calls", 2);
    let answer = place.world.http.get(place.url("me")).bearer_auth(&token).send().await.expect("an answer");
    let usage: Value = serde_json::from_str(answer.headers()["x-app-usage"].to_str().expect("text")).expect("JSON");
    assert_eq!(usage["call_count"], 50);
    assert!(answer.headers().contains_key("x-business-use-case-usage"));
    place.get(&token, "me").await;
    let (status, refused) = place.get(&token, "me").await;
    assert_eq!((status, refusal(&refused).0, &refused["error"]["is_transient"]), (400, 4, &json!(true)), "not 429");
    place.limit("calls", 1_000);
    for (restriction, code, subcode) in [("action", 4, 2_207_051), ("account", 10, 4_279_013)] {
        place.own("restriction", json!(restriction));
        let refused = place.refused(&token, &[("media_type", "TEXT"), ("text", "x")]).await;
        assert_eq!((refused.0, refused.1), (code, subcode), "{restriction}");
    }
}

#[tokio::test]
async fn reposts_ghosts_and_text_in_one_step() {
    let place = Place::start().await;
    let (lena, north) = (place.sign_in("lena").await, place.sign_in("northwind").await);
    let post = place.say(&north, "Look").await;
    let (_, repost) = place.post(&lena, &format!("{post}/repost"), &[]).await;
    let shown = read_back(&place, &lena, &text(&repost["id"]), "media_type,reposted_post").await;
    assert_eq!((&shown["media_type"], &shown["reposted_post"]), (&json!("REPOST_FACADE"), &json!({ "id": post })));
    assert_eq!(
        place.get(&lena, &format!("{}/insights?metric=views", text(&repost["id"]))).await.1,
        json!({ "data": [] })
    );
    assert_eq!(refusal(&place.post(&lena, "18000000000000001/repost", &[]).await.1).1, 33);
    let ghost = place.live(&lena, &[("media_type", "TEXT"), ("text", "Boo"), ("is_ghost_post", "true")]).await;
    assert_eq!(ids(&place.get(&lena, "me/ghost_posts").await.1), [ghost.as_str()]);
    assert!(!ids(&place.get(&lena, "me/threads").await.1).contains(&ghost));
    assert!(place.world.page(&place.url("@lena")).await.contains("Boo"));
    place.world.clock.advance(Duration::from_secs(24 * 3_600));
    assert!(!place.world.page(&place.url("@lena")).await.contains("Boo"), "it has vanished");
    let lena = place.sign_in("lena").await;
    assert_eq!(read_back(&place, &lena, &ghost, "ghost_post_status").await["ghost_post_status"], "ARCHIVED");
    let (_, whole) = place
        .post(&lena, "me/threads", &[("media_type", "TEXT"), ("text", "At once"), ("auto_publish_text", "true")])
        .await;
    assert_eq!(read_back(&place, &lena, &text(&whole["id"]), "text").await["text"], "At once");
    let kinds: Vec<String> = place.ledger().into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["post", "repost", "ghost", "post"]);
    let (_, shared) = place
        .post(&lena, "me/threads", &[("media_type", "TEXT"), ("text", "Two places"), ("crossreshare_to_ig", "true")])
        .await;
    let (_, published) = place.publish(&lena, &text(&shared["id"])).await;
    assert_eq!(published["crossreshare_to_ig_status"], "SUCCESS");
}

#[tokio::test]
async fn replies_need_the_right_to_reply_and_a_parent_that_can_be_found() {
    let place = Place::start().await;
    let (lena, north) = (place.sign_in("lena").await, place.sign_in("northwind").await);
    let open = place.say(&lena, "Open").await;
    let closed = place
        .live(&lena, &[("media_type", "TEXT"), ("text", "For @harbour_bakery"), ("reply_control", "mentioned_only")])
        .await;
    place.reply(&north, &open, "Fine").await;
    let form = |parent: &str| {
        vec![("media_type", "TEXT".to_owned()), ("text", "No".to_owned()), ("reply_to_id", parent.to_owned())]
    };
    let refused = |token: String, parent: String| {
        let place = &place;
        async move {
            let form = form(&parent);
            let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            place.refused(&token, &pairs).await.0
        }
    };
    assert_eq!(refused(north.clone(), closed.clone()).await, 10);
    let mentioned = place.sign_in("harbour_bakery").await;
    place.reply(&mentioned, &closed, "Thanks").await;
    let narrow = place.sign_in_for("northwind", "threads_basic,threads_content_publish").await;
    assert_eq!(refused(narrow, open.clone()).await, 10, "the scope is missing");
    let own = place.sign_in_for("lena", "threads_basic,threads_content_publish").await;
    let second = place.reply(&own, &open, "A thread goes on without it").await;
    let part = read_back(&place, &lena, &second, "is_reply,is_reply_owned_by_me,replied_to,root_post").await;
    assert_eq!((&part["replied_to"], &part["root_post"]), (&json!({ "id": open }), &json!({ "id": open })));
    place.own("parent_lag_ms", json!(10_000));
    let fresh = place.contain(&lena, &[("media_type", "TEXT"), ("text", "Fresh")]).await;
    let fresh = text(&place.publish(&lena, &fresh).await.1["id"]);
    assert_eq!(refused(lena.clone(), fresh.clone()).await, 24);
    place.world.clock.advance(Duration::from_secs(10));
    place.reply(&lena, &fresh, "Now").await;
    place.own("loose_reply_ms", json!(30_000));
    let film = place
        .contain(&lena, &[("media_type", "VIDEO"), ("video_url", &place.file("a.mp4")), ("reply_to_id", &open)])
        .await;
    assert_eq!(place.done(&lena, &film).await.0, "FINISHED");
    let loose = text(&place.publish(&lena, &film).await.1["id"]);
    assert!(read_back(&place, &lena, &loose, "replied_to").await.get("replied_to").is_none(), "published too soon");
}
