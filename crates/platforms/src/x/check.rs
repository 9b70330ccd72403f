//! What X would refuse, found before anything is sent. Pure.

use base::{say, words::Size};
use connector::{Draft, Issue, Media, MediaKind, Part, PartKind, Rule};

use super::{
    compose::{self, Options},
    limits::{self, Facts, POLL, SOURCE_MEDIA, SOURCE_POLL, SOURCE_TEXT},
    text, wire,
};

const SOURCE_POST: &str = "X API, POST /2/tweets";
const SOURCE_QUOTE: &str = "X API changelog, 2026-04-20";
const SOURCE_CASHTAG: &str = "X API, manage posts: self-serve apps";

/// Every issue of a draft, in the order of its parts.
pub fn draft(draft: &Draft, facts: &Facts) -> Vec<Issue> {
    let mut issues = Vec::new();
    if draft.parts.is_empty() {
        issues.push(Issue::error(Rule::PartsMissing, "/parts", say!("Write something to post."), SOURCE_POST));
    }
    if draft.parts.len() > limits::PARTS_MAX as usize {
        let detail = say!("X allows {parts_max} posts in 15 minutes. Split the thread.", parts_max = limits::PARTS_MAX);
        let issue = Issue::error(Rule::PartsTooMany, "/parts", detail, "X API, rate limits: POST /2/tweets");
        issues.push(issue.numbers(limits::PARTS_MAX.into(), draft.parts.len() as u64));
    }
    options(draft, &mut issues);
    for (at, part) in draft.parts.iter().enumerate() {
        let at = format!("/parts/{at}");
        check_text(part, &at, facts, &mut issues);
        check_media(part, &at, facts, &mut issues);
        check_poll(part, &at, &mut issues);
        check_quote(part, &at, &mut issues);
        check_exclusions(part, &at, &mut issues);
    }
    check_repeats(draft, &mut issues);
    if draft.parts.first().is_some_and(|part| part.kind == PartKind::Comment) {
        let detail = say!("A comment replies to the first part, so the first part must be a post.");
        issues.push(Issue::error(Rule::CommentFirst, "/parts/0/kind", detail, SOURCE_POST));
    }
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

fn check_text(part: &Part, at: &str, facts: &Facts, issues: &mut Vec<Issue>) {
    let pointer = format!("{at}/text");
    if base::text::is_blank(&part.text) && part.media.is_empty() && part.poll.is_none() && part.quote.is_none() {
        let detail = say!("Write something, or add a file, a poll or a quote.");
        issues.push(Issue::error(Rule::TextMissing, &pointer, detail, SOURCE_POST));
    }
    let weighed = text::weigh(&part.text);
    issues.extend(names_that_become_links(&weighed, &pointer));
    issues.extend(too_long(&weighed, limits::of(facts).text.max, &pointer));
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

fn too_long(weighed: &text::Weighed, max: u32, pointer: &str) -> Option<Issue> {
    if weighed.length > max {
        let detail = say!(
            "X counts {length} characters; {max} are allowed. Shorten the text by {max2}. (A link counts as 23; emoji and characters of many scripts count as 2.)",
            length = weighed.length,
            max2 = weighed.length - max
        );
        let issue = Issue::error(Rule::TextTooLong, pointer, detail, SOURCE_TEXT);
        Some(issue.numbers(max.into(), weighed.length.into()))
    } else if weighed.length_at_most > max {
        let detail = say!(
            "A word looks like a web address with an ending that Fanfare doesn't know. If X knows it, the text is too long. Shorten it, or put a space after the dot."
        );
        let issue = Issue::warning(Rule::TextMayBeTooLong, pointer, detail, SOURCE_TEXT);
        Some(issue.numbers(max.into(), weighed.length_at_most.into()))
    } else {
        None
    }
}

fn check_media(part: &Part, at: &str, facts: &Facts, issues: &mut Vec<Issue>) {
    let pointer = format!("{at}/media");
    let count = |kind| part.media.iter().filter(|media| media.kind == kind).count() as u64;
    let (images, moving) = (count(MediaKind::Image), count(MediaKind::Gif) + count(MediaKind::Video));
    if moving > 1 || (moving == 1 && images > 0) {
        let detail = say!("A post on X can have up to four images, or one GIF, or one video. Remove the other files.");
        issues.push(Issue::error(Rule::MediaMixed, &pointer, detail, SOURCE_MEDIA).numbers(1, moving + images));
    } else if images > 4 {
        let detail = say!("A post on X can have four images. Remove some, or spread them over a thread.");
        issues.push(Issue::error(Rule::ImagesTooMany, &pointer, detail, SOURCE_MEDIA).numbers(4, images));
    }
    for (index, media) in part.media.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        let alt = media.alt.as_deref().map_or(0, |alt| alt.chars().count()) as u64;
        if alt > limits::ALT_MAX.into() {
            let detail =
                say!("The alt text has {alt} characters; X allows {alt_max}. Shorten it.", alt_max = limits::ALT_MAX);
            let issue = Issue::error(Rule::AltTooLong, format!("{pointer}/alt"), detail, "X API, media metadata");
            issues.push(issue.numbers(limits::ALT_MAX.into(), alt));
        }
        check_file(media, &pointer, facts, issues);
    }
}

fn check_file(media: &Media, pointer: &str, facts: &Facts, issues: &mut Vec<Issue>) {
    let limits = limits::of(facts);
    let still =
        |rules: Option<connector::ImageRules>| rules.map(|rules| (rules.mime, rules.bytes_max, Some(rules.side_max)));
    let rules = match media.kind {
        MediaKind::Image => still(limits.images.clone()),
        MediaKind::Gif => still(limits.gif.clone()),
        MediaKind::Video => limits.video.clone().map(|rules| (rules.mime, rules.bytes_max, None)),
    };
    let Some((mime, bytes_max, side_max)) = rules else { return };
    if !mime.contains(&media.mime) {
        let detail =
            say!("X doesn't accept {mime} here. It accepts {mime2}.", mime = media.mime, mime2 = mime.join(", "));
        issues.push(Issue::error(Rule::MediaType, pointer, detail, SOURCE_MEDIA));
    }
    if media.size_bytes > bytes_max {
        let detail = say!(
            "The file is {size_bytes}; X allows {bytes_max}. Use a smaller one.",
            size_bytes = Size(media.size_bytes),
            bytes_max = Size(bytes_max)
        );
        let issue = Issue::error(Rule::MediaTooLarge, pointer, detail, SOURCE_MEDIA);
        issues.push(issue.numbers(bytes_max, media.size_bytes));
    }
    let side = media.width.max(media.height);
    if let Some(max) = side_max.filter(|max| side > *max) {
        let detail = say!("The longest side is {side} pixels; X allows {max}. Make the image smaller.");
        issues.push(Issue::error(Rule::MediaSide, pointer, detail, SOURCE_MEDIA).numbers(max.into(), side.into()));
    }
    if media.kind == MediaKind::Video {
        check_video(media, pointer, &limits, issues);
    }
}

fn check_video(media: &Media, pointer: &str, limits: &connector::Limits, issues: &mut Vec<Issue>) {
    let max = limits.video.as_ref().and_then(|rules| rules.duration_max_ms).unwrap_or(limits::VIDEO_SAFE_MS);
    let length = media.duration_ms.unwrap_or(limits::VIDEO_MIN_MS);
    if length > max {
        let detail = say!(
            "The video is {length} seconds long; X allows {max}. Shorten it.",
            length = length / 1000,
            max = max / 1000
        );
        issues.push(Issue::error(Rule::VideoTooLong, pointer, detail, SOURCE_MEDIA).numbers(max, length));
    } else if length > limits::VIDEO_SAFE_MS || media.size_bytes > limits::VIDEO_SAFE_BYTES {
        let detail = say!(
            "X contradicts itself about videos over 140 seconds or 512 MB. It may refuse this one after the upload, when the post is sent. A shorter video is safe."
        );
        let issue = Issue::warning(Rule::VideoPerhapsTooLong, pointer, detail, SOURCE_MEDIA);
        issues.push(issue.numbers(limits::VIDEO_SAFE_MS, length));
    }
    if length < limits::VIDEO_MIN_MS {
        let detail = say!(
            "The video is {length} ms long; X requires at least {video_min_ms} ms.",
            video_min_ms = limits::VIDEO_MIN_MS
        );
        issues.push(
            Issue::error(Rule::VideoTooShort, pointer, detail, SOURCE_MEDIA).numbers(limits::VIDEO_MIN_MS, length),
        );
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

fn check_poll(part: &Part, at: &str, issues: &mut Vec<Issue>) {
    let Some(poll) = &part.poll else { return };
    let pointer = format!("{at}/poll");
    let options = u32::try_from(poll.options.len()).unwrap_or(u32::MAX);
    if !(POLL.options_min..=POLL.options_max).contains(&options) {
        let detail = say!("A poll on X has two to four options; this one has {options}.");
        let issue = Issue::error(Rule::PollOptions, format!("{pointer}/options"), detail, SOURCE_POLL);
        issues.push(issue.numbers(POLL.options_max.into(), options.into()));
    }
    for (index, option) in poll.options.iter().enumerate() {
        let length = option.chars().count() as u64;
        if base::text::is_blank(option) || length > u64::from(POLL.option_chars_max) {
            let detail = say!("A poll option on X has 1 to 25 characters; this one has {length}.");
            let issue = Issue::error(Rule::PollOptionLength, format!("{pointer}/options/{index}"), detail, SOURCE_POLL);
            issues.push(issue.numbers(POLL.option_chars_max.into(), length));
        }
    }
    if !(POLL.duration_min_minutes..=POLL.duration_max_minutes).contains(&poll.duration_minutes) {
        let detail = say!(
            "A poll on X stays open for 5 minutes to 7 days (10080 minutes), not {duration_minutes} minutes.",
            duration_minutes = poll.duration_minutes
        );
        let issue = Issue::error(Rule::PollDuration, format!("{pointer}/duration_minutes"), detail, SOURCE_POLL);
        issues.push(issue.numbers(POLL.duration_max_minutes.into(), poll.duration_minutes.into()));
    }
    if poll.multiple {
        let detail = say!("A poll on X allows one choice per person. Untick multiple choice.");
        issues.push(Issue::error(Rule::PollMultiple, format!("{pointer}/multiple"), detail, SOURCE_POLL));
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
