//! Places that posts can be tagged with.

/// Id, name, address, city, latitude, longitude.
pub type Place = (&'static str, &'static str, &'static str, &'static str, f64, f64);

/// Those that there are.
pub const PLACES: [Place; 3] = [
    ("105000000000001", "The Quay", "1 Harbour Street", "Rotterdam", 51.9050, 4.4830),
    ("105000000000002", "Swan Bridge", "Erasmusbrug", "Rotterdam", 51.9090, 4.4870),
    ("105000000000003", "North Workshop", "12 Northwind Lane", "Groningen", 53.2190, 6.5660),
];

/// The name of a place.
pub fn name(id: &str) -> Option<&'static str> {
    PLACES.iter().find(|place| place.0 == id).map(|place| place.1)
}
