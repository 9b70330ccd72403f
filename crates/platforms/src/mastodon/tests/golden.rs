//! P-057: the exact requests, byte for byte where it matters.

use connector::{Callback, Connect as _, Finding, Insights as _, Poll, Publish as _, Remote, StartConnect};
use serde_json::{Value, json};

use super::{Mastodon, Notes, canned::Canned, job, picture, post, secret, thread, with_media};

fn status(id: &str) -> Value {
    json!({ "id": id, "uri": format!("https://s.example/s/{id}"), "url": format!("https://s.example/@a/{id}"), "content": "" })
}

#[tokio::test]
async fn p_057_a_post_with_everything() {
    let server = Canned::with(&[
        ("POST /api/v2/media", 200, json!({ "id": "m-9", "url": "https://s.example/m" })),
        ("POST /api/v1/statuses", 200, status("s-1")),
    ])
    .await;
    let desk = server.desk(json!({}));
    let mut draft = with_media("Hello", vec![picture("asset", Some(" A bridge "))]);
    draft.options = json!({ "spoiler_text": "CW", "language": "nl", "quote_approval_policy": "nobody" });
    desk.publish(&draft).await;
    let asked = server.asked();
    let upload = &asked[0];
    assert_eq!(upload.line, "POST /api/v2/media");
    assert_eq!(upload.header("authorization"), Some("Bearer t0ken"));
    let form = upload.text();
    assert!(form.contains("name=\"description\"\r\n\r\nA bridge\r\n"), "{form}");
    assert!(form.contains("name=\"file\"; filename=\"media.png\"\r\nContent-Type: image/png"), "{form}");
    let sent = &asked[1];
    assert_eq!(sent.line, "POST /api/v1/statuses");
    assert_eq!(sent.header("idempotency-key"), Some("op-0-5"));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(
        sent.json(),
        json!({
            "status": "Hello", "visibility": "public", "sensitive": true, "spoiler_text": "CW", "language": "nl",
            "media_ids": ["m-9"], "quote_approval_policy": "nobody",
        })
    );
}

#[tokio::test]
async fn p_057_a_plain_post_a_thread_and_a_poll() {
    let server = Canned::with(&[("POST /api/v1/statuses", 200, status("s-1"))]).await;
    let desk = server.desk(json!({ "privacy": "private" }));
    let mut draft = thread(&["one", "two"]);
    draft.parts[1].poll = Some(Poll { options: vec!["a".into(), "b".into()], duration_minutes: 5, multiple: false });
    desk.publish(&draft).await;
    let asked = server.asked();
    assert_eq!(asked[0].json(), json!({ "status": "one", "visibility": "private", "sensitive": false }));
    assert_eq!(
        asked[1].json(),
        json!({
            "status": "two", "visibility": "private", "sensitive": false, "in_reply_to_id": "s-1",
            "poll": { "options": ["a", "b"], "expires_in": 300, "multiple": false },
        })
    );
    assert!(asked.iter().all(|asked| !asked.text().contains("scheduled_at")), "we schedule ourselves");
}

#[tokio::test]
async fn p_057_a_quote_is_found_by_its_address_first() {
    let approval = |word: &str| json!({ "automatic": [], "manual": [], "current_user": word });
    let found = |word: &str| {
        let mut quoted = status("q-7");
        quoted["quote_approval"] = approval(word);
        json!({ "accounts": [], "hashtags": [], "statuses": [quoted] })
    };
    let address = "https://far.example/@bob/1?a=b c";
    let mut draft = post("Look");
    draft.parts[0].quote = Some(address.into());
    for word in ["automatic", "manual", "unknown"] {
        let server =
            Canned::with(&[("GET /api/v2/search", 200, found(word)), ("POST /api/v1/statuses", 200, status("s-1"))])
                .await;
        let (desk, notes) = (server.desk(json!({})), Notes::default());
        let ready = desk.prepare(&draft, 0, &[], &notes).await.expect("prepared");
        assert_eq!(desk.prepare(&draft, 0, &[], &notes).await.expect("prepared again"), ready);
        desk.send(&ready).await.expect("sent");
        let asked = server.asked();
        assert_eq!(
            asked[0].line,
            "GET /api/v2/search?q=https%3A%2F%2Ffar.example%2F%40bob%2F1%3Fa%3Db+c&resolve=true&type=statuses&limit=1"
        );
        assert_eq!(asked.len(), 2, "the second preparation found it in the journal");
        assert_eq!(
            asked[1].json(),
            json!({ "status": "Look", "visibility": "public", "sensitive": false, "quoted_status_id": "q-7" })
        );
    }
    for answer in [found("denied"), json!({ "statuses": [] })] {
        let server = Canned::with(&[("GET /api/v2/search", 200, answer)]).await;
        let refused = server.desk(json!({})).prepare(&draft, 0, &[], &Notes::default()).await.expect_err("refused");
        assert_eq!(refused.outcome, connector::Outcome::Rejected);
        assert!(!refused.detail.english().contains("Nothing was"), "other parts may be live: {}", refused.detail);
    }
}

#[tokio::test]
async fn p_057_an_edit_sends_its_media_again() {
    let server = Canned::with(&[("PUT /api/v1/statuses/s-1", 200, status("s-1"))]).await;
    let desk = server.desk(json!({}));
    let draft = with_media("Hello", vec![picture("asset", Some("New"))]);
    let sha256 = &draft.parts[0].media[0].sha256;
    let file = json!({ "id": "m-9", "asset": "asset", "sha256": sha256, "alt": "Old" });
    let extra = json!({ "media": [file], "quote": null, "visibility": "public" });
    let remote = Remote { id: "s-1".into(), url: String::new(), extra };
    let http = desk.http();
    let job = job(&draft, 0, &[], base::Timestamp::default());
    Mastodon.edit(&desk.call(&http), &remote, &job, &Notes::default()).await.expect("edited");
    assert_eq!(
        server.asked()[0].json(),
        json!({
            "status": "Hello", "spoiler_text": "", "sensitive": false, "media_ids": ["m-9"],
            "media_attributes": [{ "id": "m-9", "description": "New" }],
        })
    );
}

#[tokio::test]
async fn p_057_deletion_and_numbers_follow_the_api_version() {
    let server = Canned::with(&[
        ("DELETE /api/v1/statuses/", 200, status("s-1")),
        ("GET /api/v1/statuses?", 200, json!([status("s-1")])),
        ("GET /api/v1/statuses/", 200, status("s-1")),
    ])
    .await;
    let remote = Remote { id: "s-1".into(), url: String::new(), extra: json!({}) };
    for (api_version, lines) in [
        (json!(7), ["DELETE /api/v1/statuses/s-1?delete_media=true", "GET /api/v1/statuses?id%5B%5D=s-1"]),
        (json!(null), ["DELETE /api/v1/statuses/s-1", "GET /api/v1/statuses/s-1"]),
    ] {
        let desk = server.desk(json!({ "api_version": api_version }));
        let http = desk.http();
        Mastodon.delete(&desk.call(&http), &remote).await.expect("deleted");
        Mastodon.of_posts(&desk.call(&http), std::slice::from_ref(&remote)).await.expect("numbers");
        let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.line).collect();
        assert_eq!(asked, lines);
    }
}

#[tokio::test]
async fn p_057_registration_and_sign_in() {
    let server = Canned::with(&[
        ("GET /.well-known/oauth-authorization-server", 200, json!({ "scopes_supported": ["profile", "read", "write", "read:statuses", "read:search", "write:favourites", "write:statuses", "write:media"] })),
        ("POST /api/v1/apps", 200, json!({ "client_id": "cid", "client_secret": "sec" })),
        ("POST /oauth/token", 200, json!({ "access_token": "new", "scope": "profile write:statuses" })),
        ("GET /api/v1/accounts/verify_credentials", 200, json!({ "id": 14, "username": "a", "acct": "a", "source": { "privacy": "unlisted" } })),
        ("GET /api/v2/instance", 404, json!("<h1>no</h1>")),
        ("GET /api/v1/instance", 200, json!({ "uri": "s", "version": "2.7.2 (compatible; Pleroma 2.7.0)" })),
    ])
    .await;
    let mut desk = server.desk(json!({}));
    desk.facts = Value::Null;
    desk.tokens = connector::Tokens::default();
    let http = desk.http();
    let key = Mastodon.instance_of(&json!({ "instance": server.origin })).expect("an instance");
    desk.app = Mastodon.register(&desk.call(&http), key.as_deref()).await.expect("registered").expect("an app");
    assert_eq!(
        server.asked()[1].json(),
        json!({
            "client_name": "Fanfare", "redirect_uris": ["http://127.0.0.1:9/connect/mastodon/callback"],
            "scopes": "profile read:search read:statuses write:favourites write:media write:statuses", "website": "http://127.0.0.1:9/",
        })
    );
    let request = StartConnect {
        input: json!({ "instance": server.origin }),
        redirect_uri: "http://127.0.0.1:9/connect/mastodon/callback".into(),
        state: "st".into(),
        features: vec!["publish".into()],
    };
    let started = Mastodon.start(&desk.call(&http), &request).await.expect("started");
    let query = [("state", "st"), ("code", "c0de")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let granted =
        Mastodon.finish(&desk.call(&http), &started.memory, &Callback { query: query.into() }).await.expect("granted");
    let asked = server.asked();
    assert_eq!(asked[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    let form: std::collections::BTreeMap<_, _> = url::form_urlencoded::parse(&asked[0].body).into_owned().collect();
    assert_eq!((form["grant_type"].as_str(), form["code"].as_str()), ("authorization_code", "c0de"));
    assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), ("cid", "sec"));
    assert_eq!(
        (form["redirect_uri"].as_str(), form["code_verifier"].len(), form.len()),
        (request.redirect_uri.as_str(), 43, 6)
    );
    assert_eq!(asked[1].header("authorization"), Some("Bearer new"));
    let facts = &granted.channels[0].facts;
    assert_eq!(
        (&facts["software"], &facts["account"], &facts["privacy"]),
        (&json!("pleroma"), &json!("14"), &json!("unlisted"))
    );
    assert_eq!(granted.account.id, format!("{}/users/a", server.origin.as_str().trim_end_matches('/')));

    desk.take(granted);
    Mastodon.revoke(&desk.call(&desk.http())).await.expect_err("the canned server does not know it");
    assert_eq!(server.asked().pop().expect("asked").text(), "token=new&client_id=cid&client_secret=sec");
}

#[tokio::test]
async fn a_list_of_callbacks_that_is_refused_is_sent_as_a_text() {
    let server = Canned::with(&[
        ("GET /.well-known/oauth-authorization-server", 200, json!({ "scopes_supported": ["read", "write"] })),
        ("POST /api/v1/apps", 422, json!({ "error": "Validation failed" })),
    ])
    .await;
    let desk = server.desk(json!({}));
    let http = desk.http();
    let key = Mastodon.instance_of(&json!({ "instance": server.origin })).expect("an instance");
    Mastodon.register(&desk.call(&http), key.as_deref()).await.expect_err("refused twice");
    let bodies: Vec<Value> = server.asked()[1..].iter().map(|asked| asked.json()["redirect_uris"].clone()).collect();
    let back = "http://127.0.0.1:9/connect/mastodon/callback";
    assert_eq!(bodies, [json!([back]), json!(back)]);
}

#[tokio::test]
async fn a_token_whose_account_cannot_be_read_is_ended_again() {
    let server = Canned::with(&[
        ("POST /oauth/token", 200, json!({ "access_token": "new" })),
        ("POST /oauth/revoke", 200, json!({})),
        ("GET /api/v1/accounts/verify_credentials", 503, json!({})),
    ])
    .await;
    let mut desk = server.desk(json!({}));
    for (name, value) in [("client_id", "cid"), ("client_secret", "sec")] {
        desk.app.values.insert(name.into(), secret(value));
    }
    let memory = json!({
        "instance": server.origin, "at": "s.example", "redirect_uri": "x", "state": "st", "verifier": "v", "scopes": ["read"],
    });
    let query = [("state", "st"), ("code", "c0de")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let http = desk.http();
    Mastodon.finish(&desk.call(&http), &memory, &Callback { query: query.into() }).await.expect_err("no account");
    assert_eq!(server.asked().last().expect("asked").line, "POST /oauth/revoke");
}

#[tokio::test]
async fn a_dressed_up_text_or_a_lost_parent_is_neither_proof_nor_absence() {
    let listed = |content: &str, parent: Value| {
        let mut one = status("s-1");
        one["content"] = json!(content);
        one["in_reply_to_id"] = parent;
        one["created_at"] = json!("2030-01-01T09:00:01.000Z");
        json!([one])
    };
    let parent = Remote { id: "p".into(), url: String::new(), extra: json!({}) };
    for (content, reply_to, proves) in [
        ("<p>Hello, world!</p>", json!("p"), Some(true)),
        ("<p><strong>Hello</strong> – world</p>", json!("p"), Some(false)),
        ("<p>Hello, world!</p>", Value::Null, Some(false)),
        ("<p>Hello, world!</p>", json!("other"), None),
        ("<p>Goodbye</p>", json!("p"), None),
    ] {
        let server = Canned::with(&[
            ("GET /api/v1/accounts/14/statuses?limit=40&exclude_reblogs=true&max_id=s-1", 200, json!([])),
            ("GET /api/v1/accounts/14/statuses?limit=40&exclude_reblogs=true", 200, listed(content, reply_to.clone())),
        ])
        .await;
        let desk = server.desk(json!({}));
        let earlier = [parent.clone()];
        let ready =
            desk.prepare(&thread(&["one", "Hello, world!"]), 1, &earlier, &Notes::default()).await.expect("prepared");
        let found = desk.look_up(&ready, &[]).await.expect("looked up");
        let found = match found {
            Finding::Published { .. } => Some(true),
            Finding::Ambiguous(_) => Some(false),
            _ => None,
        };
        assert_eq!(found, proves, "{content} under {reply_to}");
    }
}

#[tokio::test]
async fn an_account_too_busy_to_read_back_is_not_called_absent() {
    let page: Vec<Value> = (0..40).map(|_| json!({ "created_at": "2030-01-01T09:00:01Z", "content": "x" })).collect();
    let pages: Vec<(&'static str, u16, Value)> = (1..11)
        .rev()
        .map(|number| {
            let page: Vec<Value> = page
                .iter()
                .enumerate()
                .map(|(at, status)| {
                    let mut status = status.clone();
                    status["id"] = json!(format!("{}", 1000 - number * 40 - at));
                    status
                })
                .collect();
            let begins = format!(
                "GET /api/v1/accounts/14/statuses?limit=40&exclude_reblogs=true{}",
                if number == 1 { String::new() } else { format!("&max_id={}", 1000 - (number - 1) * 40 - 39) }
            );
            (&*Box::leak(begins.into_boxed_str()), 200, json!(page))
        })
        .collect();
    let server = Canned::with(&pages).await;
    let desk = server.desk(json!({}));
    let ready = desk.prepare(&post("Hello"), 0, &[], &Notes::default()).await.expect("prepared");
    let refused = desk.look_up(&ready, &[]).await.expect_err("cannot be judged");
    assert!(refused.detail.english().contains("400"), "{}", refused.detail);
    assert_eq!(server.asked().len(), 10, "and it does not read for ever");
}
