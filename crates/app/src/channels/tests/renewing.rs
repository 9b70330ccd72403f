//! When tokens are renewed, and what follows where that fails.

use std::time::Duration;

use base::{Secret, Timestamp, say};
use connector::{Failure, FailureKind, Outcome, Tokens};
use serde_json::json;

use super::worlds;
use crate::{
    channels::{self, grants},
    testing::World,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn s_15_a_token_is_renewed_in_time_for_what_its_end_would_cost() {
    let now = Timestamp::from_seconds(1_900_000_000);
    // How long the access token lives, how long what renews it, and when it is renewed.
    let cases = [
        ("X: the end of the refresh token is not told", 2 * HOUR, None, Some(110 * MINUTE)),
        ("Bluesky", 2 * HOUR, Some(14 * DAY), Some(110 * MINUTE)),
        ("a Bluesky session that ends with its token", 2 * HOUR, Some(2 * HOUR), Some(110 * MINUTE)),
        ("a short life", 30 * MINUTE, Some(90 * DAY), Some(24 * MINUTE)),
        ("a long life with a longer one behind it", 60 * DAY, Some(365 * DAY), Some(60 * DAY - 10 * MINUTE)),
        ("Threads: exchanged itself", 60 * DAY, Some(60 * DAY), Some(30 * DAY)),
    ];
    for (which, life, renewable, expected) in cases {
        let tokens = Tokens {
            access: Some(Secret::from("a")),
            refresh: Some(Secret::from("r")),
            expires_at: Some(now + life),
            refresh_expires_at: renewable.map(|life| now + life),
            ..Tokens::default()
        };
        let found = grants::expiry(&tokens, now);
        assert_eq!(found.refresh_at, expected.map(|after| now + after), "{which}");
        let lost = grants::expiry(&Tokens { refresh: None, ..tokens.clone() }, now);
        assert_eq!(lost.refresh_at, None, "{which}: nothing renews it");
        let eternal = grants::expiry(&Tokens { expires_at: None, ..tokens }, now);
        assert_eq!(eternal.refresh_at, None, "{which}: Mastodon's do not end");
    }
}

/// How many renewals are due now; they are made.
async fn due(world: &World) -> usize {
    grants::refresh_due(&world.app).await.expect("looked")
}

async fn login(world: &World) -> String {
    let all = channels::list(&world.app, &world.scope()).await.expect("listed");
    all[0].grant_state.clone()
}

#[tokio::test]
async fn s_15_a_token_that_is_exchanged_itself_outlives_a_stop_of_weeks_and_a_refusal_of_its_renewal() {
    for (world, fake) in worlds().await {
        fake.exchange_tokens();
        fake.token_life(60 * DAY.as_secs());
        let body = json!({ "platform": "fake", "way": "password", "input": { "name": "alice" } });
        assert_eq!(world.owner().post("/v1/channels/connect", body).await.status, 200);
        world.advance(29 * DAY);
        assert_eq!(due(&world).await, 0, "not needlessly often");
        // Fanfare was stopped, until a day before the token's end.
        world.advance(30 * DAY);
        assert_eq!((due(&world).await, due(&world).await, fake.refreshes()), (1, 0, 1));

        world.advance(30 * DAY);
        for (kind, outcome) in [
            (FailureKind::Unavailable, Outcome::NotSent),
            (FailureKind::BadAnswer, Outcome::Unknown),
            (FailureKind::ReconnectNeeded, Outcome::Rejected),
        ] {
            fake.refresh_fails(Some(Failure::new(outcome, kind, say!("no"))));
            assert_eq!(due(&world).await, 1, "{kind:?}");
            world.advance(5 * HOUR);
            assert_eq!(due(&world).await, 0, "{kind:?}: not every minute");
            world.advance(HOUR);
            assert_eq!(login(&world).await, "active", "{kind:?}: the token still lives");
        }
        let before = fake.refreshes();
        fake.refresh_fails(None);
        assert_eq!((due(&world).await, due(&world).await, fake.refreshes()), (1, 0, before + 1));

        // Closer to the end it is tried more often, and past it a refusal is the end of the login.
        fake.refresh_fails(Some(Failure::rejected(FailureKind::ReconnectNeeded, say!("no"))));
        world.advance(60 * DAY - 20 * MINUTE);
        assert_eq!(due(&world).await, 1);
        world.advance(2 * MINUTE);
        assert_eq!((due(&world).await, login(&world).await), (1, "active".to_owned()));
        world.advance(HOUR);
        assert_eq!((due(&world).await, login(&world).await), (1, "dead".to_owned()));
        assert_eq!(due(&world).await, 0);
    }
}
