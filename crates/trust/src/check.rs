//! Where profile, policy and software contradict each other.

use base::{Text, say};

use crate::{AGE_MIN, ANSWER_DAYS_MAX, Facts, Policy, Profile, Subject};

/// A contradiction, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `column people.shoe_size`, `cookie tracker`.
    pub about: String,
    /// What is wrong and what to do, in a sentence or two.
    pub what: Text,
}

/// All differences; none means that the policy is what the software does.
pub fn check(facts: &Facts, profile: &Profile) -> Vec<Difference> {
    let mut found = Vec::new();
    columns(facts, profile, &mut found);
    retention(facts, profile, &mut found);
    cookies(facts, profile, &mut found);
    recipients(facts, profile, &mut found);
    operator(profile, &mut found);
    promises(facts, profile, &mut found);
    found
}

fn add(found: &mut Vec<Difference>, kind: &str, name: &str, what: Text) {
    found.push(Difference { about: format!("{kind} {name}"), what });
}

fn columns(facts: &Facts, profile: &Profile, found: &mut Vec<Difference>) {
    for column in facts.columns.iter().filter(|column| !facts.classes.contains_key(*column)) {
        let what =
            say!("The column {column} is not declared. Declare it in inventory.toml, or drop it from the schema.");
        add(found, "column", column, what);
    }
    for (column, class) in &facts.classes {
        if !facts.columns.contains(column) {
            let what = say!(
                "The column {column} is declared, but the schema does not have it. Remove it from inventory.toml."
            );
            add(found, "column", column, what);
        }
        let purpose = &class.purpose;
        if !facts.purposes.contains_key(purpose) {
            let what = say!(
                "The purpose “{purpose}” of {column} is not explained. Explain it in inventory.toml, or choose another."
            );
            add(found, "purpose", column, what);
        }
        let rule = &class.retention;
        if !facts.retention.contains_key(rule) {
            let what = say!(
                "The retention rule “{rule}” of {column} does not exist. Add it to inventory.toml, or choose another."
            );
            add(found, "retention", column, what);
        }
    }
    let used = facts.classes.values().filter(|class| class.subject != Subject::Nobody).map(|class| &*class.purpose);
    let used: std::collections::BTreeSet<_> = used.collect();
    for purpose in used.iter().filter(|purpose| !profile.purposes.contains_key(**purpose)) {
        let what = say!(
            "Data is used for “{purpose}”, which the profile does not name. Add it to [purposes] with who decides about it."
        );
        add(found, "purpose", purpose, what);
    }
    for purpose in profile.purposes.keys().filter(|purpose| !used.contains(&***purpose)) {
        let what =
            say!("The profile names the purpose “{purpose}”, but no data is used for it. Remove it from [purposes].");
        add(found, "purpose", purpose, what);
    }
}

fn retention(facts: &Facts, profile: &Profile, found: &mut Vec<Difference>) {
    for (name, promised) in &profile.retention {
        let what = match facts.retention.get(name) {
            None => say!(
                "The profile promises a period for “{name}”, but there is no such retention rule. Remove it from [retention]."
            ),
            Some(rule) if !rule.enforced => say!(
                "The profile promises a period for “{name}”, but nothing deletes it. Remove it from [retention] until something does."
            ),
            Some(rule) if rule.days.is_none_or(|days| days > *promised) => say!(
                "The profile promises that “{name}” is kept for {promised} days at most, but the software keeps it longer. Raise the number, or shorten the rule in inventory.toml."
            ),
            Some(_) => continue,
        };
        add(found, "retention", name, what);
    }
    let enforced = facts.retention.iter().filter(|(_, rule)| rule.enforced && rule.days.is_some());
    for (name, _) in enforced.filter(|(name, _)| !profile.retention.contains_key(*name)) {
        let what = say!(
            "The software deletes “{name}” after a time that the profile does not promise. Add it to [retention]."
        );
        add(found, "retention", name, what);
    }
}

fn cookies(facts: &Facts, profile: &Profile, found: &mut Vec<Difference>) {
    for cookie in facts.cookies.iter().filter(|cookie| !profile.cookies.contains(&cookie.key)) {
        let name = &cookie.name;
        let what = say!(
            "The cookie {name} is set, but the profile does not list it. Add it to `cookies`, or stop setting it."
        );
        add(found, "cookie", &cookie.key, what);
    }
    let is_set = |key: &str| facts.cookies.iter().any(|cookie| cookie.key == key);
    for key in profile.cookies.iter().filter(|key| !is_set(key)) {
        let what = say!("The profile lists the cookie “{key}”, which is never set. Remove it from `cookies`.");
        add(found, "cookie", key, what);
    }
}

/// The hosts that may be called and belong to no platform and no processor.
pub(crate) fn unknown_hosts<'a>(facts: &'a Facts, profile: &'a Profile) -> Vec<&'a String> {
    let is_known = |host: &String| {
        let of_platform = facts.platforms.iter().any(|platform| platform.hosts.contains(host));
        of_platform || profile.processors.iter().any(|processor| processor.hosts.contains(host))
    };
    facts.egress.iter().filter(|host| !is_known(host)).collect()
}

fn recipients(facts: &Facts, profile: &Profile, found: &mut Vec<Difference>) {
    for host in unknown_hosts(facts, profile) {
        let what = say!(
            "{host} may be called, but belongs to no platform and no processor. Add its processor to [[processors]], or close the way to it."
        );
        add(found, "host", host, what);
    }
    for platform in facts.platforms.iter().filter(|platform| platform.recipient.is_none()) {
        let name = &platform.name;
        let what = say!(
            "Who receives data at {name} is not known. Add a recipient to its connector, or take it out of the list."
        );
        add(found, "platform", &platform.id, what);
    }
    for id in profile.platforms.iter().filter(|id| !facts.platforms.iter().any(|platform| platform.id == **id)) {
        let what = say!(
            "The profile names the platform “{id}”, which this software does not have. Remove it from `platforms`."
        );
        add(found, "platform", id, what);
    }
    for name in &facts.processors {
        let listed = profile.processors.iter().find(|processor| processor.name == *name);
        let what = match listed {
            None => say!(
                "The processor {name} is switched on, but the profile does not list it. Add it to [[processors]] with its agreement, or switch it off."
            ),
            Some(processor) if processor.agreement.is_none() => say!(
                "The processor {name} has no data processing agreement. Sign one and add its date as `agreement`, or switch it off."
            ),
            Some(_) => continue,
        };
        add(found, "processor", name, what);
    }
}

fn operator(profile: &Profile, found: &mut Vec<Difference>) {
    for field in profile.missing() {
        let (name, label) = (field.0, field.label());
        add(found, "field", name, say!("The profile lacks {label}. Fill in `{name}`."));
    }
    for (name, age) in [("ages.minimum", profile.ages.minimum), ("ages.eu", profile.ages.eu)] {
        if age < AGE_MIN {
            let what = say!(
                "`{name}` is {age}, and no one under {least} can agree for themselves. Raise it.",
                least = AGE_MIN
            );
            add(found, "field", name, what);
        }
    }
    if profile.rights.answer_days > ANSWER_DAYS_MAX || profile.rights.answer_days == 0 {
        let (days, most) = (profile.rights.answer_days, ANSWER_DAYS_MAX);
        let what = say!("`rights.answer_days` is {days}, and the law gives {most} days. Choose 1 to {most}.");
        add(found, "field", "rights.answer_days", what);
    }
}

fn promises(facts: &Facts, profile: &Profile, found: &mut Vec<Difference>) {
    let policy = Policy::of(facts, profile);
    let known = Policy::known();
    for name in &profile.promises {
        if !known.contains(&&**name) {
            let what = say!("The profile promises “{name}”, which is no clause. Remove it from `promises`.");
            add(found, "clause", name, what);
            continue;
        }
        // What only the operator has to fill in is reported for the field.
        let of_software = |missing: &&String| !missing.starts_with("profile: ");
        let withheld = policy.withheld.iter().find(|withheld| withheld.clause == &**name);
        let missing: Vec<_> = withheld.iter().flat_map(|one| one.missing.iter().filter(of_software)).cloned().collect();
        if !missing.is_empty() {
            let facts = missing.join(", ");
            let what = say!(
                "The clause “{name}” can't be in the policy, because this is not so: {facts}. Make it so, or remove the clause from `promises`."
            );
            add(found, "clause", name, what);
        }
    }
}
