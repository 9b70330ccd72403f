//! The process that decodes one image: how it is started, its limits, and its output.
//!
//! The image is its standard input, the order its only argument. It answers on its standard output: the length of
//! a head (four bytes, big end first), the head as JSON, then the file. It cannot open a file or a socket, start a
//! process, or write to the disk, and it gets no environment variables.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::Path,
    process::{ExitCode, ExitStatus, Stdio},
    time::Duration,
};

use base::{Code, Problem, Text, say};
use bytes::Bytes;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;

use super::{Rendered, picture};
use crate::{
    fault::Fault,
    media::{FileType, Refused, renditions::Convert},
};

/// Most memory of the process, in bytes: 64 megapixels at sixteen bits a colour, and the same at eight.
const MEMORY_MAX_BYTES: u64 = 1 << 30;
/// Most processor time, in seconds; a program that is not optimised takes several times as long.
const CPU_MAX_S: u64 = if cfg!(debug_assertions) { 40 } else { 10 };
/// How long it may take in all; more than its processor time, because the machine may be busy.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Most bytes of an answer besides the file.
const HEAD_MAX_BYTES: u64 = 16 << 10;

#[derive(Serialize, Deserialize)]
struct Order {
    file_type: FileType,
    convert: Convert,
}

#[derive(Serialize, Deserialize)]
enum Head {
    Made { mime: FileType, width: u32, height: u32, quality: Option<u8> },
    Refused { rule: String, detail: Text },
}

/// Makes a rendition of the image in this file, in a process of its own.
///
/// # Errors
/// An image that cannot be decoded, or not within the limits; `unavailable` if the process cannot be started.
pub(super) async fn render(
    program: &Path,
    image: File,
    file_type: FileType,
    convert: &Convert,
) -> Result<Rendered, Fault> {
    let order = Order { file_type, convert: convert.clone() };
    let order = serde_json::to_string(&order).map_err(|error| crate::fault::internal(&error))?;
    let started = tokio::process::Command::new(program)
        .args(["decode", &order])
        .env_clear()
        // The program's allocator takes a gigabyte of addresses at its start, which would be all that it may have. In KiB.
        .env("MIMALLOC_ARENA_RESERVE", "65536")
        .stdin(Stdio::from(image))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = started.map_err(|error| unavailable(&error))?;
    let output = child.stdout.take();
    let answering = async {
        let mut answer = Vec::new();
        if let Some(output) = output {
            output.take(convert.bytes_max.saturating_add(HEAD_MAX_BYTES)).read_to_end(&mut answer).await?;
        }
        Ok::<_, std::io::Error>((child.wait().await?, answer))
    };
    match tokio::time::timeout(WAIT_MAX, answering).await {
        Ok(Ok((status, answer))) if status.success() => read(answer.into()),
        Ok(Ok((status, _))) => Err(overrun(&format!("it ended with {status}"), was_killed(status))),
        Ok(Err(error)) => Err(unavailable(&error)),
        // Dropped here, it is killed. It had no chance to use up its processor time, so another try may go better.
        Err(_) => Err(unavailable(&"the machine is too busy")),
    }
}

fn was_killed(status: ExitStatus) -> bool {
    status.code().is_none()
}

fn unavailable(why: &dyn std::fmt::Display) -> Fault {
    tracing::error!("the process that decodes images could not do its work: {why}");
    Problem::new(
        Code::Unavailable,
        say!("Images cannot be processed for now; nothing was lost. Try again in a moment."),
    )
    .retry_after(5)
    .into()
}

fn overrun(why: &str, killed: bool) -> Fault {
    tracing::warn!("an image could not be decoded: {why}");
    let refused = if killed {
        let detail = say!(
            "processing the image takes more memory or time than one image may have; export it smaller, or as \
                      JPEG, and upload that"
        );
        Refused::new("S-62", detail)
    } else {
        Refused::damaged(say!("it cannot be decoded"))
    };
    Problem::from(refused).into()
}

fn read(mut answer: Bytes) -> Result<Rendered, Fault> {
    let broken = || overrun("its answer was cut off", false);
    let length = answer.get(..4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes).ok_or_else(broken)?;
    let head = answer.get(4..4 + length as usize).ok_or_else(broken)?;
    let head: Head = serde_json::from_slice(head).map_err(|_| broken())?;
    match head {
        Head::Made { mime, width, height, quality } => {
            Ok(Rendered { bytes: answer.split_off(4 + length as usize), mime, width, height, quality })
        }
        Head::Refused { rule, detail } => {
            let rule = ["S-61", "S-62"].into_iter().find(|known| *known == rule).unwrap_or("S-64");
            Err(Problem::from(Refused::new(rule, detail)).into())
        }
    }
}

/// Decodes one image, in the process that was started for it: `fanfare decode` calls this and nothing else.
pub fn serve(order: &str) -> ExitCode {
    match confined(order) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn confined(order: &str) -> std::io::Result<()> {
    confine()?;
    let order: Order = serde_json::from_str(order)?;
    let mut image = Vec::new();
    std::io::stdin().lock().read_to_end(&mut image)?;
    let (head, file) = match picture::render(&image, order.file_type, &order.convert) {
        Ok(Rendered { bytes, mime, width, height, quality }) => (Head::Made { mime, width, height, quality }, bytes),
        Err(Refused { rule, detail }) => (Head::Refused { rule: rule.to_owned(), detail }, Bytes::new()),
    };
    let head = serde_json::to_vec(&head)?;
    let mut output = std::io::stdout().lock();
    output.write_all(&u32::try_from(head.len()).unwrap_or(u32::MAX).to_be_bytes())?;
    output.write_all(&head)?;
    output.write_all(&file)?;
    output.flush()
}

/// Gives up what decoding does not need, before a byte of the image is read.
fn confine() -> std::io::Result<()> {
    // If the machine runs out of memory, this process is killed first. Only Linux has this file.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let _ = rustix::process::nice(10);
    for (resource, most) in [
        (Resource::Data, MEMORY_MAX_BYTES),
        // Code and libraries are in this one too.
        (Resource::As, MEMORY_MAX_BYTES + (256 << 20)),
        (Resource::Cpu, CPU_MAX_S),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        // Input, output and errors are open already; there can be no fourth.
        (Resource::Nofile, 3),
        (Resource::Nproc, 0),
    ] {
        let most = Some(getrlimit(resource).maximum.map_or(most, |hard| hard.min(most)));
        let limited = setrlimit(resource, Rlimit { current: most, maximum: most });
        // Other systems know some of these and do not enforce others.
        if cfg!(target_os = "linux") {
            limited?;
        }
    }
    Ok(())
}
