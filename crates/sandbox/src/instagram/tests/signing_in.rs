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
    assert!(page.contains("value=\"harbour_bakery\"") && page.contains("Publish photos"), "{page}");
    let sent = place.decide(place.authorize(ALL), "lena", "allow").await;
    assert!(sent.headers()["location"].to_str().expect("text").ends_with("#_"));
    assert_eq!(sent_to(&sent)["state"], "a b");
    let (status, given) = place.exchange(&sent_to(&sent)["code"]).await;
    let scoped = given["user_id"].as_u64().expect("a number");
    assert!(status == 200 && scoped > 1 << 53, "{given}");
    assert_eq!(given["permissions"].as_array().map(Vec::len), Some(5));
    let token = text(&given["access_token"]);
    let fields = "user_id,username,name,account_type,profile_picture_url,followers_count,follows_count,media_count";
    let me = place.fields(&token, "me", fields).await;
    assert_eq!((&me["username"], &me["account_type"]), (&json!("lena"), &json!("MEDIA_CREATOR")));
    let professional = text(&me["user_id"]);
    assert_eq!(text(&me["id"]), scoped.to_string(), "the app has an id of its own for the account");
    assert!(professional.starts_with("17841") && professional != scoped.to_string());
    for id in [professional, scoped.to_string()] {
        assert_eq!(place.fields(&token, &id, "username").await["username"], "lena");
    }
    place.own("wrapped_tokens", json!(true));
    let (_, given) = place.exchange(&place.code("lena", ALL).await).await;
    assert_eq!(given["data"][0]["user_id"], scoped.to_string());
    assert_eq!(text(&given["data"][0]["permissions"]), ALL);
}

#[tokio::test]
async fn a_person_leaves_scopes_out_or_says_no() {
    let place = Place::start().await;
    let mut form = place.authorize(ALL);
    form.extend([
        (crate::pages::TICKED, "yes".to_owned()),
        ("scope_kept", "instagram_business_content_publish".to_owned()),
    ]);
    let sent = place.decide(form, "lena", "allow").await;
    let (_, given) = place.exchange(&sent_to(&sent)["code"]).await;
    assert_eq!(given["permissions"], json!(["instagram_business_basic", "instagram_business_content_publish"]));
    let denied = sent_to(&place.decide(place.authorize(ALL), "lena", "deny").await);
    assert_eq!(
        (denied["error"].as_str(), denied["error_reason"].as_str(), denied["state"].as_str()),
        ("access_denied", "user_denied", "a b")
    );
    for (name, value, told) in [
        ("client_id", "1", "Invalid platform app"),
        ("redirect_uri", "https://evil.example/", "Invalid redirect_uri"),
        ("response_type", "token", "Invalid response_type"),
        ("scope", "business_basic", "Invalid scope"),
    ] {
        let mut form = place.authorize(ALL);
        form.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, old)| *old = value.to_owned());
        let shown = place.decide(form, "lena", "allow").await;
        assert_eq!(shown.status(), 400, "{name}");
        let page = shown.text().await.expect("text");
        assert!(page.contains(told), "{page}");
    }
    place.own("not_testers", json!(["northwind"]));
    place.own("personal", json!(["lena"]));
    for (name, told) in [("northwind", "Insufficient Developer Role"), ("lena", "business and creator accounts")] {
        let shown = place.decide(place.authorize(ALL), name, "allow").await.text().await.expect("text");
        assert!(shown.contains(told), "{shown}");
    }
}

#[tokio::test]
async fn a_code_works_once_within_an_hour_as_a_form_or_multipart() {
    let place = Place::start().await;
    let (code, url) = (place.code("lena", ALL).await, place.url("oauth/access_token"));
    for (name, value) in
        [("client_secret", "nothing"), ("redirect_uri", "http://127.0.0.1:9/other"), ("grant_type", "password")]
    {
        let mut form = Place::of_code(&code);
        form.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, old)| *old = value.to_owned());
        let (status, refused) = read(place.world.http.post(&url).form(&form)).await;
        assert_eq!((status, &refused["error_type"]), (400, &json!("OAuthException")), "{name}");
    }
    let form = Place::of_code(&code);
    let (status, refused) = read(place.world.http.get(&url).query(&form)).await;
    assert_eq!((status, &refused["error"]["message"]), (400, &json!("Unsupported request - method type: get")));
    assert_eq!(read(place.world.http.post(&url).query(&form)).await.0, 400, "everything belongs in the body");
    let multipart =
        form.into_iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name, value));
    assert_eq!(read(place.world.http.post(&url).multipart(multipart)).await.0, 200);
    let (status, refused) = place.exchange(&code).await;
    assert_eq!(
        (status, text(&refused["error_message"]).as_str()),
        (400, "Matching code was not found or was already used")
    );
    let late = place.code("lena", ALL).await;
    place.world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(place.exchange(&late).await.0, 400);
}

#[tokio::test]
async fn a_short_token_becomes_a_long_one_which_can_be_refreshed_after_a_day() {
    let place = Place::start().await;
    let short = place.sign_in("lena").await;
    let lengthen = |token: String, secret: &str| {
        let url = place.url("access_token");
        let query = format!("grant_type=ig_exchange_token&client_secret={secret}&access_token={token}&client_id=1");
        read(place.world.http.get(format!("{url}?{query}")))
    };
    let refresh = |token: String| {
        let url = place.url("refresh_access_token");
        read(place.world.http.get(format!("{url}?grant_type=ig_refresh_token&access_token={token}")))
    };
    assert_eq!(refusal(&lengthen(short.clone(), "wrong").await.1), "101");
    let (status, long) = lengthen(short.clone(), PRODUCT.secret).await;
    assert_eq!((status, &long["expires_in"], &long["token_type"]), (200, &json!(5_184_000), &json!("bearer")));
    let long = text(&long["access_token"]);
    assert_eq!(refusal(&lengthen(long.clone(), PRODUCT.secret).await.1), "100", "long already");
    assert_eq!(refusal(&refresh(long.clone()).await.1), "100", "too young");
    let (status, wrong_kind) = refresh(short.clone()).await;
    assert_eq!(
        (status, &wrong_kind["error"]["message"], &wrong_kind["error"]["type"]),
        (400, &json!("Unsupported request - method type: get"), &json!("IGApiException"))
    );
    place.world.clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(refusal(&place.get(&short, "me").await.1), "190/463", "the short one has ended");
    let (status, longer) = refresh(long.clone()).await;
    assert_eq!((status, text(&longer["permissions"]).as_str()), (200, ALL));
    assert_eq!(place.get(&long, "me").await.0, 200, "the old one stays");
    place.world.clock.advance(Duration::from_secs(59 * 24 * 3_600));
    assert_eq!(refusal(&place.get(&long, "me").await.1), "190/463");
    assert_eq!(place.get(&text(&longer["access_token"]), "me").await.0, 200);
    let (_, dead) = refresh(long).await;
    assert_eq!(dead["error"]["message"], "Unsupported request - method type: get", "an expired one is no token");
}

#[tokio::test]
async fn a_call_needs_a_live_token_with_its_scope() {
    let place = Place::start().await;
    assert_eq!(refusal(&read(place.world.http.get(place.url("v26.0/me"))).await.1), "190");
    assert_eq!(refusal(&place.get("nonsense", "me").await.1), "190");
    let basic = place.sign_in_for("lena", "instagram_business_basic").await;
    let without = place.sign_in_for("lena", "instagram_business_content_publish").await;
    assert_eq!(refusal(&place.get(&without, "me").await.1), "10", "the first scope belongs to every call");
    let picture = place.file("a.jpg");
    for (path, form) in [
        ("me/media", vec![("image_url", picture.as_str())]),
        ("me/media_publish", vec![("creation_id", "1")]),
        ("me/mentions", vec![("media_id", "1"), ("message", "x")]),
        ("1/comments", vec![("message", "x")]),
        ("1/replies", vec![("message", "x")]),
        ("1", vec![("hide", "true")]),
    ] {
        let (status, refused) = place.post(&basic, path, &form).await;
        assert_eq!((status, refusal(&refused).as_str()), (400, "10"), "{path}");
    }
    for path in ["me/content_publishing_limit", "1/comments", "1/replies", "1/insights", "me/insights"] {
        assert_eq!(refusal(&place.get(&basic, path).await.1), "10", "{path}");
    }
    let in_query = read(place.world.http.get(format!("{}?access_token={basic}", place.url("me")))).await;
    assert_eq!(in_query.0, 200, "the version may be left out, the token may stand in the query");
    assert_eq!(refusal(&place.get(&basic, "me/nothing").await.1), "100/33");
    assert_eq!(refusal(&place.get(&basic, "me/media/1").await.1), "2500");
    place.limit("calls", 0);
    let answer = place.world.http.get(place.url("me")).bearer_auth(&basic).send().await.expect("an answer");
    let usage: Value = serde_json::from_slice(answer.headers()["x-business-use-case-usage"].as_bytes()).expect("JSON");
    let cases: Vec<&Value> = usage.as_object().expect("accounts").values().map(|list| &list[0]["type"]).collect();
    assert_eq!(cases, ["instagram"]);
    assert_eq!(refusal(&answer.json().await.expect("JSON")), "80002");
}

#[tokio::test]
async fn who_removes_the_app_ends_its_tokens_and_tells_it_with_a_signed_request() {
    let place = Place::start().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let hook = move |Form(form): Form<Vec<(String, String)>>| async move { hears.lock().expect("whole").extend(form) };
    let (address, serving) = serve(Router::new().route("/gone", post(hook))).await;
    place.own("deletion_url", json!(format!("http://{address}/gone")));
    let token = place.sign_in("lena").await;
    let me = place.fields(&token, "me", "user_id").await;
    place.post(&token, "me/subscribed_apps", &[("subscribed_fields", "comments")]).await;
    place.world.running.act(Network::Instagram, &Act::RevokeGrants { account: Some("@lena".into()) });
    assert_eq!(refusal(&place.get(&token, "me").await.1), "190");
    while heard.lock().expect("whole").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (name, value) = heard.lock().expect("whole")[0].clone();
    let (signature, payload) = value.split_once('.').expect("two parts");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(PRODUCT.secret.as_bytes()).expect("a key");
    mac.update(payload.as_bytes());
    mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).expect("base 64")).expect("signed over the encoded payload");
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base 64")).expect("JSON");
    assert_eq!((name.as_str(), &payload["user_id"]), ("signed_request", &me["id"]), "by the id that is the app's own");
    let again = place.sign_in("lena").await;
    assert_eq!(place.get(&again, "me/subscribed_apps").await.1, json!({ "data": [] }), "it hears nothing any more");
    serving.abort();
}
