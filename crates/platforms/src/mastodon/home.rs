//! Which server an account lives on. The domain of a handle can be another than its server's: then WebFinger (RFC 7033)
//! names the server, at the domain itself or where its host-meta (RFC 6415) says.

use std::{cell::RefCell, time::Duration};

use base::say;
use connector::{Call, Failure, FailureKind, Outcome, Reply};
use html5ever::{
    tendril::StrTendril,
    tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
};
use url::Url;

use super::address::Instance;

/// What is asked for, in the story.
const FINGER: &str = "ask for the account's server";
/// How long each question may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The server of the account with this handle; `None` if a person entered no handle, or the domain answers and names no
/// other server.
///
/// # Errors
/// `InputInvalid` if nothing answers at the domain.
pub(crate) async fn of(call: &Call<'_>, entered: &str) -> Result<Option<Instance>, Failure> {
    let Some((user, host)) = handle(entered) else { return Ok(None) };
    // What cannot be an address is refused where it is read for good.
    let Ok(domain) = Instance::parse(host) else { return Ok(None) };
    let origin = call.endpoint("api", &domain.origin());
    let account = format!("acct:{user}@{}", domain.authority());
    let finger = |template: &str| {
        let resource: String = url::form_urlencoded::byte_serialize(account.as_bytes()).collect();
        template.replace("{uri}", &resource)
    };
    let at_home = finger(&format!("{origin}/.well-known/webfinger?resource={{uri}}"));
    let own = ask(call, FINGER, &at_home).await;
    if let Some(server) = own.as_ref().ok().and_then(server_in) {
        return Ok(Some(server));
    }
    let meta = ask(call, "ask where accounts are looked up", &format!("{origin}/.well-known/host-meta")).await;
    let template = meta.as_ref().ok().filter(|reply| reply.is_success()).and_then(|reply| template_in(&reply.text()));
    if let Some(template) = template
        && let Ok(found) = ask(call, FINGER, &finger(&template)).await
        && let Some(server) = server_in(&found)
    {
        return Ok(Some(server));
    }
    match (own, meta) {
        (Err(failure), Err(_)) if failure.outcome == Outcome::NotSent => Err(nothing_answers(host)),
        _ => Ok(None),
    }
}

/// The two halves of `@user@host`, `user@host` or `acct:user@host`.
fn handle(entered: &str) -> Option<(&str, &str)> {
    let text = entered.trim();
    let text = text.strip_prefix("acct:").unwrap_or(text);
    let (user, host) = text.strip_prefix('@').unwrap_or(text).split_once('@')?;
    (!user.is_empty() && !user.contains(['/', ':', ' ']) && !host.is_empty()).then_some((user, host))
}

async fn ask(call: &Call<'_>, name: &'static str, url: &str) -> Result<Reply, Failure> {
    Ok(call.http.for_pages().get(name, url).timeout(PATIENCE).send().await?)
}

/// The server of the account that a WebFinger answer describes: where its own document is.
fn server_in(reply: &Reply) -> Option<Instance> {
    let answer = Some(reply).filter(|reply| reply.is_success())?.value();
    let is_own = |link: &&serde_json::Value| {
        link["rel"] == "self" && link["type"].as_str().is_some_and(|kind| kind.contains("json"))
    };
    let own = answer["links"].as_array()?.iter().find(is_own)?["href"].as_str()?;
    let at = Url::parse(own).ok().filter(|url| url.scheme() == "https")?;
    Instance::parse(&at.origin().ascii_serialization()).ok()
}

/// The `lrdd` template of a host-meta document.
fn template_in(xml: &str) -> Option<String> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(xml));
    let tokenizer = Tokenizer::new(Links::default(), TokenizerOpts::default());
    // There are no scripts to run, so that all of it is read at once.
    let _ = tokenizer.feed(&input);
    tokenizer.sink.0.into_inner().filter(|template| template.starts_with("https://") && template.contains("{uri}"))
}

#[derive(Default)]
struct Links(RefCell<Option<String>>);

impl TokenSink for Links {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && &*tag.name == "link"
        {
            let value = |name: &str| tag.attrs.iter().find(|one| &*one.name.local == name).map(|one| &*one.value);
            if value("rel") == Some("lrdd") && self.0.borrow().is_none() {
                *self.0.borrow_mut() = value("template").map(str::to_owned);
            }
        }
        TokenSinkResult::Continue
    }
}

fn nothing_answers(host: &str) -> Failure {
    let detail = say!(
        "Nothing answers at {host}. Your server's address may differ from your handle: enter the one that your browser shows when you use Mastodon, like social.example.com."
    );
    Failure::rejected(FailureKind::InputInvalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_handle_is_looked_up() {
        for (entered, found) in [
            ("@you@example.com", Some(("you", "example.com"))),
            (" you@example.com ", Some(("you", "example.com"))),
            ("acct:you@example.com", Some(("you", "example.com"))),
            ("example.com", None),
            ("https://example.com/@you", None),
            ("example.com/@you@other.com", None),
            ("@you", None),
            ("@@example.com", None),
        ] {
            assert_eq!(handle(entered), found, "{entered}");
        }
    }

    #[test]
    fn the_template_of_a_host_meta_is_found() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
            <XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="other" template="https://no.example/{uri}"/>
            <Link rel="lrdd" template="https://social.example.com/.well-known/webfinger?resource={uri}&amp;a=b"/></XRD>"#;
        let found = "https://social.example.com/.well-known/webfinger?resource={uri}&a=b";
        assert_eq!(template_in(xml).as_deref(), Some(found));
        assert_eq!(template_in("<XRD/>"), None);
        assert_eq!(template_in(r#"<Link rel="lrdd" template="http://plain.example/{uri}"/>"#), None);
    }
}
