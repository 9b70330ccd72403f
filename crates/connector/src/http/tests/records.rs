//! P-024, S-08: an exchange is for people to read, so no secret is in it.

use base::Secret;
use serde_json::json;

use super::*;
use crate::http::Exchange;

const CANARY: &str = "CANARY0123456789";

fn canary() -> Secret<String> {
    CANARY.into()
}

async fn recorded(answer: &str, request: impl FnOnce(&Http, SocketAddr) -> crate::http::Request) -> Vec<Exchange> {
    let (address, _) = answering(answer).await;
    let way = http(address);
    let _ = request(&way, address).send().await;
    way.take_exchanges()
}

#[track_caller]
fn is_clean(exchanges: &[Exchange]) {
    assert!(!exchanges.is_empty());
    let text = serde_json::to_string(exchanges).expect("it is plain data");
    assert!(!text.contains(CANARY), "{text}");
    assert!(!text.contains("Q0FOQVJZ"), "as base64: {text}");
}

/// An answer that repeats the secret wherever a platform might.
fn echo() -> String {
    let body = json!({
        "access_token": CANARY, "refreshJwt": CANARY, "error_description": format!("the token {CANARY} is no good"),
        "data": [{ "client_secret": CANARY, "nested": { "apiKey": CANARY } }],
        "id_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    });
    String::from_utf8(ok("content-type: application/json\r\n", body.to_string().as_bytes())).expect("text")
}

#[tokio::test]
async fn s_08_no_secret_from_a_header_is_recorded() {
    is_clean(&recorded(&echo(), |http, at| http.post("a", url(at, "/")).bearer(&canary())).await);
    is_clean(&recorded(&echo(), |http, at| http.post("a", url(at, "/")).basic("user", &canary())).await);
    is_clean(&recorded(&echo(), |http, at| http.post("a", url(at, "/")).secret_header("x-any", &canary())).await);
    is_clean(&recorded(&echo(), |http, at| http.post("a", url(at, "/")).header("Authorization", CANARY)).await);
    is_clean(&recorded(&echo(), |http, at| http.get("a", url(at, "/")).header("Cookie", CANARY)).await);
}

#[tokio::test]
async fn s_08_no_secret_from_the_path_of_an_address_is_recorded() {
    let path = format!("/bot{CANARY}/sendMessage");
    let told = recorded(&echo(), |http, at| http.post("a", url(at, &path)).secret_in_address(&canary())).await;
    is_clean(&told);
    assert!(told[0].url.ends_with("/bot[secret]/sendMessage"), "{}", told[0].url);
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let way = http(nowhere);
    let failed = way.get("a", url(nowhere, &path)).secret_in_address(&canary()).send().await.expect_err("no one there");
    assert!(!format!("{failed} {failed:?}").contains(CANARY), "{failed:?}");
    is_clean(&way.take_exchanges());
}

#[tokio::test]
async fn s_08_no_secret_from_a_body_or_an_address_is_recorded() {
    const NAMES: &[&str] = &[
        "access_token",
        "refresh_token",
        "token",
        "client_secret",
        "code",
        "code_verifier",
        "password",
        "accessJwt",
        "refreshJwt",
        "client_assertion",
        "oauth_token",
        "oauth_token_secret",
        "appsecret_proof",
        "api_key",
        "apiKey",
        "key",
        "X-Amz-Signature",
        "X-Amz-Credential",
        "sig",
        "signature",
        "fb_exchange_token",
        "id_token",
        "state",
        "nonce",
        "session_key",
        "private_key",
        "input_token",
        "email",
        "device_code",
        "user_code",
    ];
    for name in NAMES {
        let name = *name;
        is_clean(&recorded(&echo(), |http, at| http.post("a", url(at, "/")).form(&[(name, CANARY), ("a", "b")])).await);
        is_clean(
            &recorded(&echo(), |http, at| http.post("a", url(at, "/")).json(&json!({ "x": [{ name: CANARY }] }))).await,
        );
        is_clean(&recorded(&echo(), |http, at| http.get("a", url(at, "/x")).query(name, CANARY)).await);
        is_clean(&recorded(&echo(), |http, at| http.get("a", url(at, &format!("/x?{name}={CANARY}#{CANARY}")))).await);
        is_clean(&recorded(&echo(), |http, at| http.post("a", url(at, "/")).multipart(&[(name, CANARY)], None)).await);
    }
}

#[tokio::test]
async fn s_08_no_secret_from_an_answer_is_recorded() {
    let form = ok(
        "content-type: application/x-www-form-urlencoded\r\n",
        format!("oauth_token={CANARY}&oauth_token_secret={CANARY}&user_id=1").as_bytes(),
    );
    let exchanges = recorded(std::str::from_utf8(&form).expect("text"), |http, at| http.post("a", url(at, "/"))).await;
    is_clean(&exchanges);
    assert_eq!(exchanges[0].response["user_id"], "1");
    // A token that the platform has only just made: nothing but its name tells that it is one.
    let made = json!({ "access_token": CANARY, "data": [{ "client_secret": CANARY, "nested": { "apiKey": CANARY } }] });
    let made = String::from_utf8(ok("content-type: application/json\r\n", made.to_string().as_bytes())).expect("text");
    is_clean(&recorded(&made, |http, at| http.post("a", url(at, "/"))).await);
    let exchanges = recorded(&echo(), |http, at| http.post("a", url(at, "/")).bearer(&canary())).await;
    assert_eq!(exchanges[0].response["access_token"], "[secret]");
    assert_eq!(exchanges[0].response["error_description"], "the token [secret] is no good");
}

#[tokio::test]
async fn s_08_no_secret_is_in_an_error() {
    let guard = guard();
    for address in [
        format!("https://{CANARY}:{CANARY}@example.com/"),
        format!("not an address {CANARY}"),
        format!("https://10.0.0.1/?access_token={CANARY}"),
        format!("http://127.0.0.1:1/?access_token={CANARY}"),
        format!("http://127.0.0.1:1/{CANARY}"),
    ] {
        let way = guard.http(Policy::platform(vec![]));
        let error = way.get("a", &address).bearer(&canary()).send().await.expect_err("nothing is there");
        assert!(!error.to_string().contains(CANARY), "{error}");
        is_clean(&way.take_exchanges());
    }
}

#[tokio::test]
async fn the_story_keeps_what_helps() {
    let body = json!({
        "errors": [{ "code": 187, "message": "Status is a duplicate." }], "code": "DUPLICATE_POST",
        "token_type": "bearer", "state": { "name": "open" }, "expires_in": 7200,
    });
    let answer = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n{body}", body.to_string().len());
    let exchanges = recorded(&answer, |http, at| {
        http.post("publish post", url(at, "/2/tweets"))
            .query("dry", 1)
            .json(&json!({ "text": "hello", "token": CANARY }))
    })
    .await;
    let [exchange] = &exchanges[..] else { panic!("{exchanges:?}") };
    assert_eq!(
        (exchange.name.as_str(), exchange.method.as_str(), exchange.status),
        ("publish post", "POST", Some(403))
    );
    assert!(exchange.url.ends_with("/2/tweets?dry=1"), "{}", exchange.url);
    assert_eq!(exchange.request, json!({ "text": "hello", "token": "[secret]" }));
    assert_eq!(exchange.response, body);
    assert_eq!(exchange.at.to_string(), "2030-01-01T09:00:00Z");
}

#[tokio::test]
async fn a_long_answer_is_cut_in_the_story_and_whole_for_the_connector() {
    let long = json!({ "token": CANARY, "list": vec!["0123456789"; 2000] }).to_string();
    for body in [long.clone(), format!("<p>{}", "x".repeat(20_000)), json!(vec![long; 40]).to_string()] {
        let (address, _) = answering(ok("", body.as_bytes())).await;
        let way = http(address);
        let reply = way.get("read", url(address, "/")).send().await.expect("an answer");
        assert_eq!(reply.body.len(), body.len());
        let exchanges = way.take_exchanges();
        is_clean(&exchanges);
        assert!(exchanges[0].response.to_string().len() < 20_000, "{}", exchanges[0].response.to_string().len());
    }
}

#[tokio::test]
async fn p_017_of_an_answer_with_other_peoples_words_only_the_size_is_recorded() {
    let said = String::from_utf8(ok("", br#"[{"text":"What a bridge"}]"#)).expect("text");
    let told = recorded(&said, |http, at| http.get("a", url(at, "/")).of_others()).await;
    assert_eq!(told[0].response, json!("(26 bytes)"));
    // A refusal says what was wrong, and nothing that people wrote.
    let refusal = "HTTP/1.1 400 Bad Request\r\ncontent-length: 14\r\n\r\n{\"error\":\"no\"}";
    let told = recorded(refusal, |http, at| http.get("a", url(at, "/")).of_others()).await;
    assert_eq!(told[0].response, json!({ "error": "no" }));
}
