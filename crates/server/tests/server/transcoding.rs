//! ffmpeg converts videos with limits, and in a process that can read and write nothing else (S-63, S-65).

#![cfg(target_os = "linux")]

use std::{fs::File, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use serde_json::json;

use crate::support::{FFMPEG, command, film};

fn order(ffmpeg: &str, bytes_max: u64, parent: u32) -> String {
    let picture = json!({ "width": 64, "height": 48, "bits_per_second_max": null });
    let work = json!({
        "picture": picture, "sound": "None", "frames_per_second_max": null, "bytes_max": bytes_max, "why": "",
    });
    json!({ "ffmpeg": ffmpeg, "work": work, "length_ms": 1_000, "parent": parent }).to_string()
}

/// Runs the process on this file: whether it went well, how long its result is, and what it said.
async fn convert(folder: &Path, input: &Path, order: &str) -> (bool, u64, String) {
    let output = folder.join("output");
    let file = File::options().read(true).write(true).create(true).truncate(true).open(&output).unwrap();
    let mut command = command(folder, &["transcode", order], &[]);
    command.stdin(File::open(input).unwrap()).stdout(file);
    let done = command.spawn().unwrap().wait_with_output();
    let done = tokio::time::timeout(Duration::from_secs(300), done).await.expect("it ends").unwrap();
    let length = std::fs::metadata(output).unwrap().len();
    (done.status.success(), length, String::from_utf8_lossy(&done.stderr).into_owned())
}

fn script(folder: &Path, text: &str) -> String {
    let path = folder.join("ffmpeg");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
async fn s_65_the_converting_process_has_its_two_files_and_no_others() {
    let Some(film) = film() else { return };
    let (folder, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (own, input) = (std::process::id(), folder.path().join("film"));
    std::fs::write(&input, film).unwrap();
    let (done, length, said) = convert(folder.path(), &input, &order(FFMPEG, 1 << 20, own)).await;
    assert!(done && length > 500, "{length}: {said}");
    let (done, _, said) = convert(folder.path(), &input, &order(FFMPEG, 0, own - 1)).await;
    assert!(!done && said.contains("its parent has ended"), "{said}");

    // What an attacker's video could make of it.
    let key = folder.path().join("fanfare.key");
    std::fs::write(&key, "secret").unwrap();
    let kernel = std::fs::read_to_string("/proc/kallsyms").is_ok_and(|names| names.contains("landlock_restrict_self"));
    if !kernel {
        println!("skipped: this kernel has no Landlock, so other files are open to ffmpeg");
    }
    let thief = script(tools.path(), &format!("cat {} || exit 3; cat > /dev/null", key.display()));
    let (done, length, said) = convert(folder.path(), &input, &order(&thief, 1 << 20, own)).await;
    assert!(!kernel || !done && length == 0, "it read the key: {length} {said}");
    let writer = script(tools.path(), &format!("echo spoilt > {}", key.display()));
    convert(folder.path(), &input, &order(&writer, 1 << 20, own)).await;
    assert!(!kernel || std::fs::read_to_string(&key).unwrap() == "secret");
    let hoarder = script(tools.path(), "exec yes");
    let (done, length, _) = convert(folder.path(), &input, &order(&hoarder, 1 << 20, own)).await;
    assert!(!done && length <= 2 << 20, "{length}");
}

#[tokio::test]
async fn a_conversion_ends_with_the_process_that_asked_for_it() {
    let (folder, tools) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sleeper = script(tools.path(), "exec sleep 7423");
    let order = order(&sleeper, 1 << 20, 4_242_424_242);
    // The shell is its parent, and says so in the order.
    let text =
        "o=$(printf '%s' \"$1\" | sed \"s/4242424242/$$/\"); \"$0\" transcode \"$o\" < /dev/null > out 2> err & wait";
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.args(["-c", text, env!("CARGO_BIN_EXE_fanfare"), &order]).current_dir(folder.path()).kill_on_drop(true);
    let mut shell = shell.spawn().unwrap();
    let sleeps = || {
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .any(|process| std::fs::read(process.path().join("cmdline")).is_ok_and(|line| line == b"sleep\x007423\x00"))
    };
    let until = async |wanted: bool| {
        for _ in 0..4_800 {
            if sleeps() == wanted {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        false
    };
    assert!(until(true).await, "{}", std::fs::read_to_string(folder.path().join("err")).unwrap_or_default());
    shell.kill().await.unwrap();
    assert!(until(false).await, "it outlived its parent");
}
