//! What X would refuse, found before anything is sent. Pure.

use connector::{Draft, Issue, Media, MediaKind, Part, PartKind};

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
        issues.push(Issue::error("parts_missing", "/parts", "There is nothing to post: write a text.", SOURCE_POST));
    }
    if draft.parts.len() > limits::PARTS_MAX as usize {
        let detail = format!("X takes {} posts in 15 minutes: split the thread.", limits::PARTS_MAX);
        let issue = Issue::error("parts_too_many", "/parts", detail, "X API, rate limits: POST /2/tweets");
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
        let detail = "A comment answers the first part, so the first part must be a post.";
        issues.push(Issue::error("comment_first", "/parts/0/kind", detail, SOURCE_POST));
    }
    issues
}

fn options(draft: &Draft, issues: &mut Vec<Issue>) {
    let options = match Options::of(draft) {
        Ok(options) => options,
        Err(error) => {
            let detail = format!("The options for X are wrong: {error}.");
            return issues.push(Issue::error("option_invalid", "/options", detail, SOURCE_POST));
        }
    };
    match &options.community_id {
        Some(id) if !wire::is_id(id) => {
            let detail = format!("`{id}` is not the id of a community: it is made of 1 to 19 digits.");
            issues.push(Issue::error("community_invalid", "/options/community_id", detail, SOURCE_POST));
        }
        None if options.share_with_followers => {
            let detail =
                "Showing a post to followers too is for posts in a community; name the community or untick it.";
            issues.push(Issue::error("community_missing", "/options/share_with_followers", detail, SOURCE_POST));
        }
        _ => {}
    }
    if options.made_with_ai && draft.parts.iter().all(|part| part.media.is_empty()) {
        let detail = "X labels images and videos as made with AI; there are none here, so no label will be shown.";
        issues.push(Issue::warning("made_with_ai_without_media", "/options/made_with_ai", detail, SOURCE_POST));
    }
}

fn check_text(part: &Part, at: &str, facts: &Facts, issues: &mut Vec<Issue>) {
    let pointer = format!("{at}/text");
    if base::text::is_blank(&part.text) && part.media.is_empty() && part.poll.is_none() && part.quote.is_none() {
        let detail = "There is nothing to post: write a text or add a file, a poll or a quote.";
        issues.push(Issue::error("text_missing", &pointer, detail, SOURCE_POST));
    }
    let weighed = text::weigh(&part.text);
    issues.extend(names_that_become_links(&weighed, &pointer));
    issues.extend(too_long(&weighed, limits::of(facts).text.max, &pointer));
    if let Some(c) = weighed.refused {
        let detail = format!("X takes no text with the invisible character U+{:04X}: delete it.", u32::from(c));
        issues.push(Issue::error("character_refused", &pointer, detail, SOURCE_TEXT));
    }
    let cashtags = text::tags::cashtags(&part.text).len() as u64;
    if cashtags > 1 {
        let detail = "X takes at most one cashtag ($NAME) in a post: remove the others.";
        issues.push(Issue::error("cashtags_too_many", &pointer, detail, SOURCE_CASHTAG).numbers(1, cashtags));
    }
}

/// A name of which X makes a link, though it may not be meant as one.
pub fn names_that_become_links(weighed: &text::Weighed, pointer: &str) -> Vec<Issue> {
    let issue = |name: &str| {
        let detail = format!(
            "X will make a link of “{name}” and count it as {} characters. If it is not meant as an address, put a space \
             after the dot or write it differently.",
            text::URL_WEIGHT
        );
        Issue::warning("name_becomes_link", pointer, detail, SOURCE_TEXT)
    };
    weighed.bare_names().into_iter().map(issue).collect()
}

fn too_long(weighed: &text::Weighed, max: u32, pointer: &str) -> Option<Issue> {
    if weighed.length > max {
        let detail = format!(
            "X counts {} of at most {max} characters (an address counts 23, an emoji and most characters outside Latin, \
             Greek, Cyrillic, Hebrew, Arabic and Indic scripts count 2): shorten it by {}.",
            weighed.length,
            weighed.length - max
        );
        let issue = Issue::error("text_too_long", pointer, detail, SOURCE_TEXT);
        Some(issue.numbers(max.into(), weighed.length.into()))
    } else if weighed.length_at_most > max {
        let detail = "A word looks like an address with an ending that we do not know. If X knows it, the text is too \
                      long: shorten it, or put a space after the dot.";
        let issue = Issue::warning("text_may_be_too_long", pointer, detail, SOURCE_TEXT);
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
        let detail = "A post on X has either up to four images, or one GIF, or one video: remove the other files.";
        issues.push(Issue::error("media_mixed", &pointer, detail, SOURCE_MEDIA).numbers(1, moving + images));
    } else if images > 4 {
        let detail = "A post on X has at most four images: remove some, or spread them over a thread.";
        issues.push(Issue::error("images_too_many", &pointer, detail, SOURCE_MEDIA).numbers(4, images));
    }
    for (index, media) in part.media.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        let alt = media.alt.as_deref().map_or(0, |alt| alt.chars().count()) as u64;
        if alt > limits::ALT_MAX.into() {
            let detail = format!("The alternative text has {alt} characters, X takes {}: shorten it.", limits::ALT_MAX);
            let issue = Issue::error("alt_text_too_long", format!("{pointer}/alt"), detail, "X API, media metadata");
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
        let detail = format!("X does not take {} here; it takes {}.", media.mime, mime.join(", "));
        issues.push(Issue::error("media_type", pointer, detail, SOURCE_MEDIA));
    }
    if media.size_bytes > bytes_max {
        let detail = format!("The file has {} bytes, X takes {bytes_max}: use a smaller one.", media.size_bytes);
        let issue = Issue::error("media_too_large", pointer, detail, SOURCE_MEDIA);
        issues.push(issue.numbers(bytes_max, media.size_bytes));
    }
    let side = media.width.max(media.height);
    if let Some(max) = side_max.filter(|max| side > *max) {
        let detail = format!("The longest side has {side} pixels, X takes {max}: make it smaller.");
        issues.push(Issue::error("media_side", pointer, detail, SOURCE_MEDIA).numbers(max.into(), side.into()));
    }
    if media.kind == MediaKind::Video {
        check_video(media, pointer, &limits, issues);
    }
}

fn check_video(media: &Media, pointer: &str, limits: &connector::Limits, issues: &mut Vec<Issue>) {
    let max = limits.video.as_ref().and_then(|rules| rules.duration_max_ms).unwrap_or(limits::VIDEO_SAFE_MS);
    let length = media.duration_ms.unwrap_or(limits::VIDEO_MIN_MS);
    if length > max {
        let detail = format!("The video lasts {} seconds, X takes {}: shorten it.", length / 1000, max / 1000);
        issues.push(Issue::error("video_too_long", pointer, detail, SOURCE_MEDIA).numbers(max, length));
    } else if length > limits::VIDEO_SAFE_MS || media.size_bytes > limits::VIDEO_SAFE_BYTES {
        let detail = "X's documents disagree on videos over 140 seconds or 512 MB: it may refuse this one when the post is \
                      sent, after the upload. A shorter video is safe.";
        let issue = Issue::warning("video_perhaps_too_long", pointer, detail, SOURCE_MEDIA);
        issues.push(issue.numbers(limits::VIDEO_SAFE_MS, length));
    }
    if length < limits::VIDEO_MIN_MS {
        let detail = format!("The video lasts {length} ms; X takes none shorter than {} ms.", limits::VIDEO_MIN_MS);
        issues
            .push(Issue::error("video_too_short", pointer, detail, SOURCE_MEDIA).numbers(limits::VIDEO_MIN_MS, length));
    }
    let (short, long) = (media.width.min(media.height), media.width.max(media.height));
    if short > 0 && short < limits::VIDEO_SIDE_MIN {
        let detail = format!("The video's short side has {short} pixels; X takes {} or more.", limits::VIDEO_SIDE_MIN);
        let issue = Issue::error("video_too_small", pointer, detail, SOURCE_MEDIA);
        issues.push(issue.numbers(limits::VIDEO_SIDE_MIN.into(), short.into()));
    }
    if short > 0 && u64::from(long) > 3 * u64::from(short) {
        let detail = format!("The video is {} by {}; X takes ratios from 1:3 to 3:1.", media.width, media.height);
        issues.push(Issue::error("video_ratio", pointer, detail, SOURCE_MEDIA));
    }
}

fn check_poll(part: &Part, at: &str, issues: &mut Vec<Issue>) {
    let Some(poll) = &part.poll else { return };
    let pointer = format!("{at}/poll");
    let options = u32::try_from(poll.options.len()).unwrap_or(u32::MAX);
    if !(POLL.options_min..=POLL.options_max).contains(&options) {
        let detail = format!("A poll on X has two to four options; this one has {options}.");
        let issue = Issue::error("poll_options", format!("{pointer}/options"), detail, SOURCE_POLL);
        issues.push(issue.numbers(POLL.options_max.into(), options.into()));
    }
    for (index, option) in poll.options.iter().enumerate() {
        let length = option.chars().count() as u64;
        if base::text::is_blank(option) || length > u64::from(POLL.option_chars_max) {
            let detail = format!("An option of a poll on X has 1 to 25 characters; this one has {length}.");
            let issue = Issue::error("poll_option_length", format!("{pointer}/options/{index}"), detail, SOURCE_POLL);
            issues.push(issue.numbers(POLL.option_chars_max.into(), length));
        }
    }
    if !(POLL.duration_min_minutes..=POLL.duration_max_minutes).contains(&poll.duration_minutes) {
        let detail =
            format!("A poll on X is open for 5 minutes to 7 days (10080 minutes), not {}.", poll.duration_minutes);
        let issue = Issue::error("poll_duration", format!("{pointer}/duration_minutes"), detail, SOURCE_POLL);
        issues.push(issue.numbers(POLL.duration_max_minutes.into(), poll.duration_minutes.into()));
    }
    if poll.multiple {
        let detail = "A poll on X takes one choice of each person; untick several choices.";
        issues.push(Issue::error("poll_multiple", format!("{pointer}/multiple"), detail, SOURCE_POLL));
    }
}

fn check_quote(part: &Part, at: &str, issues: &mut Vec<Issue>) {
    let Some(address) = &part.quote else { return };
    let pointer = format!("{at}/quote");
    if compose::quote_id(address).is_none() {
        let detail = format!("`{address}` is not a post on X: its address looks like https://x.com/name/status/123.");
        issues.push(Issue::error("quote_invalid", pointer, detail, SOURCE_POST));
    } else {
        let detail = "Since April 2026 X lets only Enterprise apps quote; from other apps it refuses the post. A link to \
                      the post in the text always works.";
        issues.push(Issue::warning("quote_may_be_refused", pointer, detail, SOURCE_QUOTE));
    }
}

fn check_exclusions(part: &Part, at: &str, issues: &mut Vec<Issue>) {
    let there = [("files", !part.media.is_empty()), ("a poll", part.poll.is_some()), ("a quote", part.quote.is_some())];
    let names: Vec<&str> = there.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
    if names.len() > 1 {
        let detail =
            format!("A post on X has only one of these: {}. Move the rest to the next part.", names.join(", "));
        issues.push(Issue::error("media_poll_quote_exclusive", at, detail, SOURCE_POST));
    }
}

/// X refuses the text of a recent post of the same account, and so of an earlier part too.
fn check_repeats(draft: &Draft, issues: &mut Vec<Issue>) {
    for (at, part) in draft.parts.iter().enumerate() {
        let same =
            |other: &Part| other.text.trim() == part.text.trim() && other.media.is_empty() && part.media.is_empty();
        if !base::text::is_blank(&part.text) && draft.parts[..at].iter().any(same) {
            let detail = "An earlier part has the same text; X refuses duplicates. Change a word.";
            issues.push(Issue::warning(
                "text_repeated",
                format!("/parts/{at}/text"),
                detail,
                "X API, errors: 403 duplicate",
            ));
        }
    }
}
