//! The profile: what an operator decides about people's data, as one versioned TOML document.

mod diff;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use base::{Text, say};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use diff::differences;

/// The youngest age that a profile may name, in years: below it no country lets a child agree for itself.
pub const AGE_MIN: u8 = 13;
/// The longest time to answer a person's request, in days (GDPR Art. 12(3) gives one month).
pub const ANSWER_DAYS_MAX: u8 = 30;

/// A profile that Fanfare brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Publishing for teams; everyone is at least 16.
    Mind,
    /// Publishing and automation by API.
    SocialConnect,
    /// Publishing by and for one person.
    Postr,
    /// The strictest.
    Default,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mind, Self::SocialConnect, Self::Postr, Self::Default];

    /// The name in settings and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mind => "mind",
            Self::SocialConnect => "socialconnect",
            Self::Postr => "postr",
            Self::Default => "default",
        }
    }

    /// The preset of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The profile as it is written, with what each part means: what an operator begins with.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Mind => include_str!("../presets/mind.toml"),
            Self::SocialConnect => include_str!("../presets/socialconnect.toml"),
            Self::Postr => include_str!("../presets/postr.toml"),
            Self::Default => include_str!("../presets/default.toml"),
        }
    }

    /// The profile. It names no controller: that is the operator's to fill in.
    ///
    /// # Panics
    /// Never in a tested build: a test reads all presets.
    pub fn profile(self) -> Profile {
        #[expect(clippy::expect_used, reason = "it is part of the binary, and a test reads it")]
        Profile::read(self.text()).expect("a preset can be read")
    }
}

/// What an operator decides about people's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// A name: that of its preset, unless the operator gave another.
    pub name: String,
    /// Counts up with every change.
    pub version: u32,
    /// From when it applies; shown as "Last updated".
    pub effective: Date,
    /// Who is responsible.
    #[serde(default)]
    pub controller: Controller,
    /// From which age people may use it.
    pub ages: Ages,
    /// How people exercise their rights.
    #[serde(default)]
    pub rights: Rights,
    /// What data is used for, and whether the operator decides about it or the owner of a workspace does (P-002).
    pub purposes: BTreeMap<String, Role>,
    /// The longest periods that are promised, in days, by the retention rules of the software.
    pub retention: BTreeMap<String, u32>,
    /// The cookies that the operator knows of, by the names in [`crate::Facts`].
    pub cookies: BTreeSet<String>,
    /// The platforms that people may connect; empty: all that the software has.
    #[serde(default)]
    pub platforms: BTreeSet<String>,
    /// Companies that process data for the operator.
    #[serde(default)]
    pub processors: Vec<Processor>,
    /// Where data is stored.
    #[serde(default)]
    pub transfers: Transfers,
    /// Clauses that must be in the policy. One that the software does not keep is a difference.
    #[serde(default)]
    pub promises: BTreeSet<String>,
}

/// Who is responsible for the data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Controller {
    /// The legal name.
    pub name: String,
    /// An e-mail address for questions about privacy.
    pub email: String,
    /// The country of the controller.
    pub country: String,
    /// The authority to which people can complain.
    pub authority: String,
    /// The address of its website.
    pub authority_url: String,
}

/// Ages in years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ages {
    /// Everywhere, unless stated otherwise.
    pub minimum: u8,
    /// In the European Union.
    pub eu: u8,
}

/// How people exercise their rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// Within how many days the operator answers.
    pub answer_days: u8,
}

impl Default for Rights {
    fn default() -> Self {
        Self { answer_days: ANSWER_DAYS_MAX }
    }
}

/// Who decides about a use of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The operator (GDPR Art. 4(7)).
    Controller,
    /// The owner of the workspace; the operator acts for them (Art. 28).
    Processor,
}

/// A company that processes data for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Processor {
    /// The company.
    pub name: String,
    /// What it does, in a few words.
    pub purpose: String,
    /// Its country.
    pub country: String,
    /// What protects data there.
    pub safeguard: Safeguard,
    /// The date of the data processing agreement.
    pub agreement: Option<Date>,
    /// The hosts that the software calls for it.
    #[serde(default)]
    pub hosts: BTreeSet<String>,
}

/// What protects data that leaves the European Economic Area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Safeguard {
    /// Data stays in the European Economic Area.
    None,
    /// Standard contractual clauses.
    Scc,
    /// An adequacy decision.
    Adequacy,
}

/// Where data is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Transfers {
    /// The countries in which the operator stores data.
    pub storage: Vec<String>,
}

/// A field of a profile that an operator has to fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field(pub &'static str);

impl Field {
    /// What it is, in the language of the reader.
    pub fn label(self) -> Text {
        match self.0 {
            "controller.name" => say!("the controller's legal name"),
            "controller.email" => say!("a contact address for privacy"),
            "controller.country" => say!("the controller's country"),
            "controller.authority" => say!("the supervisory authority"),
            "controller.authority_url" => say!("the website of the supervisory authority"),
            _ => say!("the countries where data is stored"),
        }
    }
}

/// A profile's version: what a person has agreed to, or read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Promised {
    /// The number of the version.
    pub version: u32,
    /// From when it applies.
    pub effective: Date,
    /// SHA-256 of its content, in hexadecimal.
    pub hash: String,
}

impl Profile {
    /// Reads one from TOML.
    ///
    /// # Errors
    /// With what is wrong, and in which line.
    pub fn read(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Which version this is. The hash is of the content, so that comments and the order of fields do not matter.
    pub fn version(&self) -> Promised {
        let content = serde_json::to_vec(self).unwrap_or_default();
        Promised { version: self.version, effective: self.effective, hash: hex::encode(Sha256::digest(content)) }
    }

    /// The fields without which an installation must not be public (P-001).
    pub fn missing(&self) -> Vec<Field> {
        let controller = &self.controller;
        let is_web = |url: &str| url.starts_with("https://") && url.len() > "https://".len();
        let is_mail =
            |mail: &str| mail.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        let fields = [
            ("controller.name", !controller.name.trim().is_empty()),
            ("controller.email", is_mail(controller.email.trim())),
            ("controller.country", !controller.country.trim().is_empty()),
            ("controller.authority", !controller.authority.trim().is_empty()),
            ("controller.authority_url", is_web(&controller.authority_url)),
            ("transfers.storage", self.transfers.storage.iter().any(|place| !place.trim().is_empty())),
        ];
        fields.into_iter().filter(|(_, is_there)| !is_there).map(|(name, _)| Field(name)).collect()
    }
}
