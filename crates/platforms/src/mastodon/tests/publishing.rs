//! Posts of every kind, on an instance that keeps a ledger of what people saw.

use std::time::Duration;

use connector::{
    AccountMetric, CommentAct, CommentChange, Comments as _, CommentsAsked, Connect as _, Deleted, FailureKind,
    Insights as _, Mentions as _, Metric, Outcome, PartKind, Poll, ProofClass, Publish as _, Remote,
};
use sandbox::{Action, Fault, Network, Rule, When};
use serde_json::json;

use super::{Desk, Mastodon, Notes, World, animation, job, picture, post, thread, with_media};

fn broken(status: u16, when: When) -> Fault {
    Fault::Status { status, when, body: None, headers: Default::default() }
}

#[tokio::test]
async fn a_post_appears_once_with_what_its_author_chose() {
    let world = World::connected().await;
    let mut draft = post("Good morning, harbour!");
    draft.options = json!({ "visibility": "unlisted", "spoiler_text": "boats", "language": "en", "quote_approval_policy": "followers" });
    let remote = &world.desk.publish(&draft).await[0];
    let seen = world.created();
    assert_eq!((seen.len(), seen[0].text.as_str()), (1, "Good morning, harbour!"));
    assert_eq!(seen[0].remote_id, remote.id);
    assert!(remote.url.ends_with(&format!("/@lena/{}", remote.id)), "{}", remote.url);
    assert_eq!(seen[0].client_id.as_deref(), Some("op-0-22"), "the key that makes a repeat harmless");
}

#[tokio::test]
async fn a_thread_and_its_comment_answer_what_they_should() {
    let world = World::connected().await;
    let mut draft = thread(&["one", "two", "a comment", "three"]);
    draft.parts[2].kind = PartKind::Comment;
    let remotes = world.desk.publish(&draft).await;
    let parents: Vec<Option<String>> = world.created().into_iter().map(|entry| entry.parent).collect();
    let id = |at: usize| Some(remotes[at].id.clone());
    assert_eq!(parents, [None, id(0), id(0), id(1)]);
}

#[tokio::test]
async fn a_part_whose_predecessor_is_not_there_is_not_sent() {
    let world = World::connected().await;
    let refused = world.desk.prepare(&thread(&["one", "two"]), 1, &[], &Notes::default()).await.expect_err("no parent");
    assert_eq!((refused.kind, refused.outcome), (FailureKind::RemoteNotFound, Outcome::Rejected));
    assert!(world.created().is_empty());
}

#[tokio::test]
async fn pictures_are_published_in_order_with_their_descriptions() {
    let world = World::connected().await;
    let draft = with_media("Two bridges", vec![picture("m1", Some("A bridge")), picture("m2", None)]);
    let remote = &world.desk.publish(&draft).await[0];
    assert_eq!(world.created()[0].media_count, 2);
    let kept = &remote.extra["media"];
    assert_eq!(
        (&kept[0]["asset"], &kept[0]["alt"], &kept[1]["asset"]),
        (&json!("m1"), &json!("A bridge"), &json!("m2"))
    );
}

#[tokio::test]
async fn a_poll_is_a_poll() {
    let world = World::connected().await;
    let mut draft = post("Which one?");
    draft.parts[0].poll =
        Some(Poll { options: vec!["Bread".into(), "Buns".into()], duration_minutes: 60, multiple: true });
    world.desk.publish(&draft).await;
    let traffic = world.running.traffic().of(Network::Mastodon);
    let answer = traffic.iter().rfind(|exchange| exchange.path == "/api/v1/statuses").expect("a post").answer.clone();
    let poll = &answer.expect("JSON")["poll"];
    assert_eq!((&poll["multiple"], &poll["expires_at"]), (&json!(true), &json!("2030-01-01T10:00:00.000Z")));
}

#[tokio::test]
async fn what_takes_longer_is_waited_for() {
    let world = World::connected().await;
    world.turn(|knobs| knobs.processing_ms = Some(7_000));
    let draft = with_media("Moving", vec![animation("m1")]);
    let notes = Notes::default();
    let clock = world.desk.clock.clone();
    let time_passes = async {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            clock.advance(Duration::from_millis(500));
        }
    };
    let ready = tokio::select! {
        ready = world.desk.prepare(&draft, 0, &[], &notes) => ready.expect("prepared"),
        () = time_passes => unreachable!("time has no end"),
    };
    world.desk.send(&ready).await.expect("sent");
    assert_eq!((world.created().len(), world.asked("POST", "/api/v2/media")), (1, 1));
}

#[tokio::test]
async fn r_36_waiting_ends_in_time_and_a_later_preparation_goes_on_with_the_same_file() {
    let world = World::connected().await;
    world.turn(|knobs| knobs.processing_ms = Some(90_000));
    let draft = with_media("Moving", vec![animation("m1")]);
    let notes = Notes::default();
    let clock = world.desk.clock.clone();
    let time_passes = async {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            clock.advance(Duration::from_secs(2));
        }
    };
    let waiting = tokio::select! {
        ready = world.desk.prepare(&draft, 0, &[], &notes) => ready.expect_err("not ready within a minute"),
        () = time_passes => unreachable!("time has no end"),
    };
    assert_eq!((waiting.kind, waiting.outcome), (FailureKind::MediaNotReady, Outcome::Throttled));
    assert!(waiting.retry_at.is_some());
    world.desk.clock.advance(Duration::from_secs(60));
    let ready = world.desk.prepare(&draft, 0, &[], &notes).await.expect("prepared");
    world.desk.send(&ready).await.expect("sent");
    assert_eq!(world.asked("POST", "/api/v2/media"), 1, "uploaded once");
}

#[tokio::test]
async fn a_file_that_never_gets_ready_is_given_up_after_ten_minutes() {
    let world = World::connected().await;
    world.turn(|knobs| knobs.processing_ms = Some(3_600_000));
    let (draft, notes) = (with_media("Moving", vec![animation("m1")]), Notes::default());
    let clock = world.desk.clock.clone();
    let time_passes = async {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            clock.advance(Duration::from_secs(120));
        }
    };
    let first = tokio::select! {
        ready = world.desk.prepare(&draft, 0, &[], &notes) => ready.expect_err("not ready"),
        () = time_passes => unreachable!("time has no end"),
    };
    assert_eq!(first.kind, FailureKind::MediaNotReady);
    world.desk.clock.advance(Duration::from_secs(600));
    let last = world.desk.prepare(&draft, 0, &[], &notes).await.expect_err("given up");
    assert_eq!((last.kind, last.outcome), (FailureKind::MediaRefused, Outcome::Rejected));
}

#[tokio::test]
async fn r_36_after_a_crash_a_file_is_not_uploaded_again() {
    let world = World::connected().await;
    let (draft, notes) = (with_media("A bridge", vec![picture("m1", Some("A bridge"))]), Notes::default());
    let first = world.desk.prepare(&draft, 0, &[], &notes).await.expect("prepared");
    let second = world.desk.prepare(&draft, 0, &[], &notes).await.expect("prepared again");
    assert_eq!(first, second, "the same request, byte for byte");
    assert_eq!((world.asked("POST", "/api/v2/media"), notes.len()), (1, 1));
    // Another description is another file to the instance.
    let other = with_media("A bridge", vec![picture("m1", Some("The old bridge"))]);
    world.desk.prepare(&other, 0, &[], &notes).await.expect("prepared");
    assert_eq!(world.asked("POST", "/api/v2/media"), 2);
}

#[tokio::test]
async fn r_36_a_file_that_the_instance_purged_is_uploaded_anew() {
    let world = World::connected().await;
    let (draft, notes) = (with_media("A bridge", vec![picture("m1", None)]), Notes::default());
    world.desk.prepare(&draft, 0, &[], &notes).await.expect("prepared");
    world.desk.clock.advance(Duration::from_secs(25 * 3600));
    let ready = world.desk.prepare(&draft, 0, &[], &notes).await.expect("prepared again");
    world.desk.send(&ready).await.expect("sent");
    assert_eq!((world.asked("POST", "/api/v2/media"), world.created().len()), (2, 1));
}

#[tokio::test]
async fn a_file_that_the_instance_purged_before_the_post_is_uploaded_again() {
    for world in [World::connected().await, World::takahe().await] {
        let (draft, notes) = (with_media("A bridge", vec![picture("m1", None)]), Notes::default());
        let ready = world.desk.prepare(&draft, 0, &[], &notes).await.expect("prepared");
        world.desk.clock.advance(Duration::from_secs(25 * 3600));
        let gone = world.desk.send(&ready).await.expect_err("the file is gone");
        assert_eq!((gone.kind, gone.outcome), (FailureKind::MediaNotReady, Outcome::Throttled), "{}", gone.detail);
        let ready = world.desk.prepare(&draft, 0, &[], &notes).await.expect("prepared again");
        world.desk.send(&ready).await.expect("sent");
        assert_eq!((world.asked("POST", "/api/v2/media"), world.created().len()), (2, 1));
    }
}

#[tokio::test]
async fn a_language_is_sent_as_the_instance_knows_it() {
    let world = World::connected().await;
    for (chosen, sent) in [("EN", json!("en")), ("pt-BR", json!("pt")), ("zh_tw", json!("zh-TW")), ("tlh", json!(null))]
    {
        let mut draft = post(chosen);
        draft.options = json!({ "language": chosen });
        let ready = world.desk.prepare(&draft, 0, &[], &Notes::default()).await.expect("prepared");
        assert_eq!(ready.request["body"]["language"], sent, "{chosen}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_processed_is_tried_twice_and_then_refused() {
    let world = World::connected().await;
    world.turn(|knobs| knobs.processing_fails = true);
    let (draft, notes) = (with_media("A bridge", vec![picture("m1", None)]), Notes::default());
    let first = world.desk.prepare(&draft, 0, &[], &notes).await.expect_err("failed");
    assert_eq!((first.kind, first.outcome), (FailureKind::Unavailable, Outcome::NotSent));
    let second = world.desk.prepare(&draft, 0, &[], &notes).await.expect_err("failed again");
    assert_eq!((second.kind, second.outcome), (FailureKind::MediaRefused, Outcome::Rejected));
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_leaves_no_doubt_about_the_post() {
    let world = World::connected().await;
    world.turn(|knobs| knobs.faults = vec![Rule::once("upload", Fault::Reset { when: When::After })]);
    let (draft, notes) = (with_media("A bridge", vec![picture("m1", None)]), Notes::default());
    let lost = world.desk.prepare(&draft, 0, &[], &notes).await.expect_err("lost");
    assert_eq!(lost.outcome, Outcome::NotSent);
    let ready = world.desk.prepare(&draft, 0, &[], &notes).await.expect("prepared");
    world.desk.send(&ready).await.expect("sent");
    assert_eq!(world.created().len(), 1);
}

#[tokio::test]
async fn deleting_twice_is_deleting() {
    for world in [World::connected().await, World::takahe().await] {
        let remote = &world.desk.publish(&post("Soon gone")).await[0];
        let http = world.desk.http();
        let call = world.desk.call(&http);
        assert_eq!(Mastodon.delete(&call, remote).await.expect("deleted"), Deleted::Gone);
        assert_eq!(Mastodon.delete(&call, remote).await.expect("deleted"), Deleted::WasGone);
        assert_eq!(world.ledger().iter().filter(|entry| entry.action == Action::Deleted).count(), 1);
    }
}

#[tokio::test]
async fn a_post_that_a_person_found_is_taken_for_the_part_if_it_is_the_account_s() {
    let mut world = World::connected().await;
    let thread = thread(&["One", "Two"]);
    let ready = world.desk.prepare(&thread, 0, &[], &Notes::default()).await.expect("prepared");
    let by_hand = world.desk.publish(&post("One!")).await.remove(0);
    let http = world.desk.http();
    let ask = async |desk: &Desk, address: &str| {
        Mastodon.at_address(&desk.call(&http), &ready, &address.parse().expect("an address")).await
    };
    let also = world
        .running
        .origin(Network::Mastodon)
        .join(&format!("users/lena/statuses/{}/", by_hand.id))
        .expect("an address");
    for address in [by_hand.url.as_str(), also.as_str()] {
        let found = ask(&world.desk, address).await.expect("found");
        assert_eq!((&found.id, &found.url), (&by_hand.id, &by_hand.url));
    }
    let found = [ask(&world.desk, &by_hand.url).await.expect("found")];
    let second = world.desk.prepare(&thread, 1, &found, &Notes::default()).await.expect("the next part answers it");
    let second = world.desk.send(&second).await.expect("sent").remote;
    assert_eq!(world.ledger().pop().expect("the second").parent, Some(by_hand.id.clone()));

    let home = world.running.origin(Network::Mastodon).to_string();
    for address in [home.as_str(), "https://elsewhere.example/@lena/1"] {
        assert_eq!(ask(&world.desk, address).await.expect_err(address).kind, FailureKind::InputInvalid, "{address}");
    }
    Mastodon.delete(&world.desk.call(&http), &second).await.expect("deleted");
    assert_eq!(ask(&world.desk, &second.url).await.expect_err("gone").kind, FailureKind::RemoteNotFound);
    let granted = world.sign_in("harbour_bakery", &[]).await.expect("granted");
    world.desk.take(granted);
    let foreign = ask(&world.desk, &by_hand.url).await.expect_err("another account's");
    assert_eq!(foreign.kind, FailureKind::InputInvalid);
}

#[tokio::test]
async fn an_edit_changes_the_text_keeps_what_stays_and_describes_what_changed() {
    let world = World::connected().await;
    let draft = with_media("Two bridgse", vec![picture("m1", Some("A bridge")), picture("m2", None)]);
    let remote = &world.desk.publish(&draft).await[0];
    let edited = with_media("Two bridges", vec![picture("m2", None), picture("m1", Some("The old bridge"))]);
    let http = world.desk.http();
    let call = world.desk.call(&http);
    let job = job(&edited, 0, &[], base::Clock::now(&world.desk.clock));
    let sent = Mastodon.edit(&call, remote, &job, &Notes::default()).await.expect("edited");
    assert_eq!(sent.remote.id, remote.id);
    assert_eq!(world.asked("POST", "/api/v2/media"), 2, "nothing was uploaded again");
    let entry = world.ledger().pop().expect("an entry");
    assert_eq!((entry.action, entry.text.as_str(), entry.media_count), (Action::Edited, "Two bridges", 2));
    let kept = &sent.remote.extra["media"];
    assert_eq!((&kept[0]["asset"], &kept[1]["alt"]), (&json!("m2"), &json!("The old bridge")));

    let without = post("No bridge");
    let job = super::job(&without, 0, &[], base::Clock::now(&world.desk.clock));
    Mastodon.edit(&call, &sent.remote, &job, &Notes::default()).await.expect("edited");
    assert_eq!(world.ledger().pop().expect("an entry").media_count, 0);
}

#[tokio::test]
async fn what_no_edit_can_change_is_said_and_not_dropped() {
    let world = World::connected().await;
    let remote = &world.desk.publish(&post("Hello")).await[0];
    let http = world.desk.http();
    let mut narrower = post("Hello");
    narrower.options = json!({ "visibility": "private" });
    let mut quoting = post("Hello");
    quoting.parts[0].quote = Some("https://social.example/@bob/1".into());
    for draft in [narrower, quoting] {
        let job = job(&draft, 0, &[], base::Clock::now(&world.desk.clock));
        let refused =
            Mastodon.edit(&world.desk.call(&http), remote, &job, &Notes::default()).await.expect_err("refused");
        assert_eq!((refused.kind, refused.outcome), (FailureKind::ContentRefused, Outcome::Rejected));
    }
    assert_eq!(world.ledger().len(), 1);
}

#[tokio::test]
async fn accounts_to_mention_are_named_in_full_and_found_without_the_channel_s_token() {
    let mut world = World::connected().await;
    world.desk.tokens = connector::Tokens::default();
    let http = world.desk.http();
    let found = Mastodon.suggest(&world.desk.call(&http), "harb").await.expect("an answer");
    let shown: Vec<(&str, &str)> = found.iter().map(|one| (one.handle.as_str(), one.name.as_str())).collect();
    assert_eq!(shown, [("harbour_bakery@127.0.0.1", "Harbour Bakery")]);
    assert_eq!(Mastodon.suggest(&world.desk.call(&http), "nobody").await.expect("an answer"), []);
}

#[tokio::test]
async fn numbers_of_posts_are_read_at_once_or_one_by_one_and_gone_posts_are_left_out() {
    for world in [World::connected().await, World::takahe().await] {
        let mut remotes = vec![];
        for text in ["one", "two"] {
            remotes.extend(world.desk.publish(&post(text)).await);
        }
        remotes.push(Remote { id: "1".into(), url: String::new(), extra: json!({}) });
        world.desk.clock.advance(Duration::from_secs(3600));
        let http = world.desk.http();
        let found = Mastodon.of_posts(&world.desk.call(&http), &remotes).await.expect("numbers");
        let mut ids: Vec<&str> = found.iter().map(|metrics| metrics.remote_id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, [remotes[0].id.as_str(), remotes[1].id.as_str()]);
        let names: Vec<Metric> = found[0].values.iter().map(|(metric, _)| *metric).collect();
        assert!(names.starts_with(&[Metric::Likes, Metric::Reposts, Metric::Replies]), "{names:?}");
    }
}

#[tokio::test]
async fn refusals_of_either_software_are_final_and_publish_nothing() {
    for world in [World::connected().await, World::takahe().await] {
        world.turn(|knobs| {
            knobs.own.insert("instance".into(), json!({ "max_characters": 10 }));
        });
        let ready =
            world.desk.prepare(&post("Longer than ten characters"), 0, &[], &Notes::default()).await.expect("prepared");
        let refused = world.desk.send(&ready).await.expect_err("too long");
        assert_eq!(
            (refused.kind, refused.outcome),
            (FailureKind::ContentRefused, Outcome::Rejected),
            "{}",
            refused.detail
        );
        assert!(world.created().is_empty());
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_as_such() {
    let mut world = World::start().await;
    world.register().await;
    let granted = world.sign_in("lena", &["metrics"]).await.expect("granted");
    world.desk.take(granted);
    let ready = world.desk.prepare(&post("Hello"), 0, &[], &Notes::default()).await.expect("prepared");
    let refused = world.desk.send(&ready).await.expect_err("no scope");
    assert_eq!((refused.kind, refused.outcome), (FailureKind::ScopeMissing, Outcome::Rejected));
}

#[tokio::test]
async fn a_rate_limit_waits_until_the_instance_says() {
    let world = World::connected().await;
    world.turn(|knobs| {
        knobs.rate_limits.insert("statuses".into(), 1);
    });
    world.desk.publish(&post("one")).await;
    let ready = world.desk.prepare(&post("two!"), 0, &[], &Notes::default()).await.expect("prepared");
    let refused = world.desk.send(&ready).await.expect_err("too many");
    assert_eq!((refused.kind, refused.outcome), (FailureKind::RateLimited, Outcome::Throttled));
    assert!(refused.retry_at.is_some_and(|at| at > base::Clock::now(&world.desk.clock)));
    assert_eq!(world.created().len(), 1);
}

#[tokio::test]
async fn the_proof_class_follows_the_software() {
    let mastodon = World::connected().await;
    let other = World::takahe().await;
    let draft = post("Hello");
    let mut direct = post("@bob hello");
    direct.options = json!({ "visibility": "direct" });
    let class = |world: &World, draft| {
        Mastodon.proof(&job(draft, 0, &[], base::Clock::now(&world.desk.clock)), &world.desk.facts)
    };
    assert_eq!(class(&mastodon, &draft), ProofClass::ClientId { repeat_for_s: Some(3300) });
    assert_eq!(class(&mastodon, &direct), ProofClass::ClientId { repeat_for_s: Some(3300) });
    assert_eq!(class(&other, &draft), ProofClass::ReadBack);
    assert_eq!(class(&other, &direct), ProofClass::Person);
}

#[tokio::test]
async fn a_dead_token_while_sending_asks_for_a_reconnection() {
    for world in [World::connected().await, World::takahe().await] {
        let ready = world.desk.prepare(&post("Hello"), 0, &[], &Notes::default()).await.expect("prepared");
        let http = world.desk.http();
        Mastodon.revoke(&world.desk.call(&http)).await.expect("revoked");
        let refused = world.desk.send(&ready).await.expect_err("dead token");
        assert_eq!(
            (refused.kind, refused.outcome),
            (FailureKind::ReconnectNeeded, Outcome::Rejected),
            "{}",
            refused.detail
        );
    }
}

#[tokio::test]
async fn r_32_whatever_goes_wrong_on_the_wire_is_in_doubt() {
    let faults = [
        Fault::Reset { when: When::Before },
        Fault::Reset { when: When::After },
        Fault::Truncate,
        Fault::EmptyBody,
        Fault::HtmlBody,
        Fault::MalformedJson,
        Fault::HugeBody { bytes: 9 << 20 },
        broken(500, When::After),
        broken(502, When::Before),
        broken(408, When::After),
    ];
    let world = World::connected().await;
    for fault in faults {
        let ready = world.desk.prepare(&post("Hello"), 0, &[], &Notes::default()).await.expect("prepared");
        world.turn(|knobs| knobs.faults = vec![Rule::once("POST /api/v1/statuses", fault.clone())]);
        let lost = world.desk.send(&ready).await.expect_err("lost");
        assert_eq!(lost.outcome, Outcome::Unknown, "{fault:?}: {}", lost.detail);
    }
}

#[tokio::test]
async fn answers_of_others_are_listed_answered_and_liked() {
    let mut world = World::start().await;
    world.register().await;
    let granted = world.sign_in("lena", &["publish", "read", "delete", "likes"]).await.expect("granted");
    world.desk.take(granted);
    let mut north = Desk::new(world.desk.clock.clone());
    north.app = world.desk.app.clone();
    north.take(world.sign_in("northwind", &[]).await.expect("granted"));
    let post = world.desk.publish(&post("A bridge")).await.remove(0);
    let say = async |words: &str| {
        let ready =
            north.prepare(&thread(&["not sent", words]), 1, std::slice::from_ref(&post), &Notes::default()).await;
        let id = north.send(&ready.expect("prepared")).await.expect("answered").remote.id;
        north.clock.advance(Duration::from_secs(60));
        id
    };
    let http = world.desk.http();
    let call = world.desk.call(&http);
    let list = async |cursor: Option<String>| {
        let asked = CommentsAsked { cursor, waiting: false };
        Mastodon.below(&call, &post, &asked).await.expect("answers")
    };
    let nice = say("What a <bridge> & more").await;
    let reply = Mastodon.reply(&call, &post, &nice, "Thank you").await.expect("answered");
    // The same answer to the same status is made once.
    assert_eq!(Mastodon.reply(&call, &post, &nice, "Thank you").await.expect("answered").id, reply.id);
    for _ in 0..2 {
        Mastodon.change(&call, &post, &nice, CommentChange::Like).await.expect("liked");
    }
    let found = list(None).await.items;
    let [theirs, own] = &found[..] else { panic!("{found:?}") };
    assert_eq!((theirs.text.as_str(), theirs.author.handle.as_deref()), ("What a <bridge> & more", Some("northwind")));
    assert_eq!((theirs.liked, &theirs.can[..]), (Some(true), &[CommentChange::Unlike][..]));
    assert_eq!(
        (own.parent.as_deref(), own.author.is_self, own.id.as_str()),
        (Some(nice.as_str()), true, reply.id.as_str())
    );
    assert_eq!(own.text, "@northwind Thank you", "who is named is told");
    Mastodon.change(&call, &post, &nice, CommentChange::Unlike).await.expect("unliked");
    assert_eq!(list(None).await.items[0].liked, Some(false));
    let kind = async |id: &str, change| Mastodon.change(&call, &post, id, change).await.expect_err(id).kind;
    assert_eq!(kind(&nice, CommentChange::Delete).await, FailureKind::ContentRefused);
    assert_eq!(kind(&post.id, CommentChange::Delete).await, FailureKind::RemoteNotFound, "the post itself");
    Mastodon.change(&call, &post, &reply.id, CommentChange::Delete).await.expect("deleted");
    for number in 0..60 {
        // Here a post's key goes by the length of its text.
        say(&"x".repeat(40 + number)).await;
    }
    let first = list(None).await;
    let second = list(first.next.clone()).await;
    assert_eq!((first.items.len(), second.items.len(), second.next), (50, 11, None));
    assert!(list(Some("nonsense".into())).await.items.is_empty());
    assert_eq!(Mastodon.feature(CommentAct::Change(CommentChange::Hide)), None);

    let numbers = Mastodon.of_account(&call).await.expect("numbers");
    let counted: Vec<AccountMetric> = numbers.values.iter().map(|number| number.metric).collect();
    assert_eq!(counted, [AccountMetric::Followers, AccountMetric::Following, AccountMetric::Posts]);
}
