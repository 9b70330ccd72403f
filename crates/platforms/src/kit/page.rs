//! What a page says of itself to those who show a link to it: title, description, picture. For networks that read no pages.
//!
//! A page that cannot be read in time, or says nothing of itself, gets no card: a post is not held up by someone else's server.

use std::{borrow::Cow, cell::RefCell, time::Duration};

use base::{Text, say};
use bytes::Bytes;
use connector::{Call, Http, Reply, Transport};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts, states::RawKind,
    },
};
use url::Url;

/// How long a page may take, and its picture.
const PATIENCE: Duration = Duration::from_secs(6);
/// What a page says of itself stands in its head; no more of it is read, in bytes. The heads of large sites carry their
/// scripts before it.
const HEAD_MAX_BYTES: usize = 2 << 20;
/// Where a page may say in which encoding it is, in bytes from its beginning (browsers look at the first 1,024).
const ENCODING_BYTES: usize = 4 << 10;
/// So much is read at once, and then looked whether it was enough, in bytes.
const PIECE_BYTES: usize = 8 * 1024;
/// The longest title and description, in letters.
const LETTERS_MAX: (usize, usize) = (300, 1_000);

/// What a page says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub title: Option<String>,
    pub description: Option<String>,
    pub image: Option<Url>,
}

/// Reads a page, or says why it cannot be read. One behind `http://` is asked for over https first, as browsers do.
pub(crate) async fn read(call: &Call<'_>, address: &str) -> Result<Page, Text> {
    let at = Url::parse(address).map_err(|_| say!("{address} isn't a web address"))?;
    if let Some(secure) = secured(&at)
        && let Ok(page) = read_at(call, &secure).await
    {
        return Ok(page);
    }
    read_at(call, &at).await
}

/// The same page over https; `None` if it is there already, or on a port of its own.
fn secured(at: &Url) -> Option<Url> {
    let mut secure = at.clone();
    (at.scheme() == "http" && at.port().is_none() && secure.set_scheme("https").is_ok()).then_some(secure)
}

async fn read_at(call: &Call<'_>, at: &Url) -> Result<Page, Text> {
    let accept = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1";
    let request = call.http.for_pages().get("read the linked page", at).header("accept", accept);
    let reply = request.beginning(HEAD_MAX_BYTES).timeout(PATIENCE).send().await;
    let reply = reply.map_err(|trouble| unread(at, &trouble))?;
    if !reply.is_success() {
        return Err(say!("{at} answers with status {status}", status = reply.status));
    }
    if !is_page(&reply) {
        let kind = reply.header("content-type").unwrap_or("no type");
        return Err(say!("{at} isn't a web page ({kind})"));
    }
    let at = at.clone();
    // A page made to be slow to read must not keep others waiting.
    let read = tokio::task::spawn_blocking(move || said(&decoded(&reply), &at)).await;
    read.map_err(|_| say!("the page can't be read"))
}

/// Why there is no answer, in words for the author of the post.
fn unread(at: &Url, trouble: &Transport) -> Text {
    match trouble {
        Transport::NotSent(_) => say!("the server of {at} can't be reached"),
        Transport::Refused(_) => {
            say!("Fanfare may not call {at} (only public addresses over https, unless its operator allows more)")
        }
        Transport::Lost(_) => say!("{at} did not answer in time"),
        Transport::TooLarge(_) => say!("{at} is too large"),
    }
}

/// HTML or XHTML by its type, however it is written; without a type, what begins like it.
fn is_page(reply: &Reply) -> bool {
    let Some(kind) = reply.header("content-type") else {
        return reply.body.trim_ascii_start().starts_with(b"<");
    };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// The beginning of a page as text. As in browsers: a byte order mark says what it is, else the header, else the page
/// itself; else it is UTF-8, if it reads as that.
fn decoded(reply: &Reply) -> String {
    let named = |label: &str| Encoding::for_label(label.trim_matches(['"', '\'', ' ']).as_bytes());
    let in_header = reply.header("content-type").and_then(charset_in).and_then(named);
    let in_page = || {
        let start = &reply.body[..reply.body.len().min(ENCODING_BYTES)];
        let label = labelled(start)?;
        // A page that can be read so far is not in two bytes a letter, whatever it says.
        named(&label).map(|said| if said.output_encoding() == said { said } else { UTF_8 })
    };
    let encoding = in_header.or_else(in_page).unwrap_or_else(|| match std::str::from_utf8(&reply.body) {
        // What is cut within a letter at the end is UTF-8 all the same.
        Err(error) if error.error_len().is_some() => WINDOWS_1252,
        _ => UTF_8,
    });
    let (text, _, _): (Cow<'_, str>, _, _) = encoding.decode(&reply.body);
    text.trim_end_matches('\u{FFFD}').to_owned()
}

/// `charset=…` in a type, without quotes.
fn charset_in(kind: &str) -> Option<&str> {
    let at = kind.to_ascii_lowercase().find("charset")?;
    let label = kind[at + "charset".len()..].trim_start().strip_prefix('=')?.trim_start();
    let label = label.trim_start_matches(['"', '\'']);
    label.split(['"', '\'', ';', ' ']).next()
}

/// The encoding that a page names in its first lines.
fn labelled(start: &[u8]) -> Option<String> {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(start);
    if let Some(declared) = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        let (_, label) = declared.0.split_once("encoding")?;
        return label.trim_start().strip_prefix('=')?.trim().split(['"', '\'']).nth(1).map(str::to_owned);
    }
    heads(&text).charset
}

/// A picture and its type, by what it is; what a server calls it is often wrong.
pub(crate) async fn picture(http: &Http, image: &Url) -> Result<(Bytes, &'static str), Text> {
    let request = http.get("read the card's picture", image).header("accept", "image/*").timeout(PATIENCE);
    let reply = request.send().await.map_err(|trouble| unread(image, &trouble))?;
    if !reply.is_success() {
        return Err(say!("{image} answers with status {status}", status = reply.status));
    }
    let mime = match &*reply.body {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => return Err(say!("{image} isn't a JPEG, PNG, GIF or WebP picture")),
    };
    Ok((reply.body, mime))
}

/// Open Graph first, as the page wants to be shown elsewhere; else its own title and description.
fn said(html: &str, at: &Url) -> Page {
    let found = heads(html);
    let first = |texts: Vec<Option<String>>, max: usize| texts.into_iter().flatten().find_map(|text| tidy(&text, max));
    let image = [found.og_image, found.twitter_image].into_iter().flatten();
    Page {
        title: first(vec![found.og_title, found.twitter_title, Some(found.title)], LETTERS_MAX.0),
        description: first(vec![found.og_description, found.twitter_description, found.description], LETTERS_MAX.1),
        image: image
            .filter_map(|image| at.join(image.trim()).ok())
            .find(|url| matches!(url.scheme(), "http" | "https")),
    }
}

/// What the head of a page says.
fn heads(html: &str) -> Said {
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
    tokenizer.sink.0.into_inner()
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
    twitter_title: Option<String>,
    twitter_description: Option<String>,
    twitter_image: Option<String>,
    charset: Option<String>,
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
        if let Some(charset) = value("charset") {
            self.charset.get_or_insert(charset);
        }
        let Some(content) = value("content") else { return };
        if value("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("content-type")) {
            self.charset = self.charset.take().or_else(|| charset_in(&content).map(str::to_owned));
        }
        for name in [value("property"), value("name")].into_iter().flatten() {
            let place = match name.trim().to_ascii_lowercase().as_str() {
                "og:title" => &mut self.og_title,
                "og:description" => &mut self.og_description,
                "og:image" | "og:image:url" | "og:image:secure_url" => &mut self.og_image,
                "twitter:title" => &mut self.twitter_title,
                "twitter:description" => &mut self.twitter_description,
                "twitter:image" | "twitter:image:src" => &mut self.twitter_image,
                "description" => &mut self.description,
                _ => continue,
            };
            place.get_or_insert_with(|| content.clone());
        }
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
    fn a_page_that_speaks_to_twitter_alone_is_understood() {
        let found = page(
            "<title>Plain</title><meta name=twitter:title content='The quay'><meta name='twitter:description' content=New>\
             <meta property=twitter:image:src content=quay.jpg><meta name=description property=og:none content='Its own.'>",
        );
        assert_eq!((found.title.as_deref(), found.description.as_deref()), (Some("The quay"), Some("New")));
        assert_eq!(found.image.map(String::from).as_deref(), Some("https://example.org/news/quay.jpg"));
    }

    /// A page as it is sent, read.
    fn title(kind: Option<&str>, body: impl Into<Bytes>) -> Option<String> {
        let mut headers = http::HeaderMap::new();
        headers.extend(kind.map(|kind| (http::header::CONTENT_TYPE, kind.parse().expect("a type"))));
        let reply = Reply { status: 200, headers, body: body.into() };
        is_page(&reply).then(|| page(&decoded(&reply)).title).flatten()
    }

    #[test]
    fn pages_in_old_encodings_are_read_by_header_mark_or_their_own_word() {
        for (label, words) in [
            ("ISO-8859-1", "Café à Orléans"),
            ("windows-1252", "“Prix” 5 €"),
            ("Shift_JIS", "新しい埠頭"),
            ("EUC-JP", "新しい埠頭"),
            ("EUC-KR", "새로운 부두"),
            ("windows-1251", "Новая пристань"),
            ("KOI8-R", "Новая пристань"),
            ("GBK", "新码头"),
            ("Big5", "新碼頭"),
            ("windows-1256", "رصيف جديد"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).expect(label);
            let bytes = |html: String| encoding.encode(&html).0.into_owned();
            let in_header =
                title(Some(&format!("text/html; Charset=\"{label}\"")), bytes(format!("<title>{words}</title>")));
            assert_eq!(in_header.as_deref(), Some(words), "{label} in the header");
            for meta in [
                format!("<meta charset={label}>"),
                format!("<meta http-equiv=Content-Type content='text/html; charset={label}'>"),
                format!("<?xml version=\"1.0\" encoding=\"{label}\"?>"),
            ] {
                let found = title(Some("text/html"), bytes(format!("{meta}<title>{words}</title>")));
                assert_eq!(found.as_deref(), Some(words), "{label} in {meta}");
            }
        }
        let utf16: Vec<u8> = "\u{feff}<title>Größe</title>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(title(Some("text/html"), utf16.clone()).as_deref(), Some("Größe"), "by its mark");
        assert_eq!(title(Some("text/html; charset=utf-16le"), utf16[2..].to_vec()).as_deref(), Some("Größe"));
        assert_eq!(title(Some("text/html"), "<title>Größe</title>").as_deref(), Some("Größe"), "UTF-8 unsaid");
        assert_eq!(
            title(Some("text/html"), &b"<title>Gr\xf6\xdfe</title>"[..]).as_deref(),
            Some("Größe"),
            "Latin unsaid"
        );
        assert_eq!(title(Some("text/html"), "<meta charset=utf-16><title>Größe</title>").as_deref(), Some("Größe"));
    }

    #[test]
    fn a_page_is_known_by_its_type_however_it_is_written() {
        for kind in ["text/html", "Text/HTML; charset=utf-8", "application/xhtml+xml", "TEXT/HTML ;charset=UTF-8"] {
            assert_eq!(title(Some(kind), "<title>Quay</title>").as_deref(), Some("Quay"), "{kind}");
        }
        assert_eq!(title(None, "\n<!doctype html><title>Quay</title>").as_deref(), Some("Quay"), "without a type");
        for kind in ["text/plain", "application/pdf", "image/png"] {
            assert_eq!(title(Some(kind), "<title>Quay</title>"), None, "{kind}");
        }
    }

    #[test]
    fn a_page_behind_http_is_asked_for_over_https_first() {
        let url = |text: &str| Url::parse(text).expect("an address");
        assert_eq!(secured(&url("http://example.org/a")), Some(url("https://example.org/a")));
        for stays in ["https://example.org/a", "http://example.org:8080/a"] {
            assert_eq!(secured(&url(stays)), None);
        }
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
