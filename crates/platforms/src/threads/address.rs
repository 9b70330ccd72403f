//! The address of a post's page, and the id that the API knows it by. Nothing converts one into the other, so that a post is
//! looked for where it must be: among the account's own, or those of the account in the address.

use base::say;
use connector::{Call, Failure, FailureKind};

use super::{
    errors::Asked,
    peer,
    reads::{self, List},
    wire::Post,
};
use crate::{kit::peer::Peer, meta::pages};

/// How many pages of posts are read for one.
const PAGES_MAX: usize = 10;

/// What the address of a post's page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The account, without @.
    pub username: String,
    /// The post.
    pub shortcode: String,
}

/// Reads `https://www.threads.com/@name/post/ABC` and its like.
pub fn parse(text: &str) -> Option<Page> {
    let url = url::Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?.trim_start_matches("www.");
    // A server that stands in for Threads is called by its number or as this machine.
    let stands_in = matches!(url.host(), Some(url::Host::Ipv4(_) | url::Host::Ipv6(_))) || host == "localhost";
    if !stands_in && !matches!(host, "threads.net" | "threads.com") {
        return None;
    }
    let path: Vec<&str> = url.path_segments()?.filter(|word| !word.is_empty()).collect();
    let [name, "post", code, ..] = path.as_slice() else { return None };
    let is_code = |code: &&str| code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let username = name.strip_prefix('@').filter(|name| !name.is_empty())?;
    Some(Page { username: username.to_owned(), shortcode: Some(*code).filter(is_code)?.to_owned() })
}

/// The account's own post at this address.
pub async fn own(call: &Call<'_>, page: &Page) -> Result<Option<Post>, Failure> {
    let peer = peer(call)?;
    for list in [List::Threads, List::Replies, List::Ghosts] {
        let request = || peer.get("look for the post by its address", list.path()).query("fields", reads::FIELDS);
        if let Some(post) = among(&peer, page, request).await? {
            return Ok(Some(post));
        }
    }
    Ok(None)
}

/// The id of the post that is quoted.
pub async fn quoted(call: &Call<'_>, address: &str) -> Result<String, Failure> {
    let unknown = || {
        let detail = say!(
            "Threads doesn't tell apps which post {address} is. It can be quoted if it is one of the account's own or of a public account, and not too old. Otherwise put the link in the text.",
            address = address.to_owned()
        );
        Failure::rejected(FailureKind::ContentRefused, detail)
    };
    let page = parse(address).ok_or_else(unknown)?;
    let peer = peer(call)?;
    let is_own = call.facts["username"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(&page.username));
    let found = if is_own {
        own(call, &page).await?
    } else {
        let request = || {
            let request = peer.get("look for the quoted post", "/v1.0/profile_posts");
            request.query("username", &page.username).query("fields", reads::FIELDS)
        };
        among(&peer, &page, request).await.map_err(|failure| match failure.kind {
            // Without the review of the app that this needs, Threads refuses for lack of permission, or finds no one.
            FailureKind::ScopeMissing | FailureKind::RemoteNotFound | FailureKind::BadAnswer => unknown(),
            _ => failure,
        })?
    };
    found.map(|post| post.id).ok_or_else(unknown)
}

async fn among(
    peer: &Peer<'_, Asked>,
    page: &Page,
    request: impl Fn() -> connector::Request,
) -> Result<Option<Post>, Failure> {
    let is_it = |post: &Post| {
        let of_page = || parse(post.permalink.as_deref()?).map(|page| page.shortcode);
        post.shortcode.clone().or_else(of_page).as_deref() == Some(page.shortcode.as_str())
    };
    let (posts, _) = pages::read::<_, Post>(peer, Asked::Read, request, (say!("a list of posts"), PAGES_MAX), |all| {
        all.iter().any(is_it)
    })
    .await?;
    Ok(posts.into_iter().find(is_it))
}
