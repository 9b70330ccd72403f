//! The card of a link: what its page says of itself, and its picture.
//!
//! Bluesky reads no pages: whoever posts a link sends the card along. A page that cannot be read in time, or says nothing
//! of itself, gets no card: a post is not held up by somebody else's server. What was found is journaled, so that the
//! record stays the same on the next attempt.

use std::{cell::RefCell, time::Duration};

use connector::{Call, Card, Failure, Handles, Http, Part, Reading};
use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
    },
};
use serde_json::{Value, json};
use url::Url;

use super::{
    media,
    options::Options,
    rpc::{Body, Pds},
};

/// The handle under which a card is journaled; `null` where there is none.
const NAME: &str = "card";
/// How long a page may take, and its picture.
const PATIENCE: Duration = Duration::from_secs(6);
/// What a page says of itself stands in its head; no more of it is looked at, in bytes.
const HEAD_MAX_BYTES: usize = 256 * 1024;
/// So much is read at once, and then looked whether it was enough, in bytes.
const PIECE_BYTES: usize = 8 * 1024;
/// The longest title and description, in letters.
const LETTERS_MAX: (usize, usize) = (300, 1_000);
/// The largest picture in bytes (lexicon `app.bsky.embed.external`).
const THUMB_MAX_BYTES: usize = 1_000_000;

/// The `external` of a part's card, if it gets one: as the author wrote it, or as the page of the first link says.
pub(super) async fn of(
    pds: &Pds<'_>,
    part: &Part,
    reading: &Reading,
    options: &Options,
    handles: &dyn Handles,
) -> Result<Option<Value>, Failure> {
    if !part.media.is_empty() {
        return Ok(None);
    }
    if let Some(known) = handles.get(NAME) {
        return Ok(Some(known).filter(|card| !card.is_null()));
    }
    let Some(Card { address: uri, title: written, description }) = reading.card.clone() else { return Ok(None) };
    let page = match options.link_preview {
        Some(false) => None,
        _ => read(pds.call, &uri).await,
    };
    let said = match (written, &page) {
        (Some(title), _) => Some((title, description.unwrap_or_default())),
        (None, Some(page)) => page.title.clone().map(|title| (title, page.description.clone().unwrap_or_default())),
        (None, None) => None,
    };
    let mut external = Value::Null;
    if let Some((title, description)) = said {
        external = json!({ "uri": uri, "title": title, "description": description });
        if let Some(thumb) = picture(pds, page.and_then(|page| page.image)).await {
            external["thumb"] = thumb;
        }
    }
    handles.put(NAME, external.clone()).await?;
    Ok(Some(external).filter(|card| !card.is_null()))
}

/// Whether the card has a picture, which the server keeps only for a post that shows it.
pub(super) fn has_picture(handles: &dyn Handles) -> bool {
    handles.get(NAME).is_some_and(|card| card.get("thumb").is_some())
}

/// Forgets a card whose picture the server may have thrown away meanwhile.
pub(super) async fn forget(handles: &dyn Handles) -> Result<(), Failure> {
    handles.forget(NAME).await
}

/// What a page says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Page {
    title: Option<String>,
    description: Option<String>,
    image: Option<Url>,
}

async fn read(call: &Call<'_>, uri: &str) -> Option<Page> {
    let at = Url::parse(uri).ok()?;
    let request = call.http.for_pages().get("read the linked page", uri).header("accept", "text/html");
    let reply = request.timeout(PATIENCE).send().await.ok().filter(connector::Reply::is_success)?;
    if !reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
        return None;
    }
    let head = String::from_utf8_lossy(reply.body.get(..HEAD_MAX_BYTES).unwrap_or(&reply.body)).into_owned();
    // A page made to be slow to read must not keep others waiting.
    tokio::task::spawn_blocking(move || said(&head, &at)).await.ok()
}

/// The picture, uploaded. One that is too large or does not come is left out.
async fn picture(pds: &Pds<'_>, image: Option<Url>) -> Option<Value> {
    let (bytes, mime) = fetch(&pds.call.http.for_pages(), &image?).await?;
    media::upload(pds, "upload the card's picture", Body::Bytes(&bytes, mime)).await.ok()
}

async fn fetch(http: &Http, image: &Url) -> Option<(bytes::Bytes, &'static str)> {
    let request = http.get("read the card's picture", image).header("accept", "image/*").timeout(PATIENCE);
    let reply = request.send().await.ok().filter(|reply| reply.is_success() && reply.body.len() <= THUMB_MAX_BYTES)?;
    let kind = reply.header("content-type")?.split(';').next()?.trim();
    let mime = ["image/jpeg", "image/png", "image/webp", "image/gif"].into_iter().find(|known| *known == kind)?;
    Some((reply.body, mime))
}

/// Open Graph first, as the page wants to be shown elsewhere; else its own title and description.
fn said(html: &str, at: &Url) -> Page {
    let tokenizer = Tokenizer::new(Head::default(), TokenizerOpts::default());
    let mut rest = html;
    while !rest.is_empty() && !tokenizer.sink.0.borrow().is_over {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(piece));
        // There are no scripts to run; whatever it asks for, it goes on with the next piece.
        let _ = tokenizer.feed(&input);
        rest = after;
    }
    let found = tokenizer.sink.0.into_inner();
    let first = |texts: [Option<String>; 2], max: usize| texts.into_iter().flatten().find_map(|text| tidy(&text, max));
    Page {
        title: first([found.og_title, Some(found.title)], LETTERS_MAX.0),
        description: first([found.og_description, found.description], LETTERS_MAX.1),
        image: found
            .og_image
            .and_then(|image| at.join(image.trim()).ok())
            .filter(|url| url.scheme().starts_with("http")),
    }
}

/// On one line and not too long. A text in letters that could not be read is none.
fn tidy(text: &str, letters_max: usize) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() || line.contains('\u{FFFD}') {
        return None;
    }
    let cut = line.char_indices().nth(letters_max).map(|(end, _)| &line[..end]);
    Some(cut.map_or(line.clone(), |cut| format!("{}…", cut.trim_end())))
}

/// Reads a page's head, tag by tag: no tree is built, so that no nesting is too deep.
#[derive(Default)]
struct Head(RefCell<Said>);

#[derive(Default)]
struct Said {
    title: String,
    description: Option<String>,
    og_title: Option<String>,
    og_description: Option<String>,
    og_image: Option<String>,
    in_title: bool,
    is_over: bool,
}

impl TokenSink for Head {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut said = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return said.tag(&tag),
            Token::CharacterTokens(text) if said.in_title => said.title.push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Said {
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let starts = tag.kind == TagKind::StartTag;
        match &*tag.name {
            "title" => {
                // Pictures have titles of their own, further below.
                self.in_title = starts && self.title.is_empty();
                if starts {
                    return TokenSinkResult::RawData(RawKind::Rcdata);
                }
            }
            "script" if starts => return TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "noscript" if starts => return TokenSinkResult::RawData(RawKind::Rawtext),
            "meta" => self.meta(tag),
            "body" => self.is_over = true,
            "head" if !starts => self.is_over = true,
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn meta(&mut self, tag: &Tag) {
        let value = |name: &str| tag.attrs.iter().find(|one| &*one.name.local == name).map(|one| one.value.to_string());
        let (Some(name), Some(content)) = (value("property").or_else(|| value("name")), value("content")) else {
            return;
        };
        let place = match name.to_ascii_lowercase().as_str() {
            "og:title" => &mut self.og_title,
            "og:description" => &mut self.og_description,
            "og:image" | "og:image:url" | "og:image:secure_url" => &mut self.og_image,
            "description" => &mut self.description,
            _ => return,
        };
        place.get_or_insert(content);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        said(html, &Url::parse("https://example.org/news/today").expect("an address"))
    }

    #[test]
    fn a_page_is_shown_as_it_wants_to_be_shown() {
        let found = page(
            "<!doctype html><html><head><title>Plain &amp; simple</title><meta name=description content='Its own words.'>\
             <meta property=\"og:title\" content=\"Bread &#x26; buns\"><meta property='og:description' content=' Two\n lines '>\
             <meta property=og:image content=/pictures/quay.jpg><meta property=og:image content=/second.jpg></head>\
             <body><meta property=og:title content=late>",
        );
        assert_eq!(found.title.as_deref(), Some("Bread & buns"));
        assert_eq!(found.description.as_deref(), Some("Two lines"));
        assert_eq!(found.image.map(String::from).as_deref(), Some("https://example.org/pictures/quay.jpg"));
    }

    #[test]
    fn a_page_that_says_little_is_shown_by_its_title() {
        let found = page("<title>Plain &amp; <b>simple</b></title><meta name=Description content='Its own words.'>");
        assert_eq!(found.title.as_deref(), Some("Plain & <b>simple</b>"));
        assert_eq!((found.description.as_deref(), found.image), (Some("Its own words."), None));
        assert_eq!(page("<p>Nothing"), Page::default());
        assert_eq!(page("<title>Caf\u{FFFD}</title>"), Page::default(), "in letters that could not be read");
        assert_eq!(page("<script>'<title>no</title>'</script>").title, None);
        assert_eq!(page("<meta property=og:image content='javascript:alert(1)'>").image, None);
    }

    #[test]
    fn a_page_that_means_harm_is_only_cut() {
        let deep = format!("<title>{}</title>{}", "long ".repeat(1_000), "<div>".repeat(50_000));
        let title = page(&deep).title.expect("a title");
        assert!(title.chars().count() <= LETTERS_MAX.0 + 1 && title.ends_with('…'), "{title}");
        let late = format!("<head>{}<title>Late</title>", "<meta a>".repeat(30_000));
        assert_eq!(page(&late).title.as_deref(), Some("Late"), "said in pieces");
    }
}
