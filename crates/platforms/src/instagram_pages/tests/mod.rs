//! Tests of the connector: from the consent page to accounts and their tokens, against canned answers, and every kind of post
//! against the sandbox's twin of Facebook. What is published and what answers mean is tested with [`crate::instagram`].

mod connecting;
mod twin;

use crate::meta::test_world::{Journal, NOW, World, app, draft, file, job, text};
