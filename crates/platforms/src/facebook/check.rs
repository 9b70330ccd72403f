//! What Facebook would refuse, and what would be lost, found before anything is sent. Pure.

use base::{Text, say};
use connector::{Draft, Issue, Media, MediaKind, Part, PartKind, Rule, Severity};
use serde_json::Value;

use super::{
    ABOUT,
    compose::Kind,
    limits::{self, SOURCE_PHOTO, SOURCE_POST, SOURCE_REEL, SOURCE_STORY, SOURCE_VIDEO},
    options::{Format, Options},
    rights, text, wire,
};
use crate::{
    kit::rules::{self, Counted, Rules},
    meta::rights::Rights,
};

/// Every issue of a draft, in the order of its parts.
pub fn draft(draft: &Draft, facts: &Value) -> Vec<Issue> {
    let mut issues = Issues(Vec::new());
    let options = Options::of(draft).unwrap_or_else(|error| {
        let detail = say!("The options for Facebook are wrong: {error}.", error = error.to_string());
        issues.error(Rule::OptionsInvalid, "/options", detail, SOURCE_POST);
        Options::default()
    });
    let limits = limits::all();
    let rules = Rules { at: ABOUT.name, limits: &limits, source: SOURCE_POST, count_option: &|_| 0 };
    issues.0.extend(rules::check(draft, &rules, |position, part| {
        let says_something = position == 0 && options.link.is_some();
        Counted { says_something, ..Counted::text(text::length(&part.text), part) }
    }));
    let granted = Rights::of(facts);
    let mut need = |need, pointer: &str| {
        if let Some(why) = granted.missing(need) {
            issues.error(Rule::PermissionMissing, pointer, why, SOURCE_POST);
        }
    };
    need(&rights::PUBLISH, "/parts/0");
    if draft.parts.len() > 1 {
        need(&rights::COMMENT, "/parts/1");
    }
    let Some((first, comments)) = draft.parts.split_first() else { return issues.0 };
    match options.format {
        Format::Post => {}
        Format::Reel => reel(first, &mut issues),
        Format::Story => story(first, comments, &options, &mut issues),
    }
    of_options(first, &options, &mut issues);
    files(first, "/parts/0", &mut issues);
    for (at, part) in comments.iter().enumerate() {
        comment(part, &format!("/parts/{}", at + 1), &mut issues);
    }
    issues.0
}

struct Issues(Vec<Issue>);

impl Issues {
    fn add(&mut self, severity: Severity, rule: Rule, pointer: impl Into<String>, detail: Text, source: &str) {
        self.0.push(Issue { severity, ..Issue::error(rule, pointer, detail, source) });
    }

    fn error(&mut self, rule: Rule, pointer: impl Into<String>, detail: Text, source: &str) {
        self.add(Severity::Error, rule, pointer, detail, source);
    }

    fn warn(&mut self, rule: Rule, pointer: impl Into<String>, detail: Text, source: &str) {
        self.add(Severity::Warning, rule, pointer, detail, source);
    }

    /// A length outside of what its kind allows. Where the limit of all videos says so already, it is not said twice.
    fn length(&mut self, media: &Media, (min, max): (u64, u64), detail: fn(u64) -> Text, source: &str) {
        let Some(length) = media.duration_ms else { return };
        let (rule, limit) = if length < min { (Rule::VideoTooShort, min) } else { (Rule::VideoTooLong, max) };
        if !(min..=max).contains(&length) {
            let issue = Issue::error(rule, "/parts/0/media/0", detail(length.div_ceil(1000)), source);
            self.0.push(issue.numbers(limit, length));
        }
    }
}

/// What is true of a first part's files, whatever it becomes.
fn files(part: &Part, at: &str, issues: &mut Issues) {
    for (index, media) in part.media.iter().enumerate() {
        let pointer = format!("{at}/media/{index}");
        if media.kind == MediaKind::Gif || media.animated && media.kind == MediaKind::Image {
            let detail = say!("Facebook shows only the first frame of an animation. Use a video if it must move.");
            issues.warn(Rule::AnimationStill, &pointer, detail, SOURCE_PHOTO);
        }
        if media.kind == MediaKind::Video && media.alt.as_deref().is_some_and(|alt| !alt.trim().is_empty()) {
            let detail = say!("Facebook takes no alt text for a video. It will be left out; say it in the text.");
            issues.warn(Rule::AltLeftOut, format!("{pointer}/alt"), detail, SOURCE_VIDEO);
        }
    }
}

fn comment(part: &Part, at: &str, issues: &mut Issues) {
    if part.kind == PartKind::Post {
        let detail = say!("Facebook has no threads. This part becomes a comment under the post.");
        issues.warn(Rule::PartBecomesComment, format!("{at}/kind"), detail, SOURCE_POST);
    }
    if part.media.len() > 1 {
        let detail = say!("A comment on Facebook can have one photo. Move the others to another comment.");
        issues.error(Rule::ImagesTooMany, format!("{at}/media"), detail, SOURCE_POST);
    }
    if part.media.iter().any(|media| media.kind == MediaKind::Video) {
        let detail = say!("A comment on Facebook can have a photo, but no video from here. Move it to the post.");
        issues.error(Rule::MediaType, format!("{at}/media"), detail, SOURCE_POST);
    }
    files(part, at, issues);
}

fn reel(part: &Part, issues: &mut Issues) {
    let [media] = part.media.as_slice() else {
        let detail = say!("A reel is one video. Add it and remove the rest, or publish it as a post.");
        return issues.error(Rule::OptionsInvalid, "/options/format", detail, SOURCE_REEL);
    };
    if media.kind != MediaKind::Video {
        let detail = say!("A reel is a video. Use one, or publish it as a post.");
        return issues.error(Rule::OptionsInvalid, "/options/format", detail, SOURCE_REEL);
    }
    let detail = |seconds| say!("The video is {seconds} seconds long; a reel on Facebook has 3 to 90.");
    issues.length(media, limits::REEL_MS, detail, SOURCE_REEL);
    let (width, height) = (media.width, media.height);
    if width == 0 || height == 0 {
        return;
    }
    let (least_width, least_height) = limits::REEL_PIXELS;
    if !is_upright(media) {
        let detail = say!(
            "The video is {width} by {height} pixels; a reel on Facebook is 9:16. Crop it, or publish it as a post."
        );
        issues.error(Rule::VideoRatio, "/parts/0/media/0", detail, SOURCE_REEL);
    } else if width < least_width || height < least_height {
        let detail = say!(
            "The video is {width} by {height} pixels; a reel on Facebook needs at least {least_width} by {least_height}."
        );
        issues.error(Rule::VideoTooSmall, "/parts/0/media/0", detail, SOURCE_REEL);
    }
}

fn story(part: &Part, comments: &[Part], options: &Options, issues: &mut Issues) {
    let [media] = part.media.as_slice() else {
        let detail = say!("A story is one photo or one video. Add it and remove the rest, or publish it as a post.");
        return issues.error(Rule::OptionsInvalid, "/options/format", detail, SOURCE_STORY);
    };
    if media.kind == MediaKind::Video {
        let detail = |seconds| say!("The video is {seconds} seconds long; a story on Facebook has 3 to 60.");
        issues.length(media, limits::STORY_MS, detail, SOURCE_STORY);
        if media.width > 0 && !is_upright(media) {
            let (width, height) = (media.width, media.height);
            let detail = say!("The video is {width} by {height} pixels; a story on Facebook is 9:16. Crop it.");
            issues.error(Rule::VideoRatio, "/parts/0/media/0", detail, SOURCE_STORY);
        }
    }
    if !part.text.trim().is_empty() {
        let detail = say!("A story on Facebook has no text. It will be left out; put it into the picture.");
        issues.warn(Rule::TextLeftOut, "/parts/0/text", detail, SOURCE_STORY);
    }
    if !comments.is_empty() {
        let detail = say!("A story on Facebook takes no comments from here. Remove the other parts.");
        issues.error(Rule::PartsTooMany, "/parts", detail, SOURCE_STORY);
    }
    // Left out, the countries would let more people see it than meant.
    if options.place.is_some() || !options.countries.is_empty() || !options.preferred_countries.is_empty() {
        let detail = say!("A story on Facebook takes no place and no countries. Publish it as a post, or remove them.");
        issues.error(Rule::OptionsInvalid, "/options", detail, SOURCE_STORY);
    }
}

/// Within a hundredth of 9:16.
fn is_upright(media: &Media) -> bool {
    let (wanted, found) = (u64::from(media.height) * 9, u64::from(media.width) * 16);
    wanted.abs_diff(found) * 100 <= wanted
}

fn of_options(first: &Part, options: &Options, issues: &mut Issues) {
    if let Some(link) = &options.link {
        let host = url::Url::parse(link).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let host = host.and_then(|url| url.host_str().map(str::to_owned));
        let is_own = |host: &str| host == "facebook.com" || host.ends_with(".facebook.com");
        let pointer = "/options/link";
        match host {
            None => {
                let detail = say!("The link card needs the address of a page, like https://example.com/page.");
                issues.error(Rule::LinkCardAddress, pointer, detail, SOURCE_POST);
            }
            Some(host) if is_own(&host) => {
                let detail = say!("Facebook takes no card of its own pages. Put the link in the text.");
                issues.error(Rule::LinkCardAddress, pointer, detail, SOURCE_POST);
            }
            Some(_) if !first.media.is_empty() => {
                let detail = say!("Facebook shows no link card beside files. The card will be left out.");
                issues.warn(Rule::LinkCardLeftOut, pointer, detail, SOURCE_POST);
            }
            Some(_) => {}
        }
    }
    for (name, countries) in [("countries", &options.countries), ("preferred_countries", &options.preferred_countries)]
    {
        for (at, country) in countries.iter().enumerate() {
            if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
                let detail =
                    say!("`{country}` is no country's code of two letters, like NL.", country = country.clone());
                issues.error(Rule::OptionsInvalid, format!("/options/{name}/{at}"), detail, SOURCE_POST);
            }
        }
    }
    let is_video = Kind::of(first, options.format) == Kind::Video;
    if is_video && (options.place.is_some() || !options.preferred_countries.is_empty()) {
        let detail = say!(
            "A video on Facebook takes no place and no countries where it is shown more. Publish it as a reel, or remove them."
        );
        issues.error(Rule::OptionsInvalid, "/options", detail, SOURCE_VIDEO);
    }
    if options.place.as_deref().is_some_and(|id| !wire::is_id(id)) {
        let detail = say!("The ID of a place at Facebook has only digits.");
        issues.error(Rule::OptionsInvalid, "/options/place", detail, SOURCE_POST);
    }
}
