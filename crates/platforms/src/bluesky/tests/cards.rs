//! A link is shown as a card with what its page says.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    response::{Html, Redirect},
    routing::get,
};
use connector::{Draft, Handles as _, Publish as _, Rule};
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{
    sandbox_world::Net,
    world::{Journal, What, png, post, thread},
};

const PAGE: &str = "<title>Plain</title><meta property=og:title content='The new quay'>\
                    <meta property=og:description content='Opens in May.'>\
                    <meta property=og:image content='/quay.png'>";

/// Someone's web site, and how often its page was read.
async fn site() -> (String, Arc<AtomicU32>) {
    let (address, read) = site_at("127.0.0.1:0").await;
    (address.expect("a free port"), read)
}

/// The same at an address; `None` where this machine does not give it to us, which is said.
#[expect(clippy::print_stdout, reason = "a skipped test must say so")]
async fn site_at(address: &str) -> (Option<String>, Arc<AtomicU32>) {
    let read = Arc::new(AtomicU32::new(0));
    let count = read.clone();
    let picture = png("quay").source.read().await.expect("bytes");
    let pages = Router::new()
        .route(
            "/quay",
            get(move || async move {
                count.fetch_add(1, Ordering::Relaxed);
                Html(PAGE)
            }),
        )
        .route("/moved", get(|| async { Redirect::to("/quay") }))
        .route("/quay.png", get(move || async { ([(CONTENT_TYPE, "image/png")], picture) }))
        .route("/huge", get(|| async { Html("<title>Huge</title><meta property=og:image content='/huge.png'>") }))
        .route("/huge.png", get(|| async { ([(CONTENT_TYPE, "image/png")], vec![0_u8; 1_000_001]) }))
        // As on the largest video site: the scripts stand before what the page says of itself.
        .route("/long", get(|| async { Html(format!("<head><script>{}</script>{PAGE}", "var x = 1;".repeat(70_000))) }))
        .route("/named", get(|| async { Html("<title>Named</title><meta property=og:image content='/named.jpg'>") }))
        .route("/named.jpg", get(|| async { ([(CONTENT_TYPE, "image/jpg")], &b"\xff\xd8\xff\xe0 a picture"[..]) }))
        .route("/large", get(|| async { Html("<title>Large</title><meta property=og:image content='/large.jpg'>") }))
        .route(
            "/large.jpg",
            get(|| async { ([(CONTENT_TYPE, "Image/JPEG")], [&b"\xff\xd8\xff"[..], &[0; 2_800_000]].concat()) }),
        )
        .route("/list.txt", get(|| async { "<title>No page</title>" }));
    let Ok(listener) = tokio::net::TcpListener::bind(address).await else {
        println!("skipped: a page over plain http, because {address} is not ours to listen on");
        return (None, read);
    };
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move { axum::serve(listener, pages).await });
    (Some(format!("http://{address}").trim_end_matches(":80").to_owned()), read)
}

async fn embed(net: &Net, draft: &Draft) -> Value {
    let sent = net.world.publish(draft).await.expect("published").remove(0);
    net.world.record(&sent.remote.id).await.expect("a record")["embed"].clone()
}

#[tokio::test]
async fn the_first_link_of_a_part_becomes_a_card_with_the_page_s_picture() {
    let net = Net::with_channel().await;
    let (site, _) = site().await;
    let two = thread(&[&format!("See {site}/quay and {site}/list.txt"), &format!("And {site}/moved")]);
    let sent = net.world.publish(&two).await.expect("published");
    for (part, uri) in sent.iter().zip(["/quay", "/moved"]) {
        let record = net.world.record(&part.remote.id).await.expect("a record");
        let shown = &record["embed"]["external"];
        assert_eq!((&shown["title"], &shown["description"]), (&json!("The new quay"), &json!("Opens in May.")));
        assert_eq!((&shown["uri"], &shown["thumb"]["mimeType"]), (&json!(format!("{site}{uri}")), &json!("image/png")));
    }
}

#[tokio::test]
async fn a_page_that_has_nothing_to_show_holds_nothing_up() {
    let net = Net::with_channel().await;
    let (site, _) = site().await;
    for path in ["list.txt", "nowhere"] {
        assert_eq!(embed(&net, &post(&format!("See {site}/{path}"))).await, Value::Null, "{path}");
    }
    assert_eq!(embed(&net, &post("See http://127.0.0.1:9/closed")).await, Value::Null);
    let huge = embed(&net, &post(&format!("See {site}/huge"))).await;
    assert_eq!((&huge["external"]["title"], huge["external"].get("thumb")), (&json!("Huge"), None));
}

#[tokio::test]
async fn a_card_is_found_where_browsers_find_it() {
    let net = Net::with_channel().await;
    let (site, _) = site().await;
    let long = embed(&net, &post(&format!("See {site}/long"))).await;
    assert_eq!(long["external"]["title"], "The new quay", "behind 700 kB of scripts");
    let named = embed(&net, &post(&format!("See {site}/named"))).await;
    assert_eq!(named["external"]["thumb"]["mimeType"], "image/jpeg");
    let next = embed(&net, &post(&format!("See {site}/gone and {site}/quay"))).await;
    assert_eq!(next["external"]["uri"], format!("{site}/quay"), "the first link is broken, the next has a card");
    let large = embed(&net, &post(&format!("See {site}/large"))).await;
    assert_eq!(large["external"]["thumb"]["mimeType"], "image/png", "made smaller by the app");
}

#[tokio::test]
async fn what_prevents_a_card_is_told_before_publishing() {
    let net = Net::with_channel().await;
    let (site, read) = site().await;
    let now = |text: String| {
        let net = &net;
        async move { net.world.bluesky.card(&net.world.call(), &post(&text), 0).await.expect("a card is wanted") }
    };
    let quay = now(format!("See {site}/quay")).await;
    assert_eq!(quay.card.and_then(|card| card.title).as_deref(), Some("The new quay"));
    assert_eq!(quay.picture, Some(format!("{site}/quay.png")));
    now(format!("See {site}/quay now")).await;
    assert_eq!(read.load(Ordering::Relaxed), 1, "while somebody writes, a page is read once");
    for (path, why) in [("gone", "404"), ("list.txt", "isn't a web page")] {
        let missing = now(format!("See {site}/{path}")).await;
        assert_eq!((missing.card, missing.notes[0].rule), (None, Rule::LinkCardMissing));
        assert!(missing.notes[0].detail.english().contains(why), "{}", missing.notes[0].detail);
    }
    let huge = now(format!("See {site}/huge")).await;
    assert_eq!(huge.notes[0].rule, Rule::LinkCardWithoutPicture);
    assert!(huge.card.is_some() && huge.picture.is_none());
}

#[tokio::test]
async fn an_author_may_word_the_card_or_want_none() {
    let net = Net::with_channel().await;
    let (site, read) = site().await;
    let mut draft = post(&format!("See {site}/quay"));
    draft.options = json!({ "link_preview": false });
    assert_eq!(embed(&net, &draft).await, Value::Null);
    assert_eq!(read.load(Ordering::Relaxed), 0, "nobody was asked");
    draft.options = json!({ "link_card": { "uri": format!("{site}/quay"), "title": "In my words" } });
    let shown = embed(&net, &draft).await["external"].clone();
    assert_eq!((&shown["title"], &shown["description"]), (&json!("In my words"), &json!("")));
    assert_eq!(shown["thumb"]["mimeType"], "image/png");
}

#[tokio::test]
async fn r_36_a_card_is_journaled_and_its_page_not_read_again_after_a_crash() {
    let net = Net::with_channel().await;
    let (site, read) = site().await;
    let draft = post(&format!("See {site}/quay"));
    let (what, journal) = (What::new(&draft, base::Clock::now(&net.clock)), Journal::default());
    let first = net.world.prepare(&what, &journal).await.expect("prepared");
    // Without the mark of its end: the process died before.
    journal.forget("complete").await.expect("forgotten");
    let second = net.world.prepare(&what, &journal).await.expect("prepared");
    assert_eq!((first, read.load(Ordering::Relaxed)), (second.clone(), 1));
    // What was prepared whole and yet not sent may have lost its picture: the page is read once more.
    net.world.prepare(&what, &journal).await.expect("prepared");
    assert_eq!(read.load(Ordering::Relaxed), 2);
    net.world.bluesky.send(&net.world.call(), &second).await.expect("sent");
}

#[tokio::test]
async fn a_page_that_has_no_https_is_read_over_http() {
    let net = Net::with_channel().await;
    let (site, read) = site_at("127.0.0.80:80").await;
    let Some(site) = site else { return };
    let shown = embed(&net, &post("See http://127.0.0.80/quay")).await;
    assert_eq!(shown["external"]["title"], "The new quay");
    assert_eq!(shown["external"]["uri"], format!("{site}/quay"), "the address is the one that was written");
    assert_eq!(read.load(Ordering::Relaxed), 1);
}
