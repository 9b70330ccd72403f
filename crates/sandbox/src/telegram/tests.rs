//! Telegram from outside, over real HTTP.

mod client;
mod official;

use std::time::Duration;

use serde_json::{Value, json};

use super::TOKEN;
use crate::{
    Action, Entry, Network,
    sniff::samples,
    test_kit::{World, read},
};

const CHANNEL: &str = "@harbour_news";

struct Place {
    world: World,
}

impl Place {
    async fn start() -> Self {
        Self { world: World::start().await }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.running.origin(Network::Telegram))
    }

    async fn call(&self, method: &str, body: Value) -> (u16, Value) {
        read(self.world.http.post(self.url(&format!("bot{TOKEN}/{method}"))).json(&body)).await
    }

    /// The result of a call that works.
    async fn done(&self, method: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, body).await;
        assert_eq!((status, &answer["ok"]), (200, &json!(true)), "{answer}");
        answer["result"].clone()
    }

    /// How a call is refused.
    async fn refused(&self, method: &str, body: Value) -> (u16, String) {
        let (status, answer) = self.call(method, body).await;
        assert_eq!((&answer["ok"], &answer["error_code"]), (&json!(false), &json!(status)), "{answer}");
        (status, answer["description"].as_str().expect("words").to_owned())
    }

    /// A call with files, by field.
    async fn upload(&self, method: &str, fields: &[(&str, &str)], files: Vec<(&str, Vec<u8>)>) -> (u16, Value) {
        const BOUNDARY: &str = "a-boundary-of-the-test";
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(head.into_bytes());
        }
        for (name, bytes) in files {
            let head = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.into_bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        let request = self.world.http.post(self.url(&format!("bot{TOKEN}/{method}")));
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        read(request.header("content-type", kind).body(body)).await
    }

    async fn press(&self, path: &str, fields: &[(&str, &str)]) {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.world.http.post(self.url(path)).header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(request.body(form).send().await.expect("an answer").status(), 303, "{path}");
    }

    /// One message a minute is within every limit.
    fn pause(&self) {
        self.world.clock.advance(Duration::from_secs(61));
    }

    fn ledger(&self) -> Vec<Entry> {
        self.world.running.ledger().entries(Some(Network::Telegram))
    }
}

/// Every kind of message, each with what its answer must have.
async fn all_kinds(place: &Place) -> Vec<Value> {
    let text = place
        .done(
            "sendMessage",
            json!({
                "chat_id": CHANNEL, "text": " 🚢 bold, see https://example.com/a #harbour ",
                "entities": [{ "type": "bold", "offset": 3, "length": 4 }],
                "link_preview_options": { "is_disabled": true }, "disable_notification": true, "protect_content": true,
            }),
        )
        .await;
    let kinds: Vec<_> = text["entities"].as_array().expect("entities").iter().map(|one| one["type"].clone()).collect();
    assert_eq!(kinds, ["bold", "url", "hashtag"], "{text}");
    assert_eq!(text["entities"][1]["offset"], 13, "{text}");
    let reply = json!({ "message_id": text["message_id"] });
    let poll = json!({
        "chat_id": CHANNEL, "question": "Tea?", "options": [{ "text": "Yes" }, { "text": "No" }], "open_period": 600,
        "reply_parameters": reply,
    });
    let poll = place.done("sendPoll", poll).await;
    assert_eq!(poll["reply_to_message"]["message_id"], text["message_id"]);
    let fields = [("chat_id", CHANNEL), ("caption", "Look"), ("has_spoiler", "true")];
    let (_, photo) = place.upload("sendPhoto", &fields, vec![("photo", samples::png(640, 480))]).await;
    let (_, video) = place.upload("sendVideo", &fields, vec![("video", samples::mp4(7))]).await;
    let (_, moving) = place.upload("sendAnimation", &fields, vec![("animation", samples::gif(3))]).await;
    let (_, paper) = place.upload("sendDocument", &fields, vec![("document", b"words".to_vec())]).await;
    assert_eq!(photo["result"]["photo"][0]["width"], 640, "{photo}");
    assert_eq!(
        (&video["result"]["video"]["duration"], &moving["ok"], &paper["ok"]),
        (&json!(7), &json!(true), &json!(true))
    );
    let media = json!([
        { "type": "photo", "media": "attach://a", "caption": "Two" }, { "type": "video", "media": "attach://b" },
    ]);
    let files = vec![("a", samples::png(640, 480)), ("b", samples::mp4(7))];
    let (_, album) =
        place.upload("sendMediaGroup", &[("chat_id", CHANNEL), ("media", &media.to_string())], files).await;
    assert_eq!(album["result"].as_array().map(Vec::len), Some(2), "{album}");
    let known = json!({ "chat_id": CHANNEL, "photo": photo["result"]["photo"][0]["file_id"] });
    let again = place.done("sendPhoto", known).await;
    let results = [photo, video, moving, paper].map(|answer| answer["result"].clone());
    [text, poll, again, album["result"][0].clone()].into_iter().chain(results).collect()
}

#[tokio::test]
async fn every_kind_of_message_is_sent_shown_changed_and_deleted() {
    let place = Place::start().await;
    let sent = all_kinds(&place).await;
    let page = place.world.page(&place.url("s/harbour_news")).await;
    for shown in ["<strong>bold</strong>", "Tea?", "silent", "https://example.com/a"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let id = &sent[0]["message_id"];
    let single = place.world.page(&place.url(&format!("harbour_news/{id}"))).await;
    assert!(single.contains("<strong>bold</strong>") && single.contains("Tea?"), "with its answers: {single}");
    let text = json!({ "chat_id": CHANNEL, "message_id": id, "text": "Changed" });
    let changed = place.done("editMessageText", text.clone()).await;
    assert!(changed["edit_date"].is_number() && changed["text"] == "Changed", "{changed}");
    let (status, words) = place.refused("editMessageText", text).await;
    assert!(status == 400 && words.starts_with("Bad Request: message is not modified"), "{words}");
    let caption = json!({ "chat_id": CHANNEL, "message_id": sent[2]["message_id"], "caption": "New" });
    assert_eq!(place.done("editMessageCaption", caption).await["caption"], "New");
    let media = json!({ "type": "video", "media": "attach://v" }).to_string();
    let photo = sent[4]["message_id"].to_string();
    let fields = [("chat_id", CHANNEL), ("message_id", &photo), ("media", &media)];
    let (_, other) = place.upload("editMessageMedia", &fields, vec![("v", samples::mp4(3))]).await;
    assert_eq!(other["result"]["video"]["duration"], 3, "{other}");
    let album = sent[3]["message_id"].as_i64().expect("a number");
    let both = json!({ "chat_id": CHANNEL, "message_ids": [album, album + 1, 999] });
    assert_eq!(place.done("deleteMessages", both).await, true);
    let one = json!({ "chat_id": CHANNEL, "message_id": id });
    assert_eq!(place.done("deleteMessage", one.clone()).await, true);
    assert_eq!(place.refused("deleteMessage", one).await.1, "Bad Request: message to delete not found");
    place.world.clock.advance(Duration::from_secs(48 * 3600 + 1));
    let late = json!({ "chat_id": CHANNEL, "message_id": sent[2]["message_id"] });
    assert_eq!(place.refused("deleteMessage", late).await.1, "Bad Request: message can't be deleted for everyone");
    let ledger = place.ledger();
    let count = |action| ledger.iter().filter(|entry| entry.action == action).count();
    assert_eq!([Action::Created, Action::Edited, Action::Deleted].map(count), [8, 3, 2], "an album is one write");
    assert!(ledger.iter().all(|entry| entry.account == "harbour_news" && !entry.request_digest.is_empty()));
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_the_words_of_the_server() {
    let place = Place::start().await;
    let said = |text: String| json!({ "chat_id": CHANNEL, "text": text });
    let poll = |options: Value| json!({ "chat_id": CHANNEL, "question": "?", "options": options });
    let album =
        |items: usize| json!({ "chat_id": CHANNEL, "media": vec![json!({ "type": "photo", "media": "x" }); items] });
    let rows = [
        ("sendMessage", said(" ".into()), 400, "message text is empty"),
        ("sendMessage", said("🚢".repeat(4097)), 400, "message is too long"),
        ("sendMessage", json!({ "chat_id": "@nowhere_at_all", "text": "x" }), 400, "chat not found"),
        (
            "sendMessage",
            json!({ "chat_id": CHANNEL, "text": "x", "reply_parameters": { "message_id": 9 } }),
            400,
            "message to be replied not found",
        ),
        (
            "sendMessage",
            json!({ "chat_id": CHANNEL, "text": "x", "entities": [{ "type": "bold", "offset": 0, "length": 2 }] }),
            400,
            "can't parse entities",
        ),
        ("sendPoll", poll(json!([])), 400, "poll must have at least 1 option"),
        ("sendPoll", poll(json!(vec![json!({ "text": "a" }); 13])), 400, "poll can't have more than 12 options"),
        (
            "sendPhoto",
            json!({ "chat_id": CHANNEL, "photo": "nothing" }),
            400,
            "wrong file identifier/HTTP URL specified",
        ),
        (
            "sendPhoto",
            json!({ "chat_id": CHANNEL, "photo": "http://127.0.0.1:1/a" }),
            400,
            "failed to get HTTP URL content",
        ),
        ("sendMediaGroup", album(11), 400, "too many messages to send as an album"),
        (
            "editMessageText",
            json!({ "chat_id": CHANNEL, "message_id": 77, "text": "x" }),
            400,
            "message to edit not found",
        ),
        ("getChatMember", json!({ "chat_id": CHANNEL, "user_id": 1 }), 400, "user not found"),
        ("nonsense", json!({}), 404, "method not found"),
    ];
    for (method, body, status, words) in rows {
        let (given, said) = place.refused(method, body).await;
        assert!(given == status && said.contains(words), "{method}: {given} {said}");
    }
    // 4,096 emoji are 8,192 units of UTF-16, and fit.
    place.done("sendMessage", said("🚢".repeat(4096))).await;
    for (file, words) in
        [(samples::png(6_000, 5_000), "PHOTO_INVALID_DIMENSIONS"), (b"text".to_vec(), "IMAGE_PROCESS_FAILED")]
    {
        let (status, answer) = place.upload("sendPhoto", &[("chat_id", CHANNEL)], vec![("photo", file)]).await;
        assert_eq!((status, &answer["description"]), (400, &json!(format!("Bad Request: {words}"))));
    }
    let fields = [("chat_id", CHANNEL), ("caption", &*"x".repeat(1025))];
    let (_, long) = place.upload("sendPhoto", &fields, vec![("photo", samples::png(9, 9))]).await;
    assert_eq!(long["description"], "Bad Request: message caption is too long");
    for (token, status) in [("7000000001:AAEsandboxsandboxsandboxsandbox0002", 401), ("7:x", 404)] {
        let (given, answer) = read(place.world.http.get(place.url(&format!("bot{token}/getMe")))).await;
        assert_eq!((given, &answer["error_code"]), (status, &json!(status)));
    }
}

#[tokio::test]
async fn a_person_makes_a_bot_adds_it_to_a_channel_and_takes_its_right_away() {
    let place = Place::start().await;
    place.press("botfather/bots", &[("name", "News"), ("username", "news_bot")]).await;
    place.press("botfather/chats", &[("title", "Fresh"), ("username", "fresh_news"), ("kind", "channel")]).await;
    let page = place.world.page(&place.url("botfather")).await;
    let token = page.split("7000000002:").nth(1).and_then(|rest| rest.split('<').next()).expect("a token");
    let call = async |method: &str, more: &str| {
        let address = format!("bot7000000002:{token}/{method}?chat_id=@fresh_news&user_id=7000000002&text=x{more}");
        read(place.world.http.get(place.url(&address))).await
    };
    assert_eq!(call("getMe", "").await.1["result"]["username"], "news_bot");
    let (_, chat) = call("getChat", "").await;
    let chat = chat["result"]["id"].to_string();
    assert_eq!(call("getChatMember", "").await.1["description"], "Bad Request: member list is inaccessible");
    assert_eq!(call("sendMessage", "").await.1["description"], "Forbidden: bot is not a member of the channel chat");
    for (standing, status, may_post) in
        [("admin", 200, json!(true)), ("silent", 400, json!(false)), ("kicked", 403, Value::Null)]
    {
        place.press("botfather/rights", &[("bot", "7000000002"), ("chat", &chat), ("standing", standing)]).await;
        assert_eq!(call("getChatMember", "").await.1["result"]["can_post_messages"], may_post);
        assert_eq!(call("sendMessage", "").await.0, status, "{standing}");
    }
    let group = "-2000000003";
    place.press("botfather/upgrade", &[("chat", group)]).await;
    let (status, moved) = place.call("sendMessage", json!({ "chat_id": group, "text": "x" })).await;
    let id = moved["parameters"]["migrate_to_chat_id"].as_i64().expect("the new id");
    assert!(status == 400 && id < -1_000_000_000_000, "{moved}");
    let there = place.done("sendMessage", json!({ "chat_id": id, "text": "x" })).await;
    assert_eq!((&there["chat"]["type"], &there["from"]["is_bot"]), (&json!("supergroup"), &json!(true)));
}

#[tokio::test]
async fn a_chat_takes_twenty_messages_a_minute_and_says_when_the_next_may_come() {
    let place = Place::start().await;
    place.world.running.turn(Network::Telegram, |knobs| {
        knobs.rate_limits.insert("chat".into(), 2);
    });
    let message = json!({ "chat_id": CHANNEL, "text": "x" });
    place.done("sendMessage", message.clone()).await;
    place.done("sendMessage", message.clone()).await;
    let (status, answer) = place.call("sendMessage", message.clone()).await;
    assert_eq!((status, &answer["parameters"]["retry_after"]), (429, &json!(60)), "{answer}");
    assert_eq!(place.ledger().len(), 2);
    place.pause();
    place.done("sendMessage", message.clone()).await;
    place.world.running.turn(Network::Telegram, |knobs| {
        knobs.own.insert("restart_one_in".into(), json!(1));
    });
    let (status, answer) = place.call("sendMessage", message).await;
    assert_eq!((status, &answer["description"]), (500, &json!("Internal Server Error: restart")));
    assert_eq!(place.ledger().len(), 4, "it is there all the same");
}
