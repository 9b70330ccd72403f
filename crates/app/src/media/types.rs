//! Detects a file's type by its content; its name and the browser's type are ignored (S-61).

use base::{Text, say};
use connector::MediaKind;

use super::{Refused, strip::be32};

/// The accepted types. Everything else is refused, especially what a browser would run: SVG, HTML, XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum FileType {
    /// A JPEG image.
    Jpeg,
    /// A PNG image, animated or not.
    Png,
    /// A WebP image, animated or not.
    Webp,
    /// A GIF image, animated or not.
    Gif,
    /// A video in MP4 (ISO base media).
    Mp4,
    /// A video in QuickTime.
    Mov,
}

/// How many of a file's first bytes are enough to detect its type.
pub const HEAD_BYTES: usize = 64;

/// First brands of what is in the same container and no video, and what to say of it.
const OTHER_BRANDS: &[(&[&[u8; 4]], Text)] = &[
    (
        &[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"avif", b"avis", b"miaf"],
        say!("HEIC and AVIF images are not accepted. Export the image as JPEG or PNG."),
    ),
    (
        &[b"crx ", b"jp2 ", b"jpx ", b"jpm ", b"jxl "],
        say!("This kind of image is not accepted. Export it as JPEG or PNG."),
    ),
    (
        &[b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B ", b"aax "],
        say!("A sound file is not accepted. Make it a video (MP4 or MOV) with a picture."),
    ),
];

/// Boxes with which a QuickTime file begins that does not say its brand.
const QUICKTIME_STARTS: &[&[u8; 4]] = &[b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];

impl FileType {
    /// The type of a file that begins like this ([`HEAD_BYTES`], or all of a shorter file).
    pub fn of(head: &[u8]) -> Result<Self, Refused> {
        match head {
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            _ if head.starts_with(b"\x89PNG\r\n\x1a\n") && head.get(12..16) == Some(b"IHDR") => Ok(Self::Png),
            _ if head.starts_with(b"RIFF") && head.get(8..15) == Some(b"WEBPVP8") => Ok(Self::Webp),
            _ if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") => Ok(Self::Gif),
            _ => Self::of_boxes(head),
        }
    }

    /// The type of a file that begins with a box. What the boxes hold is looked at when the file is whole: only a video
    /// has an index with a picture.
    fn of_boxes(head: &[u8]) -> Result<Self, Refused> {
        let mut at = 0;
        while let Some(kind) = head.get(at + 4..at + 8) {
            let size = be32(head, at).unwrap_or(0) as usize;
            match kind {
                b"ftyp" if size >= 16 => {
                    let end = head.len().min(at.saturating_add(size));
                    let found = Self::of_brands(&head[at + 8..end])?;
                    // A short file is all that is looked at, and then the box must be in it.
                    if end < at.saturating_add(size) && head.len() < HEAD_BYTES {
                        break;
                    }
                    return Ok(found);
                }
                // Some programs put an empty box first.
                b"free" | b"skip" | b"wide" if size >= 8 && head.get(at + size + 4..at + size + 8).is_some() => {
                    at += size
                }
                _ if at > 0 => return Ok(Self::Mov),
                _ if QUICKTIME_STARTS.iter().any(|known| *known == kind) && is_start(kind, size) => {
                    return Ok(Self::Mov);
                }
                _ => break,
            }
        }
        Err(not_taken(head))
    }

    /// The type by the brands of a file: the first one, a version, and those that it is compatible with. A first brand
    /// that is unknown here belongs to a camera or program; the others say what it means.
    ///
    /// # Errors
    /// A still image or sound alone.
    pub(super) fn of_brands(brands: &[u8]) -> Result<Self, Refused> {
        let first = brands.get(..4).unwrap_or_default();
        if let Some((_, said)) = OTHER_BRANDS.iter().find(|(known, _)| known.iter().any(|brand| *brand == first)) {
            return Err(Refused::new("S-61", said));
        }
        let mut others = brands.get(8..).unwrap_or_default().chunks_exact(4);
        let is_quicktime = first == b"qt  " || others.any(|brand| brand == b"qt  ");
        let mut others = brands.get(8..).unwrap_or_default().chunks_exact(4);
        let is_mp4 = |brand: &[u8]| brand.starts_with(b"iso") || brand.starts_with(b"mp4") || brand == b"avc1";
        let is_both = first != b"qt  " && (is_mp4(first) || others.any(is_mp4));
        Ok(if is_quicktime && !is_both { Self::Mov } else { Self::Mp4 })
    }

    /// The type as MIME; the one that the file is stored and served under.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
        }
    }

    /// The type of this MIME name.
    pub fn of_mime(mime: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp, Self::Gif, Self::Mp4, Self::Mov].into_iter().find(|it| it.mime() == mime)
    }

    /// The ending of a generated file name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
        }
    }

    /// Whether it is a video.
    pub fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov)
    }

    /// What it is to a channel. A GIF of one frame is a still image.
    pub fn kind(self, frames: u32) -> MediaKind {
        match self {
            Self::Mp4 | Self::Mov => MediaKind::Video,
            Self::Gif if frames > 1 => MediaKind::Gif,
            _ => MediaKind::Image,
        }
    }
}

/// Whether a first box of this size can be that of a video; texts have such letters in the fifth place too.
fn is_start(kind: &[u8], size: usize) -> bool {
    match kind {
        b"mdat" => size != 0 && size < 1 << 31,
        // An index or an empty box, at most as large as an index may be.
        b"moov" => (16..1 << 26).contains(&size),
        _ => (8..1 << 24).contains(&size),
    }
}

fn not_taken(head: &[u8]) -> Refused {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if let Some(wrapped) = wrapping(text) {
        let detail = say!("This is {wrapped}, not the file. Send the file itself as the body of the request.");
        return Refused::new("S-61", detail);
    }
    let known = infer::get(head).map(|found| found.mime_type()).filter(|mime| FileType::of_mime(mime).is_none());
    let name = match known {
        _ if head.is_empty() => say!("An empty file"),
        _ if text.starts_with(b"<") => say!("SVG, HTML or XML"),
        Some(mime) => Text::verbatim(mime),
        None => say!("A file of unknown type"),
    };
    Refused::new("S-61", say!("{name} is not accepted. Upload JPEG, PNG, WebP, GIF, MP4 or MOV."))
}

/// How clients encode a file that they don't send as plain bytes.
fn wrapping(text: &[u8]) -> Option<Text> {
    // The beginnings of JPEG, PNG, GIF, WebP and of boxes, in base64.
    const BASE64: &[&[u8]] = &[b"/9j/", b"iVBORw0KGgo", b"R0lGODdh", b"R0lGODlh", b"UklGR", b"AAAA"];
    let has = |word: &[u8]| text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    match text {
        _ if text.starts_with(b"--") && (has(b"content-disposition") || text.len() >= HEAD_BYTES - 3) => {
            Some(say!("a form (multipart/form-data)"))
        }
        [b'{' | b'[', ..] => Some(Text::verbatim("JSON")),
        _ if text.len() >= 5 && text[..5].eq_ignore_ascii_case(b"data:") => Some(say!("a data address")),
        _ if BASE64.iter().any(|start| text.starts_with(start)) => Some(say!("base64 text")),
        _ => None,
    }
}
