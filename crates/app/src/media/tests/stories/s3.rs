//! The same on a real S3 server: it runs in this process, checks signatures and keeps its files in a folder.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use connector::{Limits, Publish as _, testing::FakePlatform};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::{Notify, Semaphore},
};

use super::{again, file_of, read, upload};
use crate::{
    media::{
        BlobError, BlobKey, BlobPlace, Blobs, FileType,
        library::{Wanted, for_channel},
        tests::blobs,
        tests::corpus::{Video, dirty, has_canary, plain, video},
    },
    testing::World,
};

const KEY: &str = "AKIAEXAMPLE";
const SECRET: &str = "SECRETCANARY";

/// A server with an empty bucket `media`, on a port of its own. It ends with the test.
pub async fn server() -> (TempDir, url::Url) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("media")).expect("a bucket");
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).expect("a folder"));
    builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                let connection = Builder::new(TokioExecutor::new());
                // A client that goes away in the middle is no failure of the server.
                drop(connection.serve_connection(TokioIo::new(socket), service).await);
            });
        }
    });
    (folder, address.parse().expect("an address"))
}

fn bucket(endpoint: &url::Url, secret: &str) -> Blobs {
    Blobs::open(&BlobPlace::S3 {
        endpoint: Some(endpoint.clone()),
        bucket: "media".to_owned(),
        region: "us-east-1".to_owned(),
        key: KEY.into(),
        secret: secret.into(),
        path_style: None,
    })
    .expect("opened")
}

fn key(name: &str) -> BlobKey {
    BlobKey::new("ws_1", "med_1", name).expect("a good name")
}

async fn all(blobs: &Blobs, key: &BlobKey, range: Option<std::ops::Range<u64>>) -> Bytes {
    let pieces: Vec<Bytes> = blobs.get(key, range).await.expect("there").body.try_collect().await.expect("whole");
    pieces.concat().into()
}

fn pieces(bytes: &Bytes) -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + use<> {
    let pieces: Vec<_> = bytes.chunks(300_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

async fn fetched(address: &url::Url) -> u16 {
    let allowed = connector::http::AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![] };
    let rules = connector::http::GuardRules { allowed: vec![allowed], ..Default::default() };
    let guard = connector::http::Guard::new(rules, Arc::new(base::SystemClock)).expect("the rules are good");
    let http = guard.http(connector::http::Policy::fetch(20 << 20));
    http.get("read", address).send().await.expect("an answer").status
}

#[tokio::test]
async fn r_37_a_bucket_keeps_parts_and_wholes_and_leases_them() {
    let (_folder, endpoint) = server().await;
    let blobs = bucket(&endpoint, SECRET);
    for size in [0usize, 1, 5 << 20, (11 << 20) + 3] {
        let bytes: Bytes = (0..size).map(|at| u8::try_from(at * 7 % 251).expect("small")).collect::<Vec<_>>().into();
        let key = key(&format!("file-{size}"));
        let stored = blobs.put(&key, "video/mp4", u64::MAX, pieces(&bytes)).await.expect("kept");
        assert_eq!(stored.size_bytes, size as u64);
        assert!(all(&blobs, &key, None).await == bytes, "{size}");
        if size > 100 {
            assert!(all(&blobs, &key, Some(10..90)).await == bytes.slice(10..90), "{size}");
        }
    }
    let broken = pieces(&Bytes::from(vec![1; 12 << 20])).chain(stream::iter([Err(std::io::Error::other("cut"))]));
    assert!(matches!(blobs.put(&key("broken"), "video/mp4", u64::MAX, broken).await, Err(BlobError::Source(_))));
    assert!(matches!(blobs.get(&key("broken"), None).await, Err(BlobError::NotFound(_))));

    let lease = blobs.lease(&key("file-1"), Duration::from_secs(60)).await.expect("signed").expect("a bucket signs");
    assert_eq!(fetched(&lease).await, 200);
    let mut tampered = lease.clone();
    tampered.set_path("/media/ws_1/med_1/file-0");
    assert!(matches!(fetched(&tampered).await, 400 | 403));
    let unsigned = endpoint.join("/media/ws_1/med_1/file-1").expect("an address");
    assert!(matches!(fetched(&unsigned).await, 400 | 403));
    let stranger = bucket(&endpoint, "WRONGSECRET");
    assert!(matches!(stranger.get(&key("file-1"), None).await, Err(BlobError::Store(_))));

    blobs.delete(&key("file-1")).await.expect("deleted");
    assert!(matches!(blobs.get(&key("file-1"), None).await, Err(BlobError::NotFound(_))));
    assert_eq!(blobs.delete_all("ws_1", None).await.expect("deleted"), 3);
}

#[tokio::test]
async fn p_015_the_whole_way_of_a_file_on_s3() {
    for mut world in World::both().await {
        let (folder, endpoint) = server().await;
        again(&mut world, |parts| parts.blobs = bucket(&endpoint, SECRET));
        let owner = world.owner();
        let photo = upload(&owner, "photo.jpg", &dirty(FileType::Jpeg, 300, 200, 6)).await;
        let id = photo.id();
        assert_eq!((&photo.json["width"], &photo.json["height"]), (&json!(200), &json!(300)), "upright");
        let stored = file_of(&owner, id).await;
        assert!(!has_canary(&stored));
        let part = super::send(
            &owner,
            "GET",
            &format!("/v1/media/{id}/file"),
            &[("range", "bytes=5-14")],
            axum::body::Body::empty(),
        )
        .await;
        assert_eq!((part.status, part.bytes), (206, stored.slice(5..15)));

        let images = super::renditions::rules(&["image/jpeg"], 10_000, 60);
        let limits = Limits { images: Some(images), ..FakePlatform::default().limits(&serde_json::Value::Null) };
        let made =
            for_channel(&world.app, world.workspace, id, None, (&limits, None), Wanted::ToSend).await.expect("made");
        let bytes = made.source.read().await.expect("there");
        let size = image::load_from_memory(&bytes).expect("a picture");
        assert_eq!((size.width(), size.height()), (40, 60));
        let rest: Vec<Bytes> = made.source.open(100).await.expect("open").try_collect().await.expect("whole");
        assert_eq!(rest.concat(), &bytes[100..]);

        let mut film = video(b"isom", &Video { index_first: false, ..Video::default() });
        let index = film.windows(4).position(|window| window == b"moov").expect("an index") - 4;
        let long = crate::media::tests::corpus::atom(b"mdat", &vec![0x5a; 11 << 20]);
        film.splice(index..index, long.iter().copied());
        let film = upload(&owner, "film.mp4", &film).await.id();
        assert!(!has_canary(&file_of(&owner, film).await), "also in several parts");

        for id in [id, film] {
            assert_eq!(owner.delete(&format!("/v1/media/{id}")).await.status, 204);
        }
        assert_eq!(read(&owner, "/v1/media").await.json["items"], json!([]));
        assert_eq!(world.app.blobs.delete_all(&world.workspace.to_string(), None).await.expect("counted"), 0);
        drop(folder);
        // The bucket is gone: what cannot be kept is said to be our fault, and nothing stays behind.
        let got = upload(&owner, "a.png", &plain(FileType::Png, 5, 5)).await;
        assert!((500..504).contains(&got.status), "{}", got.json);
        assert_eq!(super::spooled(&world), 0);
    }
}

/// A line to a server, a notice of what came over it, and how many more pieces of 64 KiB it lets through.
async fn slow_line(server: &url::Url, pieces: usize) -> (url::Url, Arc<Notify>, Arc<Semaphore>) {
    let (passed, let_through) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(pieces)));
    let (notice, permits) = (passed.clone(), let_through.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let server = server.socket_addrs(|| None).expect("an address")[0];
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (notice, permits) = (notice.clone(), permits.clone());
            tokio::spawn(async move {
                let (mut from, mut back) = client.into_split();
                let there = tokio::net::TcpStream::connect(server).await.expect("it listens");
                let (mut answer, mut to) = there.into_split();
                let answering = tokio::spawn(async move { tokio::io::copy(&mut answer, &mut back).await });
                let mut piece = vec![0; 1 << 16];
                while let Ok(count @ 1..) = from.read(&mut piece).await {
                    permits.acquire().await.expect("open").forget();
                    if to.write_all(&piece[..count]).await.is_err() {
                        break;
                    }
                    notice.notify_one();
                }
                answering.abort();
            });
        }
    });
    (address.parse().expect("an address"), passed, let_through)
}

#[tokio::test]
async fn a_video_is_kept_once_however_slow_the_file_store_is_and_a_repeated_request_gets_it() {
    let mut world = World::on(db::testing::TestDb::sqlite().await).await;
    let (_folder, endpoint) = server().await;
    let (endpoint, passed, let_through) = slow_line(&endpoint, 4).await;
    again(&mut world, |parts| parts.blobs = bucket(&endpoint, SECRET));
    let owner = world.owner();
    let mut film = video(b"isom", &Video { index_first: false, ..Video::default() });
    let index = film.windows(4).position(|window| window == b"moov").expect("an index") - 4;
    let long = crate::media::tests::corpus::atom(b"mdat", &vec![0x5a; 11 << 20]);
    film.splice(index..index, long.iter().copied());
    let begun = owner.post("/v1/uploads", json!({ "name": "film.mp4", "size_bytes": film.len() })).await;
    let path = begun.header("location").to_owned();
    let headers = [("content-type", "application/offset+octet-stream"), ("upload-offset", "0")];
    assert_eq!(super::send(&owner, "PATCH", &path, &headers, film.into()).await.status, 204);

    const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
    let finish = format!("{path}/finish");
    let finish_again = || super::send(&owner, "POST", &finish, &JSON, axum::body::Body::empty());
    let (client, place) = (owner.clone(), finish.clone());
    let first =
        tokio::spawn(async move { super::send(&client, "POST", &place, &JSON, axum::body::Body::empty()).await });
    passed.notified().await;
    // The client gives up and asks again and again, and each time no one waits longer than a proxy does. After the fifth
    // time the store is quick.
    let (mut told, mut waited) = (0, Duration::ZERO);
    let kept = loop {
        let asked = finish_again();
        let time_passes = async {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                world.advance(Duration::from_secs(10));
            }
        };
        let began = world.now();
        let got = tokio::select! { got = asked => got, () = time_passes => unreachable!("it has no end") };
        waited += world.now().since(began);
        if got.status != 409 {
            break got;
        }
        assert_eq!(got.problem(), "conflict", "{}", got.json);
        let (stored, size) = (got.json["stored_bytes"].as_u64(), got.json["size_bytes"].as_u64());
        assert!(stored.is_some() && stored < size, "how far it is: {}", got.json);
        if told < 5 {
            assert_eq!(owner.get(&path).await.json["stored_bytes"].as_u64(), stored);
        }
        told += 1;
        if told == 5 {
            let_through.add_permits(1 << 20);
        }
    };
    let first = first.await.expect("answered");
    assert_eq!((first.id(), kept.id()), (kept.id(), first.id()), "one asset");
    assert_eq!(finish_again().await.id(), first.id());
    assert!(owner.get(&path).await.json["stored_bytes"].is_null(), "it is stored");
    assert!(told >= 5 && waited > Duration::from_secs(100), "the store was not slow: {told} times, {waited:?}");
    let listed = read(&owner, "/v1/media").await.json;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(super::kept(&world).await, 1, "nothing else is in the bucket");
}

#[tokio::test]
async fn the_sweep_deletes_the_rest_when_one_file_cannot_be_deleted() {
    let mut world = World::on(db::testing::TestDb::sqlite().await).await;
    let owner = world.owner();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(upload(&owner, "a.png", &plain(FileType::Png, 4, 4)).await.id());
    }
    // The store is out of order while people delete.
    let (blobs, _) = blobs::simple_store("ws_").await;
    again(&mut world, |parts| parts.blobs = blobs);
    for id in &ids {
        assert_eq!(world.owner().delete(&format!("/v1/media/{id}")).await.status, 204);
    }
    let first: &'static str = ids[0].to_string().leak();
    let (blobs, seen) = blobs::simple_store(first).await;
    again(&mut world, |parts| parts.blobs = blobs);
    assert!(crate::media::sweep_uploads(&world.app).await.is_err(), "one is still there");
    let deleted = seen.lock().expect("not poisoned").iter().filter(|line| line.starts_with("DELETE")).count();
    assert_eq!(deleted, 2, "the others are gone");
    let (blobs, _) = blobs::simple_store("nothing").await;
    again(&mut world, |parts| parts.blobs = blobs);
    assert_eq!(crate::media::sweep_uploads(&world.app).await.expect("swept"), 1);
    assert_eq!(crate::media::sweep_uploads(&world.app).await.expect("swept"), 0);
}
