//! Flash memory whose power fails at any byte, and whose bits flip.

use std::vec;
use std::vec::Vec;

use crate::store::{Geometry, Storage, StorageFault};

/// What stands behind the byte at which the power failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// What had been there.
    Old,
    /// Zeros.
    Zeros,
    /// Ones.
    Ones,
}

impl Torn {
    /// All kinds.
    pub const ALL: [Torn; 3] = [Torn::Old, Torn::Zeros, Torn::Ones];
}

/// Something that is done to the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Bytes are written.
    Write {
        /// Where.
        sector: u32,
        /// Where in it.
        at: u32,
        /// What.
        bytes: Vec<u8>,
    },
    /// A sector is erased.
    Erase {
        /// Which.
        sector: u32,
    },
    /// Everything before has happened.
    Sync,
}

/// A loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The step that is under way, counted from the last [`Flash::start`].
    pub step: usize,
    /// The bytes of it that happen.
    pub bytes: usize,
    /// What stands behind them.
    pub torn: Torn,
    /// Whether the power stays off. If not, the step has failed and the next ones work.
    pub lasting: bool,
}

/// The memory, with a record of what is done to it.
#[derive(Clone, Debug)]
pub struct Flash {
    geometry: Geometry,
    sectors: Vec<Vec<u8>>,
    /// How often each sector was erased.
    pub erasures: Vec<u32>,
    /// What was done since [`Flash::start`].
    pub steps: Vec<Step>,
    cut: Option<Cut>,
    off: bool,
}

/// The power is off.
const OFF: StorageFault = StorageFault(-1);

impl Flash {
    /// Memory that is erased.
    pub fn new(geometry: Geometry) -> Flash {
        let sector = vec![geometry.erased; geometry.sector_size as usize];
        Flash {
            geometry,
            sectors: vec![sector; geometry.sectors as usize],
            erasures: vec![0; geometry.sectors as usize],
            steps: Vec::new(),
            cut: None,
            off: false,
        }
    }

    /// Switches the power on, forgets the steps so far, and fails at `cut`.
    pub fn start(&mut self, cut: Option<Cut>) {
        (self.steps, self.cut, self.off) = (Vec::new(), cut, false);
    }

    /// Whether the power has failed.
    pub fn is_off(&self) -> bool {
        self.off
    }

    /// The bytes of a sector.
    pub fn sector(&mut self, sector: u32) -> &mut Vec<u8> {
        &mut self.sectors[sector as usize]
    }

    /// Whether two memories hold the same.
    pub fn holds(&self, other: &Flash) -> bool {
        self.sectors == other.sectors
    }

    /// Does a step, or as much of it as `bytes` says, with `torn` behind that.
    pub fn step(&mut self, step: &Step, part: Option<(usize, Torn)>) {
        let (place, new) = match step {
            Step::Write { sector, at, bytes } => {
                let at = *at as usize;
                (&mut self.sectors[*sector as usize][at..at + bytes.len()], bytes.clone())
            }
            Step::Erase { sector } => {
                self.erasures[*sector as usize] += 1;
                let place = &mut self.sectors[*sector as usize][..];
                let new = vec![self.geometry.erased; place.len()];
                (place, new)
            }
            Step::Sync => return,
        };
        let (whole, torn) = part.unwrap_or((new.len(), Torn::Old));
        let (now, later) = place.split_at_mut(whole.min(new.len()));
        now.copy_from_slice(&new[..now.len()]);
        match torn {
            Torn::Old => {}
            Torn::Zeros => later.fill(0x00),
            Torn::Ones => later.fill(0xFF),
        }
    }

    /// Takes what a step changes over from another memory.
    pub fn restore(&mut self, from: &Flash, step: &Step) {
        let (sector, range) = match step {
            Step::Write { sector, at, bytes } => {
                (*sector as usize, *at as usize..*at as usize + bytes.len())
            }
            Step::Erase { sector } => (*sector as usize, 0..self.geometry.sector_size as usize),
            Step::Sync => return,
        };
        let old = &from.sectors[sector][range.clone()];
        self.sectors[sector][range].copy_from_slice(old);
    }

    /// The bytes that a step changes.
    pub fn length(&self, step: &Step) -> usize {
        match step {
            Step::Write { bytes, .. } => bytes.len(),
            Step::Erase { .. } => self.geometry.sector_size as usize,
            Step::Sync => 0,
        }
    }

    fn take(&mut self, step: Step) -> Result<(), StorageFault> {
        if self.off {
            return Err(OFF);
        }
        match self.cut {
            Some(Cut { step: at, bytes, torn, lasting }) if at == self.steps.len() => {
                self.step(&step, Some((bytes, torn)));
                (self.off, self.cut) = (lasting, None);
                return Err(OFF);
            }
            _ => self.step(&step, None),
        }
        self.steps.push(step);
        Ok(())
    }
}

impl Storage for Flash {
    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn read(&mut self, sector: u32, at: u32, into: &mut [u8]) -> Result<(), StorageFault> {
        if self.off {
            return Err(OFF);
        }
        let at = at as usize;
        into.copy_from_slice(&self.sectors[sector as usize][at..at + into.len()]);
        Ok(())
    }

    fn write(&mut self, sector: u32, at: u32, bytes: &[u8]) -> Result<(), StorageFault> {
        let place = &self.sectors[sector as usize][at as usize..at as usize + bytes.len()];
        assert!(place.iter().all(|&byte| byte == self.geometry.erased), "written twice");
        let unit = self.geometry.write_size as usize;
        assert!((at as usize).is_multiple_of(unit) && bytes.len().is_multiple_of(unit));
        self.take(Step::Write { sector, at, bytes: bytes.to_vec() })
    }

    fn erase(&mut self, sector: u32) -> Result<(), StorageFault> {
        self.take(Step::Erase { sector })
    }

    fn sync(&mut self) -> Result<(), StorageFault> {
        self.take(Step::Sync)
    }
}
