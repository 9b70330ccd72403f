//! `security.txt` (RFC 9116): where to report a weakness.

use base::words::Language;
use jiff::civil::Date;

use crate::Profile;

/// The file, or nothing while the profile has no contact address. `at` is the file's own address; it is valid until `expires`.
pub fn security_txt(profile: &Profile, at: &str, expires: Date) -> Option<String> {
    if profile.missing().iter().any(|field| field.0 == "controller.email") {
        return None;
    }
    let languages = Language::ALL.iter().map(|language| language.tag()).collect::<Vec<_>>().join(", ");
    let email = profile.controller.email.trim();
    Some(format!(
        "Contact: mailto:{email}\nExpires: {expires}T00:00:00Z\nPreferred-Languages: {languages}\nCanonical: {at}\n"
    ))
}
