use std::sync::Once;

use super::*;

fn reader(language: Language, zone: Option<&str>) -> Reader {
    Reader { language, zone: zone.and_then(|name| jiff::tz::TimeZone::get(name).ok()) }
}

fn dutch() -> Reader {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        add_dutch(
            r#"{
                "It has {count} {count|file|files}; {who} allows {max}.": "{who} staat er {max} toe; dit heeft {count} {count|bestand|bestanden}.",
                "Nothing was published.": "Er is niets gepubliceerd.",
                "Again at {at}.": "Opnieuw op {at}."
            }"#,
        );
    });
    reader(Language::Dutch, Some("Europe/Amsterdam"))
}

#[test]
fn a_message_is_said_in_the_language_of_who_reads_it() {
    let (count, max) = (1, 25_000);
    let text = say!("It has {count} {count|file|files}; {who} allows {max}.", who = "X");
    assert_eq!(text.english(), "It has 1 file; X allows 25,000.");
    assert_eq!(text.said_to(&dutch()), "X staat er 25.000 toe; dit heeft 1 bestand.");
    let unknown = say!("No one has translated this.");
    assert_eq!(unknown.said_to(&dutch()), "No one has translated this.");
}

#[test]
fn a_stored_text_is_said_in_the_later_reader_s_language() {
    let at = Timestamp::from_seconds(1_795_000_000);
    let text = say!("Again at {at}.").then(say!("Nothing was published."));
    for text in
        [text.clone(), say!("Nothing was published."), Text::verbatim("No {\"$say\"}"), Text::verbatim("{\"a\":1}")]
    {
        assert_eq!(Text::from_stored(&text.stored()), text);
    }
    let read = Text::from_stored(&text.stored());
    assert_eq!(
        read.said_to(&reader(Language::English, None)),
        "Again at 18 November 2026, 11:06 UTC. Nothing was published."
    );
    assert_eq!(read.said_to(&dutch()), "Opnieuw op 18 november 2026, 12:06. Er is niets gepubliceerd.");
    assert_eq!(Text::from_stored("An old sentence.").english(), "An old sentence.");
}

#[test]
fn anything_that_can_be_displayed_can_be_said() {
    let (address, ratio, name) = (std::net::IpAddr::from([10, 0, 0, 1]), 1.5, &&"it");
    let text = say!("{address} {ratio} {name} {permission}", permission = crate::Permission::PostsWrite);
    assert_eq!(text.english(), "10.0.0.1 1.5 it posts:write");
}

#[tokio::test]
async fn texts_inside_other_things_are_kept_and_told_to_the_reader() {
    let error = crate::problem::FieldError { pointer: "/a".to_owned(), detail: say!("Nothing was published.") };
    let mut kept = keep(&vec![error]);
    let said = read_by(dutch(), async { serde_json::json!(say!("Nothing was published.")) }).await;
    assert_eq!(said, "Er is niets gepubliceerd.");
    read_by(dutch(), async { tell(&mut kept) }).await;
    assert_eq!(kept[0]["detail"], "Er is niets gepubliceerd.");
}

#[test]
fn the_most_wanted_language_that_we_speak_is_taken() {
    let cases = [
        ("nl", Language::Dutch),
        ("nl-BE,nl;q=0.9,en;q=0.8", Language::Dutch),
        ("en-GB,nl;q=0.9", Language::English),
        ("en;q=0.5, NL;q=0.8", Language::Dutch),
        ("fr, de;q=0.9, nl;q=0.1", Language::Dutch),
        ("nl;q=0, en;q=0.1", Language::English),
        ("fr", Language::English),
        ("", Language::English),
        ("nl;q=much", Language::English),
        ("*", Language::English),
    ];
    for (header, expected) in cases {
        assert_eq!(Language::accepted(header), expected, "{header}");
    }
}

#[test]
fn sizes_have_the_unit_that_people_use() {
    let said = |bytes, reader: &Reader| say!("{size}", size = Size(bytes)).said_to(reader);
    let english = Reader::default();
    let sizes = [1, 512, 976_560, 1_000_000, 5_242_880, 8_000_000_000].map(|bytes| said(bytes, &english));
    assert_eq!(sizes, ["1 byte", "512 bytes", "976.56 kB", "1 MB", "5.24 MB", "8 GB"]);
    assert_eq!(said(5_242_880, &dutch()), "5,24 MB");
}
