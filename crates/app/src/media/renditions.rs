//! Plans the form in which a channel gets an image, from its measures and the channel's rules.
//!
//! Planning is pure and says why, so that the composer can show it. The rendition is made in [`super::decoding`].

use base::{Text, say};
use connector::{Fit, Framing, ImageRules};
use serde::{Deserialize, Serialize};

use super::{FileType, Probe, Refused, transcoding::Transcode};

/// JPEG qualities, best first: the steps from "no difference" to "still fine on a phone".
pub(super) const QUALITIES: &[u8] = &[90, 85, 80, 75, 68, 60, 50];

/// What happens to a file for one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It is sent unchanged.
    Keep {
        /// In a sentence, for the composer.
        why: Text,
    },
    /// A rendition is made.
    Convert(Convert),
    /// A video is converted by ffmpeg.
    Transcode(Transcode),
    /// A QuickTime video is sent as MP4, without re-encoding.
    Rewrap {
        /// In a sentence, for the composer.
        why: Text,
    },
}

/// A rendition to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convert {
    /// The type it will have.
    pub mime: FileType,
    /// The type to take instead if it cannot be made small enough without visible loss (JPEG for PNG, on white where
    /// the image is see-through).
    pub fallback: Option<FileType>,
    /// Width in pixels to begin with; it may become less to meet `bytes_max`.
    pub width: u32,
    /// Height in pixels to begin with.
    pub height: u32,
    /// How it gets the proportions of this size, if it has others.
    #[serde(default)]
    pub fit: Option<Fit>,
    /// The qualities to try in turn, for types that have any.
    pub qualities: Vec<u8>,
    /// The largest file in bytes.
    pub bytes_max: u64,
    /// In a sentence, for the composer.
    pub why: Text,
}

impl Plan {
    /// The sentence for the composer.
    pub fn why(&self) -> &Text {
        match self {
            Self::Keep { why } | Self::Rewrap { why } => why,
            Self::Convert(convert) => &convert.why,
            Self::Transcode(work) => &work.why,
        }
    }
}

/// Plans the rendition of an image for these rules, in the shape that a person chose, if they did. Fails where no type that the
/// channel takes can be made.
pub fn plan(probe: &Probe, rules: &ImageRules, framing: Option<&Framing>) -> Result<Plan, Refused> {
    if probe.file_type.is_video() {
        return Err(Refused::new("S-61", say!("A video can't become an image. Choose an image for this channel.")));
    }
    let own = (probe.width, probe.height);
    let framed_size = framing.and_then(|framing| framed(own, framing));
    let shape = framed_size.unwrap_or(own);
    let fits = fitted(shape.0, shape.1, rules);
    let mut reasons = reasons(probe, rules, shape, fits);
    let framing = framing.filter(|_| framed_size.is_some());
    reasons.extend(framing.map(|framing| reshaped(own, shape, framing.fit)));
    // Scaling rounds, by which a small image may leave the shapes again.
    let within = framing.and_then(|framing| framed(fits, &Framing { fit: Fit::Crop, ..*framing }));
    let (width, height) = within.unwrap_or(fits);
    if reasons.is_empty() {
        return Ok(Plan::Keep { why: say!("it fits as it is") });
    }
    let mime = target(probe, rules)?;
    let fallback = (mime == FileType::Png && takes(rules, FileType::Jpeg)).then_some(FileType::Jpeg);
    let why = Text::joined(reasons, "; ");
    Ok(Plan::Convert(Convert {
        mime,
        fallback,
        width,
        height,
        fit: framing.map(|framing| framing.fit),
        qualities: QUALITIES.to_vec(),
        bytes_max: rules.bytes_max,
        why,
    }))
}

fn takes(rules: &ImageRules, file_type: FileType) -> bool {
    rules.mime.iter().any(|mime| mime == file_type.mime())
}

/// The size that an image has in the shape of a framing; `None` if it has such a shape already.
pub fn framed((width, height): (u32, u32), framing: &Framing) -> Option<(u32, u32)> {
    /// A little inside, so that rounding a scaled size doesn't lead out again.
    const INSIDE: f64 = 0.0025;
    let ratio = |(width, height): (u32, u32)| f64::from(width) / f64::from(height.max(1));
    let (own, narrowest, widest) = (ratio((width, height)), ratio(framing.narrowest), ratio(framing.widest));
    let wanted = match () {
        () if own < narrowest => (narrowest * (1.0 + INSIDE)).min(widest),
        () if own > widest => (widest * (1.0 - INSIDE)).max(narrowest),
        () => return None,
    };
    let side = |side: f64| (side.round() as u32).max(1);
    let is_narrow = own < wanted;
    // Cutting takes from the longer side, edges are added to the shorter one.
    Some(match (framing.fit, is_narrow) {
        (Fit::Crop, true) | (Fit::Pad, false) => (width, side(f64::from(width) / wanted)),
        (Fit::Crop, false) | (Fit::Pad, true) => (side(f64::from(height) * wanted), height),
    })
}

/// Why an image gets another shape.
pub fn reshaped(from: (u32, u32), to: (u32, u32), fit: Fit) -> Text {
    let ((from_width, from_height), (width, height)) = (from, to);
    match fit {
        Fit::Pad => say!(
            "{from_width}×{from_height} is a shape that the channel doesn't show; white edges make it {width}×{height}"
        ),
        Fit::Crop => say!(
            "{from_width}×{from_height} is a shape that the channel doesn't show; it is cropped to the middle, {width}×{height}"
        ),
    }
}

fn reasons(probe: &Probe, rules: &ImageRules, shape: (u32, u32), fitted: (u32, u32)) -> Vec<Text> {
    let mut reasons = Vec::new();
    if !takes(rules, probe.file_type) {
        reasons.push(another_type(probe.file_type, &rules.mime));
        if probe.frames > 1 {
            reasons.push(say!("only the first frame of the animation is kept: it will be a still image"));
        }
    }
    if fitted != shape {
        reasons.push(too_many_pixels(shape, fitted));
    }
    if probe.size_bytes > rules.bytes_max {
        reasons.push(too_many_bytes(probe.size_bytes, rules.bytes_max));
        if probe.alpha && takes(rules, FileType::Jpeg) {
            reasons.push(say!("transparent areas become white if the image would be too small otherwise"));
        }
    }
    if probe.cmyk {
        reasons.push(say!("its colours are for print (CMYK); converted for screens"));
    }
    if probe.orientation != 1 {
        reasons.push(say!("turned upright, for channels that ignore the orientation"));
    }
    reasons
}

/// Why a file is converted: its type.
pub(super) fn another_type(is: FileType, accepted: &[String]) -> Text {
    say!("the channel doesn't accept {mime} (it accepts {known})", mime = is.mime(), known = accepted.join(", "))
}

/// Why a picture is scaled.
pub(super) fn too_many_pixels(from: (u32, u32), to: (u32, u32)) -> Text {
    let pixels = |(width, height): (u32, u32)| format!("{width}×{height}");
    say!("{from} pixels is too large; scaled to {to}", from = pixels(from), to = pixels(to))
}

/// Why a file is made smaller.
pub(super) fn too_many_bytes(size_bytes: u64, bytes_max: u64) -> Text {
    say!("{size_bytes} bytes is too large; at most {bytes_max} are allowed")
}

/// The type to convert to: its own if it can be written, PNG for what is see-through, else the channel's first.
fn target(probe: &Probe, rules: &ImageRules) -> Result<FileType, Refused> {
    let writable = [FileType::Jpeg, FileType::Png, FileType::Webp];
    let of_channel: Vec<FileType> = rules.mime.iter().filter_map(|mime| FileType::of_mime(mime)).collect();
    let possible: Vec<FileType> = of_channel.into_iter().filter(|it| writable.contains(it)).collect();
    if probe.file_type != FileType::Webp && possible.contains(&probe.file_type) {
        return Ok(probe.file_type);
    }
    if probe.alpha && possible.contains(&FileType::Png) {
        return Ok(FileType::Png);
    }
    // WebP is written without loss and so comes last: it is rarely the smaller one for a photograph.
    let best = possible.iter().find(|it| **it != FileType::Webp).or(possible.first());
    best.copied()
        .ok_or_else(|| Refused::new("S-61", say!("The channel accepts no image type that can be made from this one.")))
}

/// The largest size within the rules, in the same proportions.
fn fitted(width: u32, height: u32, rules: &ImageRules) -> (u32, u32) {
    let by_side = f64::from(rules.side_max) / f64::from(width.max(height).max(1));
    let by_pixels = (rules.pixels_max as f64 / (f64::from(width) * f64::from(height)).max(1.0)).sqrt();
    let scale = by_side.min(by_pixels);
    if scale >= 1.0 { (width, height) } else { scaled(width, height, scale) }
}

pub(super) fn scaled(width: u32, height: u32, scale: f64) -> (u32, u32) {
    // Rounded down, so that the limit holds; a float of at most 16,384 fits.
    let side = |side: u32| ((f64::from(side) * scale).floor() as u32).max(1);
    (side(width), side(height))
}
