//! Compares the inventory with the schema, and searches the raw database for planted secrets.

use db::testing::TestDb;
use serde_json::json;

use super::{Export, Inventory, inventory};
use crate::{
    http::RateLimits,
    secrets::columns::SEALED,
    testing::{PASSWORD, World},
};

#[tokio::test]
async fn p_026_every_column_is_declared_and_every_declared_column_exists() {
    for db in TestDb::both().await {
        let differences = inventory().differences(&db::schema(&db).await.expect("the schema can be read"));
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

#[tokio::test]
async fn p_026_an_undeclared_column_is_reported() {
    let db = TestDb::sqlite().await;
    let mut schema = db::schema(&db).await.expect("the schema can be read");
    let column = db::Column { name: "shoe_size".into(), kind: "BIGINT".into(), nullable: true };
    schema.get_mut("people").expect("there are people").push(column);
    assert_eq!(inventory().differences(&schema), ["people.shoe_size is not declared in inventory.toml"]);
}

#[test]
fn p_026_a_contradictory_declaration_is_refused() {
    let write = |entry: &str| {
        format!(
            "[purposes]\np = \"x\"\n[retention]\nr = {{ from = \"x\" }}\n[tables.t]\ncolumns = [\"c\"]\ndefault = {{ {entry} }}\n"
        )
    };
    let good = r#"category = "identity", subject = "member", purpose = "p", basis = "contract", retention = "r", export = "include", erase = "delete""#;
    assert!(Inventory::read(&write(good)).is_ok());
    for (from, to, why) in [
        ("\"p\"", "\"q\"", "the purpose `q`"),
        ("\"r\"", "\"s\"", "the retention rule `s`"),
        ("\"contract\"", "\"none\"", "needs a basis"),
        ("\"identity\"", "\"credential\"", "credentials are in no export"),
        ("\"member\"", "\"martian\"", "martian"),
    ] {
        let refused = Inventory::read(&write(&good.replace(from, to))).expect_err(why);
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn s_01_encrypted_columns_are_declared_as_credentials_or_decrypted_for_export() {
    for sealed in SEALED {
        let entry = inventory().of(sealed.table, sealed.column);
        let entry = entry.unwrap_or_else(|| panic!("{}.{} is not declared", sealed.table, sealed.column));
        assert_ne!(entry.export, Export::Include, "{}.{} would be exported sealed", sealed.table, sealed.column);
    }
}

/// The whole database: every cell of every table, and the raw file.
async fn everything(world: &World) -> Vec<(String, Vec<u8>)> {
    let db = world.app.db.clone();
    let mut found = Vec::new();
    for (table, columns) in db::schema(&db).await.expect("the schema can be read") {
        let sql = format!("SELECT * FROM {table}");
        let rows = db.read(async move |tx| tx.rows(&sql, db::args![]).await);
        let rows = rows.await.map_err(|error: db::Error| error).expect("the table can be read");
        for (row, column) in rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column))) {
            let bytes = match row.value(&column.name).expect("the column is there") {
                db::Value::Text(text) => text.clone().into_bytes(),
                db::Value::Bytes(bytes) => bytes.clone(),
                _ => continue,
            };
            found.push((format!("{table}.{}", column.name), bytes));
        }
    }
    let file = db.path().map(|path| path.to_string_lossy().into_owned());
    for ending in ["", "-wal", "-journal"] {
        let path = file.as_ref().map(|file| format!("{file}{ending}"));
        found.extend(path.and_then(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes))));
    }
    found
}

/// The encodings in which a secret could be stored.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    use base64::{Engine as _, engine::general_purpose as b64};
    let lower = secret.to_lowercase();
    vec![
        secret.into(),
        lower.into_bytes(),
        hex::encode(secret).into_bytes(),
        b64::STANDARD_NO_PAD.encode(secret).into_bytes(),
        b64::URL_SAFE_NO_PAD.encode(secret).into_bytes(),
    ]
}

/// Stores secrets of every kind through the API, and returns them.
async fn plant(world: &World) -> Vec<(&'static str, String)> {
    let owner = world.owner();
    let mut canaries = vec![("password", PASSWORD.to_owned()), ("owner's address", "owner@example.org".to_owned())];
    for number in 0..4 {
        let email = format!("canary-invited-{number}@example.net");
        let answer = owner.post("/v1/members", json!({"email": email, "role": "editor"})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let link = answer.json["link"].as_str().expect("a link").to_owned();
        canaries.push(("invited address", email));
        canaries.push(("invitation's token", link.split_once('#').expect("a token").1.to_owned()));
    }
    let (_, token) = canaries[canaries.len() - 1].clone();
    let accepted = world.nobody().post("/v1/invitations/accept", json!({"token": token, "name": "Jane", "password": "canary wombat lantern quilt", "language": "en", "zone": "UTC"})).await;
    assert_eq!(accepted.status, 201, "{}", accepted.text);
    canaries.push(("member's password", "canary wombat lantern quilt".to_owned()));
    let session = |answer: &crate::testing::Answer| {
        let cookie = answer.header("set-cookie").split_once('=').expect("a cookie").1;
        cookie.split(';').next().expect("a token").to_owned()
    };
    canaries.push(("session's token", session(&accepted)));
    for number in 0..4 {
        // With an Idempotency-Key the response is stored, including the key.
        let keyed = owner.clone().with("idempotency-key", &format!("canary-idempotency-{number}"));
        let answer = keyed.post("/v1/keys", json!({"name": "CI"})).await;
        canaries.push(("API key", answer.json["secret"].as_str().expect("a key").to_owned()));
        canaries.push(("idempotency key", format!("canary-idempotency-{number}")));
    }
    let changed = owner.put("/v1/me/email", json!({"email": "canary-changed@example.net"})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    canaries.push(("changed address", "canary-changed@example.net".to_owned()));
    let link = crate::people::password_link(&world.app, &"owner@example.org".into()).await.expect("made").link;
    canaries.push(("password link's token", link.fragment().expect("a token").to_owned()));
    canaries
}

#[tokio::test]
async fn s_01_p_131_no_planted_secret_is_readable_in_the_raw_database() {
    for db in TestDb::both().await {
        let world = World::with(db, Default::default(), |settings| settings.limits = RateLimits::off()).await;
        let canaries = plant(&world).await;
        assert!(canaries.len() >= 20, "{}", canaries.len());
        let everything = everything(&world).await;
        assert!(
            everything.iter().any(|(_, bytes)| bytes.windows(4).any(|window| window == b"Jane")),
            "the scan sees names"
        );
        for (kind, secret) in &canaries {
            for form in forms(secret) {
                let hit = everything.iter().find(|(_, bytes)| bytes.windows(form.len()).any(|window| window == form));
                assert!(hit.is_none(), "a {kind} is readable in {}", hit.map_or("", |(place, _)| place));
            }
        }
    }
}

#[test]
fn p_101_what_deletes_by_itself_is_named_and_there() {
    let code = include_str!("../../../server/src/jobs.rs");
    for (name, rule) in &inventory().retention {
        if let Some(sweep) = &rule.swept_by {
            assert!(code.contains(&format!("{sweep}(")), "{name}: no job runs {sweep}");
        }
    }
}

#[tokio::test]
async fn gp_01_the_policy_of_each_preset_is_what_the_software_does() {
    let fake = connector::testing::FakePlatform::new(connector::ProofClass::ReadBack);
    let connectors = connector::Connectors::new(vec![std::sync::Arc::new(fake)]);
    let world = World::with(TestDb::sqlite().await, connectors, |_| {}).await;
    let facts = super::facts(&world.app.connectors, &world.app.settings);
    for preset in trust::Preset::ALL {
        let profile = preset.profile();
        // The controller is the operator's to fill in.
        let found: Vec<_> =
            trust::check(&facts, &profile).into_iter().filter(|one| !one.about.starts_with("field ")).collect();
        assert!(found.is_empty(), "{}: {found:?}", preset.name());
    }
}

#[test]
fn what_the_policy_quotes_from_the_inventory_has_its_dutch() {
    let dutch: std::collections::BTreeMap<String, String> =
        serde_json::from_str(include_str!("nl.json")).expect("sentences");
    let from = inventory().retention.values().map(|rule| &rule.from);
    let said: std::collections::BTreeSet<_> = inventory().purposes.values().chain(from).collect();
    assert_eq!(said, dutch.keys().collect());
}

#[tokio::test]
async fn p_001_the_policy_is_read_without_signing_in_and_says_what_is_not_filled_in() {
    let world = World::on(TestDb::sqlite().await).await;
    let nobody = world.nobody();
    let page = nobody.get("/privacy").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("has not filled in yet: the controller"), "{}", page.text);
    assert!(page.header("content-security-policy").contains("style-src 'self'"));
    let json = nobody.get("/privacy.json").await;
    assert_eq!((json.status, json.json["title"].as_str()), (200, Some("Privacy policy")), "{}", json.text);
    assert_eq!(nobody.get("/.well-known/security.txt").await.status, 404);
}
