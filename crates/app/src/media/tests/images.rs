//! S-62, S-64, P-015: images are measured before they are decoded, and stored without metadata.

use bytes::Bytes;
use image::ImageFormat;
use proptest::prelude::*;

use super::corpus::{
    CANARY, animation, dirty, dirty_gif, has_canary, picture, plain, png_chunk, profile, webp_chunk, webp_file,
};
use crate::media::{FileType, limits, probe, strip, strip::exif};

const IMAGES: [FileType; 4] = [FileType::Jpeg, FileType::Png, FileType::Webp, FileType::Gif];

fn format(file_type: FileType) -> ImageFormat {
    ImageFormat::from_mime_type(file_type.mime()).expect("known")
}

fn pixels(bytes: &[u8], file_type: FileType) -> Vec<u8> {
    image::load_from_memory_with_format(bytes, format(file_type)).expect("it decodes").into_rgba8().into_raw()
}

#[test]
fn p_015_a_hundred_images_keep_no_data_about_places_and_devices() {
    let mut count = 0;
    for file_type in IMAGES {
        for turn in 0..25 {
            let (width, height) = (17 + turn * 3, 40 - turn);
            let orientation = u8::try_from(turn % 8 + 1).expect("small");
            let file = dirty(file_type, width, height, orientation);
            assert!(has_canary(&file));
            let clean = strip::image(&file, file_type).expect("it is an image");
            assert!(!has_canary(&clean), "{file_type:?} {turn}");
            for name in [&b"XMP"[..], b"xmp", b"Photoshop", b"MPF", b"CAMERA", b"PK\x03\x04", b"tEXt", b"II*\0"] {
                assert!(!clean.windows(name.len()).any(|window| window == name), "{name:?} in {file_type:?}");
            }
            assert_eq!(pixels(&clean, file_type), pixels(&plain(file_type, width, height), file_type), "{file_type:?}");
            assert_eq!(
                strip::image(&clean, file_type).expect("it is an image"),
                clean,
                "a second time changes nothing"
            );
            count += 1;
        }
    }
    assert_eq!(count, 100);
}

#[test]
fn s_64_a_colour_profile_stays() {
    for file_type in [FileType::Jpeg, FileType::Webp] {
        let clean = strip::image(&dirty(file_type, 20, 20, 1), file_type).expect("it is an image");
        assert!(clean.windows(profile().len()).any(|window| window == profile()), "{file_type:?}");
    }
    let file = plain(FileType::Png, 9, 9);
    let with = [&file[..33], &png_chunk(b"iCCP", &packed(&profile())), &file[33..]].concat();
    assert_eq!(strip::image(&Bytes::from(with.clone()), FileType::Png).expect("it is an image"), with);
}

/// A colour profile as a PNG has it.
fn packed(profile: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(b"name\0\0".to_vec(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, profile).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn s_63_a_colour_profile_that_would_fill_the_memory_is_left_out() {
    let file = plain(FileType::Png, 9, 9);
    let bomb = packed(&vec![0; strip::PROFILE_MAX_BYTES + 1]);
    assert!(bomb.len() < 64 << 10);
    for bad in [bomb.as_slice(), b"name\0\0no zlib", b"name without an end"] {
        let with = [&file[..33], &png_chunk(b"iCCP", bad), &file[33..]].concat();
        assert_eq!(strip::image(&Bytes::from(with), FileType::Png).expect("it is an image"), file);
    }
}

/// A grey JPEG on several scan lines of blocks, by the encoder of the tests.
fn photo() -> Vec<u8> {
    plain(FileType::Jpeg, 70, 50).to_vec()
}

#[test]
fn a_jpeg_that_every_viewer_opens_is_repaired() {
    let file = photo();
    let whole = pixels(&file, FileType::Jpeg);
    let scan = file.windows(2).position(|pair| pair == [0xff, 0xda]).expect("a scan");
    let end = file.len() - 2;
    for (what, bad) in [
        ("no end mark", file[..end].to_vec()),
        ("half an end mark", file[..end + 1].to_vec()),
        ("zeros in place of the end mark", [&file[..end], &[0; 7]].concat()),
        ("zeros between two segments", [&file[..scan], &[0; 5], &file[scan..]].concat()),
        ("bytes of no segment between two", [&file[..scan], b"\0\x01\xff\0\x02", &file[scan..]].concat()),
        ("both", [&file[..scan], &[0], &file[scan..end]].concat()),
    ] {
        let clean = strip::image(&Bytes::from(bad), FileType::Jpeg).unwrap_or_else(|said| panic!("{what}: {said}"));
        assert!(clean.ends_with(&[0xff, 0xd9]), "{what}");
        assert_eq!(pixels(&clean, FileType::Jpeg), whole, "{what}");
    }
    for cut in [end - 8, end - file.len() / 8, scan + 40] {
        assert!(strip::image(&Bytes::from(file[..cut].to_vec()), FileType::Jpeg).is_err(), "cut at {cut}");
    }
}

#[test]
fn a_png_that_every_viewer_opens_is_repaired() {
    let file = plain(FileType::Png, 70, 50);
    let (head, rest) = file.split_at(33);
    let end = file.len() - 12;
    let mut text = png_chunk(b"tEXt", b"Software\0a program");
    *text.last_mut().expect("bytes") ^= 1;
    let mut gamma = png_chunk(b"gAMA", &45455u32.to_be_bytes());
    gamma[9] ^= 0x40;
    for (what, bad) in [
        ("no end", file[..end].to_vec()),
        ("an end that is cut off", file[..end + 7].to_vec()),
        ("an end with a wrong checksum", [&file[..file.len() - 1], &[0]].concat()),
        ("a text with a wrong checksum", [head, &text, rest].concat()),
        ("a brightness with a wrong checksum", [head, &gamma, rest].concat()),
        ("a text that is cut off, in place of the end", [&file[..end], &text[..9]].concat()),
    ] {
        let clean = strip::image(&Bytes::from(bad), FileType::Png).unwrap_or_else(|said| panic!("{what}: {said}"));
        assert_eq!(clean, file, "{what}");
    }
    // The packed pixels in two parts, of which one came.
    let data = &rest[8..rest.len() - 16];
    let halves = data.split_at(data.len() / 2);
    let whole = [head, &png_chunk(b"IDAT", halves.0), &png_chunk(b"IDAT", halves.1)].concat();
    strip::image(&Bytes::from(whole), FileType::Png).expect("only its end is missing");
    let half = [head, &png_chunk(b"IDAT", halves.0)].concat();
    assert!(strip::image(&Bytes::from(half), FileType::Png).is_err(), "half of the pixels");
}

#[test]
fn a_gif_that_every_viewer_opens_is_repaired() {
    let file = animation(12, 10, 3);
    let clean = strip::image(&file, FileType::Gif).expect("it is an image");
    let blocks: Vec<usize> = (20..file.len() - 8).filter(|at| file[*at..].starts_with(&[0x21, 0xf9, 4])).collect();
    assert_eq!(blocks.len(), 3);
    for at in blocks {
        for zeros in [1, 3] {
            let bad = [&file[..at], &vec![0; zeros], &file[at..]].concat();
            assert_eq!(strip::image(&Bytes::from(bad), FileType::Gif).expect("it is an image"), clean);
        }
    }
    let trailed = [&file[..file.len() - 1], &[0, 0]].concat();
    assert_eq!(strip::image(&Bytes::from(trailed), FileType::Gif).expect("it is an image"), clean);
}

#[test]
fn s_64_of_exif_only_the_orientation_stays_and_only_if_it_matters() {
    for file_type in [FileType::Jpeg, FileType::Png, FileType::Webp] {
        for orientation in 1..=8 {
            let file = dirty(file_type, 30, 20, orientation);
            let clean = strip::image(&file, file_type).expect("it is an image");
            let block = exif::only_orientation(orientation);
            let has_block = clean.windows(block.len()).any(|window| window == block);
            assert_eq!(has_block, orientation != 1, "{file_type:?} {orientation}");
            let probe = probe::image(&clean, file_type).expect("it is an image");
            assert_eq!(probe.orientation, orientation, "{file_type:?}");
            let shown = if orientation >= 5 { (20, 30) } else { (30, 20) };
            assert_eq!((probe.width, probe.height), shown, "{file_type:?} {orientation}");
        }
    }
    assert_eq!(exif::orientation(&exif::only_orientation(6)), 6);
    assert_eq!(exif::orientation(b"II*\0\xff\xff\xff\xff"), 1);
}

#[test]
fn an_animation_keeps_its_frames_and_its_loop() {
    let file = animation(12, 10, 5);
    let clean = strip::image(&Bytes::from(dirty_gif(&file)), FileType::Gif).expect("it is an image");
    assert!(!has_canary(&clean));
    let probe = probe::image(&clean, FileType::Gif).expect("it is an image");
    assert_eq!((probe.frames, probe.width, probe.height), (5, 12, 10));
    assert!(clean.windows(11).any(|window| window == b"NETSCAPE2.0"));
    // Frames of a WebP may hide chunks too.
    let still = plain(FileType::Webp, 12, 10);
    let frame =
        [&[0; 6][..], &[11, 0, 0, 9, 0, 0], &[100, 0, 0, 0], &still[12..], &webp_chunk(b"EXIF", CANARY)].concat();
    let head = webp_chunk(b"VP8X", &[0x02, 0, 0, 0, 11, 0, 0, 9, 0, 0]);
    let file =
        webp_file(&[head, webp_chunk(b"ANIM", &[0; 6]), webp_chunk(b"ANMF", &frame), webp_chunk(b"ANMF", &frame)]);
    let clean = strip::image(&Bytes::from(file), FileType::Webp).expect("it is an image");
    assert!(!has_canary(&clean));
    assert_eq!(probe::image(&clean, FileType::Webp).expect("it is an image").frames, 2);
}

fn png_head(width: u32, height: u32) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), png_chunk(b"IHDR", &head), png_chunk(b"IDAT", &[0; 20]), png_chunk(b"IEND", b"")]
        .concat()
}

fn jpeg_head(width: u16, height: u16) -> Vec<u8> {
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let frame = [&b"\xff\xd8\xff\xc0\0\x0b\x08"[..], &size, &[1, 1, 0x11, 0]].concat();
    [&frame[..], b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x12\x34\xff\xd9"].concat()
}

fn gif_head(width: u16, height: u16, frame: u16) -> Vec<u8> {
    let image = [&[0x2c, 0, 0, 0, 0][..], &frame.to_le_bytes(), &frame.to_le_bytes(), &[0, 2, 1, 0, 0]].concat();
    [&b"GIF89a"[..], &width.to_le_bytes(), &height.to_le_bytes(), &[0, 0, 0], &image, &[0x3b]].concat()
}

fn webp_head(width: u32, height: u32) -> Vec<u8> {
    let (wide, high) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    let head = webp_chunk(b"VP8X", &[0, 0, 0, 0, wide[0], wide[1], wide[2], high[0], high[1], high[2]]);
    let still = plain(FileType::Webp, 4, 4);
    webp_file(&[head, still[12..].to_vec()])
}

#[test]
fn s_62_floods_of_pixels_are_refused_by_their_headers() {
    let floods = [
        (FileType::Png, png_head(10_000, 10_000)),
        (FileType::Png, png_head(16_385, 1)),
        (FileType::Png, png_head(u32::MAX, u32::MAX)),
        (FileType::Png, png_head(0, 5)),
        (FileType::Jpeg, jpeg_head(65_535, 65_535)),
        (FileType::Jpeg, jpeg_head(1, 16_385)),
        (FileType::Jpeg, jpeg_head(8_001, 8_000)),
        (FileType::Gif, gif_head(65_535, 65_535, 4)),
        (FileType::Gif, gif_head(4, 4, 65_535)),
        (FileType::Webp, webp_head(16_384, 16_384)),
        (FileType::Webp, webp_head(1 << 24, 1)),
    ];
    for (file_type, file) in floods {
        let said = limits::measure(&file, file_type);
        assert!(said.is_err(), "{file_type:?}: {said:?}");
        assert!(probe::image(&file, file_type).is_err());
    }
    for (file_type, file) in [
        (FileType::Png, png_head(8_000, 8_000)),
        (FileType::Jpeg, jpeg_head(16_384, 3_906)),
        (FileType::Gif, gif_head(100, 100, 100)),
        (FileType::Webp, webp_head(16_384, 3_906)),
    ] {
        limits::measure(&file, file_type).expect("at the limit");
    }
}

#[test]
fn s_62_a_thousand_frames_are_enough() {
    let gif = |frames: usize| {
        let image = [&[0x2c, 0, 0, 0, 0, 4, 0, 4, 0, 0, 2, 1, 0, 0][..]; 1].concat().repeat(frames);
        [&b"GIF89a\x04\0\x04\0\0\0\0"[..], &image, &[0x3b]].concat()
    };
    assert_eq!(limits::measure(&gif(1_000), FileType::Gif).expect("at the limit").frames, 1_000);
    assert_eq!(limits::measure(&gif(1_001), FileType::Gif).expect_err("too many").rule, "S-62");
    let frames = 5_000u32.to_be_bytes();
    let file = plain(FileType::Png, 4, 4);
    let animated = [&file[..33], &png_chunk(b"acTL", &[frames, [0; 4]].concat()), &file[33..]].concat();
    assert_eq!(limits::measure(&animated, FileType::Png).expect_err("too many").rule, "S-62");
}

#[test]
fn s_64_a_truncated_or_altered_image_is_refused() {
    for file_type in IMAGES {
        let file = dirty(file_type, 30, 20, 3);
        for end in [3, 10, 20, file.len() / 2] {
            assert!(strip::image(&file.slice(..end), file_type).is_err(), "{file_type:?} cut at {end}");
        }
        for other in IMAGES.into_iter().filter(|other| *other != file_type) {
            assert!(strip::image(&file, other).is_err(), "{file_type:?} as {other:?}");
        }
    }
    let mut file = plain(FileType::Png, 9, 9).to_vec();
    file[20] ^= 1;
    assert!(strip::image(&Bytes::from(file), FileType::Png).is_err(), "a wrong checksum");
    let file = plain(FileType::Png, 9, 9);
    let critical = [&file[..33], &png_chunk(b"EvIL", CANARY), &file[33..]].concat();
    assert!(strip::image(&Bytes::from(critical), FileType::Png).is_err(), "a part that cannot be ignored");
}

#[test]
fn a_gif_without_its_last_byte_is_mended() {
    let file = plain(FileType::Gif, 9, 9);
    let clean = strip::image(&file.slice(..file.len() - 1), FileType::Gif).expect("it is an image");
    assert_eq!(clean.last(), Some(&0x3b));
    assert_eq!(pixels(&clean, FileType::Gif), pixels(&file, FileType::Gif));
}

#[test]
fn what_is_see_through_is_known() {
    for (file_type, alpha) in [(FileType::Jpeg, false), (FileType::Png, true), (FileType::Webp, false)] {
        assert_eq!(
            limits::measure(&plain(file_type, 9, 9), file_type).expect("an image").alpha,
            alpha,
            "{file_type:?}"
        );
    }
    let mut glass = picture(9, 9);
    glass.put_pixel(1, 1, image::Rgba([1, 2, 3, 40]));
    let file = super::corpus::encoded(FileType::Webp, &glass);
    assert!(limits::measure(&file, FileType::Webp).expect("an image").alpha);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn s_62_no_damage_makes_the_readers_panic(which in 0usize..4, at in 0usize..2000, to in any::<u8>(), cut in 0usize..2000) {
        let file_type = IMAGES[which];
        let mut file = dirty(file_type, 30, 20, 6).to_vec();
        let place = at % file.len();
        file[place] = to;
        file.truncate(file.len() - cut % file.len());
        let file = Bytes::from(file);
        let _ = limits::measure(&file, file_type);
        if let Ok(clean) = strip::image(&file, file_type) {
            prop_assert!(clean.len() <= file.len() + 64);
        }
    }
}
