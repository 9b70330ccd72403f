//! Takes the browser app from `web/dist` into the program, compressed ahead.
//!
//! Done here and not by a crate that serves files: those bring the compressors into the program and unpack or compress at its
//! start, while an installation is to be there within 50 ms and to rest in 32 MiB. What is made here is plain data: nothing
//! happens at the start, and a page of the program that no one asks for is never read.
#![expect(clippy::expect_used, reason = "a build that cannot go on says why and ends")]

use std::{
    env,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

/// Types of files that shrink.
const TEXT: &[&str] = &["html", "js", "css", "svg", "json", "webmanifest", "txt", "map"];

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where this is"));
    let dist = here.join("../../web/dist");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to write"));
    // Cargo looks through a whole folder; while it is not there, its coming is the change.
    let seen = if dist.is_dir() { dist.clone() } else { dist.join("index.html") };
    println!("cargo::rerun-if-changed={}", seen.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    collect(&dist, &dist, &mut files);
    files.sort();
    let mut table = String::from("&[\n");
    for path in &files {
        let entry = entry(&dist, path, &out);
        table.push_str(&entry);
    }
    table.push(']');
    fs::write(out.join("studio.rs"), table).expect("the table can be written");
}

fn collect(top: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(top, &path, files);
        } else if let Some(path) = path.strip_prefix(top).ok().and_then(Path::to_str) {
            // Maps are for those who debug; no one who uses the app needs them.
            if !path.ends_with(".map") {
                files.push(path.to_owned());
            }
        }
    }
}

fn entry(dist: &Path, path: &str, out: &Path) -> String {
    let bytes = fs::read(dist.join(path)).expect("a file of the app can be read");
    let digest = Sha256::digest(&bytes);
    let tag: String = digest.iter().take(12).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let plain = dist.join(path).canonicalize().expect("a file of the app has a place");
    let shrinks = TEXT.iter().any(|end| path.rsplit_once('.').is_some_and(|(_, ending)| ending == *end));
    let (brotli, gzip) = if shrinks { (brotli(&bytes), gzip(&bytes)) } else { (Vec::new(), Vec::new()) };
    let keep = |ending: &str, packed: Vec<u8>| {
        // One that is hardly smaller is not worth unpacking.
        if packed.is_empty() || packed.len() + packed.len() / 20 > bytes.len() {
            return "None".to_owned();
        }
        let file = out.join(format!("{tag}.{ending}"));
        fs::write(&file, packed).expect("a packed file can be written");
        format!("Some(include_bytes!({file:?}))")
    };
    let (brotli, gzip) = (keep("br", brotli), keep("gz", gzip));
    format!(
        "    File {{ path: {path:?}, tag: \"\\\"{tag}\\\"\", plain: include_bytes!({plain:?}), brotli: {brotli}, gzip: {gzip} }},\n"
    )
}

/// The best there is in a release; quick otherwise.
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let quality = if env::var_os("PROFILE").is_some_and(|profile| profile == "release") { 11 } else { 5 };
    let parameters = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &parameters).expect("memory takes what is written");
    packed
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).expect("memory takes what is written");
    packer.finish().expect("memory takes what is written")
}
