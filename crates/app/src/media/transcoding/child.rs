//! The process in which ffmpeg converts one video: how it is started, its limits, its progress.
//!
//! ffmpeg reads the video from its standard input and writes to its standard output, both of them files without a name, and
//! tells its progress on its standard error. The copy of this program that starts it first gives up the network, and all files
//! but these two and the system's libraries (Landlock, where Linux has it), limits memory, processor time and the
//! size of the result, and asks to be killed when its parent dies. Then it becomes ffmpeg.

use std::{
    ffi::OsString,
    fs::File,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{ExitCode, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use base::say;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::{Sound, Transcode, Transcoder, plan::SOUND_BITS};
use crate::media::{Refused, limits};

/// Most memory of ffmpeg's own, in bytes: frames of 4K that refer to sixteen others, and those that the encoder looks ahead.
const MEMORY_MAX_BYTES: u64 = 1536 << 20;
/// Address space beyond that, for code and libraries, in bytes.
const LIBRARIES_MAX_BYTES: u64 = 1 << 30;
/// Processor time for any video, in seconds, and for each second of one.
const CPU_MAX_S: (u64, u64) = (300, 30);
/// Most that is kept of what ffmpeg says goes wrong, in bytes.
const WORDS_MAX_BYTES: usize = 2_000;

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Failed {
    /// This video can't be converted by any process.
    Refused(Refused),
    /// It may go better another time; the text is for the log.
    Unavailable(String),
}

/// What ffmpeg is to do, for the process that becomes it.
#[derive(Serialize, Deserialize)]
struct Order {
    ffmpeg: PathBuf,
    work: Transcode,
    length_ms: u64,
    /// The process that asks: ffmpeg ends with it.
    parent: u32,
}

/// Converts the video in `input` into `output`, an empty file. `percent` says how far it is.
///
/// # Errors
/// A video that can't be converted, or not within the limits; a process that can't be started.
pub(super) async fn run(
    transcoder: &Transcoder,
    work: &Transcode,
    length_ms: u64,
    (input, output): (File, File),
    percent: &AtomicU32,
) -> Result<(), Failed> {
    let unavailable = |error: &dyn std::fmt::Display| Failed::Unavailable(error.to_string());
    let mut command = match &transcoder.confined_by {
        Some(program) => {
            let order =
                Order { ffmpeg: transcoder.ffmpeg.clone(), work: work.clone(), length_ms, parent: std::process::id() };
            let order = serde_json::to_string(&order).map_err(|error| unavailable(&error))?;
            let mut command = tokio::process::Command::new(program);
            command.args(["transcode", &order]).env("MIMALLOC_ARENA_RESERVE", "65536");
            command
        }
        None => {
            let mut command = tokio::process::Command::new(&transcoder.ffmpeg);
            command.args(arguments(work));
            command
        }
    };
    command.env_clear().stdin(Stdio::from(input)).stdout(Stdio::from(output)).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().map_err(|error| unavailable(&error))?;
    let Some(told) = child.stderr.take() else { return Err(unavailable(&"no output")) };
    let listening = listen(told, length_ms, transcoder, percent);
    let Ok(words) = listening.await else {
        // Dropped here, it is killed.
        tracing::warn!("ffmpeg made no progress for {} s and was stopped", transcoder.silence_max.as_secs());
        return Err(Failed::Refused(too_much()));
    };
    let status = child.wait().await.map_err(|error| unavailable(&error))?;
    if status.success() { Ok(()) } else { Err(failed(status, &words)) }
}

/// Reads what ffmpeg tells until it ends. `Err` if it makes no progress.
async fn listen(
    told: impl AsyncRead + Unpin,
    length_ms: u64,
    transcoder: &Transcoder,
    percent: &AtomicU32,
) -> Result<String, tokio::time::error::Elapsed> {
    let mut lines = BufReader::new(told).lines();
    let (mut words, mut reached) = (String::new(), 0);
    let mut silent_since = tokio::time::Instant::now();
    while let Ok(Some(line)) = tokio::time::timeout_at(silent_since + transcoder.silence_max, lines.next_line()).await?
    {
        if let Some(at) = line.strip_prefix("out_time_us=") {
            let at: u64 = at.parse().unwrap_or(0);
            if at > reached {
                (reached, silent_since) = (at, tokio::time::Instant::now());
                let done = at / 10 / length_ms.max(1);
                percent.store(u32::try_from(done).unwrap_or(99).min(99), Ordering::Relaxed);
            }
        } else if line.split_once('=').is_none_or(|(name, _)| name.contains(' ')) && words.len() < WORDS_MAX_BYTES {
            words.extend([line.as_str(), "\n"]);
        } else if line == "progress=end" {
            // What follows is moving the index, without a word.
            silent_since = tokio::time::Instant::now();
        }
    }
    Ok(words)
}

fn failed(status: ExitStatus, words: &str) -> Failed {
    tracing::warn!("ffmpeg could not convert a video ({status}): {}", words.trim_end());
    match status.signal() {
        Some(_) => Failed::Refused(too_much()),
        // The copy of this program that could not become ffmpeg.
        None if status.code() == Some(NOT_STARTED.into()) => Failed::Unavailable(format!("{status}")),
        None => Failed::Refused(Refused::damaged(say!("it cannot be converted"))),
    }
}

fn too_much() -> Refused {
    let detail = say!(
        "converting the video takes more memory, time or space than one video may have; export it smaller, as H.264 in \
         MP4, and upload that"
    );
    Refused::new("S-62", detail)
}

/// ffmpeg's arguments. Only the parser of MP4 and QuickTime is open to the file, and no protocol but files and pipes.
fn arguments(work: &Transcode) -> Vec<OsString> {
    let mut arguments: Vec<String> = Vec::new();
    let mut add = |more: &[&str]| arguments.extend(more.iter().map(|&one| one.to_owned()));
    add(&["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-protocol_whitelist", "file,pipe"]);
    add(&["-max_pixels", &limits::PIXELS_MAX.to_string(), "-threads", "1", "-filter_threads", "1"]);
    add(&["-f", "mov", "-i", "/dev/fd/0"]);
    add(&["-map", "0:v:0", "-map", "0:a:0?", "-dn", "-sn", "-map_metadata", "-1", "-map_chapters", "-1"]);
    match &work.picture {
        None => add(&["-c:v", "copy"]),
        Some(picture) => {
            let (width, height) = (picture.width, picture.height);
            add(&["-vf", &format!("scale={width}:{height},setsar=1"), "-pix_fmt", "yuv420p"]);
            add(&["-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-crf", "20", "-threads", "1"]);
            if let Some(bits) = picture.bits_per_second_max {
                add(&["-maxrate", &bits.to_string(), "-bufsize", &bits.to_string()]);
            }
            if let Some(most) = work.frames_per_second_max {
                add(&["-fpsmax", &most.to_string()]);
            }
        }
    }
    match work.sound {
        Sound::None => add(&["-an"]),
        Sound::Keep => add(&["-c:a", "copy"]),
        Sound::Aac => add(&["-c:a", "aac", "-b:a", &SOUND_BITS.to_string(), "-ac", "2", "-ar", "48000"]),
    }
    add(&["-movflags", "+faststart", "-use_editlist", "0", "-progress", "pipe:2", "-f", "mp4", "-y", "/dev/fd/1"]);
    arguments.into_iter().map(OsString::from).collect()
}

/// How the process ends that could not become ffmpeg.
const NOT_STARTED: u8 = 111;

/// Becomes ffmpeg, in the process that was started for it: `fanfare transcode` calls this and nothing else.
pub fn serve(order: &str) -> ExitCode {
    let started = serde_json::from_str::<Order>(order).map_err(std::io::Error::from).and_then(|order| {
        confine(&order)?;
        // This returns only if it fails.
        Err::<(), _>(std::process::Command::new(&order.ffmpeg).args(arguments(&order.work)).env_clear().exec())
    });
    if let Err(error) = started {
        #[expect(clippy::print_stderr, reason = "the process that started this one reads it")]
        {
            eprintln!("ffmpeg could not be started: {error}");
        }
    }
    ExitCode::from(NOT_STARTED)
}

/// Gives up what converting doesn't need. What is set here stays when the process becomes ffmpeg.
fn confine(order: &Order) -> std::io::Result<()> {
    // If the machine runs out of memory, this process is killed first. Only Linux has this file.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let _ = rustix::process::nice(19);
    let cpu = CPU_MAX_S.0 + CPU_MAX_S.1 * order.length_ms.div_ceil(1000);
    for (resource, most) in [
        (Resource::Data, MEMORY_MAX_BYTES),
        (Resource::As, MEMORY_MAX_BYTES + LIBRARIES_MAX_BYTES),
        (Resource::Cpu, cpu),
        (Resource::Core, 0),
        (Resource::Fsize, order.work.bytes_max.saturating_add(1 << 20)),
        (Resource::Nofile, 64),
    ] {
        let most = Some(getrlimit(resource).maximum.map_or(most, |hard| hard.min(most)));
        let limited = setrlimit(resource, Rlimit { current: most, maximum: most });
        // Other systems know some of these and do not enforce others.
        if cfg!(target_os = "linux") {
            limited?;
        }
    }
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        // It may have died before this was asked for.
        if std::os::unix::process::parent_id() != order.parent {
            return Err(std::io::Error::other("its parent has ended"));
        }
        close_doors(&order.ffmpeg)?;
    }
    Ok(())
}

/// Closes the network and all files but input, output, and what programs and libraries are read from. A kernel that can't do
/// some of it does the rest.
#[cfg(target_os = "linux")]
fn close_doors(ffmpeg: &Path) -> std::io::Result<()> {
    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, PathBeneath, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
        path_beneath_rules,
    };
    const LIBRARIES: [&str; 6] = ["/usr", "/lib", "/lib64", "/bin", "/opt", "/nix/store"];
    let failed = |error: landlock::RulesetError| std::io::Error::other(error);
    let abi = ABI::V4;
    let programs = LIBRARIES.iter().map(Path::new).chain(ffmpeg.parent());
    let both = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.create())
        .and_then(|rules| rules.add_rules(path_beneath_rules(programs, AccessFs::from_read(abi))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(["/etc/ld.so.cache"], AccessFs::ReadFile)))
        .and_then(|rules| rules.add_rule(PathBeneath::new(std::io::stdin(), AccessFs::ReadFile)))
        .and_then(|rules| rules.add_rule(PathBeneath::new(std::io::stdout(), both)))
        .map_err(failed)?;
    rules.restrict_self().map_err(failed)?;
    Ok(())
}
