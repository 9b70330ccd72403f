//! Creates a smaller image: decodes within limits, rotates upright, scales, encodes, and reduces quality and size until it is
//! small enough. Runs in the decoding process (S-63), but does not depend on that.

use base::say;
use connector::Fit;
use pixels::{Encoding, ImageFormat, RgbaImage};

use super::Rendered;
use crate::media::{
    FileType, Refused, limits,
    renditions::{Convert, QUALITIES, scaled},
    strip,
};

/// The smallest side that an image is scaled down to for its size in bytes.
const SIDE_MIN: u32 = 64;

/// How often an image is made smaller before giving up.
const STEPS_MAX: usize = 12;

const BOUNDS: pixels::Bounds = pixels::Bounds {
    side_max: limits::SIDE_MAX,
    profile_max_bytes: strip::PROFILE_MAX_BYTES,
    // 64 megapixels at eight bytes each.
    decode_max_bytes: 512 << 20,
};

/// A see-through image is made smaller down to this part of its planned size; below that it is laid on white instead,
/// because a small picture is worse than a white edge.
const SEE_THROUGH_SCALE_MIN: f64 = 2.0 / 3.0;

/// Makes a rendition. Decoding 12 megapixels takes a tenth of a second and more.
pub(in crate::media) fn render(bytes: &[u8], file_type: FileType, convert: &Convert) -> Result<Rendered, Refused> {
    limits::measure(bytes, file_type)?;
    let mut source = decode(bytes, file_type)?;
    let mut size = (convert.width, convert.height);
    let mut mime = convert.mime;
    source.pixels = match convert.fit {
        Some(Fit::Crop) => pixels::crop(&source.pixels, size),
        Some(Fit::Pad) => pixels::pad(source.pixels, size).ok_or_else(unscaled)?,
        None => source.pixels,
    };
    for _ in 0..STEPS_MAX {
        if (source.pixels.width(), source.pixels.height()) != size {
            source.pixels = pixels::resize(source.pixels, size).ok_or_else(unscaled)?;
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

fn unscaled() -> Refused {
    Refused::damaged(say!("it cannot be scaled"))
}

struct Source {
    pixels: RgbaImage,
    profile: Option<Vec<u8>>,
}

impl Source {
    fn alpha(&self) -> bool {
        pixels::see_through(&self.pixels)
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
    let unreadable =
        |error: pixels::ImageError| Refused::damaged(say!("it cannot be decoded: {error}", error = error.to_string()));
    let is_jpeg = file_type == FileType::Jpeg;
    let printed = is_jpeg.then(|| pixels::decode_ink(bytes, strip::jpeg::says_adobe(bytes), BOUNDS)).flatten();
    let (stored, profile) = match printed {
        Some(stored) => (stored, None),
        None => {
            let (width, height) = pixels::dimensions(bytes, format).map_err(unreadable)?;
            limits::check_size(width, height)?;
            pixels::decode(bytes, format, BOUNDS).map_err(unreadable)?
        }
    };
    Ok(Source { pixels: pixels::upright(stored, strip::orientation(bytes, file_type)), profile })
}

/// Encodes at the best quality that is small enough; otherwise returns the smallest size reached.
fn attempt(source: &Source, mime: FileType, convert: &Convert) -> Result<Result<Rendered, u64>, Refused> {
    let qualities: &[Option<u8>] = &match mime {
        FileType::Jpeg => convert.qualities.iter().copied().map(Some).collect::<Vec<_>>(),
        _ => vec![None],
    };
    let opaque = (mime == FileType::Jpeg || !source.alpha()).then(|| pixels::on_white(&source.pixels));
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

fn encode(source: &Source, opaque: Option<&[u8]>, mime: FileType, quality: Option<u8>) -> Result<Vec<u8>, Refused> {
    let encoding = match mime {
        FileType::Jpeg => Encoding::Jpeg(quality.unwrap_or(QUALITIES[0])),
        FileType::Png => Encoding::Png,
        FileType::Webp => Encoding::Webp,
        FileType::Gif | FileType::Mp4 | FileType::Mov => {
            return Err(Refused::new("S-61", say!("{mime} cannot be written", mime = mime.mime())));
        }
    };
    pixels::encode(&source.pixels, opaque, encoding, source.profile.clone())
        .map_err(|error| Refused::damaged(say!("it cannot be encoded: {error}", error = error.to_string())))
}
