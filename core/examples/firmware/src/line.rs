//! Lines out of a stream of bytes, whatever the bytes are.

use heapless::Vec;
use sekisho::console::MAX_LINE;

/// As much of a line as it takes to see that it is too long.
const KEPT: usize = MAX_LINE + 2;

/// A line on its way. A byte that finds no room is dropped, so that a line never does harm to another.
#[derive(Default)]
pub struct Line {
    bytes: Vec<u8, KEPT>,
    dropped: u32,
}

impl Line {
    /// No line yet.
    pub const fn new() -> Line {
        Line { bytes: Vec::new(), dropped: 0 }
    }

    /// Takes a byte; true if it ends the line.
    pub fn push(&mut self, byte: u8) -> bool {
        if self.bytes.push(byte).is_err() {
            self.dropped = self.dropped.saturating_add(1);
        }
        byte == b'\n'
    }

    /// What there is of the line, its ending included.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes of it found no room.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Begins the next line.
    pub fn clear(&mut self) {
        *self = Line::new();
    }
}
