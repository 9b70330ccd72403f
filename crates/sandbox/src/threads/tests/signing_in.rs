//! Consent, tokens and what ends them.

use std::sync::{Arc, Mutex};

use axum::{Form, routing::post};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};

use super::*;
use crate::Act;

#[tokio::test]
async fn a_person_lets_the_app_in_and_the_app_learns_who_it_is() {
    let place = Place::start().await;
    let page = place.world.http.get(place.url("oauth/authorize")).query(&place.authorize(ALL));
    let page = page.send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("value=\"harbour_bakery\"") && page.contains("Delete your threads"), "{page}");
    let sent = place.decide(place.authorize(ALL), "lena", "allow").await;
    let location = sent.headers()["location"].to_str().expect("text").to_owned();
    assert!(location.ends_with("#_"), "{location}");
    assert_eq!(sent_to(&sent)["state"], "a b");
    let (status, given) = place.exchange(&sent_to(&sent)["code"]).await;
    let number = given["user_id"].as_u64().expect("a number");
    assert!(status == 200 && number > 1 << 53, "{given}");
    let token = text(&given["access_token"]);
    let fields =
        "id,username,name,threads_profile_picture_url,threads_biography,is_verified,is_eligible_for_geo_gating";
    let (_, me) = place.get(&token, &format!("me?fields={fields}")).await;
    assert_eq!((&me["username"], text(&me["id"])), (&json!("lena"), number.to_string()));
    assert_eq!(place.get(&token, &number.to_string()).await.1, json!({ "id": number.to_string() }), "only the id");
    let denied = sent_to(&place.decide(place.authorize(ALL), "lena", "deny").await);
    assert_eq!((denied["error"].as_str(), denied["error_reason"].as_str()), ("access_denied", "user_denied"));
    place.own("user_id_as_text", json!(true));
    let (_, given) = place.exchange(&place.code("lena", "threads_basic").await).await;
    assert_eq!(text(&given["user_id"]), number.to_string());
}

#[tokio::test]
async fn the_authorize_page_refuses_what_the_network_does_not_allow() {
    let place = Place::start().await;
    for (name, value, told) in [
        ("client_id", "1", "FBType::TH__APPLICATION"),
        ("redirect_uri", "https://evil.example/", "callback"),
        ("response_type", "token", "response_type"),
        ("scope", "threads_basic,everything", "Invalid scopes"),
    ] {
        let mut form = place.authorize(ALL);
        form.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, old)| *old = value.to_owned());
        let shown = place.decide(form, "lena", "allow").await;
        assert_eq!(shown.status(), 400, "{name}");
        let page = shown.text().await.expect("text");
        assert!(page.contains(told), "{page}");
    }
    place.own("not_testers", json!(["lena"]));
    let shown = place.decide(place.authorize(ALL), "lena", "allow").await;
    assert!(shown.text().await.expect("text").contains("1349245"));
}

#[tokio::test]
async fn a_code_works_once_within_an_hour_for_the_secret_and_the_address() {
    let place = Place::start().await;
    let code = place.code("lena", ALL).await;
    let wrong =
        [("client_secret", "nothing"), ("redirect_uri", "http://127.0.0.1:9/other"), ("grant_type", "password")];
    for (name, value) in wrong {
        let mut form = vec![
            ("client_id", PRODUCT.id),
            ("client_secret", PRODUCT.secret),
            ("grant_type", "authorization_code"),
            ("redirect_uri", BACK),
            ("code", &code),
        ];
        form.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, old)| *old = value);
        let (status, refused) = read(place.world.http.post(place.url("oauth/access_token")).form(&form)).await;
        assert_eq!(
            (status, &refused["error_type"], &refused["code"]),
            (400, &json!("OAuthException"), &json!(400)),
            "{name}"
        );
    }
    assert_eq!(place.exchange(&code).await.0, 200);
    let (status, refused) = place.exchange(&code).await;
    assert_eq!(
        (status, text(&refused["error_message"])),
        (400, "Matching code was not found or was already used".into())
    );
    let late = place.code("lena", ALL).await;
    place.world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(place.exchange(&late).await.0, 400);
}

#[tokio::test]
async fn a_short_token_becomes_a_long_one_which_can_be_prolonged_after_a_day() {
    let place = Place::start().await;
    let short = place.sign_in("lena").await;
    let lengthen = |token: String, secret: &str| {
        let url = format!(
            "{}?grant_type=th_exchange_token&client_secret={secret}&access_token={token}",
            place.url("access_token")
        );
        read(place.world.http.get(url))
    };
    let prolong = |token: String| {
        let url = place.url("refresh_access_token");
        read(place.world.http.get(format!("{url}?grant_type=th_refresh_token&access_token={token}")))
    };
    assert_ne!(lengthen(short.clone(), "wrong").await.0, 200);
    let (status, long) = lengthen(short.clone(), PRODUCT.secret).await;
    assert_eq!((status, &long["expires_in"], &long["token_type"]), (200, &json!(5_184_000), &json!("bearer")));
    let long = text(&long["access_token"]);
    assert_eq!(refusal(&prolong(long.clone()).await.1).0, 100, "too young");
    assert_eq!(refusal(&prolong(short.clone()).await.1).0, 100, "a short one");
    assert_eq!(refusal(&lengthen(long.clone(), PRODUCT.secret).await.1).0, 100, "long already");
    place.world.clock.advance(Duration::from_secs(24 * 3_600));
    let (code, subcode, _) = refusal(&place.get(&short, "me").await.1);
    assert_eq!((code, subcode), (190, 463), "the short one has ended");
    let (status, longer) = prolong(long.clone()).await;
    assert_eq!(status, 200, "{longer}");
    assert_eq!(place.get(&long, "me").await.0, 200, "the old one stays");
    place.world.clock.advance(Duration::from_secs(59 * 24 * 3_600));
    assert_eq!(place.get(&long, "me").await.0, 400);
    assert_eq!(place.get(&text(&longer["access_token"]), "me").await.0, 200);
    assert_eq!(refusal(&prolong(long).await.1).0, 190, "an expired one cannot be prolonged");
}

#[tokio::test]
async fn a_token_is_inspected_with_the_app_token_and_only_with_it() {
    let place = Place::start().await;
    let token = place.sign_in_for("lena", "threads_basic,threads_delete").await;
    let ask = |access: String| {
        read(place.world.http.get(format!("{}?input_token={token}&access_token={access}", place.url("debug_token"))))
    };
    let query = format!("grant_type=client_credentials&client_id={}&client_secret={}", PRODUCT.id, PRODUCT.secret);
    let (_, app) = read(place.world.http.get(format!("{}?{query}", place.url("oauth/access_token")))).await;
    let (status, told) = ask(text(&app["access_token"])).await;
    assert_eq!((status, &told["data"]["scopes"]), (200, &json!(["threads_basic", "threads_delete"])));
    assert_eq!((&told["data"]["is_valid"], &told["data"]["app_id"]), (&json!(true), &json!(PRODUCT.id)));
    assert_eq!(ask(format!("TH|{}|wrong", PRODUCT.id)).await.0, 400);
    place.world.running.act(Network::Threads, &Act::ExpireTokens { account: Some("@lena".into()) });
    let (_, told) = ask(format!("TH|{}|{}", PRODUCT.id, PRODUCT.secret)).await;
    assert_eq!(told["data"]["is_valid"], false);
}

#[tokio::test]
async fn a_call_without_a_live_token_or_its_scope_is_refused_in_the_envelope_of_the_graph_api() {
    let place = Place::start().await;
    let (status, none) = read(place.world.http.get(place.url("v1.0/me"))).await;
    assert_eq!((status, &none["error"]["type"], refusal(&none).0), (400, &json!("OAuthException"), 190));
    assert_eq!(refusal(&place.get("nonsense", "me").await.1).0, 190);
    let basic = place.sign_in_for("lena", "threads_basic").await;
    let without = place.sign_in_for("lena", "threads_content_publish").await;
    assert_eq!(refusal(&place.get(&without, "me").await.1).0, 10, "threads_basic belongs to every call");
    for (path, form) in [
        ("me/threads", vec![("media_type", "TEXT"), ("text", "x")]),
        ("me/threads_publish", vec![("creation_id", "1")]),
    ] {
        let (status, refused) = place.post(&basic, path, &form).await;
        assert_eq!((status, refusal(&refused).0), (403, 10), "{path}");
    }
    for path in [
        "me/replies",
        "me/mentions",
        "1/insights",
        "me/threads_insights",
        "keyword_search?q=a",
        "location_search?q=a",
        "profile_lookup?username=lena",
        "1/conversation",
    ] {
        assert_eq!(refusal(&place.get(&basic, path).await.1).0, 10, "{path}");
    }
    assert_eq!(refusal(&place.delete(&basic, "1").await.1).0, 10);
    assert_eq!(refusal(&place.get(&basic, "v9.9/me/threads").await.1).0, 2500);
    let in_query = read(place.world.http.get(format!("{}?access_token={basic}", place.url("me")))).await;
    assert_eq!(in_query.0, 200, "the version may be left out, the token may stand in the query");
}

#[tokio::test]
async fn who_removes_the_app_ends_its_tokens_and_tells_it_with_a_signed_request() {
    let place = Place::start().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, hears) = (listener.local_addr().expect("bound"), heard.clone());
    let hook = move |Form(form): Form<Vec<(String, String)>>| async move { hears.lock().expect("whole").extend(form) };
    let serving = tokio::spawn(async move { axum::serve(listener, Router::new().route("/gone", post(hook))).await });
    place.own("deauthorize_url", json!(format!("http://{address}/gone")));
    let token = place.sign_in("lena").await;
    let (_, me) = place.get(&token, "me").await;
    place.world.running.act(Network::Threads, &Act::RevokeGrants { account: Some("lena".into()) });
    assert_eq!(refusal(&place.get(&token, "me").await.1).0, 190);
    while heard.lock().expect("whole").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (name, value) = heard.lock().expect("whole")[0].clone();
    let (signature, payload) = value.split_once('.').expect("two parts");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(PRODUCT.secret.as_bytes()).expect("a key");
    mac.update(payload.as_bytes());
    mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).expect("base 64")).expect("signed over the encoded payload");
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base 64")).expect("JSON");
    assert_eq!(
        (name.as_str(), &payload["user_id"], &payload["algorithm"]),
        ("signed_request", &me["id"], &json!("HMAC-SHA256"))
    );
    serving.abort();
}
