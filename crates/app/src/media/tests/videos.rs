//! S-64, P-015: a video is stored without places, names and times; its length and its offsets stay.

use std::io::Cursor;

use proptest::prelude::*;

use super::corpus::{CANARY, PICTURES, Video, atom, has_canary, video};
use crate::media::{FileType, Refused, mp4, probe};

fn clean(file: &[u8]) -> Result<Vec<u8>, Refused> {
    let edits = mp4::edits(&mut Cursor::new(file), file.len() as u64)?;
    let mut out = file.to_vec();
    out.truncate(edits.length as usize);
    edits.apply(0, &mut out);
    Ok(out)
}

fn probed(file: &[u8]) -> Result<probe::Probe, Refused> {
    probe::video(&mut Cursor::new(file), file.len() as u64, FileType::Mp4)
}

#[test]
fn p_015_nothing_of_places_devices_and_times_is_left_in_a_video() {
    for index_first in [true, false] {
        for brand in [b"isom", b"qt  "] {
            let file = video(brand, &Video { index_first, ..Video::default() });
            assert!(has_canary(&file));
            let clean = clean(&file).expect("it is a video");
            assert!(!has_canary(&clean));
            for name in [&b"\xa9xyz"[..], b"udta", b"uuid", b"meta", b"mebx", b"CAMR", b"\xc1\xc1\xc1\xc1", b"\xc2\xc2"]
            {
                assert!(!clean.windows(name.len()).any(|window| window == name), "{name:?}");
            }
            let kept = clean.windows(PICTURES.len()).filter(|window| *window == PICTURES).count();
            assert_eq!(kept, 2, "the pictures stay");
            assert!(clean.len() < file.len(), "what follows the last box is cut off");
            assert_eq!(self::clean(&clean).expect("it is a video"), clean, "a second time changes nothing");
        }
    }
}

#[test]
fn s_64_what_stays_of_a_video_stays_where_it_was() {
    let file = video(b"isom", &Video::default());
    let clean = clean(&file).expect("it is a video");
    let place = |bytes: &[u8]| bytes.windows(PICTURES.len()).position(|window| window == PICTURES);
    assert_eq!(place(&clean), place(&file));
    let (before, after) = (probed(&file).expect("a video"), probed(&clean).expect("a video"));
    assert_eq!(probe::Probe { size_bytes: 0, ..before }, probe::Probe { size_bytes: 0, ..after });
}

#[test]
fn a_video_is_changed_piece_by_piece_as_it_streams() {
    let file = video(b"isom", &Video { index_first: false, ..Video::default() });
    let whole = clean(&file).expect("it is a video");
    let edits = mp4::edits(&mut Cursor::new(&file), file.len() as u64).expect("it is a video");
    for size in [1, 3, 7, 64, 1000] {
        let mut out = Vec::new();
        for piece in file[..edits.length as usize].chunks(size) {
            let mut piece = piece.to_vec();
            edits.apply(out.len() as u64, &mut piece);
            out.extend(piece);
        }
        assert_eq!(out, whole, "in pieces of {size}");
    }
}

#[test]
fn a_video_says_its_size_length_and_codec() {
    let found = probed(&video(b"isom", &Video::default())).expect("a video");
    assert_eq!((found.width, found.height, found.duration_ms), (1280, 720, Some(12_000)));
    assert_eq!((found.video_codec.as_deref(), found.audio_codec), (Some("h264"), None));
    let found = probed(&video(b"isom", &Video { on_its_side: true, ..Video::default() })).expect("a video");
    assert_eq!((found.width, found.height), (720, 1280), "as it is shown");
}

#[test]
fn a_video_that_is_cut_off_anywhere_is_refused() {
    let plain = Video { data_track: false, ..Video::default() };
    for index_first in [true, false] {
        // Without what follows the last box, which may be missing.
        let file = video(b"isom", &Video { index_first, ..plain });
        let end = clean(&file).expect("it is a video").len();
        assert!(probed(&file[..end]).is_ok());
        for cut in [1, 2, 7, 8, 9, end / 2] {
            let said =
                probed(&file[..end - cut]).err().unwrap_or_else(|| panic!("cut by {cut}, index first {index_first}"));
            assert!(said.detail.english().contains("cut off"), "{said}");
        }
    }
    // The box of the pictures is shortened to what is there: only the tables know.
    let mut file = video(b"isom", &plain);
    let at = file.windows(4).position(|window| window == b"mdat").expect("pictures") - 4;
    file.truncate(at + 8 + PICTURES.len() + 3);
    let rest = u32::try_from(file.len() - at).expect("short").to_be_bytes();
    file[at..at + 4].copy_from_slice(&rest);
    assert!(probed(&file).expect_err("pictures are missing").detail.english().contains("cut off"));
    let mut far = video(b"isom", &plain);
    let table = far.windows(4).position(|window| window == b"stco").expect("a table");
    far[table + 12..table + 16].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(probed(&far).is_err(), "a piece beyond the end");
}

/// A video in fragments of 25 pictures each, at 25 a second.
fn in_fragments(count: u32, with_index: bool) -> Vec<u8> {
    let mut file = fragmented_head();
    let fragments: Vec<Vec<u8>> = (0..count).map(|_| one_fragment()).collect();
    if with_index {
        let entry = |part: &Vec<u8>| {
            let size = u32::try_from(part.len()).expect("short");
            [size.to_be_bytes(), 25u32.to_be_bytes(), [0; 4]].concat()
        };
        let entries: Vec<u8> = fragments.iter().flat_map(entry).collect();
        let count = u16::try_from(count).expect("short").to_be_bytes();
        let head = [&[0; 4][..], &1u32.to_be_bytes(), &25u32.to_be_bytes(), &[0; 8], &[0, 0], &count, &entries];
        file.extend(atom(b"sidx", &head.concat()));
    }
    file.extend(fragments.concat());
    file
}

fn fragmented_head() -> Vec<u8> {
    let empty = Video { data_track: false, seconds: 0, ..Video::default() };
    let mut file = video(b"isom", &Video { index_first: true, ..empty });
    // Of the video of the tests, the index alone, with empty tables.
    let end = file.windows(4).position(|window| window == b"mdat").expect("pictures") - 4;
    file.truncate(end);
    for table in [b"stco", b"stsz", b"stsc", b"stts"] {
        let at = file.windows(4).position(|window| window == table).expect("a table");
        let place = if table == b"stsz" { at + 12 } else { at + 8 };
        file[place..place + 4].fill(0);
    }
    let scale = file.windows(4).position(|window| window == b"mdhd").expect("a scale");
    file[scale + 16..scale + 20].copy_from_slice(&25u32.to_be_bytes());
    // What a fragment does not say of itself: each sample lasts one and has four bytes.
    let defaults = [0u32, 1, 1, 1, 4, 0].iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let mvex = atom(b"mvex", &atom(b"trex", &defaults));
    let moov = file.windows(4).position(|window| window == b"moov").expect("an index");
    let free = file.windows(4).rposition(|window| window == b"free").expect("a gap") - 4;
    let size = u32::try_from(free - (moov - 4) + mvex.len()).expect("short").to_be_bytes();
    file[moov - 4..moov].copy_from_slice(&size);
    file.splice(free..free, mvex);
    file
}

fn one_fragment() -> Vec<u8> {
    let head = [0x0002_0000u32, 1].iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let moof = |offset: u32| {
        let run = [1u32, 25, offset].iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
        let traf = [atom(b"tfhd", &head), atom(b"trun", &run)].concat();
        atom(b"moof", &[atom(b"mfhd", &[0; 8]), atom(b"traf", &traf)].concat())
    };
    let offset = u32::try_from(moof(0).len() + 8).expect("short");
    [moof(offset), atom(b"mdat", &[7; 100])].concat()
}

#[test]
fn a_video_in_fragments_says_its_length_and_is_refused_where_it_is_cut_off() {
    for with_index in [false, true] {
        let file = in_fragments(3, with_index);
        assert_eq!(probed(&file).expect("a video").duration_ms, Some(3_000), "with an index: {with_index}");
        let fragment = one_fragment().len();
        for cut in [1, 50, 100, 101, 107, 108, 109, fragment - 9, fragment - 3] {
            let said = probed(&file[..file.len() - cut]);
            assert!(said.is_err(), "cut by {cut}: {said:?}");
        }
    }
    // A whole fragment less cannot be seen in the fragments, but in their index.
    let fragment = one_fragment().len();
    let file = in_fragments(3, true);
    assert!(probed(&file[..file.len() - fragment]).is_err());
    assert!(probed(&fragmented_head()).expect_err("no fragment at all").detail.english().contains("without pictures"));
}

#[test]
fn a_video_of_an_unknown_brand_is_recognized_by_its_boxes() {
    for brand in [b"XAVC", b"niko", b"NDSC"] {
        assert_eq!(probed(&video(brand, &Video::default())).expect("a video").file_type, FileType::Mp4);
    }
    assert_eq!(probed(&video(b"qt  ", &Video::default())).expect("a video").file_type, FileType::Mov);
    // An old QuickTime file: the same without the brands. Its offsets begin earlier.
    let with = video(b"qt  ", &Video { data_track: false, index_first: false, ..Video::default() });
    let head = u32::from_be_bytes([with[0], with[1], with[2], with[3]]) as usize;
    let old = [atom(b"wide", &vec![0; head - 8]), with[head..].to_vec()].concat();
    let found = probe::video(&mut Cursor::new(&old), old.len() as u64, FileType::Mov).expect("a video");
    assert_eq!((found.file_type, found.width), (FileType::Mov, 1280));
    let late = [atom(b"free", &[0; 40]), fragmented_head(), one_fragment()].concat();
    assert_eq!(probed(&late).expect("a video").duration_ms, Some(1_000), "a gap before the brands");
}

fn rewrapped(file: &[u8]) -> Vec<u8> {
    let edits = mp4::rewrap(&mut Cursor::new(file), file.len() as u64).expect("it can be MP4");
    let mut out = file.to_vec();
    out.truncate(usize::try_from(edits.length).expect("short"));
    edits.apply(0, &mut out);
    out
}

#[test]
fn a_quicktime_video_becomes_mp4_and_its_pictures_stay_where_they_are() {
    let file = clean(&video(b"qt  ", &Video { index_first: false, ..Video::default() })).expect("a video");
    let made = rewrapped(&file);
    assert_eq!(FileType::of(&made[..64]), Ok(FileType::Mp4));
    assert_eq!(&made[8..20], b"mp42\0\0\x02\0isom");
    let found = probed(&made).expect("a video");
    assert_eq!(found, probe::Probe { file_type: FileType::Mp4, ..probed(&file).expect("a video") });
    let place = |bytes: &[u8]| bytes.windows(PICTURES.len()).position(|window| window == PICTURES);
    assert_eq!((place(&made), made.len()), (place(&file), file.len()));
    assert_eq!(rewrapped(&made)[..], made[..], "a second time changes nothing");
}

#[test]
fn the_sound_of_a_quicktime_video_is_described_as_in_mp4() {
    let esds = atom(b"esds", b"\0\0\0\0what a decoder needs");
    let wave =
        atom(b"wave", &[atom(b"frma", b"mp4a"), atom(b"mp4a", &[0; 4]), esds.clone(), atom(&[0; 4], &[])].concat());
    let fields =
        [&[0u8; 6][..], &[0, 1], &[0, 1], &[0; 6], &[0, 2, 0, 16, 0xff, 0xfe, 0, 0], &[0xac, 0x44, 0, 0], &[9; 16]];
    let entry = atom(b"mp4a", &[&fields.concat()[..], &wave].concat());
    let list = atom(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &entry].concat());
    let nested = [b"stbl", b"minf", b"mdia", b"trak", b"moov"].into_iter().fold(list, |inner, kind| atom(kind, &inner));
    let file = [atom(b"ftyp", b"qt  \0\0\x02\0qt  "), nested].concat();
    let made = rewrapped(&file);
    assert_eq!(made.len(), file.len());
    let at = made.windows(4).position(|window| window == b"mp4a").expect("sound") + 4;
    let sound = &made[at..];
    assert_eq!(&sound[8..10], [0, 0], "version 0");
    // What follows the fields is a row of boxes, of which one is not empty.
    let mut rest = &sound[28..entry.len() - 8];
    let mut kinds = Vec::new();
    while rest.len() >= 8 {
        let size = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        kinds.push(rest[4..8].to_vec());
        if &rest[4..8] == b"esds" {
            assert_eq!(&rest[..size], esds);
        }
        rest = &rest[size..];
    }
    assert_eq!(kinds, [b"free", b"free", b"free", b"free", b"esds", b"free"].map(|kind| kind.to_vec()));
}

#[test]
fn s_62_a_video_beyond_the_limits_is_refused() {
    for like in [
        Video { width: 20_000, ..Video::default() },
        Video { width: 16_000, height: 16_000, ..Video::default() },
        Video { seconds: 4 * 3600 + 1, ..Video::default() },
    ] {
        assert_eq!(probed(&video(b"isom", &like)).expect_err("too large").rule, "S-62");
    }
    let head = atom(b"ftyp", b"isom\0\0\x02\0");
    let tracks = atom(b"moov", &atom(b"trak", b"").repeat(17));
    assert_eq!(probed(&[head, tracks].concat()).expect_err("too many").rule, "S-62");
}

#[test]
fn s_65_a_video_that_points_elsewhere_is_refused() {
    let said = clean(&video(b"isom", &Video { external: true, ..Video::default() })).expect_err("refused");
    assert!(said.detail.english().contains("another file"), "{said}");
}

#[test]
fn s_64_a_file_that_is_not_a_video_is_refused() {
    let good = video(b"isom", &Video::default());
    let head = atom(b"ftyp", b"isom\0\0\x02\0");
    for (why, file) in [
        ("nothing", vec![]),
        ("no start", good[20..].to_vec()),
        ("no index", [head.clone(), atom(b"mdat", CANARY)].concat()),
        ("two indexes", [head.clone(), atom(b"moov", b""), atom(b"moov", b"")].concat()),
        ("no picture", [head.clone(), atom(b"moov", &atom(b"mvhd", &[0; 100]))].concat()),
        ("a packed index", [head.clone(), atom(b"moov", &atom(b"cmov", b"x"))].concat()),
        ("a cut index", [head, vec![0, 0, 1, 0], b"moov".to_vec(), vec![0; 20]].concat()),
    ] {
        assert!(clean(&file).is_err() || probed(&file).is_err(), "{why}");
    }
}

#[test]
fn p_015_the_fragments_of_a_video_are_cleaned_too() {
    let part = [atom(b"tfhd", &[0; 8]), atom(b"trun", &[0; 8]), atom(b"uuid", CANARY), atom(b"udta", CANARY)].concat();
    let fragment = atom(b"moof", &[atom(b"mfhd", &[0; 8]), atom(b"traf", &part), atom(b"meta", CANARY)].concat());
    let fragment = [fragment, atom(b"emsg", CANARY), atom(b"mdat", PICTURES)].concat();
    let of = |data_track| {
        let start = clean(&video(b"isom", &Video { data_track, index_first: false, ..Video::default() }));
        let start = start.expect("it is a video");
        video_with(&start, &fragment)
    };
    // The samples between the pictures belong to no track any more and are pictures as far as anyone can tell.
    let file = of(false);
    let cleaned = clean(&file).expect("it is a video");
    let (at, end) = (file.len() - fragment.len(), cleaned.len());
    assert!(has_canary(&file[at..]) && !has_canary(&cleaned[at..end]));
    assert!(cleaned.ends_with(PICTURES), "the last fragment is whole");
    let camera = video(b"isom", &Video { index_first: false, ..Video::default() });
    let end = camera.len() - CANARY.len();
    let said = clean(&video_with(&camera[..end], &fragment)).expect_err("a data track in fragments");
    assert!(said.detail.english().contains("fragments"), "{said}");
}

fn video_with(start: &[u8], fragment: &[u8]) -> Vec<u8> {
    [start, fragment].concat()
}

#[test]
fn s_62_a_table_that_claims_too_much_is_refused() {
    let mut file = video(b"isom", &Video::default());
    let sizes: Vec<usize> = (0..file.len() - 4).filter(|at| &file[*at..at + 4] == b"stsz").collect();
    let last = sizes[sizes.len() - 1];
    file[last + 12..last + 16].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(clean(&file).expect_err("refused").rule, "S-62");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn s_62_no_damage_makes_the_reader_panic(at in 0usize..4000, to in any::<u32>(), cut in 0usize..4000) {
        let mut file = video(b"isom", &Video { index_first: at % 2 == 0, ..Video::default() });
        let place = at % (file.len() - 4);
        file[place..place + 4].copy_from_slice(&to.to_be_bytes());
        file.truncate(file.len() - cut % file.len() * usize::from(cut % 3 == 0));
        let _ = probed(&file);
        if let Ok(clean) = clean(&file) {
            prop_assert!(clean.len() <= file.len());
        }
    }
}
