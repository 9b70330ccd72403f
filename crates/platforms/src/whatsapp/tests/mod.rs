//! Tests of the connector: the exact fields of every message and template, every documented refusal, and the whole of it against
//! the sandbox's twin of WhatsApp.

mod fields;
mod table;
mod twin;

use crate::meta::test_world::{NOW, World, app};
