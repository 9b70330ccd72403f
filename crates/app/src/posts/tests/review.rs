//! Authors hand in what others publish; lists in the order in which people need them; search over everything.

use base::Role;

use super::*;

#[tokio::test]
async fn an_author_hands_in_an_editor_hands_back_and_in_the_end_schedules() {
    for desk in Desk::both().await {
        let (author_id, author) = desk.world.member(Role::Author).await;
        let (_, editor) = desk.world.member(Role::Editor).await;
        let made = author.post("/v1/posts", json!({ "text": "Please look", "channels": desk.on(0) })).await.json;
        let path = format!("/v1/posts/{}", made["id"].as_str().expect("an id"));
        let any = |client: &Client| client.clone().with("if-match", "*");
        let note = json!({ "note": " Is the date right? ", "planned": { "local": "2030-01-05T10:00", "zone": "Europe/Amsterdam" } });
        let handed = any(&author).put(&format!("{path}/review"), note).await;
        assert_eq!((handed.status, &handed.json["state"]), (200, &json!("in_review")), "{}", handed.text);
        assert_eq!(handed.json["review"]["note"], "Is the date right?");
        assert_eq!(handed.json["review"]["by"], json!(author_id));
        assert_eq!(handed.json["planned"]["at"], "2030-01-05T09:00:00Z");
        let changed = any(&author).patch(&path, json!({ "parts": [{ "text": "Please look again" }] })).await;
        assert_eq!((changed.status, &changed.json["state"]), (200, &json!("in_review")), "a change keeps it in review");
        assert_eq!(desk.found("state=in_review").await, ["Please look again"]);
        assert!(desk.found("state=draft").await.is_empty());
        let counts = editor.get("/v1/posts/counts").await.json;
        assert_eq!((&counts["in_review"], &counts["draft"]), (&json!(1), &json!(0)));
        let calendar = editor.get("/v1/calendar?from=2030-01-05T00:00:00Z&until=2030-01-06T00:00:00Z").await.json;
        let draft = &calendar["drafts"][0];
        assert_eq!((&draft["made_by"], &draft["in_review"]), (&json!(author_id), &json!(true)), "{calendar}");
        assert_eq!(
            (&draft["planned_at"], &draft["text"]),
            (&json!("2030-01-05T09:00:00Z"), &json!("Please look again"))
        );

        let other = desk.world.member(Role::Author).await.1;
        refused(&any(&other).post(&format!("{path}/review/return"), json!({})).await, 403, "forbidden");
        let back = any(&editor).post(&format!("{path}/review/return"), json!({ "note": "Shorter" })).await.json;
        assert_eq!((&back["state"], &back["review"]["stands"]), (&json!("draft"), &json!("returned")));
        assert_eq!(back["review"]["note"], "Shorter");
        refused(&any(&editor).post(&format!("{path}/review/return"), json!({})).await, 409, "conflict");
        any(&author).put(&format!("{path}/review"), json!({})).await;
        let mine = any(&author).post(&format!("{path}/review/return"), json!({})).await;
        assert_eq!(mine.status, 200, "who handed it in takes it back: {}", mine.text);
        any(&author).put(&format!("{path}/review"), json!({})).await;
        refused(
            &any(&author).post(&format!("{path}/schedule"), json!({ "schedule": { "now": true } })).await,
            403,
            "forbidden",
        );
        let at = json!({ "schedule": { "at": "2030-01-05T09:00:00Z" } });
        let scheduled = any(&editor).post(&format!("{path}/schedule"), at).await.json;
        assert_eq!((&scheduled["state"], &scheduled["review"]), (&json!("scheduled"), &Value::Null));
        assert_eq!(scheduled["planned"], Value::Null, "it has a time now");
        refused(&any(&author).put(&format!("{path}/review"), json!({})).await, 409, "too-late");
        let audit = desk.owner.get("/v1/audit").await;
        assert!(audit.text.contains("post.handed_in") && audit.text.contains("post.handed_back"), "{}", audit.text);
    }
}

#[tokio::test]
async fn an_author_deletes_their_own_drafts_and_brings_them_back_and_nothing_else() {
    for desk in Desk::both().await {
        let (_, author) = desk.world.member(Role::Author).await;
        let own = author.post("/v1/posts", json!({ "text": "Mine", "channels": desk.on(0) })).await.json;
        let own = format!("/v1/posts/{}", own["id"].as_str().expect("an id"));
        assert_eq!(author.delete(&own).await.status, 204);
        assert_eq!(author.get(&own).await.status, 404);
        let back = author.post(&format!("{own}/restore"), json!({})).await;
        assert_eq!((back.status, &back.json["state"]), (200, &json!("draft")), "{}", back.text);
        let other = desk.owner.post("/v1/posts", json!({ "text": "Not mine", "channels": desk.on(0) })).await.json;
        let other = format!("/v1/posts/{}", other["id"].as_str().expect("an id"));
        refused(&author.delete(&other).await, 403, "forbidden");
        desk.owner.delete(&other).await;
        refused(&author.post(&format!("{other}/restore"), json!({})).await, 403, "forbidden");
        let at = json!({ "schedule": { "at": "2030-01-05T09:00:00Z" } });
        desk.owner.clone().with("if-match", "*").post(&format!("{own}/schedule"), at).await;
        refused(&author.delete(&own).await, 403, "forbidden");
        assert_eq!(desk.owner.get(&own).await.json["state"], "scheduled");
    }
}

#[tokio::test]
async fn what_waits_is_listed_by_its_time_and_drafts_by_their_last_change_on_every_page() {
    for desk in Desk::both().await {
        let tick = || desk.world.advance(std::time::Duration::from_millis(1));
        for (text, day) in [("third", 4), ("first", 2), ("fourth", 5), ("second", 3)] {
            let at = format!("2030-01-0{day}T09:00:00Z");
            desk.create(json!({ "text": text, "channels": desk.on(0), "schedule": { "at": at } })).await;
            tick();
        }
        for text in ["old", "middle", "new"] {
            desk.create(json!({ "text": text, "channels": desk.on(0) })).await;
            tick();
        }
        let old = desk.owner.get("/v1/posts?q=old").await.json["items"][0]["id"].as_str().expect("an id").to_owned();
        let editor = desk.owner.clone().with("if-match", "*");
        editor.patch(&format!("/v1/posts/{old}"), json!({ "parts": [{ "text": "old but edited" }] })).await;
        for (query, wanted) in [
            ("state=scheduled", &["first", "second", "third", "fourth"][..]),
            ("state=scheduled&sort=newest", &["second", "fourth", "first", "third"]),
            ("state=draft", &["old but edited", "new", "middle"]),
            ("sort=due", &["first", "second", "third", "fourth"]),
            ("sort=edited&state=draft&q=e", &["old but edited", "new", "middle"]),
        ] {
            assert_eq!(desk.found(query).await, wanted, "{query}");
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            for _ in 0..9 {
                let page = desk.owner.get(&format!("/v1/posts?{query}&limit=1{cursor}")).await.json;
                let items = page["items"].as_array().expect("items").iter();
                seen.extend(items.map(|post| post["parts"][0]["text"].as_str().expect("a text").to_owned()));
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(seen, wanted, "page by page: {query}");
        }
        let page = desk.owner.get("/v1/posts?state=scheduled&limit=1").await.json;
        let cursor = page["next_cursor"].as_str().expect("more");
        refused(&desk.owner.get(&format!("/v1/posts?state=draft&cursor={cursor}")).await, 422, "invalid-field");
    }
}

#[tokio::test]
async fn a_search_finds_texts_channels_and_authors_in_any_case_and_without_accents() {
    for desk in Desk::both().await {
        let (_, author) = desk.world.member(Role::Author).await;
        author.post("/v1/posts", json!({ "text": "Café Zürich", "channels": desk.on(0) })).await;
        desk.world.advance(std::time::Duration::from_millis(1));
        desk.create(json!({ "text": "Tea", "channels": desk.on(1), "schedule": { "at": "2031-05-05T09:00:00Z" } }))
            .await;
        let members = desk.owner.get("/v1/members").await.json;
        let is_author = |member: &&Value| member["role"] == "author";
        let author = members["items"].as_array().expect("members").iter().find(is_author).expect("the author");
        let name = author["name"].as_str().expect("a name").split(' ').next().expect("a word").to_owned();
        for (query, wanted) in [
            ("q=cafe", &["Café Zürich"][..]),
            ("q=CAF%C3%89+zurich", &["Café Zürich"]),
            ("q=BOB", &["Tea"]),
            ("q=tea+bob", &["Tea"]),
            ("q=tea+alice", &[]),
        ] {
            assert_eq!(desk.found(query).await, wanted, "{query}");
        }
        assert!(desk.found(&format!("q={name}")).await.contains(&"Café Zürich".to_owned()), "by its author {name}");
    }
}
