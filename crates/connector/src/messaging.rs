//! Messages to one person at a time: templates that the platform has approved, and free messages while a conversation is open.
//!
//! A platform that has this may have no posts ([`crate::Connector::publish`]). What becomes of a message, and what people write,
//! comes through [`crate::Webhooks`].

use async_trait::async_trait;
use base::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    draft::Media,
    failure::{Failure, FailureKind},
    publish::{Call, Deleted},
};

/// Sending messages and looking after their templates.
#[async_trait]
pub trait Messaging: Send + Sync {
    /// What the channel is used for. It was chosen when it was connected. Pure.
    fn purpose(&self, facts: &Value) -> Purpose;

    /// Every template of the channel's account, one for each language.
    async fn templates(&self, call: &Call<'_>) -> Result<Vec<Template>, Failure>;

    /// Makes a template and hands it in for review. Its category may be another than the one that was asked for.
    async fn make_template(&self, call: &Call<'_>, new: &NewTemplate) -> Result<Template, Failure>;

    /// Deletes a template in one language, or in all where none is named. Already gone counts as done.
    async fn delete_template(&self, call: &Call<'_>, name: &str, language: Option<&str>) -> Result<Deleted, Failure>;

    /// The repeatable part of sending: judges the message, uploads its file, and freezes the request, which is the connector's own
    /// JSON without secrets. Nothing is sent yet.
    ///
    /// # Errors
    /// What the platform would refuse is refused here, before anything is uploaded.
    async fn prepare_message(&self, call: &Call<'_>, message: &Message, file: Option<&Media>)
    -> Result<Value, Failure>;

    /// The one visible write. No retry in here. Where its answer was lost, the state that the platform reports with the message's
    /// own reference is what decides ([`MessageUpdate::reference`]).
    async fn send_message(&self, call: &Call<'_>, request: &Value) -> Result<Accepted, Failure>;
}

/// What a channel is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It sends notices from templates. Of what people answer, only that they want no more is understood; nothing of it is kept.
    Notices,
    /// People write, and are answered.
    Conversations,
}

/// Someone who gets messages. At least one of the two is known; a platform may hide the number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// The phone number in digits, with the country's code.
    pub number: Option<String>,
    /// The id that the person has for this business.
    pub user_id: Option<String>,
}

/// A message to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who gets it. A number is preferred where both are known.
    pub to: Person,
    /// Our own name for it, at most 512 characters; comes back with every state of it.
    pub reference: String,
    /// What it says.
    pub content: Content,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A template, filled in.
    Template(Filled),
    /// A text. Only within a day after the person wrote.
    Text(String),
    /// A file with a caption, which may be empty. Only within a day after the person wrote.
    File(String),
}

/// A template with its values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filled {
    /// Its name.
    pub name: String,
    /// Its language, exactly as it was approved: `en`, `pt_BR`.
    pub language: String,
    /// The value in the header, if there is one. A file of the message stands in the header too.
    pub header: Vec<Variable>,
    /// The values in the body, in order.
    pub body: Vec<Variable>,
    /// The ends of addresses, and what is told when a button is pressed, by the button's place from 0.
    pub buttons: Vec<ButtonValue>,
}

/// A value of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Variable {
    /// Its name, in templates that name theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What stands in its place: one line.
    pub value: String,
}

/// The value of a button of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ButtonValue {
    /// The button's place, from 0.
    pub place: u8,
    /// What the button does with the value.
    pub does: ButtonDoes,
    /// The end of the address, or what is told.
    pub value: String,
}

/// What a button of a template does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ButtonDoes {
    /// Opens an address; the value is its end.
    Open,
    /// Answers; the value comes back, unseen by the person.
    Answer,
}

/// A message that the platform took. It may still fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The platform's id of the message.
    pub id: String,
    /// The person as the platform knows them, which may be another number than the one that was written to.
    pub person: Person,
}

/// A template in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The platform's id.
    pub id: String,
    /// Its name, which its languages share.
    pub name: String,
    /// The language.
    pub language: String,
    /// Its category now.
    pub category: Category,
    /// Whether it can be sent.
    pub status: TemplateStatus,
    /// Why it was rejected, by the platform's word.
    pub reason: Option<String>,
    /// What its body says, with its variables.
    pub body: String,
}

/// A template to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTemplate {
    /// Small letters, digits and `_`.
    pub name: String,
    /// The language.
    pub language: String,
    /// The category that is asked for.
    pub category: Category,
    /// What the body says: variables as `{{title}}` or `{{1}}`. Empty for codes, whose words are the platform's.
    pub body: String,
    /// An example of each variable of the body.
    pub examples: Vec<Variable>,
    /// A line above the body.
    pub header: Option<String>,
    /// A line below it.
    pub footer: Option<String>,
    /// Answers that can be pressed.
    pub answers: Vec<String>,
}

/// What a template is for; the platform's rules and prices go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// What the person asked for, or must know.
    Utility,
    /// Offers, and everything else.
    Marketing,
    /// A code that proves who someone is.
    Authentication,
}

/// How far a template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateStatus {
    /// It can be sent.
    Approved,
    /// The platform reviews it.
    InReview,
    /// The platform refused it.
    Rejected,
    /// It cannot be sent for a while, because people disliked it.
    Paused,
    /// It cannot be sent any more.
    Disabled,
}

/// How far a message is. A later state never goes back to an earlier one, whatever order they are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// On its way to the person.
    Sent,
    /// On their phone.
    Delivered,
    /// They have seen it. Not told by everyone.
    Read,
    /// It will not arrive.
    Failed,
}

/// Something became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageUpdate {
    /// The channel's account, by [`crate::Account::id`].
    pub account: String,
    /// The platform's id of the message.
    pub id: String,
    /// Our own name for it ([`Message::reference`]), if it has one.
    pub reference: Option<String>,
    /// What it is now.
    pub state: MessageState,
    /// Who gets it.
    pub person: Person,
    /// When.
    pub at: Option<Timestamp>,
    /// Why it failed.
    pub why: Option<Undelivered>,
}

/// Why a message that was taken did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// What kind of trouble it is.
    pub kind: FailureKind,
    /// The platform's number for it.
    pub code: String,
    /// What happened and what to do.
    pub detail: base::Text,
}

/// A person said something. What they wrote is not in it: it was read for what it asks, and dropped (P-063).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSaid {
    /// The channel's account, by [`crate::Account::id`].
    pub account: String,
    /// Who.
    pub person: Person,
    /// What they want, if that was said.
    pub wish: Option<Wish>,
    /// Whether it was a message, so that a day for free answers begins.
    pub is_message: bool,
    /// When.
    pub at: Option<Timestamp>,
}

/// What a person wants of a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Nothing any more.
    Stop,
    /// No marketing any more.
    StopMarketing,
    /// Marketing again.
    ResumeMarketing,
}

/// Words with which people end messages: the whole text, whatever its case, without marks around it (P-062). Platforms do not
/// understand them by themselves.
const STOP_WORDS: &[&str] = &[
    "stop",
    "stopp",
    "stoppen",
    "stop all",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "opt out",
    "optout",
    "arret",
    "arrêt",
    "arrêter",
    "arreter",
    "stopper",
    "désabonner",
    "desabonner",
    "baja",
    "parar",
    "cancelar",
    "detener",
    "alto",
    "sair",
    "pare",
    "annulla",
    "ferma",
    "abmelden",
    "beenden",
    "abbestellen",
    "afmelden",
    "uitschrijven",
    "ophouden",
    "avsluta",
    "avslutt",
    "afmeld",
    "lopeta",
    "koniec",
    "стоп",
    "停止",
    "退订",
];

/// Whether a text asks for no more messages.
pub fn asks_to_stop(text: &str) -> bool {
    let is_mark = |c: char| c.is_whitespace() || c.is_ascii_punctuation() || matches!(c, '¡' | '¿' | '。' | '！' | '…');
    let said = text.trim_matches(is_mark);
    // Longer than any of the words, it is none of them.
    if said.chars().count() > 24 {
        return false;
    }
    let said = said.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    STOP_WORDS.contains(&said.as_str())
}

#[cfg(test)]
mod tests {
    use super::{MessageState, asks_to_stop};

    #[test]
    fn p_062_a_word_for_stop_is_known_in_any_case_and_language() {
        for text in ["STOP", " stop. ", "Stoppen!", "ARRÊT", "arret", "¡BAJA!", "Opt  out", "СТОП"] {
            assert!(asks_to_stop(text), "{text}");
        }
        for text in ["", "don't stop", "stop it please, I mean the noise", "nonstop", "Stop by tomorrow?"] {
            assert!(!asks_to_stop(text), "{text}");
        }
    }

    #[test]
    fn a_later_state_is_greater() {
        use MessageState as S;
        assert!(S::Sent < S::Delivered && S::Delivered < S::Read && S::Read < S::Failed);
    }
}
