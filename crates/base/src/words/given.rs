//! What `say!` makes of a value: a number, an instant or a text as such, anything else as it is displayed.
//!
//! Method lookup tries [`Known`] first and [`Shown`] only where the type has no [`ToValue`].

use std::fmt::Display;

pub use super::Value;
use super::{Text, ToValue};

/// Something given to `say!`.
pub struct Given<'a, T: ?Sized>(pub &'a T);

/// Of a kind that messages know.
pub trait Known {
    /// As such.
    fn value(&self) -> Value;
}

impl<T: ToValue + ?Sized> Known for Given<'_, T> {
    fn value(&self) -> Value {
        self.0.value()
    }
}

/// Anything else that can be displayed.
pub trait Shown {
    /// As words that are not ours.
    fn value(&self) -> Value;
}

impl<T: Display + ?Sized> Shown for &Given<'_, T> {
    fn value(&self) -> Value {
        Value::Text(Text::verbatim(self.0.to_string()))
    }
}
