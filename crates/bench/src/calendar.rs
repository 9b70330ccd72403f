//! A month of the calendar, read through the API, in a database with many posts; against the bare query.
//!
//! Both read the same rows by the same index. The bare query gives rows as they are; the product also finds out who calls,
//! leaves out deleted posts, cuts texts, and writes JSON.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use app::api;
use axum::{Router, body::Body};
use base::{
    OsRandom, Timestamp,
    ids::{ChannelId, PostId, PublicationId, VariantId, WorkspaceId},
};
use db::{Db, Value, args};
use http_body_util::BodyExt as _;
use hyper::Request;
use serde_json::json;
use tower::ServiceExt as _;

use crate::{
    figures::{Bound, Report},
    world::{Ground, Size, World},
};

/// When the first post is due.
const BEGIN: &str = "2020-01-01T00:00:00Z";
/// Seconds of a month.
const MONTH_S: u64 = 30 * 86_400;
/// Rows of one INSERT.
const ROWS: usize = 500;
/// Posts of one transaction.
const BATCH: usize = 10_000;

/// How many.
#[derive(clap::Args)]
pub struct Options {
    /// Posts in the database, each with one publication.
    #[arg(long, default_value_t = 1_000_000)]
    posts: usize,
    /// Posts of one month.
    #[arg(long, default_value_t = 4_000)]
    month: usize,
    /// Channels they go to in turn.
    #[arg(long, default_value_t = 20)]
    channels: usize,
    /// How often product and bare query are run in turn, each on another month.
    #[arg(long, default_value_t = 15)]
    pairs: usize,
    #[command(flatten)]
    ground: Ground,
}

/// Runs it.
pub async fn run(options: Options) -> Result<()> {
    let base = options.ground.database().await?;
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let world = World::make(base, nowhere, Size { workspaces: 1, channels: options.channels }).await?;
    let workspace = world.scopes.first().context("a workspace")?.workspace();
    let channels: Vec<ChannelId> = world.channels.iter().map(|(_, channel)| *channel).collect();
    let (db, begin) = (&world.app.db, Timestamp::parse(BEGIN)?);
    let filled = Instant::now();
    fill(db, workspace, &channels, begin, &options).await?;
    eprintln!("filled with {} posts in {:.0} s", options.posts, filled.elapsed().as_secs_f64());
    let key = format!("Bearer {}", world.key().await?.expose());
    let router = api::serve(world.app.clone(), Router::new());
    let months = (options.posts / options.month.max(1)).max(1);
    let (mut products, mut bares, mut items) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..options.pairs {
        // Another month each time, near and far, so that not only the first pays for cold pages.
        let month = (pair * 37) % months;
        let from = begin + std::time::Duration::from_secs(month as u64 * MONTH_S);
        let until = from + std::time::Duration::from_secs(MONTH_S);
        let begun = Instant::now();
        let request = Request::get(format!("/v1/calendar?from={from}&until={until}")).header("authorization", &key);
        let answer = router.clone().oneshot(request.body(Body::empty())?).await?;
        ensure!(answer.status() == 200, "the calendar answered {}", answer.status());
        let body = answer.into_body().collect().await?.to_bytes();
        products.push(begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        let rows = bare(db, workspace, from, until).await?;
        bares.push(begun.elapsed().as_secs_f64() * 1e3);
        let found = serde_json::from_slice::<serde_json::Value>(&body)?["items"].as_array().map_or(0, Vec::len);
        ensure!(found == rows, "the calendar has {found} items, the bare query {rows} rows");
        items.push(found as f64);
    }
    let mut report = Report::new(format!(
        "calendar: a month of about {} posts among {}, {:?}, {} pairs",
        options.month, options.posts, options.ground.engine, options.pairs
    ));
    let ratio = products.iter().zip(&bares).map(|(product, bare)| product / bare).collect();
    report.figure("calendar / bare query", "×", ratio, Bound::None);
    report.figure("calendar", "ms", products, Bound::Most { floor: 150.0, goal: 50.0 });
    report.figure("bare query", "ms", bares, Bound::None);
    report.figure("items", "", items, Bound::None);
    report.print()
}

/// What cannot be left out: the rows of the range with what they say.
async fn bare(db: &Db, workspace: WorkspaceId, from: Timestamp, until: Timestamp) -> Result<usize> {
    let read = db.read(async move |tx| {
        let sql = "SELECT p.id, p.post_id, p.channel_id, p.due_at, p.state, v.content
                         FROM publications p JOIN variants v ON v.id = p.variant_id
                        WHERE p.workspace_id = $1 AND p.due_at >= $2 AND p.due_at < $3 ORDER BY p.due_at, p.id";
        Ok::<_, db::Error>(tx.rows(sql, args![workspace, from, until]).await?.len())
    });
    Ok(read.await?)
}

/// One post with its ids.
#[derive(Clone)]
struct Made {
    post: PostId,
    variant: VariantId,
    publication: PublicationId,
    channel: ChannelId,
    due: Timestamp,
    content: String,
}

async fn fill(
    db: &Db,
    workspace: WorkspaceId,
    channels: &[ChannelId],
    begin: Timestamp,
    options: &Options,
) -> Result<()> {
    let apart = std::time::Duration::from_secs(MONTH_S) / u32::try_from(options.month.max(1))?;
    for batch in (0..options.posts).step_by(BATCH) {
        let made: Vec<Made> = (batch..(batch + BATCH).min(options.posts))
            .map(|n| {
                let due = begin + apart * u32::try_from(n).unwrap_or(u32::MAX);
                let text = format!(
                    "Post number {n}, a few words and a link: https://example.org/{n}. {}",
                    "More of it. ".repeat(12)
                );
                Made {
                    post: PostId::new(due, &OsRandom),
                    variant: VariantId::new(due, &OsRandom),
                    publication: PublicationId::new(due, &OsRandom),
                    channel: channels[n % channels.len()],
                    due,
                    content: json!({ "parts": [{ "kind": "post", "text": text }], "options": null }).to_string(),
                }
            })
            .collect();
        let made = std::sync::Arc::new(made);
        db.write(async move |tx| {
            for rows in made.chunks(ROWS) {
                insert(tx, workspace, rows).await?;
            }
            Ok::<_, db::Error>(())
        })
        .await?;
    }
    Ok(())
}

async fn insert(tx: &mut db::Tx, workspace: WorkspaceId, rows: &[Made]) -> Result<(), db::Error> {
    let posts =
        "INSERT INTO posts (id, workspace_id, revision, body, made_by, made_at, changed_at, laid_out_at) VALUES ";
    put(tx, posts, rows, |row| {
        let due = Value::from(row.due);
        vec![
            row.post.into(),
            workspace.into(),
            1.into(),
            row.content.as_str().into(),
            "bench".into(),
            due.clone(),
            due.clone(),
            due,
        ]
    })
    .await?;
    let variants = "INSERT INTO variants (id, workspace_id, post_id, channel_id, content, own) VALUES ";
    put(tx, variants, rows, |row| {
        vec![
            row.variant.into(),
            workspace.into(),
            row.post.into(),
            row.channel.into(),
            row.content.as_str().into(),
            false.into(),
        ]
    })
    .await?;
    let publications = "INSERT INTO publications (id, workspace_id, post_id, variant_id, channel_id, due_at, state, part, parts, \
                        tries, doubts, looks, round, crashes, revision, authorised_by, made_at) VALUES ";
    put(tx, publications, rows, |row| {
        let mut values: Vec<Value> = vec![
            row.publication.into(),
            workspace.into(),
            row.post.into(),
            row.variant.into(),
            row.channel.into(),
            row.due.into(),
        ];
        values.push("published".into());
        values.extend([1, 1, 1, 0, 0, 0, 0, 1].map(Value::from));
        values.extend([Value::from("bench"), row.due.into()]);
        values
    })
    .await
}

async fn put(
    tx: &mut db::Tx,
    head: &str,
    rows: &[Made],
    values: impl Fn(&Made) -> Vec<Value>,
) -> Result<(), db::Error> {
    let (mut sql, mut arguments) = (head.to_owned(), Vec::new());
    for row in rows {
        let first = arguments.len();
        arguments.extend(values(row));
        let places: Vec<String> = (first + 1..=arguments.len()).map(|n| format!("${n}")).collect();
        sql.push_str(if first == 0 { "(" } else { ", (" });
        sql.push_str(&places.join(", "));
        sql.push(')');
    }
    tx.execute(&sql, &arguments).await.map(drop)
}
