//! What the software does with people's data. The caller gathers it from the code: inventory, connectors, cookies, hosts.

use std::collections::{BTreeMap, BTreeSet};

use base::Text;
use serde::{Deserialize, Serialize};

/// What the software does.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The columns of the schema, as `table.column`.
    pub columns: BTreeSet<String>,
    /// What is declared about each, by the same names.
    pub classes: BTreeMap<String, Class>,
    /// What the purposes mean.
    pub purposes: BTreeMap<String, Text>,
    /// How long things are kept.
    pub retention: BTreeMap<String, Rule>,
    /// The platforms that can be connected.
    pub platforms: Vec<Platform>,
    /// The cookies that are set.
    pub cookies: Vec<Cookie>,
    /// The hosts that may be called, as `host` or `host:port`.
    pub egress: BTreeSet<String>,
    /// The processors that are switched on, by name.
    pub processors: BTreeSet<String>,
    /// What else is true, each proven by a test.
    pub abilities: BTreeSet<Ability>,
}

/// What is declared about a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The kind of data.
    pub category: Category,
    /// Whose data it is.
    pub subject: Subject,
    /// The purpose: a name in [`Facts::purposes`].
    pub purpose: String,
    /// The legal basis.
    pub basis: Basis,
    /// How long it is kept: a name in [`Facts::retention`].
    pub retention: String,
}

/// The kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Names and ids that people are known by.
    Identity,
    /// Ways to reach a person.
    Contact,
    /// Credentials: passwords, tokens, keys.
    Credential,
    /// What people wrote, made or published.
    Content,
    /// Who did what, when.
    Activity,
    /// People's preferences.
    Preference,
    /// Technical data that says nothing about a person.
    Technical,
}

/// Whose data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A person who signs in here.
    Member,
    /// The holder of a connected account, who may be another person.
    ChannelHolder,
    /// A third person who comments, follows or is mentioned.
    Audience,
    /// No one.
    Nobody,
}

/// The legal basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Performance of a contract (GDPR Art. 6(1)(b)).
    Contract,
    /// Consent (Art. 6(1)(a)).
    Consent,
    /// Legal obligation (Art. 6(1)(c)).
    LegalObligation,
    /// Legitimate interest (Art. 6(1)(f)).
    LegitimateInterest,
    /// Not personal data.
    None,
}

/// How long something is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Days after `from`; `None` if it ends with something else, as `from` says.
    pub days: Option<u32>,
    /// When the period starts, or what ends it.
    pub from: Text,
    /// Whether the software carries it out. A period that nothing enforces is not promised.
    pub enforced: bool,
}

/// A platform that can be connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who receives what is published; `None`: not known, which is a difference.
    pub recipient: Option<Recipient>,
    /// The longest life that its terms allow, by class of data, in days.
    pub caps: BTreeMap<String, u32>,
    /// The hosts that its connector calls.
    pub hosts: BTreeSet<String>,
}

/// Who receives data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The company or similar.
    pub name: Text,
    /// Its country.
    pub country: Text,
    /// Its privacy policy.
    pub policy_url: String,
    /// What is read and stored when a channel is connected.
    pub reads: Text,
}

/// A cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// What profiles call it.
    pub key: String,
    /// Its name in the browser.
    pub name: String,
    /// What it is for.
    pub purpose: Text,
    /// How long a browser keeps it, in minutes.
    pub minutes: u64,
    /// Whether the service cannot work without it.
    pub essential: bool,
}

/// Something that the software does or never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// Passwords are stored as Argon2id digests.
    PasswordsHashed,
    /// Accounts are connected by OAuth, or by an app password or token of the platform.
    OfficialSignIn,
    /// A connector calls its own platform's hosts and no other.
    Direct,
    /// Only permissions that the person granted are used.
    GrantedOnly,
    /// Disconnecting revokes the access and erases the tokens.
    Disconnect,
    /// Access that was removed at the platform ends here.
    RevokedThere,
    /// Connecting and disconnecting are recorded.
    ConsentRecord,
    /// Tokens, keys and addresses are encrypted in the database.
    Sealed,
    /// Everything but loopback is HTTPS.
    Https,
    /// API keys are stored as digests, end, and can be limited and revoked.
    Keys,
    /// Members do what their role permits.
    Roles,
    /// Requests have limits.
    Limits,
    /// Who did what is recorded, and the record is signed.
    Audit,
    /// Places and devices are removed from published images and videos.
    MetadataRemoved,
    /// Requests for deletion that a platform passes on are carried out.
    PlatformErasure,
}

impl Ability {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::PasswordsHashed,
        Self::OfficialSignIn,
        Self::Direct,
        Self::GrantedOnly,
        Self::Disconnect,
        Self::RevokedThere,
        Self::ConsentRecord,
        Self::Sealed,
        Self::Https,
        Self::Keys,
        Self::Roles,
        Self::Limits,
        Self::Audit,
        Self::MetadataRemoved,
        Self::PlatformErasure,
    ];

    /// The test that proves it. A test of this crate looks whether it is still there.
    pub const fn proof(self) -> &'static str {
        match self {
            Self::PasswordsHashed => "s_36_a_password_is_kept_as_argon2id_and_typed_on_any_keyboard",
            Self::OfficialSignIn => "p_050_only_the_shape_of_an_app_password_passes",
            Self::Direct => "p_056_a_connector_calls_its_own_hosts_and_none_else",
            Self::GrantedOnly => "p_051_a_part_that_needs_a_scope_that_was_not_granted_is_refused",
            Self::Disconnect => "s_17_disconnecting_stops_publishing_revokes_and_erases",
            Self::RevokedThere => "p_053_removed_access_ends_the_login_and_posts_wait_and_say_why",
            Self::ConsentRecord => "p_031_connecting_and_disconnecting_leave_a_record_of_consent",
            Self::Sealed => "s_01_p_131_no_planted_secret_is_readable_in_the_raw_database",
            Self::Https => "p_130_plain_http_is_for_this_machine_only",
            Self::Keys => "s_21_s_22_a_key_is_shown_once_and_stored_as_a_digest",
            Self::Roles => "s_43_every_route_says_who_may_use_it_and_lets_no_one_else_in",
            Self::Limits => "s_37_guessing_is_slowed_for_an_address_known_or_not_and_ends_by_itself",
            Self::Audit => "s_91_every_entry_has_the_hash_of_the_one_before_and_tampering_is_detected",
            Self::MetadataRemoved => "p_015_a_hundred_images_keep_no_data_about_places_and_devices",
            Self::PlatformErasure => "pd_02_an_erasure_takes_what_the_platform_said_and_gives_a_receipt",
        }
    }
}

impl Facts {
    /// The platforms that a profile lets people connect.
    pub(crate) fn open<'a>(&'a self, profile: &'a crate::Profile) -> impl Iterator<Item = &'a Platform> {
        let all = profile.platforms.is_empty();
        self.platforms.iter().filter(move |platform| all || profile.platforms.contains(&platform.id))
    }
}
