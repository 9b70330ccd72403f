//! How the files of the tests are made. Where a file carries what must not be stored, it carries [`CANARY`].

use bytes::Bytes;
use image::{ExtendedColorType, ImageEncoder as _, Rgba, RgbaImage};

use crate::media::FileType;

pub(super) const CANARY: &[u8] = b"CANARY 52.3702 N 4.8952 E";

pub(super) fn has_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY)
}

/// A picture without two equal corners, so that turning it shows.
pub(super) fn picture(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let part = |at: u32, of: u32| u8::try_from(at * 255 / of.max(1)).unwrap_or(255);
        Rgba([part(x, width), part(y, height), part((x ^ y) % 64, 64), 255])
    })
}

fn rgb(picture: &RgbaImage) -> Vec<u8> {
    picture.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]]).collect()
}

/// A plain image of this type.
pub(crate) fn plain(file_type: FileType, width: u32, height: u32) -> Bytes {
    encoded(file_type, &picture(width, height))
}

pub(super) fn encoded(file_type: FileType, picture: &RgbaImage) -> Bytes {
    let mut out = Vec::new();
    let (width, height) = picture.dimensions();
    let (three, four) = (ExtendedColorType::Rgb8, ExtendedColorType::Rgba8);
    match file_type {
        FileType::Jpeg => image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 92).write_image(
            &rgb(picture),
            width,
            height,
            three,
        ),
        FileType::Png => image::codecs::png::PngEncoder::new(&mut out).write_image(picture, width, height, four),
        FileType::Webp => {
            let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut out);
            if picture.pixels().all(|pixel| pixel.0[3] == 255) {
                encoder.write_image(&rgb(picture), width, height, three)
            } else {
                encoder.write_image(picture, width, height, four)
            }
        }
        FileType::Gif => image::codecs::gif::GifEncoder::new(&mut out).encode(picture, width, height, four),
        FileType::Mp4 | FileType::Mov => panic!("a video is made by `video`"),
    }
    .expect("it can be encoded");
    Bytes::from(out)
}

/// An animated GIF.
pub(super) fn animation(width: u32, height: u32, frames: usize) -> Bytes {
    let mut out = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut out);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).expect("memory");
    for _ in 0..frames {
        encoder.encode_frame(image::Frame::new(picture(width, height))).expect("memory");
    }
    drop(encoder);
    Bytes::from(out)
}

/// A TIFF block with an orientation, a maker's name, and a place.
pub(super) fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x03\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    block.extend(entry(0x010f, 2, CANARY.len() as u32, 50)); // maker
    block.extend(entry(0x0112, 3, 1, orientation.into()));
    block.extend(entry(0x8825, 4, 1, 50)); // where it was taken
    block.extend([0; 4]);
    block.extend(CANARY);
    block
}

fn jpeg_segment(marker: u8, contents: &[u8]) -> Vec<u8> {
    let size = u16::try_from(contents.len() + 2).expect("short");
    [&[0xff, marker][..], &size.to_be_bytes(), contents].concat()
}

/// A colour profile as far as anyone here reads it.
pub(super) fn profile() -> Vec<u8> {
    let mut profile = vec![0; 128];
    profile[16..20].copy_from_slice(b"RGB ");
    profile.extend(b"a profile of colours");
    profile
}

/// A JPEG with everything that cameras and programs hang onto it.
pub(super) fn dirty_jpeg(plain: &[u8], orientation: u8) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8];
    out.extend(jpeg_segment(
        0xe0,
        &[b"JFIF\0\x01\x02\x01\0\x48\0\x48\x02\x01", &[CANARY, b"x"].concat()[..6]].concat(),
    ));
    out.extend(jpeg_segment(0xe1, &[b"Exif\0\0", &exif(orientation)[..]].concat()));
    out.extend(jpeg_segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>", CANARY].concat()));
    out.extend(jpeg_segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", &profile()[..]].concat()));
    out.extend(jpeg_segment(0xe2, &[b"MPF\0", CANARY].concat()));
    out.extend(jpeg_segment(0xed, &[b"Photoshop 3.0\08BIM", CANARY].concat()));
    out.extend(jpeg_segment(0xef, CANARY));
    out.extend(jpeg_segment(0xfe, CANARY));
    out.extend([0xff, 0xff]); // fill bytes before the next marker
    out.extend(&plain[2..plain.len() - 2]);
    out.extend(jpeg_segment(0xfe, CANARY)); // after the scan
    out.extend([0xff, 0xd9]);
    out.extend(CANARY);
    out.extend(b"PK\x03\x04 an archive behind the picture");
    out
}

pub(super) fn png_chunk(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let named = [&kind[..], contents].concat();
    let check = crc32fast::hash(&named).to_be_bytes();
    [&u32::try_from(contents.len()).expect("short").to_be_bytes()[..], &named, &check].concat()
}

/// A PNG with text, time, EXIF, a program's own chunk, and an archive behind it.
pub(super) fn dirty_png(plain: &[u8], orientation: u8) -> Vec<u8> {
    let head = 8 + 25;
    let mut out = plain[..head].to_vec();
    for kind in [b"tEXt", b"zTXt", b"iTXt", b"tIME", b"caBX", b"vpAg"] {
        out.extend(png_chunk(kind, CANARY));
    }
    out.extend(png_chunk(b"gAMA", &45455u32.to_be_bytes()));
    out.extend(png_chunk(b"eXIf", &exif(orientation)));
    out.extend(&plain[head..plain.len() - 12]);
    out.extend(png_chunk(b"tEXt", CANARY));
    out.extend(&plain[plain.len() - 12..]);
    out.extend(CANARY);
    out
}

pub(super) fn webp_chunk(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let size = u32::try_from(contents.len()).expect("short").to_le_bytes();
    [&kind[..], &size, contents, &[0][..contents.len() % 2]].concat()
}

pub(super) fn webp_file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let chunks = chunks.concat();
    let size = u32::try_from(chunks.len() + 4).expect("short").to_le_bytes();
    [&b"RIFF"[..], &size, b"WEBP", &chunks].concat()
}

/// A WebP in the long form with EXIF, XMP, a chunk of a program's own, and an archive behind it.
pub(super) fn dirty_webp(plain: &[u8], width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let side = |side: u32| (side - 1).to_le_bytes();
    let (wide, high) = (side(width), side(height));
    let head = [0x2c, 0, 0, 0, wide[0], wide[1], wide[2], high[0], high[1], high[2]];
    let mut out = webp_file(&[
        webp_chunk(b"VP8X", &head),
        webp_chunk(b"ICCP", &profile()),
        plain[12..].to_vec(),
        webp_chunk(b"EXIF", &exif(orientation)),
        webp_chunk(b"XMP ", CANARY),
        webp_chunk(b"NOTE", CANARY),
    ]);
    out.extend(CANARY);
    out
}

/// A GIF with a comment, XMP, text, a program's block, and an archive behind it.
pub(super) fn dirty_gif(plain: &[u8]) -> Vec<u8> {
    let sub = |contents: &[u8]| [&[u8::try_from(contents.len()).expect("short")], contents].concat();
    let head = 13 + if plain[10] & 0x80 == 0 { 0 } else { 3 << ((plain[10] & 7) + 1) };
    let mut out = plain[..head].to_vec();
    out.extend([&[0x21, 0xfe][..], &sub(CANARY), &[0]].concat());
    out.extend([&[0x21, 0xff][..], &sub(b"XMP DataXMP"), &sub(CANARY), &[0]].concat());
    out.extend([&[0x21, 0xff][..], &sub(b"CAMERA01XYZ"), &sub(CANARY), &[0]].concat());
    out.extend([&[0x21, 0xff][..], &sub(b"NETSCAPE2.0"), &[3, 1, 0, 0], &sub(CANARY), &[0]].concat());
    out.extend([&[0x21, 0x01][..], &sub(&[0; 12]), &sub(CANARY), &[0]].concat());
    out.extend(&plain[head..]);
    out.extend(CANARY);
    out
}

pub(super) fn dirty(file_type: FileType, width: u32, height: u32, orientation: u8) -> Bytes {
    let plain = plain(file_type, width, height);
    Bytes::from(match file_type {
        FileType::Jpeg => dirty_jpeg(&plain, orientation),
        FileType::Png => dirty_png(&plain, orientation),
        FileType::Webp => dirty_webp(&plain, width, height, orientation),
        FileType::Gif => dirty_gif(&plain),
        FileType::Mp4 | FileType::Mov => panic!("a video is made by `video`"),
    })
}

/// A box of a video.
pub(super) fn atom(kind: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let size = u32::try_from(contents.len() + 8).expect("short").to_be_bytes();
    [&size[..], kind, contents].concat()
}

fn full(kind: &[u8; 4], contents: &[&[u8]]) -> Vec<u8> {
    atom(kind, &[&[0; 4], &contents.concat()[..]].concat())
}

/// What a video of the tests is to be like.
pub(super) struct Video {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) seconds: u32,
    pub(super) on_its_side: bool,
    pub(super) index_first: bool,
    pub(super) external: bool,
    /// Whether it has a track that is neither picture nor sound.
    pub(super) data_track: bool,
}

impl Default for Video {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            seconds: 12,
            on_its_side: false,
            index_first: true,
            external: false,
            data_track: true,
        }
    }
}

pub(super) const PICTURES: &[u8] = b"pictures pictures pictures";

/// A video as a camera writes it: places in the user data, in XMP and in a track of its own, names and times.
pub(super) fn video(brand: &[u8; 4], like: &Video) -> Vec<u8> {
    let head = atom(b"ftyp", &[&brand[..], &[0, 0, 2, 0], brand].concat());
    let samples = [PICTURES, CANARY, PICTURES, CANARY].concat();
    let mdat = atom(b"mdat", &samples);
    let index_size = index(like, 0).len();
    let gap = atom(b"free", CANARY);
    let before = head.len() + 8 + if like.index_first { index_size + gap.len() } else { 0 };
    let index = index(like, u32::try_from(before).expect("short"));
    let mut out = head;
    let (first, second) = if like.index_first { (index, mdat) } else { (mdat, index) };
    out.extend(first);
    out.extend(gap);
    out.extend(second);
    out.extend(atom(b"uuid", &[&[0xbe; 16], CANARY].concat()));
    out.extend(CANARY);
    out
}

fn index(like: &Video, samples_at: u32) -> Vec<u8> {
    let times = [&[0xc1; 4][..], &[0xc2; 4]].concat();
    let length = (like.seconds * 600).to_be_bytes();
    let place = (PICTURES.len() as u32, CANARY.len() as u32);
    let second = samples_at + 2 * place.0 + place.1;
    let matrix = if like.on_its_side { [0u32, 1, 0, 0xffff_ffff, 0, 0] } else { [1, 0, 0, 0, 1, 0] };
    let matrix: Vec<u8> = matrix.iter().chain(&[0, 0, 1]).flat_map(|number| (number << 16).to_be_bytes()).collect();
    let sides = [(like.width << 16).to_be_bytes(), (like.height << 16).to_be_bytes()].concat();
    let place_text = atom(b"\xa9xyz", CANARY);
    let picture = atom(
        b"trak",
        &[
            full(b"tkhd", &[&times, &[0, 0, 0, 1], &[0; 4], &length, &[0; 16], &matrix, &sides]),
            atom(
                b"mdia",
                &[
                    full(b"mdhd", &[&times, &600u32.to_be_bytes(), &length, &[0; 4]]),
                    full(b"hdlr", &[&[0; 4], b"vide", &[0; 12], CANARY, &[0]]),
                    atom(
                        b"minf",
                        &[
                            full(b"vmhd", &[&[0; 8]]),
                            atom(b"dinf", &full(b"dref", &[&1u32.to_be_bytes(), &reference(like.external)])),
                            table(b"avc1", &visual(like), &[samples_at, second - place.1 - place.0 + place.1], place.0),
                            atom(b"udta", CANARY),
                        ]
                        .concat(),
                    ),
                ]
                .concat(),
            ),
            atom(b"meta", CANARY),
            atom(b"uuid", &[&[0xbe; 16], CANARY].concat()),
            atom(b"udta", &place_text),
        ]
        .concat(),
    );
    let data = atom(
        b"trak",
        &[
            full(b"tkhd", &[&times, &[0, 0, 0, 2], &[0; 4], &length, &[0; 16], &matrix, &[0; 8]]),
            atom(
                b"mdia",
                &[
                    full(b"hdlr", &[&[0; 4], b"meta", &[0; 12], CANARY, &[0]]),
                    atom(b"minf", &table(b"mebx", &[0; 8], &[samples_at + place.0, second], place.1)),
                ]
                .concat(),
            ),
        ]
        .concat(),
    );
    atom(
        b"moov",
        &[
            full(b"mvhd", &[&times, &600u32.to_be_bytes(), &length, &[0; 80]]),
            picture,
            if like.data_track { data } else { Vec::new() },
            atom(b"udta", &place_text),
            atom(b"meta", CANARY),
        ]
        .concat(),
    )
}

fn reference(external: bool) -> Vec<u8> {
    if external { full(b"url ", &[b"file:///etc/passwd\0"]) } else { atom(b"url ", &[0, 0, 0, 1]) }
}

fn visual(like: &Video) -> Vec<u8> {
    let side = |side: u32| u16::try_from(side).expect("short").to_be_bytes();
    let name = [&[u8::try_from(CANARY.len()).expect("short")], CANARY, &[0; 32][CANARY.len() + 1..]].concat();
    [&[0; 6][..], &[0, 1], &[0; 4], b"CAMR", &[0; 8], &side(like.width), &side(like.height), &[0; 14], &name, &[0; 4]]
        .concat()
}

fn table(codec: &[u8; 4], description: &[u8], chunks: &[u32], size: u32) -> Vec<u8> {
    let count = u32::try_from(chunks.len()).expect("short").to_be_bytes();
    let places: Vec<u8> = chunks.iter().flat_map(|at| at.to_be_bytes()).collect();
    atom(
        b"stbl",
        &[
            full(b"stsd", &[&1u32.to_be_bytes(), &atom(codec, description)]),
            full(b"stts", &[&1u32.to_be_bytes(), &count, &300u32.to_be_bytes()]),
            full(b"stsc", &[&1u32.to_be_bytes(), &1u32.to_be_bytes(), &1u32.to_be_bytes(), &1u32.to_be_bytes()]),
            full(b"stsz", &[&size.to_be_bytes(), &count]),
            full(b"stco", &[&count, &places]),
            atom(b"udta", CANARY),
        ]
        .concat(),
    )
}
