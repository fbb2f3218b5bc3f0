//! Text made of parts, one after another.

/// Writes parts to a formatter: what `write!` would, but nothing is formatted within a format, so that no
/// function calls itself and the stack of a line has a bound.
macro_rules! say {
    ($f:expr, $($part:expr),+ $(,)?) => {
        Ok(())$(.and_then(|()| core::fmt::Display::fmt(&$part, $f)))+
    };
}
