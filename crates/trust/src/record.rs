//! The record of processing (GDPR Art. 30, both parts) and the processor register.

use std::collections::{BTreeMap, BTreeSet};

use base::{Text, say};

use crate::{Basis, Category, Facts, Profile, Role, Rule, Safeguard, Subject, document::Block};

/// A use of data, as the record of processing lists it.
#[derive(Debug, Clone)]
pub struct Activity {
    /// The purpose's name.
    pub purpose: String,
    /// What it means.
    pub meaning: Text,
    /// Who decides about it; `None` if the profile does not say.
    pub role: Option<Role>,
    /// Whose data it is.
    pub subjects: BTreeSet<Subject>,
    /// The kinds of data.
    pub categories: BTreeSet<Category>,
    /// The legal bases.
    pub bases: BTreeSet<Basis>,
    /// The retention rules.
    pub rules: BTreeSet<String>,
    /// The platforms that receive data for it.
    pub recipients: Vec<Text>,
}

/// All uses of personal data, by purpose. A class whose purpose has no meaning is left out; [`crate::check`] reports it.
pub fn activities(facts: &Facts, profile: &Profile) -> Vec<Activity> {
    let mut found: BTreeMap<&str, Activity> = BTreeMap::new();
    for class in facts.classes.values().filter(|class| class.subject != Subject::Nobody) {
        let Some(meaning) = facts.purposes.get(&class.purpose) else { continue };
        let activity = found.entry(&class.purpose).or_insert_with(|| Activity {
            purpose: class.purpose.clone(),
            meaning: meaning.clone(),
            role: profile.purposes.get(&class.purpose).copied(),
            subjects: BTreeSet::new(),
            categories: BTreeSet::new(),
            bases: BTreeSet::new(),
            rules: BTreeSet::new(),
            recipients: Vec::new(),
        });
        activity.subjects.insert(class.subject);
        activity.categories.insert(class.category);
        activity.bases.insert(class.basis);
        activity.rules.insert(class.retention.clone());
    }
    if let Some(publishing) = found.get_mut("publishing") {
        let recipients = facts.open(profile).filter_map(|platform| platform.recipient.as_ref());
        publishing.recipients = recipients.map(|recipient| recipient.name.clone()).collect();
    }
    found.into_values().collect()
}

/// One part of the record of processing: what the operator does as `role`.
pub fn record(facts: &Facts, profile: &Profile, role: Role) -> Block {
    let head =
        vec![say!("Purpose"), say!("People"), say!("Data"), say!("Legal basis"), say!("Kept"), say!("Recipients")];
    let activities = activities(facts, profile).into_iter().filter(|activity| activity.role == Some(role));
    let rows = activities.map(|activity| {
        let kept = activity.rules.iter().filter_map(|rule| facts.retention.get(rule)).map(period);
        let recipients = match activity.recipients.is_empty() {
            true => vec![say!("None")],
            false => activity.recipients,
        };
        vec![
            activity.meaning,
            listed(activity.subjects.into_iter().map(subject)),
            listed(activity.categories.into_iter().map(category)),
            listed(activity.bases.into_iter().map(basis)),
            Text::joined(kept, " "),
            listed(recipients),
        ]
    });
    Block::Table { head, rows: rows.collect() }
}

/// The processor register: those that are switched on.
pub fn processors(facts: &Facts, profile: &Profile) -> Block {
    let head = vec![say!("Name"), say!("Purpose"), say!("Country"), say!("Safeguard"), say!("Agreement of")];
    let on = profile.processors.iter().filter(|one| one.hosts.is_empty() || facts.processors.contains(&one.name));
    let rows = on.map(|one| {
        let safeguard = match one.safeguard {
            Safeguard::None => say!("Data stays in the European Economic Area"),
            Safeguard::Scc => say!("Standard contractual clauses"),
            Safeguard::Adequacy => say!("Adequacy decision"),
        };
        let agreement = one.agreement.map(|date| date.to_string()).unwrap_or_default();
        vec![(&*one.name).into(), (&*one.purpose).into(), (&*one.country).into(), safeguard, agreement.into()]
    });
    Block::Table { head, rows: rows.collect() }
}

/// The cookies that are set.
pub fn cookies(facts: &Facts) -> Block {
    let rows = facts.cookies.iter().map(|cookie| {
        let life = match (cookie.minutes / 1_440, cookie.minutes) {
            (0, minutes) => say!("{minutes} {minutes|minute|minutes}"),
            (days, _) => say!("{days} {days|day|days}"),
        };
        vec![(&*cookie.name).into(), cookie.purpose.clone(), life]
    });
    Block::Table { head: vec![say!("Name"), say!("Purpose"), say!("Kept")], rows: rows.collect() }
}

/// How long a rule keeps, and from when. A period that nothing carries out is not given as one.
pub(crate) fn period(rule: &Rule) -> Text {
    let from = &rule.from;
    match (rule.days, rule.enforced) {
        (Some(days), true) => say!("{days} {days|day|days} from: {from}."),
        (None, true) => say!("Kept: {from}."),
        (_, false) => say!("Not deleted automatically yet."),
    }
}

pub(crate) fn listed(texts: impl IntoIterator<Item = Text>) -> Text {
    Text::joined(texts, ", ")
}

pub(crate) fn category(category: Category) -> Text {
    match category {
        Category::Identity => say!("names and IDs"),
        Category::Contact => say!("contact details"),
        Category::Credential => say!("passwords, tokens and keys"),
        Category::Content => say!("posts, media and results"),
        Category::Activity => say!("who did what and when"),
        Category::Preference => say!("preferences"),
        Category::Technical => say!("technical data"),
    }
}

fn subject(subject: Subject) -> Text {
    match subject {
        Subject::Member => say!("people who sign in"),
        Subject::ChannelHolder => say!("holders of connected accounts"),
        Subject::Audience => say!("people who react to posts"),
        Subject::Nobody => say!("nobody"),
    }
}

pub(crate) fn basis(basis: Basis) -> Text {
    match basis {
        Basis::Contract => say!("contract"),
        Basis::Consent => say!("consent"),
        Basis::LegalObligation => say!("legal obligation"),
        Basis::LegitimateInterest => say!("legitimate interest"),
        Basis::None => say!("no personal data"),
    }
}
