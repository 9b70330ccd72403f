//! The real binary: how it starts, stops, crashes and comes back, and the first two minutes with it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on ends with a panic")]

mod backups;
mod crash;
mod decoding;
mod demo;
mod hooks;
mod nginx;
mod real_pds;
mod start;
mod storm;
mod support;
mod transcoding;
