//! The exact fields of every kind of message and template, and what is refused beforehand.

use connector::messaging::{
    ButtonDoes, ButtonValue, Category, Content, Filled, Message, NewTemplate, Person, Purpose, Variable,
};
use serde_json::{Value, json};

use crate::whatsapp::{
    messages::{compose, with_file},
    templates,
};

fn value(name: Option<&str>, value: &str) -> Variable {
    Variable { name: name.map(str::to_owned), value: value.to_owned() }
}

fn to_ann(content: Content) -> Message {
    let to = Person { number: Some("447700900101".into()), user_id: Some("GB.1".into()) };
    Message { to, reference: "msg_1".into(), content }
}

fn filled() -> Filled {
    Filled {
        name: "post_published".into(),
        language: "en".into(),
        body: vec![value(Some("title"), "Launch")],
        buttons: vec![
            ButtonValue { place: 0, does: ButtonDoes::Open, value: "p/1".into() },
            ButtonValue { place: 1, does: ButtonDoes::Answer, value: "STOP".into() },
        ],
        ..Filled::default()
    }
}

#[track_caller]
fn is(message: &Message, file: Option<&str>, wanted: Value) {
    let mut body = compose(message, file, Purpose::Conversations).expect("composed");
    let common =
        json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "biz_opaque_callback_data": "msg_1" });
    for (name, value) in common.as_object().expect("an object") {
        assert_eq!(body.as_object_mut().expect("an object").remove(name).as_ref(), Some(value));
    }
    assert_eq!(body, wanted);
}

#[test]
fn a_message_says_what_it_is_and_names_its_recipient() {
    let ann = "+447700900101";
    let template = json!({ "to": ann, "type": "template", "template": {
        "name": "post_published", "language": { "code": "en" }, "components": [
            { "type": "body", "parameters": [{ "type": "text", "parameter_name": "title", "text": "Launch" }] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": "p/1" }] },
            { "type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [{ "type": "payload", "payload": "STOP" }] },
        ],
    } });
    is(&to_ann(Content::Template(filled())), None, template);
    let text = json!({ "to": ann, "type": "text", "text": { "body": "Hi https://example.com", "preview_url": true } });
    is(&to_ann(Content::Text("Hi https://example.com".into())), None, text);
    let picture = json!({ "to": ann, "type": "image", "image": { "caption": "Look" } });
    is(&to_ann(Content::File("Look".into())), Some("image"), picture);
    is(&to_ann(Content::File(String::new())), Some("video"), json!({ "to": ann, "type": "video", "video": {} }));
    // Someone who hides the number is known by an ID, which has a field of its own.
    let to = Person { number: None, user_id: Some("GB.13491208655302741918".into()) };
    let hidden = Message { to, ..to_ann(Content::Text("Hi".into())) };
    let wanted = json!({ "recipient": "GB.13491208655302741918", "type": "text", "text": { "body": "Hi", "preview_url": true } });
    is(&hidden, None, wanted);
}

#[test]
fn a_file_stands_in_the_message_or_in_the_header_of_the_template() {
    let picture = with_file(json!({ "type": "image", "image": { "caption": "Look" } }), "image", "1");
    assert_eq!(picture, json!({ "type": "image", "image": { "caption": "Look", "id": "1" } }));
    let template = json!({ "type": "template", "template": { "name": "a", "components": [{ "type": "body" }] } });
    let header = json!({ "type": "header", "parameters": [{ "type": "image", "image": { "id": "1" } }] });
    let wanted = json!({ "type": "template", "template": { "name": "a", "components": [header, { "type": "body" }] } });
    assert_eq!(with_file(template, "image", "1"), wanted);
}

#[test]
fn what_whatsapp_would_refuse_is_refused_before_anything_is_sent() {
    let with = |one: &str| Content::Template(Filled { body: vec![value(None, one)], ..filled() });
    let number =
        |number: &str| Message { to: Person { number: Some(number.into()), user_id: None }, ..to_ann(with("x")) };
    let text = |text: String| to_ann(Content::Text(text));
    let both = Content::Template(Filled { header: vec![value(None, "x")], ..filled() });
    for (name, message, file) in [
        ("a line break", to_ann(with("a\nb")), None),
        ("a tab", to_ann(with("a\tb")), None),
        ("five spaces", to_ann(with("a     b")), None),
        ("nothing", to_ann(with(" ")), None),
        ("two headers", to_ann(both), Some("image")),
        ("a local number", number("0770090010"), None),
        ("words", number("ann"), None),
        ("a long number", number("1234567890123456"), None),
        ("nobody", Message { to: Person::default(), ..to_ann(with("x")) }, None),
        ("an empty text", text(" ".into()), None),
        ("a long text", text("é".repeat(4_097)), None),
        ("a long caption", to_ann(Content::File("x".repeat(1_025))), Some("image")),
        ("no file", to_ann(Content::File(String::new())), None),
        ("a text with a file", text("Hi".into()), Some("image")),
        ("a long reference", Message { reference: "x".repeat(513), ..text("Hi".into()) }, None),
    ] {
        assert!(compose(&message, file, Purpose::Conversations).is_err(), "{name}");
    }
    for fits in [text("é".repeat(4_096)), to_ann(with("a    b"))] {
        assert!(compose(&fits, None, Purpose::Conversations).is_ok());
    }
}

#[test]
fn p_063_a_number_for_notices_sends_templates_only() {
    assert!(compose(&to_ann(Content::Template(filled())), None, Purpose::Notices).is_ok());
    for free in [Content::Text("Hi".into()), Content::File(String::new())] {
        assert!(compose(&to_ann(free), Some("image"), Purpose::Notices).is_err());
    }
}

#[test]
fn a_template_is_made_with_an_example_of_each_variable() {
    let new = NewTemplate {
        name: "post_published".into(),
        language: "en".into(),
        category: Category::Utility,
        body: "Your post {{title}} is out.".into(),
        examples: vec![value(Some("title"), "Launch")],
        header: Some("Published".into()),
        footer: Some("Reply STOP to end these messages".into()),
        answers: vec!["Stop".into()],
    };
    let parts = json!([
        { "type": "HEADER", "format": "TEXT", "text": "Published" },
        { "type": "BODY", "text": "Your post {{title}} is out.",
          "example": { "body_text_named_params": [{ "param_name": "title", "example": "Launch" }] } },
        { "type": "FOOTER", "text": "Reply STOP to end these messages" },
        { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Stop" }] },
    ]);
    let wanted = json!({ "name": "post_published", "language": "en", "category": "UTILITY", "parameter_format": "NAMED",
        "components": parts });
    assert_eq!(templates::body(&new), wanted);
    let bare = NewTemplate {
        body: "Hello {{1}}, there you are.".into(),
        examples: vec![value(None, "Ann")],
        header: None,
        footer: None,
        answers: vec![],
        ..new.clone()
    };
    let parts =
        json!([{ "type": "BODY", "text": "Hello {{1}}, there you are.", "example": { "body_text": [["Ann"]] } }]);
    assert_eq!(
        (&templates::body(&bare)["parameter_format"], &templates::body(&bare)["components"]),
        (&json!("POSITIONAL"), &parts)
    );
    let code = templates::body(&NewTemplate { category: Category::Authentication, ..new });
    assert_eq!(
        (&code["components"][1]["code_expiration_minutes"], &code["message_send_ttl_seconds"]),
        (&json!(10), &json!(600))
    );
    assert!(code["components"][0].get("text").is_none(), "P-065: the words are Meta's");
}
