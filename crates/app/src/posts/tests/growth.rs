//! What a workspace is asked for every day costs no more after years of posts than after weeks.

use base::{
    OsRandom,
    ids::{PostId, PublicationId, VariantId},
};
use db::Value;

use super::*;

/// Posts that were published long ago, each on the first channel.
async fn publish_long_ago(desk: &Desk, posts: u32) {
    let (workspace, channel) = (desk.world.workspace, desk.channels[0]);
    let begin = Timestamp::parse("2019-01-01T00:00:00Z").expect("a time");
    let rows = (0..posts).map(|n| {
        let due = begin + std::time::Duration::from_secs(u64::from(n) * 600);
        let (post, variant) = (PostId::new(due, &OsRandom), VariantId::new(due, &OsRandom));
        let publication = PublicationId::new(due, &OsRandom);
        let content = json!({ "parts": [{ "kind": "post", "text": "Long ago" }], "options": null }).to_string();
        let ids: [Value; 5] = [post.into(), variant.into(), publication.into(), workspace.into(), channel.into()];
        ids.into_iter().chain([content.into(), due.into()]).collect::<Vec<Value>>()
    });
    let rows = rows.collect::<Vec<_>>();
    let pick = |places: &[usize]| {
        let row = |row: &Vec<Value>| places.iter().map(|place| row[*place].clone()).collect::<Vec<Value>>();
        rows.iter().map(row).collect::<Vec<_>>()
    };
    let inserts = [
        (
            "INSERT INTO posts (id, workspace_id, body, made_at, changed_at, laid_out_at, revision, made_by)
             VALUES ($1, $2, $3, $4, $4, $4, 1, 'system:test')",
            pick(&[0, 3, 5, 6]),
        ),
        (
            "INSERT INTO variants (id, post_id, workspace_id, channel_id, content, own) VALUES ($1, $2, $3, $4, $5, FALSE)",
            pick(&[1, 0, 3, 4, 5]),
        ),
        (
            "INSERT INTO publications (id, workspace_id, post_id, variant_id, channel_id, due_at, made_at, state, part, parts,
                                       tries, doubts, looks, round, crashes, revision, authorised_by)
             VALUES ($1, $2, $3, $4, $5, $6, $6, 'published', 1, 1, 1, 0, 0, 0, 0, 1, 'system:test')",
            pick(&[2, 3, 0, 1, 4, 6]),
        ),
    ];
    for (sql, rows) in inserts {
        let stored = desk.world.app.db.write(async move |tx| tx.execute_many(sql, &rows).await);
        stored.await.map_err(|error: db::Error| error).expect("stored");
    }
}

/// What people, programs and the engine ask for all day, and the steps that each took.
async fn a_day(desk: &Desk) -> Vec<(String, u64)> {
    let steps = || desk.world.app.db.stats().steps;
    let mut costs = Vec::new();
    let now = desk.world.now();
    let month = format!("/v1/calendar?from={now}&until={}", now + std::time::Duration::from_secs(30 * 86_400));
    for path in [
        &*month,
        "/v1/posts?limit=20",
        "/v1/posts?limit=20&sort=due",
        "/v1/posts?limit=20&sort=edited",
        "/v1/posts?state=draft",
        "/v1/posts?state=in_review",
        "/v1/posts?state=scheduled",
        "/v1/posts?state=needs_you",
        "/v1/posts?attention=true",
        "/v1/me",
        "/v1/channels",
        "/v1/members",
        "/v1/events?limit=20",
        "/v1/audit?limit=20",
        "/v1/media?limit=20",
        "/v1/instance",
    ] {
        let before = steps();
        let answer = desk.owner.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        costs.push((path.to_owned(), steps() - before));
    }
    for (what, schedule) in [("making a draft", json!(null)), ("scheduling a post", json!({ "now": true }))] {
        let before = steps();
        let body =
            json!({ "text": format!("{what} {}", desk.fake.sends()), "channels": desk.on(0), "schedule": schedule });
        let post = desk.create(body).await;
        assert_eq!(post.status, 201, "{}", post.text);
        costs.push((what.to_owned(), steps() - before));
    }
    let before = steps();
    Engine::new(desk.world.app.clone(), EngineSettings::default()).drain().await.expect("drained");
    costs.push(("publishing it".into(), steps() - before));
    costs
}

#[tokio::test]
async fn a_day_costs_no_more_when_ten_times_as_many_posts_are_out() {
    let desk = Desk::sqlite().await;
    publish_long_ago(&desk, 600).await;
    let few = a_day(&desk).await;
    publish_long_ago(&desk, 6_000).await;
    let many = a_day(&desk).await;
    let grown = few.iter().zip(&many).filter(|((_, few), (_, many))| *many > few * 2 + 500);
    let grown: Vec<_> = grown.map(|((asked, few), (_, many))| format!("{asked}: {few} to {many} steps")).collect();
    assert_eq!(grown, [] as [String; 0], "{few:?}");
}
