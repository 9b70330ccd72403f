//! The demo's images: small landscapes drawn by code, so that no photographs are needed.

use image::{ImageFormat, Rgb, RgbImage};

/// A mood: sky above, sky at the horizon, water, and the disc of sun or moon.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mood {
    above: [u8; 3],
    horizon: [u8; 3],
    water: [u8; 3],
    disc: [u8; 3],
    /// The disc's distance from the left, in hundredths of the width.
    across: u32,
}

pub(super) const DAWN: Mood =
    Mood { above: [74, 88, 140], horizon: [250, 196, 150], water: [92, 104, 140], disc: [255, 236, 200], across: 68 };
pub(super) const NIGHT: Mood =
    Mood { above: [12, 18, 40], horizon: [44, 62, 100], water: [16, 26, 52], disc: [236, 236, 220], across: 30 };
pub(super) const NOON: Mood =
    Mood { above: [86, 156, 206], horizon: [206, 230, 236], water: [60, 130, 150], disc: [255, 250, 226], across: 50 };
pub(super) const DUSK: Mood =
    Mood { above: [58, 42, 90], horizon: [232, 122, 90], water: [80, 52, 88], disc: [255, 180, 110], across: 40 };

const WIDTH: u32 = 960;
const HEIGHT: u32 = 640;

/// A harbour in this mood, as a JPEG. `seed` moves the houses.
pub(super) fn harbour(mood: Mood, seed: u32) -> Result<Vec<u8>, image::ImageError> {
    let picture = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| Rgb(pixel(mood, seed, x, y)));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}

fn pixel(mood: Mood, seed: u32, x: u32, y: u32) -> [u8; 3] {
    let horizon = HEIGHT * 3 / 5;
    if y >= horizon {
        let depth = y - horizon;
        // The mirror image of the part above, broken into waves.
        let wave = (depth / 6 + seed).wrapping_mul(2_654_435_761) >> 28;
        let above = land_or_sky(mood, seed, (x + wave).min(WIDTH - 1), horizon.saturating_sub(depth + 1));
        return mix(above, mood.water, 50 + (depth * 40 / (HEIGHT - horizon)).min(40));
    }
    land_or_sky(mood, seed, x, y)
}

fn land_or_sky(mood: Mood, seed: u32, x: u32, y: u32) -> [u8; 3] {
    let horizon = HEIGHT * 3 / 5;
    let house = x / 60;
    let chance = (house.wrapping_add(seed * 31)).wrapping_mul(2_654_435_761) >> 16;
    let tall = 40 + chance % 110;
    let from_middle = (x % 60).abs_diff(30);
    let roof = tall + 24_u32.saturating_sub(from_middle);
    if y + roof > horizon && !chance.is_multiple_of(5) {
        let window =
            (x % 20) > 12 && ((horizon - y) % 26) > 16 && (horizon - y) < tall && (chance >> ((x % 60) / 20)) & 1 == 1;
        let wall = mix(mood.above, [24, 22, 28], 62 + chance % 18);
        return if window { mix(mood.disc, [255, 214, 130], 50) } else { wall };
    }
    let (cx, cy, radius) = (i64::from(WIDTH * mood.across / 100), i64::from(HEIGHT) * 28 / 100, 62_i64);
    let away = (i64::from(x) - cx).pow(2) + (i64::from(y) - cy).pow(2);
    if away <= radius * radius {
        return mood.disc;
    }
    mix(mood.above, mood.horizon, y * 100 / horizon)
}

/// `share` hundredths of `b`, the rest of `a`.
fn mix(a: [u8; 3], b: [u8; 3], share: u32) -> [u8; 3] {
    let share = share.min(100);
    let one =
        |a: u8, b: u8| u8::try_from((u32::from(a) * (100 - share) + u32::from(b) * share) / 100).unwrap_or(u8::MAX);
    [one(a[0], b[0]), one(a[1], b[1]), one(a[2], b[2])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mood_makes_a_valid_image() {
        for (seed, mood) in [DAWN, NIGHT, NOON, DUSK].into_iter().enumerate() {
            let bytes = harbour(mood, u32::try_from(seed).expect("small")).expect("drawn");
            let read = image::load_from_memory(&bytes).expect("a picture");
            assert_eq!((read.width(), read.height()), (WIDTH, HEIGHT));
        }
    }
}
