//! Signing up, tokens, accounts and numbers.

use super::*;
use crate::Act;

fn sign_up(config: &str, back: &str) -> Vec<(&'static str, String)> {
    vec![
        ("response_type", "code".into()),
        ("client_id", PRODUCT.id.into()),
        ("redirect_uri", back.into()),
        ("config_id", config.into()),
        ("override_default_response_type", "true".into()),
        ("state", "a b".into()),
    ]
}

impl Place {
    async fn decides(&self, mut form: Vec<(&'static str, String)>, decision: &str) -> reqwest::Response {
        form.extend([("account", "mira".to_owned()), ("decision", decision.to_owned())]);
        self.world.http.post(self.url("v26.0/dialog/oauth")).form(&form).send().await.expect("an answer")
    }

    async fn exchange(&self, more: &[(&str, &str)]) -> (u16, Value) {
        let app = [("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret)];
        read(self.world.http.get(self.url("v26.0/oauth/access_token")).query(&app).query(more)).await
    }

    async fn inspect(&self, token: &str) -> Value {
        let path = self.url(&format!("v26.0/debug_token?input_token={token}"));
        read(self.world.http.get(path).bearer_auth(PRODUCT.app_token())).await.1["data"].clone()
    }
}

#[tokio::test]
async fn the_sign_up_of_the_network_s_script_ends_in_a_code_for_30_seconds_that_needs_no_address() {
    let place = Place::start().await;
    let without = place.world.http.get(place.url("dialog/oauth")).query(&sign_up("1", BACK)).send().await;
    assert_eq!(without.expect("an answer").status(), 400, "another configuration");
    let script = place.world.page(&place.url("connect/sdk.js")).await;
    assert!(script.contains("login(done"), "{script}");
    let arbiter = place.url("connect/arbiter");
    let answer = place.decides(sign_up(CONFIG_ID, &arbiter), "allow").await;
    let code = sent_to(&answer)["code"].clone();
    let shown = place.world.page(answer.headers()["location"].to_str().expect("text")).await;
    assert!(shown.contains("WA_EMBEDDED_SIGNUP") && shown.contains("waba_id"), "{shown}");
    let (status, given) = place.exchange(&[("code", &code)]).await;
    assert_eq!((status, given.get("expires_in")), (200, None), "{given}");
    let about = place.inspect(&text(&given["access_token"])).await;
    assert_eq!((&about["type"], &about["expires_at"]), (&json!("SYSTEM_USER"), &json!(0)), "{about}");
    let granular = &about["granular_scopes"][0];
    assert_eq!(granular["target_ids"].as_array().map(Vec::len), Some(2), "both accounts: {about}");
    assert_eq!(refusal(&place.exchange(&[("code", &code)]).await), (400, 100, 36_009));
    let cancelled = place.decides(sign_up(CONFIG_ID, &arbiter), "deny").await;
    let shown = place.world.page(cancelled.headers()["location"].to_str().expect("text")).await;
    assert!(shown.contains("CANCEL"), "{shown}");
}

#[tokio::test]
async fn a_code_that_was_sent_to_an_address_needs_it_and_accounts_can_be_left_out() {
    let place = Place::start().await;
    place.own("token_days", json!(60));
    let mut form = sign_up(CONFIG_ID, BACK);
    let mira = place.pasted("mira", "60 days").await;
    let all = place.inspect(&mira).await["granular_scopes"][0]["target_ids"].clone();
    form.extend([("ticked", "yes".to_owned()), ("target_kept", text(&all[1]))]);
    let code = sent_to(&place.decides(form, "allow").await)["code"].clone();
    assert_eq!(refusal(&place.exchange(&[("code", &code)]).await).1, 100);
    let (_, given) = place.exchange(&[("code", &code), ("redirect_uri", BACK)]).await;
    assert_eq!(given["expires_in"], 60 * 24 * 3_600, "{given}");
    let token = text(&given["access_token"]);
    assert_eq!(place.inspect(&token).await["granular_scopes"][0]["target_ids"], json!([all[1]]));
    let late = sent_to(&place.decides(sign_up(CONFIG_ID, BACK), "allow").await)["code"].clone();
    place.wait(30);
    assert_eq!(refusal(&place.exchange(&[("code", &late), ("redirect_uri", BACK)]).await), (400, 100, 36_007));
}

#[tokio::test]
async fn dead_tokens_are_refused_with_401_and_proofs_are_checked() {
    let mut place = Place::start().await;
    let bare = read(place.world.http.get(place.url("v26.0/me"))).await;
    assert_eq!(refusal(&bare), (401, 0, 0));
    place.own("require_proof", json!(true));
    assert_eq!(refusal(&place.try_get("me").await).1, 100);
    let proof = PRODUCT.proof(&place.token);
    assert_eq!(place.get(&format!("me?appsecret_proof={proof}")).await["name"], "Lena Vos");
    assert_eq!(place.try_get("me?appsecret_proof=00").await.0, 400);
    place.own("require_proof", json!(false));
    let (waba, phone) = (place.waba.clone(), place.phone.clone());
    let short = place.pasted("lena", "60 days").await;
    place.world.running.act(Network::Whatsapp, &Act::ExpireTokens { account: Some("lena".into()) });
    assert_eq!(refusal(&place.try_get("me").await), (401, 190, 463));
    place.token = short;
    assert_eq!(place.try_get("me").await.0, 401);
    place.token = place.pasted("mira", "never ends").await;
    assert_eq!(refusal(&place.try_get(&waba).await), (400, 100, 33), "another's account");
    assert_eq!(refusal(&place.try_get(&phone).await), (400, 100, 33));
    assert_eq!(place.delete("me/permissions").await.1, json!({ "success": true }));
    assert_eq!(place.try_get("me").await.0, 401);
}

#[tokio::test]
async fn a_number_is_added_verified_and_registered_with_a_second_step() {
    let place = Place::start().await;
    let new = json!({ "cc": "44", "phone_number": "7700900555", "verified_name": "Lena's Prints" });
    let id = text(&place.made(&format!("{}/phone_numbers", place.waba), new.clone()).await["id"]);
    assert_eq!(place.refused(&format!("{}/phone_numbers", place.waba), new).await, (400, 100, 2_388_012));
    let pin = |pin: &str| json!({ "messaging_product": "whatsapp", "pin": pin });
    let register = format!("{id}/register");
    assert_eq!(place.refused(&register, pin("123456")).await, (400, 133_006, 0));
    let code = json!({ "code_method": "SMS", "language": "en_US" });
    place.made(&format!("{id}/request_code"), code).await;
    let page = place.world.page(&place.url("manager")).await;
    let code = page.split("code <code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code").to_owned();
    let wrong = if code == "111111" { "222222" } else { "111111" };
    assert_eq!(place.refused(&format!("{id}/verify_code"), json!({ "code": wrong })).await.1, 100);
    place.made(&format!("{id}/verify_code"), json!({ "code": code })).await;
    assert_eq!(place.refused(&register, pin("12345")).await.1, 100);
    let said = json!({ "messaging_product": "whatsapp", "to": ANN, "type": "text", "text": { "body": "a" } });
    assert_eq!(place.refused(&format!("{id}/messages"), said).await, (400, 133_010, 0));
    place.made(&register, pin("123456")).await;
    let fields = "status,code_verification_status,quality_rating,name_status,throughput,platform_type,account_mode,\
                  whatsapp_business_manager_messaging_limit,is_pin_enabled";
    let shown = place.get(&format!("{id}?fields={fields}")).await;
    let expected = json!({
        "id": id, "status": "CONNECTED", "code_verification_status": "VERIFIED", "quality_rating": "GREEN",
        "name_status": "APPROVED", "throughput": { "level": "STANDARD" }, "platform_type": "CLOUD_API",
        "account_mode": "LIVE", "whatsapp_business_manager_messaging_limit": "TIER_2K", "is_pin_enabled": true,
    });
    assert_eq!(shown, expected);
    for _ in 0..5 {
        assert_eq!(place.refused(&register, pin("654321")).await, (400, 133_005, 0));
    }
    assert_eq!(place.refused(&register, pin("123456")).await, (400, 133_008, 0), "guessed too often");
    place.wait(3_600);
    place.made(&register, pin("123456")).await;
    place.made(&id, json!({ "pin": "654321" })).await;
    place.made(&format!("{id}/deregister"), json!({})).await;
    assert_eq!(place.refused(&register, pin("654321")).await, (400, 133_015, 0));
    place.wait(300);
    assert_eq!(place.refused(&register, pin("654321")).await, (400, 133_016, 0), "the eleventh in 72 hours");
    place.wait(72 * 3_600);
    place.made(&register, pin("654321")).await;
}

#[tokio::test]
async fn accounts_numbers_and_what_stands_in_their_way_are_shown() {
    let place = Place::start().await;
    let business = text(&place.get("me/businesses").await["data"][0]["id"]);
    let listed = place.get(&format!("{business}/owned_whatsapp_business_accounts?fields=id,name&limit=1")).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    let next = read(place.world.http.get(text(&listed["paging"]["next"])).bearer_auth(&place.token)).await.1;
    assert_ne!(listed["data"][0]["id"], next["data"][0]["id"]);
    assert_eq!(place.get(&format!("{business}/client_whatsapp_business_accounts")).await["data"], json!([]));
    let health = place.get(&format!("{}?fields=health_status", place.phone)).await["health_status"].clone();
    assert_eq!(health["can_send_message"], "AVAILABLE", "{health}");
    let kinds: Vec<&str> = health["entities"]
        .as_array()
        .expect("all")
        .iter()
        .map(|one| one["entity_type"].as_str().expect("text"))
        .collect();
    assert_eq!(kinds, ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"]);
    place.manages("quality", &place.phone, "RED").await;
    place.manages("tier", &business, "TIER_250").await;
    let health = place.get(&format!("{}?fields=health_status,quality_rating", place.phone)).await;
    assert_eq!(
        (&health["health_status"]["can_send_message"], &health["quality_rating"]),
        (&json!("LIMITED"), &json!("RED"))
    );
    place.manages("lock", &place.waba, "locked").await;
    let health = place.get(&format!("{}?fields=health_status,status", place.waba)).await;
    assert_eq!(
        (&health["health_status"]["can_send_message"], &health["status"]),
        (&json!("BLOCKED"), &json!("DISABLED"))
    );
    let said = json!({ "type": "text", "text": { "body": "a" } });
    assert_eq!(refusal(&place.try_send(ANN, said.clone()).await), (403, 131_031, 0));
    place.manages("lock", &place.waba, "open").await;
    place.manages("name", &place.phone, "DECLINED").await;
    assert_eq!(refusal(&place.try_send(ANN, said).await), (400, 131_037, 0));
    let profile = format!("{}/whatsapp_business_profile", place.phone);
    let about = json!({ "messaging_product": "whatsapp", "about": "Bridges", "websites": ["https://lena.example"] });
    place.made(&profile, about).await;
    let shown = place.get(&format!("{profile}?fields=about,websites")).await["data"][0].clone();
    assert_eq!(
        shown,
        json!({ "messaging_product": "whatsapp", "about": "Bridges", "websites": ["https://lena.example"] })
    );
    let username = format!("{}/username", place.phone);
    assert_eq!(place.refused(&username, json!({ "username": "ben.okafor" })).await, (400, 147_001, 0));
    assert_eq!(place.made(&username, json!({ "username": "lena.vos" })).await["status"], "approved");
    assert_eq!(place.get(&username).await, json!({ "username": "lena.vos", "status": "approved" }));
    assert_eq!(refusal(&place.try_get(&format!("{}?fields=nonsense", place.waba)).await).1, 100);
}

#[tokio::test]
async fn people_who_wrote_lately_can_be_blocked() {
    let place = Place::start().await;
    let path = format!("{}/block_users", place.phone);
    let list = |people: &[&str]| {
        let people: Vec<Value> = people.iter().map(|user| json!({ "user": user })).collect();
        json!({ "messaging_product": "whatsapp", "block_users": people })
    };
    let refused = place.post(&path, list(&[ANN])).await;
    assert_eq!(refusal(&refused), (400, 139_100, 0));
    assert_eq!(refused.1["block_users"]["failed_users"][0]["input"], ANN);
    place.writes("ann", "Hi!").await;
    place.hears("messages", 1).await;
    let said = place.made(&path, list(&[ANN])).await;
    assert_eq!(said["block_users"]["added_users"][0]["wa_id"], "447700900101");
    place.writes("ann", "Are you there?").await;
    place.writes("carla", "Hi!").await;
    let heard = place.hears("messages", 2).await;
    assert_eq!(heard[1]["contacts"][0]["profile"]["name"], "Carla Souza", "who is blocked is not heard");
    assert_eq!(place.get(&path).await["data"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_account_for_tests_writes_to_a_few_numbers_only() {
    let mut place = Place::start().await;
    (place.waba, place.phone) = place.ids("Test WhatsApp Business Account").await;
    place.writes("ann", "Hi!").await;
    place.say(ANN, "Hello").await;
    let said = json!({ "type": "text", "text": { "body": "Hello" } });
    assert_eq!(refusal(&place.try_send(CARLA, said).await), (400, 131_030, 0));
    place.manages("allow", &place.waba, CARLA).await;
    place.say("+551100000103", "Olá").await;
}
