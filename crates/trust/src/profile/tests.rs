use super::*;

fn complete() -> Profile {
    let mut profile = Preset::Mind.profile();
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

#[test]
fn every_preset_can_be_read_and_has_its_name() {
    for preset in Preset::ALL {
        let profile = preset.profile();
        assert_eq!(profile.name, preset.name());
        assert_eq!(Preset::named(preset.name()), Some(preset));
    }
    assert!(Profile::read("name = \"x\"\nshoe_size = 3").is_err());
}

#[test]
fn p_001_each_missing_field_is_named() {
    assert_eq!(complete().missing(), []);
    type Empty = fn(&mut Profile);
    let cases: [(&str, Empty); 8] = [
        ("controller.name", |profile| profile.controller.name = "  ".into()),
        ("controller.email", |profile| profile.controller.email.clear()),
        ("controller.email", |profile| profile.controller.email = "privacy".into()),
        ("controller.country", |profile| profile.controller.country.clear()),
        ("controller.authority", |profile| profile.controller.authority.clear()),
        ("controller.authority_url", |profile| profile.controller.authority_url.clear()),
        ("controller.authority_url", |profile| profile.controller.authority_url = "http://x".into()),
        ("transfers.storage", |profile| profile.transfers.storage = vec![" ".into()]),
    ];
    for (field, empty) in cases {
        let mut profile = complete();
        empty(&mut profile);
        assert_eq!(profile.missing(), [Field(field)]);
    }
    assert_eq!(Preset::Default.profile().missing().len(), 6);
}

#[test]
fn p_004_a_version_has_a_hash_of_its_content() {
    let profile = complete();
    let text = toml::to_string(&profile).expect("it can be written");
    let same = Profile::read(&format!("# a comment\n{text}")).expect("it can be read");
    assert_eq!(same.version(), profile.version());
    let mut other = profile.clone();
    other.ages.minimum = 18;
    assert_ne!(other.version().hash, profile.version().hash);
    assert_eq!(profile.version().hash.len(), 64);
}

#[test]
fn p_004_a_change_is_told_in_plain_words() {
    let (old, mut new) = (complete(), complete());
    assert!(differences(&old, &new).is_empty());
    new.version += 1;
    new.controller.email = "dpo@example.org".into();
    new.ages.minimum = 18;
    new.retention.remove("session");
    new.transfers.storage.push("Ireland".into());
    new.processors.push(Processor {
        name: "Hosting Ltd".into(),
        purpose: "servers".into(),
        country: "Ireland".into(),
        safeguard: Safeguard::None,
        agreement: None,
        hosts: BTreeSet::new(),
    });
    let said: Vec<_> = differences(&old, &new).iter().map(Text::english).collect();
    assert_eq!(
        said,
        [
            "Changed: the minimum age, from “16” to “18”.",
            "Changed: a contact address for privacy, from “privacy@example.org” to “dpo@example.org”.",
            "Added: the processor Hosting Ltd, “Ireland, servers, none”.",
            "Removed: the number of days that session is kept, “30”.",
            "Added: a country where data is stored, “Ireland”.",
        ]
    );
}
