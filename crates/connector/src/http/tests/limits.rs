//! S-56, S-57: slow, endless and exploding answers.

use std::time::Instant;

use super::{outcomes::gzip, *};
use crate::http::Transport;

fn reader(limit: u64) -> Http {
    reader_at(PATIENT, limit)
}

fn reader_at(pace: Pace, limit: u64) -> Http {
    guard_at(pace).http(Policy::fetch(limit))
}

#[tokio::test]
async fn s_56_a_server_that_drips_is_cut() {
    let (address, _) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let begun = Instant::now();
    let way = reader_at(Pace { grace: SHORT, ..PATIENT }, 1 << 20);
    let said = way.get("read", url(address, "/")).send().await;
    assert!(matches!(&said, Err(Transport::Lost(why)) if why.contains("8192 bytes per second")), "{said:?}");
    assert!(begun.elapsed() < GIVEN_UP, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn s_56_a_server_that_drips_its_headers_is_cut() {
    let (address, _) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let begun = Instant::now();
    let way = reader_at(Pace { headers: SHORT, ..PATIENT }, 1 << 20);
    let said = way.get("read", url(address, "/")).send().await;
    assert!(matches!(said, Err(Transport::Lost(_))), "{said:?}");
    assert!(begun.elapsed() < GIVEN_UP, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn s_56_a_steady_server_may_take_longer_than_the_grace() {
    let (address, _) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
        // Each piece allows for eight seconds more.
        for _ in 0..12 {
            let _ = stream.write_all(&[b'x'; 64 << 10]).await;
            tokio::time::sleep(SHORT / 8).await;
        }
    })
    .await;
    let way = reader_at(Pace { grace: SHORT, ..PATIENT }, 1 << 20);
    let reply = way.get("read", url(address, "/")).send().await.expect("fast enough");
    assert_eq!(reply.body.len(), 12 * (64 << 10));
}

#[tokio::test]
async fn s_56_the_whole_exchange_has_an_end() {
    let (address, _) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 1024]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let begun = Instant::now();
    let request = reader(u64::MAX).get("read", url(address, "/")).timeout(Duration::from_millis(700));
    let said = request.send().await;
    assert!(matches!(&said, Err(Transport::Lost(why)) if why.contains("too long")), "{said:?}");
    assert!(begun.elapsed() < GIVEN_UP, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn s_56_an_endless_answer_is_cut_at_the_cap() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    let (address, _) = server(move |mut stream, seen| {
        let counter = counter.clone();
        async move {
            seen.read(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[b'x'; 64 * 1024]).await.is_ok() {
                counter.fetch_add(64 * 1024, Ordering::SeqCst);
            }
        }
    })
    .await;
    let said = reader(1 << 20).get("read", url(address, "/")).send().await;
    assert_eq!(said.expect_err("cut"), Transport::TooLarge(1 << 20));
    assert!(sent.load(Ordering::SeqCst) < 32 << 20, "no more is read than buffers hold");
}

#[tokio::test]
async fn s_57_eight_mebibytes_are_enough_for_a_platform() {
    for (size, fits) in [(8 << 20, true), ((8 << 20) + 1, false)] {
        let (address, _) = answering(ok("", &vec![b'1'; size])).await;
        let said = http(address).get("read", url(address, "/")).send().await;
        assert_eq!(said.is_ok(), fits, "{size}");
    }
    // A server that says so is believed, and nothing of the body is read.
    let (address, _) = answering("HTTP/1.1 200 OK\r\ncontent-length: 2147483648\r\n\r\n").await;
    let said = http(address).get("read", url(address, "/")).send().await;
    assert_eq!(said.expect_err("too large"), Transport::TooLarge(8 << 20));
}

#[tokio::test]
async fn s_56_a_bomb_is_cut_before_it_unpacks() {
    let bomb = gzip(&vec![0; 64 << 20]);
    let (address, _) = answering(ok("content-encoding: gzip\r\n", &bomb)).await;
    let said = reader(1 << 30).get("read", url(address, "/")).send().await;
    assert!(matches!(&said, Err(Transport::Lost(why)) if why.contains("20 times")), "{said:?}");
    let said = reader(32 << 10).get("read", url(address, "/")).send().await;
    assert_eq!(said.expect_err("too large"), Transport::TooLarge(32 << 10), "the cap holds for what is unpacked");
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    let text = serde_json::json!((0..5000).map(|n| n * 7919 % 10007).collect::<Vec<_>>()).to_string();
    let packed = gzip(text.as_bytes());
    for answer in [ok("content-encoding: gzip\r\n", &packed), ok("Content-Encoding: X-GZIP\r\n", &packed)] {
        let (address, seen) = answering(answer).await;
        let reply = http(address).get("read", url(address, "/")).send().await.expect("an answer");
        assert_eq!(reply.text(), text);
        assert!(seen.requests()[0].contains("accept-encoding: gzip"));
    }
    let (address, _) = answering("HTTP/1.1 204 No Content\r\ncontent-encoding: gzip\r\n\r\n").await;
    let reply = http(address).get("read", url(address, "/")).send().await.expect("an answer");
    assert!(reply.body.is_empty());
}

#[tokio::test]
async fn s_57_json_is_read_to_a_depth_of_64() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (depth, reads) in [(1, true), (64, true), (65, false), (100_000, false)] {
        let (address, _) = answering(ok("", nested(depth).as_bytes())).await;
        let way = http(address);
        let reply = way.get("read", url(address, "/")).send().await.expect("an answer");
        assert_eq!(reply.json::<serde_json::Value>().is_ok(), reads, "{depth}");
        assert_eq!(reply.value().is_null(), !reads, "{depth}");
        assert_eq!(way.take_exchanges().len(), 1);
    }
    let quoted = format!("[\"{}\\\"{}\"]", "[".repeat(100), "{".repeat(100));
    let (address, _) = answering(ok("", quoted.as_bytes())).await;
    let reply = http(address).get("read", url(address, "/")).send().await.expect("an answer");
    assert!(reply.json::<Vec<String>>().is_ok(), "brackets in a text are text");
}
