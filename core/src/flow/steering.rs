//! Which instance a packet belongs to.

use super::fragments::Fragments;
use crate::memory::Words;

/// Says which instance of several a packet belongs to.
#[derive(Debug)]
pub struct Steering<'m> {
    _mem: Words<'m>,
    _fragments: Fragments<'m>,
}
