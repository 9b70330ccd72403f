//! Weighted counting, addresses and cashtags.

use serde::Deserialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use super::{say, specs};
use crate::links::{self, Grammar};
use crate::x::text::{self, emoji, tags::cashtags, weigh};

#[derive(Deserialize)]
struct Cases {
    tests: std::collections::BTreeMap<String, Vec<Case>>,
}

#[derive(Deserialize)]
struct Case {
    description: String,
    text: String,
    expected: Value,
}

fn cases(file: &str) -> Option<Cases> {
    let Some(folder) = specs() else {
        say(&format!("skipped: the folder with the network's own vectors ({file}) is not here"));
        return None;
    };
    let text = std::fs::read_to_string(folder.join("twitter-text").join(file)).expect("readable");
    Some(serde_saphyr::from_str(&text).expect("the vectors read"))
}

fn found(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    links::find(&chars, Grammar::X).into_iter().map(|range| chars[range].iter().collect()).collect()
}

/// Runs the cases of a group and tells of all that differ at once.
fn run(cases: &Cases, group: &str, differs: impl Fn(&Case) -> Option<String>) -> usize {
    let group_cases = cases.tests.get(group).unwrap_or_else(|| panic!("no group {group}"));
    let wrong: Vec<String> =
        group_cases.iter().filter_map(|case| Some(format!("{}: {}", case.description, differs(case)?))).collect();
    assert!(wrong.is_empty(), "{group}:\n{}", wrong.join("\n"));
    group_cases.len()
}

fn weight_differs(case: &Case) -> Option<String> {
    let weighed = weigh(&case.text);
    let expected = (case.expected["weightedLength"].as_u64(), case.expected["valid"].as_bool());
    let is = (Some(u64::from(weighed.length)), Some(weighed.is_valid(text::WEIGHT_MAX)));
    (is != expected).then(|| format!("{is:?} instead of {expected:?}"))
}

#[test]
fn the_network_s_own_vectors_for_weights_agree() {
    let Some(cases) = cases("validate.yml") else { return };
    // The first group is of an older configuration, without whole emoji: its cases with joined emoji are not ours.
    let old = |case: &Case| if case.text.contains('\u{200D}') { None } else { weight_differs(case) };
    let run_all = run(&cases, "WeightedTweetsCounterTest", old)
        + run(&cases, "WeightedTweetsWithDiscountedEmojiCounterTest", weight_differs)
        + run(&cases, "UnicodeDirectionalMarkerCounterTest", weight_differs);
    assert!(run_all >= 35, "only {run_all} vectors");
    say(&format!("twitter-text: {run_all} vectors of weighted length agree"));
}

#[test]
fn the_network_s_own_vectors_for_addresses_and_cashtags_agree() {
    let Some(cases) = cases("extract.yml") else { return };
    let expected_list = |case: &Case| -> Vec<String> { serde_json::from_value(case.expected.clone()).expect("a list") };
    let urls_differ = |case: &Case| {
        let is = found(&case.text);
        (is != expected_list(case)).then(|| format!("{is:?}"))
    };
    let indices_differ = |case: &Case| {
        let chars: Vec<char> = case.text.chars().collect();
        let is: Vec<Value> = links::find(&chars, Grammar::X)
            .into_iter()
            .map(|range| serde_json::json!([range.start, range.end]))
            .collect();
        let expected: Vec<Value> =
            case.expected.as_array().expect("a list").iter().map(|url| url["indices"].clone()).collect();
        (is != expected).then(|| format!("{is:?}"))
    };
    let tags_differ = |case: &Case| {
        let is = cashtags(&case.text);
        (is != expected_list(case)).then(|| format!("{is:?}"))
    };
    let run_all = run(&cases, "urls", urls_differ)
        + run(&cases, "urls_with_indices", indices_differ)
        + run(&cases, "urls_with_directional_markers", indices_differ)
        + run(&cases, "tco_urls_with_params", urls_differ)
        + run(&cases, "cashtags", tags_differ);
    assert!(run_all >= 100, "only {run_all} vectors");
    say(&format!("twitter-text: {run_all} vectors of addresses and cashtags agree"));
}

#[test]
fn the_domain_endings_that_x_knows_are_known_here_but_for_those_that_were_retired() {
    let Some(cases) = cases("tlds.yml") else { return };
    let mut unknown = Vec::new();
    let all: Vec<&Case> = cases.tests.values().flatten().collect();
    for case in &all {
        let expected: Vec<String> = serde_json::from_value(case.expected.clone()).expect("a list");
        if found(&case.text) != expected {
            unknown.push(case.text.rsplit('.').next().unwrap_or_default().to_owned());
        }
    }
    say(&format!(
        "twitter-text: {} of {} domain endings agree; retired since: {}",
        all.len() - unknown.len(),
        all.len(),
        unknown.join(" ")
    ));
    assert!(all.len() > 1_000 && unknown.len() * 10 < all.len(), "{} unknown: {unknown:?}", unknown.len());
}

#[test]
fn letters_of_latin_greek_and_cyrillic_count_one_and_most_others_two() {
    for (text, length) in
        [("", 0), ("Hello", 5), ("Ünïcödé", 7), ("Привет", 6), ("日本", 4), ("한국", 4), ("…", 2), ("–", 1)]
    {
        assert_eq!(weigh(text).length, length, "{text}");
    }
}

#[test]
fn a_letter_and_its_accent_count_as_the_one_letter_they_make() {
    assert_eq!(weigh("A\u{301}B").length, 2);
    assert_eq!("A\u{301}B".nfc().count(), 2);
}

#[test]
fn an_address_counts_23_however_long_it_is() {
    let long = format!("https://fanfare.example.com/{}", "a".repeat(300));
    for (text, length) in [(long.as_str(), 23), ("t.co", 23), ("see example.com/x now", 4 + 23 + 4), ("a.b", 3)] {
        assert_eq!(weigh(text).length, length, "{text}");
    }
    assert_eq!(weigh("see example.com/x, then http://x.com.").urls, ["example.com/x", "http://x.com"]);
    assert!(weigh("@example.com #example.com $example.com me@example.com _example.com").urls.is_empty());
}

#[test]
fn a_whole_emoji_counts_two_and_an_unknown_joining_counts_by_its_parts() {
    let whole = ["👨‍👩‍👧‍👦", "🙋🏽", "👩🏿‍🚀", "🏳️‍🌈", "🇳🇱", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "👩‍❤️‍💋‍👨", "🧑🏻‍🤝‍🧑🏿", "🏃‍♀️", "©️", "☺"];
    for text in whole {
        assert_eq!(weigh(text).length, 2, "{text}");
        assert_eq!(emoji::length_at(&text.chars().collect::<Vec<_>>()), text.chars().count(), "{text}");
    }
    // Two pictures and a joiner of weight one; two letters without a flag; a text sign.
    for (text, length) in [("🍕‍🚗", 5), ("🇦🇦", 4), ("©", 1), ("7", 1), ("☺\u{FE0E}", 4)] {
        assert_eq!(weigh(text).length, length, "{text}");
    }
}

#[test]
fn invisible_characters_that_x_refuses_are_found_and_marks_of_direction_count_two() {
    assert_eq!(weigh("a\u{FEFF}b").refused, Some('\u{FEFF}'));
    assert!(!weigh("a\u{FFFE}").is_valid(280));
    let marked = weigh("\u{202A}abc\u{202C}");
    assert_eq!((marked.length, marked.refused), (7, None));
}

#[test]
fn a_word_that_may_be_an_address_raises_only_the_doubtful_length() {
    let weighed = weigh("read hello.newending today");
    assert_eq!((weighed.length, weighed.length_at_most), (26, 26 + 23 - 15));
    assert_eq!(weigh("It is so. Really, e.g. this").length_at_most, weigh("It is so. Really, e.g. this").length);
}

#[test]
fn the_longest_long_post_is_weighed_without_trying_every_pair_of_letters() {
    let hard = [
        "日本語".repeat(9_000),
        "a.".repeat(13_000),
        "-a.-b_".repeat(5_000),
        "日.本_".repeat(6_000),
        "(".repeat(26_000),
    ];
    for text in hard {
        let begun = std::time::Instant::now();
        assert!(weigh(&text).length > 0);
        // No measurement: going over it once for each letter would take many minutes, on any machine.
        assert!(begun.elapsed().as_secs() < 120, "{}… took {:?}", &text[..6], begun.elapsed());
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_weighed_without_panic_and_addresses_stand_in_it(text in "[ a-z./:@#_日\u{301}\u{200D}👩🏽0-9()?-]{0,60}") {
        let weighed = weigh(&text);
        let normal: String = text.nfc().collect();
        for url in &weighed.urls {
            proptest::prop_assert!(normal.contains(url.as_str()));
        }
        proptest::prop_assert!(weighed.length <= weighed.length_at_most);
    }
}
