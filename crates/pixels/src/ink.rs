//! Converts CMYK JPEG images to sRGB using their colour profile.
//!
//! No platform shows such a file correctly, and the decoder alone would guess the ink colours.

use image::RgbaImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, RenderingIntent, TransformOptions};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::Bounds;

/// The picture in sRGB, if it is printed in four inks and has a profile that says how they look. `None` for every other
/// image, and for a profile that cannot be used: the ordinary decoder then converts as if the inks were ideal.
///
/// `inverted` says that the file stores how much ink is left out, as programs of Adobe and all that followed them do.
pub fn decode(bytes: &[u8], inverted: bool, bounds: Bounds) -> Option<RgbaImage> {
    let side = bounds.side_max as usize;
    let options = DecoderOptions::default().set_strict_mode(false).set_max_width(side).set_max_height(side);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let stored = decoder.input_colorspace().filter(|it| matches!(it, ColorSpace::CMYK | ColorSpace::YCCK))?;
    let profile = decoder.icc_profile().filter(|profile| profile.len() <= bounds.profile_max_bytes)?;
    let profile = ColorProfile::new_from_slice(&profile).ok()?;
    if profile.color_space != DataColorSpace::Cmyk {
        return None;
    }
    let screen = ColorProfile::new_srgb();
    // As viewers do; not every profile has a table for each.
    let intents = [RenderingIntent::Perceptual, RenderingIntent::RelativeColorimetric, RenderingIntent::Saturation];
    let transform = intents.into_iter().find_map(|rendering_intent| {
        let options = TransformOptions { rendering_intent, ..Default::default() };
        profile.create_transform_8bit(Layout::Rgba, &screen, Layout::Rgb, options).ok()
    })?;
    let (width, height) = decoder.dimensions()?;
    // As it is stored, without the decoder's own idea of what the inks look like.
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(stored));
    let mut inks = decoder.decode().ok()?;
    for pixel in inks.chunks_exact_mut(4) {
        amounts(pixel, stored == ColorSpace::YCCK, inverted);
    }
    let mut pixels = Vec::with_capacity(inks.len());
    let mut line = vec![0; width * 3];
    for inks in inks.chunks_exact(width * 4) {
        transform.transform(inks, &mut line).ok()?;
        pixels.extend(line.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], u8::MAX]));
    }
    RgbaImage::from_raw(u32::try_from(width).ok()?, u32::try_from(height).ok()?, pixels)
}

/// Makes one pixel as stored the amounts of its four inks, 0 (none) to 255.
fn amounts(pixel: &mut [u8], is_ycck: bool, inverted: bool) {
    if is_ycck {
        // ITU-T T.871; what it gives for red, green and blue is the ink itself where the file is inverted.
        let [y, cb, cr] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
        let (cb, cr) = (cb - 128.0, cr - 128.0);
        let rgb = [y + 1.402 * cr, y - 0.344_14 * cb - 0.714_14 * cr, y + 1.772 * cb];
        for (ink, colour) in pixel.iter_mut().zip(rgb) {
            // Rounded and within a byte, so that nothing is lost.
            let colour = colour.round().clamp(0.0, 255.0) as u8;
            *ink = u8::MAX - colour;
        }
    }
    if inverted {
        pixel.iter_mut().for_each(|ink| *ink = u8::MAX - *ink);
    }
}
