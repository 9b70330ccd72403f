//! A long text, read through the API as five channels read it while it is written: lengths, where it becomes too long, what
//! becomes a link, a mention or a tag.
//!
//! The rules are the real platforms'; nothing is sent to them. There is no program to compare with, so the machine's load
//! matters.

use std::time::Instant;

use anyhow::{Result, ensure};
use app::api;
use axum::{Router, body::Body};
use http_body_util::BodyExt as _;
use hyper::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    figures::{Bound, Report, percentile},
    world::{Ground, Size, World},
};

/// What is written, over and over: words, a link, a tag, a mention, signs of several code points.
const SAID: &str = "A few plain words, then https://example.org/a/page?of=text and #aTag with @someone.example.org; \
                    é, 日本 and 👩‍👩‍👧. ";

/// How long, on how many.
#[derive(clap::Args)]
pub struct Options {
    /// Letters of the text.
    #[arg(long, default_value_t = 25_000)]
    letters: usize,
    /// Channels, of the real platforms in turn.
    #[arg(long, default_value_t = 5)]
    channels: usize,
    /// How often it is read.
    #[arg(long, default_value_t = 100)]
    runs: usize,
    #[command(flatten)]
    ground: Ground,
}

/// Runs it.
pub async fn run(options: Options) -> Result<()> {
    let base = options.ground.database().await?;
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let world = World::make(base, nowhere, Size { workspaces: 1, channels: 0 }).await?;
    let platforms: Vec<&'static str> = platforms::all().iter().map(|real| real.about().id).collect();
    let channels = world.connect(platforms.iter().copied().cycle().take(options.channels)).await?;
    let key = format!("Bearer {}", world.key().await?.expose());
    let router = api::serve(world.app.clone(), Router::new());
    let text: String = SAID.chars().cycle().take(options.letters).collect();
    let mut report = Report::new(format!(
        "read: {} letters on {} channels ({}), {} runs",
        options.letters,
        options.channels,
        platforms.join(", "),
        options.runs
    ));
    // Each channel alone shows which platform's rules cost what.
    let alone = channels.iter().zip(platforms.iter()).map(|(channel, name)| (*name, std::slice::from_ref(channel)));
    for (name, some) in alone.chain([("all channels", channels.as_slice())]) {
        let bound = if some.len() > 1 { Bound::Most { floor: 15.0, goal: 8.0 } } else { Bound::None };
        let texts = some.iter().map(|channel| json!({ "channel": channel, "parts": [{ "text": text }] }));
        let body = json!({ "channels": texts.collect::<Vec<_>>() }).to_string();
        let mut took = Vec::with_capacity(options.runs);
        for _ in 0..options.runs {
            let begun = Instant::now();
            let request = Request::post("/v1/posts/read").header("authorization", &key);
            let request = request.header("content-type", "application/json").body(Body::from(body.clone()))?;
            let answer = router.clone().oneshot(request).await?;
            ensure!(answer.status() == 200, "the texts were answered with {}", answer.status());
            let answer = answer.into_body().collect().await?.to_bytes();
            took.push(begun.elapsed().as_secs_f64() * 1e3);
            let read = serde_json::from_slice::<Value>(&answer)?["channels"].as_array().map_or(0, Vec::len);
            ensure!(read == some.len(), "{read} channels were read");
        }
        report.figure(format!("{name}: p99"), "ms", vec![percentile(&took, 99.0)], Bound::None);
        report.figure(name, "ms", took, bound);
    }
    report.print()
}
