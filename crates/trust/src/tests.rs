//! The facts of an installation as it is today, the policies made of them, and ten planted differences.

use std::collections::BTreeSet;

use base::{
    Text,
    words::{Language, Reader},
};

use crate::{checklist::Standing, *};

fn class(category: Category, subject: Subject, purpose: &str, basis: Basis, retention: &str) -> Class {
    Class { category, subject, purpose: purpose.into(), basis, retention: retention.into() }
}

/// An installation with one column for each purpose.
pub(crate) fn facts() -> Facts {
    let mut facts = Facts::default();
    let all = [
        ("people.name", Category::Identity, "account", Basis::Contract, "account"),
        ("sessions.device", Category::Activity, "security", Basis::Contract, "session"),
        ("invitations.email", Category::Contact, "account", Basis::Contract, "ended-link"),
        ("posts.body", Category::Content, "publishing", Basis::Contract, "workspace"),
        ("connections.outcome", Category::Identity, "publishing", Basis::Contract, "connection"),
        ("post_metrics.value", Category::Content, "insights", Basis::Contract, "metrics"),
        ("api_keys.name", Category::Activity, "developer-access", Basis::Contract, "api-key"),
        ("audit_events.act", Category::Activity, "accountability", Basis::LegitimateInterest, "audit"),
        ("hook_requests.account", Category::Identity, "accountability", Basis::LegalObligation, "hook-account"),
        ("idempotency_keys.key", Category::Activity, "reliability", Basis::Contract, "idempotency"),
    ];
    for (column, category, purpose, basis, retention) in all {
        facts.columns.insert(column.into());
        facts.classes.insert(column.into(), class(category, Subject::Member, purpose, basis, retention));
        facts.purposes.insert(purpose.into(), Text::verbatim(format!("To serve {purpose}.")));
    }
    let periods = Preset::Default.profile().retention.into_iter().map(|(name, days)| (name, Some(days), true));
    let others = [
        ("account", None, false),
        ("workspace", None, true),
        ("connection", Some(1), false),
        ("api-key", Some(365), false),
        ("audit", Some(730), false),
    ];
    let others = others.into_iter().map(|(name, days, enforced)| (name.to_owned(), days, enforced));
    for (name, days, enforced) in periods.chain(others) {
        facts.retention.insert(name, Rule { days, from: Text::verbatim("the start"), enforced });
    }
    let recipient = Recipient {
        name: Text::verbatim("Example & Sons <Ltd>"),
        country: Text::verbatim("Ireland"),
        policy_url: "https://platform.example/privacy".into(),
        reads: Text::verbatim("Its name | and picture."),
    };
    facts.platforms.push(Platform {
        id: "example".into(),
        name: "Example".into(),
        recipient: Some(recipient),
        caps: [("metrics".to_owned(), 730)].into(),
        hosts: ["api.platform.example".to_owned()].into(),
    });
    for key in ["session", "device", "connect"] {
        let purpose = Text::verbatim("Signing in.");
        let name = format!("__Host-{key}");
        facts.cookies.push(Cookie { key: key.into(), name, purpose, minutes: 70, essential: true });
    }
    facts.egress.insert("api.platform.example".into());
    facts.abilities = Ability::ALL.into();
    facts
}

/// A preset whose operator has filled in the rest.
fn complete(preset: Preset) -> Profile {
    let mut profile = preset.profile();
    profile.controller = Controller {
        name: "Example B.V.".into(),
        email: "privacy@example.org".into(),
        country: "Netherlands".into(),
        authority: "Autoriteit Persoonsgegevens".into(),
        authority_url: "https://autoriteitpersoonsgegevens.nl".into(),
    };
    profile.transfers.storage = vec!["Netherlands".into()];
    profile
}

fn dutch() -> Reader {
    Reader { language: Language::Dutch, zone: None }
}

#[test]
fn p_001_every_ability_has_the_test_that_proves_it() {
    fn sources(folder: &std::path::Path, found: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("trust") {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    let mut code = String::new();
    sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")), &mut code);
    for ability in Ability::ALL {
        let proof = ability.proof();
        assert!(code.contains(&format!("fn {proof}(")), "{ability:?} has no proof: no test is called {proof}");
    }
}

#[test]
fn p_082_each_preset_contradicts_nothing() {
    for preset in Preset::ALL {
        assert_eq!(check(&facts(), &complete(preset)), [], "{}", preset.name());
    }
}

#[test]
fn p_003_every_promise_of_a_model_policy_is_in_the_policy_or_listed_with_its_reason() {
    for preset in Preset::ALL {
        let policy = Policy::of(&facts(), &complete(preset));
        let clauses: BTreeSet<_> = policy.clauses().collect();
        let (mut kept, mut not_yet) = (0, 0);
        for promise in checklist::of(preset) {
            match promise.standing {
                Standing::Kept(clause) => {
                    kept += 1;
                    let where_ = format!("{} §{} {}", preset.name(), promise.section, promise.name);
                    assert!(clauses.contains(clause), "{where_}: `{clause}` is not in the policy");
                }
                Standing::NotYet(reason) => {
                    not_yet += 1;
                    assert!(!reason.is_empty(), "{}", promise.name);
                }
            }
        }
        // A change of the list changes these numbers, so no promise goes missing unnoticed.
        let expected = match preset {
            Preset::Mind => (40, 29),
            Preset::SocialConnect => (30, 12),
            Preset::Postr => (32, 34),
            Preset::Default => (0, 0),
        };
        assert_eq!((kept, not_yet), expected, "{}", preset.name());
    }
}

#[test]
fn p_003_a_promise_that_is_not_kept_is_not_rendered() {
    for preset in Preset::ALL {
        let text = Policy::of(&facts(), &complete(preset)).said_to(&Reader::default()).plain();
        for word in
            ["WhatsApp", "Stripe", "billing", "PostHog", "Sentry", "audits", "training of", "90 days", "7 years"]
        {
            assert!(!text.contains(word), "{}: “{word}” is promised", preset.name());
        }
        assert!(text.contains("Not deleted automatically yet."));
        assert!(text.contains("this software has no button for them yet"));
    }
}

#[test]
fn p_070_without_its_fact_a_clause_is_withheld_and_reported() {
    let profile = complete(Preset::Mind);
    for ability in Ability::ALL {
        let before = Policy::of(&facts(), &profile);
        let mut fewer = facts();
        fewer.abilities.remove(&ability);
        let after = Policy::of(&fewer, &profile);
        let gone: Vec<_> = before.clauses().filter(|id| !after.clauses().any(|left| left == *id)).collect();
        assert!(!gone.is_empty(), "no clause depends on {ability:?}");
        for id in gone {
            assert!(after.withheld.iter().any(|withheld| withheld.clause == id && withheld.missing.len() == 1), "{id}");
        }
    }
    let nothing = Policy::of(&Facts::default(), &Preset::Default.profile());
    let left: Vec<_> = nothing.clauses().collect();
    assert_eq!(left, ["incomplete", "no-ai", "no-third-parties", "no-guarantee", "changes"]);
}

#[test]
fn p_026_each_of_the_planted_differences_is_found_and_says_what_to_do() {
    type Plant = fn(&mut Facts, &mut Profile);
    fn rule(facts: &mut Facts) -> &mut Rule {
        facts.retention.get_mut("session").expect("a rule")
    }
    let plants: [(&str, Plant, &str); 16] = [
        (
            "column people.shoe_size",
            |f, _| {
                f.columns.insert("people.shoe_size".into());
            },
            "Declare it in inventory.toml",
        ),
        (
            "column people.name",
            |f, _| {
                f.columns.remove("people.name");
            },
            "Remove it from inventory.toml",
        ),
        (
            "host tracker.example",
            |f, _| {
                f.egress.insert("tracker.example".into());
            },
            "Add its processor",
        ),
        (
            "cookie tracker",
            |f, _| {
                let mut cookie = f.cookies[0].clone();
                cookie.key = "tracker".into();
                f.cookies.push(cookie);
            },
            "or stop setting it",
        ),
        (
            "cookie session",
            |f, _| {
                f.cookies.remove(0);
            },
            "Remove it from `cookies`",
        ),
        (
            "processor Cloud",
            |f, _| {
                f.processors.insert("Cloud".into());
            },
            "or switch it off",
        ),
        (
            "retention session",
            |f, _| {
                rule(f).days = Some(31);
            },
            "shorten the rule",
        ),
        (
            "retention session",
            |f, _| {
                rule(f).enforced = false;
            },
            "nothing deletes it",
        ),
        (
            "retention people.name",
            |f, _| {
                f.retention.remove("account");
            },
            "Add it to inventory.toml",
        ),
        (
            "retention session",
            |_, p| {
                p.retention.remove("session");
            },
            "Add it to [retention]",
        ),
        (
            "clause tokens-sealed",
            |f, _| {
                f.abilities.remove(&Ability::Sealed);
            },
            "ability: sealed",
        ),
        ("platform example", |f, _| f.platforms[0].recipient = None, "Add a recipient"),
        (
            "purpose account",
            |_, p| {
                p.purposes.remove("account");
            },
            "Add it to [purposes]",
        ),
        (
            "purpose people.name",
            |f, _| f.classes.get_mut("people.name").expect("there").purpose = "fun".into(),
            "Explain it",
        ),
        ("field ages.eu", |_, p| p.ages.eu = 12, "Raise it"),
        ("field controller.authority", |_, p| p.controller.authority.clear(), "Fill in `controller.authority`"),
    ];
    for (about, plant, advice) in plants {
        let (mut facts, mut profile) = (facts(), complete(Preset::Mind));
        plant(&mut facts, &mut profile);
        let found = check(&facts, &profile);
        let said = found.iter().find(|difference| difference.about == about);
        let said = said.unwrap_or_else(|| panic!("{about} was not found: {found:?}"));
        assert!(said.what.english().contains(advice), "{}", said.what.english());
        assert!(said.what.said_to(&dutch()) != said.what.english(), "no Dutch: {}", said.what.english());
    }
}

#[test]
fn p_001_a_policy_says_what_its_operator_has_not_filled_in() {
    let policy = Policy::of(&facts(), &Preset::Default.profile());
    let text = policy.said_to(&Reader::default()).plain();
    assert!(text.contains("has not filled in yet: the controller's legal name, a contact address"), "{text}");
    assert!(!Policy::of(&facts(), &complete(Preset::Default)).clauses().any(|id| id == "incomplete"));
}

#[test]
fn p_002_each_activity_has_one_role_and_is_in_one_part_of_the_record() {
    let rows = |profile: &Profile, role| match record(&facts(), profile, role) {
        Block::Table { rows, .. } => rows.len(),
        _ => 0,
    };
    for (preset, controller, processor) in [(Preset::Mind, 7, 0), (Preset::Default, 5, 2)] {
        let profile = complete(preset);
        assert!(activities(&facts(), &profile).iter().all(|activity| activity.role.is_some()));
        assert_eq!((rows(&profile, Role::Controller), rows(&profile, Role::Processor)), (controller, processor));
    }
}

#[test]
fn p_080_a_processor_needs_an_agreement_and_is_listed_with_it() {
    let (mut facts, mut profile) = (facts(), complete(Preset::Mind));
    facts.processors.insert("Cloud".into());
    facts.egress.insert("s3.cloud.example".into());
    profile.processors.push(Processor {
        name: "Cloud".into(),
        purpose: "file storage".into(),
        country: "United States".into(),
        safeguard: Safeguard::Scc,
        agreement: None,
        hosts: ["s3.cloud.example".to_owned()].into(),
    });
    let found = check(&facts, &profile);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.english().contains("Sign one"));
    assert!(!Policy::of(&facts, &profile).clauses().any(|id| id == "scc"));
    profile.processors[0].agreement = Some(jiff::civil::date(2026, 1, 2));
    assert_eq!(check(&facts, &profile), []);
    let text = Policy::of(&facts, &profile).said_to(&Reader::default()).plain();
    assert!(text.contains("2026-01-02") && text.contains("standard contractual clauses"), "{text}");
}

#[test]
fn p_160_the_ages_of_the_profile_are_in_the_policy() {
    for (preset, said) in [
        (Preset::Mind, "under 16."),
        (Preset::SocialConnect, "under 13, or under 16 in the European Union."),
        (Preset::Postr, "under 13."),
    ] {
        let text = Policy::of(&facts(), &complete(preset)).said_to(&Reader::default()).plain();
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_policy_is_html_without_scripts_markdown_and_json_in_both_languages() {
    let policy = Policy::of(&facts(), &complete(Preset::Mind));
    let (english, in_dutch) = (policy.said_to(&Reader::default()), policy.said_to(&dutch()));
    let html = in_dutch.html(Some("/page.css"));
    assert!(html.contains("<html lang=\"nl\">") && html.contains("<h1>Privacybeleid</h1>"), "{html}");
    assert!(html.contains("Example &amp; Sons &lt;Ltd&gt;") && html.contains("<th scope=\"row\">Example</th>"));
    assert!(!html.contains("<script") && !html.contains(" style="));
    assert!(html.contains("href=\"/page.css\"") && !in_dutch.html(None).contains("<link"));
    assert_eq!(html.matches("<h1").count(), 1);
    let markdown = english.markdown();
    assert!(markdown.contains("# Privacy policy") && markdown.contains(r"Its name \| and picture."), "{markdown}");
    let json = serde_json::to_value(&english).expect("JSON");
    assert_eq!(json["language"], "en");
    assert_eq!(json["sections"][0]["clauses"][0]["id"], "controller");
    assert_eq!(json["sections"][0]["clauses"][0]["facts"][0], "profile: controller.name");
    assert_eq!(json["hash"].as_str().map(str::len), Some(64));
}

#[test]
fn security_txt_needs_a_contact_address() {
    let expires = jiff::civil::date(2027, 12, 1);
    let at = "https://fanfare.example/.well-known/security.txt";
    assert_eq!(security_txt(&Preset::Mind.profile(), at, expires), None);
    let text = security_txt(&complete(Preset::Mind), at, expires).expect("there is an address");
    assert!(text.starts_with("Contact: mailto:privacy@example.org\nExpires: 2027-12-01T00:00:00Z\n"), "{text}");
}
