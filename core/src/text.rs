//! Text made of parts, one after another.

/// Writes parts to a formatter: what `write!` would, but nothing is formatted within a format, so that no
/// function calls itself and the stack of a line has a bound.
macro_rules! say {
    ($f:expr, $($part:expr),+ $(,)?) => {
        Ok(())$(.and_then(|()| say!(@ $f, $part)))+
    };
    (@ $f:expr, $text:literal) => { core::fmt::Formatter::write_str($f, $text) };
    (@ $f:expr, $part:expr) => { core::fmt::Display::fmt(&$part, $f) };
}

/// A word within a format. What `str` itself brings along counts its characters, to fill lines up.
pub(crate) struct Word<'a>(pub(crate) &'a str);

impl core::fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.0)
    }
}

/// A number in 16 hexadecimal digits.
pub(crate) struct Hex(pub(crate) u64);

impl core::fmt::Display for Hex {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for byte in self.0.to_be_bytes() {
            for nibble in [byte >> 4, byte & 15] {
                let digit = if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
                core::fmt::Write::write_char(f, char::from(digit))?;
            }
        }
        Ok(())
    }
}
