//! `health_status`: whether messages can be sent, and what stands in the way.

use serde_json::{Value, json};

use super::{
    PRODUCT,
    model::{Book, Phone, Tier, Waba},
    templates::Template,
};

/// Whether something can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Can {
    Available,
    Limited,
    Blocked,
}

impl Can {
    const fn as_str(self) -> &'static str {
        match self {
            Can::Available => "AVAILABLE",
            Can::Limited => "LIMITED",
            Can::Blocked => "BLOCKED",
        }
    }
}

/// One of the things between an app and a recipient.
struct Link {
    kind: &'static str,
    id: String,
    can: Can,
    /// Code, what is wrong, what helps.
    error: Option<(i64, &'static str, &'static str)>,
}

fn told(links: Vec<Link>) -> Value {
    let worst = links.iter().map(|link| link.can).max().unwrap_or(Can::Available);
    let entities: Vec<Value> = links
        .into_iter()
        .map(|link| {
            let mut entity = json!({
                "entity_type": link.kind, "id": link.id, "can_send_message": link.can.as_str(),
            });
            match link.error {
                Some((code, description, solution)) if link.can == Can::Blocked => {
                    entity["errors"] = json!([{
                        "error_code": code, "error_description": description, "possible_solution": solution,
                    }]);
                }
                Some((_, description, _)) => entity["additional_info"] = json!([description]),
                None => {}
            }
            entity
        })
        .collect();
    json!({ "can_send_message": worst.as_str(), "entities": entities })
}

fn account(book: &Book, waba: &Waba) -> Vec<Link> {
    let business = book.businesses.get(&waba.business).cloned().unwrap_or_default();
    let small = business.tier == Tier::Small;
    let locked = (141_006, "The account is locked.", "Look into the account's quality in WhatsApp Manager.");
    vec![
        Link {
            kind: "WABA",
            id: waba.id.clone(),
            can: if waba.locked { Can::Blocked } else { Can::Available },
            error: waba.locked.then_some(locked),
        },
        Link {
            kind: "BUSINESS",
            id: business.id,
            can: if small { Can::Limited } else { Can::Available },
            error: small.then_some((141_010, "The business may reach 250 people a day.", "Verify the business.")),
        },
        Link { kind: "APP", id: PRODUCT.id.into(), can: Can::Available, error: None },
    ]
}

/// Of an account.
pub fn of_account(book: &Book, waba: &Waba) -> Value {
    told(account(book, waba))
}

/// Of a number.
pub fn of_phone(book: &Book, phone: &Phone) -> Value {
    let (can, error) = if !phone.registered {
        (Can::Blocked, Some((141_000, "The number is not registered.", "Register it for the Cloud API.")))
    } else if phone.name_status == "DECLINED" {
        (Can::Blocked, Some((131_037, "The display name was declined.", "Choose another display name.")))
    } else if phone.quality == "RED" {
        (Can::Limited, Some((141_002, "People often block this number.", "Send what people want to get.")))
    } else {
        (Can::Available, None)
    };
    let own = Link { kind: "PHONE_NUMBER", id: phone.id.clone(), can, error };
    let above = book.wabas.get(&phone.waba).map(|waba| account(book, waba)).unwrap_or_default();
    told([own].into_iter().chain(above).collect())
}

/// Of a template.
pub fn of_template(book: &Book, template: &Template) -> Value {
    let can = if template.status == "APPROVED" { Can::Available } else { Can::Blocked };
    let error = (132_015, "The template is not approved.", "Wait until it is, or use another.");
    let id = template.id.to_string();
    let own = Link { kind: "MESSAGE_TEMPLATE", id, can, error: (can == Can::Blocked).then_some(error) };
    let above = book.wabas.get(&template.waba).map(|waba| account(book, waba)).unwrap_or_default();
    told([own].into_iter().chain(above).collect())
}
