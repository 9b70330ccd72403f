//! Consent, tokens and what ends them.

use std::sync::{Arc, Mutex};

use axum::{Form, routing::post};
use base::Clock as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;
use crate::Act;

#[tokio::test]
async fn a_person_chooses_pages_and_scopes_and_the_app_gets_a_token_for_each_page() {
    let place = Place::start().await;
    let page = place.world.http.get(place.url("v26.0/dialog/oauth")).query(&place.authorize(ALL));
    let page = page.send().await.expect("a page").text().await.expect("text");
    assert!(page.contains("Harbour Bakery") && page.contains("Publish, edit and delete posts"), "{page}");
    let everything = place.long("mira", ALL).await;
    let (_, listed) = place.get(&everything, "me/accounts").await;
    let names: Vec<_> = listed["data"].as_array().expect("pages").iter().map(|page| text(&page["name"])).collect();
    assert_eq!(names, ["Harbour Bakery", "Northwind Bikes", "Swan Bridge Society", "Quay Market"]);
    assert!(listed["data"][2]["tasks"].as_array().is_some_and(|tasks| !tasks.contains(&json!("CREATE_CONTENT"))));

    let mut form = place.authorize(ALL);
    let bakery = text(&listed["data"][0]["id"]);
    form.extend([("ticked", "yes".to_owned()), ("target_kept", bakery.clone())]);
    let kept = ALL.split(',').filter(|scope| *scope != "pages_manage_engagement");
    form.extend(kept.map(|scope| ("scope_kept", scope.to_owned())));
    let sent = place.decide(form, "mira", "allow").await;
    assert!(sent.headers()["location"].to_str().expect("text").ends_with("#_=_"));
    let code = &sent_to(&sent)["code"];
    let (_, given) = place.token(&[("redirect_uri", BACK), ("code", code)]).await;
    assert_eq!((&given["token_type"], &given["expires_in"]), (&json!("bearer"), &json!(5_400)));
    let few = text(&given["access_token"]);
    assert_eq!(ids(&place.get(&few, "me/accounts").await.1), std::slice::from_ref(&bakery));
    let (_, granted) = place.get(&few, "me/permissions").await;
    let declined = json!({ "permission": "pages_manage_engagement", "status": "declined" });
    assert!(granted["data"].as_array().is_some_and(|all| all.contains(&declined)), "{granted}");
    let app_token = PRODUCT.app_token();
    let (_, told) = place.get(&app_token, &format!("debug_token?input_token={few}")).await;
    let granular = told["data"]["granular_scopes"].as_array().expect("scopes").clone();
    assert!(granular.contains(&json!({ "scope": "pages_manage_posts", "target_ids": [bakery] })), "{told}");
    let denied = sent_to(&place.decide(place.authorize(ALL), "lena", "deny").await);
    assert_eq!((&*denied["error"], &*denied["error_code"], &*denied["state"]), ("access_denied", "200", "a b"));
}

#[tokio::test]
async fn an_app_of_login_for_business_asks_by_its_configuration() {
    let place = Place::start().await;
    place.own("business_login", json!(true));
    let shown = place.decide(place.authorize(ALL), "lena", "allow").await;
    assert!(shown.text().await.expect("text").contains("config_id"));
    let mut form = place.authorize(ALL);
    form.retain(|(name, _)| *name != "scope");
    form.push(("config_id", CONFIG_ID.to_owned()));
    let code = sent_to(&place.decide(form, "lena", "allow").await)["code"].clone();
    let (_, given) = place.token(&[("redirect_uri", BACK), ("code", &code)]).await;
    assert_eq!(ids(&place.get(&text(&given["access_token"]), "me/accounts").await.1).len(), 1);
}

#[tokio::test]
async fn a_code_works_once_in_time_and_for_its_address_and_is_refused_with_100() {
    let place = Place::start().await;
    let code = place.code("lena", ALL).await;
    let other = [("redirect_uri", "http://127.0.0.1:9/other"), ("code", &code)];
    assert!(refusal(&place.token(&other).await.1).2.contains("redirect_uri is identical"));
    let right = [("redirect_uri", BACK), ("code", &code)];
    let (_, given) = place.token(&right).await;
    let token = text(&given["access_token"]);
    let app = [("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret)];
    let again = place.world.http.get(place.url("oauth/access_token")).query(&app).query(&right);
    let again = again.send().await.expect("an answer");
    assert!(again.headers()["www-authenticate"].to_str().expect("text").contains("invalid_code"));
    let said = again.json::<Value>().await.expect("JSON");
    assert_eq!(refusal(&said), (100, 0, "This authorization code has been used.".to_owned()));
    assert_eq!(place.get(&token, "me").await.1["error"]["code"], 190, "what came of it has ended");
    let late = place.code("lena", ALL).await;
    place.wait(601);
    assert!(refusal(&place.token(&[("redirect_uri", BACK), ("code", &late)]).await.1).2.contains("expired"));
    let app_token = place.token(&[("grant_type", "client_credentials")]).await.1;
    assert_eq!(app_token["access_token"], PRODUCT.app_token());
}

#[tokio::test]
async fn tokens_of_pages_live_as_long_as_the_person_s_unless_that_is_a_long_one() {
    let place = Place::start().await;
    let short = place.short("lena", ALL).await;
    let page_of_short = text(&place.get(&short, "me/accounts").await.1["data"][0]["access_token"]);
    let (_, page_of_long) = place.page_for("lena", "lena_vos", ALL).await;
    assert_eq!(place.get(&page_of_long, "me").await.1["name"], "Lena Vos Photography");
    place.wait(61 * 86_400);
    for dead in [&short, &page_of_short] {
        assert_eq!(refusal(&place.get(dead, "me").await.1).1, 463);
    }
    assert_eq!(place.get(&page_of_long, "me").await.0, 200);
    place.own("dead_token_status", json!(401));
    assert_eq!(place.get(&short, "me").await.0, 401);
}

#[tokio::test]
async fn pages_of_a_portfolio_stay_away_from_the_list_without_the_scope_for_portfolios() {
    let place = Place::start().await;
    let without = ALL.replace("business_management,", "");
    let token = place.long("mira", &without).await;
    assert_eq!(ids(&place.get(&token, "me/accounts").await.1).len(), 3);
    assert_eq!(place.get(&token, "me/businesses").await.0, 403);
    let token = place.long("mira", ALL).await;
    let business = ids(&place.get(&token, "me/businesses").await.1)[0].clone();
    let (_, owned) = place.get(&token, &format!("{business}/owned_pages?fields=name,access_token")).await;
    assert_eq!(owned["data"][0]["name"], "Quay Market");
    assert!(owned["data"][0]["access_token"].is_string());
    let mut all = Vec::new();
    let mut next = Some(place.url("v26.0/me/accounts?fields=id&limit=3"));
    while let Some(address) = next {
        let (_, page) = read(place.world.http.get(address).bearer_auth(&token)).await;
        all.extend(ids(&page));
        next = page["paging"]["next"].as_str().map(str::to_owned);
        assert!(next.as_ref().is_none_or(|next| !next.contains(&token)), "the token came by header");
    }
    assert_eq!(all.len(), 4);
}

#[tokio::test]
async fn a_proof_must_be_right_and_can_be_demanded() {
    let place = Place::start().await;
    let (_, token) = place.bakery().await;
    let right = PRODUCT.proof(&token);
    let ask = async |proof: &str| place.get(&token, &format!("me?appsecret_proof={proof}")).await;
    assert_eq!(ask(&right).await.0, 200);
    let (status, wrong) = ask("00").await;
    assert_eq!((status, &wrong["error"]["type"]), (400, &json!("GraphMethodException")));
    assert_eq!(refusal(&wrong).0, 100);
    assert_eq!(place.get(&token, "me").await.0, 200);
    place.own("require_proof", json!(true));
    assert_eq!(refusal(&place.get(&token, "me").await.1).0, 100);
    place.own("proof_one_in", json!(1));
    assert_eq!(refusal(&ask(&right).await.1).2, "Invalid appsecret_proof provided in the API argument");
}

#[tokio::test]
async fn a_lost_role_ends_one_page_and_a_scope_taken_back_the_calls_that_need_it() {
    let place = Place::start().await;
    let (_, bakery) = place.bakery().await;
    let (_, bikes) = place.page_for("mira", "northwind", ALL).await;
    place.own("lost_roles", json!(["northwind"]));
    let (code, subcode, said) = refusal(&place.get(&bikes, "me").await.1);
    assert!((code, subcode) == (190, 0) && said.contains("before impersonating a user's page"), "{said}");
    assert_eq!(place.get(&bakery, "me").await.0, 200);
    let person = place.long("mira", ALL).await;
    assert_eq!(place.delete(&person, "me/permissions/pages_manage_posts").await.0, 200);
    assert_eq!(place.refused(&bakery, "me/feed", &[("message", "hello")]).await.0, 200);
    let (_, society) = place.page_for("mira", "swan_bridge", ALL).await;
    let said = place.refused(&society, "me/feed", &[("message", "hello")]).await;
    assert!(said.0 == 200 && said.2.contains("sufficient administrative permission"), "{said:?}");
    assert_eq!(place.refused(&person, "me/feed", &[("message", "hello")]).await.0, 190, "a person's token");
}

#[tokio::test]
async fn who_removes_the_app_ends_its_tokens_and_tells_it_with_a_signed_request() {
    let place = Place::start().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let book = heard.clone();
    let hear = async move |Form(form): Form<std::collections::HashMap<String, String>>| {
        book.lock().expect("free").push(form["signed_request"].clone());
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/gone", listener.local_addr().expect("bound"));
    let router = Router::new().route("/gone", post(hear));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    place.own("deauthorize_url", json!(address));
    place.own("deletion_url", json!(address));
    let person = place.long("lena", ALL).await;
    let id = text(&place.get(&person, "me").await.1["id"]);
    assert_eq!(place.delete(&person, "me/permissions").await.1, json!({ "success": true }));
    assert_eq!(place.get(&person, "me").await.0, 400);
    while heard.lock().expect("free").len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let signed = heard.lock().expect("free")[0].clone();
    let (_, payload) = signed.split_once('.').expect("two parts");
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base 64")).expect("JSON");
    assert_eq!(payload["user_id"], id);
    assert_eq!(signed, PRODUCT.signed_request(&id, place.world.clock.now()));
    let (_, page) = place.page_for("lena", "lena_vos", ALL).await;
    place.world.running.act(Network::Facebook, &Act::ExpireTokens { account: Some("lena_vos".into()) });
    assert_eq!(refusal(&place.get(&page, "me").await.1).1, 463, "by the word of the page");
}
