//! Reading posts: each with its variants and publications, as far as the reader reaches.

use std::collections::{BTreeMap, BTreeSet};

use base::{
    Code, Problem, Scope,
    ids::{ChannelId, PostId, WorkspaceId},
    say,
};
use db::Tx;

use super::{Post, Variant, Whole, store};
use crate::{
    App,
    fault::Fault,
    publishing::{self, Publication, Series},
};

/// The channels that these posts go to; one that goes nowhere yet is not among them.
///
/// # Errors
/// Those of the database.
pub(crate) async fn channels_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &[PostId],
) -> Result<BTreeMap<PostId, BTreeSet<ChannelId>>, db::Error> {
    let mut of: BTreeMap<PostId, BTreeSet<ChannelId>> = BTreeMap::new();
    for variant in store::variants(tx, workspace, ids).await? {
        of.entry(variant.post).or_default().insert(variant.channel);
    }
    Ok(of)
}

/// One post with all that belongs to it.
///
/// # Errors
/// Not found; those of the database.
pub async fn get(app: &App, scope: &Scope, id: PostId) -> Result<Whole, Fault> {
    let scope = scope.clone();
    app.db.read(async move |tx| whole(tx, &scope, id).await).await
}

pub(super) async fn whole(tx: &mut Tx, scope: &Scope, id: PostId) -> Result<Whole, Fault> {
    let found = everything_of(tx, scope.workspace(), id).await?;
    found.and_then(|whole| whole.within(scope)).ok_or_else(|| Problem::not_found("post").into())
}

pub(super) async fn everything_of(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<Option<Whole>, db::Error> {
    let Some(post) = store::get(tx, workspace, id).await? else { return Ok(None) };
    let variants = store::variants(tx, workspace, &[id]).await?;
    let publications = publishing::of_posts(tx, workspace, &[id]).await?;
    let series = series_of(tx, workspace, &publications).await?;
    Ok(Some(Whole::of(post, variants, publications, series)))
}

/// The rules of publications that recur. Most do not: then nothing is asked.
async fn series_of(tx: &mut Tx, workspace: WorkspaceId, all: &[Publication]) -> Result<Vec<Series>, db::Error> {
    let posts: BTreeSet<PostId> = all.iter().filter(|p| p.series.is_some()).map(|p| p.post).collect();
    publishing::series_of_posts(tx, workspace, &posts.into_iter().collect::<Vec<_>>()).await
}

/// What is common to all channels of a post is changed by those who reach them all (S-23).
pub(super) async fn of_all_channels(tx: &mut Tx, scope: &Scope, id: PostId) -> Result<Whole, Fault> {
    let all = everything_of(tx, scope.workspace(), id).await?.ok_or_else(|| Problem::not_found("post"))?;
    let variants = all.variants.len();
    let seen = all.within(scope).ok_or_else(|| Problem::not_found("post"))?;
    if seen.variants.len() == variants {
        return Ok(seen);
    }
    let detail = say!(
        "The post also goes to channels that this key does not reach. Change what it says on your own channels \
                  with `channels`, cancel its publications there, or use a key that reaches them all."
    );
    Err(Problem::new(Code::Forbidden, detail).into())
}

/// Posts with all that belongs to them, in the same order.
pub(super) async fn wholes(tx: &mut Tx, workspace: WorkspaceId, posts: Vec<Post>) -> Result<Vec<Whole>, db::Error> {
    let ids: Vec<PostId> = posts.iter().map(|post| post.id).collect();
    let mut by_post: BTreeMap<PostId, (Vec<Variant>, Vec<Publication>)> = BTreeMap::new();
    for variant in store::variants(tx, workspace, &ids).await? {
        by_post.entry(variant.post).or_default().0.push(variant);
    }
    let publications = publishing::of_posts(tx, workspace, &ids).await?;
    let mut series: BTreeMap<PostId, Vec<Series>> = BTreeMap::new();
    for one in series_of(tx, workspace, &publications).await? {
        series.entry(one.post).or_default().push(one);
    }
    for publication in publications {
        by_post.entry(publication.post).or_default().1.push(publication);
    }
    let whole = |post: Post| {
        let (variants, publications) = by_post.remove(&post.id).unwrap_or_default();
        let series = series.remove(&post.id).unwrap_or_default();
        Whole::of(post, variants, publications, series)
    };
    Ok(posts.into_iter().map(whole).collect())
}

/// Refuses a change that was made to another revision than the present one.
pub(super) fn stale(now: i64, given: i64) -> Result<(), Problem> {
    if now == given {
        return Ok(());
    }
    Err(Problem::new(
        Code::StaleRevision,
        say!("The post is at revision {now}; your change was made to revision {given}."),
    ))
}
