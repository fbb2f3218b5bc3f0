//! The console for JavaScript: convert, call the core, convert back.
//!
//! ```js
//! const console = new Console();
//! console.line("create-vpc vpc-1 vtb-1 10.0.0.0/16"); // "ok\n"
//! ```

use core::sync::atomic::AtomicU32;

use sekisho::console::{self, MAX_LINE};
use sekisho::limits::Profile;
use sekisho::region::Region;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type TypeError;

    #[wasm_bindgen(constructor)]
    fn new(message: &str) -> TypeError;

    #[wasm_bindgen(js_name = String)]
    type JsString;

    #[wasm_bindgen(method)]
    fn slice(this: &JsString, start: u32, end: u32) -> String;
}

/// The most UTF-16 units of a line that are looked at: one more than the longest line with its
/// ending. A longer one is refused for its length, so what follows cannot matter, and is not copied.
const UNITS: u32 = MAX_LINE as u32 + 3;

/// A region of the large profile in memory of its own, and the console that talks to it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Console {
    memory: Box<[AtomicU32]>,
}

#[wasm_bindgen]
impl Console {
    /// An empty region.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Console, JsError> {
        let memory: Box<[AtomicU32]> =
            (0..Region::footprint(&Profile::LARGE)).map(|_| AtomicU32::new(0)).collect();
        Region::init(&memory, &Profile::LARGE)?;
        Ok(Console { memory })
    }

    /// Does what one line says. The answer is empty for a blank line or a comment; otherwise each
    /// of its lines ends with a line feed. Anything but a string is a `TypeError`.
    pub fn line(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] text: JsValue,
    ) -> Result<String, JsValue> {
        if !text.is_string() {
            return Err(TypeError::new("a line is a string").into());
        }
        let line = text.unchecked_into::<JsString>().slice(0, UNITS);
        let mut region = Region::attach(&self.memory).map_err(JsError::from)?;
        let mut answer = String::new();
        let _status =
            console::run(&mut region, line.as_bytes(), &mut answer).map_err(JsError::from)?;
        Ok(answer)
    }
}
