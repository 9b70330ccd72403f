//! A post that repeats is one thing: it can be seen, moved, paused, resumed and ended, as a whole or from an occurrence on.

use super::*;

impl Desk {
    /// A post that repeats each day, four times, on both channels: its path and itself.
    async fn daily(&self) -> (String, Value) {
        let both = json!([{ "channel": self.channels[0] }, { "channel": self.channels[1] }]);
        let made = self
            .create(json!({
                "text": "daily", "channels": both,
                "schedule": { "local": "2030-01-02T10:00", "zone": "Europe/Amsterdam" },
                "repeat": { "every": "day", "count": 4 },
            }))
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
        (format!("/v1/posts/{}", made.json["id"].as_str().expect("an id")), made.json)
    }

    async fn change(&self, series: &Value, body: Value) -> Answer {
        let path = format!("/v1/series/{}", series["id"].as_str().expect("an id"));
        self.owner.clone().with("if-match", "*").post(&path, body).await
    }

    /// The days on which something is scheduled, on each channel once.
    async fn days(&self) -> Vec<String> {
        let calendar = self
            .owner
            .get("/v1/calendar?from=2030-01-01T00:00:00Z&until=2030-03-01T00:00:00Z&state=scheduled")
            .await
            .json;
        let items = calendar["items"].as_array().expect("items");
        let times: Vec<String> =
            items.iter().map(|item| item["local_time"].as_str().expect("a time")[5..16].to_owned()).collect();
        let (even, odd): (Vec<_>, Vec<_>) = times.iter().cloned().enumerate().partition(|(n, _)| n % 2 == 0);
        assert_eq!(
            even.iter().map(|(_, day)| day).collect::<Vec<_>>(),
            odd.iter().map(|(_, day)| day).collect::<Vec<_>>()
        );
        even.into_iter().map(|(_, day)| day).collect()
    }
}

#[tokio::test]
async fn a_series_is_one_thing_on_all_its_channels() {
    for desk in Desk::both().await {
        let (_, post) = desk.daily().await;
        assert_eq!(post["series"].as_array().map(Vec::len), Some(1), "{post}");
        let series = &post["series"][0];
        let numbers = ["occurrences", "to_come", "next"].map(|name| series[name].clone());
        assert_eq!(numbers, [json!(4), json!(4), json!("2030-01-02T10:00:00")]);
        assert_eq!(series["channels"].as_array().map(Vec::len), Some(2));
        let whole = desk.owner.get(&format!("/v1/series/{}", series["id"].as_str().expect("an id"))).await.json;
        assert_eq!((&whole["series"], whole["occurrences"].as_array().map(Vec::len)), (series, Some(4)));
        assert_eq!(whole["occurrences"][3]["on"].as_array().map(Vec::len), Some(2));
        assert_eq!(desk.found("state=scheduled").await, ["daily"], "one row");
        let (_, stranger) = desk.world.stranger().await;
        assert_eq!(stranger.get(&format!("/v1/series/{}", series["id"].as_str().expect("an id"))).await.status, 404);
    }
}

#[tokio::test]
async fn a_series_is_moved_from_an_occurrence_on_and_what_was_moved_is_not_shown_twice() {
    for desk in Desk::both().await {
        let (path, post) = desk.daily().await;
        desk.until("2030-01-02T09:00:05Z").await;
        let body = json!({ "act": "move", "from": "2030-01-04T10:00", "local": "2030-01-04T18:30" });
        let moved = desk.change(&post["series"][0], body.clone()).await;
        assert_eq!(moved.status, 200, "{}", moved.text);
        assert_eq!(desk.days().await, ["01-03T10:00", "01-04T18:30", "01-05T18:30"]);
        let series = moved.json["series"].as_array().expect("two");
        assert_eq!((series.len(), &series[1]["repeat"]["count"], &series[1]["to_come"]), (2, &json!(2), &json!(2)));
        assert_eq!(moved.json["standing"]["replaced"].as_array().map(Vec::len), Some(4));
        refused(&desk.change(&post["series"][0], body).await, 409, "too-late");
        let past = json!({ "act": "move", "local": "2030-01-01T10:00" });
        refused(&desk.change(&post["series"][0], past).await, 422, "time-passed");
        assert_eq!(desk.days().await.len(), 3, "nothing was changed");
        for time in ["03T09:00:05", "04T17:30:05", "05T17:30:05"] {
            desk.until(&format!("2030-01-{time}Z")).await;
        }
        assert_eq!(
            (desk.fake.writes_of("daily"), &desk.owner.get(&path).await.json["state"]),
            (8, &json!("published"))
        );
    }
}

#[tokio::test]
async fn one_occurrence_of_a_series_is_moved_alone_and_can_be_moved_back() {
    for desk in Desk::both().await {
        let (_, post) = desk.daily().await;
        let series = &post["series"][0];
        let there = json!({ "act": "move_one", "from": "2030-01-03T10:00", "local": "2030-01-03T18:30" });
        let moved = desk.change(series, there).await;
        assert_eq!(moved.status, 200, "{}", moved.text);
        assert_eq!(desk.days().await, ["01-02T10:00", "01-03T18:30", "01-04T10:00", "01-05T10:00"]);
        assert_eq!(
            (moved.json["series"].as_array().map(Vec::len), &moved.json["series"][0]["to_come"]),
            (Some(1), &json!(4))
        );
        for (body, status, problem) in [
            (json!({ "act": "move_one", "from": "2030-01-03T10:00", "local": "2030-01-03T19:00" }), 409, "too-late"),
            (
                json!({ "act": "move_one", "from": "2030-01-03T18:30", "local": "2030-01-04T10:00" }),
                422,
                "invalid-field",
            ),
            (json!({ "act": "move_one", "from": "2030-01-03T18:30", "local": "2029-12-31T10:00" }), 422, "time-passed"),
            (json!({ "act": "move_one", "local": "2030-01-03T19:00" }), 422, "invalid-field"),
        ] {
            refused(&desk.change(series, body).await, status, problem);
        }
        let back = json!({ "act": "move_one", "from": "2030-01-03T18:30", "local": "2030-01-03T10:00" });
        assert_eq!(desk.change(series, back).await.status, 200);
        assert_eq!(desk.days().await, ["01-02T10:00", "01-03T10:00", "01-04T10:00", "01-05T10:00"]);
    }
}

#[tokio::test]
async fn a_series_that_is_paused_goes_on_when_it_is_resumed_and_ends_when_it_is_ended() {
    for desk in Desk::both().await {
        let (path, post) = desk.daily().await;
        let series = &post["series"][0];
        refused(&desk.change(series, json!({ "act": "resume" })).await, 409, "too-late");
        let paused = desk.change(series, json!({ "act": "pause" })).await;
        assert_eq!(paused.status, 200, "{}", paused.text);
        assert!(paused.json["series"][0]["paused_at"].is_string() && desk.days().await.is_empty());
        desk.until("2030-01-03T08:00:00Z").await;
        assert_eq!(desk.fake.writes_of("daily"), 0);
        let resumed = desk.change(series, json!({ "act": "resume" })).await.json;
        assert!(resumed["series"][0]["paused_at"].is_null(), "{resumed}");
        assert_eq!(desk.days().await, ["01-03T10:00", "01-04T10:00", "01-05T10:00"], "what is still to come");
        let ended = desk.change(series, json!({ "act": "end", "from": "2030-01-04T10:00" })).await;
        assert_eq!(ended.status, 200, "{}", ended.text);
        assert_eq!(desk.days().await, ["01-03T10:00"]);
        for time in ["03T09:00:05", "04T09:00:05", "05T09:00:05"] {
            desk.until(&format!("2030-01-{time}Z")).await;
        }
        assert_eq!(
            (desk.fake.writes_of("daily"), &desk.owner.get(&path).await.json["state"]),
            (2, &json!("published"))
        );
    }
}

#[tokio::test]
async fn what_was_paused_does_not_come_back_once_the_series_has_moved_or_ended() {
    for desk in Desk::both().await {
        let act = |name: &str| json!({ "act": name });
        let (_, post) = desk.daily().await;
        let series = &post["series"][0];
        let pause = json!({ "act": "pause", "from": "2030-01-04T10:00" });
        assert_eq!(desk.change(series, pause).await.status, 200);
        let moved = desk.change(series, json!({ "act": "move", "local": "2030-01-02T18:30" })).await;
        assert_eq!(moved.status, 200, "{}", moved.text);
        let days = desk.days().await;
        refused(&desk.change(series, act("resume")).await, 409, "too-late");
        assert_eq!(desk.days().await, days);

        let (_, post) = desk.daily().await;
        let series = &post["series"][0];
        for name in ["pause", "end"] {
            let said = desk.change(series, act(name)).await;
            assert_eq!(said.status, 200, "{name}: {}", said.text);
        }
        refused(&desk.change(series, act("resume")).await, 409, "too-late");
        assert_eq!(desk.days().await, days);
    }
}
