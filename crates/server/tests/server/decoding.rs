//! Images are decoded by a process of their own (S-63): what it costs the one that serves, and what becomes of a bomb.

#![cfg(target_os = "linux")]

use std::io::Write as _;

use crate::support::{Engine, Place, Process};

/// The most that the serving process may keep after images were decoded, in KiB.
const KEPT_MAX_KIB: u64 = 10 * 1024;
/// How often it is asked whether it has given the rest back, half a second apart: the allocator returns memory a while after
/// it was freed.
const KEPT_LOOKS: usize = 120;
/// The most that it may take meanwhile, in KiB: copies of small files, connections, the database's own.
const TAKEN_MAX_KIB: u64 = 48 * 1024;

fn chunk(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let named = [&kind[..], contents].concat();
    let check = crc32fast::hash(&named).to_be_bytes();
    [&u32::try_from(contents.len()).unwrap().to_be_bytes()[..], &named, &check].concat()
}

/// A PNG of one colour at sixteen bits a channel: hundreds of megabytes decoded, less than one as a file.
fn flat_png(side: u32) -> Vec<u8> {
    let head = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[16, 6, 0, 0, 0]].concat();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let line = vec![0x3f; 1 + side as usize * 8];
    let line = [&[0], &line[1..]].concat();
    for _ in 0..side {
        packed.write_all(&line).unwrap();
    }
    let signature = b"\x89PNG\r\n\x1a\n".to_vec();
    [signature, chunk(b"IHDR", &head), chunk(b"IDAT", &packed.finish().unwrap()), chunk(b"IEND", b"")].concat()
}

/// A GIF of a few bytes whose screen takes a hundred megabytes, with one small picture on it.
fn wide_gif() -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend(6_000u16.to_le_bytes());
    file.extend(4_000u16.to_le_bytes());
    file.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    file.extend([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b]);
    file
}

fn memory(process: &Process, line: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = text.lines().find(|found| found.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn s_63_image_bombs_do_not_affect_the_serving_process() {
    let (place, process) = Place::without_channels(Engine::Sqlite, |_, port| {
        format!("listen = \"127.0.0.1:{port}\"\n[log]\nfilter = \"warn\"\n")
    })
    .await;
    // What any first image brings into memory once.
    let small = place.upload(crate::support::picture()).await;
    place.thumbnail(&small).await;
    let bombs = [flat_png(1_600), flat_png(1_600), wide_gif()];
    let mut ids = Vec::new();
    for bomb in bombs {
        ids.push(place.upload(bomb).await);
    }
    std::fs::write(format!("/proc/{}/clear_refs", process.id()), "5").unwrap();
    // Its own memory, without the pages of the program's file, which come and go with the machine's load.
    let (before, own_before) = (memory(&process, "VmRSS:"), memory(&process, "RssAnon:"));
    let ((first, second, third), fresh) = tokio::join!(
        async { tokio::join!(place.thumbnail(&ids[0]), place.thumbnail(&ids[1]), place.thumbnail(&ids[2])) },
        // A file that arrives meanwhile waits for none of them.
        place.upload(crate::support::picture()),
    );
    assert_eq!((first, second), (200, 200));
    assert!(third == 200 || third == 422, "{third}");
    assert_ne!(fresh, small);
    let taken = memory(&process, "VmHWM:");
    assert!(taken <= before + TAKEN_MAX_KIB, "it took {} KiB more meanwhile", taken - before);
    let mut kept = Vec::new();
    while kept.last().is_none_or(|own| *own > own_before + KEPT_MAX_KIB) {
        assert!(kept.len() < KEPT_LOOKS, "of {own_before} KiB at rest it went to {kept:?}");
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        kept.push(memory(&process, "RssAnon:"));
    }
    assert!(process.stop().await.success());
}

#[tokio::test]
async fn s_63_the_decoding_process_answers_within_its_limits_only() {
    let folder = tempfile::tempdir().unwrap();
    let run = async |image: Vec<u8>, order: &str| {
        let path = folder.path().join("image");
        std::fs::write(&path, image).unwrap();
        let mut command = crate::support::command(folder.path(), &["decode", order], &[]);
        command.stdin(std::fs::File::open(&path).unwrap()).output().await.unwrap()
    };
    let order = |kind: &str| {
        format!(
            "{{\"file_type\":\"{kind}\",\"convert\":{{\"mime\":\"Jpeg\",\"fallback\":null,\"width\":48,\"height\":48,\
             \"qualities\":[80],\"bytes_max\":100000,\"why\":\"\"}}}}"
        )
    };
    let made = run(crate::support::picture(), &order("Png")).await;
    assert!(made.status.success());
    let text = String::from_utf8_lossy(&made.stdout);
    assert!(text.contains("\"Made\"") && made.stdout.ends_with(&[0xff, 0xd9]), "{text}");
    let refused = run(b"\x89PNG\r\n\x1a\nnothing".to_vec(), &order("Png")).await;
    assert!(refused.status.success() && String::from_utf8_lossy(&refused.stdout).contains("\"Refused\""));
    // What it cannot read, and an order that is none, end it; there is no answer to take.
    let odd = run(Vec::new(), "no order").await;
    assert!(!odd.status.success() && odd.stdout.is_empty());
}
