//! The facts of this installation, for the policy: gathered from the inventory, the connectors and the cookies.

use std::collections::{BTreeMap, BTreeSet};

use base::Text;
use connector::Connectors;
use trust::{Ability, Class, Facts, Platform, Recipient, Rule};

use super::inventory;
use crate::{Settings, http::OurCookie};

/// What the software does with people's data here. The columns are those of the inventory, which a test compares with the schema.
pub fn facts(connectors: &Connectors, settings: &Settings) -> Facts {
    base::words::add_dutch(include_str!("nl.json"));
    let inventory = inventory();
    let all = inventory.tables.iter().flat_map(|(table, columns)| columns.iter().map(move |column| (table, column)));
    let classes: BTreeMap<String, Class> = all
        .map(|(table, (column, entry))| {
            let class = Class {
                category: entry.category,
                subject: entry.subject,
                purpose: entry.purpose.clone(),
                basis: entry.basis,
                retention: entry.retention.clone(),
            };
            (format!("{table}.{column}"), class)
        })
        .collect();
    let rules = inventory.retention.iter().map(|(name, rule)| {
        let from = Text::constant(rule.from.as_str());
        (name.clone(), Rule { days: rule.days, from, enforced: rule.swept_by.is_some() })
    });
    let mut abilities: BTreeSet<_> = Ability::ALL.into();
    if settings.public_url.scheme() != "https" {
        abilities.remove(&Ability::Https);
    }
    Facts {
        columns: classes.keys().cloned().collect(),
        classes,
        purposes: inventory.purposes.iter().map(|(name, text)| (name.clone(), Text::constant(text.as_str()))).collect(),
        retention: rules.collect(),
        platforms: connectors.iter().map(|connector| platform(connector.about())).collect(),
        cookies: OurCookie::ALL.into_iter().map(|cookie| cookie.fact(settings)).collect(),
        egress: egress(connectors, settings),
        processors: BTreeSet::new(),
        abilities,
    }
}

fn platform(about: &'static connector::About) -> Platform {
    let caps = about.caps.iter().filter_map(|cap| Some((cap.class.to_owned(), cap.max_days?)));
    Platform {
        id: about.id.to_owned(),
        name: about.name.to_owned(),
        recipient: Some(Recipient {
            name: about.recipient.name.clone(),
            country: about.recipient.country.clone(),
            policy_url: about.recipient.policy_url.to_owned(),
            reads: about.recipient.reads.clone(),
        }),
        caps: caps.collect(),
        hosts: about.hosts.iter().map(|host| (*host).to_owned()).collect(),
    }
}

/// The hosts that connectors may call: their own, and those that an operator has put in their place.
fn egress(connectors: &Connectors, settings: &Settings) -> BTreeSet<String> {
    let own = connectors.iter().flat_map(|connector| connector.about().hosts).map(|host| (*host).to_owned());
    let stand_ins = settings.endpoints.values().flat_map(BTreeMap::values).filter_map(|url| {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}{port}", url.host_str()?))
    });
    own.chain(stand_ins).collect()
}
