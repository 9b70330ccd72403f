//! LinkedIn's names for things, and the addresses of posts.

use connector::Call;

/// Whether it is the URN of a post that an app can act on.
pub fn is_post(urn: &str) -> bool {
    let number = ["urn:li:share:", "urn:li:ugcPost:"].into_iter().find_map(|kind| urn.strip_prefix(kind));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether it is an organisation's.
pub fn is_organization(urn: &str) -> bool {
    urn.starts_with("urn:li:organization:")
}

/// What an address of LinkedIn's pages says of the post that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The post's URN.
    Post(String),
    /// Only the activity behind it, from which the post's URN can't be told.
    Activity,
    /// It leads elsewhere.
    Other,
}

/// Reads an address, whatever page of the post it leads to: `/feed/update/urn:li:share:7`, `/embed/feed/update/…`, or
/// `/posts/name_words-share-7-xy`.
pub fn in_address(url: &url::Url, is_own: impl Fn(&str) -> bool) -> Address {
    let host = url.host_str().unwrap_or_default();
    if !(host == "linkedin.com" || host.ends_with(".linkedin.com") || is_own(host)) {
        return Address::Other;
    }
    let path = url.path().replace("%3A", ":").replace("%3a", ":");
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    // In a slug, words come before the name of the post, so the last sign with a number counts.
    let named = ["share", "ugcPost", "activity"]
        .into_iter()
        .flat_map(|kind| [format!("urn:li:{kind}:"), format!("-{kind}-")].map(|sign| (kind, sign)));
    let found = named.filter_map(|(kind, sign)| {
        let at = path.rfind(&sign)?;
        let number = digits(&path[at + sign.len()..]);
        (!number.is_empty()).then_some((at, kind, number))
    });
    match found.max_by_key(|(at, ..)| *at) {
        Some((_, "activity", _)) => Address::Activity,
        Some((_, kind, number)) => Address::Post(format!("urn:li:{kind}:{number}")),
        None => Address::Other,
    }
}

/// The same for a call, in which other addresses may stand in for LinkedIn's.
pub fn at(call: &Call<'_>, url: &url::Url) -> Address {
    in_address(url, |host| call.endpoints.values().any(|own| own.host_str() == Some(host)))
}
