//! Posts of text, cards and pictures: publishing, editing, deleting, and refusals.

use super::*;
use crate::{Fault, Rule, When};

#[tokio::test]
async fn a_post_is_published_edited_and_deleted_and_stands_in_the_ledger() {
    let place = Place::start().await;
    let (page, token) = place.bakery().await;
    let form = [("message", "Buns at nine"), ("link", "https://example.com/a")];
    let made = place.made(&token, &format!("{page}/feed?fields=id,permalink_url,is_published"), &form).await;
    let id = text(&made["id"]);
    assert!(id.starts_with(&format!("{page}_")) && made["is_published"] == true, "{made}");
    let seen = place.world.page(&text(&made["permalink_url"])).await;
    assert!(seen.contains("Buns at nine") && seen.contains("https://example.com/a"), "{seen}");
    let told = place.shown(&token, &id, "attachments{media_type,unshimmed_url},application{id},from").await;
    assert_eq!(
        told["attachments"]["data"][0],
        json!({ "media_type": "link", "unshimmed_url": "https://example.com/a" })
    );
    assert_eq!((&told["application"]["id"], &told["from"]["id"]), (&json!(PRODUCT.id), &json!(page)));
    place.wait(60);
    place.made(&token, &id, &[("message", "Buns at ten")]).await;
    assert_eq!(place.shown(&token, &id, "message").await["message"], "Buns at ten");
    assert_eq!(place.delete(&token, &id).await.1, json!({ "success": true }));
    assert_eq!(refusal(&place.get(&token, &id).await.1).1, 33);
    let written: Vec<_> = place.ledger().into_iter().map(|entry| (entry.action, entry.account, entry.text)).collect();
    let of = |action, said: &str| (action, "harbour_bakery".to_owned(), said.to_owned());
    let (before, after) = ("Buns at nine", "Buns at ten");
    assert_eq!(written, [of(Action::Created, before), of(Action::Edited, after), of(Action::Deleted, after)]);
}

#[tokio::test]
async fn a_post_that_breaks_a_rule_is_refused_and_leaves_nothing() {
    let place = Place::start().await;
    let (_, token) = place.bakery().await;
    let (at_most, too_long) = ("a".repeat(63_206), "👍".repeat(31_604));
    place.say(&token, &at_most).await;
    let soon = (place.ledger()[0].at.as_seconds() + 500).to_string();
    type Form<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Form<'_>, u64, u64); 9] = [
        (&[], 100, 0),
        (&[("message", &too_long)], 100, 0),
        (&[("link", "not an address")], 100, 2_061_006),
        (&[("link", "https://www.facebook.com/x")], 100, 1_609_008),
        (&[("message", "x"), ("picture", "https://example.com/a.png")], 100, 0),
        (&[("message", "x"), ("scheduled_publish_time", &soon)], 100, 0),
        (&[("message", "x"), ("published", "false"), ("scheduled_publish_time", &soon)], 100, 0),
        (&[("message", "x"), ("attached_media", "[{\"media_fbid\":\"7\"}]")], 100, 33),
        (&[("message", &at_most)], 506, 0),
    ];
    for (form, code, subcode) in cases {
        let (got, sub, said) = place.refused(&token, "me/feed", form).await;
        assert_eq!((got, sub), (code, subcode), "{said}");
    }
    assert_eq!(place.created().len(), 1);
}

#[tokio::test]
async fn a_draft_is_published_once_and_a_scheduled_post_when_its_time_has_come() {
    let place = Place::start().await;
    let (_, token) = place.bakery().await;
    let form = [("message", "In two steps"), ("published", "false"), ("unpublished_content_type", "DRAFT")];
    let draft = text(&place.made(&token, "me/feed", &form).await["id"]);
    assert_eq!(place.shown(&token, &draft, "is_published").await["is_published"], false);
    assert_eq!((place.created().len(), ids(&place.get(&token, "me/feed").await.1).len()), (0, 1));
    for _ in 0..2 {
        place.made(&token, &draft, &[("is_published", "true")]).await;
    }
    assert_eq!(place.created(), std::slice::from_ref(&draft));
    let at = (place.ledger()[0].at.as_seconds() + 3_600).to_string();
    let form = [("message", "Later"), ("published", "false"), ("scheduled_publish_time", &at)];
    let later = text(&place.made(&token, "me/feed", &form).await["id"]);
    let (_, waiting) = place.get(&token, "me/scheduled_posts?fields=id,scheduled_publish_time").await;
    assert_eq!(waiting["data"][0]["scheduled_publish_time"].as_i64().map(|at| at.to_string()), Some(at));
    place.wait(3_601);
    assert_eq!(ids(&place.get(&token, "me/published_posts").await.1), [later.clone(), draft.clone()]);
    assert_eq!(place.created(), [draft, later]);
}

#[tokio::test]
async fn pictures_are_uploaded_unseen_and_shown_by_one_post() {
    let place = Place::start().await;
    let (_, token) = place.bakery().await;
    let hidden = [("url", &*place.file("a.png")), ("published", "false"), ("alt_text_custom", "A bun")];
    let mut photos = Vec::new();
    for _ in 0..2 {
        let made = place.made(&token, "me/photos", &hidden).await;
        assert!(made.get("post_id").is_none(), "{made}");
        photos.push(text(&made["id"]));
    }
    assert!(place.created().is_empty());
    assert!(place.shown(&token, &photos[0], "page_story_id").await.get("page_story_id").is_none());
    let list = json!([{ "media_fbid": photos[0] }, { "media_fbid": photos[1] }]).to_string();
    let post = text(&place.made(&token, "me/feed", &[("message", "Two"), ("attached_media", &list)]).await["id"]);
    assert_eq!(place.shown(&token, &photos[1], "page_story_id").await["page_story_id"], post);
    let told = place.shown(&token, &post, "attachments{media_type,subattachments}").await;
    assert_eq!(told["attachments"]["data"][0]["subattachments"]["data"][1]["target"]["id"], photos[1]);
    let again = place.refused(&token, "me/feed", &[("message", "Again"), ("attached_media", &list)]).await;
    assert_eq!((again.0, again.1), (100, 1_366_051));
    let third = text(&place.made(&token, "me/photos", &hidden).await["id"]);
    let named = json!({ "media_fbid": third }).to_string();
    place.made(&token, "me/feed", &[("message", "One by name"), ("attached_media[0]", &named)]).await;
    let seen = place.world.page(&place.url("pages/harbour_bakery")).await;
    assert_eq!(seen.matches("<img src=\"/media/").count(), 3, "{seen}");
    assert!(seen.contains("alt=\"A bun\""));

    let png = reqwest::multipart::Part::bytes(samples::png(64, 64)).file_name("a.png");
    let form = reqwest::multipart::Form::new().part("source", png).text("caption", "By itself");
    let request = place.world.http.post(place.url("v26.0/me/photos")).bearer_auth(&token).multipart(form);
    let (status, single) = read(request).await;
    assert!(status == 200 && single["post_id"].is_string(), "{single}");
    for (name, code, subcode) in
        [("large.png", 100, 1_366_046), ("a.mp4", 100, 1_366_046), ("gone.png", 324, 2_069_019)]
    {
        let refused = place.refused(&token, "me/photos", &[("url", &place.file(name))]).await;
        assert_eq!((refused.0, refused.1), (code, subcode), "{name}");
    }
}

#[tokio::test]
async fn what_the_network_can_refuse_is_turned_on_by_a_word_before_or_after_the_effect() {
    let place = Place::start().await;
    let (_, token) = place.bakery().await;
    for (word, _, code, subcode, ..) in super::super::problem::TABLE {
        place.own("refuse", json!({ "feed": word }));
        let refused = place.refused(&token, "me/feed", &[("message", word)]).await;
        assert_eq!((refused.0, refused.1), (code.unsigned_abs(), u64::from(*subcode)), "{word}");
    }
    assert!(place.created().is_empty());
    place.own("refuse", json!({}));
    place.own("refuse_after", json!({ "publish": "service" }));
    assert_eq!(place.refused(&token, "me/feed", &[("message", "Lost")]).await.0, 2);
    place.own("refuse_after", json!({}));
    place.own("lost_answer_one_in", json!(1));
    assert_eq!(place.post(&token, "me/feed", &[("message", "Lost too")]).await.0, 500);
    place.own("lost_answer_one_in", json!(0));
    let hang = Fault::Hang { ms: 30, when: When::After };
    place.world.running.turn(Network::Facebook, |knobs| knobs.faults.push(Rule::once("publish", hang)));
    place.say(&token, "Slow").await;
    assert_eq!(place.created().len(), 3);
    let own = [("refuse".to_owned(), json!({ "feed": "nonsense" }))].into_iter().collect();
    assert!(place.world.running.sandbox().check_own(Network::Facebook, &own).is_err(), "a slip is told");
}

#[tokio::test]
async fn calls_are_counted_for_a_page_in_another_header_than_for_a_person() {
    let place = Place::start().await;
    let (page, token) = place.bakery().await;
    let person = place.long("mira", ALL).await;
    let heads = async |token: &str| {
        let answer = place.world.http.get(place.url("v26.0/me")).bearer_auth(token).send().await.expect("an answer");
        let head = |name: &str| answer.headers().get(name).map(|text| text.to_str().expect("text").to_owned());
        (answer.status().as_u16(), head("x-app-usage"), head("x-business-use-case-usage"))
    };
    let (_, of_app, of_page) = heads(&person).await;
    assert!(of_app.is_some_and(|told| told.contains("total_cputime")) && of_page.is_none());
    place.limit("page_calls", 1);
    let (status, of_app, of_page) = heads(&token).await;
    let told: Value = serde_json::from_str(&of_page.expect("told")).expect("JSON");
    assert_eq!((status, of_app, &told[&page][0]["call_count"]), (200, None, &json!(100)));
    let (status, refused) = place.get(&token, "me").await;
    assert_eq!((status, refusal(&refused).0), (400, 80_001));
    place.limit("calls", 0);
    assert_eq!(refusal(&place.get(&person, "me").await.1).0, 4);
}
