//! Files are kept whole or not at all, and found again by range.

use std::time::Duration;

use bytes::Bytes;
use connector::MediaSource as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use crate::media::{BlobError, BlobKey, BlobPlace, BlobSource, Blobs};

fn key(name: &str) -> BlobKey {
    BlobKey::new("ws_1", "med_1", name).expect("a good name")
}

fn pieces(bytes: &Bytes, size: usize) -> impl futures::Stream<Item = std::io::Result<Bytes>> + Send + use<> {
    let pieces: Vec<_> = bytes.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

async fn read(blobs: &Blobs, key: &BlobKey, range: Option<std::ops::Range<u64>>) -> Vec<u8> {
    let opened = blobs.get(key, range).await.expect("it is there");
    opened
        .body
        .try_fold(Vec::new(), |sum, piece| async move { Ok([sum, piece.to_vec()].concat()) })
        .await
        .expect("whole")
}

fn some_bytes(size: usize) -> Bytes {
    (0..size).map(|at| u8::try_from(at * 7 % 251).expect("small")).collect::<Vec<_>>().into()
}

fn folder() -> (tempfile::TempDir, Blobs) {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = Blobs::open(&BlobPlace::Folder(folder.path().join("media"))).expect("opened");
    (folder, blobs)
}

fn files(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    entries.iter().map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

/// The same story for every place.
async fn story(blobs: &Blobs) {
    // Small, exactly one part, more than two parts.
    for size in [0, 1, 5 << 20, (5 << 20) + 1, (11 << 20) + 3] {
        let bytes = some_bytes(size);
        let key = key(&format!("file-{size}"));
        let stored = blobs.put(&key, "video/mp4", u64::MAX, pieces(&bytes, 999_999)).await.expect("kept");
        assert_eq!(stored.size_bytes, size as u64);
        assert_eq!(stored.sha256, hex::encode(Sha256::digest(&bytes)));
        assert!(read(blobs, &key, None).await == bytes, "{size}");
    }
    let long = key(&format!("file-{}", (11 << 20) + 3));
    let bytes = some_bytes((11 << 20) + 3);
    assert_eq!(read(blobs, &long, Some(10..20)).await, &bytes[10..20]);
    let opened = blobs.get(&long, Some(5..11)).await.expect("it is there");
    assert_eq!((opened.size_bytes, opened.range), (bytes.len() as u64, 5..11));

    let source = BlobSource { blobs: blobs.clone(), key: long.clone() };
    let rest: Vec<Bytes> = source.open(11 << 20).await.expect("open").try_collect().await.expect("whole");
    assert_eq!(rest.concat(), &bytes[11 << 20..]);
    assert!(source.read().await.expect("whole") == bytes);

    blobs.delete(&long).await.expect("deleted");
    blobs.delete(&long).await.expect("deleted before");
    assert!(matches!(blobs.get(&long, None).await, Err(BlobError::NotFound(_))));
    let gone = BlobSource { blobs: blobs.clone(), key: long }.open(0).await.err().expect("gone");
    assert_eq!(gone.kind(), std::io::ErrorKind::NotFound);

    let other = BlobKey::new("ws_10", "med_1", "file").expect("a good name");
    blobs.put(&other, "image/png", 10, pieces(&some_bytes(3), 3)).await.expect("kept");
    assert_eq!(blobs.delete_all("ws_1", Some("med_1")).await.expect("deleted"), 4);
    assert_eq!(blobs.delete_all("ws_1", None).await.expect("deleted"), 0);
    assert_eq!(read(blobs, &other, None).await.len(), 3, "a neighbour with a similar name is left alone");
    blobs.delete(&other).await.expect("deleted");
}

#[tokio::test]
async fn a_folder_keeps_files() {
    let (folder, blobs) = folder();
    story(&blobs).await;
    assert_eq!(files(folder.path()), 0);
    assert_eq!(blobs.lease(&key("a"), Duration::from_secs(60)).await.expect("asked"), None);
}

#[tokio::test]
async fn s_66_a_file_beyond_its_limit_or_broken_off_leaves_nothing() {
    let (folder, blobs) = folder();
    for size in [100, 12 << 20] {
        let bytes = some_bytes(size);
        let said = blobs.put(&key("a"), "video/mp4", size as u64 - 1, pieces(&bytes, 70_000)).await;
        assert!(matches!(said, Err(BlobError::TooLarge(_))), "{said:?}");
        let broken = pieces(&bytes, 70_000).chain(stream::iter([Err(std::io::Error::other("the line is cut"))]));
        let said = blobs.put(&key("a"), "video/mp4", u64::MAX, broken).await;
        assert!(matches!(said, Err(BlobError::Source(_))), "{said:?}");
        blobs.put(&key("b"), "video/mp4", size as u64, pieces(&bytes, 70_000)).await.expect("exactly at the limit");
        blobs.delete(&key("b")).await.expect("deleted");
        assert_eq!(files(folder.path()), 0, "{size}");
    }
}

#[test]
fn s_61_a_key_is_made_of_generated_names_only() {
    for bad in ["", ".", "..", "a/b", "/", "a\\b", "a b", "ä", "a\0", "%2e%2e", ".hidden", &"x".repeat(101)] {
        assert!(BlobKey::new("ws_1", "med_1", bad).is_err(), "{bad:?}");
        assert!(BlobKey::new(bad, "med_1", "a").is_err() && BlobKey::new("ws_1", bad, "a").is_err(), "{bad:?}");
    }
    let key = key("original.jpg");
    assert_eq!(key.as_str(), "ws_1/med_1/original.jpg");
    assert_eq!(BlobKey::parse(key.as_str()).expect("its own text"), key);
    assert!(BlobKey::parse("a/b").is_err() && BlobKey::parse("a/b/c/d").is_err() && BlobKey::parse("a/../c").is_err());
}

fn bucket(endpoint: &str) -> Blobs {
    Blobs::open(&BlobPlace::S3 {
        endpoint: Some(endpoint.parse().expect("an address")),
        bucket: "media".to_owned(),
        region: "us-east-1".to_owned(),
        key: "AKIAEXAMPLE".into(),
        secret: "SECRETCANARY".into(),
        path_style: None,
    })
    .expect("opened")
}

#[tokio::test]
async fn r_37_a_lease_is_short_and_shows_no_secret() {
    let blobs = bucket("http://127.0.0.1:9");
    let address =
        blobs.lease(&key("a.jpg"), Duration::from_secs(86_400)).await.expect("signed").expect("a bucket signs");
    assert!(address.as_str().starts_with("http://127.0.0.1:9/media/ws_1/med_1/a.jpg?"), "{address}");
    assert!(address.query_pairs().any(|(name, value)| name == "X-Amz-Expires" && value == "3600"), "{address}");
    assert!(!address.as_str().contains("SECRETCANARY") && !format!("{blobs:?}").contains("SECRETCANARY"));
}

#[tokio::test]
async fn the_bucket_is_in_every_url_with_either_path_style_setting() {
    let at = |endpoint: Option<&str>, path_style: Option<bool>| {
        Blobs::open(&BlobPlace::S3 {
            endpoint: endpoint.map(|endpoint| endpoint.parse().expect("an address")),
            bucket: "album".to_owned(),
            region: "eu-west-1".to_owned(),
            key: "AKIAEXAMPLE".into(),
            secret: "SECRETCANARY".into(),
            path_style,
        })
    };
    let own = "https://s3.example.org";
    for (endpoint, style, wanted) in [
        (Some(own), None, "https://s3.example.org/album/ws_1/"),
        (Some(own), Some(true), "https://s3.example.org/album/ws_1/"),
        (Some(own), Some(false), "https://album.s3.example.org/ws_1/"),
        (Some("https://album.s3.example.org/"), Some(false), "https://album.s3.example.org/ws_1/"),
        (Some("http://10.0.0.7:9000"), None, "http://10.0.0.7:9000/album/ws_1/"),
        (None, None, "https://album.s3.eu-west-1.amazonaws.com/ws_1/"),
        (None, Some(true), "https://s3.eu-west-1.amazonaws.com/album/ws_1/"),
    ] {
        let blobs = at(endpoint, style).expect("opened");
        let lease = blobs.lease(&key("a"), Duration::from_secs(60)).await.expect("signed").expect("a bucket signs");
        assert!(lease.as_str().starts_with(wanted), "{endpoint:?} {style:?}: {lease}");
    }
    let said = at(Some("http://10.0.0.7:9000"), Some(false)).expect_err("no name can stand before a number");
    assert!(said.to_string().contains("path_style = true"), "{said}");
}

/// A store that knows no deletion of many at once, as some do not, and refuses to list what has `stuck` in its address.
/// Everything else has one file. It tells what it was asked.
pub(super) async fn simple_store(stuck: &'static str) -> (Blobs, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    use axum::http::{Method, Request, StatusCode};
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let notes = seen.clone();
    let answer = move |request: Request<axum::body::Body>| {
        let line = format!("{} {}", request.method(), request.uri());
        notes.lock().expect("not poisoned").push(line.clone());
        let list = |key: &str| {
            format!(
                "<ListBucketResult><Contents><Key>{key}</Key><Size>3</Size><LastModified>2030-01-01T00:00:00.000Z\
                 </LastModified></Contents></ListBucketResult>"
            )
        };
        async move {
            match *request.method() {
                Method::POST => (StatusCode::NOT_IMPLEMENTED, String::new()),
                Method::DELETE => (StatusCode::NO_CONTENT, String::new()),
                _ if line.contains(stuck) => (StatusCode::FORBIDDEN, String::new()),
                _ => (StatusCode::OK, list("ws_1/med_1/original.jpg")),
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    (bucket(&address), seen)
}

#[tokio::test]
async fn a_store_that_deletes_one_by_one_loses_what_is_deleted() {
    let (blobs, seen) = simple_store("nothing").await;
    blobs.delete(&key("original.jpg")).await.expect("deleted");
    assert_eq!(blobs.delete_all("ws_1", Some("med_1")).await.expect("deleted"), 1);
    let seen = seen.lock().expect("not poisoned");
    let deleted = seen.iter().filter(|line| *line == "DELETE /media/ws_1/med_1/original.jpg").count();
    assert_eq!(deleted, 2, "{seen:?}");
}

/// Against the S3 server that runs in this process, or another one: `FANFARE_TEST_S3=http://127.0.0.1:5557`, with a bucket
/// `media` and the key and secret of `bucket` above.
#[tokio::test]
async fn a_bucket_keeps_files() {
    #[expect(clippy::disallowed_methods, reason = "the test's own setting; the product's are read in one place")]
    let named = std::env::var("FANFARE_TEST_S3");
    let (_folder, own) = super::stories::s3::server().await;
    let blobs = bucket(named.as_deref().unwrap_or(own.as_str()));
    story(&blobs).await;
    let bytes = some_bytes(12 << 20);
    let broken = pieces(&bytes, 70_000).chain(stream::iter([Err(std::io::Error::other("the line is cut"))]));
    assert!(matches!(blobs.put(&key("a"), "video/mp4", u64::MAX, broken).await, Err(BlobError::Source(_))));
    assert!(matches!(blobs.get(&key("a"), None).await, Err(BlobError::NotFound(_))), "nothing of it is kept");
    blobs.put(&key("b"), "image/png", 10, pieces(&some_bytes(5), 5)).await.expect("kept");
    let lease = blobs.lease(&key("b"), Duration::from_secs(60)).await.expect("signed").expect("a bucket signs");
    assert_eq!(fetched(&lease).await, (200, Some("image/png".to_owned())));
    let mut tampered = lease.clone();
    tampered.set_path("/media/ws_1/med_1/other");
    // One server says that the signature is wrong, another that the request is bad.
    assert!(matches!(fetched(&tampered).await.0, 400 | 403));
    blobs.delete(&key("b")).await.expect("deleted");
}

/// What anyone gets at this address.
async fn fetched(address: &url::Url) -> (u16, Option<String>) {
    let allowed = connector::http::AllowedRange { address: [127, 0, 0, 1].into(), prefix: 32, ports: vec![] };
    let rules = connector::http::GuardRules { allowed: vec![allowed], ..Default::default() };
    let guard = connector::http::Guard::new(rules, std::sync::Arc::new(base::SystemClock)).expect("the rules are good");
    let http = guard.http(connector::http::Policy::fetch(10_000));
    let reply = http.get("read", address).send().await.expect("an answer");
    (reply.status, reply.header("content-type").map(ToOwned::to_owned))
}
