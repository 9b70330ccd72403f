//! A part's handles: in memory for reading, in the journal before anything builds on them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use base::{Text, say};
use bytes::Bytes;
use connector::{Failure, FailureKind, Handles, ImageRules, Media, Outcome, Severity};
use serde_json::Value;
use url::Url;

use super::{
    super::{
        engine::Engine,
        store::{self, Work},
    },
    store_failure,
};
use crate::{
    crash,
    fault::Fault,
    media::{
        addresses::{self, Purpose},
        library,
        reachability::{self, Unreachable},
    },
};

/// How long a picture of someone else's may hold a post up.
const SMALLER_MAX: Duration = Duration::from_secs(60);

/// The handles of the part that a publication is at.
pub(super) struct JournaledHandles<'a> {
    engine: &'a Engine,
    work: &'a Work,
    known: Mutex<BTreeMap<String, Value>>,
    left_out: Mutex<Vec<Text>>,
}

impl<'a> JournaledHandles<'a> {
    /// Reads them, if there are any.
    pub(super) async fn load(engine: &'a Engine, work: &'a Work) -> Result<Self, Failure> {
        let (id, part) = (work.publication.id, work.publication.life.part);
        let known = match work.handles {
            0 => Vec::new(),
            _ => {
                let read = engine.app.db.read(async move |tx| store::handles_of(tx, id, part).await).await;
                read.map_err(|error: db::Error| store_failure(&error))?
            }
        };
        Ok(Self { engine, work, known: Mutex::new(known.into_iter().collect()), left_out: Mutex::default() })
    }

    /// How many there are.
    pub(super) fn count(&self) -> i64 {
        self.known().len() as i64
    }

    /// What the part goes without, and why.
    pub(super) fn left_out(&self) -> Vec<Text> {
        std::mem::take(&mut *self.left_out.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Handles for JournaledHandles<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.known().get(name).cloned()
    }

    async fn put(&self, name: &str, value: Value) -> Result<(), Failure> {
        let (publication, part) = (self.work.publication.clone(), self.work.publication.life.part);
        let (key, stored, now) = (name.to_owned(), value.clone(), self.engine.app.clock.now());
        self.engine
            .app
            .db
            .write(async move |tx| store::put_handle(tx, &publication, part, &key, &stored, now).await)
            .await
            .map_err(|error: db::Error| store_failure(&error))?;
        self.known().insert(name.to_owned(), value);
        crash::point("handle_journaled");
        Ok(())
    }

    async fn forget(&self, name: &str) -> Result<(), Failure> {
        let (id, part, key) = (self.work.publication.id, self.work.publication.life.part, name.to_owned());
        self.engine
            .app
            .db
            .write(async move |tx| store::forget_handle(tx, id, part, &key).await)
            .await
            .map_err(|error: db::Error| store_failure(&error))?;
        self.known().remove(name);
        Ok(())
    }

    async fn public_address(&self, file: &Media) -> Result<Url, Failure> {
        let (app, p) = (&self.engine.app, &self.work.publication);
        if let Some(Unreachable { severity: Severity::Error, why }) =
            reachability::of_platform(app, &self.work.platform).await
        {
            return Err(Failure::rejected(FailureKind::AddressRefused, why));
        }
        let given = addresses::give(app, p.workspace, Purpose::of(p), file).await;
        given.map_err(|fault| match fault {
            Fault::Problem(problem) => Failure::new(Outcome::NotSent, FailureKind::Unavailable, problem.detail),
            Fault::Store(error) => store_failure(&error),
        })
    }

    async fn smaller(&self, picture: Bytes, rules: &ImageRules) -> Option<(Bytes, String)> {
        let (app, workspace) = (&self.engine.app, self.work.publication.workspace);
        let made = tokio::time::timeout(SMALLER_MAX, library::fit(app, workspace, picture, rules)).await;
        let why = match made {
            Ok(Ok((bytes, file_type))) => return Some((bytes, file_type.mime().to_owned())),
            Ok(Err(Fault::Problem(problem))) => problem.detail,
            Ok(Err(Fault::Store(error))) => Text::verbatim(error.to_string()),
            Err(_) => say!("making it smaller took too long"),
        };
        let detail = say!("The link card is published without its picture: {why}.");
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner).push(detail);
        None
    }
}
