//! Backups and restores, and who may read what is written.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::support::{Engine, PATIENCE, Place, Process, run};

const SOON: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_backup_is_restored_with_its_key_and_refused_without_it() {
    let place = Place::new(Engine::Sqlite, &["bluesky", "x"]).await;
    let process = place.started(&[]).await;
    let post = place.schedule(&["Kept".to_owned()], &["bluesky"], SOON).await;
    place.until(&post, PATIENCE, |publication| publication["state"] == "published").await;
    let (fine, said, told) = run(place.folder(), &["backup", "copy"], &[]).await;
    assert!(fine && said.contains("Not included: the key kek_"), "{said}{told}");
    let (fine, _, told) = run(place.folder(), &["backup", "copy"], &[]).await;
    assert!(!fine && told.contains("already exists"), "{told}");
    process.stop().await;
    assert!(!place.folder().join("copy/fanfare.key").exists());

    let (data, aside) = (place.data(), place.folder().join("aside"));
    std::fs::rename(&data, &aside).unwrap();
    let (fine, _, told) = run(place.folder(), &["restore", "copy"], &[]).await;
    assert!(!fine && told.contains("put the file with key kek_"), "{told}");
    std::fs::create_dir_all(&data).unwrap();
    let (_, other_key, _) = run(place.folder(), &["doctor", "new-key"], &[]).await;
    std::fs::write(data.join("fanfare.key"), other_key).unwrap();
    let (fine, _, told) = run(place.folder(), &["restore", "copy"], &[]).await;
    assert!(!fine && told.contains("not the one of this backup"), "{told}");
    std::fs::copy(aside.join("fanfare.key"), data.join("fanfare.key")).unwrap();
    let (fine, said, told) = run(place.folder(), &["restore", "copy"], &[]).await;
    assert!(fine && said.contains("Restored"), "{told}");

    let process = place.started(&[]).await;
    let restored = place.get(&format!("v1/posts/{post}")).await;
    assert_eq!(restored["state"], "published");
    process.stop().await;
    let (fine, said, told) = run(place.folder(), &["doctor"], &[]).await;
    assert!(fine && said.contains("every page can be read") && said.contains("X has its app"), "{said}{told}");
    assert!(!said.contains(".."), "each sentence has one full stop: {said}");
}

/// Everything below a folder, itself included.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = inside.flat_map(|path| if path.is_dir() { everything(&path) } else { vec![path] });
    std::iter::once(folder.to_owned()).chain(below).collect()
}

fn open_to_others(folder: &Path) -> Vec<PathBuf> {
    everything(folder).into_iter().filter(|path| path.metadata().unwrap().permissions().mode() & 0o077 != 0).collect()
}

/// An installation that was started once, with a file of its own.
async fn installation(folder: &Path) {
    let mut process = Process::start(folder, &["serve"], &[("FANFARE_LISTEN", "127.0.0.1:0")]);
    process.hears("listens on").await;
    assert!(process.stop().await.success());
    fs::create_dir_all(folder.join("data/blobs/ws_1")).unwrap();
    fs::write(folder.join("data/blobs/ws_1/picture"), "a picture").unwrap();
    for path in everything(&folder.join("data")) {
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
}

#[tokio::test]
async fn data_and_backups_are_readable_only_by_their_owner_whatever_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    installation(folder.path()).await;
    let (fine, said, told) = run(folder.path(), &["backup", "backups/monday"], &[]).await;
    assert!(fine && said.contains("1 files"), "{said}{told}");
    assert_eq!(open_to_others(&folder.path().join("backups/monday")), [] as [PathBuf; 0]);
    installation(folder.path()).await;
    let mut process = Process::start(folder.path(), &["serve"], &[("FANFARE_LISTEN", "127.0.0.1:0")]);
    process.hears("listens on").await;
    let data = folder.path().join("data");
    let open = open_to_others(&data);
    process.stop().await;
    // What lies in folders that are closed themselves cannot be reached.
    assert!(open.iter().all(|path| path.starts_with(data.join("blobs/"))), "{open:?}");
    assert_eq!(data.join("blobs").metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_backup_and_a_restore_never_touch_files_they_did_not_create() {
    let folder = tempfile::tempdir().unwrap();
    installation(folder.path()).await;
    let theirs =
        ["b/album.part/holiday.jpg", "b/album.d.part/x", "b/.album.d/x", "data/fanfare.db.part", "fanfare.part"];
    for path in theirs {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "theirs").unwrap();
    }
    let (fine, _, told) = run(folder.path(), &["backup", "b/album.d"], &[]).await;
    assert!(fine, "{told}");
    // Twice in a row, onto a link that leads nowhere, and into what is being copied.
    std::os::unix::fs::symlink("nowhere", folder.path().join("b/link")).unwrap();
    for (target, why) in
        [("b/album.d", "already exists"), ("b/link", "already exists"), ("data/blobs/b", "part of the backup")]
    {
        let (fine, _, told) = run(folder.path(), &["backup", target], &[]).await;
        assert!(!fine && told.contains(why), "{target}: {told}");
    }
    // A restore refuses a folder with files or another database's log in it, and leaves both as they were.
    fs::rename(folder.path().join("data/fanfare.db"), folder.path().join("kept.db")).unwrap();
    let (fine, _, told) = run(folder.path(), &["restore", "b/album.d"], &[]).await;
    assert!(!fine && told.contains("blobs exists"), "{told}");
    fs::rename(folder.path().join("data/blobs"), folder.path().join("kept")).unwrap();
    fs::write(folder.path().join("data/fanfare.db-wal"), "another's").unwrap();
    let (fine, _, told) = run(folder.path(), &["restore", "b/album.d"], &[]).await;
    assert!(!fine && told.contains("fanfare.db-wal exists"), "{told}");
    fs::remove_file(folder.path().join("data/fanfare.db-wal")).unwrap();
    let (fine, said, told) = run(folder.path(), &["restore", "b/album.d"], &[]).await;
    assert!(fine && said.contains("1 files"), "{said}{told}");
    assert_eq!(fs::read_to_string(folder.path().join("data/blobs/ws_1/picture")).unwrap(), "a picture");
    for path in theirs {
        assert_eq!(fs::read_to_string(folder.path().join(path)).unwrap(), "theirs", "{path}");
    }
    let leftovers: Vec<_> =
        everything(folder.path()).into_iter().filter(|path| path.to_string_lossy().contains(".fanfare-")).collect();
    assert_eq!(leftovers, [] as [PathBuf; 0]);
}

#[tokio::test]
async fn a_new_key_file_never_replaces_files_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fanfare.part"), "theirs").unwrap();
    let set = [("FANFARE_LISTEN", "127.0.0.1:0"), ("FANFARE_KEY_FILE", "fanfare.key")];
    let mut process = Process::start(folder.path(), &["serve"], &set);
    process.hears("listens on").await;
    process.stop().await;
    assert_eq!(fs::read_to_string(folder.path().join("fanfare.part")).unwrap(), "theirs");
    assert_eq!(open_to_others(&folder.path().join("data")), [] as [PathBuf; 0]);
}
