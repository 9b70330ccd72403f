//! F-06, F-07: what a call that did not end well means. `NotSent` is a proof, all else is doubt.

use std::time::Instant;

use futures::future::BoxFuture;

use super::*;
use crate::http::{Reply, Transport};

async fn post(http: &Http, address: SocketAddr) -> Result<Reply, Transport> {
    http.post("publish", url(address, "/post")).json(&serde_json::json!({ "text": "hello" })).send().await
}

#[track_caller]
fn not_sent(said: Result<Reply, Transport>) {
    assert!(matches!(said, Err(Transport::NotSent(_))), "{said:?}");
}

#[track_caller]
fn lost(said: Result<Reply, Transport>) {
    assert!(matches!(said, Err(Transport::Lost(_))), "{said:?}");
}

#[tokio::test]
async fn r_32_a_refused_connection_is_not_sent() {
    // Bound, so that no other test gets the port, and not listening.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let nobody = socket.local_addr().expect("bound");
    not_sent(post(&http(nobody), nobody).await);
}

struct Nowhere;

impl Lookup for Nowhere {
    fn lookup(&self, _: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async { Err(std::io::Error::other("no such name")) })
    }
}

struct Empty;

impl Lookup for Empty {
    fn lookup(&self, _: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async { Ok(vec![]) })
    }
}

struct Mute;

impl Lookup for Mute {
    fn lookup(&self, _: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn r_32_a_name_that_cannot_be_looked_up_is_not_sent() {
    let lookups: [Arc<dyn Lookup>; 3] = [Arc::new(Nowhere), Arc::new(Empty), Arc::new(Mute)];
    for lookup in lookups {
        let pace = Pace { connect: SHORT, ..PATIENT };
        let guard = Guard::with_pace(GuardRules::default(), clock(), lookup, pace).expect("the rules are good");
        let begun = Instant::now();
        not_sent(guard.http(Policy::fetch(1000)).post("publish", "https://nowhere.example/").send().await);
        assert!(begun.elapsed() < GIVEN_UP, "a resolver that says nothing is not waited for");
    }
}

#[tokio::test]
async fn r_32_a_connection_that_does_not_come_up_is_not_sent() {
    // The address is there, and TLS never answers.
    let (address, seen) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
    })
    .await;
    let begun = Instant::now();
    let way = guard_at(Pace { connect: SHORT, ..PATIENT }).http(Policy::platform(vec![]));
    not_sent(
        way.post("publish", format!("https://{address}/")).json(&serde_json::json!({ "text": "hello" })).send().await,
    );
    assert!(begun.elapsed() < GIVEN_UP);
    assert_eq!(seen.requests().len(), 0);
}

#[tokio::test]
async fn r_32_tls_that_fails_is_not_sent() {
    let (address, seen) = server(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 this is not TLS\r\n\r\n").await;
    })
    .await;
    let way = guard().http(Policy::platform(vec![]));
    not_sent(way.post("publish", format!("https://{address}/")).send().await);
    assert_eq!(seen.connections(), 1);
}

#[tokio::test]
async fn r_32_what_cannot_be_written_is_not_sent() {
    let (address, seen) = answering(ok("", b"{}")).await;
    let way = http(address);
    not_sent(way.post("publish", url(address, "/")).header("x", "line\nbreak").send().await);
    not_sent(way.post("publish", url(address, "/")).header("no good name", "x").send().await);
    let odd = std::collections::HashMap::from([((1, 2), 3)]);
    not_sent(way.post("publish", url(address, "/")).json(&odd).send().await);
    assert_eq!(seen.connections(), 0);
}

#[tokio::test]
async fn r_32_a_total_time_that_ends_while_connecting_is_not_sent() {
    let guard = guard_asking(GuardRules::default(), Mute);
    let request = guard.http(Policy::fetch(1000)).post("publish", "https://slow.example/");
    not_sent(request.timeout(Duration::from_millis(50)).send().await);
}

#[tokio::test]
async fn f_06_a_server_that_reads_and_resets_leaves_doubt() {
    let (address, seen) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.set_zero_linger(); // the end of the connection is a reset
    })
    .await;
    lost(post(&http(address), address).await);
    assert_eq!(seen.requests().len(), 1, "it is sent once, whatever happens");
}

#[tokio::test]
async fn f_06_a_server_that_closes_without_a_word_leaves_doubt() {
    let (address, seen) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
    })
    .await;
    lost(post(&http(address), address).await);
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test]
async fn f_06_a_server_that_hangs_before_the_headers_is_left() {
    let (address, seen) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let begun = Instant::now();
    lost(post(&http_at(Pace { headers: SHORT, ..PATIENT }, address), address).await);
    assert!((SHORT..GIVEN_UP).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test]
async fn f_06_a_server_that_hangs_after_the_headers_is_left() {
    let (address, _) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await;
        std::future::pending::<()>().await;
    })
    .await;
    let begun = Instant::now();
    lost(post(&http_at(Pace { grace: SHORT, ..PATIENT }, address), address).await);
    assert!(begun.elapsed() < GIVEN_UP, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn f_06_a_request_that_knows_better_sets_its_own_time() {
    let (address, _) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        tokio::time::sleep(SHORT * 2).await;
        let _ = stream.write_all(&ok("", b"{}")).await;
    })
    .await;
    let way = http_at(Pace { headers: SHORT, ..PATIENT }, address);
    let request = way.post("publish", url(address, "/")).timeout(Duration::from_secs(60));
    assert!(request.send().await.expect("slow, but in time").is_success());
}

#[tokio::test]
async fn r_31_a_server_that_stops_reading_a_file_is_left() {
    let (address, _) = server(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let file = bytes::Bytes::from(vec![7; 64 << 20]); // more than any socket buffer
    let begun = Instant::now();
    let way = http_at(Pace { headers: SHORT, ..PATIENT }, address);
    lost(way.post("upload", url(address, "/")).bytes(file, "video/mp4").send().await);
    assert!(begun.elapsed() < GIVEN_UP, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn f_07_answers_that_are_cut_or_garbled_leave_doubt() {
    let packed = |bytes: &[u8]| ok("content-encoding: gzip\r\n", bytes);
    for (what, answer) in [
        ("cut body", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":".to_vec()),
        ("cut chunk", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{\"id\"".to_vec()),
        ("cut headers", b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),
        ("no gzip", packed(b"{\"id\":1}")),
        ("cut gzip", packed(&gzip(b"{\"id\":\"0123456789\"}")[..20])),
        ("a packing that was not asked for", ok("content-encoding: br\r\n", b"xxxx")),
    ] {
        let (address, seen) = server(move |mut stream, seen| {
            let answer = answer.clone();
            async move {
                seen.read(&mut stream).await;
                let _ = stream.write_all(&answer).await;
            }
        })
        .await;
        let said = post(&http(address), address).await;
        assert!(matches!(said, Err(Transport::Lost(_))), "{what}: {said:?}");
        assert_eq!(seen.requests().len(), 1, "{what}");
    }
}

#[tokio::test]
async fn f_07_odd_answers_are_answers_and_no_json() {
    for (what, answer) in [
        ("empty", ok("", b"")),
        ("HTML", ok("content-type: text/html\r\n", b"<html>Sign in to the hotel network</html>")),
        ("cut JSON", ok("content-type: application/json\r\n", b"{\"id\":\"1\"")),
        ("wrong type", ok("content-type: image/png\r\n", b"{\"id\":")),
    ] {
        let (address, _) = answering(answer).await;
        let reply = post(&http(address), address).await.expect("a whole answer");
        assert_eq!(reply.value(), serde_json::Value::Null, "{what}");
        assert!(reply.json::<serde_json::Value>().is_err(), "{what}");
    }
}

#[tokio::test]
async fn r_31_a_pooled_connection_that_was_closed_carries_nothing_twice() {
    // The server answers once and closes, at once or a little later, while the client holds the connection.
    let (address, seen) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(&ok("", b"{}")).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
    })
    .await;
    let way = http(address);
    let mut sent = 0;
    for turn in 0..200 {
        tokio::time::sleep(Duration::from_micros(turn * 37)).await;
        let before = seen.requests().len();
        let said = post(&way, address).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        let arrived = seen.requests().len() - before;
        match &said {
            Ok(_) => assert_eq!(arrived, 1, "turn {turn}"),
            Err(Transport::Lost(_)) => assert!(arrived <= 1, "turn {turn}"),
            other => panic!("turn {turn}: {other:?}"),
        }
        sent += usize::from(said.is_ok());
    }
    assert!(sent > 100, "most go through: {sent}");
}

#[tokio::test]
async fn r_31_a_pooled_connection_that_dies_under_a_request_leaves_doubt_and_one_arrival() {
    // The first request on a connection is answered; the second is read and the connection cut.
    let (address, seen) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(&ok("", b"{}")).await;
        seen.read(&mut stream).await;
        let _ = stream.set_zero_linger();
    })
    .await;
    let way = http(address);
    assert!(post(&way, address).await.is_ok());
    lost(post(&way, address).await);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((seen.requests().len(), seen.connections()), (2, 1), "no second copy on a new connection");
}

#[tokio::test]
async fn r_31_an_answer_of_any_status_is_not_repeated() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let (address, seen) =
            answering(format!("HTTP/1.1 {status} x\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n")).await;
        assert_eq!(post(&http(address), address).await.expect("an answer").status, status);
        assert_eq!(seen.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_write_without_a_body_says_so() {
    let (address, seen) = answering(ok("", b"{}")).await;
    http(address).post("publish", url(address, "/")).send().await.expect("an answer");
    assert!(seen.requests()[0].to_ascii_lowercase().contains("content-length: 0"), "{}", seen.requests()[0]);
}

#[tokio::test]
async fn what_is_sent_is_what_was_asked_for() {
    let (address, seen) = answering(ok("", b"{\"id\":1}")).await;
    let way = http(address);
    let file = crate::draft::Media {
        id: "m".into(),
        kind: crate::draft::MediaKind::Image,
        mime: "image/png".into(),
        size_bytes: 10,
        width: 1,
        height: 1,
        duration_ms: None,
        video_codec: None,
        animated: false,
        alt: None,
        sha256: String::new(),
        source: Arc::new(bytes::Bytes::from_static(b"0123456789")),
    };
    way.post("upload", url(address, "/a")).media(&file, 2, 5, "image/png").send().await.expect("an answer");
    let part =
        crate::http::FilePart { field: "media".into(), file_name: "a.png".into(), media: file, offset: 1, length: 3 };
    way.post("upload", url(address, "/b")).multipart(&[("kind", "still")], Some(part)).send().await.expect("an answer");
    let form = way.post("token", url(address, "/c?x=1")).query("y", "ä b").form(&[("a", "1 2"), ("b", "&")]);
    form.send().await.expect("an answer");
    let seen = seen.requests();
    assert!(seen[0].starts_with("POST /a ") && seen[0].ends_with("\r\n\r\n23456"), "{}", seen[0]);
    assert!(seen[0].contains("content-type: image/png") && seen[0].contains("content-length: 5"), "{}", seen[0]);
    for piece in [
        "multipart/form-data; boundary=",
        "name=\"kind\"",
        "still",
        "filename=\"a.png\"",
        "\r\n\r\n123\r\n",
        "content-length: ",
    ] {
        assert!(seen[1].contains(piece), "{piece} in {}", seen[1]);
    }
    assert!(seen[2].starts_with("POST /c?x=1&y=%C3%A4+b ") && seen[2].ends_with("a=1+2&b=%26"), "{}", seen[2]);
    assert!(seen.iter().all(|request| request.contains("user-agent: Fanfare/")));
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
