//! What the program says to the person at the terminal; everything else goes to the log.

use std::{fmt::Display, io::Write as _};

/// A line on the standard output. A reader that went away (`fanfare posts | head`) is no error.
pub fn out(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line on the standard error: what went wrong, or what is being waited for.
pub fn err(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Text without a line break, at once: for questions.
pub fn ask(text: impl Display) {
    let mut err = std::io::stderr();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}
