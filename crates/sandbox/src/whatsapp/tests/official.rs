//! The official description of the API as a judge of what the twin answers, and of what it is asked.

use super::*;
use crate::{
    Exchange,
    test_kit::{exchanges, judge, said, spec_text},
};

const DESCRIPTION: &str = "meta/business-messaging-api_v23.0.yaml";

/// What the description has otherwise than the network, as its own documents and the clients of others show.
const KNOWN: [&str; 4] = [
    // It gives a number the words of another list as status.
    "\"CONNECTED\" is not one of",
    // No message fits it: a text may have nothing beside it, not even the receiver; a template wants a `policy`, and an `index`
    // from `[2-6, 11-14]`, which none of its own examples have.
    "messages 200 (request)",
    // Calls are left out of the twin.
    "\"calling\" is a required property",
    // Its words for where things are stored are in small letters, those of the documents in capitals.
    "\"DEFAULT\" is not one of",
];
/// An edge that is asked for some fields only, where the description wants them all.
const PARTLY_ASKED: &str = "assigned_whatsapp_business_accounts";

#[tokio::test]
async fn answers_have_the_shapes_of_the_official_description() {
    let Some(text) = spec_text(DESCRIPTION) else { return };
    let spec: Value = serde_saphyr::from_str(&text).expect("the description reads");
    let place = Place::start().await;
    let template = place.notice().await;
    place.writes("ann", "Hi!").await;
    let message = place.send(ANN, filled()).await;
    place.say(ANN, "Hello").await;
    place.wait(1);
    place.statuses(&message, 2).await;
    let (waba, phone) = (&place.waba, &place.phone);
    let business = text_of_business(&place).await;
    for path in [
        format!("{business}/owned_whatsapp_business_accounts"),
        format!("{waba}/phone_numbers?fields=id,display_phone_number,status,quality_rating,code_verification_status"),
        format!("{waba}/subscribed_apps"),
        format!("{waba}/message_templates"),
        format!("{phone}/message_history?fields=id,message_id,events{{delivery_status,timestamp,id}}"),
        format!("{phone}/whatsapp_business_profile"),
        format!("{phone}/block_users"),
        format!("{phone}/settings"),
        template.clone(),
        waba.clone(),
        phone.clone(),
    ] {
        place.get(&path).await;
    }
    place
        .made(
            &format!("{phone}/block_users"),
            json!({ "messaging_product": "whatsapp", "block_users": [{ "user": ANN }] }),
        )
        .await;
    place.made(&format!("{phone}/register"), json!({ "messaging_product": "whatsapp", "pin": "212834" })).await;
    place.refused(&format!("{phone}/request_code"), json!({ "code_method": "SMS", "language": "en_US" })).await;
    place.delete(&format!("{waba}/message_templates?name=post_published")).await;
    let all = named(exchanges(&place.world, Network::Whatsapp), &place);
    let (answers, bodies, faults) = judge(&spec, &all);
    let (known, faults): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(|fault| KNOWN.iter().any(|known| fault.contains(known)));
    said(&format!(
        "official description: {answers} answers and {bodies} requests of {} calls compared; {} known differences",
        all.len(),
        known.len()
    ));
    assert!(answers > 12 && bodies > 3, "{answers} answers, {bodies} requests");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

async fn text_of_business(place: &Place) -> String {
    text(&place.get("me/businesses").await["data"][0]["id"])
}

/// The description tells apart by the name of the parameter what all has one path: each id is put under the name of its
/// kind, as the description spells it.
fn named(exchanges: Vec<Exchange>, place: &Place) -> Vec<Exchange> {
    let kind = |first: &str, edge: Option<&str>| match edge {
        Some("owned_whatsapp_business_accounts") => "{Business-ID}",
        Some("register" | "request_code" | "messages" | "message_history" | "block_users" | "settings") => {
            "{Phone-Number-ID}"
        }
        Some("whatsapp_business_profile") => "{Phone-Number-ID}",
        Some(_) => "{WABA-ID}",
        None if first == place.waba => "{WABA-ID}",
        None if first == place.phone => "{Phone-Number-ID}",
        None => "{TEMPLATE_ID}",
    };
    let rename = |mut exchange: Exchange| {
        let parts: Vec<&str> = exchange.path.split('/').collect();
        if let ["", _, first, rest @ ..] = parts.as_slice() {
            let edge = rest.first().map(|edge| format!("/{edge}")).unwrap_or_default();
            exchange.path = format!("/{{Version}}/{}{edge}", kind(first, rest.first().copied()));
        }
        exchange
    };
    let whole = exchanges.into_iter().filter(|exchange| !exchange.path.ends_with(PARTLY_ASKED));
    whole.map(rename).collect()
}
