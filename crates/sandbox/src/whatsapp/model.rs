//! What WhatsApp remembers.

use std::collections::{BTreeMap, BTreeSet};

use base::{Random, Timestamp};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{people::Person, templates::Template};
use crate::{
    meta::{fetch::File, quotas::Quotas},
    oauth::Grants,
};

/// Someone who signs in for a business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Admin {
    /// Digits.
    pub id: String,
    /// The word to sign in by.
    pub login: String,
    /// The name people read.
    pub name: String,
    /// The portfolio.
    pub business: String,
}

/// A business portfolio.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Business {
    /// Digits.
    pub id: String,
    /// The name people read.
    pub name: String,
    /// Whether Meta has verified it.
    pub verified: bool,
    /// How many people its templates may reach in 24 hours.
    pub tier: Tier,
    /// When a template reached whom outside a window.
    pub reached: BTreeMap<String, Timestamp>,
}

/// A messaging limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Tier {
    /// 250 people.
    #[serde(rename = "TIER_250")]
    Small,
    /// 2,000 people.
    #[default]
    #[serde(rename = "TIER_2K")]
    Usual,
    /// 10,000 people.
    #[serde(rename = "TIER_10K")]
    Large,
    /// 100,000 people.
    #[serde(rename = "TIER_100K")]
    Huge,
    /// No limit.
    #[serde(rename = "TIER_UNLIMITED")]
    Unlimited,
}

impl Tier {
    /// All, smallest first.
    pub const ALL: [Tier; 5] = [Tier::Small, Tier::Usual, Tier::Large, Tier::Huge, Tier::Unlimited];

    /// The word in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Tier::Small => "TIER_250",
            Tier::Usual => "TIER_2K",
            Tier::Large => "TIER_10K",
            Tier::Huge => "TIER_100K",
            Tier::Unlimited => "TIER_UNLIMITED",
        }
    }

    /// How many people.
    pub const fn most(self) -> u32 {
        match self {
            Tier::Small => 250,
            Tier::Usual => 2_000,
            Tier::Large => 10_000,
            Tier::Huge => 100_000,
            Tier::Unlimited => u32::MAX,
        }
    }
}

/// An address for webhooks in place of the app's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Override {
    /// The address.
    pub url: String,
    /// The word that it was verified by.
    pub word: String,
}

/// A WhatsApp Business account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Waba {
    /// Digits.
    pub id: String,
    /// The portfolio that owns it.
    pub business: String,
    /// The name people read.
    pub name: String,
    /// Whether it is the one that every app gets for tests, which writes to a few numbers only.
    pub test: bool,
    /// The recipients of a test account.
    pub allowed: Vec<String>,
    /// Whether the app hears of it.
    pub subscribed: bool,
    /// Where it hears of messages, if not at the app's address.
    pub address: Option<Override>,
    /// Names of deleted templates with when they were deleted.
    pub deleted_names: BTreeMap<String, Timestamp>,
    /// Whether template analytics were switched on.
    pub insights: bool,
    /// Whether it is locked.
    pub locked: bool,
    /// Whether marketing templates are refused at `/messages`.
    pub no_marketing: bool,
}

/// A number of a business.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Phone {
    /// Digits; not the number.
    pub id: String,
    /// The account that it belongs to.
    pub waba: String,
    /// The number: country code and the rest, digits only.
    pub digits: String,
    /// The name people read.
    pub name: String,
    /// `APPROVED`, `PENDING_REVIEW`, `DECLINED`.
    pub name_status: String,
    /// `GREEN`, `YELLOW`, `RED`.
    pub quality: String,
    /// Whether someone has proved that the number is theirs.
    pub verified: bool,
    /// The code that was sent to prove it.
    pub code: Option<String>,
    /// Whether it is registered for the Cloud API.
    pub registered: bool,
    /// The second step's digits.
    pub pin: Option<String>,
    /// When they were guessed wrongly.
    pub wrong_pins: Vec<Timestamp>,
    /// When it was deregistered.
    pub left_at: Option<Timestamp>,
    /// Where the app hears of its messages.
    pub address: Option<Override>,
    /// What its profile says.
    pub profile: BTreeMap<String, Value>,
    /// Its username, with whether it is shown yet.
    pub username: Option<(String, bool)>,
    /// What was set by `/settings`.
    pub settings: BTreeMap<String, Value>,
    /// People whom it has blocked.
    pub blocked: BTreeSet<String>,
}

impl Phone {
    /// The number as people write it.
    pub fn displayed(&self) -> String {
        format!("+{}", self.digits)
    }
}

/// What is between a number and a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// When the person last wrote.
    pub wrote_at: Option<Timestamp>,
    /// Until when everything is free, if they came by an advertisement.
    pub free_until: Option<Timestamp>,
    /// When the business last reached the person by number, or they called.
    pub by_number_at: Option<Timestamp>,
    /// When the business was last typing.
    pub typing_at: Option<Timestamp>,
    /// Whether the person has blocked the number.
    pub blocked: bool,
    /// How far messages may come before the rate of the pair holds them up: when the account of the burst is even again.
    pub even_at: Option<Timestamp>,
}

/// What becomes of a message on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It has left.
    Sent,
    /// It is on the phone.
    Delivered,
    /// It was seen.
    Read,
    /// It will never arrive.
    Failed,
}

impl Status {
    /// The word in webhooks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Sent => "sent",
            Status::Delivered => "delivered",
            Status::Read => "read",
            Status::Failed => "failed",
        }
    }
}

/// Something that happened to a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Happened {
    /// What.
    pub status: Status,
    /// When.
    pub at: Timestamp,
    /// The code and details of a failure.
    pub error: Option<(i64, String)>,
    /// Whether the app was told: `PENDING`, `DELIVERED`, `RETRYING`, `FAILED`.
    pub told: String,
}

/// Something to tap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub title: String,
    /// What it does.
    pub does: Does,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Does {
    /// Answers a template, with this payload.
    Payload(String),
    /// Answers an interactive message, with this id.
    Reply(String),
    /// The same in a list, with the row's description.
    Row(String, String),
    /// Opens an address.
    Open(String),
    /// Anything else.
    Nothing,
}

/// A message, either way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `wamid.…`.
    pub id: String,
    /// The business's number.
    pub phone: String,
    /// The person; none for a recipient who is not here.
    pub person: Option<String>,
    /// Whether the business sent it.
    pub out: bool,
    /// When it was accepted.
    pub at: Timestamp,
    /// When it is given up.
    pub ends_at: Timestamp,
    /// `text`, `template`, `image`, …
    pub kind: String,
    /// What people read.
    pub text: String,
    /// What was sent, under the name of its kind.
    pub content: Value,
    /// A file.
    pub file: Option<File>,
    /// Buttons.
    pub buttons: Vec<Button>,
    /// The template and its category.
    pub template: Option<(u64, String)>,
    /// The message that it answers.
    pub context: Option<String>,
    /// `biz_opaque_callback_data`.
    pub data: Option<String>,
    /// The recipient as it was written.
    pub input: String,
    /// Whether it was sent by user id.
    pub by_user_id: bool,
    /// What became of it.
    pub events: Vec<Happened>,
    /// Whether it waits for the phone to be switched on.
    pub waits: bool,
    /// What it costs: `pricing.type` and `pricing.category`.
    pub price: Option<(String, String)>,
    /// Whether the business marked it as read.
    pub seen: bool,
    /// The emoji with which the other side reacted.
    pub reaction: Option<String>,
    /// The digest of the request that made it.
    pub digest: String,
}

impl Message {
    /// Whether this has happened to it.
    pub fn has(&self, status: Status) -> bool {
        self.events.iter().any(|event| event.status == status)
    }
}

/// Something that will happen to a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// When.
    pub at: Timestamp,
    /// To which.
    pub message: String,
    /// What.
    pub status: Status,
    /// The code and details of a failure.
    pub error: Option<(i64, String)>,
}

/// An uploaded or received file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Its id.
    pub id: u64,
    /// The number that it belongs to.
    pub phone: String,
    /// The bytes.
    pub file: File,
    /// How many.
    pub bytes: usize,
    /// When it is gone.
    pub ends_at: Timestamp,
}

/// A file that is uploaded in a session, as the example of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    /// How many bytes there will be.
    pub length: u64,
    /// What they are.
    pub kind: String,
    /// The digest of what came.
    pub blob: Option<String>,
    /// The handle, once it is whole.
    pub handle: Option<String>,
}

/// A webhook that waits to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its place in the order in which things happened.
    pub id: u64,
    /// Where to.
    pub url: String,
    /// The word that the app is asked for first.
    pub word: Option<String>,
    /// What is said.
    pub event: Value,
    /// When it is sent.
    pub due: Timestamp,
    /// When it was sent first.
    pub first: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// The message and status that it is about.
    pub about: Option<(String, Status)>,
}

/// Where an app hears of changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// The app's address.
    pub callback_url: String,
    /// The fields.
    pub fields: Vec<String>,
}

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Book {
    /// Who signs in, by id.
    pub admins: BTreeMap<String, Admin>,
    /// By id.
    pub businesses: BTreeMap<String, Business>,
    /// By id.
    pub wabas: BTreeMap<String, Waba>,
    /// By id.
    pub phones: BTreeMap<String, Phone>,
    /// Who has WhatsApp, by the word in addresses.
    pub people: BTreeMap<String, Person>,
    /// By id.
    pub templates: BTreeMap<u64, Template>,
    /// In the order in which they were accepted.
    pub messages: Vec<Message>,
    /// By number and person.
    pub threads: BTreeMap<String, Thread>,
    /// What will happen.
    pub plans: Vec<Plan>,
    /// By id.
    pub media: BTreeMap<u64, Media>,
    /// By the id of the session.
    pub uploads: BTreeMap<String, Upload>,
    /// Webhooks that wait.
    pub queue: Vec<Delivery>,
    /// Where the app hears.
    pub subscription: Option<Subscription>,
    /// Codes and tokens.
    pub grants: Grants,
    /// Uses of quotas.
    pub quotas: Quotas,
    last: u64,
}

impl Book {
    /// What every sandbox begins with: three portfolios with numbers, an account for tests, and some people with phones.
    pub fn seeded() -> Self {
        let mut book = Self::default();
        let lena = book.add_business("lena", "Lena Vos", "Lena Vos Photography");
        book.add_account(&lena, "Lena Vos Photography", "447700900201");
        let mira = book.add_business("mira", "Mira de Wit", "Quay Group");
        book.add_account(&mira, "Harbour Bakery", "447700900202");
        let bikes = book.add_account(&mira, "Northwind Bikes", "447700900203");
        // A number that was entered and not yet proved to be theirs.
        let fresh = book.add_phone(&bikes, "447700900204", "Northwind Rentals");
        if let Some(phone) = book.phones.get_mut(&fresh) {
            (phone.verified, phone.registered, phone.pin) = (false, false, None);
        }
        let tests = book.add_account(&lena, "Test WhatsApp Business Account", "15550100199");
        if let Some(waba) = book.wabas.get_mut(&tests) {
            (waba.test, waba.allowed) = (true, vec!["447700900101".into()]);
        }
        book.people = super::people::seeded();
        book
    }

    /// Adds a portfolio with the person who runs it; gives its id.
    pub fn add_business(&mut self, login: &str, person: &str, name: &str) -> String {
        let id = self.fresh(300_000_000_000_000).to_string();
        let business = Business { id: id.clone(), name: name.into(), verified: true, ..Business::default() };
        self.businesses.insert(id.clone(), business);
        let admin = self.fresh(10_230_000_000_000_000).to_string();
        let (login, name) = (login.to_owned(), person.to_owned());
        self.admins.insert(admin.clone(), Admin { id: admin, login, name, business: id.clone() });
        id
    }

    /// Adds an account with a number that works; gives the id of the account.
    pub fn add_account(&mut self, business: &str, name: &str, digits: &str) -> String {
        let id = self.fresh(102_290_000_000_000).to_string();
        let waba = Waba { id: id.clone(), business: business.into(), name: name.into(), ..Waba::default() };
        self.wabas.insert(id.clone(), waba);
        self.add_phone(&id, digits, name);
        id
    }

    /// Adds a number that works; gives its id.
    pub fn add_phone(&mut self, waba: &str, digits: &str, name: &str) -> String {
        let id = self.fresh(106_540_000_000_000).to_string();
        let phone = Phone {
            id: id.clone(),
            waba: waba.into(),
            digits: digits.into(),
            name: name.into(),
            name_status: "APPROVED".into(),
            quality: "GREEN".into(),
            verified: true,
            registered: true,
            pin: Some("212834".into()),
            ..Phone::default()
        };
        self.phones.insert(id.clone(), phone);
        id
    }

    /// A number that nobody would guess by adding one to the last.
    pub fn fresh(&mut self, from: u64) -> u64 {
        self.last += 7_919;
        from + self.last
    }

    /// The id of a new message with a recipient or sender.
    pub fn wamid(&mut self, whom: &str, random: &dyn Random) -> String {
        let unique = hex::encode_upper(base::random::bytes::<9>(random));
        let inside = format!("\u{1d}\u{18}\u{c}{whom}\u{15}\u{2}\0\u{11}\u{18}\u{12}{unique}\0");
        format!("wamid.{}", STANDARD.encode(inside))
    }

    /// The accounts of someone who signs in.
    pub fn accounts_of(&self, admin: &str) -> impl Iterator<Item = &Waba> {
        let business = self.admins.get(admin).map(|admin| admin.business.as_str());
        self.wabas.values().filter(move |waba| Some(waba.business.as_str()) == business)
    }

    /// The person who signs in with this word.
    pub fn by_login(&self, login: &str) -> Option<&Admin> {
        self.admins.values().find(|admin| admin.login.eq_ignore_ascii_case(login))
    }

    /// The numbers of an account.
    pub fn phones_of(&self, waba: &str) -> impl Iterator<Item = &Phone> {
        self.phones.values().filter(move |phone| phone.waba == waba)
    }

    /// The portfolio of a number.
    pub fn business_of(&self, phone: &str) -> Option<&Business> {
        self.businesses.get(&self.wabas.get(&self.phones.get(phone)?.waba)?.business)
    }

    /// The message with this id.
    pub fn message(&self, id: &str) -> Option<&Message> {
        // The newest are asked for.
        self.messages.iter().rev().find(|message| message.id == id)
    }

    /// The same, to change it.
    pub fn message_mut(&mut self, id: &str) -> Option<&mut Message> {
        self.messages.iter_mut().rev().find(|message| message.id == id)
    }

    /// What is between a number and a person.
    pub fn thread(&self, phone: &str, person: &str) -> Thread {
        self.threads.get(&between(phone, person)).cloned().unwrap_or_default()
    }

    /// The same, to change it.
    pub fn thread_mut(&mut self, phone: &str, person: &str) -> &mut Thread {
        self.threads.entry(between(phone, person)).or_default()
    }
}

fn between(phone: &str, person: &str) -> String {
    format!("{phone} {person}")
}

/// A person's id for one portfolio: the country and up to 128 letters and digits.
pub fn user_id(person: &Person, business: &str) -> String {
    let digest = Sha256::digest(format!("{business}/{}/{}", person.word, person.digits));
    let number = u64::from_be_bytes(digest[..8].try_into().unwrap_or_default());
    format!("{}.{number:020}", person.country)
}

/// The shape of a portfolio in lists.
pub fn named(id: &str, name: &str) -> Value {
    json!({ "id": id, "name": name })
}
