//! Lists that come in pages, with cursors.

use base::Text;
use connector::{Failure, Request};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::kit::peer::Peer;

/// The most that one page holds.
pub(crate) const PAGE: usize = 100;

/// One page.
#[derive(Debug, Deserialize)]
struct Page<T> {
    data: Vec<T>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Debug, Default, Deserialize)]
struct Paging {
    #[serde(default)]
    cursors: Cursors,
    /// The next page's whole address, with whatever token the call had in its query. Only its presence is read.
    next: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
struct Cursors {
    after: Option<String>,
}

/// A list, page after page, and whether its end was reached. `request` makes the same request each time; reading stops early
/// with the page after which `enough` says so. `what` must be in an answer.
pub(crate) async fn read<A: Copy + PartialEq, T: DeserializeOwned>(
    peer: &Peer<'_, A>,
    asked: A,
    request: impl Fn() -> Request,
    (what, pages_max): (Text, usize),
    enough: impl Fn(&[T]) -> bool,
) -> Result<(Vec<T>, bool), Failure> {
    let (mut all, mut after) = (Vec::new(), None);
    for _ in 0..pages_max {
        let mut next = request().query("limit", PAGE);
        if let Some(cursor) = after.take() {
            next = next.query("after", cursor);
        }
        let page: Page<T> = peer.read(asked, next, what.clone()).await?;
        // A cursor may come with the last page, too: then the next one is empty. An empty page that names a next one is not
        // the last.
        let Paging { cursors, next } = page.paging;
        let is_last = cursors.after.is_none() || page.data.is_empty() && next.is_none();
        all.extend(page.data);
        if is_last || enough(&all) {
            return Ok((all, true));
        }
        after = cursors.after;
    }
    Ok((all, false))
}

/// One page of a list, and where the next begins. `what` must be in the answer.
pub(crate) async fn one<A: Copy + PartialEq, T: DeserializeOwned>(
    peer: &Peer<'_, A>,
    asked: A,
    request: Request,
    (cursor, size): (Option<&str>, usize),
    what: Text,
) -> Result<(Vec<T>, Option<String>), Failure> {
    let request = request.query("limit", size);
    let request = cursor.into_iter().fold(request, |request, cursor| request.query("after", cursor));
    let page: Page<T> = peer.read(asked, request, what).await?;
    // The last page has a cursor, too, but names no next one.
    let Paging { cursors, next } = page.paging;
    Ok((page.data, cursors.after.filter(|_| next.is_some())))
}
