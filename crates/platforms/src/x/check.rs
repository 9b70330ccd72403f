//! What X would refuse, found before anything is sent. Pure.

use base::say;
use connector::{Draft, Issue, Media, MediaKind, Part, Rule};

use super::{
    ABOUT,
    compose::{self, Options},
    limits::{self, Facts, SOURCE_MEDIA, SOURCE_TEXT},
    text, wire,
};
use crate::kit::rules::{self, Counted, Rules};

const SOURCE_POST: &str = "X API, POST /2/tweets";
const SOURCE_QUOTE: &str = "X API changelog, 2026-04-20";
const SOURCE_CASHTAG: &str = "X API, manage posts: self-serve apps";

/// Every issue of a draft: what its limits forbid, then what only X has.
pub fn draft(draft: &Draft, facts: &Facts) -> Vec<Issue> {
    let limits = limits::of(facts);
    let count_option = |option: &str| u32::try_from(option.chars().count()).unwrap_or(u32::MAX);
    let rules = Rules { at: ABOUT.name, limits: &limits, source: SOURCE_POST, count_option: &count_option };
    let mut issues = rules::check(draft, &rules, |_, part| Counted {
        says_something: part.poll.is_some() || part.quote.is_some(),
        ..Counted::text(text::weigh(&part.text).length, part)
    });
    options(draft, &mut issues);
    for (at, part) in draft.parts.iter().enumerate() {
        let at = format!("/parts/{at}");
        check_text(part, &at, limits.text.max, &mut issues);
        for (index, media) in part.media.iter().enumerate().filter(|(_, media)| media.kind == MediaKind::Video) {
            check_video(media, &format!("{at}/media/{index}"), &limits, &mut issues);
        }
        check_quote(part, &at, &mut issues);
        check_exclusions(part, &at, &mut issues);
    }
    check_repeats(draft, &mut issues);
    issues
}

fn options(draft: &Draft, issues: &mut Vec<Issue>) {
    let options = match Options::of(draft) {
        Ok(options) => options,
        Err(error) => {
            let detail = say!("The options for X are wrong: {error}.", error = error.to_string());
            return issues.push(Issue::error(Rule::OptionsInvalid, "/options", detail, SOURCE_POST));
        }
    };
    match &options.community_id {
        Some(id) if !wire::is_id(id) => {
            let detail = say!("`{id}` isn't the ID of a community, which has 1 to 19 digits.");
            issues.push(Issue::error(Rule::CommunityInvalid, "/options/community_id", detail, SOURCE_POST));
        }
        None if options.share_with_followers => {
            let detail =
                say!("Only posts in a community can also be shown to followers. Name the community, or untick this.");
            issues.push(Issue::error(Rule::CommunityMissing, "/options/share_with_followers", detail, SOURCE_POST));
        }
        _ => {}
    }
    if options.made_with_ai && draft.parts.iter().all(|part| part.media.is_empty()) {
        let detail = say!("X labels images and videos as made with AI. This post has none, so no label is shown.");
        issues.push(Issue::warning(Rule::MadeWithAiWithoutMedia, "/options/made_with_ai", detail, SOURCE_POST));
    }
}

fn check_text(part: &Part, at: &str, max: u32, issues: &mut Vec<Issue>) {
    let pointer = format!("{at}/text");
    let weighed = text::weigh(&part.text);
    issues.extend(names_that_become_links(&weighed, &pointer));
    if weighed.length <= max && weighed.length_at_most > max {
        let detail = say!(
            "A word looks like a web address with an ending that Fanfare doesn't know. If X knows it, the text is too long. Shorten it, or put a space after the dot."
        );
        let issue = Issue::warning(Rule::TextMayBeTooLong, &pointer, detail, SOURCE_TEXT);
        issues.push(issue.numbers(max.into(), weighed.length_at_most.into()));
    }
    if let Some(c) = weighed.refused {
        let detail = say!(
            "The text has an invisible character that X refuses (U+{code}). Delete it.",
            code = format!("{:04X}", u32::from(c))
        );
        issues.push(Issue::error(Rule::CharacterRefused, &pointer, detail, SOURCE_TEXT));
    }
    let cashtags = text::tags::cashtags(&part.text).len() as u64;
    if cashtags > 1 {
        let detail = say!("X allows one cashtag ($NAME) per post. Remove the others.");
        issues.push(Issue::error(Rule::CashtagsTooMany, &pointer, detail, SOURCE_CASHTAG).numbers(1, cashtags));
    }
}

/// A name of which X makes a link, though it may not be meant as one.
pub fn names_that_become_links(weighed: &text::Weighed, pointer: &str) -> Vec<Issue> {
    let issue = |name: &str| {
        let detail = say!(
            "X will turn “{name}” into a link and count it as {url_weight} characters. If it isn't meant as a link, put a space after the dot or write it differently.",
            url_weight = text::URL_WEIGHT
        );
        Issue::warning(Rule::NameBecomesLink, pointer, detail, SOURCE_TEXT)
    };
    weighed.bare_names().into_iter().map(issue).collect()
}

/// What X's pages contradict each other about, and what only it asks of a video.
fn check_video(media: &Media, pointer: &str, limits: &connector::Limits, issues: &mut Vec<Issue>) {
    let max = limits.video.as_ref().and_then(|rules| rules.duration_max_ms).unwrap_or(limits::VIDEO_SAFE_MS);
    let length = media.duration_ms.unwrap_or_default();
    if length <= max && (length > limits::VIDEO_SAFE_MS || media.size_bytes > limits::VIDEO_SAFE_BYTES) {
        let detail = say!(
            "X contradicts itself about videos over 140 seconds or 512 MB. It may refuse this one after the upload, when the post is sent. A shorter video is safe."
        );
        let issue = Issue::warning(Rule::VideoPerhapsTooLong, pointer, detail, SOURCE_MEDIA);
        issues.push(issue.numbers(limits::VIDEO_SAFE_MS, length));
    }
    let (short, long) = (media.width.min(media.height), media.width.max(media.height));
    if short > 0 && short < limits::VIDEO_SIDE_MIN {
        let detail = say!(
            "The video's short side is {short} pixels; X requires at least {video_side_min}.",
            video_side_min = limits::VIDEO_SIDE_MIN
        );
        let issue = Issue::error(Rule::VideoTooSmall, pointer, detail, SOURCE_MEDIA);
        issues.push(issue.numbers(limits::VIDEO_SIDE_MIN.into(), short.into()));
    }
    if short > 0 && u64::from(long) > 3 * u64::from(short) {
        let detail = say!(
            "The video is {width} by {height}; X allows ratios from 1:3 to 3:1.",
            width = media.width,
            height = media.height
        );
        issues.push(Issue::error(Rule::VideoRatio, pointer, detail, SOURCE_MEDIA));
    }
}

fn check_quote(part: &Part, at: &str, issues: &mut Vec<Issue>) {
    let Some(address) = &part.quote else { return };
    let pointer = format!("{at}/quote");
    if compose::quote_id(address).is_none() {
        let detail =
            say!("`{address}` isn't a post on X. The address of one looks like https://x.com/name/status/123.");
        issues.push(Issue::error(Rule::QuoteAddress, pointer, detail, SOURCE_POST));
    } else {
        let detail = say!(
            "Since April 2026 X lets only Enterprise apps quote, and refuses the post from others. A link to the post in the text always works."
        );
        issues.push(Issue::warning(Rule::QuoteMayBeRefused, pointer, detail, SOURCE_QUOTE));
    }
}

fn check_exclusions(part: &Part, at: &str, issues: &mut Vec<Issue>) {
    let there = [("files", !part.media.is_empty()), ("a poll", part.poll.is_some()), ("a quote", part.quote.is_some())];
    let names: Vec<&str> = there.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
    if names.len() > 1 {
        let detail = say!(
            "A post on X can have only one of these: {names}. Move the rest to the next part.",
            names = names.join(", ")
        );
        issues.push(Issue::error(Rule::MediaPollQuoteExclusive, at, detail, SOURCE_POST));
    }
}

/// X refuses the text of a recent post of the same account, and so of an earlier part too.
fn check_repeats(draft: &Draft, issues: &mut Vec<Issue>) {
    for (at, part) in draft.parts.iter().enumerate() {
        let same =
            |other: &Part| other.text.trim() == part.text.trim() && other.media.is_empty() && part.media.is_empty();
        if !base::text::is_blank(&part.text) && draft.parts[..at].iter().any(same) {
            let detail = say!("An earlier part has the same text, and X refuses duplicates. Change a word.");
            issues.push(Issue::warning(
                Rule::TextRepeated,
                format!("/parts/{at}/text"),
                detail,
                "X API, errors: 403 duplicate",
            ));
        }
    }
}
