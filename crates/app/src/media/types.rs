//! What a file is, by its content; its name and the type that a browser says count for nothing (S-61).

use connector::MediaKind;

use super::Refused;

/// The types that are taken. Everything else is refused, above all what a browser would run: SVG, HTML, XML.
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

/// So many bytes of a file's beginning are enough to tell its type.
pub const HEAD_BYTES: usize = 64;

/// Major brands of MP4 files (registered at mp4ra.org).
const MP4_BRANDS: &[&[u8; 4]] = &[
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42", b"avc1",
    b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"dash", b"mmp4", b"3gp4", b"3gp5", b"3gp6", b"3g2a", b"cmfc", b"hvc1",
    b"av01",
];

/// Major brands of still images in the same container.
const STILL_BRANDS: &[&[u8; 4]] =
    &[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"avif", b"avis"];

impl FileType {
    /// The type of a file that begins like this ([`HEAD_BYTES`], or all of a shorter file).
    pub fn of(head: &[u8]) -> Result<Self, Refused> {
        match head {
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            _ if head.starts_with(b"\x89PNG\r\n\x1a\n") && head.get(12..16) == Some(b"IHDR") => Ok(Self::Png),
            _ if head.starts_with(b"RIFF") && head.get(8..15) == Some(b"WEBPVP8") => Ok(Self::Webp),
            _ if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") => Ok(Self::Gif),
            _ if head.get(4..8) == Some(b"ftyp") => Self::of_brand(head),
            _ => Err(not_taken(head)),
        }
    }

    fn of_brand(head: &[u8]) -> Result<Self, Refused> {
        let brand = head.get(8..12).unwrap_or_default();
        if brand == b"qt  " {
            return Ok(Self::Mov);
        }
        if MP4_BRANDS.iter().any(|known| *known == brand) {
            return Ok(Self::Mp4);
        }
        if STILL_BRANDS.iter().any(|known| *known == brand) {
            return Err(Refused::new("S-61", "HEIC and AVIF images are not taken; export the image as JPEG or PNG"));
        }
        Err(not_taken(head))
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

fn not_taken(head: &[u8]) -> Refused {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let name = match infer::get(head) {
        _ if head.is_empty() => "an empty file",
        _ if text.starts_with(b"<") => "SVG, HTML or XML",
        Some(found) => found.mime_type(),
        None => "a file of unknown type",
    };
    Refused::new("S-61", format!("{name} is not taken; upload JPEG, PNG, WebP, GIF, MP4 or MOV"))
}
