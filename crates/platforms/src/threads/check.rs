//! What Threads would refuse, found before anything is sent. Pure. Every part is judged before the first one goes out: a
//! thread must not stop half-way.

use base::{Text, say};
use connector::{Draft, Issue, Limits, Media, MediaKind, Part, PollLimits, Rule};

use super::{
    ABOUT, address,
    limits::{self, POLL, SOURCE_MEDIA, SOURCE_POST},
    options::{ATTACHMENT_MAX, Options, SPOILERS_MAX, TOPIC_MAX},
    text,
};
use crate::{
    kit::rules::{self, Counted, Rules},
    meta::wire::is_id,
};

const SOURCE_LINKS: &str = "Threads API changelog, 2025-12-22";
const SOURCE_POLL: &str = "Threads API, polls";
const SOURCE_ATTACHMENT: &str = "Threads API, text attachments";

/// Every issue of a draft, in the order of its parts.
pub fn draft(draft: &Draft) -> Vec<Issue> {
    let mut issues = Issues(Vec::new());
    let options = Options::of(draft).unwrap_or_else(|error| {
        let detail = say!("The options for Threads are wrong: {error}.", error = error.to_string());
        issues.add(Rule::OptionsInvalid, "/options", detail, SOURCE_POST);
        Options::default()
    });
    // Another duration is no refusal: Threads has one for all polls.
    let any_time = PollLimits { duration_min_minutes: 0, duration_max_minutes: u32::MAX, ..POLL };
    let limits = Limits { poll: Some(any_time), ..limits::all() };
    let count_option = |option: &str| u32::try_from(option.chars().count()).unwrap_or(u32::MAX);
    let rules = Rules { at: ABOUT.name, limits: &limits, source: SOURCE_POST, count_option: &count_option };
    issues.0.extend(rules::check(draft, &rules, |position, part| {
        let has_card = options.link_attachment.is_some() || options.text_attachment.is_some();
        let says_something = position == 0 && has_card && part.poll.is_none();
        Counted { says_something, ..Counted::text(text::length(&part.text), part) }
    }));
    check_options(draft, &options, &mut issues);
    for (position, part) in draft.parts.iter().enumerate() {
        let at = format!("/parts/{position}");
        let options = if position == 0 { options.clone() } else { Options::default() };
        check_links(part, &at, &options, &mut issues);
        check_media(part, &at, &mut issues);
        check_poll(part, &at, &mut issues);
        if let Some(quoted) = part.quote.as_deref().filter(|quoted| address::parse(quoted).is_none()) {
            let detail = say!(
                "`{quoted}` isn't a post on Threads. The address of one looks like https://www.threads.com/@name/post/ABC.",
                quoted = quoted.to_owned()
            );
            issues.add(Rule::QuoteAddress, format!("{at}/quote"), detail, SOURCE_POST);
        }
    }
    issues.0
}

struct Issues(Vec<Issue>);

impl Issues {
    fn add(&mut self, rule: Rule, pointer: impl Into<String>, detail: Text, source: &str) {
        self.0.push(Issue::error(rule, pointer, detail, source));
    }

    fn warn(&mut self, rule: Rule, pointer: impl Into<String>, detail: Text, source: &str) {
        self.0.push(Issue::warning(rule, pointer, detail, source));
    }

    fn count(
        &mut self,
        rule: Rule,
        pointer: impl Into<String>,
        detail: Text,
        source: &str,
        (limit, actual): (u32, usize),
    ) {
        self.0.push(Issue::error(rule, pointer, detail, source).numbers(limit.into(), actual as u64));
    }
}

fn check_options(draft: &Draft, options: &Options, issues: &mut Issues) {
    let first = draft.parts.first().cloned().unwrap_or_default();
    let has_more = !first.media.is_empty() || first.poll.is_some();
    if let Some(topic) = &options.topic_tag {
        let (pointer, length) = ("/options/topic_tag", topic.chars().count());
        if length > TOPIC_MAX as usize {
            let detail = say!("The topic has {length} characters; Threads allows {topic_max}.", topic_max = TOPIC_MAX);
            issues.count(Rule::TagTooLong, pointer, detail, SOURCE_POST, (TOPIC_MAX, length));
        }
        if topic.contains(['.', '&', '#']) {
            issues.add(
                Rule::TagInvalid,
                pointer,
                say!("A topic on Threads can't contain a full stop, & or #."),
                SOURCE_POST,
            );
        }
    }
    let has_address = |link: &str| url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(link) = &options.link_attachment {
        let pointer = "/options/link_attachment";
        if !has_address(link) {
            let detail = say!("The link card needs the address of a page, like https://example.com/page.");
            issues.add(Rule::LinkCardAddress, pointer, detail, SOURCE_POST);
        } else if has_more {
            let detail = say!("Threads shows no link card beside files or a poll. The card will be left out.");
            issues.warn(Rule::LinkCardLeftOut, pointer, detail, SOURCE_POST);
        }
    }
    if let Some(attached) = &options.text_attachment {
        let (pointer, length) = ("/options/text_attachment", attached.plaintext.chars().count());
        if length > ATTACHMENT_MAX as usize {
            let detail = say!(
                "The attached text has {length} characters; Threads allows {attachment_max}. Shorten it.",
                attachment_max = ATTACHMENT_MAX
            );
            let pointer = format!("{pointer}/plaintext");
            issues.count(Rule::TextAttachmentTooLong, pointer, detail, SOURCE_ATTACHMENT, (ATTACHMENT_MAX, length));
        }
        if has_more {
            let detail =
                say!("Threads takes an attached text only with a post of text alone. Remove the files and the poll.");
            issues.add(Rule::TextAttachmentWithMedia, pointer, detail, SOURCE_ATTACHMENT);
        }
        if attached.link_attachment_url.as_deref().is_some_and(|link| !has_address(link)) {
            let detail =
                say!("The link below the attached text needs the address of a page, like https://example.com.");
            issues.add(Rule::LinkCardAddress, format!("{pointer}/link_attachment_url"), detail, SOURCE_ATTACHMENT);
        }
        if attached.link_attachment_url.is_some() && options.link_attachment.is_some() {
            let detail = say!("Threads takes a link card or a link below the attached text, not both. Remove one.");
            issues.add(Rule::LinkCardLeftOut, format!("{pointer}/link_attachment_url"), detail, SOURCE_ATTACHMENT);
        }
    }
    if options.location_id.as_deref().is_some_and(|id| !is_id(id)) {
        let detail = say!("The ID of a place at Threads has only digits.");
        issues.add(Rule::OptionsInvalid, "/options/location_id", detail, SOURCE_POST);
    }
    if options.is_ghost_post
        && (has_more || draft.parts.len() > 1 || options.enable_reply_approvals || options.text_attachment.is_some())
    {
        let detail = say!(
            "A ghost post is one part of text alone, and its replies need no approval. Remove the rest, or make it an ordinary post."
        );
        issues.add(Rule::GhostPostExclusive, "/options/is_ghost_post", detail, "Threads API, ghost posts");
    }
    check_spoilers(draft, options, issues);
}

fn check_spoilers(draft: &Draft, options: &Options, issues: &mut Issues) {
    if options.spoilers.len() > SPOILERS_MAX as usize {
        let detail = say!("Threads hides at most {spoilers_max} passages of a text.", spoilers_max = SPOILERS_MAX);
        let numbers = (SPOILERS_MAX, options.spoilers.len());
        issues.count(Rule::SpoilersTooMany, "/options/spoilers", detail, SOURCE_POST, numbers);
    }
    for (at, passage) in options.spoilers.iter().enumerate() {
        let pointer = format!("/options/spoilers/{at}");
        let mut holders = draft.parts.iter().filter_map(|part| Some((part, part.text.find(passage.as_str())?)));
        match holders.next() {
            None => {
                let detail =
                    say!("No part has the passage “{passage}”, so nothing is hidden.", passage = passage.clone());
                issues.warn(Rule::SpoilerNotFound, pointer, detail, SOURCE_POST);
            }
            Some((part, start)) if !part.text[..start + passage.len()].is_ascii() => {
                let detail = say!(
                    "Threads doesn't document how it counts to a hidden passage after emoji or accented letters. Check the post once it is live, or put the passage before them."
                );
                issues.warn(Rule::SpoilerUncertain, pointer, detail, SOURCE_POST);
            }
            Some(_) => {}
        }
    }
}

fn check_links(part: &Part, at: &str, options: &Options, issues: &mut Issues) {
    let below = options.text_attachment.as_ref().and_then(|attached| attached.link_attachment_url.as_deref());
    let beside = options.link_attachment.as_deref().filter(|_| part.media.is_empty() && part.poll.is_none());
    let links = text::count_links(&part.text, beside.into_iter().chain(below));
    if links > text::LINKS_MAX as usize {
        let detail =
            say!("Threads allows {max} different links in a post; this one has {links}.", max = text::LINKS_MAX);
        issues.count(Rule::LinksTooMany, format!("{at}/text"), detail, SOURCE_LINKS, (text::LINKS_MAX, links));
    }
}

fn check_media(part: &Part, at: &str, issues: &mut Issues) {
    for (index, media) in part.media.iter().enumerate() {
        let pointer = format!("{at}/media/{index}");
        if media.kind == MediaKind::Gif || media.animated && media.kind == MediaKind::Image {
            let detail = say!("Threads shows only the first frame of an animation. Use a video if it must move.");
            issues.warn(Rule::AnimationStill, &pointer, detail, SOURCE_MEDIA);
        }
        check_shape(media, &pointer, issues);
    }
}

fn check_shape(media: &Media, pointer: &str, issues: &mut Issues) {
    let (width, height) = (u64::from(media.width), u64::from(media.height));
    let (wider, taller) = match media.kind {
        MediaKind::Video => (limits::RATIO_MAX, limits::VIDEO_RATIO_MAX),
        _ => (limits::RATIO_MAX, limits::RATIO_MAX),
    };
    if width > height * u64::from(wider) || height > width * u64::from(taller) {
        let rule = if media.kind == MediaKind::Video { Rule::VideoRatio } else { Rule::ImageRatio };
        let detail = say!(
            "It is {width} by {height} pixels; Threads takes at most {ratio_max} times as wide as high. Crop it.",
            ratio_max = limits::RATIO_MAX
        );
        issues.add(rule, pointer, detail, SOURCE_MEDIA);
    }
}

fn check_poll(part: &Part, at: &str, issues: &mut Issues) {
    let Some(poll) = &part.poll else { return };
    let at = format!("{at}/poll");
    if !part.media.is_empty() {
        let detail = say!("Threads takes a poll only with a text. Move the files or the poll to the next part.");
        issues.add(Rule::PollWithMedia, &at, detail, SOURCE_POLL);
    }
    for (index, option) in poll.options.iter().enumerate() {
        if poll.options[..index].contains(option) {
            let detail = say!("Each poll option needs a text of its own.");
            issues.add(Rule::PollOptionText, format!("{at}/options/{index}"), detail, SOURCE_POLL);
        }
    }
    if poll.duration_minutes != limits::POLL_MINUTES {
        let detail = say!("A poll on Threads is always open for 24 hours.");
        issues.warn(Rule::PollDuration, format!("{at}/duration_minutes"), detail, SOURCE_POLL);
    }
}
