//! F-01: the real binary dies at every named point, comes back, and every post is there exactly once.
//!
//! The sandbox belongs to the test, so its ledger outlives every death. Several points are told at the same time, each with
//! an installation of its own: a network may be given a minute to answer before it is asked what it has.

use std::{collections::BTreeSet, time::Duration};

use app::crash::POINTS;
use futures::StreamExt as _;
use sandbox::{Act, Network};
use serde_json::json;

use crate::support::{Engine, Place, Process, plays};

/// The longest send timeout with the first look after it, and time for two busy cores.
pub const RECOVERED: Duration = Duration::from_secs(400);
/// Long enough for a busy machine to stop one process before it.
const DUE_IN: Duration = Duration::from_secs(10);
/// How many installations at the same time: they mostly wait.
const AT_ONCE: usize = 8;
/// Instagram takes no post without a file.
const EVERYWHERE: &[&str] = &["bluesky", "mastodon", "x", "threads", "facebook", "telegram"];
/// Networks on which a post in doubt is decided at once: by an id or a key of our own.
const BY_OUR_ID: &[&str] = &["bluesky", "mastodon"];
/// How soon a person is asked where nothing else can tell what became of a post.
pub const ASKED_WITHIN: Duration = Duration::from_secs(60);
/// Points at which the platform's yes is stored already.
const ACCEPTED: &[&str] = &["accepted", "part_done"];

/// How a point is reached.
struct Story {
    point: &'static str,
    /// Another point to die at first, so that there is a doubt to be in.
    after: Option<&'static str>,
    /// A `#` stands for the point's name.
    parts: &'static [&'static str],
    platforms: &'static [&'static str],
    /// The post has a picture, so that files are uploaded first.
    picture: bool,
    /// The post has a video that has to be converted.
    film: bool,
    /// The access tokens have ended, so that the login is refreshed on the way.
    tokens_ended: bool,
    /// The platform gave new tokens that were lost with the process: only a person can sign in again.
    login_lost: bool,
    /// Nothing can be read there, so only a person can tell what became of it.
    asks: bool,
}

const POST: Story = Story {
    point: "",
    after: None,
    parts: &["A post that dies at #"],
    platforms: BY_OUR_ID,
    picture: false,
    film: false,
    tokens_ended: false,
    login_lost: false,
    asks: false,
};

fn stories() -> Vec<Story> {
    // Alone on X: a post that is in doubt there is read back, and what was armed beside it when the process died, but not
    // sent, would be looked for during half an hour before it is sent again.
    let x = Story { platforms: &["x"], ..POST };
    let refresh = Story { tokens_ended: true, ..x };
    let unreadable = Story { platforms: &["telegram"], asks: true, ..POST };
    let thread = Story { parts: &["One, at #", "Two, at #", "Three, at #"], ..POST };
    vec![
        Story { point: "answered", ..x },
        Story { point: "doubt_stored", after: Some("answered"), ..x },
        Story { point: "looked_up", after: Some("answered"), ..x },
        Story { point: "claimed", platforms: EVERYWHERE, ..POST },
        Story { point: "prepared", ..POST },
        Story { point: "prepared", ..x },
        // A mention is looked up before the post is sent, and what was found is journaled.
        Story {
            point: "handle_journaled",
            parts: &["Bread by @harbour-bakery.test, at #"],
            platforms: &["bluesky"],
            ..POST
        },
        // A picture that one process uploaded is not lost to the next, and not shown twice.
        Story { point: "handle_journaled", picture: true, ..POST },
        Story { point: "handle_journaled", picture: true, ..x },
        // What a network has fetched already, or was given unseen, is what is published.
        Story { point: "handle_journaled", picture: true, platforms: &["threads"], ..POST },
        Story { point: "handle_journaled", picture: true, platforms: &["facebook"], ..POST },
        Story { point: "handle_journaled", picture: true, platforms: &["instagram"], ..POST },
        Story { point: "armed", ..POST },
        Story { point: "answered", ..POST },
        Story { point: "armed", ..unreadable },
        Story { point: "answered", ..unreadable },
        // One network each, so that nothing else was on its way when the process died.
        Story { point: "accepted", platforms: &["bluesky"], ..POST },
        Story { point: "accepted", platforms: &["mastodon"], ..POST },
        Story { point: "accepted", ..x },
        Story { point: "part_done", platforms: &["bluesky"], ..thread },
        Story { point: "part_done", platforms: &["mastodon"], ..thread },
        Story { point: "part_done", platforms: &["x"], ..thread },
        Story { point: "part_done", platforms: &["telegram"], ..thread },
        Story { point: "doubt_stored", after: Some("answered"), ..POST },
        Story { point: "looked_up", after: Some("answered"), ..POST },
        Story { point: "refresh_journaled", ..refresh },
        Story { point: "refresh_answered", login_lost: true, ..refresh },
        Story { point: "refresh_stored", ..refresh },
        // Its file is stored, and nothing says so yet.
        Story { point: "video_converted", film: true, platforms: &["bluesky"], ..POST },
    ]
}

#[test]
fn every_crash_point_has_a_scenario() {
    let told: BTreeSet<&str> = stories().iter().map(|story| story.point).collect();
    assert_eq!(told, POINTS.iter().copied().collect(), "a point that no story reaches proves nothing");
}

#[tokio::test]
async fn f_01_a_crash_at_any_point_neither_loses_nor_doubles_a_post_on_sqlite() {
    survive_all(Engine::Sqlite).await;
}

#[tokio::test]
async fn f_01_a_crash_at_any_point_neither_loses_nor_doubles_a_post_on_postgresql() {
    if Engine::all().contains(&Engine::Postgres) {
        survive_all(Engine::Postgres).await;
    }
}

async fn survive_all(engine: Engine) {
    let has_ffmpeg = crate::support::film().is_some();
    let surviving = stories().into_iter().filter(|story| !ACCEPTED.contains(&story.point));
    let surviving = surviving.filter(|story| has_ffmpeg || !story.film);
    let surviving = surviving.map(|story| async move { drop(survive(engine, &story).await) });
    futures::stream::iter(surviving).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

#[tokio::test]
async fn r_10_after_the_platform_accepts_nothing_is_sent_again_whenever_the_process_crashes() {
    for engine in Engine::all() {
        let stories = stories().into_iter().filter(|story| ACCEPTED.contains(&story.point));
        let surviving = stories.map(|story| async move {
            let (place, post) = survive(engine, &story).await;
            let process = place.started(&[]).await;
            for publication in place.get(&format!("v1/posts/{post}")).await["publications"].as_array().unwrap() {
                let told = place.get(&format!("v1/publications/{}/story", publication["id"].as_str().unwrap())).await;
                let armed = told["story"].as_array().unwrap().iter().filter(|telling| telling["act"] == "armed");
                assert_eq!(armed.count(), story.parts.len(), "{} on {engine:?}: {told:#}", story.point);
            }
            assert!(process.stop().await.success());
        });
        futures::stream::iter(surviving).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    }
}

/// Where a repeat is harmless nothing has to be waited for: neither a lease of the dead process nor the network's answer.
#[tokio::test]
async fn a_process_that_starts_again_finishes_at_once_what_the_dead_one_was_sending() {
    for engine in Engine::all() {
        let place = Place::new(engine, &["bluesky"]).await;
        let process = place.started(&[]).await;
        let post = place.schedule(&["Sent while it died".to_owned()], &["bluesky"], DUE_IN).await;
        let due = tokio::time::Instant::now() + DUE_IN;
        assert!(process.stop().await.success());
        tokio::time::sleep_until(due).await;
        dies(&mut place.start(&[("FANFARE_CRASH_AT", "armed")]), "armed").await;
        let process = place.started(&[]).await;
        let begun = tokio::time::Instant::now();
        place.until(&post, RECOVERED, |publication| publication["state"] == "published").await;
        assert!(begun.elapsed() < Duration::from_secs(25), "after {:?} on {engine:?}", begun.elapsed());
        assert_eq!(place.appearances("Sent while it died"), 1);
        assert!(process.stop().await.success());
    }
}

/// Gives the installation, which has stopped, and the post.
async fn survive(engine: Engine, story: &Story) -> (Place, String) {
    let place = Place::new(engine, story.platforms).await;
    let parts: Vec<String> = story.parts.iter().map(|text| text.replace('#', story.point)).collect();
    let first = story.after.unwrap_or(story.point);
    // Scheduled by one process and due when the next one starts: what dies is not what answers the test.
    let process = place.started(&[]).await;
    let file = if story.film { crate::support::film() } else { story.picture.then(crate::support::picture) };
    let post = match file {
        Some(file) => place.schedule_file(file, &parts[0], story.platforms, DUE_IN).await,
        None => place.schedule(&parts, story.platforms, DUE_IN).await,
    };
    let ffmpeg = ("FANFARE_FFMPEG", if story.film { crate::support::FFMPEG } else { "none" });
    let due = tokio::time::Instant::now() + DUE_IN;
    assert!(process.stop().await.success());
    if story.tokens_ended {
        place.sandbox.act(Network::X, &Act::ExpireTokens { account: None });
    }
    tokio::time::sleep_until(due).await;
    dies(&mut place.start(&[("FANFARE_CRASH_AT", first), ffmpeg]), first).await;
    if story.after.is_some() {
        dies(&mut place.start(&[("FANFARE_CRASH_AT", story.point)]), story.point).await;
    }
    let process = place.started(&[ffmpeg]).await;
    if story.login_lost {
        let asks = |publication: &serde_json::Value| publication["state"] == "parked";
        let parked = place.until(&post, RECOVERED, asks).await;
        assert_eq!(parked["publications"][0]["reason"], "reconnect_needed", "{parked:#}");
        let channel = place.channel(story.platforms[0]).await;
        place.connect(story.platforms[0], Some(&channel)).await;
    }
    if story.asks {
        let asked = place.until(&post, ASKED_WITHIN, |publication| publication["state"] == "needs_eyes").await;
        look_and_decide(&place, &asked["publications"][0], story.platforms[0], &parts[0]).await;
    }
    place.until(&post, RECOVERED, |publication| publication["state"] == "published").await;
    for text in &parts {
        let seen = place.appearances(text);
        assert_eq!(seen, story.platforms.len(), "“{text}” on {:?}, {engine:?}", story.platforms);
    }
    assert!(process.stop().await.success());
    (place, post)
}

/// What a person does who is asked whether a post is there: they look, and say where it is or have it sent.
async fn look_and_decide(place: &Place, publication: &serde_json::Value, platform: &str, text: &str) {
    let decision = match place.made(text).as_slice() {
        [] => json!({ "decision": "send" }),
        [entry] => {
            let origin = place.sandbox.origin(plays(platform).0);
            json!({ "decision": "is_live", "url": format!("{origin}{}/{}", entry.account, entry.remote_id) })
        }
        more => panic!("sent {} times", more.len()),
    };
    let path = format!("v1/publications/{}/decision", publication["id"].as_str().unwrap());
    place.post(&path, &decision).await;
}

/// The point was reached: the process died there, and of nothing else.
pub async fn dies(process: &mut Process, point: &str) {
    use std::os::unix::process::ExitStatusExt as _;
    let status = process.ends().await;
    let abort = rustix::process::Signal::ABORT.as_raw();
    assert_eq!(status.signal(), Some(abort), "{point} was not reached: {status}\n{}", process.said());
}
