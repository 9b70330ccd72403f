//! Films in one call and in pieces, reels, stories.

use super::*;

impl Place {
    /// Begins a reel or story; gives its id and the address for the bytes.
    async fn begun(&self, token: &str, edge: &str) -> (String, String) {
        let made = self.made(token, &format!("me/{edge}"), &[("upload_phase", "start")]).await;
        (text(&made["video_id"]), text(&made["upload_url"]))
    }

    async fn send(&self, token: &str, address: &str, headers: &[(&str, &str)], bytes: Vec<u8>) -> (u16, Value) {
        let request = self.world.http.post(address).header("authorization", format!("OAuth {token}")).body(bytes);
        read(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// A reel that was fetched from a file and finished.
    async fn reel(&self, token: &str, name: &str) -> String {
        let (id, address) = self.begun(token, "video_reels").await;
        let (status, sent) = self.send(token, &address, &[("file_url", &self.file(name))], Vec::new()).await;
        assert_eq!((status, &sent["success"]), (200, &json!(true)), "{sent}");
        let form =
            [("upload_phase", "finish"), ("video_id", &*id), ("video_state", "PUBLISHED"), ("description", name)];
        self.made(token, "me/video_reels", &form).await;
        id
    }

    async fn status(&self, token: &str, id: &str) -> Value {
        self.shown(token, id, "status").await["status"].clone()
    }
}

#[tokio::test]
async fn a_reel_goes_from_upload_over_work_to_the_page_and_out_once() {
    let place = Place::start().await;
    let (page, token) = place.bakery().await;
    let (id, address) = place.begun(&token, "video_reels").await;
    assert_eq!(place.status(&token, &id).await["video_status"], "uploading");
    let finish =
        [("upload_phase", "finish"), ("video_id", &*id), ("video_state", "PUBLISHED"), ("description", "Dough")];
    assert_eq!(place.refused(&token, "me/video_reels", &finish).await.0, 6_000, "nothing was uploaded");
    let bytes = Sample::default().bytes();
    let size = bytes.len().to_string();
    let whole = [("offset", "0"), ("file_size", &*size)];
    let (status, refused) = place.send(&token, &address, &[], bytes.clone()).await;
    assert_eq!((status, &refused["debug_info"]["type"]), (400, &json!("ParameterValidationError")));
    assert_eq!(place.send("nobody", &address, &whole, bytes.clone()).await.0, 400);
    place.own("cut_upload_one_in", json!(1));
    let (_, cut) = place.send(&token, &address, &whole, bytes.clone()).await;
    assert_eq!(
        (&cut["debug_info"]["type"], &cut["debug_info"]["retriable"]),
        (&json!("PartialRequestError"), &json!(true))
    );
    place.own("cut_upload_one_in", json!(0));
    let (_, wrong) = place.send(&token, &address, &whole, bytes.clone()).await;
    assert_eq!(wrong["debug_info"]["type"], "OffsetInvalidError");
    let there = place.status(&token, &id).await["uploading_phase"]["bytes_transfered"].as_u64().expect("a number");
    let rest = bytes[usize::try_from(there).expect("small")..].to_vec();
    let resumed = [("offset", &*there.to_string()), ("file_size", &*size)];
    assert_eq!(place.send(&token, &address, &resumed, rest).await.1, json!({ "success": true }));
    for _ in 0..2 {
        place.made(&token, "me/video_reels", &finish).await;
    }
    let status = place.status(&token, &id).await;
    assert_eq!(
        (&status["video_status"], &status["publishing_phase"]["status"]),
        (&json!("processing"), &json!("not_started"))
    );
    assert!(place.created().is_empty());
    place.wait(30);
    let told = place.shown(&token, &id, "status,post_id,permalink_url,published").await;
    let phase = &told["status"]["publishing_phase"];
    assert_eq!((&told["status"]["video_status"], &phase["publish_status"]), (&json!("ready"), &json!("published")));
    assert_eq!(place.created(), [format!("{page}_{}", text(&told["post_id"]))], "once, however often it was finished");
    assert!(place.world.page(&place.url(text(&told["permalink_url"]).trim_start_matches('/'))).await.contains("Dough"));
    assert_eq!(ids(&place.get(&token, "me/video_reels").await.1), std::slice::from_ref(&id));
    place.own("other_status_words", json!(true));
    assert_eq!(place.status(&token, &id).await["uploading_phase"]["bytes_transferred"], json!(bytes.len()));
}

#[tokio::test]
async fn a_reel_of_the_wrong_kind_fails_while_it_is_worked_on_and_says_why() {
    let place = Place::start().await;
    let (_, token) = place.bakery().await;
    for (name, code) in [
        ("wide.mp4", 1_363_040),
        ("small.mp4", 1_363_127),
        ("long.mp4", 1_363_128),
        ("slow.mp4", 1_363_129),
        ("page.html", 1_363_026),
    ] {
        let id = place.reel(&token, name).await;
        place.wait(30);
        let status = place.status(&token, &id).await;
        assert_eq!(status["processing_phase"]["errors"][0]["code"], code, "{name}: {status}");
        assert_eq!(
            (&status["video_status"], &status["publishing_phase"]["publish_status"]),
            (&json!("error"), &json!("error"))
        );
    }
    place.world.running.turn(Network::Facebook, |knobs| knobs.processing_fails = true);
    let id = place.reel(&token, "a.mp4").await;
    place.wait(30);
    assert_eq!(place.status(&token, &id).await["video_status"], "error");
    assert!(place.created().is_empty());
    place.limit("reels", 6);
    let (id, address) = place.begun(&token, "video_reels").await;
    place.send(&token, &address, &[("file_url", &place.file("a.mp4"))], Vec::new()).await;
    let form = [("upload_phase", "finish"), ("video_id", &*id), ("video_state", "PUBLISHED")];
    assert_eq!(place.refused(&token, "me/video_reels", &form).await.0, 613, "the seventh of the day");
    place.own("upload_wants_offset", json!(true));
    let (_, refused) =
        place.send(&token, &place.begun(&token, "video_reels").await.1, &[("file_url", "x")], Vec::new()).await;
    assert_eq!(refused["debug_info"]["type"], "ParameterValidationError");
}

#[tokio::test]
async fn a_film_comes_by_address_or_in_pieces_and_its_post_follows() {
    let place = Place::start().await;
    let (page, token) = place.bakery().await;
    let form = [("file_url", &*place.file("wide.mp4")), ("description", "The oven"), ("title", "Oven")];
    let id = text(&place.made(&token, &format!("{page}/videos"), &form).await["id"]);
    assert_eq!(place.status(&token, &id).await["video_status"], "processing");
    place.wait(30);
    let told = place.shown(&token, &id, "published,post_id,length,title,description").await;
    assert_eq!((&told["published"], &told["title"], &told["length"]), (&json!(true), &json!("Oven"), &json!(5.0)));
    assert_eq!(refusal(&place.get(&token, &format!("{page}_{id}")).await.1).1, 33, "no such name for a film");
    place.made(&token, &format!("{id}/comments"), &[("message", "Warm")]).await;
    let furnish = async |edge: &str, field: &'static str, called: &str, bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(called.to_owned());
        let form = reqwest::multipart::Form::new().part(field, part);
        let address = place.url(&format!("v26.0/{id}/{edge}"));
        crate::test_kit::read(place.world.http.post(address).bearer_auth(&token).multipart(form)).await.0
    };
    let said = b"1\n00:00:00,000 --> 00:00:02,000\nHot\n".to_vec();
    assert_eq!(furnish("captions", "captions_file", "oven.en_US.srt", said.clone()).await, 200);
    assert_eq!(furnish("captions", "captions_file", "oven.srt", said).await, 400);
    assert_eq!(furnish("thumbnails", "source", "a.png", samples::png(64, 64)).await, 200);
    assert_eq!(furnish("thumbnails", "source", "a.mp4", Sample::default().bytes()).await, 400);
    assert!(place.world.page(&place.url("pages/harbour_bakery")).await.contains("subtitles: en_US"));
    let refused = place.refused(&token, "me/videos", &[("file_url", &place.file("gone.mp4"))]).await;
    assert_eq!((refused.0, refused.1), (389, 1_363_057));

    let bytes = [Sample::default().bytes(), vec![0; 1_500_000]].concat();
    let size = bytes.len().to_string();
    let begun = place.made(&token, "me/videos", &[("upload_phase", "start"), ("file_size", &size)]).await;
    let session = text(&begun["upload_session_id"]);
    let send = async |from: &str, piece: Vec<u8>| {
        let chunk = reqwest::multipart::Part::bytes(piece).file_name("chunk");
        let form = reqwest::multipart::Form::new()
            .text("upload_phase", "transfer")
            .text("upload_session_id", session.clone())
            .text("start_offset", from.to_owned())
            .part("video_file_chunk", chunk);
        read(place.world.http.post(place.url("v26.0/me/videos")).bearer_auth(&token).multipart(form)).await
    };
    let finish = [("upload_phase", "finish"), ("upload_session_id", &*session), ("description", "In pieces")];
    let (mut from, mut to) = (text(&begun["start_offset"]), text(&begun["end_offset"]));
    while from != to {
        assert_eq!(place.refused(&token, "me/videos", &finish).await.1, 1_363_045, "not everything came");
        let range = from.parse().expect("a number")..to.parse().expect("a number");
        let (status, next) = send(&from, bytes[range].to_vec()).await;
        assert_eq!(status, 200, "{next}");
        let (_, wrong) = send(&from, vec![0]).await;
        assert_eq!(
            wrong["error"]["error_data"]["start_offset"].as_u64().map(|at| at.to_string()),
            next["start_offset"].as_str().map(str::to_owned)
        );
        (from, to) = (text(&next["start_offset"]), text(&next["end_offset"]));
    }
    place.made(&token, "me/videos", &finish).await;
    place.wait(30);
    assert_eq!(place.shown(&token, &text(&begun["video_id"]), "published").await["published"], true);
    place.own("upright_videos_stay_drafts", json!(true));
    let id = text(&place.made(&token, "me/videos", &[("file_url", &place.file("a.mp4"))]).await["id"]);
    place.wait(30);
    assert_eq!(place.status(&token, &id).await["publishing_phase"]["publish_status"], "draft");
}

#[tokio::test]
async fn stories_of_pictures_and_films_are_seen_for_a_day() {
    let place = Place::start().await;
    let (_, token) = place.bakery().await;
    let photo =
        text(&place.made(&token, "me/photos", &[("url", &place.file("a.png")), ("published", "false")]).await["id"]);
    let told = place.made(&token, "me/photo_stories", &[("photo_id", &photo)]).await;
    assert_eq!(place.refused(&token, "me/photo_stories", &[("photo_id", &photo)]).await.1, 1_366_051);
    let (id, address) = place.begun(&token, "video_stories").await;
    place.send(&token, &address, &[("file_url", &place.file("a.mp4"))], Vec::new()).await;
    let film = place.made(&token, "me/video_stories", &[("upload_phase", "finish"), ("video_id", &id)]).await;
    place.wait(30);
    let (_, listed) = place.get(&token, "me/stories").await;
    let media: Vec<_> =
        listed["data"].as_array().expect("a list").iter().map(|one| (&one["media_id"], &one["post_id"])).collect();
    assert_eq!(media, [(&json!(id), &film["post_id"]), (&json!(photo), &told["post_id"])]);
    assert_eq!(listed["data"][0]["status"], "PUBLISHED");
    place.wait(86_400);
    assert_eq!(place.get(&token, "me/stories").await.1["data"], json!([]));
    assert!(ids(&place.get(&token, "me/published_posts").await.1).is_empty(), "stories are no posts");
    assert_eq!(place.created(), [text(&told["post_id"]), text(&film["post_id"])]);
}
