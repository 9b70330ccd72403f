//! A foreign client: `threads-client` from PyPI, written by other people from Meta's documentation and from what their
//! program met. What it and this twin agree on was not agreed on by us.

use super::*;
use crate::{Action, test_kit::foreign_client};

/// The variable with the Python that has it; `cargo xtask test` installs it.
const PYTHON: &str = "FANFARE_TEST_THREADS_CLIENT";

/// Prints what came of each step as one JSON object.
const SCRIPT: &str = r#"
import asyncio, json, sys
from threads_client import CarouselMediaItem, ThreadsAPIError, ThreadsClient, ThreadsMediaProcessingError

async def main(base, short, secret, picture):
    out = {}
    async with ThreadsClient(short, base_url=base) as client:
        long = await client.tokens.exchange(short, secret)
        out["expires_in"] = long.expires_in
        client.access_token = long.access_token
        first = await client.post("From a foreign client", topic_tag="Brid.ges")
        image = await client.post("A picture", image_url=picture)
        items = [CarouselMediaItem(media_type="IMAGE", url=picture) for _ in range(2)]
        carousel = await client.post_carousel("Two pictures", items=items)
        reply = await client.post("A reply", reply_to_id=first)
        out["ids"] = [first, image, carousel, reply]
        out["listed"] = [[post.id, post.media_type] async for post in client.posts.iter_posts(limit=2)]
        out["deleted"] = await client.delete_post(image)
        for name, call in [
            ("long", lambda: client.post("a" * 501)),
            ("absent", lambda: client.posts.publish_container("17900000000000001", max_retries=1)),
            ("unfetched", lambda: client.posts.create_container("x", image_url=picture + ".gone")),
        ]:
            try:
                await call()
                out[name] = None
            except ThreadsAPIError as error:
                out[name] = [type(error).__name__, error.status_code, error.code, error.subcode, error.error_type]
        try:
            await client.tokens.refresh(client.access_token)
            out["refreshed"] = True
        except ThreadsAPIError as error:
            out["refreshed"] = error.code
    print(json.dumps(out))

asyncio.run(main(*sys.argv[1:]))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_client_publishes_reads_and_deletes_and_understands_the_refusals() {
    let place = Place::start().await;
    // The client waits five seconds of real time for a container that is not ready.
    place.world.running.turn(Network::Threads, |knobs| knobs.processing_ms = Some(0));
    let token = place.sign_in("lena").await;
    let args = [&*place.url("v1.0"), &token, PRODUCT.secret, &place.file("a.png")];
    let Some(out) = foreign_client(PYTHON, "threads-client", SCRIPT, &args).await else { return };
    assert_eq!(
        (&out["expires_in"], &out["deleted"], &out["refreshed"]),
        (&json!(5_184_000), &json!(true), &json!(100)),
        "{out}"
    );
    let posted: Vec<String> = out["ids"].as_array().expect("ids").iter().map(text).collect();
    let [first, image, carousel, reply] = posted.as_slice() else { panic!("{out}") };
    let listed = json!([[carousel, "CAROUSEL_ALBUM"], [image, "IMAGE"], [first, "TEXT_POST"]]);
    assert_eq!(out["listed"], listed, "all pages, newest first, without the reply");
    assert_eq!(out["long"], json!(["ThreadsAPIError", 400, 100, null, "THApiException"]));
    assert_eq!(out["absent"], json!(["ThreadsMediaProcessingError", 400, 24, 4_279_009, "OAuthException"]));
    assert_eq!(out["unfetched"], json!(["ThreadsAPIError", 400, 1, 2_207_052, "OAuthException"]));
    let post = read_back(&place, &token, first, "topic_tag").await;
    assert_eq!(post["topic_tag"], "Bridges");
    let ledger = place.ledger();
    let seen: Vec<_> = ledger.iter().map(|entry| (entry.action, &entry.remote_id)).collect();
    assert_eq!(
        seen,
        [
            (Action::Created, first),
            (Action::Created, image),
            (Action::Created, carousel),
            (Action::Created, reply),
            (Action::Deleted, image),
        ]
    );
}
