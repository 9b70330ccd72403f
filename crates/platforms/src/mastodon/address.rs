//! Which instance a person means, and what we call it.
//!
//! People write an instance in many ways: its name, its address, a page on it, or their own handle. All of them become
//! one canonical origin. Plain http is kept only if it was written out; whether it may be called is for the guard.

use base::{Text, say};
use connector::{Failure, FailureKind};
use serde_json::Value;
use url::{Host, Url};

/// The longest input that is read, in bytes: a domain name has at most 253, a handle a little more.
const INPUT_MAX_BYTES: usize = 400;

/// An instance by its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance(Url);

impl Instance {
    /// From what a person entered under `instance`, or from a [`Instance::key`].
    pub(crate) fn parse(input: &str) -> Result<Self, Failure> {
        let text = input.trim();
        if text.is_empty() || text.len() > INPUT_MAX_BYTES {
            return Err(wrong(say!("Enter the address of your server, like social.example.")));
        }
        let url = Url::parse(&with_scheme(text)).map_err(|_| not_an_address(text))?;
        let plain_name = !text.contains("://");
        match url.host() {
            Some(Host::Domain(name)) if !plain_name || name == "localhost" || name.contains('.') => {}
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => {}
            _ => return Err(not_an_address(text)),
        }
        if url.password().is_some() || !matches!(url.scheme(), "http" | "https") {
            return Err(not_an_address(text));
        }
        Ok(Self(origin_of(&url)))
    }

    /// From the `instance` field of a connect form.
    pub(crate) fn from_input(input: &Value) -> Result<Self, Failure> {
        Self::parse(input["instance"].as_str().unwrap_or_default())
    }

    /// The name that the app's registration is kept by: `host` or `host:port`; with `http://` before it where a person
    /// asked for plain http, so that the two are never mixed up.
    pub(crate) fn key(&self) -> String {
        if self.0.scheme() == "https" { self.authority() } else { format!("http://{}", self.authority()) }
    }

    /// `https://host[:port]`, without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        self.0.as_str().trim_end_matches('/').to_owned()
    }

    /// `host[:port]`.
    pub(crate) fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// `@user@host`, `user@host`, `acct:user@host` and a bare host (with or without a path) all mean https.
fn with_scheme(text: &str) -> String {
    if text.contains("://") {
        return text.to_owned();
    }
    let handle = text.strip_prefix("acct:").unwrap_or(text);
    let handle = handle.strip_prefix('@').unwrap_or(handle);
    let host = match handle.split_once('@') {
        // `social.example/@alice` is a page, not a handle.
        Some((user, host)) if !user.contains('/') => host,
        _ => handle,
    };
    format!("https://{host}")
}

fn origin_of(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    // Neither can fail for an http address with a host; a user name in front of the host is not part of an origin.
    let _ = origin.set_username("");
    origin
}

fn not_an_address(text: &str) -> Failure {
    wrong(say!("“{text}” isn't the address of a server. Write it like social.example or @you@social.example."))
}

fn wrong(detail: Text) -> Failure {
    Failure::rejected(FailureKind::InputInvalid, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> String {
        Instance::parse(text).expect("an instance").origin()
    }

    #[test]
    fn however_people_write_their_instance_it_is_one_origin() {
        for text in [
            "social.example",
            " social.example ",
            "Social.Example/",
            "https://social.example",
            "https://social.example:443/@alice",
            "https://social.example/@alice?x#y",
            "@alice@social.example",
            "alice@social.example",
            "acct:alice@social.example",
            "social.example/@alice",
            "https://alice@social.example",
        ] {
            assert_eq!(origin(text), "https://social.example", "{text}");
        }
        assert_eq!(origin("social.example:8443"), "https://social.example:8443");
        assert_eq!(origin("bücher.example"), "https://xn--bcher-kva.example");
    }

    #[test]
    fn plain_http_is_kept_only_where_it_was_written() {
        let local = Instance::parse("http://127.0.0.1:4041/").expect("an instance");
        assert_eq!((local.origin(), local.key()), ("http://127.0.0.1:4041".into(), "http://127.0.0.1:4041".into()));
        assert_eq!(Instance::parse(&local.key()).expect("a key"), local);
        let far = Instance::parse("social.example:8443").expect("an instance");
        assert_eq!((far.key(), Instance::parse(&far.key()).expect("a key")), ("social.example:8443".into(), far));
    }

    #[test]
    fn what_cannot_be_an_instance_is_refused_with_an_example() {
        for text in [
            "",
            "   ",
            "mastodon",
            "ftp://social.example",
            "https://",
            "https://a:b@social.example",
            "a b",
            "@alice",
            "javascript:alert(1)",
        ] {
            let failure = Instance::parse(text).expect_err(text);
            assert_eq!(failure.kind, FailureKind::InputInvalid, "{text}");
            assert!(failure.detail.english().contains("social.example"), "{}", failure.detail);
        }
        assert!(Instance::parse(&"a.".repeat(300)).is_err());
    }
}
