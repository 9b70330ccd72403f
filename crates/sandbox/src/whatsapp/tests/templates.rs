//! Templates: made, reviewed, listed, changed, paused, deleted.

use super::*;

#[tokio::test]
async fn a_template_is_pending_until_its_review_ends_and_the_app_hears_how() {
    let place = Place::start().await;
    place.own("reviews", json!({ "bad": "REJECTED" }));
    place.own("categories", json!({ "offer": "MARKETING" }));
    let path = format!("{}/message_templates", place.waba);
    let said = place.made(&path, notice("post_published")).await;
    assert_eq!((&said["status"], &said["category"]), (&json!("PENDING"), &json!("UTILITY")));
    let id = text(&said["id"]);
    place.notice_pending(&id).await;
    for name in ["bad", "offer"] {
        place.made(&path, notice(name)).await;
    }
    place.wait(30);
    let heard = place.hears("message_template_status_update", 3).await;
    let told: Vec<_> = heard.iter().map(|one| (text(&one["message_template_name"]), text(&one["event"]))).collect();
    let pairs = [("post_published", "APPROVED"), ("bad", "REJECTED"), ("offer", "APPROVED")];
    assert_eq!(told, pairs.map(|(name, event)| (name.to_owned(), event.to_owned())));
    assert!(heard[0]["message_template_id"].is_u64() && heard[1]["rejection_info"].is_object(), "{heard:?}");
    let moved = place.hears("template_category_update", 1).await;
    assert_eq!((&moved[0]["previous_category"], &moved[0]["new_category"]), (&json!("UTILITY"), &json!("MARKETING")));
    let listed = place.get(&format!("{path}?name=bad&fields=name,status,rejected_reason,category")).await;
    assert_eq!(listed["data"][0]["rejected_reason"], "INVALID_FORMAT", "{listed}");
    let bad = text(&listed["data"][0]["id"]);
    place.own("reviews", json!({}));
    place.made(&bad, json!({ "components": notice("bad")["components"] })).await;
    assert_eq!(place.get(&format!("{bad}?fields=status")).await["status"], "PENDING", "reviewed again");
}

impl Place {
    async fn notice_pending(&self, id: &str) {
        assert_eq!(self.get(id).await["status"], "PENDING");
        assert_eq!(refusal(&self.try_send(ANN, filled()).await), (404, 132_001, 0), "not yet");
    }
}

#[tokio::test]
async fn what_a_template_may_not_contain_is_refused_with_its_subcode() {
    let place = Place::start().await;
    let path = format!("{}/message_templates", place.waba);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut template = notice("t");
        change(&mut template);
        template
    };
    let body = |text: &str| {
        let text = text.to_owned();
        with(&move |one| {
            one["parameter_format"] = json!("POSITIONAL");
            one["components"] = json!([{ "type": "BODY", "text": text, "example": { "body_text": [["a"]] } }]);
        })
    };
    let part = |part: Value| with(&move |one| _ = one["components"].as_array_mut().map(|all| all.push(part.clone())));
    let buttons = |buttons: Value| with(&move |one| one["components"][2]["buttons"] = buttons.clone());
    let quick = json!({ "type": "QUICK_REPLY", "text": "Stop" });
    let url = json!({ "type": "URL", "text": "Open", "url": "https://example.com" });
    for (template, subcode) in [
        (with(&|one| one["name"] = json!("No Spaces")), 0),
        (with(&|one| one["language"] = json!("xx")), 0),
        (with(&|one| one["category"] = json!("GOSSIP")), 0),
        (with(&|one| one["components"] = Value::Null), 0),
        (with(&|one| one["message_send_ttl_seconds"] = json!(5)), 0),
        (part(json!({ "type": "VERSE" })), 0),
        (part(json!({ "type": "BODY", "text": "Twice" })), 2_388_072),
        (part(json!({ "type": "HEADER", "format": "TEXT", "text": "a".repeat(61) })), 2_388_040),
        (part(json!({ "type": "HEADER", "format": "TEXT", "text": "two\nlines" })), 2_388_047),
        (part(json!({ "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4:none"] } })), 2_388_047),
        (part(json!({ "type": "HEADER", "format": "GIF" })), 2_388_047),
        (body(&"a".repeat(1_025)), 2_388_040),
        (body("The name {{name}} is no number"), 2_388_072),
        (body("{{1}} comes first here"), 2_388_299),
        (body("At the end comes {{1}}"), 2_388_299),
        (body("A {{1}}."), 2_388_293),
        (with(&|one| one["components"][0]["example"] = Value::Null), 2_388_072),
        (with(&|one| one["components"][1]["text"] = json!("a {{title}}")), 2_388_073),
        (with(&|one| one["components"][1]["text"] = json!("a".repeat(61))), 2_388_040),
        (buttons(json!([])), 0),
        (buttons(json!([quick, url, quick])), 0),
        (buttons(json!([url, url, url])), 0),
        (
            buttons(json!([{ "type": "URL", "text": "Open", "url": "https://example.com/{{1}}/x", "example": ["a"] }])),
            0,
        ),
        (buttons(json!([{ "type": "QUICK_REPLY", "text": "a".repeat(26) }])), 2_388_040),
    ] {
        assert_eq!(place.refused(&path, template.clone()).await, (400, 100, subcode), "{template}");
    }
    place.made(&path, notice("t")).await;
    assert_eq!(place.refused(&path, notice("t")).await.2, 2_388_024, "this language exists");
    place.limit("templates", 1);
    assert_eq!(place.refused(&path, notice("u")).await.2, 2_388_019);
    place.limit("templates", 100);
    place.limit("template_creates", 1);
    assert_eq!(place.refused(&path, notice("u")).await, (400, 80_008, 0));
}

#[tokio::test]
async fn templates_are_listed_in_pages_filtered_changed_and_deleted_with_their_names_blocked() {
    let place = Place::start().await;
    let path = format!("{}/message_templates", place.waba);
    for (name, language) in [("a", "en"), ("a", "de"), ("b", "en"), ("c", "en")] {
        let mut template = notice(name);
        template["language"] = json!(language);
        place.made(&path, template).await;
    }
    place.wait(30);
    let mut names = Vec::new();
    let mut next = Some(place.url(&format!("v26.0/{path}?limit=3&fields=name,language")));
    while let Some(url) = next {
        let (_, page) = read(place.world.http.get(url).bearer_auth(&place.token)).await;
        names.extend(page["data"].as_array().expect("a list").iter().map(|one| text(&one["name"])));
        next = page["paging"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(names, ["c", "b", "a", "a"]);
    let german = place.get(&format!("{path}?language=[\"de\"]&status=APPROVED")).await["data"].clone();
    assert_eq!(german.as_array().map(Vec::len), Some(1), "{german}");
    assert_eq!(german[0]["components"], notice("a")["components"]);
    let id = text(&german[0]["id"]);
    let change = json!({ "components": notice("a")["components"] });
    assert_eq!(
        place.refused(&id, json!({ "category": "MARKETING" })).await.1,
        100,
        "an approved one keeps its category"
    );
    place.made(&id, change.clone()).await;
    assert_eq!(place.get(&id).await["status"], "APPROVED", "approved by itself");
    assert_eq!(place.refused(&id, change.clone()).await.1, 100, "once in 24 hours");
    place.wait(24 * 3_600);
    place.made(&id, change).await;
    assert_eq!(refusal(&place.delete(&format!("{path}?hsm_id={id}")).await).1, 100, "an id alone is not enough");
    assert_eq!(place.delete(&format!("{path}?hsm_id={id}&name=a")).await.0, 200);
    assert_eq!(place.get(&format!("{path}?name=a")).await["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(place.delete(&format!("{path}?name=b")).await.0, 200);
    assert_eq!(refusal(&place.delete(&format!("{path}?name=b")).await).1, 100);
    assert_eq!(place.refused(&path, notice("b")).await.2, 2_388_023, "blocked for 30 days");
    place.wait(30 * 24 * 3_600);
    place.made(&path, notice("b")).await;
}

#[tokio::test]
async fn a_template_that_people_dislike_is_paused_for_three_and_six_hours_and_then_for_good() {
    let place = Place::start().await;
    let id = place.notice().await;
    let status = async || text(&place.get(&format!("{id}?fields=status")).await["status"]);
    place.manages("template", &id, "PAUSED").await;
    assert_eq!(refusal(&place.try_send(ANN, filled()).await), (400, 132_015, 0));
    place.wait(3 * 3_600);
    assert_eq!(status().await, "APPROVED");
    place.manages("template", &id, "PAUSED").await;
    place.wait(3 * 3_600);
    assert_eq!(status().await, "PAUSED", "this time for six hours");
    assert_eq!(place.made(&format!("{id}/unpause"), json!({})).await, json!({ "success": true }));
    assert_eq!(place.made(&format!("{id}/unpause"), json!({})).await["success"], false);
    place.manages("template", &id, "PAUSED").await;
    assert_eq!(refusal(&place.try_send(ANN, filled()).await), (400, 132_016, 0));
    let delete = place.delete(&format!("{}/message_templates?name=post_published", place.waba)).await;
    assert_eq!(refusal(&delete).1, 100, "a disabled one stays");
    let heard = place.hears("message_template_status_update", 6).await;
    let events: Vec<_> = heard.iter().map(|one| text(&one["event"])).collect();
    assert_eq!(events, ["APPROVED", "PAUSED", "UNPAUSED", "PAUSED", "UNPAUSED", "DISABLED"]);
    assert_eq!(heard[3]["other_info"]["title"], "SECOND_PAUSE");
}

#[tokio::test]
async fn codes_have_fixed_words_several_languages_at_once_and_a_preview() {
    let place = Place::start().await;
    let components = json!([
        { "type": "BODY", "add_security_recommendation": true }, { "type": "FOOTER", "code_expiration_minutes": 10 },
        { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code" }] },
    ]);
    let many = json!({
        "name": "login", "languages": ["en", "de"], "category": "AUTHENTICATION", "components": components,
    });
    let path = format!("{}/upsert_message_templates", place.waba);
    let said = place.made(&path, many.clone()).await;
    let id = text(&said["data"][0]["id"]);
    assert_eq!(place.made(&path, many).await["data"][0]["id"], json!(id), "the same again");
    let shown = place.get(&id).await["components"].clone();
    assert_eq!(shown[2]["buttons"][0]["type"], "URL", "read back as an address: {shown}");
    assert!(text(&shown[0]["text"]).contains("verification code. For your security"), "{shown}");
    let create = format!("{}/message_templates", place.waba);
    for wrong in [
        json!([{ "type": "BODY", "text": "Own words {{1}} here" }]),
        json!([{ "type": "BODY" }]),
        json!([{ "type": "BODY" }, { "type": "FOOTER", "code_expiration_minutes": 91 }]),
        json!([{ "type": "BODY" }, { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "ONE_TAP" }] }]),
    ] {
        let template = json!({ "name": "x", "language": "en", "category": "AUTHENTICATION", "components": wrong });
        assert_eq!(place.refused(&create, template.clone()).await.1, 100, "{template}");
    }
    let query = "category=AUTHENTICATION&languages=en,de&code_expiration_minutes=10&button_types=OTP";
    let previews = place.get(&format!("{}/message_template_previews?{query}", place.waba)).await;
    assert_eq!(previews["data"][1]["footer"], "This code expires in 10 minutes.", "{previews}");
}

#[tokio::test]
async fn the_picture_of_a_header_is_uploaded_in_a_session_and_sent_with_each_message() {
    let place = Place::start().await;
    let bytes = samples::png(640, 480);
    let query = format!("file_name=a.png&file_length={}&file_type=image/png", bytes.len());
    let session = text(&place.made(&format!("{}/uploads?{query}", PRODUCT.id), json!({})).await["id"]);
    let send = async |bytes: Vec<u8>| {
        let request = place.world.http.post(place.url(&format!("v26.0/{session}"))).header("file_offset", "0");
        read(request.header("authorization", format!("OAuth {}", place.token)).body(bytes)).await
    };
    assert_eq!(send(vec![0; 3]).await.0, 400);
    let handle = text(&send(bytes).await.1["h"]);
    let template = json!({
        "name": "with_picture", "language": "en", "category": "MARKETING", "components": [
            { "type": "HEADER", "format": "IMAGE", "example": { "header_handle": [handle] } },
            { "type": "BODY", "text": "Look at our new bread" },
        ],
    });
    place.approved(template).await;
    let message = |parameters: Value| {
        json!({ "type": "template", "template": { "name": "with_picture", "language": { "code": "en" },
                "components": [{ "type": "header", "parameters": parameters }] } })
    };
    assert_eq!(refusal(&place.try_send(ANN, message(json!([]))).await).1, 132_000);
    let as_text = message(json!([{ "type": "text", "text": "a" }]));
    assert_eq!(refusal(&place.try_send(ANN, as_text).await).1, 132_012);
    let link = place.hook.replace("/hook", "/a.png");
    let id = place.send(ANN, message(json!([{ "type": "image", "image": { "link": link } }]))).await;
    assert_eq!(place.becomes(&id, 2).await, ["sent", "delivered"]);
    assert_eq!(place.ledger()[0].media_count, 1);
}
