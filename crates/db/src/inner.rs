//! The state shared by the handles.

use std::sync::Arc;

use crate::{fatal::Fatal, postgres::Postgres, sqlite::Sqlite, stats::Counters};

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) counters: Arc<Counters>,
    pub(crate) fatal: Arc<Fatal>,
}

pub(crate) enum Engine {
    Sqlite(Box<Sqlite>),
    Postgres(Box<Postgres>),
}
