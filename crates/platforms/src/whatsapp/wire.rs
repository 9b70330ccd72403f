//! The Cloud API's JSON, as much of it as is read.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::meta::wire::{id, is_id};

/// Someone, or something, by id and name.
#[derive(Debug, Deserialize)]
pub struct Known {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub name: Option<String>,
}

/// What a token is good for.
#[derive(Debug, Deserialize)]
pub struct Inspected {
    pub data: Inspection,
}

#[derive(Debug, Default, Deserialize)]
pub struct Inspection {
    #[serde(default)]
    pub is_valid: bool,
    /// The app that it was made for.
    #[serde(default)]
    pub app_id: Value,
    /// As granted.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// When it ends, in seconds since 1970; 0 if it doesn't.
    #[serde(default)]
    pub expires_at: i64,
    #[serde(default)]
    granular_scopes: Vec<Granular>,
}

#[derive(Debug, Default, Deserialize)]
struct Granular {
    scope: String,
    /// The accounts that it holds for; left out where it holds for all.
    #[serde(default)]
    target_ids: Vec<String>,
}

impl Inspection {
    /// The accounts that this scope was given for.
    pub fn accounts(&self, scope: &str) -> Vec<String> {
        let of = self.granular_scopes.iter().filter(|one| one.scope == scope);
        of.flat_map(|one| one.target_ids.iter().filter(|id| is_id(id)).cloned()).collect()
    }
}

/// A number of an account.
#[derive(Debug, Clone, Deserialize)]
pub struct Number {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub display_phone_number: String,
    pub verified_name: Option<String>,
    /// `CONNECTED`, `PENDING`, `DISCONNECTED`, `BANNED`, …
    pub status: Option<String>,
    pub code_verification_status: Option<String>,
    pub quality_rating: Option<String>,
    /// `SANDBOX` for Meta's test numbers.
    pub account_mode: Option<String>,
    pub whatsapp_business_manager_messaging_limit: Option<String>,
}

/// What a number shows of itself. Clients and the network's answers have a list here, the document one object.
#[derive(Debug, Default, Deserialize)]
pub struct Profiles {
    #[serde(default)]
    pub data: Vec<Profile>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Profile {
    pub profile_picture_url: Option<String>,
}

/// Something was done.
#[derive(Debug, Deserialize)]
pub struct Done {
    pub success: bool,
}

/// A file that was taken.
#[derive(Debug, Deserialize)]
pub struct Uploaded {
    #[serde(deserialize_with = "id")]
    pub id: String,
}

/// A message that was taken.
#[derive(Debug, Deserialize)]
pub struct Taken {
    #[serde(default)]
    pub contacts: Vec<Contact>,
    pub messages: Vec<MessageId>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Contact {
    pub wa_id: Option<String>,
    pub user_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct MessageId {
    pub id: String,
}

/// A template.
#[derive(Debug, Deserialize)]
pub struct Listed {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub name: String,
    pub language: String,
    pub status: String,
    pub category: String,
    #[serde(default, deserialize_with = "reason")]
    pub rejected_reason: Option<String>,
    #[serde(default)]
    pub components: Vec<Value>,
}

/// A template that was made.
#[derive(Debug, Deserialize)]
pub struct Made {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub status: String,
    pub category: String,
}

/// `NONE` says nothing.
fn reason<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.filter(|reason| reason != "NONE" && !reason.is_empty()))
}
