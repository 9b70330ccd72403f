//! What the instance finds in a text: addresses, mentions, hashtags; how it counts them and how it shows them.

use std::{fmt::Write as _, ops::Range};

use unicode_segmentation::UnicodeSegmentation as _;

use crate::{pages::escape, x::text as x};

/// What a piece of text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An http address.
    Url,
    /// `@user` or `@user@domain`.
    Mention {
        /// The name.
        user: String,
        /// The instance, if it was written.
        domain: Option<String>,
    },
    /// `#tag`.
    Tag(String),
}

/// A piece of text that is more than text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// What.
    pub kind: Kind,
}

impl Piece {
    /// Whether it mentions this local name.
    pub fn mentions(&self, username: &str) -> bool {
        matches!(&self.kind, Kind::Mention { user, .. } if user.eq_ignore_ascii_case(username))
    }
}

/// All pieces, in order.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let before = text[..at].chars().next_back();
        match piece_at(rest, before) {
            Some((length, kind)) => {
                found.push(Piece { range: at..at + length, kind });
                at += length;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

fn piece_at(rest: &str, before: Option<char>) -> Option<(usize, Kind)> {
    let follows = |signs: &str| before.is_some_and(|letter| letter.is_alphanumeric() || signs.contains(letter));
    url_at(rest, before)
        .or_else(|| mention_at(rest).filter(|_| !follows("_=/")))
        .or_else(|| tag_at(rest).filter(|_| !follows("_/&#")))
}

/// An address with its scheme. The pattern is X's, but paths and queries are in any script.
fn url_at(rest: &str, before: Option<char>) -> Option<(usize, Kind)> {
    let scheme = ["https://", "http://", "dat://", "dweb://", "ipfs://", "ipns://", "ssb://", "gopher://", "gemini://"]
        .into_iter()
        .find(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))?;
    if !x::may_precede(before) {
        return None;
    }
    let mut end = scheme.len() + x::host_at(&rest[scheme.len()..], true)?;
    end += x::port_at(&rest[end..]);
    let inside = |letter: char| !letter.is_whitespace() && !"<>()?".contains(letter);
    let ends = |letter: char| !letter.is_whitespace() && !"<>()?!*\"'「」;:=,.$%[]~&|@".contains(letter);
    end += x::path_at(&rest[end..], inside, ends);
    end += x::query_at(&rest[end..], |letter| letter == '^' || !letter.is_ascii() && !letter.is_whitespace());
    Some((end, Kind::Url))
}

fn word(text: &str, allowed: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|letter| !allowed(letter)).unwrap_or(text.len())]
}

fn mention_at(rest: &str) -> Option<(usize, Kind)> {
    let user = name(rest.strip_prefix('@')?, |letter| letter.is_ascii_alphanumeric() || letter == '_');
    if user.is_empty() {
        return None;
    }
    let after = &rest[1 + user.len()..];
    let domain = after.strip_prefix('@').map(|host| name(host, |letter| letter.is_alphanumeric() || letter == '_'));
    let domain = domain.filter(|host| !host.is_empty());
    let length = 1 + user.len() + domain.map_or(0, |host| 1 + host.len());
    let goes_on = rest[length..].starts_with(['@', '＠']) || rest[length..].starts_with("://");
    (!goes_on).then(|| (length, Kind::Mention { user: user.to_owned(), domain: domain.map(str::to_owned) }))
}

/// Words with dots or hyphens between them.
fn name(text: &str, allowed: fn(char) -> bool) -> &str {
    word(text, |letter| allowed(letter) || ".-".contains(letter))
        .trim_end_matches(['.', '-'])
        .trim_start_matches(['.', '-'])
}

fn tag_at(rest: &str) -> Option<(usize, Kind)> {
    let name = word(rest.strip_prefix('#')?, |letter| letter.is_alphanumeric() || letter == '_');
    let is_tag = name.chars().any(|letter| !letter.is_numeric() && letter != '_');
    is_tag.then(|| (1 + name.len(), Kind::Tag(name.to_owned())))
}

/// How many characters people see.
pub fn characters(text: &str) -> usize {
    text.graphemes(true).count()
}

/// How long the text of a status is: graphemes, each address as `per_url`, each mention without its domain.
pub fn length(text: &str, per_url: usize) -> usize {
    let mut counted = 0;
    let mut done = 0;
    for Piece { range, kind } in pieces(text) {
        let whole = match &kind {
            Kind::Url => per_url,
            Kind::Mention { user, .. } => 1 + user.len(),
            Kind::Tag(_) => continue,
        };
        counted += characters(&text[done..range.start]) + whole;
        done = range.end;
    }
    counted + characters(&text[done..])
}

/// The text as the instance's HTML. `profile` gives a mention's page, if the account exists.
pub fn to_html(text: &str, origin: &str, profile: impl Fn(&str) -> Option<String>) -> String {
    let mut html = String::new();
    let mut done = 0;
    for Piece { range, kind } in pieces(text) {
        let written = &text[range.clone()];
        let shown = match &kind {
            Kind::Url => shown_url(written),
            Kind::Tag(name) => format!(
                "<a href=\"{origin}/tags/{}\" class=\"mention hashtag\" rel=\"tag\">#<span>{}</span></a>",
                escape(&name.to_lowercase()),
                escape(name)
            ),
            Kind::Mention { user, .. } => match profile(user) {
                Some(page) => format!(
                    "<span class=\"h-card\" translate=\"no\"><a href=\"{}\" class=\"u-url mention\">@<span>{}</span></a></span>",
                    escape(&page),
                    escape(user)
                ),
                None => continue,
            },
        };
        html.push_str(&escape(&text[done..range.start]));
        html.push_str(&shown);
        done = range.end;
    }
    html.push_str(&escape(&text[done..]));
    paragraphs(&html)
}

/// The scheme and all after the 30th letter are there for machines, hidden from eyes.
fn shown_url(url: &str) -> String {
    let start = url.find("//").map_or(0, |at| at + 2);
    let (scheme, rest) = url.split_at(start);
    let cut = rest.char_indices().nth(30).map_or(rest.len(), |(at, _)| at);
    let (seen, hidden) = rest.split_at(cut);
    let class = if hidden.is_empty() { "" } else { "ellipsis" };
    format!(
        "<a href=\"{}\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">{}</span>\
         <span class=\"{class}\">{}</span><span class=\"invisible\">{}</span></a>",
        escape(url),
        escape(scheme),
        escape(seen),
        escape(hidden)
    )
}

fn paragraphs(html: &str) -> String {
    let mut whole = String::new();
    for paragraph in html.replace("\r\n", "\n").split("\n\n").filter(|text| !text.is_empty()) {
        let _ = write!(whole, "<p>{}</p>", paragraph.trim_matches('\n').replace('\n', "<br />"));
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_count_as_reserved_and_mentions_without_their_domain() {
        assert_eq!(length("hello", 23), 5);
        assert_eq!(length(&format!("see https://example.com/{} now", "a".repeat(300)), 23), 4 + 23 + 4);
        assert_eq!(length("hi @lena@social.example!", 23), "hi @lena!".len());
        assert_eq!(length("👩‍👩‍👧 e\u{301}", 23), 3, "graphemes, not code points");
        assert_eq!(length(&format!("https://ru.wikipedia.org/wiki/{} x", "Ж".repeat(80)), 23), 25, "in any script");
        assert_eq!(length("見てhttps://ja.wikipedia.org/wiki/日本語?q=橋、次", 23), 2 + 23);
        assert_eq!(length("http://localhost/a", 23), 18, "no known domain, no address");
        assert_eq!(length("#tag stays as long as it is", 23), 27);
    }

    #[test]
    fn html_holds_the_whole_text_and_nothing_of_the_authors_markup() {
        let html = to_html("a <b>\n\n@lena #Bread https://e.com/x.", "http://i", |_| Some("http://i/@lena".into()));
        assert!(html.starts_with("<p>a &lt;b&gt;</p><p><span class=\"h-card\""), "{html}");
        assert!(html.contains("/tags/bread\""), "{html}");
        assert!(html.contains("<span class=\"\">e.com/x</span>"), "the full stop is not part of it: {html}");
        assert!(to_html("no @stranger here", "http://i", |_| None).contains("no @stranger here"));
    }
}
