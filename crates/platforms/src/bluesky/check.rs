//! What the network would refuse, or show otherwise than meant. Pure.
//!
//! The server stores many things that no app shows (ranges outside the text, unknown embeds), so this is stricter
//! than the server. The figures are those of the lexicons that a PDS of 2026 enforces.

use connector::{Draft, Issue, Media, MediaKind, Part, PartKind};
use serde_json::Value;

use super::{
    options::{Options, Replier},
    syntax::{self, AtUri},
    text,
};

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
const VIDEO: &str = "lexicon app.bsky.embed.video";
const GATE: &str = "lexicon app.bsky.feed.threadgate";
const CARD: &str = "lexicon app.bsky.embed.external";
const OWN: &str = "Fanfare";

/// All issues of a draft, in the order of its parts.
pub(super) fn check(draft: &Draft, facts: &Value) -> Vec<Issue> {
    let mut issues = Vec::new();
    if draft.parts.is_empty() {
        issues.push(Issue::error("no_parts", "/parts", "There is nothing to publish: add a text or a file.", OWN));
    }
    if draft.parts.len() > PARTS_MAX {
        let detail = format!("A thread may have {PARTS_MAX} parts; this one has {}. Split it.", draft.parts.len());
        let issue = Issue::error("too_many_parts", "/parts", detail, OWN);
        issues.push(issue.numbers(PARTS_MAX as u64, draft.parts.len() as u64));
    }
    let options = Options::read(&draft.options);
    let has_card = options.as_ref().is_ok_and(|options| options.link_card.is_some());
    for (position, part) in draft.parts.iter().enumerate() {
        let at = At { position, has_card: has_card && position == 0, blob_bytes_max: facts["blob_bytes_max"].as_u64() };
        check_part(draft, part, &at, &mut issues);
    }
    match options {
        Ok(options) => check_options(&options, draft, &mut issues),
        Err(error) => issues.push(Issue::error(
            "options_not_understood",
            "/options",
            format!("The options do not read: {error}."),
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
    if at.position == 0 && part.kind == PartKind::Comment {
        let detail = "The first part must be a post: there is nothing yet that a comment could answer.";
        issues.push(Issue::error("comment_first", at.pointer("/kind"), detail, OWN));
    }
    check_text(draft, part, at, issues);
    check_media(part, at, issues);
    if part.poll.is_some() {
        let detail = "Bluesky has no polls; remove it, or ask in words.";
        issues.push(Issue::error("poll_not_supported", at.pointer("/poll"), detail, POST));
    }
    if part.quote.as_deref().is_some_and(|quote| AtUri::of_post(quote).is_none()) {
        let detail = "This is not the address of a Bluesky post; paste one like https://bsky.app/profile/alice.bsky.social/post/3k… or at://…";
        issues.push(Issue::error(
            "quote_not_understood",
            at.pointer("/quote"),
            detail,
            "lexicon app.bsky.embed.record",
        ));
    }
}

fn check_text(draft: &Draft, part: &Part, at: &At, issues: &mut Vec<Issue>) {
    let reading = text::read(draft, at.position);
    let bytes = text::published(&part.text, &reading.spans).0.len();
    let pointer = at.pointer("/text");
    if reading.over() > 0 {
        let detail = format!(
            "The text has {} characters as Bluesky counts them; it takes {TEXT_GRAPHEMES_MAX}. Shorten it by {}, or make it a thread.",
            reading.length,
            reading.over()
        );
        let issue = Issue::error("text_too_long", &pointer, detail, POST);
        issues.push(issue.numbers(TEXT_GRAPHEMES_MAX as u64, reading.length.into()));
    }
    if bytes > TEXT_BYTES_MAX {
        let detail = format!(
            "The text takes {bytes} bytes; Bluesky takes {TEXT_BYTES_MAX}. Emoji made of several signs take up to 25 bytes and more each: use fewer."
        );
        issues.push(
            Issue::error("text_too_many_bytes", &pointer, detail, POST).numbers(TEXT_BYTES_MAX as u64, bytes as u64),
        );
    }
    if base::text::is_blank(&part.text) && part.media.is_empty() && part.quote.is_none() && !at.has_card {
        issues.push(Issue::error("empty", &pointer, "There is nothing in this part: add a text or a file.", OWN));
    }
    issues.extend(reading.notes);
}

fn check_media(part: &Part, at: &At, issues: &mut Vec<Issue>) {
    let videos = part.media.iter().filter(|media| media.kind == MediaKind::Video).count();
    let images = part.media.len() - videos;
    let pointer = at.pointer("/media");
    if videos > 0 && images > 0 {
        let detail = "Bluesky takes images or one video in a post, not both; move one of them to the next part.";
        issues.push(Issue::error("media_mixed", &pointer, detail, POST));
    }
    if images > IMAGES_MAX {
        let detail = format!(
            "Bluesky takes {IMAGES_MAX} images in a post; there are {images}. Move the others to the next part."
        );
        issues
            .push(Issue::error("too_many_images", &pointer, detail, IMAGES).numbers(IMAGES_MAX as u64, images as u64));
    }
    if videos > 1 {
        let detail =
            format!("Bluesky takes one video in a post; there are {videos}. Move the others to the next part.");
        issues.push(Issue::error("too_many_videos", &pointer, detail, VIDEO).numbers(1, videos as u64));
    }
    if at.has_card && !part.media.is_empty() {
        let detail = "Bluesky shows images or a link card, not both; the card will be left out.";
        issues.push(Issue::warning("link_card_left_out", "/options/link_card", detail, CARD));
    }
    for (place, media) in part.media.iter().enumerate() {
        check_file(media, &at.pointer(&format!("/media/{place}")), at.blob_bytes_max, issues);
    }
}

fn check_file(media: &Media, pointer: &str, server_max: Option<u64>, issues: &mut Vec<Issue>) {
    let (rule, source, max, fits) = match media.kind {
        MediaKind::Video => ("video", VIDEO, VIDEO_BYTES_MAX, media.mime == "video/mp4"),
        _ => ("image", IMAGES, IMAGE_BYTES_MAX, media.mime.starts_with("image/")),
    };
    if !fits {
        let wanted = if rule == "video" { "MP4" } else { "an image such as JPEG or PNG" };
        let detail = format!("Bluesky does not take {} here; use {wanted}.", media.mime);
        issues.push(Issue::error(&format!("{rule}_type"), pointer, detail, source));
    }
    if media.size_bytes > max {
        let detail = format!("The {rule} has {} bytes; Bluesky takes {max}. Use a smaller one.", media.size_bytes);
        issues.push(Issue::error(&format!("{rule}_too_large"), pointer, detail, source).numbers(max, media.size_bytes));
    }
    match server_max {
        Some(limit) if media.size_bytes > limit && rule == "image" => {
            let detail = format!(
                "The image has {} bytes; this account's server takes files of {limit}. Use a smaller one.",
                media.size_bytes
            );
            issues.push(
                Issue::error("file_too_large_for_server", pointer, detail, "describeServer")
                    .numbers(limit, media.size_bytes),
            );
        }
        Some(limit) if media.size_bytes > limit => {
            let detail = format!(
                "The video has {} bytes; this account's server takes files of {limit}. It goes through if Bluesky's video service makes it smaller than that.",
                media.size_bytes
            );
            issues.push(
                Issue::warning("video_may_be_too_large_for_server", pointer, detail, "describeServer")
                    .numbers(limit, media.size_bytes),
            );
        }
        _ => {}
    }
    if media.kind == MediaKind::Gif {
        let detail = "Bluesky shows an animated GIF as a still image; use a video (MP4) to keep it moving.";
        issues.push(Issue::warning("gif_not_animated", pointer, detail, IMAGES));
    }
    check_alt(media, pointer, issues);
}

fn check_alt(media: &Media, pointer: &str, issues: &mut Vec<Issue>) {
    let alt = media.alt.as_deref().unwrap_or_default();
    if base::text::is_blank(alt) {
        let detail = "There is no description for people who cannot see it; add one.";
        issues.push(Issue::warning("alt_missing", format!("{pointer}/alt"), detail, OWN));
    }
    let length = alt.chars().count();
    if length > ALT_CHARS_MAX {
        let detail = format!("The description has {length} characters; apps show about {ALT_CHARS_MAX}. Shorten it.");
        let issue = Issue::error("alt_too_long", format!("{pointer}/alt"), detail, OWN);
        issues.push(issue.numbers(ALT_CHARS_MAX as u64, length as u64));
    }
}

fn check_options(options: &Options, draft: &Draft, issues: &mut Vec<Issue>) {
    count("langs", "languages", options.langs.len(), LANGS_MAX, POST, issues);
    for (place, lang) in options.langs.iter().enumerate() {
        if !syntax::is_language(lang) {
            let detail = format!("`{lang}` is not a language tag; write it like `en` or `pt-BR`.");
            issues.push(Issue::error("language_not_understood", format!("/options/langs/{place}"), detail, POST));
        }
    }
    count("tags", "hidden hashtags", options.tags.len(), TAGS_MAX, POST, issues);
    for (place, tag) in options.tags.iter().enumerate() {
        check_tag(tag, place, issues);
    }
    check_replies(options, issues);
    if let Some(card) = &options.link_card {
        let known = url::Url::parse(&card.uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !known {
            let detail = "The link card's address must be a web address (https://…).";
            issues.push(Issue::error("link_card_address", "/options/link_card/uri", detail, CARD));
        }
        if card.title.trim().is_empty() {
            issues.push(Issue::error(
                "link_card_title",
                "/options/link_card/title",
                "The link card needs a title.",
                CARD,
            ));
        }
    }
    if draft.parts.len() > 1 && !options.tags.is_empty() {
        let detail = "Hidden hashtags are put on the first part only.";
        issues.push(Issue::warning("tags_on_first_part", "/options/tags", detail, OWN));
    }
}

fn check_tag(tag: &str, place: usize, issues: &mut Vec<Issue>) {
    let pointer = format!("/options/tags/{place}");
    if tag.starts_with('#') || tag.trim().is_empty() {
        let detail = format!("`{tag}` is not a hidden hashtag; write it without #.");
        issues.push(Issue::error("tag_not_understood", &pointer, detail, POST));
    }
    let length = text::graphemes(tag);
    if length > text::TAG_MAX.0 || tag.len() > text::TAG_MAX.1 {
        let detail = format!(
            "The hidden hashtag has {length} characters in {} bytes; Bluesky takes {} in {}.",
            tag.len(),
            text::TAG_MAX.0,
            text::TAG_MAX.1
        );
        issues
            .push(Issue::error("tag_too_long", &pointer, detail, POST).numbers(text::TAG_MAX.0 as u64, length as u64));
    }
}

fn check_replies(options: &Options, issues: &mut Vec<Issue>) {
    let pointer = "/options/who_can_reply";
    let others = options.who_can_reply.len() + options.reply_lists.len();
    if options.who_can_reply.contains(&Replier::Nobody) && others > 1 {
        let detail = "Either nobody can reply, or those who are chosen; not both.";
        issues.push(Issue::error("replies_contradict", pointer, detail, GATE));
    }
    if others > REPLY_RULES_MAX {
        let detail = format!("Bluesky takes {REPLY_RULES_MAX} rules about who can reply; there are {others}.");
        issues.push(
            Issue::error("too_many_reply_rules", pointer, detail, GATE).numbers(REPLY_RULES_MAX as u64, others as u64),
        );
    }
    for (place, list) in options.reply_lists.iter().enumerate() {
        if AtUri::parse(list).is_none_or(|uri| uri.collection != "app.bsky.graph.list") {
            let detail = "This is not the address of a list; it looks like at://did:plc:…/app.bsky.graph.list/3k…";
            issues.push(Issue::error("list_not_understood", format!("/options/reply_lists/{place}"), detail, GATE));
        }
    }
}

fn count(field: &str, name: &str, actual: usize, max: usize, source: &str, issues: &mut Vec<Issue>) {
    if actual > max {
        let detail = format!("Bluesky takes {max} {name}; there are {actual}.");
        let issue = Issue::error(&format!("too_many_{field}"), format!("/options/{field}"), detail, source);
        issues.push(issue.numbers(max as u64, actual as u64));
    }
}
