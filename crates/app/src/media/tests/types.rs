//! S-61: what a file is, is what it contains.

use super::corpus::{Video, animation, dirty, plain, video};
use crate::media::{FileType, strip, types::HEAD_BYTES};

const IMAGES: [FileType; 4] = [FileType::Jpeg, FileType::Png, FileType::Webp, FileType::Gif];

fn type_of(bytes: &[u8]) -> Result<FileType, crate::media::Refused> {
    FileType::of(&bytes[..bytes.len().min(HEAD_BYTES)])
}

#[test]
fn s_61_each_type_is_known_by_its_content() {
    for file_type in IMAGES {
        assert_eq!(type_of(&plain(file_type, 20, 10)), Ok(file_type));
        assert_eq!(type_of(&dirty(file_type, 20, 10, 1)), Ok(file_type));
        assert_eq!(FileType::of_mime(file_type.mime()), Some(file_type));
    }
    assert_eq!(type_of(&animation(8, 8, 3)), Ok(FileType::Gif));
    for (brand, file_type) in
        [(b"isom", FileType::Mp4), (b"mp42", FileType::Mp4), (b"M4V ", FileType::Mp4), (b"qt  ", FileType::Mov)]
    {
        assert_eq!(type_of(&video(brand, &Video::default())), Ok(file_type));
    }
}

/// A file that begins with this brand, these others, and then a box.
fn branded(brand: &[u8; 4], others: &[&[u8; 4]]) -> Vec<u8> {
    let others: Vec<u8> = others.iter().flat_map(|other| other.iter().copied()).collect();
    [super::corpus::atom(b"ftyp", &[&brand[..], &[0; 4], &others].concat()), super::corpus::atom(b"mdat", &[0; 64])]
        .concat()
}

#[test]
fn s_61_a_video_is_known_by_all_of_its_brands_and_boxes() {
    for brand in
        [b"XAVC", b"pana", b"CAEP", b"niko", b"3gp7", b"3ge6", b"kddi", b"F4V ", b"NDSC", b"dmb1", b"MFSM", b"iso9"]
    {
        for others in [&[][..], &[b"mp42", b"iso2"], &[brand, b"isom"]] {
            assert_eq!(type_of(&branded(brand, others)), Ok(FileType::Mp4), "{brand:?} {others:?}");
        }
    }
    assert_eq!(type_of(&branded(b"CAEP", &[b"qt  "])), Ok(FileType::Mov));
    assert_eq!(type_of(&branded(b"qt  ", &[b"isom"])), Ok(FileType::Mov));
    assert_eq!(type_of(&branded(b"mp42", &[b"qt  "])), Ok(FileType::Mp4), "it says MP4 first");
    for (brand, word) in [(b"M4A ", "sound file"), (b"crx ", "JPEG"), (b"avif", "AVIF"), (b"mif1", "HEIC")] {
        let said = type_of(&branded(brand, &[b"mp42", b"isom"])).expect_err("no video").to_string();
        assert!(said.contains(word), "{said}");
    }
    let first = |kind: &[u8; 4], rest: Vec<u8>| [super::corpus::atom(kind, &[0; 24]), rest].concat();
    for kind in [b"free", b"skip", b"wide"] {
        assert_eq!(type_of(&first(kind, branded(b"isom", &[]))), Ok(FileType::Mp4), "{kind:?} before its brands");
    }
    for kind in [b"moov", b"mdat", b"wide", b"free", b"skip"] {
        assert_eq!(type_of(&first(kind, vec![0; 90])), Ok(FileType::Mov), "{kind:?} and no brand");
    }
}

#[test]
fn s_61_an_encoded_file_is_refused_with_how_to_send_it() {
    let form =
        b"--------------------------8d2f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n";
    for (body, word) in [
        (&form[..], "form"),
        (b"--x\r\ncontent-disposition: form-data; name=f\r\n\r\n\xff\xd8\xff", "form"),
        (b"{\"file\":\"/9j/4AAQ\"}", "JSON"),
        (b" [\"/9j/4AAQ\"]", "JSON"),
        (b"data:image/jpeg;base64,/9j/4AAQSkZJRg", "data address"),
        (b"/9j/4AAQSkZJRgABAQAAAQABAAD", "base64"),
        (b"iVBORw0KGgoAAAANSUhEUgAA", "base64"),
    ] {
        let said = type_of(body).expect_err("wrapped").to_string();
        assert!(said.contains(word) && said.contains("Send the file itself as the body"), "{said}");
    }
    // What a type check of others calls a video is never told to be uploaded as one.
    let said = type_of(b"\0\0\0\x10ftypisom").expect_err("cut off").to_string();
    assert!(!said.contains("video/mp4 is not taken"), "{said}");
}

#[test]
fn s_61_nothing_active_and_nothing_unknown_is_taken() {
    let contents: &[&[u8]] = &[
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"<html><body onload=alert(1)>",
        b"<!-- comment --><svg/>",
        b"<xsl:stylesheet version='1.0'/>",
        b"%PDF-1.7\n1 0 obj",
        b"PK\x03\x04\x14\0\0\0\x08\0",
        b"\x1f\x8b\x08\0\0\0\0\0",
        b"MZ\x90\0\x03\0\0\0",
        b"\x7fELF\x02\x01\x01",
        b"#!/bin/sh\nid\n",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"{\"a\":1}",
        b"alert(1)//",
        b"BM\x8a\0\0\0\0\0\0\0",
        b"II*\0\x08\0\0\0",
        b"8BPS\0\x01",
        b"\0\0\x01\0\x01\0\x10\x10",
        b"OggS\0\x02",
        b"\x1a\x45\xdf\xa3\x01\0\0\0",
        b"FLV\x01\x05",
        b"ID3\x04\0\0",
        b"\0\0\0\x1cftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
        b"\0\0\0\x1cftypevil\0\0\0\0",
        b"\0\0\0\x08moov",
    ];
    let before: &[&[u8]] =
        &[b"", b"\xef\xbb\xbf", b" \r\n\t", b"\n\n", b"\0", b"GIF", b"\xff\xd8", b"RIFF1234WEBX", b"\x89PNG\r\n"];
    let mut tried = 0;
    for content in contents {
        for disguise in before {
            let file = [disguise, *content].concat();
            let said = type_of(&file);
            assert!(said.is_err(), "{:?} is taken as {said:?}", String::from_utf8_lossy(&file));
            tried += 1;
        }
    }
    assert!(tried >= 200, "{tried}");
    assert!(type_of(b"").is_err() && type_of(b"G").is_err());
}

#[test]
fn s_61_the_refusal_says_what_it_is_and_what_to_do() {
    for (content, word) in
        [(&b"<svg/>"[..], "SVG"), (b"%PDF-1.7", "application/pdf"), (b"", "empty"), (b"\0\0\0\x1cftypheic", "HEIC")]
    {
        let said = type_of(content).expect_err("refused").to_string();
        assert!(said.contains(word) && said.contains("JPEG"), "{said}");
    }
}

#[test]
fn s_64_a_beginning_alone_makes_no_image() {
    // Files that are one thing to a type check and another to a browser or a shell.
    let script = b"/*=1;alert(document.domain)//*/<script>alert(1)</script>";
    for start in [
        &b"GIF89a"[..],
        b"\xff\xd8\xff\xe0",
        b"\xff\xd8\xff\xdb",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"RIFF\x40\0\0\0WEBPVP8 ",
    ] {
        let file = bytes::Bytes::from([start, script].concat());
        let file_type = type_of(&file).expect("the beginning is right");
        assert!(strip::image(&file, file_type).is_err(), "{file_type:?}");
    }
}
