//! Pages for people, the same on all platforms: a landing page, an account's posts, the consent form.
//!
//! Everything is escaped here. A twin gives plain text and facts; it never writes markup of its own but for the text of
//! a post, which it builds with [`escape`] and [`link`].

use std::fmt::Write as _;

use axum::{
    Router,
    response::{Html, IntoResponse},
    routing::get,
};
use base::Timestamp;
use http::{HeaderValue, header};

const STYLE: &str = include_str!("style.css");

/// Makes text safe between tags and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A link; both texts are escaped. Only http addresses and paths of this network become links.
pub fn link(address: &str, text: &str) -> String {
    if !["http://", "https://", "/"].iter().any(|start| address.starts_with(start)) {
        return escape(text);
    }
    format!("<a href=\"{}\" rel=\"nofollow noopener noreferrer\">{}</a>", escape(address), escape(text))
}

/// A whole page. `title` is plain text, `body` is markup.
pub fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <link rel=\"stylesheet\" href=\"/sandbox.css\"></head><body><main>{body}</main></body></html>",
        escape(title)
    ))
}

pub(crate) fn style() -> Router {
    Router::new().route(
        "/sandbox.css",
        get(|| async {
            let kind = HeaderValue::from_static("text/css; charset=utf-8");
            ([(header::CONTENT_TYPE, kind)], STYLE).into_response()
        }),
    )
}

/// What a network's landing page says.
#[derive(Debug, Clone, Default)]
pub struct Landing {
    /// The network's name.
    pub network: String,
    /// What it is, in a sentence.
    pub about: String,
    /// The accounts: name, handle, address of the page.
    pub accounts: Vec<(String, String, String)>,
}

/// A network's landing page.
pub fn landing(landing: &Landing) -> Html<String> {
    let mut body = format!("{}<h1>{}</h1>", banner(&landing.network), escape(&landing.network));
    let _ = write!(body, "<p>{}</p><ul class=\"accounts\">", escape(&landing.about));
    for (name, handle, address) in &landing.accounts {
        let _ = write!(
            body,
            "<li class=\"card\">{} <a href=\"{}\">{}</a><br><span class=\"quiet\">{}</span></li>",
            portrait(name, handle),
            escape(address),
            escape(name),
            escape(handle)
        );
    }
    body.push_str("</ul>");
    page(&landing.network, &body)
}

/// A picture, film or sound under a post.
#[derive(Debug, Clone, Default)]
pub struct MediaView {
    /// Where the bytes are; a path of this network.
    pub address: String,
    /// The content type.
    pub content_type: String,
    /// The alternative text.
    pub alt: String,
}

/// A poll under a post.
#[derive(Debug, Clone, Default)]
pub struct PollView {
    /// The choices with their votes.
    pub options: Vec<(String, u64)>,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// A post as a person sees it.
#[derive(Debug, Clone, Default)]
pub struct PostView {
    /// The id, for the address of the post on the page.
    pub id: String,
    /// The author's name.
    pub author: String,
    /// The author's handle, with its `@`.
    pub handle: String,
    /// When it was posted.
    pub at: Timestamp,
    /// The text as markup, made with [`escape`] and [`link`].
    pub text: String,
    /// The content warning under which it is folded.
    pub warning: Option<String>,
    /// What hangs under it.
    pub media: Vec<MediaView>,
    /// A poll.
    pub poll: Option<PollView>,
    /// A post that it quotes.
    pub quote: Option<Box<PostView>>,
    /// Notes in words: “edited”, “followers only”, “12 likes”.
    pub notes: Vec<String>,
    /// The answers to it, nested.
    pub replies: Vec<PostView>,
}

/// An account's page.
#[derive(Debug, Clone, Default)]
pub struct TimelineView {
    /// The account's name.
    pub name: String,
    /// The handle, with its `@`.
    pub handle: String,
    /// What the account says of itself.
    pub bio: String,
    /// The posts, newest first.
    pub posts: Vec<PostView>,
}

/// An account's page with its posts.
pub fn timeline(network: &str, view: &TimelineView) -> Html<String> {
    let mut body = format!(
        "{}<header class=\"who\">{}<div><h1>{}</h1><p class=\"quiet\">{}</p><p>{}</p></div></header>",
        banner(network),
        portrait(&view.name, &view.handle),
        escape(&view.name),
        escape(&view.handle),
        escape(&view.bio)
    );
    if view.posts.is_empty() {
        body.push_str("<p class=\"quiet\">No posts yet. What Fanfare publishes to this account appears here.</p>");
    }
    for post in &view.posts {
        show_post(&mut body, post, true);
    }
    page(&format!("{} ({}) on {}", view.name, view.handle, network), &body)
}

/// A page of its own for one post.
pub fn single(network: &str, post: &PostView) -> Html<String> {
    let mut body = banner(network);
    show_post(&mut body, post, true);
    page(&format!("{} on {network}", post.author), &body)
}

fn banner(network: &str) -> String {
    format!("<p class=\"banner\"><a href=\"/\">Sandbox: {}</a> — only on this computer</p>", escape(network))
}

fn portrait(name: &str, handle: &str) -> String {
    let hue = handle.bytes().fold(7u32, |sum, byte| (sum * 31 + u32::from(byte)) % 6);
    let first = name.chars().next().unwrap_or('?').to_string();
    format!("<span class=\"portrait hue{hue}\" aria-hidden=\"true\">{}</span>", escape(&first))
}

fn show_post(body: &mut String, post: &PostView, with_replies: bool) {
    let _ = write!(
        body,
        "<article class=\"card\" id=\"post-{}\"><header>{}<div><strong>{}</strong> <span class=\"quiet\">{}</span><br>\
         <time class=\"quiet\" datetime=\"{}\">{}</time></div></header>",
        escape(&post.id),
        portrait(&post.author, &post.handle),
        escape(&post.author),
        escape(&post.handle),
        post.at,
        post.at.to_jiff().strftime("%-d %B %Y, %H:%M UTC")
    );
    match &post.warning {
        Some(warning) => {
            let _ = write!(body, "<details><summary>{}</summary>", escape(warning));
            show_content(body, post);
            body.push_str("</details>");
        }
        None => show_content(body, post),
    }
    if !post.notes.is_empty() {
        let _ = write!(body, "<p class=\"quiet notes\">{}</p>", escape(&post.notes.join(" · ")));
    }
    if with_replies && !post.replies.is_empty() {
        body.push_str("<div class=\"replies\">");
        post.replies.iter().for_each(|reply| show_post(body, reply, true));
        body.push_str("</div>");
    }
    body.push_str("</article>");
}

fn show_content(body: &mut String, post: &PostView) {
    let _ = write!(body, "<div class=\"text\">{}</div>", post.text);
    if !post.media.is_empty() {
        let _ = write!(body, "<div class=\"media media{}\">", post.media.len().min(4));
        post.media.iter().for_each(|media| show_media(body, media));
        body.push_str("</div>");
    }
    if let Some(poll) = &post.poll {
        show_poll(body, poll);
    }
    if let Some(quote) = &post.quote {
        body.push_str("<div class=\"quote\">");
        show_post(body, quote, false);
        body.push_str("</div>");
    }
}

fn show_media(body: &mut String, media: &MediaView) {
    let (address, alt) = (escape(&media.address), escape(&media.alt));
    let _ = match media.content_type.split('/').next() {
        Some("video") => write!(body, "<figure><video controls preload=\"metadata\" src=\"{address}\"></video>"),
        Some("audio") => write!(body, "<figure><audio controls src=\"{address}\"></audio>"),
        _ => write!(body, "<figure><img src=\"{address}\" alt=\"{alt}\" loading=\"lazy\">"),
    };
    if !media.alt.is_empty() {
        let _ = write!(body, "<figcaption>{alt}</figcaption>");
    }
    body.push_str("</figure>");
}

fn show_poll(body: &mut String, poll: &PollView) {
    let all: u64 = poll.options.iter().map(|(_, votes)| votes).sum();
    body.push_str("<ul class=\"poll\">");
    for (option, votes) in &poll.options {
        let _ = write!(
            body,
            "<li><label>{} <meter min=\"0\" max=\"{}\" value=\"{votes}\"></meter></label> <span class=\"quiet\">{votes}</span></li>",
            escape(option),
            all.max(1)
        );
    }
    let _ = write!(
        body,
        "</ul><p class=\"quiet\">{all} votes · ends {}</p>",
        poll.ends_at.to_jiff().strftime("%-d %B %Y, %H:%M UTC")
    );
}

/// The hidden field that tells that the form's ticks count: without it, nothing was there to be unticked.
pub const TICKED: &str = "ticked";

/// An account that can give consent.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The form's value.
    pub value: String,
    /// The name people read.
    pub name: String,
    /// The handle, with its `@`.
    pub handle: String,
    /// What one consent gives besides or in place of the account: pages, boards, numbers, each with its id and name.
    pub targets: Vec<(String, String)>,
}

impl Choice {
    /// An account that is known by its local name, and gives itself only.
    pub fn of(username: &str, name: &str) -> Self {
        let (value, name, handle) = (username.to_owned(), name.to_owned(), format!("@{username}"));
        Self { value, name, handle, targets: Vec::new() }
    }
}

/// Something that an app wants.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The scope.
    pub value: String,
    /// The scope in words of the network.
    pub said: String,
    /// Whether a person may leave it out.
    pub optional: bool,
}

/// The form on which a person lets an app in. It is posted as fields: all of `hidden`, `account` (the value of one of
/// `accounts`), `new_account` (a name typed in), `scope_kept` and `target_kept` (what stays ticked), and `decision` (`allow`
/// or `deny`).
#[derive(Debug, Clone, Default)]
pub struct ConsentForm {
    /// The network's name.
    pub network: String,
    /// The app's name.
    pub app: String,
    /// What it wants.
    pub scopes: Vec<Wish>,
    /// Where the form is posted to.
    pub action: String,
    /// The request's own parameters, carried along.
    pub hidden: Vec<(String, String)>,
    /// The accounts to choose from.
    pub accounts: Vec<Choice>,
    /// What went wrong with the last try.
    pub problem: Option<String>,
}

/// The consent page.
pub fn consent(form: &ConsentForm) -> Html<String> {
    let mut body = format!(
        "{}<h1>Let {} use your {} account?</h1>",
        banner(&form.network),
        escape(&form.app),
        escape(&form.network)
    );
    if let Some(problem) = &form.problem {
        let _ = write!(body, "<p class=\"problem\" role=\"alert\">{}</p>", escape(problem));
    }
    let _ = write!(body, "<form method=\"post\" action=\"{}\" class=\"card\">", escape(&form.action));
    for (name, value) in &form.hidden {
        show_hidden(&mut body, name, value);
    }
    if form.scopes.iter().any(|scope| scope.optional) || form.accounts.iter().any(|one| !one.targets.is_empty()) {
        show_hidden(&mut body, TICKED, "yes");
    }
    body.push_str("<fieldset><legend>As whom?</legend>");
    for (place, Choice { value, name, handle, targets }) in form.accounts.iter().enumerate() {
        let _ = write!(
            body,
            "<label class=\"choice\"><input type=\"radio\" name=\"account\" value=\"{}\"{}> {} {} <span class=\"quiet\">{}</span></label>",
            escape(value),
            if place == 0 { " checked" } else { "" },
            portrait(name, handle),
            escape(name),
            escape(handle)
        );
        targets.iter().for_each(|(id, name)| show_tick(&mut body, "target_kept", id, name));
    }
    body.push_str(
        "<label class=\"choice\">or a new account <input type=\"text\" name=\"new_account\" maxlength=\"30\" \
         autocomplete=\"off\" placeholder=\"name\"></label></fieldset><p>It may:</p><ul>",
    );
    for Wish { value, said, optional } in &form.scopes {
        body.push_str("<li>");
        if *optional {
            show_tick(&mut body, "scope_kept", value, said);
        } else {
            body.push_str(&escape(said));
        }
        body.push_str("</li>");
    }
    body.push_str(
        "</ul><p class=\"buttons\"><button name=\"decision\" value=\"allow\" class=\"allow\">Allow</button> \
         <button name=\"decision\" value=\"deny\">Deny</button></p></form>",
    );
    page(&format!("Let {} in?", form.app), &body)
}

fn show_hidden(body: &mut String, name: &str, value: &str) {
    let _ = write!(body, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
}

fn show_tick(body: &mut String, name: &str, value: &str, said: &str) {
    let _ = write!(
        body,
        "<label class=\"choice\"><input type=\"checkbox\" name=\"{name}\" value=\"{}\" checked> {}</label>",
        escape(value),
        escape(said)
    );
}

/// A page that says why something cannot be done, for the moments in which a network must not send the person back.
pub fn refusal(network: &str, what: &str) -> Html<String> {
    page("That does not work", &format!("{}<h1>That does not work</h1><p>{}</p>", banner(network), escape(what)))
}

/// Turns plain text into markup: line breaks stay, and each found piece becomes a link. `links` are byte ranges in
/// order with the address to link to.
pub fn linked(text: &str, links: &[(std::ops::Range<usize>, String)]) -> String {
    let mut markup = String::new();
    let mut done = 0;
    for (range, address) in links {
        let (Some(before), Some(inside)) = (text.get(done..range.start), text.get(range.clone())) else { continue };
        let _ = write!(markup, "{}{}", escape(before), link(address, inside));
        done = range.end;
    }
    markup.push_str(&escape(text.get(done..).unwrap_or_default()));
    markup.replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_57_nothing_that_an_app_or_author_wrote_becomes_markup() {
        let evil = "<script>alert(\"1\")</script>".to_owned();
        let wish = Wish { value: evil.clone(), said: evil.clone(), optional: true };
        let targets = vec![(evil.clone(), evil.clone())];
        let choice = Choice { value: evil.clone(), name: evil.clone(), handle: evil.clone(), targets };
        let hidden = vec![(evil.clone(), evil.clone())];
        let form =
            ConsentForm { app: evil.clone(), hidden, scopes: vec![wish], accounts: vec![choice], ..Default::default() };
        let post =
            PostView { id: evil.clone(), author: evil.clone(), warning: Some(evil.clone()), ..Default::default() };
        let view = TimelineView { name: evil.clone(), bio: evil.clone(), posts: vec![post], ..Default::default() };
        for page in [consent(&form).0, timeline("X", &view).0, refusal("X", &evil).0] {
            assert!(!page.contains("<script"), "{page}");
        }
        assert_eq!(link("javascript:alert(1)", "x"), "x");
    }

    #[test]
    fn text_around_links_is_escaped_and_keeps_its_lines() {
        let text = "see <b>\nhttps://example.com/?a&b";
        let markup = linked(text, &[(8..text.len(), text[8..].to_owned())]);
        assert!(markup.starts_with("see &lt;b&gt;<br><a href=\"https://example.com/?a&amp;b\""), "{markup}");
    }
}
