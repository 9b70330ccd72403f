//! What Instagram would refuse, found before anything is sent. Pure. The comments are judged with the post: it must not stand
//! there without them.

use base::{Text, say, words::Size};
use connector::{Draft, Issue, Media, MediaKind, Part, Rule, SpanKind};

use super::{
    ABOUT,
    compose::is_comment,
    limits::{self, SOURCE_MEDIA, SOURCE_POST, SOURCE_TEXT},
    options::{self, COLLABORATORS_MAX, Kind, Options, TAGS_MAX},
    text,
};
use crate::{
    kit::rules::{self, Counted, Rules},
    meta::wire::is_id,
};

const SOURCE_HASHTAGS: &str = "Instagram's announcement of December 2025; its API has not been seen to refuse more";
const SOURCE_COMMENT: &str = "hearsay: Instagram documents no limits of comments";

/// Every issue of a draft, in the order of its parts.
pub fn draft(draft: &Draft) -> Vec<Issue> {
    let mut issues = Issues(Vec::new());
    let options = Options::of(draft).unwrap_or_else(|error| {
        issues.add(Rule::OptionsInvalid, "/options", options::wrong(&error), SOURCE_POST);
        Options::default()
    });
    let count_option = |_: &str| 0;
    let limits = limits::all();
    let rules = Rules { at: ABOUT.name, limits: &limits, source: SOURCE_POST, count_option: &count_option };
    issues.0.extend(rules::check(draft, &rules, |_, part| Counted::text(text::length(&part.text), part)));
    let is_story = options.kind == Kind::Story;
    for (position, part) in draft.parts.iter().enumerate() {
        let at = format!("/parts/{position}");
        if position > 0 && is_story {
            let detail = say!("A story is one part. Remove the others, or publish each as a story of its own.");
            issues.add(Rule::PartsTooMany, &at, detail, SOURCE_POST);
        } else if is_comment(part, position) {
            check_comment(part, position, &at, &mut issues);
        } else {
            check_files(part, &at, is_story, &mut issues);
            check_caption(part, &at, is_story, &mut issues);
        }
    }
    check_options(draft, &options, &mut issues);
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
}

fn check_comment(part: &Part, position: usize, at: &str, issues: &mut Issues) {
    if position > 0 && part.kind == connector::PartKind::Post {
        let detail = say!("Instagram has no threads. Make this part a comment, or publish it as a post of its own.");
        issues.add(Rule::PartsTooMany, at, detail, SOURCE_POST);
    }
    if !part.media.is_empty() {
        let detail = say!("A comment on Instagram has no files. Move them to the post.");
        let issue = Issue::error(Rule::MediaTooMany, format!("{at}/media"), detail, SOURCE_POST);
        issues.0.push(issue.numbers(0, part.media.len() as u64));
    }
    let pointer = format!("{at}/text");
    let (length, max) = (text::length(&part.text), limits::COMMENT_MAX);
    if length > max && length <= limits::TEXT_MAX {
        let detail = say!(
            "The comment has {length} characters. Instagram may refuse one with more than {max}, after the post is live. Shorten it to be safe."
        );
        let issue = Issue::warning(Rule::TextMayBeTooLong, &pointer, detail, SOURCE_COMMENT);
        issues.0.push(issue.numbers(max.into(), length.into()));
    }
    let (tags, max) = (text::count(&part.text, SpanKind::Tag), limits::COMMENT_HASHTAGS_MAX);
    if tags > max as usize {
        let detail =
            say!("The comment has {tags} hashtags. Instagram may refuse one with more than {max}. Remove some.");
        issues
            .0
            .push(Issue::warning(Rule::TagsTooMany, &pointer, detail, SOURCE_COMMENT).numbers(max.into(), tags as u64));
    }
    let links = text::count(&part.text, SpanKind::Link);
    if links > 1 {
        let detail = say!("The comment has {links} links. Instagram may refuse one with more than one. Remove some.");
        issues.0.push(Issue::warning(Rule::LinksTooMany, pointer, detail, SOURCE_COMMENT).numbers(1, links as u64));
    }
}

fn check_caption(part: &Part, at: &str, is_story: bool, issues: &mut Issues) {
    let pointer = format!("{at}/text");
    if is_story {
        if !part.text.trim().is_empty() {
            let detail = say!("A story has no text, so it will be left out. Put it into the picture.");
            issues.warn(Rule::TextTooLong, pointer, detail, SOURCE_POST);
        }
        return;
    }
    let tags = text::count(&part.text, SpanKind::Tag) as u64;
    let (max, few) = (u64::from(limits::HASHTAGS_MAX), u64::from(limits::HASHTAGS_SHOWN_MAX));
    if tags > max {
        let detail = say!("The text has {tags} hashtags; Instagram allows {max}. Remove some.");
        issues.0.push(Issue::error(Rule::TagsTooMany, &pointer, detail, SOURCE_TEXT).numbers(max, tags));
    } else if tags > few {
        let detail =
            say!("The text has {tags} hashtags. Instagram has begun to allow only {few}. Remove some to be safe.");
        issues.0.push(Issue::warning(Rule::TagsTooMany, &pointer, detail, SOURCE_HASHTAGS).numbers(few, tags));
    }
    let (mentions, max) = (text::count(&part.text, SpanKind::Mention) as u64, u64::from(limits::MENTIONS_MAX));
    if mentions > max {
        let detail = say!("The text mentions {mentions} accounts; Instagram allows {max}. Remove some.");
        issues.0.push(Issue::error(Rule::TagsTooMany, pointer, detail, SOURCE_TEXT).numbers(max, mentions));
    }
}

fn check_files(part: &Part, at: &str, is_story: bool, issues: &mut Issues) {
    let (pointer, number) = (format!("{at}/media"), part.media.len());
    if number == 0 {
        let detail = say!("Instagram takes no post without a file. Add an image or a video.");
        issues.add(Rule::MediaUnusable, &pointer, detail, SOURCE_POST);
    }
    if is_story && number > 1 {
        let detail = say!("A story has one file; there are {number}. Publish each as a story of its own.");
        issues.0.push(Issue::error(Rule::MediaTooMany, &pointer, detail, SOURCE_POST).numbers(1, number as u64));
    }
    for (index, media) in part.media.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        if media.kind == MediaKind::Video {
            check_video(media, &pointer, is_story, number > 1, issues);
        } else {
            check_image(media, &pointer, is_story, issues);
        }
        let has_alt = media.alt.as_deref().is_some_and(|alt| !alt.trim().is_empty());
        if has_alt && (is_story || media.kind == MediaKind::Video) {
            let detail = say!("Instagram takes alt text only for images in posts, so it will be left out here.");
            issues.warn(Rule::AltMissing, format!("{pointer}/alt"), detail, SOURCE_POST);
        }
    }
    let first = part.media.first().filter(|_| number > 1 && !is_story);
    if let Some(first) = first
        && part.media.iter().any(|other| !have_same_shape(first, other))
    {
        let detail = say!("The files have different shapes. Instagram crops all of them to the shape of the first.");
        issues.warn(Rule::ImageRatio, pointer, detail, SOURCE_MEDIA);
    }
}

/// Whether two files have the same ratio of sides, within a hundredth.
fn have_same_shape(one: &Media, other: &Media) -> bool {
    let cross = |one: &Media, other: &Media| u64::from(one.width) * u64::from(other.height);
    let (left, right) = (cross(one, other), cross(other, one));
    left.abs_diff(right) * 100 <= left.max(right)
}

fn check_image(media: &Media, pointer: &str, is_story: bool, issues: &mut Issues) {
    if media.kind == MediaKind::Gif || media.animated {
        let detail = say!("Instagram shows only the first frame of an animation. Use a video if it must move.");
        issues.warn(Rule::AnimationStill, pointer, detail, SOURCE_MEDIA);
    }
    let (width, height) = (u64::from(media.width), u64::from(media.height));
    let fits = width * 5 >= height * 4 && width * 100 <= height * 191;
    if !is_story && !fits {
        let detail = say!(
            "It is {width} by {height} pixels. Instagram takes images from 4:5 (upright) to 1.91:1 (wide). Crop it, or choose under Images of another shape what is done with it."
        );
        issues.add(Rule::ImageRatio, pointer, detail, SOURCE_MEDIA);
    }
}

fn check_video(media: &Media, pointer: &str, is_story: bool, is_in_carousel: bool, issues: &mut Issues) {
    let (width, height) = (u64::from(media.width), u64::from(media.height));
    let taller = if is_story { 10 } else { 100 };
    if width > height * 10 || height > width * taller {
        let detail = say!("It is {width} by {height} pixels. Instagram doesn't take so narrow a video. Crop it.");
        issues.add(Rule::VideoRatio, pointer, detail, SOURCE_MEDIA);
    }
    let most = limits::SHORT_VIDEO_MAX_MS;
    if let Some(length) = media.duration_ms.filter(|length| (is_story || is_in_carousel) && *length > most) {
        let (seconds, max) = (length.div_ceil(1000), most / 1000);
        let detail = if is_story {
            say!("The video is {seconds} seconds long; a story takes {max}. Shorten it.")
        } else {
            say!(
                "The video is {seconds} seconds long; a carousel takes {max}. Shorten it, or publish it alone as a reel."
            )
        };
        issues.0.push(Issue::error(Rule::VideoTooLong, pointer, detail, SOURCE_MEDIA).numbers(most, length));
    }
    let max = limits::STORY_VIDEO_BYTES_MAX;
    if is_story && media.size_bytes > max && media.size_bytes <= 300_000_000 {
        let detail = say!(
            "The file is {size}; a story takes {most}. Use a smaller one.",
            size = Size(media.size_bytes),
            most = Size(max)
        );
        let issue = Issue::error(Rule::MediaTooLarge, pointer, detail, SOURCE_MEDIA);
        issues.0.push(issue.numbers(max, media.size_bytes));
    }
}

fn check_options(draft: &Draft, options: &Options, issues: &mut Issues) {
    let files = draft.parts.first().map_or(&[][..], |part| part.media.as_slice());
    let is_story = options.kind == Kind::Story;
    let reel = files.first().filter(|file| !is_story && files.len() == 1 && file.kind == MediaKind::Video);
    check_names(options, is_story, issues);
    for (at, tag) in options.user_tags.iter().enumerate() {
        let pointer = format!("/options/user_tags/{at}");
        let file = tag.file.checked_sub(1).and_then(|at| files.get(at));
        let is_inside = |part: Option<f64>| part.is_some_and(|part| (0.0..=1.0).contains(&part));
        if file.is_none() && !files.is_empty() {
            let detail = say!("There is no file {file} in which to tag an account.", file = tag.file);
            issues.add(Rule::OptionsInvalid, format!("{pointer}/file"), detail, SOURCE_POST);
        }
        let is_image = file.is_some_and(|file| file.kind != MediaKind::Video);
        if is_image && !is_story && !(is_inside(tag.x) && is_inside(tag.y)) {
            let detail = say!("Say where in the image the account is: from the left and from the top, each 0 to 1.");
            issues.add(Rule::OptionsInvalid, pointer, detail, SOURCE_POST);
        }
    }
    if options.location_id.as_deref().is_some_and(|id| !is_id(id)) {
        let detail = say!("The ID of a Facebook Page has only digits.");
        issues.add(Rule::OptionsInvalid, "/options/location_id", detail, SOURCE_POST);
    }
    if is_story && options.location_id.is_some() {
        let detail = say!("A story has no place, so it will be left out.");
        issues.warn(Rule::OptionsInvalid, "/options/location_id", detail, SOURCE_POST);
    }
    check_reel(draft, options, reel, issues);
}

fn check_names(options: &Options, is_story: bool, issues: &mut Issues) {
    let is_name = |name: &str| {
        (1..=30).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
    };
    let invited = options.collaborators.iter().enumerate().map(|(at, name)| (format!("collaborators/{at}"), name));
    let tagged = options.user_tags.iter().enumerate();
    let tagged = tagged.map(|(at, tag)| (format!("user_tags/{at}/username"), &tag.username));
    for (at, name) in invited.chain(tagged).filter(|(_, name)| !is_name(name)) {
        let detail = if name.is_empty() {
            say!("Enter the account to tag, or remove this entry.")
        } else {
            say!("`{name}` isn't a user name at Instagram.", name = name.clone())
        };
        issues.add(Rule::OptionsInvalid, format!("/options/{at}"), detail, SOURCE_POST);
    }
    let (count, max) = (options.collaborators.len(), COLLABORATORS_MAX);
    if count > max as usize {
        let detail = say!("Instagram allows {max} collaborators; there are {count}. Remove some.");
        let issue = Issue::error(Rule::TagsTooMany, "/options/collaborators", detail, SOURCE_POST);
        issues.0.push(issue.numbers(max.into(), count as u64));
    }
    if is_story && count > 0 {
        let detail = say!("A story has no collaborators, so they will be left out.");
        issues.warn(Rule::OptionsInvalid, "/options/collaborators", detail, SOURCE_POST);
    }
    let (count, max) = (options.user_tags.len(), TAGS_MAX);
    if count > max as usize {
        let detail = say!("Instagram allows {max} tagged accounts in a post; there are {count}. Remove some.");
        let issue = Issue::error(Rule::TagsTooMany, "/options/user_tags", detail, SOURCE_POST);
        issues.0.push(issue.numbers(max.into(), count as u64));
    }
}

fn check_reel(draft: &Draft, options: &Options, reel: Option<&Media>, issues: &mut Issues) {
    let chosen = [
        ("cover", options.cover.is_some()),
        ("thumb_offset_ms", options.thumb_offset_ms.is_some()),
        ("audio_name", options.audio_name.is_some()),
        ("reels_tab_only", options.reels_tab_only),
    ];
    let Some(reel) = reel else {
        for (name, _) in chosen.into_iter().filter(|(_, is_chosen)| *is_chosen) {
            let detail = say!("This is only for reels, so it will be left out.");
            issues.warn(Rule::OptionsInvalid, format!("/options/{name}"), detail, SOURCE_POST);
        }
        return;
    };
    if options.cover.is_some() && options.thumb_offset_ms.is_some() {
        let detail = say!("The reel has a cover image, so the moment of the video will be left out.");
        issues.warn(Rule::OptionsInvalid, "/options/thumb_offset_ms", detail, SOURCE_POST);
    } else if options.thumb_offset_ms.zip(reel.duration_ms).is_some_and(|(offset, length)| offset > length) {
        let detail = say!("The moment chosen for the cover is after the end of the video.");
        issues.add(Rule::OptionsInvalid, "/options/thumb_offset_ms", detail, SOURCE_POST);
    }
    if options.cover_of(draft).is_some_and(|cover| cover.kind == MediaKind::Video) {
        let detail = say!("The cover of a reel must be an image.");
        issues.add(Rule::MediaType, "/options/cover", detail, SOURCE_MEDIA);
    }
}
