//! What an instance would refuse, found before anything is sent. Pure: it knows only the draft and the channel's facts.

use base::say;
use connector::{Draft, Issue, Part, Poll, Reading, Rule};
use serde_json::Value;

use super::{
    ABOUT,
    facts::Facts,
    languages::{self, Known},
    options::{self, Options, QuotePolicy, Visibility},
    text,
};
use crate::kit::rules::{self, Counted, Rules};

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
    let count_option = |option: &str| facts.unit().count(option);
    let at = facts.instance.split_once("://").map_or(ABOUT.name, |(_, host)| host);
    let rules = Rules { at, limits: &check.limits, source: API, count_option: &count_option };
    issues.extend(rules::check(draft, &rules, |_, part| check.counted(part, at)));
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
        self.language(issues);
        self.quote_policy(issues);
        self.narrowness(draft.parts.len(), issues);
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
        if let Some(poll) = &part.poll {
            self.poll(part, poll, &at, issues);
        }
        if let Some(quote) = &part.quote {
            self.quote(part, quote, &at, issues);
        }
    }

    fn text(&self, position: usize, part: &Part, at: &str, issues: &mut Vec<Issue>) {
        let pointer = format!("{at}/text");
        self.moved_warning(part, issues);
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

    fn counted(&self, part: &Part, at: &str) -> Counted {
        let (text, spoiler) = self.lengths(part);
        let (sum, max) = (text.saturating_add(spoiler), self.limits.text.max);
        let (at, over) = (at.to_owned(), sum.saturating_sub(max));
        let too_long = (spoiler > 0).then(|| {
            say!(
                "The text and its content warning have {sum} characters ({spoiler} of them the warning); {at} allows {max}. Shorten them by {over}."
            )
        });
        // A poll or a quote alone is not enough.
        let says_something = self.options.moved_warning(part, self.facts).is_some();
        Counted { too_long, says_something, ..Counted::text(sum, part) }
    }

    fn poll(&self, part: &Part, poll: &Poll, at: &str, issues: &mut Vec<Issue>) {
        let at = format!("{at}/poll");
        if !part.media.is_empty() {
            let detail = say!("A poll can't be combined with media here. Keep one of them.");
            issues.push(Issue::error(Rule::PollWithMedia, &at, detail, API));
        }
        for (index, option) in poll.options.iter().enumerate() {
            if !base::text::is_blank(option) && poll.options[..index].contains(option) {
                let detail = say!("Each poll option needs a text of its own.");
                issues.push(Issue::error(Rule::PollOptionText, format!("{at}/options/{index}"), detail, API));
            }
        }
    }

    fn quote(&self, part: &Part, quote: &str, at: &str, issues: &mut Vec<Issue>) {
        let pointer = format!("{at}/quote");
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
