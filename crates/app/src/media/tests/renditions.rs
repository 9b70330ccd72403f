//! What a channel gets, and why.

use connector::{Fit, Framing, ImageRules};
use image::{Rgba, RgbaImage};

use super::corpus::{animation, dirty, encoded, has_canary, picture, plain, profile};
use crate::media::{
    FileType, Plan,
    decoding::picture::render,
    probe,
    renditions::{framed, plan},
    strip,
};

fn rules(mime: &[&str], bytes_max: u64, side_max: u32, pixels_max: u64) -> ImageRules {
    let mime = mime.iter().map(ToString::to_string).collect();
    ImageRules { count_max: 4, mime, bytes_max, side_max, pixels_max, source: "a test".to_owned() }
}

const ALL: &[&str] = &["image/jpeg", "image/png", "image/webp", "image/gif"];

/// A picture that does not pack well.
fn noise(width: u32, height: u32) -> RgbaImage {
    let mut word = 7u32;
    RgbaImage::from_fn(width, height, |_, _| {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = word.to_be_bytes();
        Rgba([a, b, c, 255])
    })
}

/// A type, the channel's rules, what is made of it if anything, and words of the reason.
type Case = (FileType, ImageRules, Option<(FileType, (u32, u32))>, &'static str);

#[test]
fn the_plan_says_what_happens_and_why() {
    let wide = 1u64 << 40;
    let cases: &[Case] = &[
        (FileType::Jpeg, rules(ALL, wide, 9999, wide), None, "fits as it is"),
        (
            FileType::Jpeg,
            rules(ALL, wide, 100, wide),
            Some((FileType::Jpeg, (100, 50))),
            "200×100 pixels is too large; scaled to 100×50",
        ),
        (FileType::Jpeg, rules(ALL, wide, 9999, 5_000), Some((FileType::Jpeg, (100, 50))), "scaled"),
        (FileType::Jpeg, rules(ALL, 10, 9999, wide), Some((FileType::Jpeg, (200, 100))), "at most 10"),
        (
            FileType::Webp,
            rules(&["image/jpeg", "image/png"], wide, 9999, wide),
            Some((FileType::Jpeg, (200, 100))),
            "doesn't accept image/webp",
        ),
        (
            FileType::Gif,
            rules(&["image/png"], wide, 9999, wide),
            Some((FileType::Png, (200, 100))),
            "doesn't accept image/gif",
        ),
        (
            FileType::Png,
            rules(&["image/jpeg"], wide, 9999, wide),
            Some((FileType::Jpeg, (200, 100))),
            "doesn't accept image/png",
        ),
        (FileType::Png, rules(ALL, 10, 9999, wide), Some((FileType::Png, (200, 100))), "at most 10"),
        (FileType::Webp, rules(ALL, 10, 9999, wide), Some((FileType::Jpeg, (200, 100))), "at most 10"),
    ];
    for (file_type, rules, expected, why) in cases {
        let found = probe::image(&plain(*file_type, 200, 100), *file_type).expect("an image");
        let plan = plan(&found, rules, None).expect("it can be done");
        assert!(plan.why().english().contains(why), "{}", plan.why());
        let made = match plan {
            Plan::Keep { .. } | Plan::Rewrap { .. } | Plan::Transcode(_) => None,
            Plan::Convert(convert) => Some((convert.mime, (convert.width, convert.height))),
        };
        assert_eq!(made, *expected, "{file_type:?} {why}");
    }
}

#[test]
fn an_image_of_another_shape_is_cropped_or_gets_edges_as_chosen() {
    let wide = 1u64 << 40;
    let of = |fit| Framing { narrowest: (4, 5), widest: (191, 100), fit };
    for (own, fit, expected) in [
        ((1000, 2000), Fit::Crop, Some((1000, 1247))),
        ((1000, 2000), Fit::Pad, Some((1604, 2000))),
        ((3000, 1000), Fit::Crop, Some((1905, 1000))),
        ((3000, 1000), Fit::Pad, Some((3000, 1575))),
        ((800, 1000), Fit::Pad, None),
        ((1910, 1000), Fit::Crop, None),
    ] {
        assert_eq!(framed(own, &of(fit)), expected, "{own:?} {fit:?}");
    }
    let story = Framing { narrowest: (9, 16), widest: (9, 16), fit: Fit::Pad };
    assert_eq!((framed((1080, 1920), &story), framed((900, 900), &story)), (None, Some((900, 1600))));

    let rules = rules(&["image/jpeg"], wide, 300, wide);
    // Red at the left, green in the middle, blue at the right.
    let striped = RgbaImage::from_fn(600, 100, |x, _| {
        Rgba([[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]][x as usize / 200])
    });
    let bytes = encoded(FileType::Png, &striped);
    let found = probe::image(&bytes, FileType::Png).expect("an image");
    let colour = |fit: Fit, at: fn(u32, u32) -> (u32, u32)| {
        let framing = of(fit);
        let Plan::Convert(convert) = plan(&found, &rules, Some(&framing)).expect("it can be done") else {
            panic!("kept")
        };
        let words = if fit == Fit::Pad { "white edges" } else { "cropped" };
        assert!(convert.why.english().contains(words), "{}", convert.why);
        let made = render(&bytes, FileType::Png, &convert).expect("made");
        assert_eq!((made.width, made.height), (convert.width, convert.height));
        // What was planned is within the shapes, and made so: nothing is done to it again.
        assert_eq!(framed((made.width, made.height), &framing), None);
        let image = image::load_from_memory(&made.bytes).expect("an image").into_rgba8();
        let (x, y) = at(made.width, made.height);
        let [red, green, blue, _] = image.get_pixel(x, y).0;
        [red, green, blue].map(|part| part > 127)
    };
    const GREEN: [bool; 3] = [false, true, false];
    assert_eq!(colour(Fit::Crop, |width, height| (width / 2, height / 2)), GREEN);
    assert_eq!(colour(Fit::Crop, |_, _| (2, 2)), GREEN, "the sides are cut off");
    assert_eq!(colour(Fit::Pad, |_, _| (2, 2)), [true; 3], "above it is white");
    assert_eq!(colour(Fit::Pad, |_, height| (2, height / 2)), [true, false, false], "all of it is seen");
}

#[test]
fn an_unsupported_animation_becomes_its_first_frame_with_a_notice() {
    let file = animation(40, 30, 3);
    let found = probe::image(&file, FileType::Gif).expect("an image");
    let Plan::Convert(convert) =
        plan(&found, &rules(&["image/jpeg"], 1 << 20, 999, 1 << 40), None).expect("it can be done")
    else {
        panic!("it must be converted");
    };
    assert!(convert.why.english().contains("only the first frame"), "{}", convert.why);
    let made = render(&file, FileType::Gif, &convert).expect("made");
    assert_eq!((made.mime, made.width, made.height), (FileType::Jpeg, 40, 30));
    assert!(matches!(plan(&found, &rules(ALL, 1 << 20, 999, 1 << 40), None), Ok(Plan::Keep { .. })));
}

#[test]
fn a_channel_that_takes_nothing_we_can_make_is_said_so() {
    let found = probe::image(&plain(FileType::Png, 20, 20), FileType::Png).expect("an image");
    assert!(plan(&found, &rules(&["image/avif"], 1 << 20, 999, 1 << 40), None).is_err());
}

#[test]
fn a_rendition_is_within_every_limit_and_without_metadata() {
    for file_type in [FileType::Jpeg, FileType::Png, FileType::Webp, FileType::Gif] {
        let file = dirty(file_type, 300, 200, 1);
        let found = probe::image(&file, file_type).expect("an image");
        for limits in
            [rules(&["image/jpeg"], 9_000, 250, 40_000), rules(&["image/png", "image/jpeg"], 20_000, 120, 1 << 40)]
        {
            let Plan::Convert(convert) = plan(&found, &limits, None).expect("it can be done") else {
                panic!("too large")
            };
            let made = render(&file, file_type, &convert).expect("made");
            assert!(made.bytes.len() as u64 <= limits.bytes_max, "{file_type:?}: {}", made.bytes.len());
            assert!(
                made.width.max(made.height) <= limits.side_max && limits.mime.contains(&made.mime.mime().to_owned())
            );
            assert!(u64::from(made.width) * u64::from(made.height) <= limits.pixels_max);
            assert!(!has_canary(&made.bytes));
            let again = probe::image(&made.bytes, FileType::of(&made.bytes).expect("known")).expect("an image");
            assert_eq!((again.width, again.height, again.file_type), (made.width, made.height, made.mime));
            assert!(matches!(plan(&again, &limits, None), Ok(Plan::Keep { .. })), "a rendition fits as it is");
        }
    }
}

#[test]
fn quality_goes_down_before_size_does() {
    let file = encoded(FileType::Jpeg, &noise(256, 256));
    let found = probe::image(&file, FileType::Jpeg).expect("an image");
    let of_limit = |bytes_max: u64| {
        let Plan::Convert(convert) =
            plan(&found, &rules(&["image/jpeg"], bytes_max, 9999, 1 << 40), None).expect("it can be done")
        else {
            panic!("too large")
        };
        render(&file, FileType::Jpeg, &convert).expect("made")
    };
    let (little, much) = (of_limit(found.size_bytes * 9 / 10), of_limit(8_000));
    assert_eq!((little.width, little.height), (256, 256));
    assert!(little.quality < Some(92) && little.quality > Some(50), "{:?}", little.quality);
    assert!(much.width < 256 && much.bytes.len() <= 8_000);
    let Plan::Convert(hopeless) =
        plan(&found, &rules(&["image/jpeg"], 20, 9999, 1 << 40), None).expect("it can be tried")
    else {
        panic!("too large")
    };
    assert_eq!(render(&file, FileType::Jpeg, &hopeless).expect_err("hopeless").rule, "S-62");
}

#[test]
fn a_png_that_stays_too_large_becomes_jpeg_unless_it_is_see_through() {
    let limits = rules(&["image/png", "image/jpeg"], 120_000, 9999, 1 << 40);
    let mut picture = noise(200, 200);
    let made = |file: &[u8]| {
        let found = probe::image(file, FileType::Png).expect("an image");
        let Plan::Convert(convert) = plan(&found, &limits, None).expect("it can be done") else { panic!("too large") };
        render(file, FileType::Png, &convert).expect("made")
    };
    assert_eq!(made(&encoded(FileType::Png, &picture)).mime, FileType::Jpeg);
    picture.pixels_mut().take(5000).for_each(|pixel| pixel.0[3] = 0);
    let glass = made(&encoded(FileType::Png, &picture));
    assert_eq!(glass.mime, FileType::Png);
    assert!(glass.bytes.len() <= 120_000 && glass.width < 200);
}

#[test]
fn a_wide_picture_with_a_see_through_edge_stays_wide() {
    let limits = rules(&["image/jpeg", "image/png", "image/webp"], 100_000, 9999, 1 << 40);
    let mut picture = noise(480, 300);
    picture.pixels_mut().take(480 * 24).for_each(|pixel| pixel.0[3] = 0);
    let file = encoded(FileType::Png, &picture);
    let found = probe::image(&file, FileType::Png).expect("an image");
    let Plan::Convert(convert) = plan(&found, &limits, None).expect("it can be done") else { panic!("too large") };
    assert!(convert.why.english().contains("white"), "{}", convert.why);
    let made = render(&file, FileType::Png, &convert).expect("made");
    assert!(made.width >= 320 && made.bytes.len() <= 100_000, "{} wide", made.width);
    assert_eq!(made.mime, FileType::Jpeg);
    let shown = image::load_from_memory(&made.bytes).expect("it decodes").into_rgb8();
    assert!(shown.get_pixel(made.width / 2, 4).0.iter().all(|colour| *colour > 180), "the edge is white");
}

/// A JPEG of one colour, given as it is stored: cyan, magenta, yellow, black, each 255 for no ink at all.
fn printed(stored: [u8; 4], profile: &[u8]) -> Vec<u8> {
    let segment = |marker: u8, contents: &[u8]| {
        let size = u16::try_from(contents.len() + 2).expect("short").to_be_bytes();
        [&[0xff, marker], &size[..], contents].concat()
    };
    let mut bits = String::new();
    for value in stored {
        let mean = i32::from(value) - 128;
        let size = 32 - mean.unsigned_abs().leading_zeros();
        // A code of four bits for each size, then the number; a negative one is written less one.
        bits += &format!("{size:04b}");
        let low = if mean < 0 { mean - 1 + (1 << size) } else { mean };
        if size > 0 {
            bits += &format!("{low:0width$b}", width = size as usize);
        }
        bits += "0"; // no detail
    }
    while !bits.len().is_multiple_of(8) {
        bits.push('1');
    }
    let coded = bits.as_bytes().chunks(8).flat_map(|byte| {
        let byte = byte.iter().fold(0u8, |sum, bit| sum << 1 | (bit - b'0'));
        if byte == 0xff { vec![0xff, 0] } else { vec![byte] }
    });
    let coded: Vec<u8> = coded.collect();
    let components: Vec<u8> = (1..=4).flat_map(|id| [id, 0x11, 0]).collect();
    let means = [&[0x00][..], &[0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &(0..9).collect::<Vec<u8>>()].concat();
    let detail = [&[0x10, 1][..], &[0; 15], &[0]].concat();
    let scan: Vec<u8> = [4].into_iter().chain((1..=4).flat_map(|id| [id, 0])).chain([0, 63, 0]).collect();
    [
        vec![0xff, 0xd8],
        segment(0xee, b"Adobe\0\x64\0\0\0\0\0"),
        segment(0xe2, &[b"ICC_PROFILE\0\x01\x01", profile].concat()),
        segment(0xdb, &[&[0][..], &[8; 64]].concat()),
        segment(0xc0, &[&[8, 0, 8, 0, 8, 4][..], &components].concat()),
        segment(0xc4, &means),
        segment(0xc4, &detail),
        segment(0xda, &scan),
        coded,
        vec![0xff, 0xd9],
    ]
    .concat()
}

/// A profile of inks that look like no one would guess: cyan ink is a middle grey, the others are white.
fn odd_inks() -> Vec<u8> {
    let ramp: Vec<u8> = (0..=255).collect();
    let mut table = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
    for number in [1i32, 0, 0, 0, 1, 0, 0, 0, 1] {
        table.extend((number << 16).to_be_bytes());
    }
    table.extend(ramp.repeat(4));
    // Cyan varies slowest. L, a, b as bytes: white is 255, 128, 128.
    for corner in 0..16 {
        table.extend([if corner & 8 == 0 { 255 } else { 128 }, 128, 128]);
    }
    table.extend(ramp.repeat(3));
    let mut profile = vec![0; 128];
    profile[8] = 2;
    profile[12..24].copy_from_slice(b"prtrCMYKLab ");
    profile[36..40].copy_from_slice(b"acsp");
    profile[68..80].copy_from_slice(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    profile.extend(1u32.to_be_bytes());
    profile.extend(b"A2B0");
    profile.extend(144u32.to_be_bytes());
    profile.extend(u32::try_from(table.len()).expect("short").to_be_bytes());
    profile.extend(table);
    let size = u32::try_from(profile.len()).expect("short").to_be_bytes();
    profile[..4].copy_from_slice(&size);
    profile
}

#[test]
fn print_colours_are_converted_by_their_profile_and_never_published_unconverted() {
    let limits = rules(&["image/jpeg"], 1 << 20, 999, 1 << 40);
    for (stored, grey) in [([255, 255, 255, 255], 255u8), ([0, 255, 255, 255], 119), ([255, 0, 0, 255], 255)] {
        let file = printed(stored, &odd_inks());
        let found = probe::image(&file, FileType::Jpeg).expect("an image");
        assert!(found.cmyk);
        let Plan::Convert(convert) = plan(&found, &limits, None).expect("it can be done") else { panic!("it is CMYK") };
        assert!(convert.why.english().contains("CMYK"), "{}", convert.why);
        let made = render(&file, FileType::Jpeg, &convert).expect("made");
        assert!(!probe::image(&made.bytes, FileType::Jpeg).expect("an image").cmyk);
        let shown = *image::load_from_memory(&made.bytes).expect("it decodes").into_rgb8().get_pixel(4, 4);
        assert!(shown.0.iter().all(|colour| colour.abs_diff(grey) < 8), "{stored:?}: {shown:?}, not {grey}");
    }
    // A profile that no one can read: the inks are taken as ideal, and the picture still is no CMYK.
    let file = printed([0, 255, 255, 255], b"no profile");
    let found = probe::image(&file, FileType::Jpeg).expect("an image");
    let Plan::Convert(convert) = plan(&found, &limits, None).expect("it can be done") else { panic!("it is CMYK") };
    let made = render(&file, FileType::Jpeg, &convert).expect("made");
    let shown = *image::load_from_memory(&made.bytes).expect("it decodes").into_rgb8().get_pixel(4, 4);
    assert!(shown.0[0] < 40 && shown.0[1] > 200, "{shown:?} is cyan");
}

#[test]
fn what_is_see_through_lies_on_white_in_a_jpeg() {
    let glass = RgbaImage::from_pixel(40, 40, Rgba([0, 0, 0, 0]));
    let file = encoded(FileType::Png, &glass);
    let found = probe::image(&file, FileType::Png).expect("an image");
    let Plan::Convert(convert) =
        plan(&found, &rules(&["image/jpeg"], 1 << 20, 999, 1 << 40), None).expect("it can be done")
    else {
        panic!("another type")
    };
    let made = render(&file, FileType::Png, &convert).expect("made");
    let pixel = *image::load_from_memory(&made.bytes).expect("it decodes").into_rgb8().get_pixel(20, 20);
    assert!(pixel.0.iter().all(|colour| *colour > 250), "{pixel:?}");
}

#[test]
fn a_picture_on_its_side_is_turned_upright() {
    let upright = picture(60, 40);
    for orientation in 2..=8u8 {
        let file = strip::image(&dirty(FileType::Jpeg, 60, 40, orientation), FileType::Jpeg).expect("an image");
        let found = probe::image(&file, FileType::Jpeg).expect("an image");
        let Plan::Convert(convert) = plan(&found, &rules(ALL, 1 << 20, 999, 1 << 40), None).expect("it can be done")
        else {
            panic!("it must be turned")
        };
        assert!(convert.why.english().contains("turned upright"));
        let made = render(&file, FileType::Jpeg, &convert).expect("made");
        assert_eq!(probe::image(&made.bytes, FileType::Jpeg).expect("an image").orientation, 1);
        let mut expected = image::DynamicImage::ImageRgba8(upright.clone());
        expected.apply_orientation(image::metadata::Orientation::from_exif(orientation).expect("valid"));
        let expected = expected.into_rgba8();
        let shown = image::load_from_memory(&made.bytes).expect("it decodes").into_rgba8();
        assert_eq!(shown.dimensions(), expected.dimensions(), "{orientation}");
        for (x, y) in [(3, 3), (shown.width() - 4, 3), (3, shown.height() - 4)] {
            let (a, b) = (shown.get_pixel(x, y), expected.get_pixel(x, y));
            assert!((0..2).all(|colour| a.0[colour].abs_diff(b.0[colour]) < 24), "{orientation}: {a:?} {b:?}");
        }
    }
}

#[test]
fn a_colour_profile_goes_with_the_picture() {
    let file = dirty(FileType::Jpeg, 60, 40, 1);
    let found = probe::image(&file, FileType::Jpeg).expect("an image");
    let Plan::Convert(convert) =
        plan(&found, &rules(&["image/jpeg"], 1 << 20, 30, 1 << 40), None).expect("it can be done")
    else {
        panic!("too large")
    };
    let made = render(&file, FileType::Jpeg, &convert).expect("made");
    assert!(made.bytes.windows(profile().len()).any(|window| window == profile()));
}

#[test]
fn s_62_a_bomb_is_not_decoded() {
    let size = 10_000u32.to_be_bytes();
    let head = [&size[..], &size, &[8, 6, 0, 0, 0]].concat();
    let chunk = super::corpus::png_chunk;
    let file =
        [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &head), chunk(b"IDAT", &[0; 20]), chunk(b"IEND", b"")].concat();
    let fine = probe::image(&plain(FileType::Png, 100, 100), FileType::Png).expect("an image");
    let Plan::Convert(convert) =
        plan(&fine, &rules(&["image/jpeg"], 1 << 20, 99, 1 << 40), None).expect("it can be done")
    else {
        panic!("another type")
    };
    assert_eq!(render(&file, FileType::Png, &convert).expect_err("a bomb").rule, "S-62");
}
