//! What WhatsApp is like today: the knob `own` of the WhatsApp network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `own` in full; each key may be left out. A number `…_one_in` hits one in so many by chance; 0 none. Times are in
/// milliseconds of the sandbox's clock where nothing else is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether calls must have an `appsecret_proof`. A wrong one is always refused.
    pub require_proof: bool,
    /// How many days a token lives that a code gives; never-ending if absent. The sign-up's configuration says so in life.
    pub token_days: Option<u32>,
    /// How long the review of a template takes.
    pub review_ms: u64,
    /// How the review of a template ends, by its name: `APPROVED` (as usual), `REJECTED`, `PAUSED`, `DISABLED`,
    /// `IN_APPEAL`, `LIMIT_EXCEEDED`, `ARCHIVED`; `PENDING` never ends.
    pub reviews: BTreeMap<String, String>,
    /// The category that the review finds right, by the template's name.
    pub categories: BTreeMap<String, String>,
    /// Codes of [`super::problem::TABLE`] by the kind of call that is refused with it: `{"messages": 130429}`. A kind is the
    /// last part of a path (`messages`, `message_templates`), or `publish`, `delete`, `upload`, `read`.
    pub refuse: BTreeMap<String, i64>,
    /// The same, but what was asked for has happened.
    pub refuse_after: BTreeMap<String, i64>,
    /// Codes by the digits of a recipient, or `*`: messages are accepted and fail later by webhook.
    pub fail: BTreeMap<String, i64>,
    /// Whether a message outside the window is refused at once (131047), not by a webhook after the answer.
    pub window_at_once: bool,
    /// The code of a template parameter with line breaks, tabs, many spaces, or nothing in it. People report a plain 400;
    /// 132018 is the documented one, which was not seen with it.
    pub text_parameter_code: i64,
    /// The code with which a template fails beyond the messaging limit. The reference names none for it; this is the one
    /// for restrictions on how much a number may send.
    pub tier_code: i64,
    /// `message_status` of accepted templates: `accepted`, `held_for_quality_assessment` or `paused`. Those that are held
    /// are not delivered.
    pub message_status: String,
    /// How many messages are answered with 500 and code 131000 although they are on their way.
    pub lost_answer_one_in: u64,
    /// How many messages are answered slowly.
    pub slow_one_in: u64,
    /// How slowly, in milliseconds of real time: half before the effect, half after it.
    pub slow_ms: u64,
    /// How long after a message is accepted it is `sent`.
    pub sent_after_ms: u64,
    /// How long after that it is `delivered`, if the phone is on.
    pub delivered_after_ms: u64,
    /// How long after that it is `read`; not until the person looks if absent.
    pub read_after_ms: Option<u64>,
    /// Statuses that come late: `["sent"]` comes after `delivered`.
    pub late: Vec<String>,
    /// How many other webhooks come late.
    pub late_one_in: u64,
    /// How late.
    pub late_ms: u64,
    /// Statuses that never come.
    pub lost: Vec<String>,
    /// How many other webhooks never come. `message_history` knows of them.
    pub lost_one_in: u64,
    /// How many webhooks come twice.
    pub twice_one_in: u64,
    /// How long after a webhook failed it is tried again; each time twice as long, for 7 days.
    pub retry_after_ms: u64,
    /// Whether any number that reads has WhatsApp, and not only the people here.
    pub strangers: bool,
    /// Whether `message_history` does not exist for the account, which nothing says it always does.
    pub no_message_history: bool,
    /// Whether `pricing` comes without `billable`, which is being retired.
    pub no_billable: bool,
    /// Whether statuses have `conversation`, as before v24.
    pub conversations: bool,
    /// Addresses, besides those of this computer, that people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Where the app is told that a person removed it; an address of this computer.
    pub deauthorize_url: Option<String>,
    /// Where webhooks go if the app did not say so by `/{app}/subscriptions`; an address of this computer.
    pub webhook_url: Option<String>,
    /// The word that the app is asked for at that address before the first webhook. Without one, it is not asked.
    pub webhook_word: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            require_proof: false,
            token_days: None,
            review_ms: 30_000,
            reviews: BTreeMap::new(),
            categories: BTreeMap::new(),
            refuse: BTreeMap::new(),
            refuse_after: BTreeMap::new(),
            fail: BTreeMap::new(),
            window_at_once: false,
            text_parameter_code: 100,
            tier_code: 131_048,
            message_status: "accepted".into(),
            lost_answer_one_in: 0,
            slow_one_in: 0,
            slow_ms: 60_000,
            sent_after_ms: 100,
            delivered_after_ms: 300,
            read_after_ms: None,
            late: Vec::new(),
            late_one_in: 0,
            late_ms: 3_000,
            lost: Vec::new(),
            lost_one_in: 0,
            twice_one_in: 0,
            retry_after_ms: 5_000,
            strangers: false,
            no_message_history: false,
            no_billable: false,
            conversations: false,
            redirect_uris: Vec::new(),
            deauthorize_url: None,
            webhook_url: None,
            webhook_word: None,
        }
    }
}

impl Settings {
    /// All codes that it names.
    pub fn codes(&self) -> impl Iterator<Item = i64> {
        let maps = [&self.refuse, &self.refuse_after, &self.fail].into_iter().flat_map(BTreeMap::values).copied();
        maps.chain([self.text_parameter_code, self.tier_code])
    }
}
