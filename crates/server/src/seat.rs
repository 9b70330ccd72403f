//! Where a node works: a locked file in its data folder that names the processes that worked there before.
//!
//! On a shared database no one can tell a dead node from a slow one, so its channels wait until its leases end. A process that
//! gets the lock knows that the one before it in this place is gone, and takes its channels over at once. It believes the file
//! only on the machine and since the start of the system on which the line was written: a data folder may have been copied
//! while its node was at work.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
    sync::{Mutex, PoisonError},
};

use base::ids::NodeId;

/// How many processes before this one are remembered: each had seconds only if there were more.
const REMEMBERED: usize = 8;

/// A place to work, while this is held.
pub struct Seat {
    file: Mutex<File>,
    /// What tells this file on this machine from a copy of it.
    here: String,
    before: Vec<NodeId>,
}

impl Seat {
    /// The seat of the node with this name; `None` where another process has it, or no one could tell a copy from it.
    pub fn find(data: &Path, node: &str) -> Option<Self> {
        Self::on(data, node, &std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?)
    }

    fn on(data: &Path, node: &str, boot: &str) -> Option<Self> {
        let name: String =
            node.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
        let path = data.join(format!("node-{name}"));
        let opened = File::options().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) => {
                tracing::warn!(%error, "{} cannot be used; after a crash, channels wait until their leases end", path.display());
                return None;
            }
        };
        file.try_lock().ok()?;
        let facts = file.metadata().ok()?;
        let here = format!("{} {}:{}", boot.trim(), facts.dev(), facts.ino());
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        let before = text.lines().filter_map(|line| line.strip_suffix(&here)?.trim().parse().ok()).collect();
        Some(Self { file: Mutex::new(file), here, before })
    }

    /// The processes that worked here before, and are gone.
    pub fn before(&self) -> Vec<NodeId> {
        self.before.clone()
    }

    /// Notes that this process works here. If that fails, only the next start is slower.
    pub fn take(&self, node: NodeId) {
        let last = self.before.len().saturating_sub(REMEMBERED - 1);
        let nodes = self.before[last..].iter().chain([&node]);
        let text: String = nodes.map(|node| format!("{node} {}\n", self.here)).collect();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Longer first and then cut: there is no moment in which a line is missing.
        let written = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(text.as_bytes()))
            .and_then(|()| file.set_len(text.len() as u64));
        if let Err(error) = written {
            tracing::warn!(%error, "it could not be noted that this node works here");
        }
    }
}

#[cfg(test)]
mod tests {
    use base::{OsRandom, Timestamp};

    use super::*;

    fn node(n: i64) -> NodeId {
        NodeId::new(Timestamp::from_seconds(n), &OsRandom)
    }

    #[test]
    fn who_comes_after_a_dead_process_knows_it_and_who_comes_beside_a_living_one_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Seat::on(folder.path(), "one", "boot").expect("free");
        assert!(first.before().is_empty());
        first.take(node(1));
        assert!(Seat::on(folder.path(), "one", "boot").is_none(), "it is at work");
        assert!(Seat::on(folder.path(), "other", "boot").expect("another node's place").before().is_empty());
        drop(first);
        let second = Seat::on(folder.path(), "one", "boot").expect("free again");
        assert_eq!(second.before().len(), 1);
    }

    #[test]
    fn a_copy_of_the_folder_and_another_start_of_the_system_know_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = node(1);
        let seat = Seat::on(folder.path(), "one", "boot").expect("free");
        seat.take(here);
        let copy = tempfile::tempdir().expect("a folder");
        std::fs::copy(folder.path().join("node-one"), copy.path().join("node-one")).expect("copied");
        assert!(Seat::on(copy.path(), "one", "boot").expect("free").before().is_empty());
        drop(seat);
        assert!(Seat::on(folder.path(), "one", "another boot").expect("free").before().is_empty());
        assert_eq!(Seat::on(folder.path(), "one", "boot").expect("free").before(), [here]);
    }

    #[test]
    fn only_the_last_processes_are_remembered() {
        let folder = tempfile::tempdir().expect("a folder");
        let nodes: Vec<NodeId> = (1..=12).map(node).collect();
        for one in &nodes {
            Seat::on(folder.path(), "a/b", "boot").expect("free").take(*one);
        }
        assert_eq!(Seat::on(folder.path(), "a/b", "boot").expect("free").before(), nodes[4..]);
    }
}
