//! The sentences of other languages, by the English one.

use std::{
    collections::{HashMap, HashSet},
    sync::{LazyLock, PoisonError, RwLock},
};

#[derive(Default)]
struct Catalogue {
    dutch: HashMap<String, &'static str>,
    /// Files that were read, by their place in the program.
    read: HashSet<usize>,
}

static CATALOGUE: LazyLock<RwLock<Catalogue>> = LazyLock::new(|| {
    let mut catalogue = Catalogue::default();
    catalogue.add(include_str!("../nl.json"));
    RwLock::new(catalogue)
});

/// Adds a file of Dutch sentences: a JSON object of the English ones and the Dutch ones. A second time does nothing.
///
/// # Panics
/// If the file, which is a part of the program, is not such an object; a test reads them all.
pub fn add_dutch(file: &'static str) {
    CATALOGUE.write().unwrap_or_else(PoisonError::into_inner).add(file);
}

/// The Dutch for an English sentence.
pub fn dutch(sentence: &str) -> Option<&'static str> {
    CATALOGUE.read().unwrap_or_else(PoisonError::into_inner).dutch.get(sentence).copied()
}

impl Catalogue {
    fn add(&mut self, file: &'static str) {
        if !self.read.insert(file.as_ptr() as usize) {
            return;
        }
        let sentences: HashMap<String, String> =
            serde_json::from_str(file).expect("a catalogue is a JSON object of sentences");
        self.dutch.extend(sentences.into_iter().map(|(english, dutch)| (english, &*dutch.leak())));
    }
}
