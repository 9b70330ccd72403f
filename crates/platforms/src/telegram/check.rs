//! What Telegram would refuse, found before anything is sent. Pure.

use base::say;
use connector::{Draft, Issue, MediaKind, Part, Rule};

use super::{
    ABOUT,
    connect::Facts,
    errors::NO_RIGHT,
    limits::{self, CAPTION_MAX, SOURCE_MEDIA, SOURCE_POLL, SOURCE_POST, SOURCE_TEXT},
    options::{Options, PASSAGES_MAX},
    text,
};
use crate::kit::rules::{self, Counted, Rules};

/// Everything in a draft that Telegram would refuse or lose.
pub fn draft(draft: &Draft, facts: &Facts) -> Vec<Issue> {
    let mut issues = Vec::new();
    if facts.is_shut_out {
        issues.push(Issue::error(Rule::PermissionMissing, "", NO_RIGHT, SOURCE_POST));
    }
    let options = Options::of(draft).unwrap_or_else(|error| {
        let detail = say!("The options for Telegram are wrong: {error}.", error = error.to_string());
        issues.push(Issue::error(Rule::OptionsInvalid, "/options", detail, SOURCE_POST));
        Options::default()
    });
    let limits = limits::all();
    let rules = Rules { at: ABOUT.name, limits: &limits, source: SOURCE_POST, count_option: &text::length };
    issues.extend(rules::check(draft, &rules, |_, part| {
        let (length, max) = (text::length(&part.text), text::limit(part));
        let too_long = (max == CAPTION_MAX).then(|| {
            say!(
                "With files, Telegram allows {max} characters; this text has {length}. Shorten it, or move the files to the next part."
            )
        });
        Counted { max: Some(max), too_long, ..Counted::text(length, part) }
    }));
    check_options(draft, &options, &mut issues);
    for (position, part) in draft.parts.iter().enumerate() {
        check_part(part, &format!("/parts/{position}"), &mut issues);
    }
    issues
}

fn check_options(draft: &Draft, options: &Options, issues: &mut Vec<Issue>) {
    if let Some(link) = &options.link_preview_url {
        let pointer = "/options/link_preview_url";
        if !url::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            let detail = say!("The previewed page needs an address like https://example.com/page.");
            issues.push(Issue::error(Rule::LinkCardAddress, pointer, detail, SOURCE_POST));
        } else if draft.parts.first().is_some_and(|part| !part.media.is_empty() || part.poll.is_some()) {
            let detail = say!("Telegram shows no link preview with files or a poll. It will be left out.");
            issues.push(Issue::warning(Rule::LinkCardLeftOut, pointer, detail, SOURCE_POST));
        }
    }
    for (name, passages) in [("bold", &options.bold), ("spoilers", &options.spoilers)] {
        if passages.len() > PASSAGES_MAX {
            let detail = say!("At most {max} passages can have one style.", max = PASSAGES_MAX as u64);
            let issue = Issue::error(Rule::SpoilersTooMany, format!("/options/{name}"), detail, SOURCE_TEXT);
            issues.push(issue.numbers(PASSAGES_MAX as u64, passages.len() as u64));
        }
        for (at, passage) in passages.iter().enumerate() {
            if !draft.parts.iter().any(|part| part.poll.is_none() && part.text.contains(passage.trim())) {
                let detail =
                    say!("No part has the passage “{passage}”, so nothing changes.", passage = passage.clone());
                let pointer = format!("/options/{name}/{at}");
                issues.push(Issue::warning(Rule::SpoilerNotFound, pointer, detail, SOURCE_TEXT));
            }
        }
    }
}

fn check_part(part: &Part, at: &str, issues: &mut Vec<Issue>) {
    if part.media.len() > 1 && part.media.iter().any(|media| media.kind == MediaKind::Gif) {
        let detail = say!("Telegram takes a GIF only alone. Move the other files to the next part.");
        issues.push(Issue::error(Rule::MediaMixed, format!("{at}/media"), detail, SOURCE_MEDIA));
    }
    if part.poll.is_some() && !part.media.is_empty() {
        let detail = say!("Telegram takes a poll only with a question. Move the files or the poll to the next part.");
        issues.push(Issue::error(Rule::PollWithMedia, format!("{at}/poll"), detail, SOURCE_POLL));
    }
    for (index, media) in part.media.iter().enumerate() {
        let pointer = format!("{at}/media/{index}");
        let (long, short) = (media.width.max(media.height), media.width.min(media.height));
        if media.kind == MediaKind::Image && long > short.saturating_mul(limits::RATIO_MAX) {
            let detail = say!(
                "One side is more than {ratio_max} times as long as the other, which Telegram refuses. Crop the image.",
                ratio_max = limits::RATIO_MAX
            );
            issues.push(Issue::error(Rule::ImageRatio, &pointer, detail, SOURCE_MEDIA));
        }
        if media.alt.as_deref().is_some_and(|alt| !alt.trim().is_empty()) {
            let detail = say!(
                "Telegram has no alt text, so people who can't see the file won't get it. Put what matters into the text."
            );
            issues.push(Issue::warning(Rule::AltLeftOut, format!("{pointer}/alt"), detail, SOURCE_MEDIA));
        }
    }
}
