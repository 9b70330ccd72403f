//! What became of a post whose answer was lost: a search in the account's own posts. Reads only.
//!
//! X gives no id to choose, so a post is recognised by what it is: its files (their keys are ours alone), else its text
//! as X shows it, what it answers, and when it was made.

use base::{Text, Timestamp, say};
use connector::{Call, Failure, FailureKind, Finding, Remote, Sent, Trace};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

use super::{
    compose, publish,
    reads::{self, Read},
    text, web,
    wire::{self, Entities, Post},
};
use crate::kit::read_back::{self, AFTER, BEFORE, Fit, decided, may_be, too_many};

/// Posts on a page; each one read costs money.
const PAGE: u32 = 10;
/// The most pages read. A busier account than this cannot be searched to an end.
const PAGES_MAX: u32 = 20;

/// Searches for the post of a trace.
pub async fn find(call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
    if let Some(sent) = trace.sent {
        return Ok(Finding::Published { sent: sent.clone(), proof: say!("X's answer had its ID") });
    }
    let wanted = Wanted::of(&trace.ready.request);
    let posts = own_posts(call, trace).await?;
    // The read asked from the window's beginning on, so a post without a time is inside.
    let made_at = |post: &Post| post.created_at.as_deref().and_then(|text| Timestamp::parse(text).ok());
    let ours = posts.iter().filter(|post| may_be(trace, &post.id, made_at(post)));
    Ok(decided(ours.map(|post| {
        let remote = publish::remote(call, &post.id, &wanted.media_keys);
        (wanted.compare(post), Sent { remote, processing: false })
    })))
}

/// The post whose page a person found.
pub async fn at_address(call: &Call<'_>, request: &Value, url: &url::Url) -> Result<Remote, Failure> {
    let wrong = |detail: Text| Failure::rejected(FailureKind::InputInvalid, detail);
    let id = id_in(call, url).ok_or_else(|| {
        wrong(say!("This isn't the address of a post on X. Open the post there and copy its address, like https://x.com/name/status/123."))
    })?;
    let read: Read<Post> = reads::get(call, "read the post", &format!("/2/tweets/{id}"), &[], &reads::AUTHOR).await?;
    let Some(post) = &read.answer.data else { return Err(read.refusal(call)) };
    if post.author_id.as_ref().is_some_and(|author| author != call.account_id) {
        return Err(wrong(say!("This post is from another account. Give the address of a post of this channel.")));
    }
    Ok(publish::remote(call, &post.id, &Wanted::of(request).media_keys))
}

/// The id in the address of a post's page: `/name/status/id`, and for any name `/i/status/id` and `/i/web/status/id`.
fn id_in(call: &Call<'_>, url: &url::Url) -> Option<String> {
    let ours = web(call, "").parse::<url::Url>().is_ok_and(|web| web.origin() == url.origin());
    let host = url.host_str()?.trim_start_matches("www.").trim_start_matches("mobile.");
    if !ours && !matches!(host, "x.com" | "twitter.com") {
        return None;
    }
    let path: Vec<&str> = url.path_segments()?.collect();
    let id = match path.as_slice() {
        [_, "status", id, ..] | ["i", "web", "status", id, ..] => *id,
        _ => return None,
    };
    wire::is_id(id).then(|| id.to_owned())
}

/// The account's posts in the window, newest first.
async fn own_posts(call: &Call<'_>, trace: &Trace<'_>) -> Result<Vec<Post>, Failure> {
    let path = format!("/2/users/{}/tweets", call.account_id);
    let mut query = vec![("max_results", PAGE.to_string()), ("start_time", second(trace.armed_at - BEFORE))];
    let end = trace.deadline + AFTER;
    if end + BEFORE < call.clock.now() {
        query.push(("end_time", second(end)));
    }
    let mut posts = Vec::new();
    for _ in 0..PAGES_MAX {
        let read: Read<Vec<Post>> = reads::get(call, "look for the post", &path, &query, &reads::LOOK_UP).await?;
        match (&read.answer.data, read.answer.meta.result_count) {
            (None, Some(0)) if read.answer.errors.is_empty() => {}
            (None, _) => return Err(read.refusal(call)),
            (Some(_), _) => {}
        }
        posts.extend(read.answer.data.into_iter().flatten());
        let Some(next) = read.answer.meta.next_token else { return Ok(posts) };
        query.retain(|(name, _)| *name != "pagination_token");
        query.push(("pagination_token", next));
    }
    Err(too_many((PAGE * PAGES_MAX) as usize))
}

/// X takes instants in whole seconds.
fn second(at: Timestamp) -> String {
    Timestamp::from_seconds(at.as_seconds()).to_string()
}

fn only_match(proof: Text) -> Text {
    say!("the only match among the account's own posts: {proof}")
}

/// What to recognise the post by, from the frozen request.
struct Wanted {
    text: String,
    media_ids: Vec<String>,
    media_keys: Vec<String>,
    answers: Option<String>,
    quotes: Option<String>,
    has_poll: bool,
}

impl Wanted {
    fn of(request: &Value) -> Self {
        let body = &request["body"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let keys = request["media_keys"].as_array().into_iter().flatten().filter_map(text).collect();
        let quotes = text(&body["quote_tweet_id"]);
        Self {
            text: canonical(body["text"].as_str().unwrap_or_default(), &[], quotes.as_deref()),
            media_ids: body["media"]["media_ids"].as_array().into_iter().flatten().filter_map(text).collect(),
            media_keys: keys,
            answers: text(&body["reply"]["in_reply_to_tweet_id"]),
            quotes,
            has_poll: body.get("poll").is_some(),
        }
    }

    fn compare(&self, post: &Post) -> Fit {
        let shown =
            post.attachments.as_ref().and_then(|attachments| attachments.media_keys.as_deref()).unwrap_or_default();
        if shown.iter().any(|key| self.is_our_file(key)) {
            return Fit::Same(only_match(say!("it shows the uploaded files")));
        }
        let foreign = !shown.is_empty() && (self.media_ids.is_empty() || self.media_keys.len() == self.media_ids.len());
        let text = self.text_likeness(post);
        if foreign || post.refers("retweeted").is_some() || text == TextLikeness::Other {
            return Fit::Other;
        }
        match (self.answers.as_deref(), post.refers("replied_to")) {
            (Some(wanted), Some(found)) if wanted == found => {}
            (None, None) => {}
            (Some(_), None) if post.in_reply_to_user_id.is_some() => return Fit::Alike,
            _ => return Fit::Other,
        }
        if self.quotes.is_some() && post.refers("quoted").is_some_and(|found| Some(found) != self.quotes.as_deref()) {
            return Fit::Other;
        }
        let polls = post.attachments.as_ref().and_then(|attachments| attachments.poll_ids.as_ref()).map_or(0, Vec::len);
        let all_shown = self.media_ids.len() == shown.len() && self.has_poll == (polls > 0);
        if all_shown && text == TextLikeness::Same {
            Fit::Same(only_match(say!("same text, same time, replies to the same post")))
        } else {
            Fit::Alike
        }
    }

    /// A key is a number for the kind, an underscore and the file's id; where X told no key, the id tells as much.
    fn is_our_file(&self, key: &str) -> bool {
        let id = key.rsplit_once('_').map(|(_, id)| id);
        self.media_keys.iter().any(|known| known == key)
            || id.is_some_and(|id| self.media_ids.iter().any(|known| known == id))
    }

    /// X may or may not escape for HTML, so both readings count. The same letters in another dress, or the beginning of
    /// a long text, are no proof; but they are no absence either.
    fn text_likeness(&self, post: &Post) -> TextLikeness {
        let (text, entities) = match post.note().filter(|note| !note.text.is_empty()) {
            Some(note) => (&note.text, note.entities.as_ref().or(post.entities.as_ref())),
            None => (&post.text, post.entities.as_ref()),
        };
        let links = links(entities);
        let shown = [unescape(text), text.clone()].map(|text| canonical(&text, &links, self.quotes.as_deref()));
        if shown.contains(&self.text) {
            return TextLikeness::Same;
        }
        let wanted = letters(&self.text);
        let near = |shown: &String| {
            let cut = shown.contains('…') || shown.chars().count() >= CUT_CHARS;
            let shown = letters(shown);
            !shown.is_empty()
                && (shown == wanted || cut && wanted.starts_with(&shown) && shown.chars().count() >= CUT_CHARS / 2)
        };
        if shown.iter().any(near) { TextLikeness::Near } else { TextLikeness::Other }
    }
}

#[derive(PartialEq, Eq)]
enum TextLikeness {
    Same,
    Near,
    Other,
}

/// X shows about so many characters of a long post where it does not show the whole.
const CUT_CHARS: usize = 240;

/// Only letters and digits, small, without addresses: what no rewriting by X changes.
fn letters(text: &str) -> String {
    let urls = text::weigh(text).urls;
    let plain = urls.iter().fold(text.to_owned(), |text, url| text.replace(url.as_str(), " "));
    read_back::letters(&plain)
}

/// The t.co links of a text, each with what it stands for: an address, or nothing for the post's own files.
fn links(entities: Option<&Entities>) -> Vec<(String, String)> {
    let all = entities.and_then(|entities| entities.urls.as_ref()).into_iter().flatten();
    let pair = |link: &super::wire::Link| {
        let expanded = link.expanded_url.clone().unwrap_or_default();
        let is_file =
            link.media_key.is_some() || expanded.contains("/photo/") && compose::quote_id(&expanded).is_some();
        let is_file = is_file || expanded.contains("/video/") && compose::quote_id(&expanded).is_some();
        Some((link.url.clone()?, if is_file { String::new() } else { expanded }))
    };
    all.filter_map(pair).collect()
}

fn unescape(text: &str) -> String {
    // `&amp;` last: `&amp;lt;` is the author's `&lt;`.
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// A text in the form in which what was sent and what is shown can be compared: links expanded, addresses without
/// scheme, the link to the quoted post and trailing media link dropped, NFC, white space collapsed.
fn canonical(text: &str, links: &[(String, String)], quoted: Option<&str>) -> String {
    let mut text: String = text.nfc().collect();
    for (short, long) in links {
        text = text.replace(short.as_str(), long);
    }
    let is_quoted = |word: &str| quoted.is_some() && compose::quote_id(word).as_deref() == quoted;
    let mut words: Vec<&str> = text.split_whitespace().collect();
    while words.last().is_some_and(|word| is_quoted(word)) {
        words.pop();
    }
    let text = words.join(" ");
    let mut plain = text.clone();
    for url in text::weigh(&text).urls {
        plain = plain.replace(&url, &bare(&url));
    }
    // A link that X did not explain, at the very end, stands for the post's own files or card.
    match plain.rsplit_once(' ') {
        Some((before, last)) if last.starts_with("t.co/") => before.to_owned(),
        None if plain.starts_with("t.co/") => String::new(),
        _ => plain,
    }
}

/// An address without scheme and closing slash, its host in small letters: X adds what the author left out.
fn bare(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host_end = rest.find(['/', '?', ':']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    format!("{}{}", host.to_lowercase(), path.trim_end_matches('/'))
}

/// The request and keys as `Prepared` keeps them.
pub fn frozen(body: &Value, media_keys: &[String]) -> Value {
    json!({ "body": body, "media_keys": media_keys })
}
