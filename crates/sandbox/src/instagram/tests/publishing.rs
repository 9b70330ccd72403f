//! Containers, publishing and what goes wrong with them.

use super::*;
use crate::{Action, Fault, Rule, When, instagram::problem};

#[tokio::test]
async fn a_picture_goes_through_a_container_and_is_written_down_once() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let form = [("image_url", &*place.file("a.jpg")), ("caption", "Hello #bridges"), ("alt_text", "A bridge")];
    let container = place.contain(&token, &form).await;
    let working = ("IN_PROGRESS".to_owned(), "In progress: Media is still being processed.".to_owned());
    assert_eq!(place.status(&token, &container).await, working);
    let (status, early) = place.publish(&token, &container).await;
    assert_eq!((status, refusal(&early).as_str()), (400, "9007/2207027"));
    assert_eq!(
        (&early["error"]["error_user_title"], &early["error"]["is_transient"]),
        (&json!("Cannot publish"), &json!(false))
    );
    assert!(place.ledger().is_empty(), "nobody sees a container");
    place.world.clock.advance(Duration::from_secs(2));
    assert_eq!(place.status(&token, &container).await.0, "FINISHED");
    let (_, published) = place.publish(&token, &container).await;
    let id = text(&published["id"]);
    assert_eq!(place.status(&token, &container).await.0, "PUBLISHED");
    assert_eq!(place.publish(&token, &container).await.0, 400, "the same container again");
    let fields = "id,caption,alt_text,media_type,media_product_type,permalink,shortcode,timestamp,username,owner";
    let post = place.fields(&token, &id, fields).await;
    assert_eq!(
        (&post["caption"], &post["alt_text"], &post["media_type"], &post["media_product_type"], &post["timestamp"]),
        (
            &json!("Hello #bridges"),
            &json!("A bridge"),
            &json!("IMAGE"),
            &json!("FEED"),
            &json!("2030-01-01T09:00:02+0000")
        )
    );
    let permalink = text(&post["permalink"]);
    assert!(permalink.ends_with(&format!("/p/{}/", text(&post["shortcode"]))), "{permalink}");
    for page in [permalink, place.url("@lena")] {
        let page = place.world.page(&page).await;
        assert!(page.contains("Hello #bridges") && page.contains("A bridge"), "{page}");
    }
    let ledger = place.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(
        (&ledger[0].remote_id, &ledger[0].client_id, ledger[0].kind.as_str(), ledger[0].media_count),
        (&id, &Some(container), "post", 1)
    );
}

#[tokio::test]
async fn every_rule_of_a_container_is_enforced() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let [picture, film] = ["a.jpg", "a.mp4"].map(|name| place.file(name));
    let (long, tags) = ("a".repeat(2_201), (0..31).map(|n| format!("#tag{n}")).collect::<Vec<_>>().join(" "));
    let names = (0..21).map(|n| format!("@name{n}")).collect::<Vec<_>>().join(" ");
    let alt = "a".repeat(1_001);
    let tagged = |tag: Value, times: usize| json!(vec![tag; times]).to_string();
    let at = |x: f64| json!({ "username": "northwind", "x": x, "y": 0.5 });
    let (without, placed, outside) =
        (tagged(json!({ "username": "northwind" }), 1), tagged(at(0.5), 1), tagged(at(1.5), 1));
    let (many, stranger) = (tagged(at(0.5), 21), tagged(json!({ "username": "nobody", "x": 0, "y": 0 }), 1));
    let image = [("image_url", picture.as_str())];
    let reel = [("media_type", "REELS"), ("video_url", film.as_str())];
    let story = [("media_type", "STORIES"), ("image_url", picture.as_str())];
    let item = [("is_carousel_item", "true"), ("image_url", picture.as_str())];
    let carousel = [("media_type", "CAROUSEL")];
    let eleven = ["1"; 11].join(",");
    type Broken<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)], &'a str);
    let broken: &[Broken<'_>] = &[
        (&[], &[], "100"),
        (&reel[..1], &[], "100"),
        (&story[..1], &[], "100"),
        (&image, &[("media_type", "PHOTO")], "100/2207023"),
        (&reel, &[("media_type", "VIDEO")], "100/2207067"),
        (&image, &[("caption", &long)], "36004/2207010"),
        (&image, &[("caption", &tags)], "36004/2207010"),
        (&image, &[("caption", &names)], "100/2207040"),
        (&image, &[("alt_text", &alt)], "100"),
        (&reel, &[("alt_text", "x")], "100"),
        (&story, &[("alt_text", "x")], "100"),
        (&image, &[("user_tags", &without)], "100/2207036"),
        (&image, &[("user_tags", &outside)], "100/2207036"),
        (&reel, &[("user_tags", &placed)], "100/2207035"),
        (&image, &[("user_tags", &many)], "100/2207040"),
        (&image, &[("user_tags", &stranger)], "110/2207018"),
        (&image, &[("user_tags", "northwind")], "100"),
        (&image, &[("collaborators", "[\"@northwind\"]")], "110/2207018"),
        (&image, &[("collaborators", "a,b,c,d")], "100"),
        (&item, &[("collaborators", "northwind")], "100"),
        (&story, &[("collaborators", "northwind")], "100"),
        (&story, &[("location_id", "105000000000001")], "100"),
        (&image, &[("location_id", "1")], "100"),
        (&item, &[("is_ai_generated", "true")], "100"),
        (&reel, &[("thumb_offset", "-1")], "1/2207057"),
        (&reel, &[("trial_params", "{\"graduation_strategy\":\"NEVER\"}")], "100"),
        (&image, &[("trial_params", "{\"graduation_strategy\":\"MANUAL\"}")], "100"),
        (&reel, &[("is_carousel_item", "true")], "100"),
        (&carousel, &[], "100"),
        (&carousel, &[("children", "1")], "100/2207028"),
        (&carousel, &[("children", &eleven)], "100/2207028"),
        (&carousel, &[("children", "1,2")], "24/2207008"),
    ];
    for (form, more, wanted) in broken {
        let form: Vec<(&str, &str)> = form.iter().chain(*more).copied().collect();
        assert_eq!(place.refused(&token, &form).await.0, *wanted, "{form:?}");
    }
    let told = place.refused(&token, &[image[0], ("location_id", "1")]).await.1;
    assert!(told.contains("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID"), "{told}");
    let told = place.refused(&token, &[item[0], item[1], ("collaborators", "northwind")]).await.1;
    assert!(told.contains("param collaborators is not allowed"), "{told}");
    place.own("no_trial_reels", json!(true));
    let trial = ("trial_params", "{\"graduation_strategy\":\"MANUAL\"}");
    assert_eq!(place.refused(&token, &[reel[0], reel[1], trial]).await.0, "-1/2207081");
    place.own("no_resumable", json!(true));
    assert_eq!(place.refused(&token, &[reel[0], ("upload_type", "resumable")]).await.0, "100");
}

#[tokio::test]
async fn what_the_network_takes_is_taken() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let [picture, film, tall] = ["a.jpg", "a.mp4", "tall.jpg"].map(|name| place.file(name));
    let tags = json!([{ "username": "northwind", "x": 0.5, "y": 0.8 }]).to_string();
    let full = place
        .live(
            &token,
            &[
                ("image_url", &picture),
                ("user_tags", &tags),
                ("collaborators", "[\"northwind\",\"harbour_bakery\"]"),
                ("location_id", "105000000000002"),
                ("is_ai_generated", "true"),
            ],
        )
        .await;
    assert_eq!(place.fields(&token, &full, "is_ai_generated").await["is_ai_generated"], true);
    let (_, invited) = place.get(&token, &format!("{full}/collaborators")).await;
    assert_eq!(
        (&invited["data"][0]["username"], &invited["data"][1]["invite_status"]),
        (&json!("northwind"), &json!("Pending"))
    );
    let page = place.world.page(&place.url("@lena")).await;
    assert!(page.contains("Swan Bridge") && page.contains("@northwind") && page.contains("AI info"), "{page}");
    let reel = place
        .live(
            &token,
            &[
                ("media_type", "REELS"),
                ("video_url", &film),
                ("caption", "Moving"),
                ("cover_url", &tall),
                ("thumb_offset", "0"),
                ("share_to_feed", "false"),
                ("audio_name", "Harbour noise"),
            ],
        )
        .await;
    let fields = "media_type,media_product_type,is_shared_to_feed,permalink,media_url,thumbnail_url";
    let shape = place.fields(&token, &reel, fields).await;
    assert_eq!(
        (&shape["media_type"], &shape["media_product_type"], &shape["is_shared_to_feed"]),
        (&json!("VIDEO"), &json!("REELS"), &json!(false))
    );
    assert!(text(&shape["permalink"]).contains("/reel/") && shape["media_url"] != shape["thumbnail_url"], "{shape}");
    let cover = place.world.http.get(text(&shape["thumbnail_url"])).send().await.expect("a file");
    assert_eq!(cover.bytes().await.expect("bytes"), samples::jpeg(1_080, 1_920));
    assert!(place.world.page(&text(&shape["permalink"])).await.contains("Harbour noise"));
    for (name, value) in [("image_url", &tall), ("video_url", &film)] {
        let story = place.live(&token, &[("media_type", "STORIES"), (name, value), ("caption", "passed over")]).await;
        let shape = place.fields(&token, &story, "media_product_type,permalink,caption").await;
        assert_eq!((&shape["media_product_type"], &shape["caption"]), (&json!("STORY"), &Value::Null));
        assert!(place.world.page(&text(&shape["permalink"])).await.contains("story"), "{shape}");
    }
    let json_body = json!({ "image_url": picture, "caption": "In JSON", "collaborators": ["northwind"] });
    let request = place.world.http.post(place.url("v26.0/me/media")).bearer_auth(&token).json(&json_body);
    assert_eq!(read(request).await.0, 200);
    let kinds: Vec<String> = place.ledger().into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["post", "reel", "story", "story"]);
}

#[tokio::test]
async fn pictures_and_films_are_fetched_and_looked_at() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    for (name, wanted) in [
        ("nothing.jpg", "9004/2207052"),
        ("page.html", "9004/2207052"),
        ("moved.jpg", "9004/2207052"),
        ("a.png", "36001/2207005"),
        ("a.mp4", "36001/2207005"),
        ("large.jpg", "36000/2207004"),
        ("tall.jpg", "36003/2207009"),
        ("wide.jpg", "36003/2207009"),
    ] {
        assert_eq!(place.refused(&token, &[("image_url", &place.file(name))]).await.0, wanted, "{name}");
    }
    place.live(&token, &[("image_url", &place.file("edge.jpg"))]).await;
    assert_eq!(place.refused(&token, &[("image_url", "http://192.0.2.1/a.jpg")]).await.0, "9004/2207052");
    for (kind, name, why) in [
        ("REELS", "minute.mp4", None),
        ("REELS", "nothing.mp4", Some("2207077")),
        ("REELS", "page.html", Some("2207052")),
        ("REELS", "a.jpg", Some("2207026")),
        ("REELS", "late.mp4", Some("2207026")),
        ("REELS", "vp9.mp4", Some("2207026")),
        ("REELS", "long.mp4", Some("2207026")),
        ("REELS", "short.mp4", Some("2207026")),
        ("REELS", "slow.mp4", Some("2207076")),
        ("STORIES", "minute.mp4", Some("2207026")),
    ] {
        let container = place.contain(&token, &[("media_type", kind), ("video_url", &place.file(name))]).await;
        let (status, told) = place.done(&token, &container).await;
        assert_eq!(status, if why.is_some() { "ERROR" } else { "FINISHED" }, "{name}");
        assert!(
            why.is_none_or(|why| told == format!("Error: Media upload has failed with error code {why}")),
            "{told}"
        );
        assert_eq!(place.publish(&token, &container).await.0, if why.is_some() { 400 } else { 200 }, "{name}");
    }
    let late = [("media_type", "REELS"), ("video_url", &*place.file("a.mp4")), ("thumb_offset", "5000")];
    let late = place.contain(&token, &late).await;
    assert!(place.done(&token, &late).await.1.ends_with("2207057"), "the cover is behind the end");
}

#[tokio::test]
async fn a_carousel_wants_finished_items_and_has_them_as_children() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let [picture, film] = ["a.jpg", "a.mp4"].map(|name| place.file(name));
    let tags = json!([{ "username": "northwind", "x": 0.1, "y": 0.1 }]).to_string();
    let first = [("is_carousel_item", "true"), ("image_url", &*picture), ("alt_text", "One"), ("user_tags", &*tags)];
    let second = [("is_carousel_item", "true"), ("media_type", "VIDEO"), ("video_url", &*film)];
    let (one, two) = (place.contain(&token, &first).await, place.contain(&token, &second).await);
    let children = format!("{one},{two}");
    let form =
        [("media_type", "CAROUSEL"), ("children", &*children), ("caption", "Both"), ("collaborators", "northwind")];
    assert_eq!(place.refused(&token, &form).await.0, "2", "the items are not ready");
    for item in [&one, &two] {
        assert_eq!(place.done(&token, item).await.0, "FINISHED");
    }
    assert_eq!(refusal(&place.publish(&token, &one).await.1), "24/2207008", "an item is not published by itself");
    let as_json = json!([one, two]).to_string();
    for children in [&children, &as_json] {
        let parent = place.contain(&token, &[form[0], ("children", children), form[2], form[3]]).await;
        assert_eq!(refusal(&place.publish(&token, &parent).await.1), "9007/2207027", "a parent takes its time too");
        assert_eq!(place.done(&token, &parent).await.0, "FINISHED");
        let id = text(&place.publish(&token, &parent).await.1["id"]);
        let shape = place.fields(&token, &id, "media_type,children{media_type,alt_text,media_url,permalink}").await;
        let kinds: Vec<&Value> =
            shape["children"]["data"].as_array().expect("items").iter().map(|it| &it["media_type"]).collect();
        assert_eq!((&shape["media_type"], kinds), (&json!("CAROUSEL_ALBUM"), vec![&json!("IMAGE"), &json!("VIDEO")]));
        let (_, listed) = place.get(&token, &format!("{id}/children?fields=id,alt_text")).await;
        assert_eq!(listed["data"][0]["alt_text"], "One");
    }
    let other = place.sign_in("northwind").await;
    assert_eq!(place.refused(&other, &form).await.0, "24/2207008", "the items are somebody else's");
    let ledger = place.ledger();
    assert_eq!(ledger.iter().map(|entry| entry.media_count).collect::<Vec<_>>(), [2, 2]);
}

#[tokio::test]
async fn a_film_is_sent_in_pieces_or_by_its_address() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let film = Sample::default().bytes();
    let begin = async || {
        let form = [("media_type", "REELS"), ("upload_type", "resumable"), ("caption", "Sent")];
        let (_, made) = place.post(&token, "me/media", &form).await;
        (text(&made["id"]), text(&made["uri"]))
    };
    let send = |uri: String, offset: usize, piece: Vec<u8>| {
        let request = place.world.http.post(uri).header("authorization", format!("OAuth {token}"));
        read(request.header("offset", offset).header("file_size", film.len()).body(piece))
    };
    let (container, uri) = begin().await;
    assert!(uri.ends_with(&format!("/ig-api-upload/v26.0/{container}")), "{uri}");
    let half = film.len() / 2;
    let (status, part) = send(uri.clone(), 0, film[..half].to_vec()).await;
    assert_eq!((status, &part["debug_info"]["retriable"]), (400, &json!(true)), "{part}");
    let come = place.fields(&token, &container, "status_code,video_status").await;
    assert_eq!(
        (&come["status_code"], &come["video_status"]["uploading_phase"]["bytes_transfered"]),
        (&json!("IN_PROGRESS"), &json!(half))
    );
    let (_, wrong) = send(uri.clone(), 0, film.clone()).await;
    assert_eq!(wrong["debug_info"]["type"], "OffsetInvalidError");
    let (status, ended) = send(uri.clone(), half, film[half..].to_vec()).await;
    assert_eq!((status, &ended["message"]), (200, &json!("Upload successful.")));
    assert_eq!(place.done(&token, &container).await.0, "FINISHED");
    let id = text(&place.publish(&token, &container).await.1["id"]);
    let address = text(&place.fields(&token, &id, "media_url").await["media_url"]);
    assert_eq!(place.world.http.get(address).send().await.expect("a file").bytes().await.expect("bytes"), film);
    let (_, over) = send(uri, 0, film.clone()).await;
    assert_eq!(over["debug_info"]["retriable"], false, "the upload has ended");

    let fetched = |uri: String, name: &str| {
        let request = place.world.http.post(uri).header("authorization", format!("OAuth {token}"));
        read(request.header("file_url", place.file(name)))
    };
    let (container, uri) = begin().await;
    assert_eq!(fetched(uri.clone(), "nothing.mp4").await.1["debug_info"]["type"], "ProcessingFailedError");
    assert_eq!(fetched(uri, "a.mp4").await.0, 200);
    assert_eq!(place.done(&token, &container).await.0, "FINISHED");

    let (container, uri) = begin().await;
    let stranger = place.sign_in("northwind").await;
    let request = place.world.http.post(&uri).header("authorization", format!("OAuth {stranger}"));
    assert_eq!(read(request.header("offset", 0).header("file_size", 9).body("123456789")).await.0, 400);
    let nobody = place.world.http.post(&uri).header("offset", 0).header("file_size", 9).body("123456789");
    assert_eq!(refusal(&read(nobody).await.1), "190");
    let (status, _) = send(uri, 0, vec![7; film.len()]).await;
    assert_eq!((status, place.done(&token, &container).await.0.as_str()), (200, "ERROR"), "it is no film");
}

#[tokio::test]
async fn quotas_roll_and_are_told() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let usage = async || {
        let path = "me/content_publishing_limit?fields=quota_usage,config";
        let (_, answer) = place.get(&token, path).await;
        answer["data"][0].clone()
    };
    assert_eq!(usage().await, json!({ "quota_usage": 0, "config": { "quota_total": 100, "quota_duration": 86_400 } }));
    place.limit("posts", 2);
    place.show(&token, "One").await;
    place.show(&token, "Two").await;
    assert_eq!(usage().await, json!({ "quota_usage": 2, "config": { "quota_total": 2, "quota_duration": 86_400 } }));
    let third = place.contain(&token, &[("image_url", &place.file("a.jpg"))]).await;
    place.done(&token, &third).await;
    assert_eq!(refusal(&place.publish(&token, &third).await.1), "9/2207042");
    assert_eq!(place.status(&token, &third).await.0, "FINISHED", "it can be published later");
    let since = |seconds: i64| format!("me/content_publishing_limit?since={}", 1_893_488_400 + seconds);
    assert_eq!(place.get(&token, &since(15)).await.1["data"][0]["quota_usage"], 1);
    assert_eq!(place.get(&token, &since(-90_000)).await.0, 400);
    assert_eq!(place.get(&token, "me/content_publishing_limit?fields=quota").await.0, 400);
    place.world.clock.advance(Duration::from_secs(86_400));
    let token = place.sign_in("lena").await;
    assert_eq!(refusal(&place.publish(&token, &third).await.1), "24/2207008", "it has expired");
    assert_eq!(place.status(&token, &third).await.0, "EXPIRED");
    place.show(&token, "Three").await;
    place.limit("containers", 1);
    assert_eq!(place.refused(&token, &[("image_url", &place.file("a.jpg"))]).await.0, "9/2207042");
}

#[tokio::test]
async fn every_documented_refusal_can_be_turned_on_before_and_after_the_effect() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    for name in ["-2/2207003", "4", "25/2207050", "190/460", "368", "80002"] {
        place.own("refuse", json!({ "media": name }));
        assert_eq!(place.refused(&token, &[("image_url", &place.file("a.jpg"))]).await.0, name);
    }
    place.own("refuse", json!({ "get": "100/33" }));
    assert_eq!(refusal(&place.get(&token, "me").await.1), "100/33");
    place.own("refuse", json!({}));
    let container = place.contain(&token, &[("image_url", &place.file("a.jpg"))]).await;
    place.done(&token, &container).await;
    let next = |fault: Fault| {
        place.world.running.turn(Network::Instagram, |knobs| knobs.faults = vec![Rule::once("media_publish", fault)]);
    };
    next(problem::fault("-1/2207001", When::Before));
    assert_eq!(refusal(&place.publish(&token, &container).await.1), "-1/2207001");
    assert!(place.ledger().is_empty());
    next(problem::fault("4/2207051", When::After));
    assert_eq!(refusal(&place.publish(&token, &container).await.1), "4/2207051");
    assert_eq!((place.ledger().len(), place.status(&token, &container).await.0.as_str()), (1, "PUBLISHED"));
    let control = place.world.running.control.as_str();
    let put = |own: Value| read(place.world.http.put(format!("{control}knobs/instagram")).json(&json!({ "own": own })));
    assert_eq!(put(json!({ "refuse": { "media": "4/2207051" } })).await.0, 200);
    for wrong in [json!({ "refuse": { "media": "4/1" } }), json!({ "published_again": "?" }), json!({ "mood": 1 })] {
        assert_eq!(put(wrong.clone()).await.0, 422, "{wrong}");
    }
}

#[tokio::test]
async fn what_happens_now_and_then_happens_every_time_if_it_is_told_to() {
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let form = [("image_url", &*place.file("a.jpg"))];
    place.own("unfetched_one_in", json!(1));
    assert_eq!(place.refused(&token, &form).await.0, "9004/2207052");
    place.own("unfetched_one_in", json!(0));
    place.own("unready_one_in", json!(1));
    let container = place.contain(&token, &form).await;
    assert_eq!(place.done(&token, &container).await.0, "FINISHED");
    assert_eq!(refusal(&place.publish(&token, &container).await.1), "9007/2207027");
    place.world.clock.advance(Duration::from_secs(20));
    place.own("blocked_one_in", json!(1));
    assert_eq!(refusal(&place.publish(&token, &container).await.1), "4/2207051");
    assert_eq!(place.status(&token, &container).await.0, "PUBLISHED", "it is live all the same");
    place.own("container_fails", json!(2_207_085));
    place.own("silent_status", json!(true));
    let failing = place.contain(&token, &form).await;
    place.world.clock.advance(Duration::from_secs(2));
    let (code, told) = place.status(&token, &failing).await;
    assert_eq!((code.as_str(), told.ends_with("2207085")), ("", true), "{told}");
    assert_eq!(place.ledger().iter().filter(|entry| entry.action == Action::Created).count(), 1);
}
