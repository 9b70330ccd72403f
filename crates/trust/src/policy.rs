//! The policy: clauses, each bound to the facts that make it true. A clause whose fact is missing is withheld.

use base::{
    Text, say,
    words::{Reader, reader},
};

use crate::{
    Ability, Class, Facts, Profile, Subject,
    document::{Block, Document, SaidClause, SaidSection},
    record,
};

/// A policy, in every language.
#[derive(Debug, Clone)]
pub struct Policy {
    sections: Vec<Section>,
    /// The clauses that are not in it.
    pub withheld: Vec<Withheld>,
    dated: Text,
    hash: String,
}

#[derive(Debug, Clone)]
struct Section {
    id: &'static str,
    heading: Text,
    clauses: Vec<Clause>,
}

#[derive(Debug, Clone)]
struct Clause {
    id: &'static str,
    facts: Vec<String>,
    blocks: Vec<Block>,
}

/// A clause that is not in the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// Its id.
    pub clause: &'static str,
    /// The facts that are missing, such as `ability: https`.
    pub missing: Vec<String>,
}

/// A fact that a clause needs.
#[derive(Debug, Clone, Copy)]
enum Need {
    Can(Ability),
    /// Someone's data is declared.
    Classes,
    /// A purpose is used for someone's data.
    Purpose(&'static str),
    /// A fixed time is carried out.
    Periods,
    Cookies,
    /// Every cookie is one that the service cannot work without.
    EssentialOnly,
    Platforms,
    /// A processor is switched on.
    Processors,
    /// Every host that may be called is a platform's, or a processor's that is listed.
    HostsKnown,
    /// A field that the operator fills in.
    Field(&'static str),
    /// No column has data of this subject.
    Without(Subject),
}

impl Need {
    /// What it is called, and whether it is so.
    fn met(self, facts: &Facts, profile: &Profile) -> (String, bool) {
        let personal = || facts.classes.values().filter(|class| class.subject != Subject::Nobody);
        match self {
            Self::Can(ability) => (format!("ability: {}", word(&ability)), facts.abilities.contains(&ability)),
            Self::Classes => ("inventory".into(), personal().next().is_some()),
            Self::Purpose(name) => {
                let is_used = facts.purposes.contains_key(name) && personal().any(|class| class.purpose == name);
                (format!("purpose: {name}"), is_used)
            }
            Self::Periods => {
                ("enforced retention".into(), facts.retention.values().any(|rule| rule.enforced && rule.days.is_some()))
            }
            Self::Cookies => ("cookies".into(), !facts.cookies.is_empty()),
            Self::EssentialOnly => {
                ("essential cookies only".into(), facts.cookies.iter().all(|cookie| cookie.essential))
            }
            Self::Platforms => ("platforms".into(), facts.open(profile).any(|platform| platform.recipient.is_some())),
            Self::Processors => ("processors".into(), !on(facts, profile).is_empty()),
            Self::HostsKnown => ("known hosts only".into(), crate::check::unknown_hosts(facts, profile).is_empty()),
            Self::Field(name) => (format!("profile: {name}"), !profile.missing().iter().any(|field| field.0 == name)),
            Self::Without(subject) => {
                let none = !facts.classes.values().any(|class| class.subject == subject);
                (format!("no data of: {}", word(&subject)), none)
            }
        }
    }
}

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn on<'a>(facts: &Facts, profile: &'a Profile) -> Vec<&'a crate::Processor> {
    let is_on = |one: &&crate::Processor| one.hosts.is_empty() || facts.processors.contains(&one.name);
    profile.processors.iter().filter(is_on).collect()
}

use Ability as A;
use Need::{Can, Classes, Cookies, EssentialOnly, Field, HostsKnown, Periods, Platforms, Processors, Purpose, Without};

type Says = fn(&Facts, &Profile) -> Vec<Block>;

fn paragraph(text: Text) -> Vec<Block> {
    vec![Block::Paragraph(text)]
}

/// A clause: its section, its id, what it needs, what it says.
type Row = (&'static str, &'static str, &'static [Need], Says);

/// Every clause, in the order of the policy.
const CLAUSES: &[Row] = &[
    ("who", "controller", &[Field("controller.name"), Field("controller.country")], |_, profile| {
        let (name, country) = (&profile.controller.name, &profile.controller.country);
        paragraph(say!("{name} ({country}) operates this service and is responsible for personal data in it."))
    }),
    ("who", "incomplete", &[], |_, profile| {
        let missing = profile.missing();
        if missing.is_empty() {
            return Vec::new();
        }
        let what = record::listed(missing.into_iter().map(crate::Field::label));
        paragraph(say!("The operator of this installation has not filled in yet: {what}."))
    }),
    ("who", "roles", &[Classes], |facts, profile| {
        let activities = record::activities(facts, profile);
        if activities.iter().all(|activity| activity.role != Some(crate::Role::Processor)) {
            return Vec::new();
        }
        paragraph(say!(
            "For posts and results in a workspace, its owner decides, and the operator acts on the owner's behalf. For accounts and security, the operator decides."
        ))
    }),
    ("data", "collected", &[Classes], |facts, profile| {
        let rows = record::activities(facts, profile).into_iter().map(|activity| {
            let kinds = activity.categories.into_iter().map(record::category);
            vec![activity.meaning, record::listed(kinds)]
        });
        vec![Block::Table { head: vec![say!("Purpose"), say!("Data")], rows: rows.collect() }]
    }),
    ("data", "no-audience", &[Classes, Without(Subject::Audience)], |_, _| {
        paragraph(say!("Comments, messages and names of people who react to posts are not stored."))
    }),
    ("data", "metadata", &[Can(A::MetadataRemoved)], |_, _| {
        paragraph(say!("Places and device details are removed from images and videos before they are published."))
    }),
    ("purposes", "purposes", &[Classes], |facts, profile| {
        let rows = record::activities(facts, profile).into_iter().map(|activity| {
            let bases = activity.bases.into_iter().map(record::basis);
            vec![activity.meaning, record::listed(bases)]
        });
        vec![Block::Table { head: vec![say!("Purpose"), say!("Legal basis")], rows: rows.collect() }]
    }),
    ("purposes", "insights", &[Purpose("insights")], |_, _| {
        paragraph(say!("Results of published posts are fetched from the platforms to show how the posts perform."))
    }),
    ("purposes", "no-ai", &[HostsKnown], |_, profile| match profile.processors.is_empty() {
        true => paragraph(say!(
            "No content is sent to AI services, and none is used to train AI models: this software has no AI features."
        )),
        false => paragraph(say!(
            "This software has no AI features. Companies that get data for the operator are listed under “Who receives data”."
        )),
    }),
    ("connect", "official-sign-in", &[Platforms, Can(A::OfficialSignIn)], |_, _| {
        paragraph(say!(
            "Accounts are connected on the platform's own consent page, or with an app password or token made for this purpose. The account's main password is never asked for."
        ))
    }),
    ("connect", "granted-only", &[Platforms, Can(A::GrantedOnly)], |_, _| {
        paragraph(say!("Only permissions that were granted while connecting are used."))
    }),
    ("connect", "consent-record", &[Platforms, Can(A::ConsentRecord)], |_, _| {
        paragraph(say!("Connecting an account is a consent. It is recorded, and so is its withdrawal."))
    }),
    ("connect", "direct", &[Platforms, Can(A::Direct), Purpose("publishing")], |_, _| {
        paragraph(say!(
            "Posts go directly to the platforms of the channels chosen, without another service in between. Authors remain the owners of their content."
        ))
    }),
    ("connect", "disconnect", &[Platforms, Can(A::Disconnect)], |_, _| {
        paragraph(say!(
            "A channel can be disconnected at any time under Channels. Publishing stops immediately, and the tokens are erased; with the last channel of an account, access is revoked at the platform."
        ))
    }),
    ("connect", "revoked-there", &[Platforms, Can(A::RevokedThere)], |_, _| {
        paragraph(say!(
            "Access can also be removed in the platform's own settings. Posts then wait until the account is connected again."
        ))
    }),
    ("connect", "platform-erasure", &[Platforms, Can(A::PlatformErasure)], |_, _| {
        paragraph(say!(
            "Where a platform passes on a request for deletion, what this service stored about the account is erased. Posts stay with the people who wrote them here."
        ))
    }),
    ("recipients", "platforms", &[Platforms], |facts, profile| {
        let rows = facts.open(profile).filter_map(|platform| {
            let to = platform.recipient.as_ref()?;
            let policy = Text::verbatim(&*to.policy_url);
            Some(vec![(&*platform.name).into(), to.name.clone(), to.country.clone(), to.reads.clone(), policy])
        });
        let head =
            vec![say!("Platform"), say!("Recipient"), say!("Country"), say!("Read and stored"), say!("Its policy")];
        let rows = rows.collect();
        vec![
            Block::Paragraph(say!("Connected platforms receive what is published there. Each has its own policy.")),
            Block::Table { head, rows },
        ]
    }),
    ("recipients", "processors", &[Processors], |facts, profile| vec![record::processors(facts, profile)]),
    ("recipients", "scc", &[Processors], |facts, profile| {
        let has =
            on(facts, profile).iter().any(|one| one.safeguard == crate::Safeguard::Scc && one.agreement.is_some());
        match has {
            true => paragraph(say!(
                "Where a company in the list above works outside the European Economic Area, standard contractual clauses protect the data."
            )),
            false => Vec::new(),
        }
    }),
    ("recipients", "no-third-parties", &[HostsKnown, EssentialOnly], |_, _| {
        paragraph(say!(
            "Personal data is not sold and not shared with advertisers. This software contains no advertising, no tracking and no external analytics."
        ))
    }),
    ("recipients", "storage", &[Field("transfers.storage")], |_, profile| {
        let places = Text::list(profile.transfers.storage.iter().cloned());
        paragraph(say!("Data is stored in: {places}."))
    }),
    ("retention", "retention", &[Classes, Periods], |facts, _| {
        let is_used = |name: &str| personal(facts).any(|class| class.retention == name);
        let head = vec![say!("Data"), say!("Kept")];
        let rules = facts.retention.iter().filter(|(name, _)| is_used(name));
        let rows = rules.map(|(name, rule)| {
            let kinds = personal(facts).filter(|class| class.retention == *name).map(|class| class.category);
            let kinds: std::collections::BTreeSet<_> = kinds.collect();
            let purposes = personal(facts).filter(|class| class.retention == *name);
            let purposes: std::collections::BTreeSet<_> = purposes.map(|class| &class.purpose).collect();
            let why = purposes.into_iter().filter_map(|name| facts.purposes.get(name)).cloned();
            let (what, why) = (record::listed(kinds.into_iter().map(record::category)), Text::joined(why, " "));
            vec![say!("{what} ({why})"), record::period(rule)]
        });
        vec![Block::Table { head, rows: rows.collect() }]
    }),
    ("security", "https", &[Can(A::Https)], |_, _| {
        paragraph(say!("Connections to and from this service are encrypted (HTTPS)."))
    }),
    ("security", "tokens-sealed", &[Can(A::Sealed)], |_, _| {
        paragraph(say!("Tokens, keys and e-mail addresses are encrypted in the database."))
    }),
    ("security", "passwords", &[Can(A::PasswordsHashed)], |_, _| {
        paragraph(say!("Passwords are stored as Argon2id digests, from which they can't be read back."))
    }),
    ("security", "access", &[Can(A::Roles), Can(A::Audit)], |_, _| {
        paragraph(say!("People can do only what their role permits, and who did what is recorded in a signed log."))
    }),
    ("security", "keys", &[Can(A::Keys)], |_, _| {
        paragraph(say!("API keys are stored as digests, expire, and can be limited and revoked."))
    }),
    ("security", "limits", &[Can(A::Limits)], |_, _| paragraph(say!("Requests and attempts to sign in are limited."))),
    ("security", "no-guarantee", &[], |_, _| paragraph(say!("No system is completely secure."))),
    ("rights", "rights", &[Field("controller.email")], |_, profile| {
        let (email, days) = (&profile.controller.email, profile.rights.answer_days);
        let rights = vec![
            say!("to get a copy of your data, in a portable format"),
            say!("to have it corrected; name, address and preferences can be changed in the settings"),
            say!("to have it deleted"),
            say!("to have its use restricted, or to object to it"),
            say!("to withdraw a consent at any time"),
        ];
        vec![
            Block::Paragraph(say!("You have the right:")),
            Block::List(rights),
            Block::Paragraph(say!(
                "Write to {email}. The operator answers within {days} days. Copies and deletions are made by hand: this software has no button for them yet."
            )),
        ]
    }),
    ("rights", "complaint", &[Field("controller.authority"), Field("controller.authority_url")], |_, profile| {
        let (authority, url) = (&profile.controller.authority, &profile.controller.authority_url);
        paragraph(say!("You can complain to the supervisory authority: {authority}, {url}."))
    }),
    ("cookies", "cookies", &[Cookies], |facts, _| vec![record::cookies(facts)]),
    ("cookies", "cookies-essential", &[Cookies, EssentialOnly], |_, _| {
        paragraph(say!("These cookies are necessary for signing in and for security. There are no others."))
    }),
    ("children", "children", &[Field("controller.email")], |_, profile| {
        let (email, minimum, eu) = (&profile.controller.email, profile.ages.minimum, profile.ages.eu);
        let age = match minimum == eu {
            true => say!("This service is not meant for people under {minimum}."),
            false => say!("This service is not meant for people under {minimum}, or under {eu} in the European Union."),
        };
        paragraph(age.then(say!("If data about a child was entered here, write to {email}, and it will be deleted.")))
    }),
    ("changes", "changes", &[], |_, _| {
        paragraph(say!("The date at the top says since when this version applies. It changes when the policy changes."))
    }),
    ("contact", "contact", &[Field("controller.email")], |_, profile| {
        let email = &profile.controller.email;
        paragraph(say!("Questions about privacy: {email}."))
    }),
];

fn personal(facts: &Facts) -> impl Iterator<Item = &Class> {
    facts.classes.values().filter(|class| class.subject != Subject::Nobody)
}

fn heading(section: &str) -> Text {
    match section {
        "who" => say!("Who is responsible"),
        "data" => say!("What is stored"),
        "purposes" => say!("What it is used for"),
        "connect" => say!("Connected accounts"),
        "recipients" => say!("Who receives data"),
        "retention" => say!("How long data is kept"),
        "security" => say!("How data is protected"),
        "rights" => say!("Your rights"),
        "cookies" => say!("Cookies"),
        "children" => say!("Children"),
        "changes" => say!("Changes"),
        _ => say!("Contact"),
    }
}

impl Policy {
    /// The policy that this profile and these facts allow.
    pub fn of(facts: &Facts, profile: &Profile) -> Self {
        crate::add_dutch();
        let (mut sections, mut withheld) = (Vec::<Section>::new(), Vec::new());
        for &(section, id, needs, says) in CLAUSES {
            let needs = needs.iter().map(|need| need.met(facts, profile));
            let (met, missing): (Vec<_>, Vec<_>) = needs.partition(|(_, is_so)| *is_so);
            let names = |needs: Vec<(String, bool)>| needs.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
            if !missing.is_empty() {
                withheld.push(Withheld { clause: id, missing: names(missing) });
                continue;
            }
            let blocks = says(facts, profile);
            if blocks.is_empty() {
                continue;
            }
            let clause = Clause { id, facts: names(met), blocks };
            match sections.last_mut().filter(|last| last.id == section) {
                Some(last) => last.clauses.push(clause),
                None => sections.push(Section { id: section, heading: heading(section), clauses: vec![clause] }),
            }
        }
        let promised = profile.version();
        let (date, version) = (promised.effective.to_string(), promised.version);
        let dated = say!("Last updated {date}, version {version}.");
        Self { sections, withheld, dated, hash: promised.hash }
    }

    /// The ids of the clauses in it.
    pub fn clauses(&self) -> impl Iterator<Item = &'static str> {
        self.sections.iter().flat_map(|section| &section.clauses).map(|clause| clause.id)
    }

    /// In the language of who reads the answer at hand.
    pub fn said(&self) -> Document {
        self.said_to(&reader())
    }

    /// In the language of this reader.
    pub fn said_to(&self, reader: &Reader) -> Document {
        let clause = |clause: &Clause| SaidClause {
            id: clause.id,
            facts: clause.facts.clone(),
            blocks: clause.blocks.iter().map(|block| block.said(reader)).collect(),
        };
        let sections = self.sections.iter().map(|section| SaidSection {
            id: section.id,
            heading: section.heading.said_to(reader),
            clauses: section.clauses.iter().map(clause).collect(),
        });
        Document {
            language: reader.language.tag(),
            title: say!("Privacy policy").said_to(reader),
            dated: self.dated.said_to(reader),
            hash: self.hash.clone(),
            sections: sections.collect(),
        }
    }

    /// Every clause that there is, in or not.
    pub fn known() -> Vec<&'static str> {
        CLAUSES.iter().map(|(_, id, ..)| *id).collect()
    }
}
