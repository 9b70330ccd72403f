//! What uploaded bytes are, by their content. Networks do not believe the client's content type.

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sniffed {
    /// The content type.
    pub content_type: &'static str,
    /// Width and height in pixels, where the format says so near its beginning.
    pub size: Option<(u32, u32)>,
    /// Whether it is an animation (GIF with more than one frame).
    pub animated: bool,
    /// How long it plays, in seconds, where the format says so (MP4 and QuickTime).
    pub seconds: Option<f64>,
}

/// Looks at the bytes; `None` if no known format begins like this.
pub fn sniff(bytes: &[u8]) -> Option<Sniffed> {
    let content_type = infer::get(bytes)?.mime_type();
    let size = match content_type {
        "image/png" => png_size(bytes),
        "image/gif" => gif_size(bytes),
        "image/jpeg" => jpeg_size(bytes),
        "image/webp" => webp_size(bytes),
        _ => None,
    };
    let is_film = matches!(content_type, "video/mp4" | "video/quicktime" | "video/x-m4v");
    let animated = content_type == "image/gif" && count(bytes, &[0x21, 0xf9, 0x04]) > 1;
    Some(Sniffed { content_type, size, animated, seconds: is_film.then(|| film_seconds(bytes)).flatten() })
}

fn count(bytes: &[u8], piece: &[u8]) -> usize {
    bytes.windows(piece.len()).filter(|window| *window == piece).count()
}

fn big(bytes: &[u8], at: usize, wide: usize) -> Option<u64> {
    Some(bytes.get(at..at + wide)?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
}

fn little(bytes: &[u8], at: usize, wide: usize) -> Option<u32> {
    Some(bytes.get(at..at + wide)?.iter().rev().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
}

fn big32(bytes: &[u8], at: usize, wide: usize) -> Option<u32> {
    u32::try_from(big(bytes, at, wide)?).ok()
}

fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((big32(bytes, 16, 4)?, big32(bytes, 20, 4)?))
}

fn gif_size(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((little(bytes, 6, 2)?, little(bytes, 8, 2)?))
}

fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1).filter(|_| bytes[at] == 0xff)?;
        // All start-of-frame markers, without the three of their range that are something else.
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            return Some((big32(bytes, at + 7, 2)?, big32(bytes, at + 5, 2)?));
        }
        at += 2 + usize::try_from(big(bytes, at + 2, 2)?).ok()?;
    }
}

fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => Some((little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1)),
        b"VP8L" => little(bytes, 21, 4).map(|bits| ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)),
        _ => Some((little(bytes, 26, 2)? & 0x3fff, little(bytes, 28, 2)? & 0x3fff)),
    }
}

/// The duration in the movie header box (ISO 14496-12, `moov/mvhd`).
fn film_seconds(bytes: &[u8]) -> Option<f64> {
    let header = inside(inside(bytes, b"moov")?, b"mvhd")?;
    let (scale, length) = match header.first()? {
        1 => (big(header, 20, 4)?, big(header, 24, 8)?),
        _ => (big(header, 12, 4)?, big(header, 16, 4)?),
    };
    (scale > 0).then(|| length as f64 / scale as f64)
}

fn inside<'a>(bytes: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut at = 0;
    loop {
        let (head, length) = match big(bytes, at, 4)? {
            0 => (8, bytes.len() - at),
            1 => (16, usize::try_from(big(bytes, at + 8, 8)?).ok()?),
            length => (8, usize::try_from(length).ok()?),
        };
        if length < head {
            return None;
        }
        if bytes.get(at + 4..at + 8)? == name {
            return bytes.get(at + head..bytes.len().min(at + length));
        }
        at = at.checked_add(length)?;
    }
}

/// Small files for tests: enough of a format for [`sniff`], nothing that a viewer could show.
#[cfg(test)]
pub(crate) mod samples {
    /// A PNG header of this size.
    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0, 1, 2, 3, 4]);
        bytes
    }

    /// A JPEG header of this size.
    pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xc0, 0, 11, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 17, 0, 0xff, 0xd9]);
        bytes
    }

    /// A GIF with so many frames.
    pub(crate) fn gif(frames: usize) -> Vec<u8> {
        let mut bytes = b"GIF89a\x20\0\x10\0\0\0\0".to_vec();
        for _ in 0..frames {
            bytes.extend([0x21, 0xf9, 0x04, 0, 10, 0, 0, 0, 0x2c]);
        }
        bytes
    }

    /// The boxes of an MP4 that plays so many seconds.
    pub(crate) fn mp4(seconds: u32) -> Vec<u8> {
        let mut bytes = b"\0\0\0\x18ftypisom\0\0\x02\0isommp42".to_vec();
        bytes.extend(b"\0\0\0\x74moov\0\0\0\x6cmvhd");
        bytes.extend([0; 12]);
        bytes.extend(1000u32.to_be_bytes());
        bytes.extend((seconds * 1000).to_be_bytes());
        bytes.extend([0; 80]);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_content() {
        let png = sniff(&samples::png(640, 480)).expect("known");
        assert_eq!((png.content_type, png.size), ("image/png", Some((640, 480))));
        let jpeg = sniff(&samples::jpeg(1_080, 1_350)).expect("known");
        assert_eq!((jpeg.content_type, jpeg.size), ("image/jpeg", Some((1_080, 1_350))));
        assert!(sniff(&samples::gif(2)).expect("known").animated);
        assert!(!sniff(&samples::gif(1)).expect("known").animated);
        let film = sniff(&samples::mp4(141)).expect("known");
        assert_eq!((film.content_type, film.seconds), ("video/mp4", Some(141.0)));
        assert_eq!(sniff(b"hello"), None);
    }

    #[test]
    fn broken_files_have_no_size_and_do_no_harm() {
        for whole in [samples::png(9, 9), samples::gif(3), samples::mp4(5), b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec()] {
            for length in 0..whole.len() {
                let _ = sniff(&whole[..length]);
            }
        }
    }
}
