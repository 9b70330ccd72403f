//! S-53: redirects.

use base::Secret;

use super::*;
use crate::http::{Refusal, Transport};

fn to(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: {location}\r\n\r\n").into_bytes()
}

fn reader(guard: &Guard) -> Http {
    guard.http(Policy::fetch(1 << 20))
}

/// A server whose `/3` leads to `/2`, and so on down to `/0`, which answers.
async fn stairs() -> (SocketAddr, Seen) {
    server(|mut stream, seen| async move {
        while let Some(request) = seen.read(&mut stream).await {
            let step: u32 = request[5..].split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
            let answer = if step == 0 { ok("", b"ground") } else { to(&format!("/{}", step - 1)) };
            stream.write_all(&answer).await.expect("the client listens");
        }
    })
    .await
}

#[tokio::test]
async fn s_53_three_redirects_are_followed_and_no_fourth() {
    let (address, seen) = stairs().await;
    let guard = guard();
    let reply = reader(&guard).get("read", url(address, "/3")).send().await.expect("three are fine");
    assert_eq!(reply.text(), "ground");
    assert_eq!(seen.requests().len(), 4);
    let http = reader(&guard);
    let said = http.get("read", url(address, "/9")).send().await;
    assert!(matches!(&said, Err(Transport::Refused(refusal)) if refusal.rule == Refusal::REDIRECTS), "{said:?}");
    assert_eq!(seen.requests().len(), 8, "the first and three more");
    let statuses: Vec<_> = http.take_exchanges().into_iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [Some(302); 4], "each hop is in the story");
}

#[tokio::test]
async fn s_53_every_hop_is_checked_again() {
    for closed in [
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "file:///etc/passwd",
        "http://127.0.0.1:1/",
        "https://2130706433/",
        "https://user@example.com/",
        "//0x7f.1:22/",
        "gopher://127.0.0.1/",
    ] {
        let (address, seen) = answering(to(closed)).await;
        // Only this server is an exception.
        let allowed = vec![range([127, 0, 0, 1], 32, &[address.port()])];
        let guard = guard_with(GuardRules { allowed, ..GuardRules::default() });
        let said = reader(&guard).get("read", url(address, "/")).send().await;
        assert!(matches!(said, Err(Transport::Refused(_))), "{closed}: {said:?}");
        assert!(matches!(guard.fetch(&url(address, "/"), 100).await, Err(Transport::Refused(_))), "{closed}");
        assert_eq!(seen.requests().len(), 2);
    }
}

#[tokio::test]
async fn p_056_a_hop_to_a_host_that_is_not_listed_is_refused() {
    let (elsewhere, elsewhere_seen) = answering(ok("", b"secret")).await;
    let (address, _) = answering(to(&url(elsewhere, "/"))).await;
    let policy = Policy { hosts: vec![address.to_string()], ..Policy::fetch(1000) };
    let said = guard().http(policy).get("read", url(address, "/")).send().await;
    assert!(matches!(&said, Err(Transport::Refused(refusal)) if refusal.rule == Refusal::FOREIGN_HOST), "{said:?}");
    assert_eq!(elsewhere_seen.connections(), 0);
}

#[tokio::test]
async fn s_53_nothing_with_credentials_is_redirected() {
    let (elsewhere, elsewhere_seen) = answering(ok("", b"{}")).await;
    let (address, seen) = answering(to(&url(elsewhere, "/"))).await;
    let guard = guard();
    let token: Secret<String> = "canary-token".into();
    let get = || reader(&guard).get("read", url(address, "/"));
    for request in [
        get().bearer(&token),
        get().basic("user", &token),
        get().secret_header("x-token", &token),
        get().header("Authorization", "canary-token"),
        get().header("cookie", "session=canary-token"),
    ] {
        let reply = request.send().await.expect("the redirect itself is the answer");
        assert_eq!(reply.status, 302);
    }
    assert_eq!((seen.requests().len(), elsewhere_seen.connections()), (5, 0));
}

#[tokio::test]
async fn s_53_a_write_is_never_redirected() {
    let (elsewhere, elsewhere_seen) = answering(ok("", b"{}")).await;
    for code in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let answer = format!("HTTP/1.1 {code}\r\ncontent-length: 0\r\nlocation: {}\r\n\r\n", url(elsewhere, "/"));
        let (address, seen) = answering(answer).await;
        for method in ["POST", "PUT", "PATCH", "DELETE", "HEAD"] {
            let method = http::Method::from_bytes(method.as_bytes()).expect("a method");
            let reply = reader(&guard()).request("write", method.clone(), url(address, "/")).send().await;
            assert_eq!(reply.expect("an answer").status.to_string(), code[..3], "{method}");
        }
        assert_eq!(seen.requests().len(), 5);
    }
    assert_eq!(elsewhere_seen.connections(), 0);
}

#[tokio::test]
async fn s_53_a_policy_for_platforms_follows_nothing() {
    let (address, seen) = stairs().await;
    let reply = http(address).get("read", url(address, "/1")).send().await.expect("an answer");
    assert_eq!((reply.status, seen.requests().len()), (302, 1));
}
