//! A region in memory of its own, and the console that talks to it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};

use sekisho::console;
use sekisho::limits::Profile;
use sekisho::region::Region;
use sekisho::store::Position;
use sekisho::store::snapshot::{self, Loader};
use wasm_bindgen::prelude::*;

/// A region and its memory.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Console {
    memory: Box<[AtomicU32]>,
}

#[wasm_bindgen]
impl Console {
    /// An empty region of the firmware profile or the large one.
    #[wasm_bindgen(constructor)]
    pub fn new(firmware: bool) -> Result<Console, JsError> {
        let profile = if firmware { Profile::FIRMWARE } else { Profile::LARGE };
        let memory = super::words(Region::footprint(&profile))?;
        Region::init(&memory, &profile).map_err(super::thrown)?;
        Ok(Console { memory })
    }

    fn region(&self) -> Result<Region<'_>, JsError> {
        Region::attach(&self.memory).map_err(super::thrown)
    }

    /// Does what one line says. The answer is empty for a blank line or a comment; otherwise each
    /// of its lines ends with a line feed.
    pub fn line(&self, text: &str) -> Result<String, JsError> {
        let mut answer = String::new();
        // The answer takes all that is written.
        let _ = console::run(&mut self.region()?, text.as_bytes(), &mut answer);
        Ok(answer)
    }

    /// The region's settings and every VPC, vSwitch and table: [`console::outline`].
    pub fn outline(&self) -> Result<String, JsError> {
        let mut outline = String::new();
        let _ = console::outline(&self.region()?, &mut outline);
        Ok(outline)
    }

    /// The lines that make the configuration: [`console::script`].
    pub fn script(&self) -> Result<String, JsError> {
        let mut script = String::new();
        console::script(&self.region()?, &mut script)?;
        Ok(script)
    }

    /// The configuration as a snapshot at the beginning of a history, as [`snapshot::save`] has it.
    pub fn snapshot(&self, history: u32) -> Result<Vec<u8>, JsError> {
        let mut bytes = Vec::new();
        snapshot::save(&self.region()?, Position::start(history), |frame| {
            bytes.extend_from_slice(frame);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Takes a snapshot's configuration. If it cannot, nothing changes, and this is the error's name and
    /// a sentence, with a line feed between.
    pub fn load(&mut self, bytes: &[u8]) -> Result<Option<String>, JsError> {
        let ours = self.region()?;
        let memory = super::words(Region::footprint(ours.profile()))?;
        let mut region = Region::init(&memory, ours.profile())?;
        let loaded = Loader::new(&mut region).and_then(|loader| loader.whole(bytes));
        Ok(match loaded {
            Ok(_) => {
                self.memory = memory;
                None
            }
            Err(error) => Some(format!("{}\n{error}", error.name())),
        })
    }

    /// The words of the region's memory, which hold nothing but offsets into it.
    pub fn image(&self) -> Vec<u32> {
        self.memory.iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }

    /// Puts an image back. False, and nothing changed, if it is not one of a region of this profile.
    pub fn restore(&mut self, image: Vec<u32>) -> bool {
        let memory: Box<[AtomicU32]> = image.into_iter().map(AtomicU32::new).collect();
        let alike = match (Region::attach(&memory), Region::attach(&self.memory)) {
            (Ok(theirs), Ok(ours)) => theirs.profile() == ours.profile(),
            _ => false,
        };
        if alike && memory.len() == self.memory.len() {
            self.memory = memory;
            return true;
        }
        false
    }
}
