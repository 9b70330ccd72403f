//! Files as cameras, programs and attackers make them; all of them are made here, byte by byte.

mod blobs;
mod corpus;
mod images;
mod renditions;
mod stories;
mod transcoding;
mod types;
mod videos;

pub(crate) use corpus::plain;
