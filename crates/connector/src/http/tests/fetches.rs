//! Files that a person gave the address of.

use futures::TryStreamExt as _;

use super::*;
use crate::http::Transport;

async fn all(fetched: crate::http::Fetched) -> Result<Vec<u8>, Transport> {
    fetched
        .body
        .try_fold(Vec::new(), |mut sum, piece| async move {
            sum.extend_from_slice(&piece);
            Ok(sum)
        })
        .await
}

#[tokio::test]
async fn s_51_a_file_is_fetched_through_the_guard() {
    let (address, seen) = answering(ok("content-type: image/png\r\n", &[7; 100_000])).await;
    let fetched = guard().fetch(&url(address, "/a.png#part"), 1 << 20).await.expect("there it is");
    assert_eq!((fetched.mime.as_deref(), fetched.length), (Some("image/png"), Some(100_000)));
    assert_eq!(fetched.final_url.as_str(), url(address, "/a.png"));
    assert_eq!(all(fetched).await.expect("whole").len(), 100_000);
    assert!(seen.requests()[0].contains("accept-encoding: identity"));
    let closed = guard_with(GuardRules::default());
    assert!(matches!(closed.fetch(&url(address, "/a.png"), 100).await, Err(Transport::Refused(_))));
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test]
async fn s_56_a_file_is_cut_at_its_limit() {
    let (address, _) = answering(ok("", &[7; 1000])).await;
    assert_eq!(guard().fetch(&url(address, "/"), 999).await.expect_err("said so"), Transport::TooLarge(999));
    // A server that does not say how much is coming.
    let (address, _) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[7; 4096]).await.is_ok() {}
    })
    .await;
    let fetched = guard().fetch(&url(address, "/"), 100_000).await.expect("it begins");
    assert_eq!(fetched.length, None);
    assert_eq!(all(fetched).await.expect_err("cut"), Transport::TooLarge(100_000));
}

#[tokio::test]
async fn s_56_a_slow_reader_of_ours_does_not_end_a_fetch() {
    let (address, _) = answering(ok("", &vec![7; 4 << 20])).await;
    let hasty = guard_at(Pace { grace: SHORT, ..PATIENT });
    let mut fetched = hasty.fetch(&url(address, "/"), 8 << 20).await.expect("it begins");
    let mut size = 0;
    let mut waited = false;
    while let Some(piece) = fetched.body.try_next().await.expect("it goes on") {
        size += piece.len();
        if !waited {
            tokio::time::sleep(SHORT * 2).await;
            waited = true;
        }
    }
    assert_eq!(size, 4 << 20);
}

#[tokio::test]
async fn a_file_that_ends_too_soon_is_an_error() {
    let (address, _) = server(|mut stream, seen| async move {
        seen.read(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    })
    .await;
    let fetched = guard().fetch(&url(address, "/"), 1000).await.expect("it begins");
    assert!(matches!(all(fetched).await, Err(Transport::Lost(_))));
}

#[tokio::test]
async fn an_answer_that_is_no_file_says_its_status() {
    let (address, _) = answering("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let said = guard().fetch(&url(address, "/"), 1000).await;
    assert!(matches!(&said, Err(Transport::Lost(why)) if why.contains("404")), "{said:?}");
}
