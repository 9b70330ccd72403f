//! What became of a post whose answer was lost.

use std::time::Duration;

use connector::{Finding, Outcome, Prepared};
use sandbox::{Fault, Rule, When};
use serde_json::json;

use super::{Notes, World, picture, post, thread, with_media};

/// Sends, and the connection dies: before the instance acts, or after it.
async fn lost(world: &World, ready: &Prepared, when: When) {
    world.turn(|knobs| knobs.faults = vec![Rule::once("POST /api/v1/statuses", Fault::Reset { when })]);
    let lost = world.desk.send(ready).await.expect_err("lost");
    assert_eq!(lost.outcome, Outcome::Unknown);
}

async fn prepared(world: &World, draft: &connector::Draft) -> Prepared {
    world.desk.prepare(draft, 0, &[], &Notes::default()).await.expect("prepared")
}

const RICH: &str = "Hello @harbour_bakery, \"bread\" & buns < €5\n\nsee https://example.com/a/long/path?x=1&y=2 #news";

#[tokio::test]
async fn r_03_a_repeat_with_the_same_key_gives_the_first_post_back() {
    let world = World::connected().await;
    let ready = prepared(&world, &post(RICH)).await;
    lost(&world, &ready, When::After).await;
    world.desk.clock.advance(Duration::from_secs(54 * 60));
    let again = world.desk.send(&ready).await.expect("the first one");
    let seen = world.created();
    assert_eq!((seen.len(), &seen[0].remote_id), (1, &again.remote.id), "one post, whatever happened to the answer");
}

#[tokio::test]
async fn a_look_up_finds_the_post_that_got_through_on_either_software() {
    for world in [World::connected().await, World::takahe().await] {
        let mut draft = with_media(RICH, vec![picture("m1", None)]);
        draft.options = json!({ "spoiler_text": "crumbs & more", "visibility": "private" });
        let ready = prepared(&world, &draft).await;
        lost(&world, &ready, When::After).await;
        let found = world.desk.look_up(&ready, &[]).await.expect("looked up");
        let Finding::Published { sent, .. } = found else { panic!("{found:?}") };
        assert_eq!(sent.remote.id, world.created()[0].remote_id);
        assert_eq!(sent.remote.extra["media"][0]["asset"], "m1", "what an edit needs is there as after an answer");
    }
}

#[tokio::test]
async fn a_look_up_does_not_find_what_never_got_through() {
    let world = World::takahe().await;
    world.desk.publish(&post("Something else")).await;
    let ready = prepared(&world, &post(RICH)).await;
    lost(&world, &ready, When::Before).await;
    let found = world.desk.look_up(&ready, &[]).await.expect("looked up");
    assert_eq!(found, Finding::Absent { certain: false });
    world.desk.send(&ready).await.expect("sent");
    assert_eq!(world.created().len(), 2);
}

#[tokio::test]
async fn f_16_a_post_that_is_not_listed_yet_is_absent_without_certainty_and_found_later() {
    let world = World::takahe().await;
    world.turn(|knobs| knobs.listing_delay_ms = 60_000);
    let ready = prepared(&world, &post(RICH)).await;
    lost(&world, &ready, When::After).await;
    let early = world.desk.look_up(&ready, &[]).await.expect("looked up");
    assert_eq!(early, Finding::Absent { certain: false });
    world.desk.clock.advance(Duration::from_secs(61));
    assert!(matches!(world.desk.look_up(&ready, &[]).await.expect("looked up"), Finding::Published { .. }));
}

#[tokio::test]
async fn f_17_two_that_fit_are_for_a_person_unless_one_is_accounted_for() {
    let world = World::takahe().await;
    let by_hand = &world.desk.publish(&post("Good morning")).await[0];
    let ready = prepared(&world, &post("Good morning")).await;
    lost(&world, &ready, When::After).await;
    let found = world.desk.look_up(&ready, &[]).await.expect("looked up");
    let Finding::Ambiguous(both) = found else { panic!("{found:?}") };
    assert_eq!(both.len(), 2);
    let found = world.desk.look_up(&ready, std::slice::from_ref(&by_hand.id)).await.expect("looked up");
    let Finding::Published { sent, .. } = found else { panic!("{found:?}") };
    assert_ne!(sent.remote.id, by_hand.id);
}

#[tokio::test]
async fn the_same_text_long_ago_elsewhere_or_with_other_media_is_no_match() {
    let world = World::takahe().await;
    world.desk.publish(&post("Good morning")).await;
    world.desk.clock.advance(Duration::from_secs(3 * 60));
    world.desk.publish(&with_media("Good morning", vec![picture("m1", None)])).await;
    world.desk.publish(&thread(&["Look:", "Good morning"])).await;
    let mut warned = post("Good morning");
    warned.options = json!({ "spoiler_text": "light" });
    world.desk.publish(&warned).await;
    let ready = prepared(&world, &post("Good morning")).await;
    assert_eq!(world.desk.look_up(&ready, &[]).await.expect("looked up"), Finding::Absent { certain: false });
}

#[tokio::test]
async fn a_part_of_a_thread_is_found_under_its_parent() {
    let world = World::connected().await;
    let draft = thread(&["one", "two"]);
    let first = world.desk.publish(&post("one")).await;
    let ready = world.desk.prepare(&draft, 1, &first, &Notes::default()).await.expect("prepared");
    lost(&world, &ready, When::After).await;
    assert!(matches!(world.desk.look_up(&ready, &[]).await.expect("looked up"), Finding::Published { .. }));
}

#[tokio::test]
async fn a_post_deep_in_a_busy_account_is_found() {
    let world = World::takahe().await;
    let ready = prepared(&world, &post("The one that counts")).await;
    lost(&world, &ready, When::After).await;
    for number in 0..85 {
        world.desk.publish(&post(&format!("Chatter {number}"))).await;
    }
    assert!(matches!(world.desk.look_up(&ready, &[]).await.expect("looked up"), Finding::Published { .. }));
}

#[tokio::test]
async fn a_warning_that_the_server_made_the_text_is_found() {
    for draft in [post(""), with_media("", vec![picture("m1", None)])] {
        let world = World::connected().await;
        let draft = connector::Draft { options: json!({ "spoiler_text": "Storm at the harbour" }), ..draft };
        let ready = prepared(&world, &draft).await;
        lost(&world, &ready, When::After).await;
        assert!(matches!(world.desk.look_up(&ready, &[]).await.expect("looked up"), Finding::Published { .. }));
    }
    let other = World::takahe().await;
    let mut draft = with_media("", vec![picture("m1", None)]);
    draft.options = json!({ "spoiler_text": "Storm at the harbour" });
    let ready = prepared(&other, &draft).await;
    lost(&other, &ready, When::After).await;
    assert!(matches!(other.desk.look_up(&ready, &[]).await.expect("looked up"), Finding::Published { .. }));
}

#[tokio::test]
async fn the_end_of_an_account_s_list_is_recognised() {
    for world in [World::connected().await, World::takahe().await] {
        let ready = prepared(&world, &post("The one that counts")).await;
        lost(&world, &ready, When::Before).await;
        // Their lengths differ, and so do their keys.
        for number in 1..=186 {
            world.desk.publish(&post(&"x".repeat(number))).await;
        }
        let http = world.desk.http();
        let armed_at = base::Clock::now(&world.desk.clock);
        let trace = connector::Trace { ready: &ready, armed_at, deadline: armed_at, sent: None, taken: &[] };
        let found = connector::Publish::look_up(&super::Mastodon, &world.desk.call(&http), &trace).await;
        assert_eq!(found.expect("looked up"), Finding::Absent { certain: false });
        assert_eq!(http.take_exchanges().len(), 5, "the page that is not full is the last");
    }
}

#[tokio::test]
async fn what_was_posted_long_after_an_attempt_is_not_read() {
    let world = World::connected().await;
    let ready = prepared(&world, &post("The one that counts")).await;
    lost(&world, &ready, When::After).await;
    let armed_at = base::Clock::now(&world.desk.clock);
    world.desk.clock.advance(Duration::from_secs(3600));
    for number in 1..=85 {
        world.desk.publish(&post(&"x".repeat(number))).await;
    }
    let deadline = armed_at + Duration::from_secs(30);
    let trace = connector::Trace { ready: &ready, armed_at, deadline, sent: None, taken: &[] };
    let http = world.desk.http();
    let found = connector::Publish::look_up(&super::Mastodon, &world.desk.call(&http), &trace).await;
    assert!(matches!(found.expect("looked up"), Finding::Published { .. }));
    assert_eq!(http.take_exchanges().len(), 1);
}

#[tokio::test]
async fn r_09_a_look_up_only_reads() {
    let world = World::connected().await;
    let ready = prepared(&world, &post(RICH)).await;
    let http = world.desk.http();
    let before = world.running.traffic().of(sandbox::Network::Mastodon).len();
    let armed_at = base::Clock::now(&world.desk.clock);
    let trace = connector::Trace { ready: &ready, armed_at, deadline: armed_at, sent: None, taken: &[] };
    connector::Publish::look_up(&super::Mastodon, &world.desk.call(&http), &trace).await.expect("looked up");
    let asked = world.running.traffic().of(sandbox::Network::Mastodon);
    assert!(asked.len() > before && asked[before..].iter().all(|exchange| exchange.method == "GET"));
}
