//! The exact body of every kind of post (P-057), and the options.

use connector::{Draft, Media, Part};
use serde_json::{Value, json};

use super::{asking, chosen, film, photo, text, with};
use crate::linkedin::{
    compose::post,
    options::{Options, schema},
};

const AUTHOR: &str = "urn:li:person:8p";

/// The body, without what every post has.
fn said(part: &Part, options: Value, files: &[&str], article: Option<Value>, shared: Option<&str>) -> Value {
    let options = Options::of(&chosen(options, vec![])).expect("options");
    let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
    let mut body = post(AUTHOR, part, &options, &files, article, shared);
    let whole = body.as_object_mut().expect("an object");
    let always = [
        ("author", json!(AUTHOR)),
        ("lifecycleState", json!("PUBLISHED")),
        (
            "distribution",
            json!({ "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [] }),
        ),
    ];
    for (name, value) in always {
        assert_eq!(whole.remove(name), Some(value), "{name}");
    }
    body
}

#[test]
fn p_057_a_post_says_what_it_needs_and_nothing_else() {
    let plain = |commentary: &str| json!({ "commentary": commentary, "visibility": "PUBLIC", "isReshareDisabledByAuthor": false });
    let content = |commentary: &str, content: Value| {
        let mut body = plain(commentary);
        body["content"] = content;
        body
    };
    let bare = Media { alt: None, ..photo("b") };
    let options = json!([{ "text": "Tea" }, { "text": "Coffee" }]);
    let poll = |question: &str| json!({ "poll": { "question": question, "options": options, "settings": { "duration": "SEVEN_DAYS" } } });
    let article = json!({ "source": "https://example.com/", "title": "A page (here)" });
    let chosen_by_author = json!({
        "visibility": "logged_in", "no_reposts": true, "title": "Waves (at noon)", "poll_question": "Which?",
    });
    let mut hidden = plain("Hi");
    (hidden["visibility"], hidden["isReshareDisabledByAuthor"]) = (json!("LOGGED_IN"), json!(true));
    let mut film_body = hidden.clone();
    film_body["content"] = json!({ "media": { "id": "v", "title": "Waves (at noon)" } });
    let mut shared = plain("");
    shared["reshareContext"] = json!({ "parent": "urn:li:share:7" });
    let asked = json!({ "poll_question": "Which?" });
    type Case<'a> = (Part, Value, &'a [&'a str], Option<Value>, Option<&'a str>, Value);
    #[rustfmt::skip]
    let cases: Vec<Case<'_>> = vec![
        (text("Hi (you)"), json!({}), &[], None, None, plain(r"Hi \(you\)")),
        (text("Hi"), chosen_by_author.clone(), &[], None, None, hidden),
        (text("Hi"), json!({}), &[], Some(article.clone()), None, content("Hi", json!({ "article": article }))),
        (with("Hi", vec![photo("a")]), json!({ "title": "T" }), &["i"], None, None, content("Hi", json!({ "media": { "id": "i", "altText": "A loaf" } }))),
        (with("", vec![photo("a"), bare]), json!({}), &["i", "j"], None, None, content("", json!({ "multiImage": { "images": [{ "id": "i", "altText": "A loaf" }, { "id": "j" }] } }))),
        (with("Hi", vec![Media { alt: Some("Waves".into()), ..film() }]), chosen_by_author, &["v"], None, None, film_body),
        (asking("Which?", 10_080), json!({}), &[], None, None, content("", poll("Which?"))),
        (asking("We can't decide.", 10_080), asked, &[], None, None, content("We can't decide.", poll("Which?"))),
        (text(""), json!({}), &[], None, Some("urn:li:share:7"), shared),
    ];
    for (part, options, files, article, shared, expected) in cases {
        assert_eq!(said(&part, options.clone(), files, article, shared), expected, "{part:?} {options}");
    }
}

#[test]
fn the_schema_and_the_reader_agree() {
    let schema = jsonschema::validator_for(&schema()).expect("a valid schema");
    for (options, good) in [
        (json!({}), true),
        (
            json!({ "visibility": "connections", "link": "https://example.com", "no_card": true, "thumbnail": "x" }),
            true,
        ),
        (json!({ "visibility": "container" }), false),
        (json!({ "no_reposts": "yes" }), false),
        (json!({ "nonsense": true }), false),
    ] {
        assert_eq!(schema.is_valid(&options), good, "{options}");
        assert_eq!(Options::of(&chosen(options.clone(), vec![])).is_ok(), good, "{options}");
    }
    assert_eq!(Options::of(&Draft::default()).expect("defaults"), Options::default());
}
