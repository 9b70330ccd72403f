//! What handles, DIDs and AT-URIs look like. Pure.

use unicode_normalization::UnicodeNormalization as _;

/// The largest handle, in characters (a DNS name).
const HANDLE_MAX: usize = 253;
/// Last labels that never name an account on the open network. `test` is left in: it is for development servers.
const NO_HANDLE: &[&str] = &["local", "localhost", "internal", "invalid", "onion", "alt", "arpa", "example"];

/// Marks that no one sees and that come along with what is pasted: directions of writing, joiners, soft hyphens.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// What a person meant to enter: without marks that no one sees, in plain letters for wide ones, without the @ before a
/// handle and the dot behind it.
pub(super) fn plain(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).nfkc().collect();
    seen.trim().trim_start_matches('@').trim_end_matches('.').trim().to_owned()
}

/// Whether the text can be a handle: a DNS name of at least two labels whose last begins with a letter.
pub(super) fn is_handle(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let fits = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= HANDLE_MAX
        && labels.len() >= 2
        && labels.iter().all(fits)
        && labels.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Whether a handle of this name can be an account's at all.
pub(super) fn may_resolve(handle: &str) -> bool {
    handle.rsplit('.').next().is_some_and(|last| !NO_HANDLE.contains(&last.to_ascii_lowercase().as_str()))
}

/// Whether the text is a DID of a method that the network uses (`plc` or `web`).
pub(super) fn is_did(text: &str) -> bool {
    if let Some(id) = text.strip_prefix("did:plc:") {
        return id.len() == 24 && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
    }
    let Some(host) = text.strip_prefix("did:web:") else { return false };
    let host = host.split("%3A").next().unwrap_or_default();
    text.len() <= 2048 && !text.contains('/') && (is_handle(host) || host == "localhost")
}

/// The address of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AtUri {
    /// A handle or DID.
    pub authority: String,
    /// The collection.
    pub collection: String,
    /// The record key.
    pub rkey: String,
}

impl AtUri {
    /// Reads `at://authority/collection/rkey`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("at://")?.split('/');
        let (authority, collection, rkey) = (parts.next()?, parts.next()?, parts.next()?);
        let known = is_did(authority) || is_handle(authority);
        (parts.next().is_none() && known && is_nsid(collection) && is_rkey(rkey)).then(|| Self {
            authority: authority.to_owned(),
            collection: collection.to_owned(),
            rkey: rkey.to_owned(),
        })
    }

    /// A post by its AT-URI or by the address of its page (`https://bsky.app/profile/…/post/…`, or another app that
    /// shows posts under the same path).
    pub(super) fn of_post(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with("at://") {
            return Self::parse(text).filter(|uri| uri.collection == super::POST);
        }
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
        let mut path = url.path_segments()?;
        let words = [path.next()?, path.next()?, path.next()?, path.next()?];
        let ["profile", authority, "post", rkey] = words else { return None };
        Self::parse(&format!("at://{authority}/{}/{rkey}", super::POST))
    }
}

fn is_nsid(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let fits = |label: &&str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    text.len() <= 317 && labels.len() >= 3 && labels.iter().all(fits)
}

fn is_rkey(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._:~-".contains(&b);
    (1..=512).contains(&text.len()) && text.bytes().all(fits) && text != "." && text != ".."
}

/// Whether the text is shaped like an app password (`xxxx-xxxx-xxxx-xxxx`). A main password of this very shape is
/// found out by the session it gives.
pub(super) fn is_app_password(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let fits = |group: &&str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    groups.len() == 4 && groups.iter().all(fits)
}

/// Whether the text is shaped like a language tag (BCP 47).
pub(super) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let known = matches!(first.len(), 2..=3) && first.bytes().all(|b| b.is_ascii_lowercase());
    (known || (first == "i" && text.len() > 2))
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The network's own interoperability vectors, one per line.
    fn vectors(file: &str) -> Option<Vec<String>> {
        let path = format!("{}/atproto-interop/syntax/{file}", crate::bluesky::tests::specs_folder());
        let Ok(text) = std::fs::read_to_string(&path) else {
            crate::bluesky::tests::say(&format!("skipped: {path} is not here; set FANFARE_SPECS"));
            return None;
        };
        Some(text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
    }

    fn all(file: &str, expected: bool, judge: impl Fn(&str) -> bool) {
        for line in vectors(file).into_iter().flatten() {
            assert_eq!(judge(&line), expected, "{file}: {line}");
        }
    }

    #[test]
    fn handles_are_judged_as_the_network_judges_them() {
        all("handle_syntax_valid.txt", true, is_handle);
        all("handle_syntax_invalid.txt", false, is_handle);
    }

    #[test]
    fn what_is_no_did_is_refused() {
        all("did_syntax_invalid.txt", false, is_did);
        assert!(is_did("did:plc:mr2e4qbzvygubvbcrbnxt5td") && is_did("did:web:example.com"));
        assert!(is_did("did:web:localhost%3A2583"));
        assert!(!is_did("did:plc:short") && !is_did("did:web:example.com/path") && !is_did("did:key:zabc"));
    }

    #[test]
    fn language_tags_that_the_network_refuses_are_refused() {
        for tag in ["en", "nl", "pt-BR", "zh-Hant", "sr-Latn-RS"] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in ["", "english", "EN", "en_US", "e", "en-", "en-toolongsubtag"] {
            assert!(!is_language(tag), "{tag}");
        }
    }

    #[test]
    fn a_post_is_known_by_its_at_uri_or_its_page() {
        let did = "did:plc:mr2e4qbzvygubvbcrbnxt5td";
        let expected =
            AtUri { authority: did.into(), collection: crate::bluesky::POST.into(), rkey: "3n2ue7nxlr42c".into() };
        assert_eq!(AtUri::of_post(&format!("at://{did}/app.bsky.feed.post/3n2ue7nxlr42c")), Some(expected.clone()));
        assert_eq!(AtUri::of_post(&format!("https://bsky.app/profile/{did}/post/3n2ue7nxlr42c?x=1")), Some(expected));
        for no in
            ["https://bsky.app/profile/a.test", "at://a.test/app.bsky.feed.like/1", "https://example.com/", "hello"]
        {
            assert_eq!(AtUri::of_post(no), None, "{no}");
        }
    }

    #[test]
    fn p_050_only_the_shape_of_an_app_password_passes() {
        assert!(is_app_password("w5fp-c4e7-szo6-7ox6"));
        for no in [
            "",
            "hunter2",
            "correct horse battery staple",
            "w5fp-c4e7-szo6",
            "W5FP-C4E7-SZO6-7OX6",
            "w5fp-c4e7-szo6-7ox6 ",
        ] {
            assert!(!is_app_password(no), "{no}");
        }
    }
}
