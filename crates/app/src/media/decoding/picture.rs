//! Creates a smaller image: decodes within limits, rotates upright, scales, encodes, and reduces quality and size until it is
//! small enough. Runs in the decoding process (S-63), but does not depend on that.

use std::io::Cursor;

use base::say;
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

use super::{Rendered, ink};
use crate::media::{
    FileType, Refused, limits,
    renditions::{Convert, QUALITIES, scaled},
    strip,
};

/// The smallest side that an image is scaled down to for its size in bytes.
const SIDE_MIN: u32 = 64;

/// How often an image is made smaller before giving up.
const STEPS_MAX: usize = 12;

/// Most memory that a decoder may take, in bytes: 64 megapixels at eight bytes each.
const DECODE_MAX_BYTES: u64 = 512 << 20;

/// What a decoder may take beside its pixels, in bytes: a colour profile, tables.
const DECODE_ASIDE_BYTES: u64 = 16 << 20;

/// A see-through image is made smaller down to this part of its planned size; below that it is laid on white instead,
/// because a small picture is worse than a white edge.
const SEE_THROUGH_SCALE_MIN: f64 = 2.0 / 3.0;

/// Makes a rendition. Decoding 12 megapixels takes a tenth of a second and more.
pub(in crate::media) fn render(bytes: &[u8], file_type: FileType, convert: &Convert) -> Result<Rendered, Refused> {
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
        // A file grows about as its area does; a little less, so that the next step is likely the last.
        let scale = (convert.bytes_max as f64 / smallest as f64).sqrt().clamp(0.4, 0.9) * 0.95;
        let becomes = f64::from(size.0) * scale / f64::from(convert.width.max(1));
        let shrinks = becomes >= SEE_THROUGH_SCALE_MIN && source.alpha();
        if let Some(other) = convert.fallback.filter(|other| *other != mime && !shrinks) {
            mime = other;
            continue;
        }
        size = scaled(size.0, size.1, scale);
        if size.0.max(size.1) < SIDE_MIN {
            break;
        }
    }
    let limit = convert.bytes_max;
    Err(Refused::new("S-62", say!("the image cannot be made smaller than {limit} bytes and still be seen")))
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
    let format = format(file_type).ok_or_else(|| Refused::new("S-61", say!("a video cannot become an image")))?;
    let turned = strip::orientation(bytes, file_type);
    let printed = if file_type == FileType::Jpeg { ink::decode(bytes) } else { None };
    let (pixels, profile) = match printed {
        Some(pixels) => (pixels, None),
        None => pixels(bytes, format)?,
    };
    let mut picture = DynamicImage::ImageRgba8(pixels);
    if let Some(turned) = Orientation::from_exif(turned) {
        picture.apply_orientation(turned);
    }
    Ok(Source { pixels: picture.into_rgba8(), profile })
}

/// The first frame as stored, and its colour profile.
fn pixels(bytes: &[u8], format: ImageFormat) -> Result<(RgbaImage, Option<Vec<u8>>), Refused> {
    let unreadable =
        |error: image::ImageError| Refused::damaged(say!("it cannot be decoded: {error}", error = error.to_string()));
    let size = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().map_err(unreadable)?;
    limits::check_size(size.0, size.1)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut within = Limits::default();
    within.max_image_width = Some(limits::SIDE_MAX);
    within.max_image_height = Some(limits::SIDE_MAX);
    let wanted = u64::from(size.0) * u64::from(size.1) * 12 + DECODE_ASIDE_BYTES;
    within.max_alloc = Some(wanted.min(DECODE_MAX_BYTES));
    reader.limits(within);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    // A profile for ink or for grey would be wrong for the red, green and blue that is written.
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| profile.get(16..20) == Some(b"RGB "));
    let profile = profile.filter(|profile| profile.len() <= strip::PROFILE_MAX_BYTES);
    let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    Ok((picture.into_rgba8(), profile))
}

fn resize(pixels: RgbaImage, (width, height): (u32, u32)) -> Result<RgbaImage, Refused> {
    let failed = |error: &dyn std::error::Error| {
        Refused::damaged(say!("it cannot be scaled: {error}", error = error.to_string()))
    };
    let (from_width, from_height) = pixels.dimensions();
    let kind = fast_image_resize::PixelType::U8x4;
    let from = Image::from_vec_u8(from_width, from_height, pixels.into_raw(), kind).map_err(|error| failed(&error))?;
    let mut to = Image::new(width, height, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(fast_image_resize::FilterType::Lanczos3));
    Resizer::new().resize(&from, &mut to, &options).map_err(|error| failed(&error))?;
    RgbaImage::from_raw(width, height, to.into_vec()).ok_or_else(|| Refused::damaged(say!("it cannot be scaled")))
}

/// Encodes at the best quality that is small enough; otherwise returns the smallest size reached.
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
            return Ok(Ok(Rendered { bytes: bytes.into(), mime, width, height, quality: *quality }));
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
            return Err(Refused::new("S-61", say!("{mime} cannot be written", mime = mime.mime())));
        }
    };
    written.map_err(|error| Refused::damaged(say!("it cannot be encoded: {error}", error = error.to_string())))?;
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
