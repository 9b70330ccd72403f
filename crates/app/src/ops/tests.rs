//! The installation through the API.

use base::Role;
use db::testing::TestDb;

use crate::testing::World;

#[tokio::test]
async fn the_operator_sees_the_installation_and_no_one_else_does() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        world.advance(std::time::Duration::from_secs(90));
        let answer = world.owner().get("/v1/instance").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json;
        assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(body["data_since"], crate::testing::BEGINNING);
        assert_eq!(body["uptime_s"], 90);
        assert_eq!((&body["lanes_in_flight"], &body["lanes_waiting"]), (&0.into(), &0.into()));
        assert!(body["disk_left_bytes"].as_u64().is_some_and(|left| left > 0), "{body}");
        let checks = body["checks"].as_array().expect("checks");
        let named = |name: &str| checks.iter().find(|check| check["name"] == name).expect("it is checked");
        for name in ["database", "nodes", "clock", "keys", "files", "disk", "stop"] {
            assert!(!named(name)["means"].as_str().expect("a sentence").is_empty(), "{name}");
        }
        assert_eq!(named("files")["verdict"], "good");
        assert_eq!(named("nodes")["verdict"], "warning", "nothing works in this world");
        assert!(named("nodes")["remedy"].as_str().expect("a sentence").contains("fanfare serve"));
        let (_, manager) = world.member(Role::Manager).await;
        assert_eq!(manager.get("/v1/instance").await.status, 403);
        assert_eq!(world.nobody().get("/v1/instance").await.status, 401);
    }
}

#[tokio::test]
async fn the_emergency_stop_is_told_to_the_operator_and_to_everyone_in_the_shell() {
    for db in TestDb::both().await {
        let world = World::on(db).await;
        assert_eq!(world.owner().get("/v1/me").await.json["publishing_stopped"], false);
        assert_eq!(world.owner().put("/v1/instance/stop", serde_json::json!({})).await.status, 204);
        let (_, author) = world.member(Role::Author).await;
        assert_eq!(author.get("/v1/me").await.json["publishing_stopped"], true);
        let body = world.owner().get("/v1/instance").await.json;
        let stop = body["checks"].as_array().expect("checks").iter().find(|check| check["name"] == "stop");
        assert_eq!(stop.expect("it is checked")["verdict"], "warning");
        // The test's clock stands in 2030, which a database server with a clock of its own rightly complains about.
        let mut others = body["checks"].as_array().expect("checks").iter().filter(|check| check["name"] != "clock");
        assert!(others.all(|check| check["verdict"] != "bad"), "stopping is a choice, not a fault: {body}");
    }
}
