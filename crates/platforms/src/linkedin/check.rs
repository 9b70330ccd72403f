//! What LinkedIn would refuse, and what would be lost, found before anything is sent. Pure.

use base::{Text, say};
use connector::{Draft, Issue, Media, MediaKind, Part, PartKind, Poll, Rule, SpanKind};
use serde_json::Value;

use super::{
    ABOUT,
    compose::NO_POST,
    limits::{
        self, COMMENT_MAX, DURATIONS, QUESTION_MAX, SOURCE_COMMENT, SOURCE_POLL, SOURCE_POST, SOURCE_TEXT,
        SOURCE_VIDEO, TITLE_MAX,
    },
    options::{Options, Visibility},
    rights::{Need, Rights},
    text,
    urn::{self, Address},
};
use crate::kit::rules::{self, Counted, Rules};

/// Every issue of a draft, in the order of its parts.
pub fn draft(draft: &Draft, facts: &Value) -> Vec<Issue> {
    let mut issues = Vec::new();
    let options = Options::of(draft).unwrap_or_else(|error| {
        let detail = say!("The options for LinkedIn are wrong: {error}.", error = error.to_string());
        issues.push(Issue::error(Rule::OptionsInvalid, "/options", detail, SOURCE_POST));
        Options::default()
    });
    let limits = limits::all();
    let rules = Rules { at: ABOUT.name, limits: &limits, source: SOURCE_POST, count_option: &characters };
    issues.extend(rules::check(draft, &rules, |position, part| counted(draft, position, part, &options)));
    let rights = Rights::of(facts);
    let needs = [(Need::Publish, 0), (Need::Comment, 1)].into_iter().filter(|(_, at)| draft.parts.len() > *at);
    for (need, at) in needs {
        if let Some(why) = rights.missing(need) {
            issues.push(Issue::error(Rule::PermissionMissing, format!("/parts/{at}"), why, SOURCE_POST));
        }
    }
    let Some((first, comments)) = draft.parts.split_first() else { return issues };
    of_first(first, &options, &mut issues);
    of_options(draft, first, &options, rights.role.is_some(), &mut issues);
    for (at, part) in comments.iter().enumerate() {
        of_comment(part, &format!("/parts/{}", at + 1), &mut issues);
    }
    issues
}

fn characters(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn counted(draft: &Draft, position: usize, part: &Part, options: &Options) -> Counted {
    let length = text::read(draft, position).length;
    if position > 0 {
        let detail = say!(
            "A comment on LinkedIn can have {max} characters; this one has {length}. Shorten it.",
            max = COMMENT_MAX
        );
        return Counted { max: Some(COMMENT_MAX), too_long: Some(detail), ..Counted::text(length, part) };
    }
    let says_something =
        part.quote.is_some() || options.link.is_some() || part.poll.is_some() && options.poll_question.is_some();
    let too_long = (length > u32::try_from(part.text.encode_utf16().count()).unwrap_or(0)).then(|| {
        say!(
            "LinkedIn counts {length} characters; {max} are allowed. Shorten the text. (Characters such as ( ) [ ] < > @ * _ ~ count as 2.)",
            max = limits::TEXT_MAX
        )
    });
    Counted { says_something, too_long, ..Counted::text(length, part) }
}

fn error(issues: &mut Vec<Issue>, rule: Rule, pointer: &str, detail: Text, source: &str) {
    issues.push(Issue::error(rule, pointer, detail, source));
}

fn of_first(part: &Part, options: &Options, issues: &mut Vec<Issue>) {
    let extras = [!part.media.is_empty(), part.poll.is_some(), part.quote.is_some()];
    if extras.iter().filter(|one| **one).count() > 1 {
        let detail = say!("A post on LinkedIn has files, a poll or a reshared post, not several of them. Remove some.");
        error(issues, Rule::MediaPollQuoteExclusive, "/parts/0", detail, SOURCE_POST);
    }
    if let Some(poll) = &part.poll {
        of_poll(part, poll, options, issues);
    }
    if let Some(address) = &part.quote {
        let found = url::Url::parse(address).map(|url| urn::in_address(&url, |_| true));
        if !matches!(found, Ok(Address::Post(_))) {
            error(issues, Rule::QuoteAddress, "/parts/0/quote", NO_POST, SOURCE_POST);
        }
    }
    for (at, file) in part.media.iter().enumerate().filter(|(_, file)| file.kind == MediaKind::Video) {
        of_video(file, &format!("/parts/0/media/{at}"), issues);
    }
}

fn of_poll(part: &Part, poll: &Poll, options: &Options, issues: &mut Vec<Issue>) {
    let (question, pointer) = match &options.poll_question {
        Some(question) => (question.as_str(), "/options/poll_question"),
        None => (part.text.trim(), "/parts/0/text"),
    };
    let (length, max) = (characters(question), QUESTION_MAX);
    if length > max {
        let detail = say!(
            "The question of a poll on LinkedIn can have {max} characters; this one has {length}. Shorten it, or enter a shorter poll question in the options."
        );
        let issue = Issue::error(Rule::TextTooLong, pointer, detail, SOURCE_POLL);
        issues.push(issue.numbers(max.into(), length.into()));
    }
    let minutes = poll.duration_minutes;
    let is_in_range = (DURATIONS[0].0..=DURATIONS[3].0).contains(&minutes);
    if is_in_range && !DURATIONS.iter().any(|(known, _)| *known == minutes) {
        let detail = say!("A poll on LinkedIn stays open for 1, 3, 7 or 14 days. Choose one of these.");
        error(issues, Rule::PollDuration, "/parts/0/poll/duration_minutes", detail, SOURCE_POLL);
    }
}

fn of_video(file: &Media, at: &str, issues: &mut Vec<Issue>) {
    if file.size_bytes < limits::VIDEO_MIN_BYTES {
        let detail = say!("The video has less than 75 KB, which LinkedIn refuses. Use a better one.");
        error(issues, Rule::MediaUnusable, at, detail, SOURCE_VIDEO);
    }
    let (long, short) = (u64::from(file.width.max(file.height)), u64::from(file.width.min(file.height)));
    if long * 10 > short * 24 {
        let detail = say!("A video on LinkedIn is at most 2.4 times as long on one side as on the other. Crop it.");
        error(issues, Rule::VideoRatio, at, detail, SOURCE_VIDEO);
    }
    if file.alt.as_deref().is_some_and(|alt| !alt.trim().is_empty()) {
        let detail = say!("LinkedIn takes no alt text for a video. It will be left out; say it in the text.");
        issues.push(Issue::warning(Rule::AltLeftOut, format!("{at}/alt"), detail, SOURCE_VIDEO));
    }
}

fn of_options(draft: &Draft, first: &Part, options: &Options, is_organization: bool, issues: &mut Vec<Issue>) {
    if is_organization && options.visibility == Visibility::Connections {
        let detail = say!("An organisation has no connections. Choose who else can see the post.");
        error(issues, Rule::OptionsInvalid, "/options/visibility", detail, SOURCE_POST);
    }
    if let Some(title) = options.link_title.as_ref().filter(|title| title.chars().count() > TITLE_MAX) {
        let (max, found) = (TITLE_MAX as u64, title.chars().count() as u64);
        let detail = say!("The title of a link card can have {max} characters; this one has {found}. Shorten it.");
        issues.push(Issue::error(Rule::LinkCardTitle, "/options/link_title", detail, SOURCE_POST).numbers(max, found));
    }
    if options.thumbnail.is_some() && options.picture(draft).is_some_and(|file| file.kind != MediaKind::Image) {
        let detail = say!("The picture of a link card must be an image.");
        error(issues, Rule::MediaType, "/options/thumbnail", detail, SOURCE_POST);
    }
    let Some(link) = &options.link else { return };
    if !url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        let detail = say!("The link card needs the address of a page, like https://example.com/page.");
        error(issues, Rule::LinkCardAddress, "/options/link", detail, SOURCE_POST);
    } else if options.no_card || !first.media.is_empty() || first.poll.is_some() || first.quote.is_some() {
        let detail =
            say!("LinkedIn shows no link card beside files, a poll or a reshared post. The card will be left out.");
        issues.push(Issue::warning(Rule::LinkCardLeftOut, "/options/link", detail, SOURCE_POST));
    }
}

fn of_comment(part: &Part, at: &str, issues: &mut Vec<Issue>) {
    if part.kind == PartKind::Post {
        let detail = say!("LinkedIn has no threads. This part becomes a comment under the post.");
        issues.push(Issue::warning(Rule::PartBecomesComment, format!("{at}/kind"), detail, SOURCE_COMMENT));
    }
    let is_bare = part.text.trim().is_empty();
    if is_bare && !part.media.is_empty() {
        let detail = say!("A comment on LinkedIn needs a text. Write one.");
        error(issues, Rule::TextMissing, &format!("{at}/text"), detail, SOURCE_COMMENT);
    }
    if part.poll.is_some() || part.quote.is_some() {
        let detail = say!("A comment on LinkedIn can't have a poll or a reshared post. Move it to the post.");
        error(issues, Rule::MediaPollQuoteExclusive, at, detail, SOURCE_COMMENT);
    }
    if part.media.len() > 1 {
        let detail = say!("A comment on LinkedIn can have one image. Move the others to another comment.");
        error(issues, Rule::ImagesTooMany, &format!("{at}/media"), detail, SOURCE_COMMENT);
    }
    for (index, file) in part.media.iter().enumerate() {
        let pointer = format!("{at}/media/{index}");
        if file.kind == MediaKind::Video {
            let detail = say!("A comment on LinkedIn can have an image, but no video from here. Move it to the post.");
            error(issues, Rule::MediaType, &pointer, detail, SOURCE_COMMENT);
        } else if file.alt.as_deref().is_some_and(|alt| !alt.trim().is_empty()) {
            let detail = say!("LinkedIn takes no alt text in a comment. It will be left out; say it in the text.");
            issues.push(Issue::warning(Rule::AltLeftOut, format!("{pointer}/alt"), detail, SOURCE_COMMENT));
        }
    }
    if text::spans(&part.text).iter().any(|span| span.kind == SpanKind::Mention) {
        let detail = say!("A comment from here mentions no one: the name stays as plain text.");
        issues.push(Issue::warning(Rule::TextLeftOut, format!("{at}/text"), detail, SOURCE_TEXT));
    }
}
