//! Profile pictures of accounts: head and shoulders in a colour that the account's name decides.

use std::io::Cursor;

use axum::response::{IntoResponse, Response};
use http::header;
use image::{ImageFormat, Rgb, RgbImage};

/// Width and height in pixels.
const SIDE: u32 = 128;
/// Backgrounds, all dark enough for the light figure before them.
const COLOURS: [[u8; 3]; 8] = [
    [38, 84, 124],
    [120, 56, 60],
    [56, 100, 72],
    [112, 76, 128],
    [144, 92, 36],
    [32, 104, 112],
    [84, 84, 104],
    [136, 60, 104],
];

/// The picture as a PNG file. One name always has the same picture.
pub fn png(name: &str) -> Vec<u8> {
    let sum = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    let back = COLOURS[sum % COLOURS.len()];
    let figure = back.map(|part| part.saturating_add(104));
    let drawn = RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb(if is_figure(x, y) { figure } else { back }));
    let mut bytes = Cursor::new(Vec::new());
    if let Err(error) = drawn.write_to(&mut bytes, ImageFormat::Png) {
        tracing::warn!(%error, "a profile picture could not be written");
    }
    bytes.into_inner()
}

/// A head above shoulders that the lower edge cuts off.
fn is_figure(x: u32, y: u32) -> bool {
    let within = |middle: u32, radius: u32| x.abs_diff(SIDE / 2).pow(2) + y.abs_diff(middle).pow(2) <= radius.pow(2);
    within(50, 24) || within(SIDE, 46)
}

/// The answer with the picture.
pub fn served(name: &str) -> Response {
    ([(header::CONTENT_TYPE, "image/png")], png(name)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_picture_of_its_own_that_stays_the_same() {
        let read = image::load_from_memory(&png("lena")).expect("an image");
        assert_eq!((read.width(), read.height()), (SIDE, SIDE));
        assert_eq!(png("lena"), png("lena"));
        assert_ne!(png("lena"), png("northwind"));
    }
}
