//! What the network would refuse, or show otherwise than meant. Pure.
//!
//! The server stores many things that no app shows (ranges outside the text, unknown embeds), so this is stricter
//! than the server. The figures are those of the lexicons that a PDS of 2026 enforces.

use base::{say, words::Size};
use connector::{Draft, Issue, Media, MediaKind, Part, PartKind, Rule};
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
        issues.push(Issue::error(
            Rule::PartsMissing,
            "/parts",
            say!("Write something to publish, or add a file."),
            OWN,
        ));
    }
    if draft.parts.len() > PARTS_MAX {
        let detail = say!(
            "A thread can have {parts_max} parts; this one has {parts}. Split it.",
            parts_max = PARTS_MAX,
            parts = draft.parts.len()
        );
        let issue = Issue::error(Rule::PartsTooMany, "/parts", detail, OWN);
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
    if at.position == 0 && part.kind == PartKind::Comment {
        let detail = say!("A comment needs a post to reply to. Make the first part a post.");
        issues.push(Issue::error(Rule::CommentFirst, at.pointer("/kind"), detail, OWN));
    }
    check_text(draft, part, at, issues);
    check_media(part, at, issues);
    if part.poll.is_some() {
        let detail = say!("Bluesky has no polls. Remove it, or ask in the text.");
        issues.push(Issue::error(Rule::PollUnsupported, at.pointer("/poll"), detail, POST));
    }
    if part.quote.as_deref().is_some_and(|quote| AtUri::of_post(quote).is_none()) {
        let detail = say!(
            "This isn't the address of a Bluesky post. Paste one like https://bsky.app/profile/alice.bsky.social/post/3k… or at://…"
        );
        issues.push(Issue::error(Rule::QuoteAddress, at.pointer("/quote"), detail, "lexicon app.bsky.embed.record"));
    }
}

fn check_text(draft: &Draft, part: &Part, at: &At, issues: &mut Vec<Issue>) {
    let reading = text::read(draft, at.position);
    let bytes = text::published(&part.text, &reading.spans).0.len();
    let pointer = at.pointer("/text");
    if reading.over() > 0 {
        let detail = say!(
            "Bluesky counts {length} characters; {text_graphemes_max} are allowed. Shorten the text by {over}, or make it a thread.",
            length = reading.length,
            text_graphemes_max = TEXT_GRAPHEMES_MAX,
            over = reading.over()
        );
        let issue = Issue::error(Rule::TextTooLong, &pointer, detail, POST);
        issues.push(issue.numbers(TEXT_GRAPHEMES_MAX as u64, reading.length.into()));
    }
    if bytes > TEXT_BYTES_MAX {
        let detail = say!(
            "The text takes {bytes} bytes; Bluesky allows {text_bytes_max}. Some emoji take 25 bytes or more each: use fewer.",
            text_bytes_max = TEXT_BYTES_MAX
        );
        issues.push(
            Issue::error(Rule::TextTooManyBytes, &pointer, detail, POST).numbers(TEXT_BYTES_MAX as u64, bytes as u64),
        );
    }
    if base::text::is_blank(&part.text) && part.media.is_empty() && part.quote.is_none() && !at.has_card {
        issues.push(Issue::error(Rule::TextMissing, &pointer, say!("This part is empty. Add a text or a file."), OWN));
    }
    issues.extend(reading.notes);
}

fn check_media(part: &Part, at: &At, issues: &mut Vec<Issue>) {
    let videos = part.media.iter().filter(|media| media.kind == MediaKind::Video).count();
    let images = part.media.len() - videos;
    let pointer = at.pointer("/media");
    if videos > 0 && images > 0 {
        let detail = say!("Bluesky allows images or one video in a post, not both. Move one of them to the next part.");
        issues.push(Issue::error(Rule::MediaMixed, &pointer, detail, POST));
    }
    if images > IMAGES_MAX {
        let detail = say!(
            "Bluesky allows {images_max} images in a post; there are {images}. Move the others to the next part.",
            images_max = IMAGES_MAX
        );
        issues.push(
            Issue::error(Rule::ImagesTooMany, &pointer, detail, IMAGES).numbers(IMAGES_MAX as u64, images as u64),
        );
    }
    if videos > 1 {
        let detail = say!("Bluesky allows one video in a post; there are {videos}. Move the others to the next part.");
        issues.push(Issue::error(Rule::VideosTooMany, &pointer, detail, VIDEO).numbers(1, videos as u64));
    }
    if at.has_card && !part.media.is_empty() {
        let detail = say!("Bluesky shows images or a link card, not both. The card will be left out.");
        issues.push(Issue::warning(Rule::LinkCardLeftOut, "/options/link_card", detail, CARD));
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
        let wanted = if rule == "video" { say!("MP4") } else { say!("an image such as JPEG or PNG") };
        let detail = say!("Bluesky doesn't accept {mime} here. Use {wanted}.", mime = media.mime);
        issues.push(Issue::error(Rule::MediaType, pointer, detail, source));
    }
    if media.size_bytes > max {
        let (size, most) = (Size(media.size_bytes), Size(max));
        let detail = match media.kind {
            MediaKind::Video => say!("The video is {size}; Bluesky allows {most}. Use a smaller one."),
            _ => say!("The image is {size}; Bluesky allows {most}. Use a smaller one."),
        };
        issues.push(Issue::error(Rule::MediaTooLarge, pointer, detail, source).numbers(max, media.size_bytes));
    }
    match server_max {
        Some(limit) if media.size_bytes > limit && rule == "image" => {
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
    let length = alt.chars().count();
    if length > ALT_CHARS_MAX {
        let detail = say!(
            "The alt text has {length} characters; apps show about {alt_chars_max}. Shorten it.",
            alt_chars_max = ALT_CHARS_MAX
        );
        let issue = Issue::error(Rule::AltTooLong, format!("{pointer}/alt"), detail, OWN);
        issues.push(issue.numbers(ALT_CHARS_MAX as u64, length as u64));
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
