//! What an instance would refuse, found before anything is sent. Pure: it knows only the draft and the channel's facts.

use base::{say, words::Size};
use connector::{Draft, Issue, Media, MediaKind, Part, PartKind, Poll, Reading, Rule};
use serde_json::Value;

use super::{
    facts::Facts,
    languages::{self, Known},
    options::{self, Options, QuotePolicy, Visibility},
    text::{self, Unit},
};

/// Where the rules that are not an instance's figures come from.
const API: &str = "Mastodon API: POST /api/v1/statuses";

/// All issues of a draft.
pub(crate) fn check(draft: &Draft, facts: &Value) -> Vec<Issue> {
    let facts = Facts::read(facts);
    let mut issues = Vec::new();
    let options = match Options::read(&draft.options) {
        Ok(options) => options,
        Err(error) => {
            let detail = say!("The options can't be read: {error}. Choose them again.", error = error.to_string());
            issues.push(Issue::error(Rule::OptionsInvalid, "/options", detail, API));
            Options::default()
        }
    };
    let check = Check { facts: &facts, options: &options, limits: facts.limits() };
    check.whole(draft, &mut issues);
    for (position, part) in draft.parts.iter().enumerate() {
        check.part(position, part, &mut issues);
    }
    issues
}

/// What the instance makes of a part's text. The content warning counts too.
pub(crate) fn read(draft: &Draft, position: usize, facts: &Value) -> Reading {
    let facts = Facts::read(facts);
    let options = Options::read(&draft.options).unwrap_or_default();
    let check = Check { facts: &facts, options: &options, limits: facts.limits() };
    let mut notes = Vec::new();
    check.language(&mut notes);
    let (text, spoiler) = match draft.parts.get(position) {
        Some(part) => {
            check.moved_warning(part, &mut notes);
            check.lengths(part)
        }
        None => (0, 0),
    };
    Reading {
        length: text.saturating_add(spoiler),
        limit: check.limits.text.max,
        spans: text::spans(draft.text(position)),
        languages: options.language_there().map(str::to_owned).into_iter().collect(),
        notes,
        ..Reading::default()
    }
}

struct Check<'a> {
    facts: &'a Facts,
    options: &'a Options,
    limits: connector::Limits,
}

impl Check<'_> {
    fn whole(&self, draft: &Draft, issues: &mut Vec<Issue>) {
        if draft.parts.is_empty() {
            issues.push(Issue::error(Rule::PartsMissing, "/parts", say!("Write something to publish."), API));
        }
        if draft.parts.first().is_some_and(|part| part.kind == PartKind::Comment) {
            let detail = say!("A comment needs a post to reply to. Make the first part a post.");
            issues.push(Issue::error(Rule::CommentFirst, "/parts/0/kind", detail, API));
        }
        let (max, parts) = (self.limits.parts_max as usize, draft.parts.len());
        if parts > max {
            let detail = say!("A thread can have {max} parts here; this one has {parts}. Split it.");
            issues.push(
                Issue::error(Rule::PartsTooMany, "/parts", detail, "Fanfare's own limit")
                    .numbers(max as u64, parts as u64),
            );
        }
        self.language(issues);
        self.quote_policy(issues);
        self.narrowness(parts, issues);
    }

    fn language(&self, issues: &mut Vec<Issue>) {
        let Some(language) = &self.options.language else { return };
        let pointer = "/options/language";
        if !options::is_language_code(language) {
            let detail = say!("“{language}” isn't a language code. Use one like en, nl or zh-TW.");
            return issues.push(Issue::error(Rule::LanguageInvalid, pointer, detail, API));
        }
        let (rule, detail) = match languages::of(language) {
            Known::Same(_) => return,
            Known::Wider(known) => (
                Rule::LanguageWidened,
                say!("Mastodon doesn't know the language {language}. The post will be marked as {known}."),
            ),
            Known::No => (
                Rule::LanguageUnknown,
                say!(
                    "Mastodon doesn't know the language {language}. The post will be marked with the account's own language."
                ),
            ),
        };
        issues.push(Issue::warning(rule, pointer, detail, "Mastodon: LanguagesHelper"));
    }

    fn quote_policy(&self, issues: &mut Vec<Issue>) {
        let Some(policy) = self.options.quote_approval_policy else { return };
        let pointer = "/options/quote_approval_policy";
        let first = self.options.first_visibility(self.facts);
        if !self.facts.can_quote() {
            let detail =
                say!("This server doesn't support quotes yet (Mastodon 4.5 does), so this choice has no effect.");
            issues.push(Issue::warning(Rule::QuotePolicyIgnored, pointer, detail, API));
        } else if matches!(first, Visibility::Private | Visibility::Direct) && policy != QuotePolicy::Nobody {
            let detail = say!(
                "Posts for followers or mentioned people can never be quoted by others, so this choice has no effect."
            );
            issues.push(Issue::warning(Rule::QuotePolicyIgnored, pointer, detail, API));
        }
    }

    /// A later part that more people see than the first shows them an answer to what they cannot see.
    fn narrowness(&self, parts: usize, issues: &mut Vec<Issue>) {
        let first = self.options.first_visibility(self.facts);
        let rest = self.options.visibility_of(1, self.facts);
        if parts > 1 && rest.narrowness() < first.narrowness() {
            let detail = say!(
                "The first part is {first} and the others are {rest}: people would see replies to a post that they can't see.",
                first = first.said(),
                rest = rest.said()
            );
            issues.push(Issue::warning(Rule::ThreadWiderThanFirst, "/options/thread_visibility", detail, API));
        }
    }

    fn part(&self, position: usize, part: &Part, issues: &mut Vec<Issue>) {
        let at = format!("/parts/{position}");
        self.text(position, part, &at, issues);
        self.media(part, &at, issues);
        if let Some(poll) = &part.poll {
            self.poll(part, poll, &at, issues);
        }
        if let Some(quote) = &part.quote {
            self.quote(part, quote, &at, issues);
        }
    }

    fn text(&self, position: usize, part: &Part, at: &str, issues: &mut Vec<Issue>) {
        let pointer = format!("{at}/text");
        let moved = self.options.moved_warning(part, self.facts);
        if base::text::is_blank(&part.text) && part.media.is_empty() && moved.is_none() {
            let detail = say!("A post needs text or media; a poll or a quote alone isn't enough. Write something.");
            issues.push(Issue::error(Rule::TextMissing, &pointer, detail, API));
        }
        self.moved_warning(part, issues);
        let (text, spoiler) = self.lengths(part);
        let (sum, max) = (text.saturating_add(spoiler), self.limits.text.max);
        if sum > max {
            let over = sum - max;
            let detail = if spoiler > 0 {
                say!(
                    "The text and its content warning have {sum} characters ({spoiler} of them the warning); this server allows {max}. Shorten them by {over}."
                )
            } else {
                say!("The text has {sum} characters; this server allows {max}. Shorten it by {over}.")
            };
            let issue = Issue::error(Rule::TextTooLong, &pointer, detail, &self.limits.text.source);
            issues.push(issue.numbers(max.into(), sum.into()));
        }
        let direct = self.options.visibility_of(position, self.facts) == Visibility::Direct;
        if direct && position == 0 && !part.text.contains('@') {
            let detail = say!(
                "Only mentioned people would see this, and no one is mentioned. Mention someone, or choose who can see it."
            );
            issues.push(Issue::warning(Rule::DirectWithoutMention, &pointer, detail, API));
        }
    }

    /// A warning without a text is said to become the text.
    fn moved_warning(&self, part: &Part, issues: &mut Vec<Issue>) {
        if self.options.moved_warning(part, self.facts).is_some() {
            let detail = say!(
                "There is no text, so this server will show the content warning as the text, visible to everyone. Write a text if the warning should hide something."
            );
            issues.push(Issue::warning(Rule::WarningBecomesText, "/options/spoiler_text", detail, API));
        }
    }

    /// How long a part's text and its content warning are, within which addresses count in full.
    fn lengths(&self, part: &Part) -> (u32, u32) {
        let (unit, url) = (self.facts.unit(), self.facts.url_characters());
        match (self.options.moved_warning(part, self.facts), self.options.spoiler()) {
            (Some(text), _) => (unit.count_post(text, url), 0),
            (None, spoiler) => (unit.count_post(&part.text, url), spoiler.map_or(0, |spoiler| unit.count(spoiler))),
        }
    }

    fn media(&self, part: &Part, at: &str, issues: &mut Vec<Issue>) {
        let pointer = format!("{at}/media");
        if part.media.len() > 1 && part.media.iter().any(|media| media.kind == MediaKind::Video) {
            let detail = say!(
                "A video must be the only file of a post here. Remove the other files, or move them to the next part."
            );
            issues.push(Issue::error(Rule::MediaMixed, &pointer, detail, API).numbers(1, part.media.len() as u64));
        } else if let Some(rules) = &self.limits.images {
            let (max, found) = (rules.count_max as usize, part.media.len());
            if found > max {
                let detail = say!(
                    "This server allows {max} files in a post; there are {found}. Remove {max2}.",
                    max2 = found - max
                );
                issues.push(
                    Issue::error(Rule::MediaTooMany, &pointer, detail, &rules.source).numbers(max as u64, found as u64),
                );
            }
        }
        for (index, media) in part.media.iter().enumerate() {
            self.file(media, &format!("{pointer}/{index}"), issues);
        }
    }

    fn file(&self, media: &Media, at: &str, issues: &mut Vec<Issue>) {
        let rules = match media.kind {
            MediaKind::Image => self.limits.images.as_ref(),
            MediaKind::Gif => self.limits.gif.as_ref(),
            MediaKind::Video => None,
        };
        let rules = match (rules, &self.limits.video) {
            (Some(rules), _) => Some((&rules.mime, rules.bytes_max, Some(rules.pixels_max), &rules.source)),
            (None, Some(rules)) if media.kind == MediaKind::Video => {
                Some((&rules.mime, rules.bytes_max, None, &rules.source))
            }
            _ => None,
        };
        let Some((mime, bytes_max, pixels_max, source)) = rules else {
            let detail = say!("This server doesn't accept files of type {mime}. Remove it.", mime = media.mime);
            return issues.push(Issue::error(Rule::MediaType, at, detail, API));
        };
        if !mime.contains(&media.mime) {
            let detail = say!(
                "This server doesn't accept {mime}. It accepts {mime2}. Convert the file.",
                mime = media.mime,
                mime2 = mime.join(", ")
            );
            issues.push(Issue::error(Rule::MediaType, at, detail, source));
        }
        if media.size_bytes > bytes_max {
            let detail = say!(
                "The file is {size_bytes}; this server allows {bytes_max}. Use a smaller one.",
                size_bytes = Size(media.size_bytes),
                bytes_max = Size(bytes_max)
            );
            issues.push(Issue::error(Rule::MediaTooLarge, at, detail, source).numbers(bytes_max, media.size_bytes));
        }
        let pixels = u64::from(media.width) * u64::from(media.height);
        if let Some(max) = pixels_max.filter(|max| pixels > *max) {
            let detail = say!("The image has {pixels} pixels; this server allows {max}. Scale it down.");
            issues.push(Issue::error(Rule::MediaTooManyPixels, at, detail, source).numbers(max, pixels));
        }
        self.alt(media, at, issues);
    }

    fn alt(&self, media: &Media, at: &str, issues: &mut Vec<Issue>) {
        let (max, found) = (self.limits.alt_text_max, media.alt.as_deref().map_or(0, |alt| Unit::Points.count(alt)));
        if found > max {
            let detail = say!("The alt text has {found} characters; this server allows {max}. Shorten it.");
            let issue =
                Issue::error(Rule::AltTooLong, format!("{at}/alt"), detail, "GET /api/v2/instance, description_limit");
            issues.push(issue.numbers(max.into(), found.into()));
        }
    }

    fn poll(&self, part: &Part, poll: &Poll, at: &str, issues: &mut Vec<Issue>) {
        let at = format!("{at}/poll");
        let Some(limits) = &self.limits.poll else { return };
        let source = "GET /api/v2/instance, configuration.polls";
        if !part.media.is_empty() {
            let detail = say!("A poll can't be combined with media here. Keep one of them.");
            issues.push(Issue::error(Rule::PollWithMedia, &at, detail, API));
        }
        let found = poll.options.len();
        if !(limits.options_min as usize..=limits.options_max as usize).contains(&found) {
            let detail = say!(
                "A poll has {options_min} to {options_max} options here; this one has {found}.",
                options_min = limits.options_min,
                options_max = limits.options_max
            );
            issues.push(
                Issue::error(Rule::PollOptions, format!("{at}/options"), detail, source)
                    .numbers(limits.options_max.into(), found as u64),
            );
        }
        for (index, option) in poll.options.iter().enumerate() {
            let (pointer, length) = (format!("{at}/options/{index}"), self.facts.unit().count(option));
            if base::text::is_blank(option) || poll.options[..index].contains(option) {
                let detail = say!("Each poll option needs a text of its own.");
                issues.push(Issue::error(Rule::PollOptionText, &pointer, detail, API));
            }
            if length > limits.option_chars_max {
                let detail = say!(
                    "The option has {length} characters; this server allows {option_chars_max}.",
                    option_chars_max = limits.option_chars_max
                );
                issues.push(
                    Issue::error(Rule::PollOptionLength, &pointer, detail, source)
                        .numbers(limits.option_chars_max.into(), length.into()),
                );
            }
        }
        let (min, max) = (limits.duration_min_minutes, limits.duration_max_minutes);
        if !(min..=max).contains(&poll.duration_minutes) {
            let detail = say!(
                "A poll stays open for {min} to {max} minutes here, not {duration_minutes}.",
                duration_minutes = poll.duration_minutes
            );
            let limit = if poll.duration_minutes < min { min } else { max };
            issues.push(
                Issue::error(Rule::PollDuration, format!("{at}/duration_minutes"), detail, source)
                    .numbers(limit.into(), poll.duration_minutes.into()),
            );
        }
    }

    fn quote(&self, part: &Part, quote: &str, at: &str, issues: &mut Vec<Issue>) {
        let pointer = format!("{at}/quote");
        if !self.facts.can_quote() {
            let detail =
                say!("This server can't quote (Mastodon 4.5 and later can). Put the link in the text instead.");
            issues.push(Issue::error(
                Rule::QuoteUnsupported,
                &pointer,
                detail,
                "GET /api/v2/instance, api_versions.mastodon below 7",
            ));
        }
        if !url::Url::parse(quote).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host()) {
            let detail = say!("Give the address of the quoted post's page, like https://social.example/@alice/1.");
            issues.push(Issue::error(Rule::QuoteAddress, &pointer, detail, API));
        }
        if part.poll.is_some() || !part.media.is_empty() {
            let detail = say!("A quote can't be combined with media or a poll here. Keep one of them.");
            issues.push(Issue::error(Rule::QuoteWithMedia, &pointer, detail, API));
        }
    }
}
