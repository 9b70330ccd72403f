//! Every route that changes something, asked twice: in a row, at the same moment, and from the revision before the first.
//!
//! People click twice, and clients ask again when an answer is lost. The table of `samples` says for each route how its object
//! is made, what is asked, and what becomes of the second request; a route of the API document without a row fails. An effect
//! is counted as rows of the database and as posts at the platform, and what is recorded in the audit trail counts too.

use std::{collections::BTreeMap, panic::AssertUnwindSafe};

use axum::http::Method;
use futures::FutureExt as _;
use serde_json::Value;

use super::samples::{Row, Second, Stage, rows};
use crate::App;

/// How many rows there are in each table, and posts at the platform.
type Effects = BTreeMap<String, i64>;

/// Bookkeeping that is no effect: who may ask how often, and which requests were asked.
const NO_EFFECT: &[&str] = &["idempotency_keys", "lanes", "nodes", "exchanges"];

fn since(before: &Effects, after: &Effects) -> Effects {
    let grown = |(name, count): (&String, &i64)| (name.clone(), count - before.get(name).copied().unwrap_or(0));
    after.iter().map(grown).filter(|(_, more)| *more != 0).collect()
}

impl Stage {
    async fn effects(&self, app: &App) -> Effects {
        self.engine.drain().await.expect("drained");
        let mut effects = Effects::from([("posts at the platform".to_owned(), self.fake.ledger().len() as i64)]);
        for table in db::schema(&app.db).await.expect("the schema").into_keys() {
            if NO_EFFECT.contains(&table.as_str()) {
                continue;
            }
            let sql = format!("SELECT COUNT(*) AS n FROM {table}");
            let read = app.db.read(async move |tx| tx.one(&sql, &[]).await?.int("n"));
            effects.insert(table, read.await.map_err(|error: db::Error| error).expect("counted"));
        }
        effects
    }

    /// How many claims of this key have no mark of an effect.
    async fn unmarked(&self, key: &str) -> i64 {
        use sha2::Digest as _;
        let key = hex::encode(sha2::Sha256::digest(key.as_bytes()));
        let read = self.world.app.db.read(async move |tx| {
            let sql = "SELECT COUNT(*) AS n FROM idempotency_keys WHERE key = $1 AND made IS NULL";
            tx.one(sql, db::args![&key]).await?.int("n")
        });
        read.await.map_err(|error: db::Error| error).expect("counted")
    }
}

/// Every route of the API document that changes something, and whether it reads `If-Match`.
fn changing() -> BTreeMap<String, bool> {
    let document: Value = serde_json::to_value(crate::api::document()).expect("a document");
    let mut routes = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            if ["post", "put", "patch", "delete"].contains(&method.as_str()) {
                let reads =
                    operation["parameters"].as_array().into_iter().flatten().any(|one| one["name"] == "If-Match");
                routes.insert(format!("{} {path}", method.to_uppercase()), reads);
            }
        }
    }
    routes
}

/// Whether the API document gives an answer an `ETag`, and a `Location`.
fn documented(route: &str, status: u16) -> (bool, bool) {
    static DOCUMENT: std::sync::LazyLock<Value> =
        std::sync::LazyLock::new(|| serde_json::to_value(crate::api::document()).expect("a document"));
    let (method, path) = route.split_once(' ').expect("a method and a path");
    let response = &DOCUMENT["paths"][path][method.to_lowercase()]["responses"][status.to_string()];
    (response["headers"]["ETag"].is_object(), response["headers"]["Location"].is_object())
}

/// What was wrong, route by route, so that one run shows all of it.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, right: bool, say: impl FnOnce() -> String) {
        if !right {
            self.0.push(say());
        }
    }
}

impl Row {
    /// Everything of one route.
    async fn check(&self, stage: &Stage, place: u32, reads_etag: bool, wrong: &mut Wrong) {
        let once = self.in_a_row(stage, place * 10, wrong).await;
        self.at_once(stage, place * 10 + 1, &once, wrong).await;
        if reads_etag {
            self.after_the_first(stage, place * 10 + 2, wrong).await;
        }
        if self.method() == Method::POST && !matches!(self.second, Second::Never(_)) {
            self.with_a_key(stage, place * 10 + 3, wrong).await;
        }
    }

    /// Twice, one after the other, from whatever revision there is. Gives the effect of the first.
    async fn in_a_row(&self, stage: &Stage, n: u32, wrong: &mut Wrong) -> Effects {
        let sample = (self.make)(stage, n).await;
        let app = sample.elsewhere.as_ref().map_or(&stage.world.app, |(app, _)| app);
        let (method, any) = (self.method(), [("if-match", "*")]);
        let before = stage.effects(app).await;
        let first = sample.send(&method, &any).await;
        let between = stage.effects(app).await;
        let second = sample.send(&method, &any).await;
        let more = since(&between, &stage.effects(app).await);
        let route = self.route;
        let expected = match self.second {
            Second::Refused => first.is_done() && second.is_refused(),
            Second::Same => first.is_done() && second.is_done(),
            Second::Again(_) => first.is_done() && second.status < 500,
            Second::Never(_) => first.is_refused() && second.is_refused(),
        };
        wrong.unless(expected, || format!("{route} in a row: first {first:?}, then {second:?}"));
        let said = documented(route, first.status);
        let right = !first.is_done() || said == (first.tagged, first.placed);
        wrong.unless(right, || format!("{route}: the document says ETag and Location {said:?}; it said {first:?}"));
        let nothing = more.is_empty() || matches!(self.second, Second::Again(_));
        wrong.unless(nothing, || format!("{route} in a row: the second did {more:?}; it said {second:?}"));
        since(&before, &between)
    }

    /// Twice at the same moment: one effect, whichever comes first.
    async fn at_once(&self, stage: &Stage, n: u32, once: &Effects, wrong: &mut Wrong) {
        let sample = (self.make)(stage, n).await;
        let app = sample.elsewhere.as_ref().map_or(&stage.world.app, |(app, _)| app);
        let (method, route) = (self.method(), self.route);
        let before = stage.effects(app).await;
        let (one, two) =
            tokio::join!(sample.send(&method, &[("if-match", "*")]), sample.send(&method, &[("if-match", "*")]));
        let done = since(&before, &stage.effects(app).await);
        wrong.unless(one.status < 500 && two.status < 500, || format!("{route} at once: {one:?} and {two:?}"));
        if let Second::Refused | Second::Same = self.second {
            wrong.unless(one.is_done() || two.is_done(), || format!("{route} at once: neither: {one:?}, {two:?}"));
            wrong.unless(done == *once, || format!("{route} at once: {done:?}, but one does {once:?}"));
        }
    }

    /// From the revision before the first: the second is refused, however the revision is written.
    async fn after_the_first(&self, stage: &Stage, n: u32, wrong: &mut Wrong) {
        let sample = (self.make)(stage, n).await;
        let (method, route) = (self.method(), self.route);
        let tag = sample.etag.clone().unwrap_or_default();
        let bare = tag.trim_matches('"').to_owned();
        let first = sample.send(&method, &[("if-match", &tag)]).await;
        wrong.unless(first.is_done(), || format!("{route} from {tag}: {first:?}"));
        let between = stage.effects(&stage.world.app).await;
        for tag in [tag.clone(), format!("W/{tag}"), bare, format!("{tag}, \"r0\""), String::new()] {
            let second = sample.send(&method, &[("if-match", &tag)]).await;
            let more = since(&between, &stage.effects(&stage.world.app).await);
            wrong.unless(second.is_refused(), || format!("{route} again from {tag}: {second:?}"));
            wrong.unless(more.is_empty(), || format!("{route} again from {tag}: it did {more:?}"));
        }
    }

    /// With an `Idempotency-Key`, by a caller who is known: the first answer comes again, and nothing more happens.
    async fn with_a_key(&self, stage: &Stage, n: u32, wrong: &mut Wrong) {
        let sample = (self.make)(stage, n).await;
        if !sample.client.is_known() {
            return;
        }
        let (method, route, key) = (self.method(), self.route, format!("key-{n}"));
        let headers = [("if-match", "*"), ("idempotency-key", key.as_str())];
        let before = stage.effects(&stage.world.app).await;
        let first = sample.send(&method, &headers).await;
        let between = stage.effects(&stage.world.app).await;
        // Had the server stopped before it kept its answer, this mark alone would tell that there was an effect.
        let unmarked = stage.unmarked(&key).await;
        let marked = since(&before, &between).is_empty() || unmarked == 0;
        wrong.unless(marked, || format!("{route} with a key: it had an effect and did not mark its claim"));
        let second = sample.send(&method, &headers).await;
        let more = since(&between, &stage.effects(&stage.world.app).await);
        let same = first.status == second.status && first.text == second.text && second.replayed;
        wrong.unless(same, || format!("{route} with a key: first {first:?}, then {second:?}"));
        wrong.unless(more.is_empty(), || format!("{route} with a key: the second did {more:?}"));
    }
}

#[test]
fn every_route_that_changes_something_is_asked_twice() {
    let rows: Vec<&str> = rows().iter().map(|row| row.route).collect();
    let routes: Vec<String> = changing().into_keys().collect();
    let missing: Vec<&String> = routes.iter().filter(|route| !rows.contains(&route.as_str())).collect();
    let gone: Vec<&&str> = rows.iter().filter(|route| !routes.iter().any(|one| one == **route)).collect();
    assert!(missing.is_empty(), "say in the table what becomes of these when they are asked twice: {missing:?}");
    assert!(gone.is_empty(), "these are no routes any more: {gone:?}");
}

#[tokio::test]
async fn a_request_that_is_sent_twice_has_one_effect() {
    let stage = Stage::new().await;
    let reads_etag = changing();
    let mut wrong = Wrong::default();
    for (place, row) in (1..).zip(rows()) {
        let reads_etag = reads_etag.get(row.route).copied().unwrap_or(false);
        let checked = AssertUnwindSafe(row.check(&stage, place, reads_etag, &mut wrong)).catch_unwind().await;
        wrong.unless(checked.is_ok(), || format!("{}: its object could not be made; see the panic above", row.route));
    }
    assert!(wrong.0.is_empty(), "{}", wrong.0.join("\n"));
}
