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
    for (kind, signs) in [
        ("share", ["urn:li:share:", "-share-"]),
        ("ugcPost", ["urn:li:ugcPost:", "-ugcPost-"]),
        ("activity", ["urn:li:activity:", "-activity-"]),
    ] {
        let number = signs.iter().find_map(|sign| Some(digits(path.rsplit_once(sign)?.1)));
        match number.filter(|number| !number.is_empty()) {
            Some(_) if kind == "activity" => return Address::Activity,
            Some(number) => return Address::Post(format!("urn:li:{kind}:{number}")),
            None => {}
        }
    }
    Address::Other
}

/// The same for a call, in which other addresses may stand in for LinkedIn's.
pub fn at(call: &Call<'_>, url: &url::Url) -> Address {
    in_address(url, |host| call.endpoints.values().any(|own| own.host_str() == Some(host)))
}
