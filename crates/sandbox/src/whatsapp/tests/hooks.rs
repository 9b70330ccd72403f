//! Webhooks: who hears, the handshake, tries, order, and what repairs what was lost.

use super::*;

#[tokio::test]
async fn an_address_is_asked_before_it_hears_and_one_of_the_account_or_number_goes_first() {
    let place = Place::start().await;
    let app = place.url(&format!("v26.0/{}/subscriptions", PRODUCT.id));
    let mut form = json!({
        "object": "whatsapp_business_account", "callback_url": place.hook, "verify_token": "wrong", "fields": "messages",
    });
    let subscribe = async |form: &Value| {
        let request = place.world.http.post(&app).bearer_auth(PRODUCT.app_token()).json(form);
        refusal(&read(request).await).1
    };
    assert_eq!(subscribe(&form).await, 2_200);
    form["fields"] = json!("gossip");
    assert_eq!(subscribe(&form).await, 100);
    let elsewhere = place.hook.replace("/hook", "/elsewhere");
    let overriding = json!({ "override_callback_uri": elsewhere, "verify_token": "wrong" });
    let path = format!("{}/subscribed_apps", place.waba);
    assert_eq!(place.refused(&path, overriding).await.1, 100);
    place.made(&path, json!({ "override_callback_uri": elsewhere, "verify_token": "swordfish" })).await;
    let shown = place.get(&path).await["data"][0].clone();
    assert_eq!(shown["override_callback_uri"], json!(elsewhere), "{shown}");
    let of_number =
        json!({ "webhook_configuration": { "override_callback_uri": place.hook, "verify_token": "swordfish" } });
    place.made(&place.phone, of_number).await;
    let all =
        place.get(&format!("{}?fields=webhook_configuration", place.phone)).await["webhook_configuration"].clone();
    let expected = json!({
        "application": place.hook, "whatsapp_business_account": elsewhere, "phone_number": place.hook,
    });
    assert_eq!(all, expected);
    place.made(&path, json!({})).await;
    assert!(place.get(&path).await["data"][0].get("override_callback_uri").is_none());
    assert_eq!(place.delete(&path).await.0, 200);
    place.writes("ann", "Is anybody there?").await;
    place.made(&path, json!({})).await;
    place.writes("ann", "Now?").await;
    let heard = place.hears("messages", 1).await;
    assert_eq!(heard[0]["messages"][0]["text"]["body"], "Now?", "without the account's subscription nothing is heard");
    let whole = place.heard.lock().expect("free").events[0].clone();
    assert!(whole["entry"][0].get("time").is_none() && whole["entry"][0]["id"] == json!(place.waba), "{whole}");
}

#[tokio::test]
async fn a_webhook_that_fails_is_tried_again_until_it_arrives_or_a_week_has_passed() {
    let place = Place::start().await;
    let refusing = async |left: usize| loop {
        if place.heard.lock().expect("free").refuses <= left {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    place.heard.lock().expect("free").refuses = 2;
    place.writes("ann", "Hi!").await;
    refusing(1).await;
    place.wait(5);
    refusing(0).await;
    assert!(place.values("messages").is_empty());
    place.wait(10);
    assert_eq!(place.hears("messages", 1).await[0]["messages"][0]["text"]["body"], "Hi!");
}

#[tokio::test]
async fn statuses_come_twice_late_or_never_if_told_so_and_the_history_knows() {
    let place = Place::start().await;
    place.notice().await;
    place.own("twice_one_in", json!(1));
    place.own("late", json!(["sent"]));
    let id = place.send(ANN, filled()).await;
    place.wait(1);
    assert_eq!(place.becomes(&id, 2).await, ["delivered", "delivered"]);
    place.wait(3);
    assert_eq!(place.becomes(&id, 4).await, ["delivered", "delivered", "sent", "sent"]);
    assert_eq!(place.ledger().len(), 1, "delivered once");
    place.own("twice_one_in", json!(0));
    place.own("late", json!([]));
    place.own("lost", json!(["sent", "delivered"]));
    let silent = place.send(ANN, filled()).await;
    place.wait(1);
    let path = format!("{}/message_history", place.phone);
    let fields = "fields=id,message_id,events{delivery_status,timestamp,webhook_update_state}";
    let listed = place.get(&format!("{path}?{fields}&message_id={}", encoded(&silent))).await["data"].clone();
    let events = listed[0]["events"]["data"].as_array().expect("events");
    let statuses: Vec<_> = events.iter().map(|event| text(&event["delivery_status"])).collect();
    assert_eq!(statuses, ["SENT", "DELIVERED"], "{listed}");
    let all = place.get(&format!("{path}?limit=1")).await;
    assert_eq!(all["data"][0]["message_id"], json!(silent), "newest first");
    let history = text(&all["data"][0]["id"]);
    let one = place.get(&format!("{history}/events?status_filter=DELIVERED")).await["data"].clone();
    assert_eq!((one.as_array().map(Vec::len), &one[0]["node"]["delivery_status"]), (Some(1), &json!("DELIVERED")));
    place.own("no_message_history", json!(true));
    assert_eq!(refusal(&place.try_get(&path).await).1, 100);
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn what_was_sent_and_what_it_cost_is_added_up() {
    let place = Place::start().await;
    let template = place.notice().await;
    for person in [ANN, BEN] {
        let id = place.send(person, filled()).await;
        place.becomes(&id, 2).await;
    }
    place.writes("ann", "Hi!").await;
    place.say(ANN, "Hello").await;
    place.wait(1);
    let day = place.world.clock_day();
    let span = format!(".start({day}).end({}).granularity(DAILY)", day + 86_400);
    let dimensions = ".dimensions([\"PRICING_CATEGORY\",\"PRICING_TYPE\"])";
    let shown = place.get(&format!("{}?fields=pricing_analytics{span}{dimensions}", place.waba)).await;
    let mut points = shown["pricing_analytics"]["data"][0]["data_points"].as_array().expect("points").clone();
    points.sort_by_key(|point| text(&point["pricing_category"]));
    let seen: Vec<_> = points.iter().map(|point| (&point["volume"], &point["cost"])).collect();
    assert_eq!(seen, [(&json!(1), &json!(0.0)), (&json!(2), &json!(0.04))], "{shown}");
    let shown = place.get(&format!("{}?fields=analytics{}", place.waba, span.replace("DAILY", "DAY"))).await;
    assert_eq!(shown["analytics"]["data_points"][0]["delivered"], 3, "{shown}");
    let query = format!("start={day}&end={}&granularity=DAILY&template_ids=[{template}]", day + 86_400);
    let path = format!("{}/template_analytics?{query}", place.waba);
    assert_eq!(refusal(&place.try_get(&path).await).1, 100, "not switched on");
    place.made(&place.waba, json!({ "is_enabled_for_insights": true })).await;
    let points = place.get(&path).await["data"][0]["data_points"].clone();
    assert_eq!((&points[0]["delivered"], &points[0]["cost"][0]["value"]), (&json!(2), &json!(0.04)), "{points}");
}

impl World {
    fn clock_day(&self) -> i64 {
        use base::Clock as _;
        self.clock.now().as_seconds() / 86_400 * 86_400
    }
}
