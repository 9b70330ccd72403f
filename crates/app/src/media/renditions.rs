//! The form of an image that a channel takes: planned from its measures and the channel's rules, then made.
//!
//! Planning is pure and says why, so that the composer can show it. Making one is work for a thread of its own
//! (`spawn_blocking`): decode within limits, turn upright, scale, encode, and step down until it is small enough.

use std::io::Cursor;

use bytes::Bytes;
use connector::ImageRules;
use fast_image_resize::{ResizeAlg, ResizeOptions, Resizer, images::Image};
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits, RgbaImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
        webp::WebPEncoder,
    },
    metadata::Orientation,
};

use super::{FileType, Probe, Refused, limits, strip};

/// JPEG qualities, best first: the steps from "no difference" to "still fine on a phone".
const QUALITIES: &[u8] = &[90, 85, 80, 75, 68, 60, 50];

/// The smallest side that an image is scaled down to for its size in bytes.
const SIDE_MIN: u32 = 64;

/// How often an image is made smaller before it is given up.
const STEPS_MAX: usize = 12;

/// Most memory that a decoder may take, in bytes: 64 megapixels at eight bytes each.
const DECODE_MAX_BYTES: u64 = 512 << 20;

/// What happens to a file for one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It goes as it is.
    Keep {
        /// In a sentence, for the composer.
        why: String,
    },
    /// A rendition is made.
    Convert(Convert),
}

/// A rendition to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convert {
    /// The type it will have.
    pub mime: FileType,
    /// The type to take instead if it cannot be made small enough without visible loss (JPEG for PNG).
    pub fallback: Option<FileType>,
    /// Width in pixels to begin with; it may become less to meet `bytes_max`.
    pub width: u32,
    /// Height in pixels to begin with.
    pub height: u32,
    /// The qualities to try in turn, for types that have any.
    pub qualities: &'static [u8],
    /// The largest file in bytes.
    pub bytes_max: u64,
    /// In a sentence, for the composer.
    pub why: String,
}

impl Plan {
    /// The sentence for the composer.
    pub fn why(&self) -> &str {
        match self {
            Self::Keep { why } => why,
            Self::Convert(convert) => &convert.why,
        }
    }
}

/// Plans the rendition of an image for these rules. Fails where no type that the channel takes can be made.
pub fn plan(probe: &Probe, rules: &ImageRules) -> Result<Plan, Refused> {
    if probe.file_type.is_video() {
        return Err(Refused::new("S-61", "a video cannot become an image; choose an image for this channel"));
    }
    let (width, height) = fitted(probe.width, probe.height, rules);
    let reasons = reasons(probe, rules, (width, height));
    if reasons.is_empty() {
        return Ok(Plan::Keep { why: "it fits as it is".to_owned() });
    }
    let mime = target(probe, rules)?;
    let fallback = (mime == FileType::Png && takes(rules, FileType::Jpeg)).then_some(FileType::Jpeg);
    let why = reasons.join("; ");
    Ok(Plan::Convert(Convert { mime, fallback, width, height, qualities: QUALITIES, bytes_max: rules.bytes_max, why }))
}

fn takes(rules: &ImageRules, file_type: FileType) -> bool {
    rules.mime.iter().any(|mime| mime == file_type.mime())
}

fn reasons(probe: &Probe, rules: &ImageRules, fitted: (u32, u32)) -> Vec<String> {
    let mut reasons = Vec::new();
    if !takes(rules, probe.file_type) {
        let known = rules.mime.join(", ");
        reasons.push(format!("the channel does not take {} (it takes {known})", probe.file_type.mime()));
        if probe.frames > 1 {
            reasons.push("only the first frame of the animation is kept".to_owned());
        }
    }
    if fitted != (probe.width, probe.height) {
        let (width, height) = fitted;
        reasons.push(format!("{}×{} pixels is too large; scaled to {width}×{height}", probe.width, probe.height));
    }
    if probe.size_bytes > rules.bytes_max {
        reasons.push(format!("{} bytes is too large; at most {} are taken", probe.size_bytes, rules.bytes_max));
    }
    if probe.orientation != 1 {
        reasons.push("turned upright, for channels that do not read the orientation".to_owned());
    }
    reasons
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
    best.copied().ok_or_else(|| Refused::new("S-61", "the channel takes no image type that can be made from this one"))
}

/// The largest size within the rules, in the same proportions.
fn fitted(width: u32, height: u32, rules: &ImageRules) -> (u32, u32) {
    let by_side = f64::from(rules.side_max) / f64::from(width.max(height).max(1));
    let by_pixels = (rules.pixels_max as f64 / (f64::from(width) * f64::from(height)).max(1.0)).sqrt();
    let scale = by_side.min(by_pixels);
    if scale >= 1.0 { (width, height) } else { scaled(width, height, scale) }
}

fn scaled(width: u32, height: u32, scale: f64) -> (u32, u32) {
    // Rounded down, so that the limit holds; a float of at most 16,384 fits.
    let side = |side: u32| ((f64::from(side) * scale).floor() as u32).max(1);
    (side(width), side(height))
}

/// A rendition, made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The file. It has no metadata but a colour profile.
    pub bytes: Bytes,
    /// Its type.
    pub mime: FileType,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The JPEG quality in the end, where there is one.
    pub quality: Option<u8>,
}

/// Makes a rendition. Work for a thread of its own: decoding 12 megapixels takes a tenth of a second and more.
pub fn render(bytes: &[u8], file_type: FileType, convert: &Convert) -> Result<Rendered, Refused> {
    limits::measure(bytes, file_type)?;
    let mut source = decode(bytes, file_type)?;
    let mut size = (convert.width, convert.height);
    let mut mime = convert.mime;
    for _ in 0..STEPS_MAX {
        if (source.pixels.width(), source.pixels.height()) != size {
            source.pixels = resize(source.pixels, size)?;
        }
        let smallest = match attempt(&source, mime, convert)? {
            Ok(made) => return Ok(made),
            Err(smallest) => smallest,
        };
        if let Some(other) = convert.fallback.filter(|other| *other != mime && !source.alpha()) {
            mime = other;
            continue;
        }
        // A file grows about as its area does; a little less, so that the next step is likely the last.
        let scale = (convert.bytes_max as f64 / smallest as f64).sqrt().clamp(0.4, 0.9) * 0.95;
        size = scaled(size.0, size.1, scale);
        if size.0.max(size.1) < SIDE_MIN {
            break;
        }
    }
    let limit = convert.bytes_max;
    Err(Refused::new("S-62", format!("the image cannot be made smaller than {limit} bytes and still be seen")))
}

struct Source {
    pixels: RgbaImage,
    profile: Option<Vec<u8>>,
}

impl Source {
    fn alpha(&self) -> bool {
        self.pixels.pixels().any(|pixel| pixel.0[3] != 255)
    }
}

fn format(file_type: FileType) -> Option<ImageFormat> {
    match file_type {
        FileType::Jpeg => Some(ImageFormat::Jpeg),
        FileType::Png => Some(ImageFormat::Png),
        FileType::Webp => Some(ImageFormat::WebP),
        FileType::Gif => Some(ImageFormat::Gif),
        FileType::Mp4 | FileType::Mov => None,
    }
}

/// The first frame, upright, in eight bits per colour.
fn decode(bytes: &[u8], file_type: FileType) -> Result<Source, Refused> {
    let unreadable = |error: image::ImageError| Refused::damaged(&format!("it cannot be decoded: {error}"));
    let format = format(file_type).ok_or_else(|| Refused::new("S-61", "a video cannot become an image"))?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut within = Limits::default();
    within.max_image_width = Some(limits::SIDE_MAX);
    within.max_image_height = Some(limits::SIDE_MAX);
    within.max_alloc = Some(DECODE_MAX_BYTES);
    reader.limits(within);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    limits::check_size(width, height)?;
    // A profile for ink or for grey would be wrong for the red, green and blue that is written.
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| profile.get(16..20) == Some(b"RGB "));
    let turned = strip::orientation(bytes, file_type);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    if let Some(turned) = Orientation::from_exif(turned) {
        picture.apply_orientation(turned);
    }
    Ok(Source { pixels: picture.into_rgba8(), profile })
}

fn resize(pixels: RgbaImage, (width, height): (u32, u32)) -> Result<RgbaImage, Refused> {
    let failed = |error: &dyn std::error::Error| Refused::damaged(&format!("it cannot be scaled: {error}"));
    let (from_width, from_height) = pixels.dimensions();
    let kind = fast_image_resize::PixelType::U8x4;
    let from = Image::from_vec_u8(from_width, from_height, pixels.into_raw(), kind).map_err(|error| failed(&error))?;
    let mut to = Image::new(width, height, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(fast_image_resize::FilterType::Lanczos3));
    Resizer::new().resize(&from, &mut to, &options).map_err(|error| failed(&error))?;
    RgbaImage::from_raw(width, height, to.into_vec()).ok_or_else(|| Refused::damaged("it cannot be scaled"))
}

/// Encodes at the best quality that is small enough; otherwise tells how small it got.
fn attempt(source: &Source, mime: FileType, convert: &Convert) -> Result<Result<Rendered, u64>, Refused> {
    let qualities: &[Option<u8>] = &match mime {
        FileType::Jpeg => convert.qualities.iter().copied().map(Some).collect::<Vec<_>>(),
        _ => vec![None],
    };
    let opaque = (mime == FileType::Jpeg || !source.alpha()).then(|| on_white(&source.pixels));
    let mut smallest = u64::MAX;
    for quality in qualities {
        let bytes = encode(source, opaque.as_deref(), mime, *quality)?;
        smallest = smallest.min(bytes.len() as u64);
        if smallest <= convert.bytes_max {
            let (width, height) = source.pixels.dimensions();
            return Ok(Ok(Rendered { bytes: Bytes::from(bytes), mime, width, height, quality: *quality }));
        }
    }
    Ok(Err(smallest))
}

/// Red, green and blue of the pixels, laid on white: JPEG cannot be see-through.
fn on_white(pixels: &RgbaImage) -> Vec<u8> {
    let mut opaque = Vec::with_capacity(pixels.as_raw().len() / 4 * 3);
    for [red, green, blue, alpha] in pixels.pixels().map(|pixel| pixel.0) {
        let over = |colour: u8| {
            let mixed = u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX)
        };
        opaque.extend_from_slice(&[over(red), over(green), over(blue)]);
    }
    opaque
}

fn encode(source: &Source, opaque: Option<&[u8]>, mime: FileType, quality: Option<u8>) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::new();
    let pixels = opaque.unwrap_or(source.pixels.as_raw());
    let colours = if opaque.is_some() { ExtendedColorType::Rgb8 } else { ExtendedColorType::Rgba8 };
    let size = source.pixels.dimensions();
    let profile = source.profile.clone();
    let written = match mime {
        FileType::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut out, quality.unwrap_or(QUALITIES[0]));
            write(encoder, pixels, size, colours, profile)
        }
        FileType::Png => {
            let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive);
            write(encoder, pixels, size, colours, profile)
        }
        FileType::Webp => write(WebPEncoder::new_lossless(&mut out), pixels, size, colours, profile),
        FileType::Gif | FileType::Mp4 | FileType::Mov => {
            return Err(Refused::new("S-61", format!("{} cannot be written", mime.mime())));
        }
    };
    written.map_err(|error| Refused::damaged(&format!("it cannot be encoded: {error}")))?;
    Ok(out)
}

fn write(
    mut encoder: impl ImageEncoder,
    pixels: &[u8],
    (width, height): (u32, u32),
    colours: ExtendedColorType,
    profile: Option<Vec<u8>>,
) -> image::ImageResult<()> {
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).map_err(image::ImageError::Unsupported)?;
    }
    encoder.write_image(pixels, width, height, colours)
}
