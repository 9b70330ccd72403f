//! The vault's guarantees, on both engines.

use std::{collections::HashSet, sync::Arc, time::Duration};

use base::{
    Clock, OsRandom, Random, Secret, TestClock, Timestamp,
    ids::{PersonId, WorkspaceId},
};
use db::{Db, args, testing::TestDb};

use super::{At, Kek, KeyRing, SEALS_PER_BLOCK, Vault, VaultError};

fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock::at(Timestamp::from_seconds(1_893_488_400)))
}

fn random() -> Arc<dyn Random> {
    Arc::new(OsRandom)
}

async fn vault(db: &Db, ring: &KeyRing) -> Vault {
    vault_at(db, ring, clock()).await
}

async fn vault_at(db: &Db, ring: &KeyRing, clock: Arc<dyn Clock>) -> Vault {
    Vault::open(db.clone(), ring.clone(), clock, random()).await.expect("the ring fits")
}

fn workspace() -> WorkspaceId {
    WorkspaceId::new(clock().now(), &OsRandom)
}

fn place(row: usize) -> At {
    At::new("things", "token", format!("thing_{row}"))
}

/// A person with a sealed address, for rotation.
async fn person(db: &Db, vault: &Vault, email: &str) -> PersonId {
    let id = PersonId::new(clock().now(), &OsRandom);
    let sealed = vault.seal(None, &At::new("people", "email_sealed", id), &Secret::from(email)).await.expect("sealed");
    let index = vault.index(None, "email", email).await.expect("indexed");
    db.write(async move |tx| {
        tx.execute(
            "INSERT INTO people (id, email_sealed, email_index, name, language, zone, password_hash, operator,
                                     revision, created_at)
                 VALUES ($1, $2, $3, 'n', 'en', 'UTC', 'h', $4, 1, 0)",
            args![id, &sealed, &index, false],
        )
        .await
    })
    .await
    .map_err(|error: db::Error| error)
    .expect("stored");
    id
}

async fn email_of(db: &Db, vault: &Vault, id: PersonId) -> Result<Secret<String>, VaultError> {
    let row = db
        .read(async move |tx| tx.one("SELECT email_sealed FROM people WHERE id = $1", args![id]).await)
        .await
        .map_err(|error: db::Error| error)?;
    vault.open_text(None, &At::new("people", "email_sealed", id), &row.bytes("email_sealed")?).await
}

#[tokio::test]
async fn s_02_a_value_moved_to_another_place_cannot_be_opened() {
    for db in TestDb::both().await {
        let vault = vault(&db, &KeyRing::new(Kek::generate(&OsRandom))).await;
        let (ours, theirs) = (workspace(), workspace());
        let sealer = vault.sealer(Some(ours)).await.expect("a key");
        let mut refused = 0;
        for row in 0..250 {
            let sealed = sealer.seal(&place(row), &Secret::from("a token")).expect("sealed");
            assert!(vault.open_text(Some(ours), &place(row), &sealed).await.is_ok());
            let elsewhere = [
                (Some(ours), place(row + 1)),
                (Some(ours), At::new("things", "other", format!("thing_{row}"))),
                (Some(theirs), place(row)),
                (None, place(row)),
            ];
            for (owner, at) in elsewhere {
                let moved = vault.open_text(owner, &at, &sealed).await;
                refused += usize::from(matches!(moved, Err(VaultError::NotHere(_))));
            }
        }
        assert_eq!(refused, 1_000);
    }
}

#[tokio::test]
async fn s_01_a_changed_value_cannot_be_opened_and_equal_values_look_different() {
    let db = TestDb::sqlite().await;
    let vault = vault(&db, &KeyRing::new(Kek::generate(&OsRandom))).await;
    let secret = Secret::from("canary-7f3a");
    let sealed = vault.seal(None, &place(1), &secret).await.expect("sealed");
    assert_ne!(sealed, vault.seal(None, &place(1), &secret).await.expect("sealed"));
    assert!(!sealed.windows(6).any(|window| window == b"canary"));
    for byte in 0..sealed.len() {
        let mut wrong = sealed.clone();
        wrong[byte] ^= 1;
        assert!(vault.open_text(None, &place(1), &wrong).await.is_err(), "byte {byte}");
    }
    assert!(vault.open_text(None, &place(1), &sealed[..40]).await.is_err());
}

#[tokio::test]
async fn s_03_values_stay_readable_while_keys_are_rotated() {
    for db in TestDb::both().await {
        let (old, new) = (Kek::generate(&OsRandom), Kek::generate(&OsRandom));
        let before = vault(&db, &KeyRing::new(old.clone())).await;
        let mut people = Vec::new();
        for number in 0..20 {
            people.push(person(&db, &before, &format!("p{number}@example.org")).await);
        }

        let after = vault(&db, &KeyRing::new(new.clone()).and_before(old.clone())).await;
        assert!(email_of(&db, &after, people[0]).await.is_ok(), "the old key is still in the ring");
        assert_eq!(after.rewrap().await.expect("wrapped"), 2, "a key for sealing and one for the index");
        assert_eq!(after.rewrap().await.expect("done"), 0);
        let counts = after.kek_counts().await.expect("counted");
        assert_eq!(
            counts.iter().map(|count| (count.kek.as_str(), count.data_keys)).collect::<Vec<_>>(),
            [(new.id(), 2)]
        );

        let time = TestClock::at(clock().now());
        let alone = vault_at(&db, &KeyRing::new(new), Arc::new(time.clone())).await;
        let first = alone.value_counts().await.expect("counted")[0].data_key;
        alone.roll(None).await.expect("rolled");
        time.advance(Duration::from_secs(86_400));
        assert_eq!(alone.forget_unused().await.expect("asked"), 0, "values still need the old data key");
        assert!(email_of(&db, &alone, people[1]).await.is_ok(), "both are readable");
        person(&db, &alone, "new@example.org").await;
        assert_eq!(alone.reseal().await.expect("resealed"), 20, "the new value has the new key already");
        assert_eq!(alone.reseal().await.expect("done"), 0);
        let counts = alone.value_counts().await.expect("counted");
        assert!(counts.len() == 1 && counts[0].values == 21 && counts[0].data_key != first, "{counts:?}");
        assert_eq!(alone.forget_unused().await.expect("forgotten"), 1);
        for (number, id) in people.iter().enumerate() {
            let email = email_of(&db, &alone, *id).await.expect("readable");
            assert_eq!(*email.expose(), format!("p{number}@example.org"));
        }
    }
}

#[tokio::test]
async fn s_03_a_ring_without_the_key_refuses_to_start() {
    let db = TestDb::sqlite().await;
    vault(&db, &KeyRing::new(Kek::generate(&OsRandom)))
        .await
        .seal(None, &place(1), &Secret::from("x"))
        .await
        .expect("sealed");
    let ring = KeyRing::new(Kek::generate(&OsRandom));
    let refused = Vault::open(db.db().clone(), ring, clock(), random()).await.err().expect("refused");
    assert!(matches!(refused, VaultError::KekMissing(_)) && refused.to_string().contains("put it back"), "{refused}");
}

#[tokio::test]
async fn s_04_seals_are_counted_and_a_used_up_key_is_replaced() {
    for db in TestDb::both().await {
        let ring = KeyRing::new(Kek::generate(&OsRandom));
        let max = SEALS_PER_BLOCK.unsigned_abs() * 2;
        let vault = Vault::with_seals_max(db.db().clone(), ring, clock(), random(), max).await.expect("open");
        let mut keys = HashSet::new();
        let mut nonces = HashSet::new();
        let sealed = 3 * SEALS_PER_BLOCK;
        for _ in 0..sealed {
            let value = vault.seal(None, &place(1), &Secret::from("x")).await.expect("sealed");
            keys.insert(value[2..18].to_vec());
            nonces.insert(value[18..42].to_vec());
        }
        assert_eq!(keys.len(), 2, "two blocks each");
        assert_eq!(nonces.len() as i64, sealed);
        let over = db
            .read(async move |tx| {
                tx.one("SELECT COUNT(*) AS n FROM data_keys WHERE seals > $1", args![max]).await?.int("n")
            })
            .await
            .map_err(|error: db::Error| error)
            .expect("counted");
        assert_eq!(over, 0);
    }
}

#[tokio::test]
async fn s_04_a_used_up_sealer_returns_an_error() {
    let db = TestDb::sqlite().await;
    let vault = vault(&db, &KeyRing::new(Kek::generate(&OsRandom))).await;
    let sealer = vault.sealer(None).await.expect("a key");
    for _ in 0..SEALS_PER_BLOCK {
        sealer.seal(&place(1), &Secret::from("x")).expect("counted");
    }
    assert!(matches!(sealer.seal(&place(1), &Secret::from("x")), Err(VaultError::Exhausted)));
    assert!(vault.seal(None, &place(1), &Secret::from("x")).await.is_ok(), "the vault fetches a new block");
}

#[tokio::test]
async fn s_05_equal_values_in_two_workspaces_have_different_indexes() {
    for db in TestDb::both().await {
        let ring = KeyRing::new(Kek::generate(&OsRandom));
        let (first, other) = (vault(&db, &ring).await, vault(&db, &ring).await);
        let (ours, theirs) = (workspace(), workspace());
        let index = first.index(Some(ours), "handle", "@jane").await.expect("indexed");
        assert_eq!(index, other.index(Some(ours), "handle", "@jane").await.expect("indexed"), "another process");
        assert_ne!(index, first.index(Some(theirs), "handle", "@jane").await.expect("indexed"));
        assert_ne!(index, first.index(Some(ours), "email", "@jane").await.expect("indexed"));
        assert_ne!(index, first.index(Some(ours), "handle", "@john").await.expect("indexed"));
    }
}

#[tokio::test]
async fn s_06_without_its_data_keys_what_a_workspace_sealed_opens_nowhere_and_others_stay_readable() {
    for db in TestDb::both().await {
        let ring = KeyRing::new(Kek::generate(&OsRandom));
        let working = vault(&db, &ring).await;
        let (gone, stays) = (workspace(), workspace());
        let lost = working.seal(Some(gone), &place(1), &Secret::from("x")).await.expect("sealed");
        let kept = working.seal(Some(stays), &place(1), &Secret::from("x")).await.expect("sealed");
        let keys = db.write(async move |tx| tx.execute("DELETE FROM data_keys WHERE owner = $1", args![gone]).await);
        assert_eq!(keys.await.map_err(|error: db::Error| error), Ok(1));
        // The row may lie in any backup: the installation that has its key ring and the present keys does not open it.
        let restored = vault(&db, &ring).await;
        assert!(matches!(restored.open_text(Some(gone), &place(1), &lost).await, Err(VaultError::KeyGone(_))));
        assert!(restored.open_text(Some(stays), &place(1), &kept).await.is_ok());
    }
}

#[tokio::test]
async fn s_03_every_process_uses_the_new_key_before_the_old_one_can_be_deleted() {
    for db in TestDb::both().await {
        let ring = KeyRing::new(Kek::generate(&OsRandom));
        let time = TestClock::at(clock().now());
        let (here, there) =
            (vault_at(&db, &ring, Arc::new(time.clone())).await, vault_at(&db, &ring, Arc::new(time.clone())).await);
        let seal = || async { there.seal(None, &place(1), &Secret::from("x")).await.expect("sealed")[2..18].to_vec() };
        let old = seal().await;
        let new = here.roll(None).await.expect("rolled").to_bytes().to_vec();
        assert_eq!(here.forget_unused().await.expect("asked"), 0, "nobody needs it, but it is too early");
        assert_eq!(seal().await, old, "it was not told");
        time.advance(Duration::from_secs(600));
        assert_eq!(seal().await, new);
        time.advance(Duration::from_secs(86_400 - 600));
        assert_eq!(here.forget_unused().await.expect("forgotten"), 1);
    }
}

#[tokio::test]
async fn two_processes_that_seal_for_the_first_time_use_the_same_key() {
    for db in TestDb::both().await {
        let ring = KeyRing::new(Kek::generate(&OsRandom));
        let mut running = Vec::new();
        for _ in 0..8 {
            let vault = vault(&db, &ring).await;
            running.push(tokio::spawn(async move { vault.seal(None, &place(1), &Secret::from("x")).await }));
        }
        let mut keys = HashSet::new();
        for sealed in running {
            keys.insert(sealed.await.expect("ran").expect("sealed")[2..18].to_vec());
        }
        assert_eq!(keys.len(), 1);
    }
}
