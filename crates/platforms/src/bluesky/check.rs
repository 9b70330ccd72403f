//! What the network would refuse, or show otherwise than meant. Pure.
//!
//! The server stores many things that no app shows (ranges outside the text, unknown embeds), so this is stricter
//! than the server. The figures are those of the lexicons that a PDS of 2026 enforces.

use base::{say, words::Size};
use connector::{Draft, Issue, Media, MediaKind, Part, Rule};
use serde_json::Value;

use super::{
    options::{Options, Replier},
    syntax::{self, AtUri},
    text,
};
use crate::kit::rules::{self, Counted, Rules};

/// Longest text in graphemes.
pub(super) const TEXT_GRAPHEMES_MAX: usize = 300;
/// Longest text in bytes of UTF-8.
pub(super) const TEXT_BYTES_MAX: usize = 3_000;
/// Most images in one post.
pub(super) const IMAGES_MAX: usize = 4;
/// Largest image in bytes.
pub(super) const IMAGE_BYTES_MAX: u64 = 2_000_000;
/// Largest video in bytes.
pub(super) const VIDEO_BYTES_MAX: u64 = 300_000_000;
/// Most parts in one thread. Ours, not the network's: it keeps a thread far below the account's points per hour.
pub(super) const PARTS_MAX: usize = 100;
/// Longest alternative text in characters. Ours: the network sets none but that of the whole record.
pub(super) const ALT_CHARS_MAX: usize = 2_000;
const LANGS_MAX: usize = 3;
const TAGS_MAX: usize = 8;
const REPLY_RULES_MAX: usize = 5;

const POST: &str = "lexicon app.bsky.feed.post";
const IMAGES: &str = "lexicon app.bsky.embed.images";
const GATE: &str = "lexicon app.bsky.feed.threadgate";
const CARD: &str = "lexicon app.bsky.embed.external";
const OWN: &str = "Fanfare";

/// All issues of a draft, in the order of its parts.
pub(super) fn check(draft: &Draft, facts: &Value) -> Vec<Issue> {
    let options = Options::read(&draft.options);
    let has_card = options.as_ref().is_ok_and(|options| options.link_card.is_some());
    // The server's own limit of files is told apart from the network's, below.
    let limits = super::limits::limits(&Value::Null);
    let rules = Rules { at: super::about().name, limits: &limits, source: POST, count_option: &|_| 0 };
    let mut issues = rules::check(draft, &rules, |position, part| {
        let reading = text::read(draft, position);
        Counted {
            bytes: text::published(&part.text, &reading.spans).0.len(),
            says_something: part.quote.is_some() || (has_card && position == 0),
            ..Counted::text(reading.length, part)
        }
    });
    for (position, part) in draft.parts.iter().enumerate() {
        let at = At { position, has_card: has_card && position == 0, blob_bytes_max: facts["blob_bytes_max"].as_u64() };
        check_part(draft, part, &at, &mut issues);
    }
    match options {
        Ok(options) => check_options(&options, draft, &mut issues),
        Err(error) => issues.push(Issue::error(
            Rule::OptionsInvalid,
            "/options",
            say!("The options can't be read: {error}.", error = error.to_string()),
            OWN,
        )),
    }
    issues
}

struct At {
    position: usize,
    has_card: bool,
    blob_bytes_max: Option<u64>,
}

impl At {
    fn pointer(&self, rest: &str) -> String {
        format!("/parts/{}{rest}", self.position)
    }
}

fn check_part(draft: &Draft, part: &Part, at: &At, issues: &mut Vec<Issue>) {
    issues.extend(text::read(draft, at.position).notes);
    check_media(part, at, issues);
    if part.quote.as_deref().is_some_and(|quote| AtUri::of_post(quote).is_none()) {
        let detail = say!(
            "This isn't the address of a Bluesky post. Paste one like https://bsky.app/profile/alice.bsky.social/post/3k… or at://…"
        );
        issues.push(Issue::error(Rule::QuoteAddress, at.pointer("/quote"), detail, "lexicon app.bsky.embed.record"));
    }
}

fn check_media(part: &Part, at: &At, issues: &mut Vec<Issue>) {
    if at.has_card && !part.media.is_empty() {
        let detail = say!("Bluesky shows images or a link card, not both. The card will be left out.");
        issues.push(Issue::warning(Rule::LinkCardLeftOut, "/options/link_card", detail, CARD));
    }
    for (place, media) in part.media.iter().enumerate() {
        check_file(media, &at.pointer(&format!("/media/{place}")), at.blob_bytes_max, issues);
    }
}

fn check_file(media: &Media, pointer: &str, server_max: Option<u64>, issues: &mut Vec<Issue>) {
    match server_max {
        Some(limit) if media.size_bytes > limit && media.kind != MediaKind::Video => {
            let detail = say!(
                "The image is {size_bytes}; this account's server allows files of {limit}. Use a smaller one.",
                size_bytes = Size(media.size_bytes),
                limit = Size(limit)
            );
            issues.push(
                Issue::error(Rule::FileTooLargeForServer, pointer, detail, "describeServer")
                    .numbers(limit, media.size_bytes),
            );
        }
        Some(limit) if media.size_bytes > limit => {
            let detail = say!(
                "The video is {size_bytes}; this account's server allows files of {limit}. It works if Bluesky's video service can make it smaller than that.",
                size_bytes = Size(media.size_bytes),
                limit = Size(limit)
            );
            issues.push(
                Issue::warning(Rule::VideoMayBeTooLargeForServer, pointer, detail, "describeServer")
                    .numbers(limit, media.size_bytes),
            );
        }
        _ => {}
    }
    if media.kind == MediaKind::Gif {
        let detail = say!("Bluesky shows an animated GIF as a still image. Use a video (MP4) to keep it moving.");
        issues.push(Issue::warning(Rule::GifNotAnimated, pointer, detail, IMAGES));
    }
    check_alt(media, pointer, issues);
}

fn check_alt(media: &Media, pointer: &str, issues: &mut Vec<Issue>) {
    let alt = media.alt.as_deref().unwrap_or_default();
    if base::text::is_blank(alt) {
        let detail = say!("The alt text is missing. Add one for people who can't see the image.");
        issues.push(Issue::warning(Rule::AltMissing, format!("{pointer}/alt"), detail, OWN));
    }
}

fn check_options(options: &Options, draft: &Draft, issues: &mut Vec<Issue>) {
    if options.langs.len() > LANGS_MAX {
        let (max, actual) = (LANGS_MAX, options.langs.len());
        let detail = say!("Bluesky allows {max} languages per post; you chose {actual}. Remove some.");
        let issue = Issue::error(Rule::LanguagesTooMany, "/options/langs", detail, POST);
        issues.push(issue.numbers(max as u64, actual as u64));
    }
    for (place, lang) in options.langs.iter().enumerate() {
        if !syntax::is_language(lang) {
            let detail = say!("`{lang}` isn't a language tag. Write it like `en` or `pt-BR`.");
            issues.push(Issue::error(Rule::LanguageInvalid, format!("/options/langs/{place}"), detail, POST));
        }
    }
    if options.tags.len() > TAGS_MAX {
        let (max, actual) = (TAGS_MAX, options.tags.len());
        let detail = say!("Bluesky allows {max} hidden hashtags per post; there are {actual}. Remove some.");
        let issue = Issue::error(Rule::TagsTooMany, "/options/tags", detail, POST);
        issues.push(issue.numbers(max as u64, actual as u64));
    }
    for (place, tag) in options.tags.iter().enumerate() {
        check_tag(tag, place, issues);
    }
    check_replies(options, issues);
    if let Some(card) = &options.link_card {
        let known = url::Url::parse(&card.uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !known {
            let detail = say!("The link card's address must be a web address (https://…).");
            issues.push(Issue::error(Rule::LinkCardAddress, "/options/link_card/uri", detail, CARD));
        }
        if card.title.trim().is_empty() {
            issues.push(Issue::error(
                Rule::LinkCardTitle,
                "/options/link_card/title",
                say!("The link card needs a title."),
                CARD,
            ));
        }
    }
    if draft.parts.len() > 1 && !options.tags.is_empty() {
        let detail = say!("Hidden hashtags are added to the first part only.");
        issues.push(Issue::warning(Rule::TagsOnFirstPart, "/options/tags", detail, OWN));
    }
}

fn check_tag(tag: &str, place: usize, issues: &mut Vec<Issue>) {
    let pointer = format!("/options/tags/{place}");
    if tag.starts_with('#') || tag.trim().is_empty() {
        let detail = say!("`{tag}` isn't a hidden hashtag. Write it without #.");
        issues.push(Issue::error(Rule::TagInvalid, &pointer, detail, POST));
    }
    let length = text::graphemes(tag);
    if length > text::TAG_MAX.0 || tag.len() > text::TAG_MAX.1 {
        let detail = say!(
            "The hidden hashtag has {length} characters in {tag} bytes; Bluesky allows {tag_max} in {tag_max2}.",
            tag = tag.len(),
            tag_max = text::TAG_MAX.0,
            tag_max2 = text::TAG_MAX.1
        );
        issues.push(
            Issue::error(Rule::TagTooLong, &pointer, detail, POST).numbers(text::TAG_MAX.0 as u64, length as u64),
        );
    }
}

fn check_replies(options: &Options, issues: &mut Vec<Issue>) {
    let pointer = "/options/who_can_reply";
    let others = options.who_can_reply.len() + options.reply_lists.len();
    if options.who_can_reply.contains(&Replier::Nobody) && others > 1 {
        let detail = say!("Either no one can reply, or those you choose; not both.");
        issues.push(Issue::error(Rule::RepliesContradict, pointer, detail, GATE));
    }
    if others > REPLY_RULES_MAX {
        let detail = say!(
            "Bluesky allows {reply_rules_max} rules about who can reply; there are {others}.",
            reply_rules_max = REPLY_RULES_MAX
        );
        issues.push(
            Issue::error(Rule::ReplyRulesTooMany, pointer, detail, GATE).numbers(REPLY_RULES_MAX as u64, others as u64),
        );
    }
    for (place, list) in options.reply_lists.iter().enumerate() {
        if AtUri::parse(list).is_none_or(|uri| uri.collection != "app.bsky.graph.list") {
            let detail =
                say!("This isn't the address of a list. One looks like at://did:plc:…/app.bsky.graph.list/3k…");
            issues.push(Issue::error(Rule::ListInvalid, format!("/options/reply_lists/{place}"), detail, GATE));
        }
    }
}
