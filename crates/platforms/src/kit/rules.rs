//! Everything that a channel's limits state, checked in one place. A connector's own `check` adds what only its network has.

use base::{Text, say, text::is_blank, words::Size};
use connector::{
    Draft, ImageRules, Issue, Limits, Media, MediaKind, Part, PartKind, Poll, PollLimits, Rule, Unit, VideoRules,
};

/// Who allows what.
pub(crate) struct Rules<'a> {
    /// Whose limits these are, as people know it: the network's name, or a server's.
    pub at: &'a str,
    pub limits: &'a Limits,
    /// Where rules come from that the limits give no source for.
    pub source: &'static str,
    /// How an option of a poll is counted.
    pub count_option: &'a dyn Fn(&str) -> u32,
}

/// What a connector makes of a part.
pub(crate) struct Counted {
    /// The text's length, in the unit of its limit.
    pub length: u32,
    /// Its size as it is published, in bytes.
    pub bytes: usize,
    /// Whether the part says something even without text and files: a quote, a poll, a card.
    pub says_something: bool,
    /// How long this part's text may be, where that is less than the channel's limit.
    pub max: Option<u32>,
    /// A better sentence where the text is too long.
    pub too_long: Option<Text>,
}

impl Counted {
    /// A text of this length.
    pub(crate) fn text(length: u32, part: &Part) -> Self {
        Self { length, bytes: part.text.len(), says_something: false, max: None, too_long: None }
    }
}

/// Everything in a draft that the limits forbid, in the order of its parts.
pub(crate) fn check(draft: &Draft, rules: &Rules<'_>, count: impl Fn(usize, &Part) -> Counted) -> Vec<Issue> {
    let mut issues = Vec::new();
    if draft.parts.is_empty() {
        issues.push(rules.error(Rule::PartsMissing, "/parts", say!("Write something to publish, or add a file.")));
    }
    let (parts, max) = (draft.parts.len() as u64, u64::from(rules.limits.parts_max));
    if parts > max {
        let detail = say!("A thread can have {max} parts here; this one has {parts}. Split it.");
        issues.push(rules.error(Rule::PartsTooMany, "/parts", detail).numbers(max, parts));
    }
    if draft.parts.first().is_some_and(|part| part.kind == PartKind::Comment) {
        let detail = say!("A comment needs a post to reply to. Make the first part a post.");
        issues.push(rules.error(Rule::CommentFirst, "/parts/0/kind", detail));
    }
    for (position, part) in draft.parts.iter().enumerate() {
        let at = format!("/parts/{position}");
        rules.text(part, &count(position, part), &format!("{at}/text"), &mut issues);
        rules.media(part, &format!("{at}/media"), &mut issues);
        if let Some(poll) = &part.poll {
            rules.poll(poll, &format!("{at}/poll"), &mut issues);
        }
        if part.quote.is_some() && !rules.limits.quote {
            let detail = say!("{at} can't quote. Put the link in the text instead.", at = rules.at.to_owned());
            issues.push(rules.error(Rule::QuoteUnsupported, format!("{at}/quote"), detail));
        }
    }
    issues
}

/// The rules of a file's kind, as far as all kinds have them.
struct FileRules<'a> {
    mime: &'a [String],
    bytes_max: u64,
    source: &'a str,
}

impl<'a> From<&'a ImageRules> for FileRules<'a> {
    fn from(rules: &'a ImageRules) -> Self {
        Self { mime: &rules.mime, bytes_max: rules.bytes_max, source: &rules.source }
    }
}

impl<'a> From<&'a VideoRules> for FileRules<'a> {
    fn from(rules: &'a VideoRules) -> Self {
        Self { mime: &rules.mime, bytes_max: rules.bytes_max, source: &rules.source }
    }
}

impl Rules<'_> {
    fn error(&self, rule: Rule, pointer: impl Into<String>, detail: Text) -> Issue {
        Issue::error(rule, pointer, detail, self.source)
    }

    fn text(&self, part: &Part, counted: &Counted, pointer: &str, issues: &mut Vec<Issue>) {
        let (at, limit) = (self.at.to_owned(), &self.limits.text);
        let has_files = self.limits.text_optional && !part.media.is_empty();
        if is_blank(&part.text) && !has_files && !counted.says_something {
            let detail = if part.poll.is_some() || part.quote.is_some() {
                say!("A poll or a quote alone isn't enough here. Write a text, or add a file.")
            } else if self.limits.text_optional {
                say!("This part is empty. Write a text, or add a file.")
            } else {
                say!("{at} takes no post without a text. Write one.", at = at.clone())
            };
            issues.push(self.error(Rule::TextMissing, pointer, detail));
        }
        let (length, max) = (counted.length, counted.max.unwrap_or(limit.max));
        if length > max {
            let over = length - max;
            let usual = || match limit.unit {
                Unit::Weighted => say!(
                    "{at} counts {length} characters; {max} are allowed. Shorten the text by {over}. (Every link counts the same; emoji and characters of many scripts count as 2.)",
                    at = at.clone()
                ),
                Unit::Bytes => say!(
                    "The text takes {length} bytes; {at} allows {max}. Shorten it by {over}. (Emoji and letters outside of English take two bytes or more.)",
                    at = at.clone()
                ),
                Unit::Graphemes | Unit::CodePoints | Unit::Utf16 => say!(
                    "The text has {length} characters; {at} allows {max}. Shorten it by {over}, or make it a thread.",
                    at = at.clone()
                ),
            };
            let issue =
                Issue::error(Rule::TextTooLong, pointer, counted.too_long.clone().unwrap_or_else(usual), &limit.source);
            issues.push(issue.numbers(max.into(), length.into()));
        }
        let bytes = counted.bytes as u64;
        if let Some(max) = limit.max_bytes.map(u64::from).filter(|max| bytes > *max) {
            let detail = say!(
                "The text takes {bytes} bytes; {at} allows {max}. Some emoji take 25 bytes or more each: use fewer."
            );
            issues.push(Issue::error(Rule::TextTooManyBytes, pointer, detail, &limit.source).numbers(max, bytes));
        }
    }

    fn media(&self, part: &Part, pointer: &str, issues: &mut Vec<Issue>) {
        self.numbers(part, pointer, issues);
        for (index, media) in part.media.iter().enumerate() {
            self.file(media, &format!("{pointer}/{index}"), issues);
        }
    }

    /// GIFs count with the images, unless fewer of them are taken than of those: then they are a kind of their own.
    fn numbers(&self, part: &Part, pointer: &str, issues: &mut Vec<Issue>) {
        let limits = self.limits;
        let at = || self.at.to_owned();
        let number = |kind| part.media.iter().filter(|media| media.kind == kind).count() as u64;
        let (mut images, mut gifs) = (number(MediaKind::Image), number(MediaKind::Gif));
        let videos = number(MediaKind::Video);
        let images_max = limits.images.as_ref().map_or(0, |rules| u64::from(rules.count_max));
        let gifs_max = limits.gif.as_ref().map_or(images_max, |rules| u64::from(rules.count_max));
        let videos_max = limits.video.as_ref().map_or(0, |rules| u64::from(rules.count_max));
        if gifs_max == images_max {
            (images, gifs) = (images + gifs, 0);
        }
        let (found, kinds) =
            (part.media.len() as u64, [images, gifs, videos].iter().filter(|count| **count > 0).count());
        if kinds > 1 && !limits.mixed_media {
            let detail = if gifs_max == images_max {
                say!(
                    "A post on {at} can have images or a video, not both. Move one of them to the next part.",
                    at = at()
                )
            } else {
                say!(
                    "A post on {at} can have images, or a GIF, or a video, not several kinds. Move the others to the next part.",
                    at = at()
                )
            };
            return issues.push(self.error(Rule::MediaMixed, pointer, detail).numbers(1, found));
        }
        let source = |rules: Option<&String>| rules.map_or(self.source, String::as_str).to_owned();
        let max = images_max.max(videos_max);
        if kinds > 1 && found > max {
            let detail = say!(
                "{at} allows {max} files in a post; there are {found}. Move the others to the next part.",
                at = at()
            );
            issues.push(self.error(Rule::MediaTooMany, pointer, detail).numbers(max, found));
        }
        // Where a kind is not taken at all, each file says so itself.
        if images > images_max && images_max > 0 {
            let detail = say!(
                "{at} allows {images_max} images in a post; there are {images}. Move the others to the next part.",
                at = at()
            );
            let source = source(limits.images.as_ref().map(|rules| &rules.source));
            issues.push(Issue::error(Rule::ImagesTooMany, pointer, detail, &source).numbers(images_max, images));
        }
        if gifs > gifs_max && gifs_max > 0 {
            let detail = say!(
                "{at} allows {gifs_max} GIF in a post; there are {gifs}. Move the others to the next part.",
                at = at()
            );
            let source = source(limits.gif.as_ref().map(|rules| &rules.source));
            issues.push(Issue::error(Rule::MediaTooMany, pointer, detail, &source).numbers(gifs_max, gifs));
        }
        if videos > videos_max && videos_max > 0 {
            let detail = say!(
                "{at} allows {videos_max} video in a post; there are {videos}. Move the others to the next part.",
                at = at()
            );
            let source = source(limits.video.as_ref().map(|rules| &rules.source));
            issues.push(Issue::error(Rule::VideosTooMany, pointer, detail, &source).numbers(videos_max, videos));
        }
    }

    fn file(&self, media: &Media, pointer: &str, issues: &mut Vec<Issue>) {
        let (at, limits) = (self.at.to_owned(), self.limits);
        let still = match media.kind {
            MediaKind::Image => limits.images.as_ref(),
            MediaKind::Gif => limits.gif.as_ref().or(limits.images.as_ref()),
            MediaKind::Video => None,
        };
        let video = limits.video.as_ref().filter(|_| media.kind == MediaKind::Video);
        let Some(rules) = still.map(FileRules::from).or_else(|| video.map(FileRules::from)) else {
            let mime = media.mime.clone();
            let detail = say!("{at} doesn't accept files of type {mime}. Remove it.");
            issues.push(self.error(Rule::MediaType, pointer, detail));
            return self.alt(media, pointer, issues);
        };
        // A GIF that is sent as an image is sent as it is.
        let is_still_gif = media.kind == MediaKind::Gif && limits.gif.is_none();
        if !rules.mime.contains(&media.mime) && !is_still_gif {
            let (mime, known) = (media.mime.clone(), rules.mime.join(", "));
            let detail =
                say!("{at} doesn't accept {mime} here. It accepts {known}. Convert the file.", at = at.clone());
            issues.push(Issue::error(Rule::MediaType, pointer, detail, rules.source));
        }
        if media.size_bytes > rules.bytes_max {
            let (size, most) = (Size(media.size_bytes), Size(rules.bytes_max));
            let detail = say!("The file is {size}; {at} allows {most}. Use a smaller one.", at = at.clone());
            let issue = Issue::error(Rule::MediaTooLarge, pointer, detail, rules.source);
            issues.push(issue.numbers(rules.bytes_max, media.size_bytes));
        }
        if let Some(rules) = still {
            self.picture(media, rules, pointer, issues);
        }
        if let Some(rules) = video {
            self.video(media, rules, pointer, issues);
        }
        self.alt(media, pointer, issues);
    }

    fn picture(&self, media: &Media, rules: &ImageRules, pointer: &str, issues: &mut Vec<Issue>) {
        let at = || self.at.to_owned();
        let (side, side_max) = (media.width.max(media.height), rules.side_max);
        let pixels = u64::from(media.width) * u64::from(media.height);
        let pixels_max = rules.pixels_max;
        if side > side_max {
            let detail =
                say!("The longest side is {side} pixels; {at} allows {side_max}. Make the image smaller.", at = at());
            let issue = Issue::error(Rule::MediaSide, pointer, detail, &rules.source);
            issues.push(issue.numbers(side_max.into(), side.into()));
        } else if pixels > pixels_max {
            let detail = say!("The image has {pixels} pixels; {at} allows {pixels_max}. Make it smaller.", at = at());
            let issue = Issue::error(Rule::MediaTooManyPixels, pointer, detail, &rules.source);
            issues.push(issue.numbers(pixels_max, pixels));
        }
    }

    fn video(&self, media: &Media, rules: &VideoRules, pointer: &str, issues: &mut Vec<Issue>) {
        let Some(length) = media.duration_ms else { return };
        let at = || self.at.to_owned();
        if let Some(max) = rules.duration_max_ms.filter(|max| length > *max) {
            let detail = say!(
                "The video is {seconds} seconds long; {at} allows {most}. Shorten it.",
                seconds = length.div_ceil(1000),
                at = at(),
                most = max / 1000
            );
            issues.push(Issue::error(Rule::VideoTooLong, pointer, detail, &rules.source).numbers(max, length));
        }
        if let Some(min) = rules.duration_min_ms.filter(|min| length < *min) {
            let detail = say!("The video is {length} ms long; {at} requires at least {min} ms.", at = at());
            issues.push(Issue::error(Rule::VideoTooShort, pointer, detail, &rules.source).numbers(min, length));
        }
    }

    fn alt(&self, media: &Media, pointer: &str, issues: &mut Vec<Issue>) {
        let (at, max) = (self.at.to_owned(), self.limits.alt_text_max);
        let found = media.alt.as_deref().map_or(0, |alt| u32::try_from(alt.chars().count()).unwrap_or(u32::MAX));
        if found > max {
            let detail = say!("The alt text has {found} characters; {at} allows {max}. Shorten it.");
            let issue = self.error(Rule::AltTooLong, format!("{pointer}/alt"), detail);
            issues.push(issue.numbers(max.into(), found.into()));
        }
    }

    fn poll(&self, poll: &Poll, pointer: &str, issues: &mut Vec<Issue>) {
        let at = || self.at.to_owned();
        let Some(limits) = &self.limits.poll else {
            let detail = say!("{at} has no polls. Remove it, or ask in the text.", at = at());
            return issues.push(self.error(Rule::PollUnsupported, pointer, detail));
        };
        let PollLimits { options_min: min, options_max: max, option_chars_max: most, .. } = *limits;
        let found = u32::try_from(poll.options.len()).unwrap_or(u32::MAX);
        if !(min..=max).contains(&found) {
            let detail = say!("A poll on {at} has {min} to {max} options; this one has {found}.", at = at());
            let issue = self.error(Rule::PollOptions, format!("{pointer}/options"), detail);
            issues.push(issue.numbers(max.into(), found.into()));
        }
        for (index, option) in poll.options.iter().enumerate() {
            let length = (self.count_option)(option);
            if is_blank(option) || length > most {
                let detail =
                    say!("A poll option on {at} has 1 to {most} characters; this one has {length}.", at = at());
                let issue = self.error(Rule::PollOptionLength, format!("{pointer}/options/{index}"), detail);
                issues.push(issue.numbers(most.into(), length.into()));
            }
        }
        let (min, max, minutes) = (limits.duration_min_minutes, limits.duration_max_minutes, poll.duration_minutes);
        if !(min..=max).contains(&minutes) {
            let detail = say!("A poll on {at} stays open for {min} to {max} minutes, not {minutes}.", at = at());
            let limit = if minutes < min { min } else { max };
            let issue = self.error(Rule::PollDuration, format!("{pointer}/duration_minutes"), detail);
            issues.push(issue.numbers(limit.into(), minutes.into()));
        }
        if poll.multiple && !limits.multiple {
            let detail = say!("A poll on {at} allows one choice per person. Untick multiple choice.", at = at());
            issues.push(self.error(Rule::PollMultiple, format!("{pointer}/multiple"), detail));
        }
    }
}
