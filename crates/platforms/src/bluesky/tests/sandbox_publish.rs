//! Publishing of every kind, and what happens when answers are lost, against the sandbox.

use std::time::Duration;

use base::Clock as _;
use bytes::Bytes;
use connector::{
    AccountMetric, CommentAct, CommentChange as C, CommentState, Comments as _, CommentsAsked, Deleted, Draft,
    FailureKind as Kind, Finding, Insights as _, Media, MediaKind, Mentions as _, Metric, Outcome, Part, PartKind,
    Prepared, Publish as _, Remote, Sent, Trace,
};
use sandbox::{Fault, Network, When};
use serde_json::{Value, json};

use super::{
    sandbox_world::{LENA, Net, OTHER},
    world::{Journal, What, file, png, post, thread},
};
use crate::test_kit::Nowhere;

impl Net {
    /// Prepares while the clock, which stands still otherwise, runs two hundred times as fast as ours.
    async fn prepare_as_time_passes(&self, what: &What<'_>, journal: &Journal) -> Result<Prepared, connector::Failure> {
        let time = async {
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                self.pass(Duration::from_secs(1));
            }
        };
        tokio::select! {
            result = self.world.prepare(what, journal) => result,
            never = time => never,
        }
    }

    async fn prepared(&self, draft: &Draft) -> Prepared {
        self.world.prepare(&What::new(draft, self.clock.now()), &Journal::default()).await.expect("prepared")
    }

    /// A new post, a minute after the one before.
    async fn posted(&self, draft: &Draft) -> Sent {
        self.pass(Duration::from_secs(60));
        let what = What::new(draft, self.clock.now());
        let ready = self.prepare_as_time_passes(&what, &Journal::default()).await.expect("prepared");
        self.send(&ready).await.expect("sent")
    }

    async fn looked_up(&self, ready: &Prepared) -> Finding {
        let now = self.clock.now();
        let trace = Trace { ready, armed_at: now, deadline: now, sent: None, taken: &[] };
        self.world.bluesky.look_up(&self.world.call(), &trace).await.expect("looked")
    }

    async fn send(&self, ready: &Prepared) -> Result<Sent, connector::Failure> {
        self.world.bluesky.send(&self.world.call(), ready).await
    }
}

/// The beginning of an MP4 file, which is all that anyone here looks at.
fn film() -> Media {
    let bytes = [b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2mp41".as_slice(), &[7; 400]].concat();
    Media { width: 16, height: 9, ..file(MediaKind::Video, "video/mp4", Bytes::from(bytes), Some("waves")) }
}

fn with_media(media: Vec<Media>) -> Draft {
    Draft {
        parts: vec![Part { text: "look".to_owned(), media, ..Part::default() }],
        options: Value::Null,
        ..Draft::default()
    }
}

#[tokio::test]
async fn r_03_a_post_whose_answer_was_lost_is_found_and_may_be_sent_again_without_a_second_one() {
    let net = Net::with_channel().await;
    let ready = net.prepared(&post("once")).await;
    assert_eq!(net.looked_up(&ready).await, Finding::Absent { certain: true });
    net.lose_answer();
    let failure = net.send(&ready).await.expect_err("lost");
    assert_eq!(failure.outcome, Outcome::Unknown);
    let Finding::Published { sent, .. } = net.looked_up(&ready).await else { panic!("it landed") };
    let again = net.send(&ready).await.expect("the same once more changes nothing");
    assert_eq!(again, sent);
    assert_eq!(net.posts().len(), 1);
    assert_eq!(net.posts()[0].client_id, ready.client_id);
}

#[tokio::test]
async fn r_32_whatever_goes_wrong_on_the_wire_is_doubt_and_sending_again_makes_one_post() {
    let faults = || {
        let status = |status, when| Fault::Status { status, when, body: None, headers: Default::default() };
        vec![
            Fault::Reset { when: When::Before },
            Fault::Reset { when: When::After },
            Fault::Truncate,
            Fault::EmptyBody,
            Fault::HtmlBody,
            Fault::MalformedJson,
            Fault::HugeBody { bytes: 9 << 20 },
            status(500, When::Before),
            status(500, When::After),
            status(502, When::After),
            status(408, When::After),
        ]
    };
    for fault in faults() {
        let net = Net::with_channel().await;
        let ready = net.prepared(&post("once")).await;
        net.fault(fault.clone());
        let failure = net.send(&ready).await.expect_err("doubt");
        assert_eq!(failure.outcome, Outcome::Unknown, "{fault:?}: {failure}");
        let sent = net.send(&ready).await.expect("sent");
        assert_eq!(
            net.looked_up(&ready).await,
            Finding::Published { sent, proof: base::say!("the record under our own key") }
        );
        assert_eq!(net.posts().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_proves_that_nothing_was_sent() {
    let mut net = Net::with_channel().await;
    let ready = net.prepared(&post("nobody there")).await;
    let nowhere = Nowhere::new();
    net.world.tokens.extra.insert("pds".to_owned(), nowhere.origin().into());
    assert_eq!(net.send(&ready).await.expect_err("refused").outcome, Outcome::NotSent);
}

#[tokio::test]
async fn r_32_a_limit_that_is_used_up_says_when_to_come_back() {
    let net = Net::with_channel().await;
    let ready = net.prepared(&post("too many")).await;
    let headers = [("retry-after".to_owned(), "290".to_owned())].into();
    let body = Some(json!({ "error": "RateLimitExceeded", "message": "Rate Limit Exceeded" }).to_string());
    net.fault(Fault::Status { status: 429, when: When::Before, body, headers });
    let failure = net.send(&ready).await.expect_err("limited");
    assert_eq!((failure.outcome.clone(), failure.kind), (Outcome::Throttled, Kind::RateLimited));
    assert_eq!(failure.retry_at, Some(net.clock.now() + Duration::from_secs(290)));
    assert!(net.posts().is_empty());
}

#[tokio::test]
async fn four_images_with_their_descriptions_are_uploaded_once_and_shown() {
    let net = Net::with_channel().await;
    let draft = with_media((1..=4).map(|n| png(&format!("pixel {n}"))).collect());
    let sent = net.world.publish(&draft).await.expect("published").remove(0);
    let record = net.world.record(&sent.remote.id).await.expect("a record");
    assert_eq!(record["embed"]["images"][3]["alt"], "pixel 4");
    assert_eq!(record["embed"]["images"][0]["aspectRatio"], json!({ "width": 1, "height": 1 }));
    assert_eq!(net.posts()[0].media_count, 4);
    let exchanges = net.sandbox.traffic().of(Network::Bluesky);
    let uploads = exchanges.iter().filter(|e| e.path.ends_with("uploadBlob")).count();
    assert_eq!(uploads, 1, "four times the same bytes are one upload");
}

#[tokio::test]
async fn r_36_an_upload_is_not_begun_anew_after_a_crash_but_is_after_a_failed_attempt() {
    let net = Net::with_channel().await;
    let (draft, journal) = (with_media(vec![png("a pixel")]), Journal::default());
    let what = What::new(&draft, net.clock.now());
    let uploads =
        || net.sandbox.traffic().of(Network::Bluesky).iter().filter(|e| e.path.ends_with("uploadBlob")).count();
    let first = net.world.prepare(&what, &journal).await.expect("prepared");
    journal.0.lock().unwrap().remove("complete"); // the process died before the preparation was complete
    assert_eq!(net.world.prepare(&what, &journal).await.expect("prepared"), first);
    assert_eq!(uploads(), 1);

    net.pass(Duration::from_secs(61 * 60)); // the network forgets files that nothing refers to
    let failure = net.send(&first).await.expect_err("the file is gone");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, Kind::MediaNotReady));
    let second = net.world.prepare(&what, &journal).await.expect("prepared again");
    assert_eq!((uploads(), &second), (2, &first), "the same bytes have the same address");
    net.send(&second).await.expect("sent");
    assert_eq!(net.posts().len(), 1);
}

#[tokio::test]
async fn a_video_goes_through_the_video_service_and_is_waited_for() {
    let net = Net::with_channel().await;
    net.sandbox.turn(Network::Bluesky, |knobs| knobs.processing_ms = Some(90_000));
    let (draft, journal) = (with_media(vec![film()]), Journal::default());
    let what = What::new(&draft, net.clock.now());
    let waiting = net.prepare_as_time_passes(&what, &journal).await.expect_err("being processed");
    assert_eq!((waiting.outcome.clone(), waiting.kind), (Outcome::Throttled, Kind::MediaNotReady));
    assert!(waiting.retry_at > Some(net.clock.now()), "goes on waiting later");
    assert!(journal.0.lock().unwrap().keys().any(|name| name.starts_with("video_job:")), "R-36: the job is journaled");
    net.pass(Duration::from_secs(30));
    let ready = net.prepare_as_time_passes(&what, &journal).await.expect("processed");
    let sent = net.send(&ready).await.expect("sent");
    let record = net.world.record(&sent.remote.id).await.expect("a record");
    assert_eq!((&record["embed"]["$type"], &record["embed"]["alt"]), (&json!("app.bsky.embed.video"), &json!("waves")));
    let uploads = net.sandbox.traffic().of(Network::Bluesky);
    assert_eq!(uploads.iter().filter(|e| e.path.ends_with("uploadVideo")).count(), 1);
}

#[tokio::test]
async fn a_video_that_is_processed_without_end_is_given_up_and_begun_anew_when_a_person_publishes_again() {
    let net = Net::with_channel().await;
    net.sandbox.turn(Network::Bluesky, |knobs| knobs.processing_ms = Some(100 * 60 * 1_000));
    let (draft, journal) = (with_media(vec![film()]), Journal::default());
    let begun = net.clock.now();
    let what = What::new(&draft, begun);
    let refused = loop {
        let failure = net.prepare_as_time_passes(&what, &journal).await.expect_err("being processed");
        let Some(again) = failure.retry_at else { break failure };
        net.pass(again.since(net.clock.now()) + Duration::from_secs(60));
    };
    assert_eq!((refused.outcome, refused.kind), (Outcome::Rejected, Kind::MediaRefused));
    assert!(refused.detail.english().contains("within 30 minutes"), "{}", refused.detail.english());
    let took = net.clock.now().since(begun);
    assert!((30..35).contains(&(took.as_secs() / 60)), "{took:?}");
    let again = net.prepare_as_time_passes(&what, &journal).await.expect_err("being processed");
    assert_eq!(again.kind, Kind::MediaNotReady, "it is waited for once more");
}

#[tokio::test]
async fn a_video_whose_post_was_deleted_can_be_posted_again() {
    let net = Net::with_channel().await;
    net.sandbox.turn(Network::Bluesky, |knobs| knobs.processing_ms = Some(0));
    let draft = with_media(vec![film()]);
    let (first, second) = (net.posted(&draft).await, net.posted(&draft).await);
    let asked =
        |path: &str| net.sandbox.traffic().of(Network::Bluesky).iter().filter(|e| e.path.ends_with(path)).count();
    assert_eq!((asked("uploadVideo"), asked("uploadBlob")), (2, 0), "the service knew it");
    for sent in [first, second] {
        net.world.bluesky.delete(&net.world.call(), &sent.remote).await.expect("deleted");
    }
    let again = net.posted(&draft).await;
    let record = net.world.record(&again.remote.id).await.expect("a record");
    assert_eq!(record["embed"]["video"]["mimeType"], "video/mp4");
    assert_eq!((asked("uploadVideo"), asked("uploadBlob")), (3, 1));
}

#[tokio::test]
async fn a_video_that_cannot_be_processed_is_the_authors_to_change() {
    let net = Net::with_channel().await;
    net.sandbox.turn(Network::Bluesky, |knobs| {
        knobs.processing_ms = Some(0);
        knobs.processing_fails = true;
    });
    let (draft, journal) = (with_media(vec![film()]), Journal::default());
    let what = What::new(&draft, net.clock.now());
    let failure = net.prepare_as_time_passes(&what, &journal).await.expect_err("not processed");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, Kind::MediaRefused), "{}", failure.detail);
}

#[tokio::test]
async fn without_a_video_service_the_video_is_uploaded_as_it_is() {
    let mut net = Net::with_channel().await;
    let nowhere = Nowhere::new();
    for endpoint in [Some(nowhere.origin()), None] {
        net.world.endpoints.remove("video");
        net.world
            .endpoints
            .extend(endpoint.map(|url| ("video".to_owned(), url::Url::parse(&url).expect("an address"))));
        let sent = net.world.publish(&with_media(vec![film()])).await.expect("published").remove(0);
        let record = net.world.record(&sent.remote.id).await.expect("a record");
        assert_eq!(record["embed"]["video"]["mimeType"], "video/mp4");
    }
}

#[tokio::test]
async fn a_thread_with_a_quote_a_comment_and_a_card_reads_as_it_was_written() {
    let net = Net::with_channel().await;
    let quoted = net.world.publish(&post("worth quoting")).await.expect("published").remove(0).remote;
    let mut draft = thread(&[&format!("one @{OTHER}"), "two", "three", "by the way"]);
    draft.parts[1].quote = Some(quoted.id.clone());
    draft.parts[1].media = vec![png("a pixel")];
    draft.parts[2].kind = PartKind::Comment;
    draft.options = json!({
        "langs": ["en", "nl"], "tags": ["bread"], "labels": ["nudity"],
        "link_card": { "uri": "https://example.com/", "title": "Example", "description": "An example." },
    });
    let sent = net.world.publish(&draft).await.expect("published");
    let mut records = Vec::new();
    for part in &sent {
        records.push(net.world.record(&part.remote.id).await.expect("a record"));
    }
    assert_eq!(records[0]["embed"]["external"]["title"], "Example");
    assert!(records[0]["facets"][0]["features"][0]["did"].as_str().is_some_and(|did| did.starts_with("did:plc:")));
    assert_eq!(records[1]["embed"]["$type"], "app.bsky.embed.recordWithMedia");
    assert_eq!(records[1]["embed"]["record"]["record"]["uri"], quoted.id.as_str());
    let parent = |part: usize| records[part]["reply"]["parent"]["uri"].as_str().unwrap_or_default().to_owned();
    let id = |part: usize| sent[part].remote.id.clone();
    assert_eq!(
        [parent(1), parent(2), parent(3)],
        [id(0), id(0), id(1)],
        "a post goes on from the last post, not from a comment"
    );
    assert!(records[1..].iter().all(|record| record["reply"]["root"]["uri"] == id(0).as_str()));
    assert_eq!(records[1].get("tags"), None);
    assert!(records.iter().all(|record| record["labels"]["values"][0]["val"] == "nudity"));
}

#[tokio::test]
async fn a_part_whose_predecessor_is_missing_is_not_sent_alone() {
    let net = Net::with_channel().await;
    let draft = thread(&["one", "two"]);
    let what = What { position: 1, ..What::new(&draft, net.clock.now()) };
    let failure = net.world.prepare(&what, &Journal::default()).await.expect_err("nothing to answer");
    assert_eq!((failure.outcome, failure.kind), (Outcome::Rejected, Kind::RemoteNotFound));
}

#[tokio::test]
async fn settling_twice_leaves_one_gate_and_deleting_twice_says_so() {
    let net = Net::with_channel().await;
    let mut draft = post("for friends");
    draft.options = json!({ "who_can_reply": ["following"], "allow_quotes": false });
    let ready = net.prepared(&draft).await;
    let sent = net.send(&ready).await.expect("sent");
    for _ in 0..2 {
        net.world.bluesky.settle(&net.world.call(), &ready, &sent).await.expect("settled");
    }
    let gate = sent.remote.id.replace("feed.post", "feed.threadgate");
    assert_eq!(net.world.record(&gate).await.expect("a gate")["post"], sent.remote.id.as_str());
    let delete = || async { net.world.bluesky.delete(&net.world.call(), &sent.remote).await.expect("deleted") };
    assert_eq!((delete().await, delete().await), (Deleted::Gone, Deleted::WasGone));
    assert!(net.world.record(&gate).await.is_none(), "the gates go with the post");
}

#[tokio::test]
async fn a_post_that_a_person_found_is_taken_for_the_part_if_it_is_the_account_s() {
    let net = Net::with_channel().await;
    let draft = thread(&["one", "two"]);
    let ready = net.prepared(&draft).await;
    let by_hand = net.world.publish(&post("one!")).await.expect("published").remove(0).remote;
    let call = net.world.call();
    let ask =
        async |address: &str| net.world.bluesky.at_address(&call, &ready, &address.parse().expect("an address")).await;
    let rkey = by_hand.id.rsplit('/').next().expect("a key");
    for address in [by_hand.url.clone(), format!("https://bsky.app/profile/{}/post/{rkey}", LENA.0)] {
        assert_eq!(ask(&address).await.expect("found"), by_hand, "{address}");
    }
    let earlier = [ask(&by_hand.url).await.expect("found")];
    let what = What { position: 1, earlier: &earlier, ..What::new(&draft, net.clock.now()) };
    let second = net.world.prepare(&what, &Journal::default()).await.expect("the next part answers it");
    net.send(&second).await.expect("sent");
    assert_eq!(net.posts().pop().expect("the second").parent, Some(by_hand.id.clone()));

    let foreign = format!("https://bsky.app/profile/{OTHER}/post/{rkey}");
    for address in ["https://bsky.app/profile/lena.test", "https://example.com/post/1", foreign.as_str()] {
        assert_eq!(ask(address).await.expect_err(address).kind, Kind::InputInvalid, "{address}");
    }
    net.world.bluesky.delete(&call, &by_hand).await.expect("deleted");
    assert_eq!(ask(&by_hand.url).await.expect_err("gone").kind, Kind::RemoteNotFound);
}

#[tokio::test]
async fn editing_is_refused_with_the_reason() {
    let net = Net::with_channel().await;
    let draft = post("as it is");
    let sent = net.world.publish(&draft).await.expect("published").remove(0);
    assert!(!net.world.bluesky.limits(&Value::Null).edit);
    let job = connector::PartJob { draft: &draft, position: 0, earlier: &[], op_id: "op", begun_at: net.clock.now() };
    let call = net.world.call();
    let failure = net.world.bluesky.edit(&call, &sent.remote, &job, &Journal::default()).await.expect_err("never");
    assert_eq!(failure.outcome, Outcome::Rejected);
}

#[tokio::test]
async fn numbers_are_read_without_a_sign_in_and_posts_that_are_gone_are_left_out() {
    let net = Net::with_channel().await;
    let kept = net.world.publish(&post("kept")).await.expect("published").remove(0).remote;
    let gone = net.world.publish(&post("gone")).await.expect("published").remove(0).remote;
    net.world.bluesky.delete(&net.world.call(), &gone).await.expect("deleted");
    net.pass(Duration::from_secs(7200));
    let none: &[Remote] = &[];
    assert!(net.world.bluesky.of_posts(&net.world.call(), none).await.expect("nothing asked").is_empty());
    let found = net.world.bluesky.of_posts(&net.world.call(), &[kept.clone(), gone]).await.expect("read");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].remote_id.as_str(), found[0].fetched_at), (kept.id.as_str(), net.clock.now()));
    let known: Vec<Metric> = found[0].values.iter().map(|(metric, _)| *metric).collect();
    assert!(known.contains(&Metric::Likes) && known.contains(&Metric::Replies), "{known:?}");
}

#[tokio::test]
async fn accounts_to_mention_are_found_by_the_beginning_of_a_name_without_a_sign_in() {
    let net = Net::new().await;
    for (typed, handles) in [("len", vec!["lena.test"]), ("bake", vec![OTHER]), ("nobody", vec![])] {
        let found = net.world.bluesky.suggest(&net.world.call(), typed).await.expect("an answer");
        assert_eq!(found.iter().map(|one| one.handle.as_str()).collect::<Vec<_>>(), handles);
        assert!(found.iter().all(|one| !one.name.is_empty()));
    }
}

#[tokio::test]
async fn the_write_is_exactly_what_the_reference_asks_for() {
    let net = Net::with_channel().await;
    let sent = net.world.publish(&post("hello #bread")).await.expect("published").remove(0);
    let exchanges = net.sandbox.traffic().of(Network::Bluesky);
    let write = exchanges.iter().find(|e| e.path.ends_with("putRecord")).expect("a write");
    let rkey = sent.remote.id.rsplit('/').next().expect("a key");
    assert_eq!(
        write.body,
        Some(json!({
            "repo": net.world.account_id, "collection": "app.bsky.feed.post", "rkey": rkey, "swapRecord": null, "validate": true,
            "record": {
                "$type": "app.bsky.feed.post", "text": "hello #bread", "createdAt": "2030-01-02T09:30:00.000Z",
                "facets": [{
                    "index": { "byteStart": 6, "byteEnd": 12 },
                    "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "bread" }],
                }],
            },
        }))
    );
}

#[tokio::test]
async fn answers_of_others_are_listed_answered_hidden_and_liked() {
    let net = Net::with_oauth().await;
    let other = net.beside(OTHER, "demo-harb-3333-bbbb").await;
    let (bluesky, call) = (&net.world.bluesky, net.world.call());
    let root = net.posted(&post("A bridge")).await.remote;
    let say = async |words: &str| {
        net.pass(Duration::from_secs(60));
        let whole = thread(&["not sent", words]);
        let what = What { position: 1, earlier: std::slice::from_ref(&root), ..What::new(&whole, net.clock.now()) };
        let ready = other.prepare(&what, &Journal::default()).await.expect("prepared");
        other.bluesky.send(&other.call(), &ready).await.expect("answered").remote
    };
    let list = async |cursor: Option<String>| {
        let asked = CommentsAsked { cursor, waiting: false };
        bluesky.below(&call, &root, &asked).await.expect("answers")
    };
    let (nice, spam) = (bluesky.id_of(&say("What a bridge").await), bluesky.id_of(&say("Cheap watches").await));
    let reply = bluesky.reply(&call, &root, &nice, "Thank you, see https://example.com").await.expect("answered");
    for change in [C::Like, C::Like, C::Unlike, C::Unlike] {
        bluesky.change(&call, &root, &nice, change).await.expect("done, and done again");
    }
    for _ in 0..2 {
        bluesky.change(&call, &root, &spam, C::Hide).await.expect("hidden");
    }
    let found = list(None).await.items;
    let [theirs, own, hidden] = &found[..] else { panic!("{found:?}") };
    assert_eq!((theirs.id.as_str(), theirs.author.handle.as_deref()), (nice.as_str(), Some(OTHER)));
    assert_eq!((theirs.text.as_str(), theirs.state), ("What a bridge", CommentState::Shown));
    assert_eq!(
        (own.id.as_str(), own.parent.as_deref(), own.author.is_self),
        (reply.id.as_str(), Some(nice.as_str()), true)
    );
    assert_eq!((hidden.id.as_str(), hidden.state), (spam.as_str(), CommentState::Hidden));
    assert!(hidden.can.contains(&C::Unhide) && theirs.can.contains(&C::Hide) && own.can == [C::Delete]);
    bluesky.change(&call, &root, &spam, C::Unhide).await.expect("shown");
    assert!(list(None).await.items.iter().all(|comment| comment.state == CommentState::Shown));
    let kind = async |id: &str, change| bluesky.change(&call, &root, id, change).await.expect_err(id).kind;
    assert_eq!(kind(&nice, C::Delete).await, Kind::ContentRefused);
    for id in [bluesky.id_of(&root).as_str(), "x", "3kaaaaaaaaaaa@did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"] {
        assert_eq!(kind(id, C::Delete).await, Kind::RemoteNotFound, "{id}");
    }
    bluesky.change(&call, &root, &reply.id, C::Delete).await.expect("deleted");
    assert_eq!(list(None).await.items.len(), 2);
    // A lost answer is decided by the record under the key.
    net.lose_answer();
    bluesky.reply(&call, &root, &nice, "Once more").await.expect("it is there");
    net.fault(Fault::Reset { when: When::Before });
    let lost = bluesky.reply(&call, &root, &nice, "Never").await.expect_err("it is not there");
    assert_eq!(lost.outcome, Outcome::NotSent);
    assert_eq!(list(None).await.items.len(), 3);
    assert_eq!(bluesky.feature(CommentAct::Change(C::Approve)), None);

    let numbers = bluesky.of_account(&call).await.expect("numbers");
    let counted: Vec<AccountMetric> = numbers.values.iter().map(|number| number.metric).collect();
    assert_eq!(counted, [AccountMetric::Followers, AccountMetric::Following, AccountMetric::Posts]);
}
