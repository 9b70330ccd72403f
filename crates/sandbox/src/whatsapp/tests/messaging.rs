//! Messages: what is accepted, what arrives, what fails, and what it costs.

use super::*;

#[tokio::test]
async fn a_template_reaches_a_phone_and_what_becomes_of_it_is_told_with_the_app_s_own_data_and_a_price() {
    let place = Place::start().await;
    place.notice().await;
    let (status, said) = place.try_send(ANN, filled()).await;
    assert_eq!((status, &said["contacts"][0]["wa_id"]), (200, &json!("447700900101")), "{said}");
    assert_eq!(said["messages"][0]["message_status"], "accepted");
    let id = text(&said["messages"][0]["id"]);
    assert!(place.ledger().is_empty(), "accepted is not delivered");
    assert_eq!(place.becomes(&id, 2).await, ["sent", "delivered"]);
    let statuses = place.statuses(&id, 2).await;
    for status in &statuses {
        assert_eq!(status["biz_opaque_callback_data"], "ntf_1");
        assert_eq!(status["recipient_id"], "447700900101");
        let price = json!({ "billable": true, "pricing_model": "PMP", "type": "regular", "category": "utility" });
        assert_eq!(status["pricing"], price);
        assert!(status.get("conversation").is_none(), "{status}");
    }
    let ledger = place.ledger();
    let [entry] = ledger.as_slice() else { panic!("{ledger:?}") };
    assert_eq!((&entry.remote_id, entry.client_id.as_deref()), (&id, Some("ntf_1")));
    assert_eq!(entry.text, "Your post \"Launch\" was published on Threads just now.\nReply STOP to end these messages");
    let page = place.looks("ann").await;
    assert!(page.contains("published on Threads") && page.contains("https://app.example.com/p/123"), "{page}");
    assert_eq!(place.becomes(&id, 3).await, ["sent", "delivered", "read"]);
    let last = &place.statuses(&id, 3).await[2];
    assert!(last.get("pricing").is_none(), "the price stands in one of the two: {last}");
    place.on_phone("ann", &[("tap", &id), ("button", "1")]).await;
    let inbound = place.values("messages").into_iter().rfind(|value| value["messages"].is_array());
    let inbound = match inbound {
        Some(inbound) => inbound,
        None => place.hears("messages", 4).await.remove(3),
    };
    let told = &inbound["messages"][0];
    assert_eq!(told["button"], json!({ "payload": "STOP", "text": "Stop" }), "{inbound}");
    assert_eq!((&told["type"], &told["context"]["id"]), (&json!("button"), &json!(id)));
    assert_eq!(inbound["metadata"]["phone_number_id"], json!(place.phone));
    assert_eq!(inbound["contacts"][0]["profile"]["name"], "Ann Visser");
}

#[tokio::test]
async fn without_a_template_only_people_get_messages_who_wrote_within_a_day() {
    let place = Place::start().await;
    let (status, said) = place.try_send(ANN, json!({ "type": "text", "text": { "body": "Hello" } })).await;
    assert_eq!(status, 200);
    let first = text(&said["messages"][0]["id"]);
    assert!(said["messages"][0].get("message_status").is_none(), "only of templates: {said}");
    assert_eq!(place.fails(&first).await, 131_047);
    let failed = place.values("messages").pop().expect("heard");
    assert!(failed.get("contacts").is_none(), "failures name nobody: {failed}");
    place.writes("ann", "Hi!").await;
    let id = place.say(ANN, "Hello Ann").await;
    assert_eq!(place.becomes(&id, 2).await, ["sent", "delivered"]);
    let price = &place.statuses(&id, 1).await[0]["pricing"];
    assert_eq!((&price["type"], &price["category"]), (&json!("free_customer_service"), &json!("service")));
    place.limit("free_service_messages", 1);
    let second = place.say(ANN, "One too many").await;
    place.wait(1);
    assert_eq!(place.statuses(&second, 1).await[0]["pricing"]["type"], "regular");
    place.wait(24 * 3_600);
    let late = place.say(ANN, "Too late").await;
    assert_eq!(place.fails(&late).await, 131_047);
    place.own("window_at_once", json!(true));
    let refused = place.try_send(ANN, json!({ "type": "text", "text": { "body": "Hello" } })).await;
    assert_eq!(refusal(&refused), (400, 131_047, 0));
    place.on_phone("ann", &[("do", "advertisement")]).await;
    let free = place.say(ANN, "Welcome").await;
    place.wait(1);
    let told = &place.statuses(&free, 1).await[0];
    assert_eq!(
        (&told["pricing"]["type"], &told["conversation"]["origin"]["type"]),
        (&json!("free_entry_point"), &json!("referral_conversion"))
    );
    assert_eq!(place.ledger().len(), 3);
}

#[tokio::test]
async fn who_cannot_be_reached_shows_by_webhook_and_each_reason_has_its_code() {
    let place = Place::start().await;
    place.notice().await;
    let offer = json!({
        "name": "offer", "language": "en", "category": "MARKETING",
        "components": [{ "type": "BODY", "text": "Ten percent off everything this week" }],
    });
    place.approved(offer).await;
    let offer = json!({ "type": "template", "template": { "name": "offer", "language": { "code": "en" } } });
    let nobody = place.send("+447700900999", filled()).await;
    assert_eq!(place.fails(&nobody).await, 131_026);
    let american = place.send(DANA, offer.clone()).await;
    assert_eq!(place.fails(&american).await, 131_049);
    place.on_phone("ann", &[("do", "marketing")]).await;
    let stopped = place.hears("user_preferences", 1).await;
    assert_eq!(stopped[0]["user_preferences"][0]["value"], "stop");
    let suppressed = place.send(ANN, offer.clone()).await;
    assert_eq!(place.fails(&suppressed).await, 131_050);
    let notice = place.send(ANN, filled()).await;
    assert_eq!(place.becomes(&notice, 2).await, ["sent", "delivered"], "notices still pass");
    place.on_phone("ann", &[("do", "block")]).await;
    let blocked = place.send(ANN, filled()).await;
    assert_eq!(place.fails(&blocked).await, 131_026);
    place.own("fail", json!({ "447700900102": 130_472 }));
    let experiment = place.send(BEN, filled()).await;
    assert_eq!(place.fails(&experiment).await, 130_472);
    place.limit("tier", 1);
    place.own("fail", json!({}));
    let beyond = place.send(BEN, filled()).await;
    assert_eq!(place.fails(&beyond).await, 131_048, "Ann was the one person of today");
    place.wait(24 * 3_600);
    let next_day = place.send(BEN, filled()).await;
    assert_eq!(place.becomes(&next_day, 2).await, ["sent", "delivered"]);
}

#[tokio::test]
async fn parameters_that_do_not_fit_the_template_are_refused() {
    let place = Place::start().await;
    place.notice().await;
    let code = json!({
        "name": "login_code", "language": "en", "category": "AUTHENTICATION", "components": [
            { "type": "BODY", "add_security_recommendation": true }, { "type": "FOOTER", "code_expiration_minutes": 10 },
            { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code" }] },
        ],
    });
    place.approved(code).await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut message = filled();
        change(&mut message["template"]);
        message
    };
    let title = |value: &str| {
        let value = value.to_owned();
        with(&move |template| template["components"][0]["parameters"][0]["text"] = json!(value))
    };
    for (message, expected) in [
        (with(&|template| template["language"]["code"] = json!("de")), (404, 132_001)),
        (with(&|template| template["name"] = json!("unheard_of")), (404, 132_001)),
        (with(&|template| template["language"] = Value::Null), (400, 100)),
        (with(&|template| _ = template["components"][0]["parameters"].as_array_mut().map(Vec::pop)), (400, 132_000)),
        (with(&|template| template["components"][0]["parameters"][0]["parameter_name"] = Value::Null), (400, 100)),
        (with(&|template| template["components"][0]["parameters"][0]["parameter_name"] = json!("x")), (400, 132_012)),
        (with(&|template| template["components"][0]["parameters"][0]["type"] = json!("image")), (400, 132_012)),
        (with(&|template| _ = template["components"].as_array_mut().map(|all| all.remove(1))), (400, 131_008)),
        (title(""), (400, 100)),
        (title("two\nlines"), (400, 100)),
        (title("five     spaces"), (400, 100)),
        (title(&"a".repeat(1_024)), (400, 132_005)),
    ] {
        let (status, code, subcode) = refusal(&place.try_send(ANN, message.clone()).await);
        assert_eq!(((status, code), subcode), (expected, 0), "{message}");
    }
    place.own("text_parameter_code", json!(132_018));
    assert_eq!(refusal(&place.try_send(ANN, title("a\tb")).await), (400, 132_018, 0));
    let code = |text: &str, button: &str| {
        json!({ "type": "template", "template": { "name": "login_code", "language": { "code": "en" }, "components": [
            { "type": "body", "parameters": [{ "type": "text", "text": text }] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": button }] },
        ] } })
    };
    assert_eq!(refusal(&place.try_send(ANN, code("493817", "1")).await).1, 132_008);
    assert_eq!(refusal(&place.try_send(ANN, code(&"1".repeat(16), &"1".repeat(16))).await).1, 132_008);
    let id = place.send(ANN, code("493817", "493817")).await;
    assert_eq!(place.becomes(&id, 2).await, ["sent", "delivered"]);
    assert!(place.ledger()[0].text.starts_with("*493817* is your verification code."));
}

#[tokio::test]
async fn every_kind_of_message_is_checked_and_arrives() {
    let place = Place::start().await;
    place.writes("ann", "Hi!").await;
    let inbound = text(&place.hears("messages", 1).await[0]["messages"][0]["id"]);
    let reply = |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    let buttons = |buttons: Value| {
        let body = json!({ "text": "Which?" });
        json!({ "type": "interactive", "interactive": { "type": "button", "body": body, "action": { "buttons": buttons } } })
    };
    let row = |id: &str| json!({ "id": id, "title": "Bread", "description": "Of today" });
    let list = |rows: Vec<Value>| {
        let action = json!({ "button": "Choose", "sections": [{ "title": "All", "rows": rows }] });
        json!({ "type": "interactive", "interactive": { "type": "list", "body": { "text": "What?" }, "action": action } })
    };
    let address = place.hook.replace("/hook", "/a.png");
    let web = place.hook.replace("/hook", "/page.html");
    for (message, code) in [
        (json!({ "type": "text", "text": { "body": "" } }), 131_008),
        (json!({ "type": "text", "text": { "body": "a".repeat(4_097) } }), 100),
        (json!({ "type": "text" }), 100),
        (json!({ "type": "poem", "poem": {} }), 100),
        (json!({ "type": "order", "order": {} }), 131_051),
        (json!({ "type": "image", "image": { "id": "1" } }), 131_009),
        (json!({ "type": "image", "image": {} }), 131_008),
        (json!({ "type": "reaction", "reaction": { "message_id": "wamid.no", "emoji": "👍" } }), 131_009),
        (json!({ "type": "text", "text": { "body": "a" }, "context": { "message_id": "wamid.no" } }), 131_009),
        (json!({ "type": "location", "location": { "latitude": 1 } }), 131_008),
        (json!({ "type": "contacts", "contacts": [] }), 131_008),
        (buttons(json!([])), 131_009),
        (buttons(json!([reply("1", "a"), reply("2", "b"), reply("3", "c"), reply("4", "d")])), 131_009),
        (buttons(json!([reply("1", "a"), reply("1", "b")])), 131_009),
        (buttons(json!([reply("1", &"a".repeat(21))])), 100),
        (list((0..11).map(|at| row(&at.to_string())).collect()), 131_009),
        (json!({ "type": "text", "text": { "body": "a" }, "biz_opaque_callback_data": "a".repeat(513) }), 100),
        (json!({ "type": "text", "text": { "body": "a" }, "recipient_type": "group" }), 100),
    ] {
        assert_eq!(refusal(&place.try_send(ANN, message.clone()).await).1, code, "{message}");
    }
    let (_, said) = place.try_send("+447700900201", json!({ "type": "text", "text": { "body": "a" } })).await;
    assert_eq!(said["error"]["code"], 100, "the number itself: {said}");
    let mut ids = Vec::new();
    for message in [
        json!({ "type": "text", "text": { "body": "Hello", "preview_url": true }, "context": { "message_id": inbound } }),
        json!({ "type": "image", "image": { "link": address, "caption": "A bridge" } }),
        json!({ "type": "location", "location": { "latitude": "51.9", "longitude": 4.48, "name": "The Quay" } }),
        json!({ "type": "contacts", "contacts": [{ "name": { "formatted_name": "Lena Vos" } }] }),
        json!({ "type": "interactive", "interactive": { "type": "cta_url", "body": { "text": "See" }, "action": {
            "name": "cta_url", "parameters": { "display_text": "Open", "url": "https://example.com" } } } }),
        buttons(json!([reply("yes", "Yes"), reply("no", "No")])),
        list(vec![row("bread")]),
        json!({ "type": "reaction", "reaction": { "message_id": inbound, "emoji": "👍" } }),
    ] {
        ids.push(place.send(ANN, message).await);
    }
    place.wait(1);
    for id in &ids {
        place.statuses(id, 2).await;
    }
    let ledger = place.ledger();
    let kinds: Vec<&str> = ledger.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["text", "image", "location", "contacts", "interactive", "interactive", "interactive", "reaction"]
    );
    assert_eq!((ledger[0].parent.as_deref(), ledger[1].media_count), (Some(inbound.as_str()), 1));
    let unfetched = place.send(ANN, json!({ "type": "image", "image": { "link": web } })).await;
    assert_eq!(place.fails(&unfetched).await, 131_053);
    place.on_phone("ann", &[("tap", &ids[5]), ("button", "0")]).await;
    place.on_phone("ann", &[("tap", &ids[6]), ("button", "0")]).await;
    place.on_phone("ann", &[("react", &ids[0]), ("emoji", "❤️")]).await;
    place.on_phone("ann", &[("do", "location")]).await;
    let inbound = loop {
        let all: Vec<Value> =
            place.values("messages").into_iter().filter(|value| value["messages"].is_array()).collect();
        if all.len() == 5 {
            break all;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let told = |at: usize| &inbound[at]["messages"][0];
    assert_eq!(
        told(1)["interactive"],
        json!({ "type": "button_reply", "button_reply": { "id": "yes", "title": "Yes" } })
    );
    let row = json!({ "id": "bread", "title": "Bread", "description": "Of today" });
    assert_eq!(told(2)["interactive"]["list_reply"], row);
    assert_eq!(told(3)["reaction"], json!({ "message_id": ids[0], "emoji": "❤️" }));
    assert_eq!(told(4)["location"]["name"], "The Quay");
}

#[tokio::test]
async fn files_are_uploaded_sent_found_and_gone() {
    let place = Place::start().await;
    let upload = async |bytes: Vec<u8>, kind: &str| {
        let file = reqwest::multipart::Part::bytes(bytes).file_name("a").mime_str(kind).expect("a type");
        let form = reqwest::multipart::Form::new().text("messaging_product", "whatsapp").text("type", kind.to_owned());
        let path = place.url(&format!("v26.0/{}/media", place.phone));
        read(place.world.http.post(path).bearer_auth(&place.token).multipart(form.part("file", file))).await
    };
    let (status, said) = upload(samples::png(64, 64), "image/png").await;
    assert_eq!(status, 200, "{said}");
    let id = text(&said["id"]);
    assert_eq!(refusal(&upload(b"<html>".to_vec(), "text/html").await).1, 131_053);
    assert_eq!(refusal(&upload([samples::png(9, 9), vec![0; 6 << 20]].concat(), "image/png").await).1, 131_053);
    let about = place.get(&format!("{id}?phone_number_id={}", place.phone)).await;
    assert_eq!((&about["mime_type"], &about["file_size"]), (&json!("image/png"), &json!(samples::png(64, 64).len())));
    let url = text(&about["url"]);
    let fetch = async |token: Option<&str>| {
        let request = place.world.http.get(&url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.expect("an answer").status().as_u16()
    };
    let other = place.pasted("mira", "never ends").await;
    assert_eq!((fetch(None).await, fetch(Some(&other)).await, fetch(Some(&place.token)).await), (401, 404, 200));
    place.writes("ann", "Hi!").await;
    let sent = place.send(ANN, json!({ "type": "image", "image": { "id": id, "caption": "A bridge" } })).await;
    assert_eq!(place.becomes(&sent, 2).await, ["sent", "delivered"]);
    assert!(place.looks("ann").await.contains("<img src=\"/media/"), "shown on the phone");
    let as_film = json!({ "type": "video", "video": { "id": id } });
    assert_eq!(refusal(&place.try_send(ANN, as_film).await).1, 131_009);
    place.wait(301);
    assert_eq!(fetch(Some(&place.token)).await, 404, "an address lives five minutes");
    assert_eq!(place.delete(&id).await, (200, json!({ "success": true })));
    assert_eq!(refusal(&place.try_get(&id).await), (400, 100, 33));
    place.on_phone("ann", &[("do", "photo")]).await;
    place.wait(0);
    let photo = loop {
        let found = place.values("messages").into_iter().find(|value| value["messages"][0]["type"] == "image");
        match found {
            Some(found) => break text(&found["messages"][0]["image"]["id"]),
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    assert_eq!(place.get(&photo).await["mime_type"], "image/png");
    place.wait(7 * 24 * 3_600);
    assert_eq!(place.try_get(&photo).await.0, 400, "of people for seven days");
}

#[tokio::test]
async fn people_are_known_by_number_or_by_id_and_numbers_are_written_in_more_than_one_way() {
    let place = Place::start().await;
    place.notice().await;
    let (_, said) = place.try_send(CARLA, filled()).await;
    assert_eq!(said["contacts"][0], json!({ "input": CARLA, "wa_id": "551100000103" }));
    place.writes("ben", "Hello").await;
    let value = place.hears("messages", 1).await.remove(0);
    assert!(value["messages"][0].get("from").is_none() && value["contacts"][0].get("wa_id").is_none(), "{value}");
    assert_eq!(value["contacts"][0]["profile"]["username"], "@ben.okafor");
    let id = text(&value["messages"][0]["from_user_id"]);
    assert!(id.starts_with("GB."), "{id}");
    let to_id =
        |name: &str| json!({ "messaging_product": "whatsapp", name: id, "type": "text", "text": { "body": "Hello" } });
    let path = format!("{}/messages", place.phone);
    let said = place.made(&path, to_id("recipient")).await;
    assert_eq!(said["contacts"][0], json!({ "input": id, "user_id": id }));
    place.wait(1);
    let status = place.statuses(&text(&said["messages"][0]["id"]), 1).await.remove(0);
    assert!(status.get("recipient_id").is_none() && status["recipient_user_id"] == json!(id), "{status}");
    let dropped = place.made(&path, to_id("to")).await;
    place.wait(60);
    place.notice_after(&text(&dropped["messages"][0]["id"])).await;
    let code = json!({
        "name": "login_code", "language": "en", "category": "AUTHENTICATION", "components": [
            { "type": "BODY" }, { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE" }] },
        ],
    });
    place.approved(code).await;
    let mut body = to_id("recipient");
    body["type"] = json!("template");
    body["template"] = json!({ "name": "login_code", "language": { "code": "en" }, "components": [
        { "type": "body", "parameters": [{ "type": "text", "text": "1" }] },
        { "type": "button", "sub_type": "url", "index": 0, "parameters": [{ "type": "text", "text": "1" }] },
    ] });
    assert_eq!(place.refused(&path, body).await, (400, 131_062, 0));
    let url = place.url("phones/ben");
    let form = [("do", "number"), ("number", "+44 7700 900888")];
    assert_eq!(place.world.http.post(url).form(&form).send().await.expect("an answer").status(), 303);
    let system = loop {
        let found = place.values("messages").into_iter().find(|value| value["messages"][0]["type"] == "system");
        match found {
            Some(found) => break found,
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    assert!(system.get("contacts").is_none(), "{system}");
    let told = &system["messages"][0]["system"];
    assert_eq!((&told["wa_id"], &told["previous_user_id"]), (&json!("447700900888"), &json!(id)));
    assert_ne!(told["user_id"], json!(id));
}

impl Place {
    /// Another message arrives, and of this one nothing was heard.
    async fn notice_after(&self, silent: &str) {
        let id = self.send(ANN, filled()).await;
        assert_eq!(self.becomes(&id, 2).await, ["sent", "delivered"]);
        let all = self.values("messages");
        assert!(all.iter().all(|value| value["statuses"][0]["id"] != silent), "{all:?}");
    }
}

#[tokio::test]
async fn limits_refuse_with_their_codes_and_let_go_in_time() {
    let place = Place::start().await;
    place.writes("ann", "Hi!").await;
    place.limit("pair", 2);
    place.say(ANN, "one").await;
    place.say(ANN, "two").await;
    let third = json!({ "type": "text", "text": { "body": "three" } });
    assert_eq!(refusal(&place.try_send(ANN, third.clone()).await), (400, 131_056, 0));
    place.wait(6);
    place.say(ANN, "three").await;
    assert_eq!(refusal(&place.try_send(ANN, third.clone()).await).1, 131_056, "the burst is made up for");
    place.limit("throughput", 1);
    place.wait(60);
    place.say(ANN, "four").await;
    assert_eq!(refusal(&place.try_send(ANN, third).await), (400, 130_429, 0));
    place.limit("management_calls", 1);
    place.wait(3_600);
    place.get(&place.waba).await;
    assert_eq!(refusal(&place.try_get(&place.waba).await), (400, 80_007, 0));
}

#[tokio::test]
async fn every_documented_code_can_be_turned_on_at_once_and_by_webhook() {
    let place = Place::start().await;
    place.notice().await;
    let table = super::super::problem::TABLE;
    place.limit("pair", 1_000_000);
    place.limit("throughput", 1_000_000);
    for (code, status, _) in table {
        place.own("refuse", json!({ "messages": code }));
        assert_eq!(refusal(&place.try_send(ANN, filled()).await), (*status, *code, 0));
    }
    place.own("refuse", json!({}));
    for (code, ..) in table {
        place.own("fail", json!({ "*": code }));
        let id = place.send(ANN, filled()).await;
        assert_eq!(place.fails(&id).await, *code);
    }
    place.own("fail", json!({}));
    place.own("refuse_after", json!({ "publish": 131_016 }));
    assert_eq!(refusal(&place.try_send(ANN, filled()).await), (500, 131_016, 0));
    place.own("refuse_after", json!({}));
    place.own("lost_answer_one_in", json!(1));
    assert_eq!(refusal(&place.try_send(ANN, filled()).await), (500, 131_000, 0));
    place.wait(1);
    place.get("me").await;
    assert_eq!(place.ledger().len(), 2, "both arrived all the same");
    let wrong = json!({ "own": { "refuse": { "messages": 7 } } });
    let knobs = format!("{}knobs/whatsapp", place.world.running.control);
    assert_eq!(read(place.world.http.put(knobs).json(&wrong)).await.0, 422);
}

#[tokio::test]
async fn a_phone_that_is_off_gets_its_messages_later_or_never_and_receipts_can_be_hidden() {
    let place = Place::start().await;
    place.notice().await;
    let turn = async |what: &str| {
        let answer = place.world.http.post(place.url("phones/ann")).form(&[("do", what)]).send().await;
        assert_eq!(answer.expect("an answer").status(), 303);
    };
    turn("power").await;
    let id = place.send(ANN, filled()).await;
    assert_eq!(place.becomes(&id, 1).await, ["sent"]);
    turn("power").await;
    assert_eq!(place.becomes(&id, 2).await, ["sent", "delivered"]);
    turn("power").await;
    turn("receipts").await;
    let second = place.send(ANN, filled()).await;
    assert_eq!(place.becomes(&second, 1).await, ["sent"]);
    place.wait(30 * 24 * 3_600);
    turn("power").await;
    place.wait(1);
    place.looks("ann").await;
    let third = place.send(ANN, filled()).await;
    place.wait(1);
    place.looks("ann").await;
    assert_eq!(place.becomes(&third, 2).await, ["sent", "delivered"], "what is read stays hers");
    assert_eq!(place.statuses(&second, 1).await.len(), 1, "given up after its time, without a word");
    assert_eq!(place.ledger().len(), 2);
}

#[tokio::test]
async fn a_message_of_a_person_is_marked_as_read_and_an_answer_is_on_its_way() {
    let place = Place::start().await;
    place.writes("ann", "Are you open?").await;
    let id = text(&place.hears("messages", 1).await[0]["messages"][0]["id"]);
    let path = format!("{}/messages", place.phone);
    let read = |id: &str| json!({ "messaging_product": "whatsapp", "status": "read", "message_id": id, "typing_indicator": { "type": "text" } });
    assert_eq!(place.refused(&path, read("wamid.no")).await.1, 100);
    assert_eq!(place.made(&path, read(&id)).await, json!({ "success": true }));
    let page = place.looks("ann").await;
    assert!(page.contains("✓✓") && page.contains("typing…"), "{page}");
    place.wait(30);
    assert!(!place.looks("ann").await.contains("typing…"));
}
