//! Uploads that are interrupted and resumed.

use std::{future::IntoFuture as _, time::Duration};

use axum::body::Body;
use base::Permission;
use bytes::Bytes;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::{Got, again, file_of, in_pieces, kept, send, spooled};
use crate::{
    media::{
        BlobKey, FileType, store, sweep_uploads,
        tests::corpus::{Video, dirty, has_canary, plain, video},
    },
    testing::{Client, World},
};

const PIECE: &str = "application/offset+octet-stream";

/// Begins an upload and gives its path.
async fn begin(client: &Client, size: usize) -> String {
    let answer =
        client.post("/v1/uploads", json!({ "name": "photo.jpg", "size_bytes": size, "alt": "A bridge" })).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.json["received_bytes"], 0);
    answer.header("location").to_owned()
}

async fn piece(client: &Client, path: &str, offset: usize, body: Body) -> Got {
    let offset = offset.to_string();
    send(client, "PATCH", path, &[("content-type", PIECE), ("upload-offset", &offset)], body).await
}

async fn offset(client: &Client, path: &str) -> usize {
    let got = send(client, "HEAD", path, &[], Body::empty()).await;
    assert_eq!((got.status, got.bytes.len()), (200, 0));
    assert!(got.headers.contains_key("upload-length"));
    got.header("upload-offset").parse().expect("a number")
}

async fn finish(client: &Client, path: &str) -> Got {
    send(client, "POST", &format!("{path}/finish"), &[("content-type", PIECE)], Body::empty()).await
}

#[tokio::test]
async fn s_66_an_upload_resumes_after_a_lost_connection_and_after_a_restart() {
    for mut world in World::both().await {
        let owner = world.owner();
        let photo = dirty(FileType::Jpeg, 200, 100, 1);
        let third = photo.len() / 3;
        let path = begin(&owner, photo.len()).await;
        assert_eq!(offset(&owner, &path).await, 0);
        // The line is cut after a third and a bit.
        let cut = in_pieces(vec![Some(photo.slice(..third)), Some(photo.slice(third..third + 5)), None]);
        assert_eq!(piece(&owner, &path, 0, cut).await.problem(), "bad-request");
        assert_eq!(offset(&owner, &path).await, third + 5);
        // The process dies and starts again.
        again(&mut world, |_| {});
        let owner = world.owner();
        assert_eq!(offset(&owner, &path).await, third + 5);
        let incomplete = finish(&owner, &path).await;
        assert_eq!((incomplete.status, incomplete.problem()), (409, "upload-incomplete"));
        assert_eq!(incomplete.json["offset"], third + 5);
        for wrong in [0, third, third + 6, photo.len()] {
            let got = piece(&owner, &path, wrong, Body::from(photo.slice(wrong..))).await;
            assert_eq!((got.status, got.problem(), &got.json["offset"]), (409, "upload-mismatch", &json!(third + 5)));
        }
        let got = piece(&owner, &path, third + 5, Body::from(photo.slice(third + 5..))).await;
        assert_eq!((got.status, got.header("upload-offset")), (204, photo.len().to_string().as_str()), "{}", got.json);
        let made = finish(&owner, &path).await;
        let id = made.id();
        assert_eq!((&made.json["alt"], &made.json["file_name"]), (&json!("A bridge"), &json!("photo.jpg")));
        assert!(!has_canary(&file_of(&owner, id).await));
        assert_eq!(finish(&owner, &path).await.id(), id, "asked again, the same");
        assert_eq!(owner.get(&path).await.json["media"], json!(id));
        let late = piece(&owner, &path, photo.len(), Body::from("more")).await;
        assert_eq!((late.status, late.problem()), (409, "conflict"), "{}", late.json);
        assert_eq!((spooled(&world), kept(&world).await), (0, 1));
    }
}

#[tokio::test]
async fn s_66_what_was_written_but_not_confirmed_is_sent_again() {
    for world in World::both().await {
        let owner = world.owner();
        let photo = plain(FileType::Png, 50, 50);
        let path = begin(&owner, photo.len()).await;
        piece(&owner, &path, 0, Body::from(photo.slice(..100))).await;
        // As after a power cut: more in the file than was ever confirmed, and not what was sent.
        let file = world.app.settings.spool.join(path.rsplit('/').next().expect("an id"));
        let torn = [&photo[..100], &[0xee; 300]].concat();
        std::fs::write(&file, torn).expect("written");
        assert_eq!(offset(&owner, &path).await, 100);
        piece(&owner, &path, 100, Body::from(photo.slice(100..))).await;
        let id = finish(&owner, &path).await.id();
        assert_eq!(file_of(&owner, id).await, photo);

        // As on another node, or after the folder was emptied: it starts over.
        let path = begin(&owner, photo.len()).await;
        piece(&owner, &path, 0, Body::from(photo.slice(..100))).await;
        std::fs::remove_file(world.app.settings.spool.join(path.rsplit('/').next().expect("an id"))).expect("removed");
        assert_eq!(offset(&owner, &path).await, 0);
        assert_eq!(piece(&owner, &path, 100, Body::from(photo.slice(100..))).await.json["offset"], 0);
        piece(&owner, &path, 0, Body::from(photo.clone())).await;
        assert_eq!(file_of(&owner, finish(&owner, &path).await.id()).await, photo);
    }
}

#[tokio::test]
async fn s_66_two_connections_do_not_write_the_same_upload() {
    for world in World::both().await {
        let owner = world.owner();
        let photo = plain(FileType::Png, 50, 50);
        let path = begin(&owner, photo.len()).await;
        let (sender, pieces) = tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(1);
        let slow = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(pieces));
        let (client, place) = (owner.clone(), path.clone());
        let first = tokio::spawn(async move { piece(&client, &place, 0, slow).await });
        sender.send(Ok(photo.slice(..100))).await.expect("it listens");
        sender.send(Ok(photo.slice(100..200))).await.expect("it listens");
        // The second piece was taken out of the channel once the first was written.
        sender.send(Ok(photo.slice(200..300))).await.expect("it listens");
        for path in [path.clone(), format!("{path}/finish")] {
            let method = if path.ends_with("finish") { "POST" } else { "PATCH" };
            let headers = [("content-type", PIECE), ("upload-offset", "0")];
            let asked = send(&owner, method, &path, &headers, Body::from(photo.clone()));
            let time_passes = async {
                loop {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    world.advance(Duration::from_secs(10));
                }
            };
            let second = tokio::select! { second = asked => second, () = time_passes => unreachable!("it has no end") };
            assert_eq!((second.status, second.problem()), (409, "conflict"), "{}", second.json);
            assert!(!second.header("retry-after").is_empty());
        }
        sender.send(Ok(photo.slice(300..))).await.expect("it listens");
        drop(sender);
        assert_eq!(first.await.expect("sent").status, 204);
        assert_eq!(file_of(&owner, finish(&owner, &path).await.id()).await, photo);
    }
}

#[tokio::test]
async fn s_66_an_upload_is_judged_as_soon_as_its_type_shows() {
    for world in World::both().await {
        let owner = world.owner();
        let path = begin(&owner, 1 << 20).await;
        let page = [&b"<html><script>"[..], &[b' '; 100]].concat();
        let got = piece(&owner, &path, 0, Body::from(page)).await;
        assert_eq!((got.status, got.problem()), (422, "media-refused"), "{}", got.json);
        assert_eq!(owner.get(&path).await.status, 404, "it is forgotten");

        let path = begin(&owner, 100).await;
        let more = [&plain(FileType::Png, 50, 50)[..], &[0; 100]].concat();
        let got = piece(&owner, &path, 0, Body::from(more)).await;
        assert_eq!((got.status, got.problem()), (409, "upload-mismatch"), "more than announced: {}", got.json);
        let headers = [("content-type", "application/json"), ("upload-offset", "0")];
        assert_eq!(send(&owner, "PATCH", &path, &headers, Body::from("{}")).await.problem(), "bad-request");
        assert_eq!(
            send(&owner, "PATCH", &path, &[("content-type", PIECE)], Body::from("x")).await.problem(),
            "bad-request"
        );
        assert_eq!(owner.delete(&path).await.status, 204);
        assert_eq!(owner.get(&path).await.status, 404);
        assert_eq!(owner.post("/v1/uploads", json!({ "size_bytes": 0 })).await.problem(), "invalid-field");
        assert_eq!(spooled(&world), 0);
    }
}

#[tokio::test]
async fn s_66_an_unfinished_upload_is_deleted_after_a_day() {
    for world in World::both().await {
        let owner = world.owner();
        let photo = plain(FileType::Png, 50, 50);
        let finished = begin(&owner, photo.len()).await;
        piece(&owner, &finished, 0, Body::from(photo.clone())).await;
        let id = finish(&owner, &finished).await.id();
        let path = begin(&owner, photo.len()).await;
        piece(&owner, &path, 0, Body::from(photo.slice(..100))).await;
        // What a crash between the file store and the database leaves behind.
        let (workspace, now) = (world.workspace, world.now());
        let begun = path.rsplit('/').next().expect("an id").parse().expect("an upload's id");
        let row = world.app.db.read(async move |tx| store::upload(tx, workspace, begun, now).await).await;
        let row = row.map_err(|error: db::Error| error).expect("read").expect("there");
        let key = BlobKey::new(&workspace.to_string(), &row.media.to_string(), "original.png").expect("a key");
        let bytes = futures::stream::iter([Ok(photo.clone())]);
        world.app.blobs.put(&key, "image/png", 1 << 20, bytes).await.expect("kept");
        world.advance(Duration::from_secs(24 * 3_600 - 1));
        assert_eq!(offset(&owner, &path).await, 100);
        assert_eq!(sweep_uploads(&world.app).await.expect("swept"), 0);
        world.advance(Duration::from_secs(1));
        assert_eq!(owner.get(&path).await.status, 404);
        assert_eq!(piece(&owner, &path, 100, Body::from(photo.slice(100..))).await.status, 404);
        assert_eq!(spooled(&world), 1);
        world.advance(Duration::from_secs(3_600));
        std::fs::write(world.app.settings.spool.join("somebody's own.txt"), "x").expect("written");
        assert_eq!(sweep_uploads(&world.app).await.expect("swept"), 2, "both rows, and the file with its row");
        assert_eq!(spooled(&world), 1, "only what is not ours");
        assert_eq!(file_of(&owner, id).await, photo, "what was finished stays");
        assert_eq!(kept(&world).await, 1, "and nothing else");
    }
}

#[tokio::test]
async fn s_66_an_unfinished_upload_is_not_a_media_asset() {
    for world in World::both().await {
        let owner = world.owner();
        let path = begin(&owner, 1_000).await;
        let id = path.rsplit('/').next().expect("an id");
        let answer = owner.post("/v1/posts", json!({ "text": "Look", "media": [{ "id": id }] })).await;
        assert_eq!((answer.status, answer.problem()), (422, "invalid-field"), "{}", answer.text);
        assert_eq!(answer.json["errors"][0]["pointer"], "/media/0/id");
        assert!(answer.json["errors"][0]["detail"].as_str().expect("words").contains("media_"), "{}", answer.text);
    }
}

#[tokio::test]
async fn s_66_a_long_video_is_confirmed_on_the_way() {
    let world = World::on(db::testing::TestDb::sqlite().await).await;
    let owner = world.owner();
    let like = Video { index_first: false, ..Video::default() };
    let mut film = video(b"isom", &like);
    let index = film.windows(4).position(|window| window == b"moov").expect("an index") - 4;
    let long = crate::media::tests::corpus::atom(b"mdat", &vec![0x5a; 40 << 20]);
    film.splice(index..index, long.iter().copied());
    let film = Bytes::from(film);
    let path = begin(&owner, film.len()).await;
    let (sender, pieces) = tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(1);
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(pieces));
    let (client, place) = (owner.clone(), path.clone());
    let sending = tokio::spawn(async move { piece(&client, &place, 0, body).await });
    for at in (0..34 << 20).step_by(1 << 20) {
        sender.send(Ok(film.slice(at..at + (1 << 20)))).await.expect("it listens");
    }
    // It is still being sent; a machine that stops now has most of it.
    assert!(offset(&owner, &path).await >= 16 << 20);
    drop(sender);
    assert_eq!(sending.await.expect("sent").status, 204);
    let here = offset(&owner, &path).await;
    assert_eq!(here, 34 << 20);
    assert_eq!(piece(&owner, &path, here, Body::from(film.slice(here..))).await.status, 204);
    assert_eq!(finish(&owner, &path).await.json["mime"], "video/mp4");
}

#[tokio::test]
async fn s_66_what_came_over_a_connection_that_dropped_is_kept() {
    for world in World::both().await {
        let key = world.key([Permission::MediaRead, Permission::MediaWrite]).await;
        let photo = plain(FileType::Png, 300, 300);
        let path = begin(&key, photo.len()).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(axum::serve(listener, world.router.clone()).into_future());
        let mut line = tokio::net::TcpStream::connect(address).await.expect("connected");
        let head = format!(
            "PATCH {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: {}\r\ncontent-type: {PIECE}\r\nupload-offset: 0\r\n\
             content-length: {}\r\n\r\n",
            key.authorization(),
            photo.len()
        );
        line.write_all(head.as_bytes()).await.expect("sent");
        line.write_all(&photo[..1_000]).await.expect("sent");
        line.flush().await.expect("sent");
        drop(line);
        let begun = std::time::Instant::now();
        while offset(&key, &path).await < 1_000 {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing was kept");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The broken request may still hold the lock for a moment, as its answer to `Retry-After` says.
        let rest = loop {
            let got = piece(&key, &path, 1_000, Body::from(photo.slice(1_000..))).await;
            if got.problem() != "conflict" {
                break got;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(rest.status, 204, "{}", rest.json);
        assert_eq!(file_of(&key, finish(&key, &path).await.id()).await, photo);
        serving.abort();
    }
}

#[tokio::test]
async fn finishing_an_upload_twice_returns_the_same_asset() {
    for world in World::both().await {
        let key = world.key([Permission::MediaRead, Permission::MediaWrite]).await;
        let photo = plain(FileType::Png, 300, 300);
        let path = begin(&key, photo.len()).await;
        assert_eq!(piece(&key, &path, 0, Body::from(photo.clone())).await.status, 204);
        // A client that was not answered asks again while the first request still works.
        let all = futures::future::join_all((0..4).map(|_| finish(&key, &path))).await;
        let ids: std::collections::BTreeSet<_> = all.iter().map(Got::id).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(finish(&key, &path).await.id(), all[0].id());
        assert_eq!(file_of(&key, all[0].id()).await, photo);
    }
}

#[tokio::test]
async fn bytes_received_before_a_stop_are_kept_and_the_stop_is_not_delayed() {
    let mut world = World::on(db::testing::TestDb::sqlite().await).await;
    let owner = world.owner();
    let photo = plain(FileType::Png, 300, 300);
    let path = begin(&owner, photo.len()).await;
    let (sender, pieces) = tokio::sync::mpsc::channel::<std::io::Result<Bytes>>(1);
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(pieces));
    let (client, place) = (owner.clone(), path.clone());
    let sending = tokio::spawn(async move { piece(&client, &place, 0, body).await });
    sender.send(Ok(photo.slice(..1_000))).await.expect("it listens");
    let spool = world.app.settings.spool.clone();
    let written = || {
        let files = std::fs::read_dir(&spool).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum::<u64>()
    };
    while written() < 1_000 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    world.app.memory.stopping.cancel();
    let told = tokio::time::timeout(Duration::from_secs(60), sending).await.expect("at once").expect("answered");
    assert_eq!((told.status, told.problem()), (503, "unavailable"), "{}", told.json);
    assert!(told.detail().contains("kept"), "{}", told.detail());
    super::again(&mut world, |_| {});
    let owner = world.owner();
    assert_eq!(offset(&owner, &path).await, 1_000);
    assert_eq!(piece(&owner, &path, 1_000, Body::from(photo.slice(1_000..))).await.status, 204);
    assert_eq!(file_of(&owner, finish(&owner, &path).await.id()).await, photo);
}
