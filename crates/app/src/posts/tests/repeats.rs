//! The same text twice: warnings for people, refusals for networks that refuse it.

use super::*;

impl Desk {
    /// The rules of the issues that the first channel raises.
    async fn issues(&self, query: &str, body: &Value) -> Vec<String> {
        let judged = self.owner.post(&format!("/v1/posts/validate{query}"), body.clone()).await;
        assert_eq!(judged.status, 200, "{}", judged.text);
        let issues = judged.json["channels"][0]["issues"].as_array().expect("issues");
        issues
            .iter()
            .map(|one| format!("{} {}", one["severity"].as_str().unwrap_or(""), one["rule"].as_str().unwrap_or("")))
            .collect()
    }
}

#[tokio::test]
async fn t_18_a_channel_that_says_the_same_around_that_time_is_warned_about() {
    let desk = Desk::sqlite().await;
    let body = json!({ "text": "Sale today", "channels": desk.on(0), "schedule": { "at": "2030-01-05T10:00:00Z" } });
    let post = desk.create(body).await.json["id"].as_str().expect("an id").to_owned();
    let asked = |text: &str, at: &str| json!({ "text": text, "channels": desk.on(0), "schedule": { "at": at } });
    let warned = ["warning same_text"];
    for (text, at, expected) in [
        ("Sale today", "2030-01-05T10:00:03Z", &warned[..]),
        (" Sale today ", "2030-01-04T11:00:00Z", &warned[..]),
        ("Sale today", "2030-01-07T10:00:00Z", &[][..]),
        ("Sale tomorrow", "2030-01-05T10:00:03Z", &[][..]),
    ] {
        assert_eq!(desk.issues("", &asked(text, at)).await, expected, "{text} {at}");
    }
    let same = asked("Sale today", "2030-01-05T10:00:00Z");
    assert!(desk.issues(&format!("?post={post}"), &same).await.is_empty(), "a post is no repetition of itself");
    let elsewhere =
        json!({ "text": "Sale today", "channels": desk.on(1), "schedule": { "at": "2030-01-05T10:00:00Z" } });
    assert!(desk.issues("", &elsewhere).await.is_empty(), "another channel has other readers");
    assert_eq!(desk.create(same).await.status, 201, "it is a warning");
    let unscheduled = json!({ "text": "Sale today", "channels": desk.on(0) });
    assert!(desk.issues("", &unscheduled).await.is_empty(), "now is days before");
    desk.until("2030-01-05T10:00:00Z").await;
    assert_eq!(desk.issues("", &unscheduled).await, warned, "it has just been published");
}

#[tokio::test]
async fn t_18_a_series_is_refused_where_the_network_refuses_the_same_text_again() {
    let desk = Desk::sqlite().await;
    let series = |every: &str, interval: u32| {
        json!({
            "text": "Good morning", "channels": desk.on(0),
            "schedule": { "local": "2030-01-02T09:00", "zone": "Europe/Amsterdam" },
            "repeat": { "every": every, "interval": interval, "count": 3 },
        })
    };
    assert!(desk.issues("", &series("day", 1)).await.is_empty(), "this network takes it");
    desk.fake.refuse_same_text(2 * 86_400);
    assert_eq!(desk.issues("", &series("day", 1)).await, ["error repeats_too_often"]);
    let said = refused(&desk.create(series("day", 1)).await, 422, "post-refused");
    assert!(said.contains("refuses a text that it just had"), "{said}");
    let draft = desk.create(json!({ "text": "Good morning", "channels": desk.on(0) })).await.json;
    let path = format!("/v1/posts/{}/schedule", draft["id"].as_str().expect("an id"));
    let mut times = series("day", 1);
    for name in ["text", "channels"] {
        times.as_object_mut().expect("a body").remove(name);
    }
    refused(&desk.owner.clone().with("if-match", "*").post(&path, times).await, 422, "post-refused");
    for (every, interval) in [("week", 1), ("day", 2), ("day", 3)] {
        assert!(desk.issues("", &series(every, interval)).await.is_empty(), "{every} {interval}");
    }
    assert_eq!(desk.create(series("week", 1)).await.status, 201);
}
