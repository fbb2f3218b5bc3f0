//! A network from the vendor's API, as console lines.

use wasm_bindgen::prelude::*;

/// Shared with the host program `import`, which reads files and counts the problems.
#[expect(dead_code, reason = "the count is the host program's")]
#[path = "../../core/examples/support/import/mod.rs"]
mod shared;

/// Console lines that make the network which answers of the API describe, a JSON text each; what they
/// cannot say is a comment. `names` are for messages, one each.
#[wasm_bindgen]
pub fn lines(
    names: Vec<String>,
    texts: Vec<String>,
    region: Option<String>,
) -> Result<String, JsError> {
    let documents: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let options = shared::Options { region, forward: Vec::new() };
    match shared::import(&documents, &options) {
        Ok(imported) => Ok(imported.text),
        Err(error) => Err(JsError::new(&error)),
    }
}
