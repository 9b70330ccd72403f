//! Plans the form in which a channel gets a video, from its measures and the channel's rules. Pure, and says why.

use base::{Text, say};
use connector::{VideoCoding, VideoRules};

use super::{Picture, Sound, Transcode, UNCONVERTED};
use crate::media::{FileType, Plan, Probe, Refused, renditions};

/// What the sound is made into, in bits per second.
pub(super) const SOUND_BITS: u64 = 128_000;
/// Beyond this many bits per second, a limit limits nothing; ffmpeg takes numbers up to 2^31.
const BITS_LIMITED_MAX: u64 = 500_000_000;
/// The fewest bits per second of a picture that can still be seen.
const PICTURE_BITS_MIN: u64 = 200_000;
/// The fewest bits per pixel of each frame, in thousandths; with fewer, a smaller picture looks better.
const BITS_PER_PIXEL_MIN_MILLI: u128 = 25;
/// How much of the size in bytes is left for picture and sound, in percent: tables, and a rate that is met on average only.
const PAYLOAD_PERCENT: u128 = 92;
/// Frames per second of a video that doesn't say.
const FRAMES_ASSUMED: u32 = 30;

/// Plans a video for these rules. `converts`: whether this installation can convert videos.
///
/// # Errors
/// Why the channel cannot take it, with the numbers and what to do.
pub(in crate::media) fn plan(probe: &Probe, rules: &VideoRules, converts: bool) -> Result<Plan, Refused> {
    length(probe, rules)?;
    let misfits = Misfits::of(probe, rules);
    let only_container = misfits.picture.is_none() && misfits.sound.is_none() && !misfits.limits && !misfits.index;
    if only_container && !misfits.container {
        return Ok(Plan::Keep { why: say!("it fits as it is; picture and sound are unchanged") });
    }
    let rewraps = misfits.container && rewraps(probe) && takes(rules, FileType::Mp4);
    if only_container && rewraps {
        return Ok(Plan::Rewrap { why: say!("the channel accepts MP4; picture and sound are unchanged") });
    }
    if converts && takes(rules, FileType::Mp4) {
        return transcode(probe, rules, &misfits).map(Plan::Transcode);
    }
    if misfits.container && !rewraps {
        let (mime, known) = (probe.file_type.mime(), rules.mime.join(", "));
        return Err(too_much(say!("the channel doesn't accept {mime} (it accepts {known})")));
    }
    if misfits.limits || misfits.index {
        let why = Text::joined(misfits.reasons(probe, rules, None), "; ");
        let rule = rule(probe, rules);
        return Err(Refused::new(
            rule,
            say!(
                "{why}. Export it smaller, as MP4; or ask the operator to install ffmpeg, with which Fanfare converts videos"
            ),
        ));
    }
    let caution = caution(&misfits);
    Ok(if rewraps {
        Plan::Rewrap { why: say!("the channel accepts MP4; picture and sound are unchanged. {caution}") }
    } else {
        Plan::Keep { why: say!("it fits as it is; picture and sound are unchanged. {caution}") }
    })
}

/// Whether MP4 has a form for what is inside a QuickTime video.
fn rewraps(probe: &Probe) -> bool {
    let picture = probe.video_codec.as_deref().is_some_and(|codec| codec == "hevc" || codec.starts_with("h264"));
    let sound = matches!(probe.audio_codec.as_deref(), None | Some("aac"));
    probe.file_type == FileType::Mov && probe.rewraps && picture && sound
}

fn takes(rules: &VideoRules, file_type: FileType) -> bool {
    rules.mime.iter().any(|known| known == file_type.mime())
}

/// A connector's own check knows sizes in bytes, and nothing else that a conversion would change.
fn rule(probe: &Probe, rules: &VideoRules) -> &'static str {
    if probe.size_bytes > rules.bytes_max { "S-62" } else { UNCONVERTED }
}

fn too_much(why: impl Into<Text>) -> Refused {
    Refused::new("S-62", why)
}

/// No conversion makes a video longer or shorter.
fn length(probe: &Probe, rules: &VideoRules) -> Result<(), Refused> {
    let seconds = |ms: u64| (ms as f64 / 1000.0).to_string();
    match (probe.duration_ms, rules.duration_max_ms, rules.duration_min_ms) {
        (Some(length), Some(most), _) if length > most => Err(too_much(say!(
            "{length} s is too long; at most {most} s are allowed",
            length = seconds(length),
            most = seconds(most)
        ))),
        (Some(length), _, Some(least)) if length < least => Err(too_much(say!(
            "{length} s is too short; at least {least} s are required",
            length = seconds(length),
            least = seconds(least)
        ))),
        _ => Ok(()),
    }
}

/// What of a video a channel doesn't take.
struct Misfits {
    container: bool,
    index: bool,
    /// The picture's codec.
    picture: Option<String>,
    /// The sound's codec.
    sound: Option<String>,
    /// Whether it has too many pixels, frames, bits or bytes.
    limits: bool,
}

impl Misfits {
    fn of(probe: &Probe, rules: &VideoRules) -> Self {
        let coding = &rules.coding;
        let but = |codec: &Option<String>, known: &[String]| codec.clone().filter(|codec| !known.contains(codec));
        Self {
            container: !takes(rules, probe.file_type),
            index: coding.index_first && !probe.index_first,
            picture: but(&probe.video_codec, &coding.picture),
            sound: but(&probe.audio_codec, &coding.sound),
            limits: fitted(probe, coding) != (probe.width, probe.height)
                || is_above(probe.frames_per_second, coding.frames_per_second_max)
                || is_above(bits(probe), coding.bits_per_second_max)
                || probe.size_bytes > rules.bytes_max,
        }
    }

    /// In sentences. `becomes` is the size that the picture is scaled to.
    fn reasons(&self, probe: &Probe, rules: &VideoRules, becomes: Option<(u32, u32)>) -> Vec<Text> {
        let mut reasons = Vec::new();
        if let Some(codec) = &self.picture {
            let codec = name(codec);
            reasons
                .push(say!("{codec} → H.264, because the channel's platform, or a device there, may not play {codec}"));
        }
        if let Some(codec) = &self.sound {
            reasons.push(say!("its sound ({codec}) becomes AAC", codec = name(codec)));
        }
        if self.container {
            reasons.push(renditions::another_type(probe.file_type, &rules.mime));
        }
        let (width, height) = (probe.width, probe.height);
        match becomes.filter(|size| *size != even((width, height))) {
            Some(to) => reasons.push(renditions::too_many_pixels((width, height), to)),
            None if fitted(probe, &rules.coding) != (width, height) => {
                reasons.push(say!("{from} pixels is too large", from = format!("{width}×{height}")));
            }
            None => {}
        }
        if let (Some(rate), Some(most)) = (probe.frames_per_second, rules.coding.frames_per_second_max)
            && rate > most
        {
            reasons.push(say!("{rate} frames per second is too many; at most {most} are allowed"));
        }
        if let (Some(rate), Some(most)) = (bits(probe), rules.coding.bits_per_second_max)
            && rate > most
        {
            let (rate, most) = (rate / 1000, most / 1000);
            reasons.push(say!("{rate} kbit per second is too much; at most {most} are allowed"));
        }
        if probe.size_bytes > rules.bytes_max {
            reasons.push(renditions::too_many_bytes(probe.size_bytes, rules.bytes_max));
        }
        if self.index {
            reasons.push(say!("its index must come first"));
        }
        reasons
    }
}

/// What can't be changed here, and may still be published.
fn caution(misfits: &Misfits) -> Text {
    match (&misfits.picture, &misfits.sound) {
        (Some(codec), _) => {
            let codec = name(codec);
            say!("It is coded as {codec}, which not every platform and device plays; H.264 is the safe choice")
        }
        (None, Some(codec)) => {
            let codec = name(codec);
            say!("Its sound is coded as {codec}, which not every platform and device plays; AAC is the safe choice")
        }
        (None, None) => Text::verbatim(""),
    }
}

fn transcode(probe: &Probe, rules: &VideoRules, misfits: &Misfits) -> Result<Transcode, Refused> {
    let coding = &rules.coding;
    let recodes = misfits.picture.is_some() || misfits.limits;
    let sound = match &probe.audio_codec {
        None => Sound::None,
        Some(_) if misfits.sound.is_some() || misfits.limits => Sound::Aac,
        Some(_) => Sound::Keep,
    };
    let picture = if recodes { Some(picture(probe, rules, sound)?) } else { None };
    let becomes = picture.as_ref().map(|picture| (picture.width, picture.height));
    let reasons = misfits.reasons(probe, rules, becomes);
    Ok(Transcode {
        frames_per_second_max: coding.frames_per_second_max.filter(|_| recodes),
        picture,
        sound,
        bytes_max: rules.bytes_max,
        why: Text::joined(reasons, "; "),
    })
}

fn picture(probe: &Probe, rules: &VideoRules, sound: Sound) -> Result<Picture, Refused> {
    let coding = &rules.coding;
    let by_size = probe.duration_ms.filter(|length| *length > 0).map(|length| {
        let bits = u128::from(rules.bytes_max) * 8 * 1000 * PAYLOAD_PERCENT / 100 / u128::from(length);
        u64::try_from(bits).unwrap_or(u64::MAX)
    });
    let whole = [by_size, coding.bits_per_second_max].into_iter().flatten().min();
    let bits = whole.map(|bits| bits.saturating_sub(if sound == Sound::None { 0 } else { SOUND_BITS }));
    if bits.is_some_and(|bits| bits < PICTURE_BITS_MIN) || by_size.is_none() && probe.size_bytes > rules.bytes_max {
        let most = rules.bytes_max;
        let detail = say!("the video is too long to fit into {most} bytes; shorten it");
        return Err(Refused::new(rule(probe, rules), detail));
    }
    let (mut width, mut height) = fitted(probe, coding);
    if let Some(bits) = bits {
        let frames = probe.frames_per_second.unwrap_or(FRAMES_ASSUMED).max(1);
        let frames = coding.frames_per_second_max.map_or(frames, |most| frames.min(most));
        let pixels = u128::from(bits) * 1000 / BITS_PER_PIXEL_MIN_MILLI / u128::from(frames);
        (width, height) = within((width, height), u64::try_from(pixels).unwrap_or(u64::MAX));
    }
    let (width, height) = even((width, height));
    Ok(Picture { width, height, bits_per_second_max: bits.filter(|bits| *bits <= BITS_LIMITED_MAX) })
}

fn is_above<T: PartialOrd>(found: Option<T>, most: Option<T>) -> bool {
    matches!((found, most), (Some(found), Some(most)) if found > most)
}

/// Bits per second, on average.
fn bits(probe: &Probe) -> Option<u64> {
    let length = probe.duration_ms.filter(|length| *length > 0)?;
    Some(probe.size_bytes.saturating_mul(8_000) / length)
}

/// The largest size within the rules, in the same proportions.
fn fitted(probe: &Probe, coding: &VideoCoding) -> (u32, u32) {
    let longest = probe.width.max(probe.height).max(1);
    let by_side = coding.side_max.filter(|most| longest > *most).map(|most| f64::from(most) / f64::from(longest));
    let size = by_side.map_or((probe.width, probe.height), |scale| scaled((probe.width, probe.height), scale));
    within(size, coding.pixels_max.unwrap_or(u64::MAX))
}

fn within(size: (u32, u32), pixels_max: u64) -> (u32, u32) {
    let pixels = u64::from(size.0) * u64::from(size.1);
    if pixels <= pixels_max { size } else { scaled(size, (pixels_max as f64 / pixels as f64).sqrt()) }
}

fn scaled((width, height): (u32, u32), scale: f64) -> (u32, u32) {
    crate::media::renditions::scaled(width, height, scale)
}

/// H.264 in its common form has no odd sides.
fn even((width, height): (u32, u32)) -> (u32, u32) {
    ((width & !1).max(2), (height & !1).max(2))
}

/// A codec's name for people.
fn name(codec: &str) -> String {
    match codec {
        "hevc" | "av1" | "vp9" | "opus" => codec.to_uppercase(),
        "mp4v" => "MPEG-4".to_owned(),
        "apcn" | "apch" | "apcs" | "apco" | "ap4h" | "ap4x" => "ProRes".to_owned(),
        "h264 10-bit" | "h264 4:2:2" | "h264 4:4:4" => codec.replacen("h264", "H.264", 1),
        other => other.to_owned(),
    }
}
