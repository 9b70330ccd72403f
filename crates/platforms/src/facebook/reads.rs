//! Where posts, videos and stories are read.

use base::{Timestamp, say};
use connector::Failure;
use serde::de::DeserializeOwned;

use super::{
    errors::Asked,
    wire::{Story, Video},
};
use crate::{
    kit::{
        peer::{Peer, segment},
        read_back::{BEFORE, too_many},
    },
    meta::pages,
};

/// What is read of a post.
pub const POST: &str = "id,message,created_time,permalink_url,is_published,application,attachments{media_type,unshimmed_url,target,subattachments}";
/// What is read of a comment.
pub const COMMENT: &str = "id,message,created_time,permalink_url,from,attachment";
/// How many pages of a list are read.
const PAGES_MAX: usize = 10;

/// How far a video is, and where it is shown. A post has other fields and refuses these.
pub async fn video(peer: &Peer<'_, Asked>, id: &str) -> Result<Video, Failure> {
    let request = peer.get("ask about the video", &format!("/{}", segment(id)));
    peer.read(Asked::Read, request.query("fields", "id,status,published,permalink_url,post_id"), say!("a video")).await
}

/// The page's stories that show this photo or video, newest first.
pub async fn stories(peer: &Peer<'_, Asked>, page: &str, since: Timestamp) -> Result<Vec<Story>, Failure> {
    let request = || {
        let request = peer.get("list the page's stories", &format!("/{}/stories", segment(page)));
        request.query("status", r#"["PUBLISHED"]"#).query("since", (since - BEFORE).as_seconds())
    };
    listed(peer, request, |_: &[Story]| false).await
}

/// A list as far as it goes or until there is `enough`.
pub async fn listed<T: DeserializeOwned>(
    peer: &Peer<'_, Asked>,
    request: impl Fn() -> connector::Request,
    enough: impl Fn(&[T]) -> bool,
) -> Result<Vec<T>, Failure> {
    let what = (say!("a list of posts"), PAGES_MAX);
    let (all, is_whole) = pages::read(peer, Asked::Read, request, what, enough).await?;
    if is_whole { Ok(all) } else { Err(too_many(PAGES_MAX * pages::PAGE)) }
}
