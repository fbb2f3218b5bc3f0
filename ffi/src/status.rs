//! Return codes and their names.

use core::ffi::{CStr, c_char, c_int};

use sekisho::region::Error;
use sekisho::resolve::DropReason;

/// No such route, interface or entry.
pub const SEKISHO_ENOENT: c_int = -2;
/// The storage failed, as its callback has said.
pub const SEKISHO_EIO: c_int = -5;
/// A pointer to memory or an output is misaligned.
pub const SEKISHO_EFAULT: c_int = -14;
/// Memory has to wait for readers: try again when each has been quiescent. Or the call came, from an
/// interrupt, amid a change of the same memory: nothing was done.
pub const SEKISHO_EBUSY: c_int = -16;
/// What is to be made is there already: the memory is initialised or not zero, the table to load is
/// not empty, the reader is registered.
pub const SEKISHO_EEXIST: c_int = -17;
/// A pointer is NULL, or a value is none that the function takes.
pub const SEKISHO_EINVAL: c_int = -22;
/// No room: the memory, the buffer or the table is too small.
pub const SEKISHO_ENOSPC: c_int = -28;
/// A next hop is larger than SEKISHO_LPM_MAX_NEXT_HOP.
pub const SEKISHO_ERANGE: c_int = -34;
/// The memory holds nothing that this version of the library has initialised.
pub const SEKISHO_EPROTO: c_int = -71;
/// Bytes are no whole frame, or say nothing that one can say; a storage is damaged.
pub const SEKISHO_EBADMSG: c_int = -74;
/// A frame of a journal or a snapshot follows one that has not come, or is of another history.
pub const SEKISHO_ESTALE: c_int = -116;
/// A callback has ended what was under way.
pub const SEKISHO_ECANCELED: c_int = -125;
/// Something else has written to the memory, as a check found.
pub const SEKISHO_EUCLEAN: c_int = -117;
/// A refused command is answered -(SEKISHO_REFUSED + the number of its error).
pub const SEKISHO_REFUSED: c_int = 1000;

/// Answers the name of a return code: that of the refused command's error, or a short text.
/// Never NULL. The string is static.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_strerror(code: c_int) -> *const c_char {
    let text = match code {
        0.. => c"success",
        SEKISHO_ENOENT => c"no such entry",
        SEKISHO_EIO => c"storage failed",
        SEKISHO_EFAULT => c"misaligned pointer",
        SEKISHO_EBUSY => c"busy, try again",
        SEKISHO_EEXIST => c"exists already",
        SEKISHO_EINVAL => c"invalid argument",
        SEKISHO_ENOSPC => c"no room",
        SEKISHO_ERANGE => c"value out of range",
        SEKISHO_EPROTO => c"memory is not initialised by this version",
        SEKISHO_EBADMSG => c"damaged or malformed",
        SEKISHO_ESTALE => c"a frame is missing",
        SEKISHO_ECANCELED => c"canceled by a callback",
        SEKISHO_EUCLEAN => c"memory is damaged",
        code => {
            let refused = |error: &Error| command_error(*error) == code;
            return match Error::ALL.iter().position(refused) {
                Some(index) => name(&ERROR_NAMES, index),
                None => c"unknown error".as_ptr(),
            };
        }
    };
    text.as_ptr()
}

/// Answers the name of a drop reason, as NO_ROUTE, or "?" for a number that is none.
/// Never NULL. The string is static.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_drop_reason_name(reason: u32) -> *const c_char {
    let known = |drop: &DropReason| u32::from(drop.number()) == reason;
    match DropReason::ALL.iter().position(known) {
        Some(index) => name(&DROP_NAMES, index),
        None => c"?".as_ptr(),
    }
}

/// Answers the version of the library, as SEKISHO_VERSION is that of the header.
///
/// Cost: constant. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sekisho_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

/// The return code of a refused command.
pub(crate) const fn command_error(error: Error) -> c_int {
    -(SEKISHO_REFUSED + error.number() as c_int)
}

/// The core's names are not ended by NUL; these tables are, built when this is compiled.
static ERROR_NAMES: [u8; error_names::LENGTH] = error_names::build();
static DROP_NAMES: [u8; drop_names::LENGTH] = drop_names::build();

macro_rules! names {
    ($module:ident, $all:expr) => {
        #[allow(clippy::indexing_slicing, reason = "evaluated when compiled")]
        mod $module {
            use super::*;

            pub(super) const LENGTH: usize = {
                let (mut length, mut i) = (0, 0);
                while i < $all.len() {
                    length += $all[i].name().len() + 1;
                    i += 1;
                }
                length
            };

            pub(super) const fn build() -> [u8; LENGTH] {
                let mut names = [0; LENGTH];
                let (mut at, mut i) = (0, 0);
                while i < $all.len() {
                    let name = $all[i].name().as_bytes();
                    let mut j = 0;
                    while j < name.len() {
                        names[at] = name[j];
                        at += 1;
                        j += 1;
                    }
                    at += 1;
                    i += 1;
                }
                names
            }
        }
    };
}
names!(error_names, Error::ALL);
names!(drop_names, DropReason::ALL);

/// The name of that index in a table of names ended by NUL.
fn name(names: &'static [u8], index: usize) -> *const c_char {
    let name = names.split_inclusive(|byte| *byte == 0).nth(index);
    name.and_then(|name| CStr::from_bytes_with_nul(name).ok()).unwrap_or(c"?").as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pointer: *const c_char) -> &'static str {
        // SAFETY: the functions under test answer static strings.
        unsafe { CStr::from_ptr(pointer) }.to_str().unwrap()
    }

    #[test]
    fn every_answer_to_a_command_fits_the_least_room() {
        for error in Error::ALL {
            let answer = std::format!("error {error}\n\0");
            assert!(answer.len() <= crate::SEKISHO_ANSWER_MIN, "{answer}");
        }
    }

    #[test]
    fn every_error_and_reason_has_its_name() {
        for error in Error::ALL {
            assert_eq!(text(sekisho_strerror(command_error(*error))), error.name());
        }
        for reason in DropReason::ALL {
            assert_eq!(text(sekisho_drop_reason_name(reason.number().into())), reason.name());
        }
        for code in [-1, -999, -1000, -1019, -2000, c_int::MIN] {
            assert_eq!(text(sekisho_strerror(code)), "unknown error", "{code}");
        }
        assert_eq!(text(sekisho_strerror(c_int::MAX)), "success");
        assert_eq!(text(sekisho_drop_reason_name(0)), "?");
        assert_eq!(text(sekisho_drop_reason_name(u32::MAX)), "?");
        assert_eq!(text(sekisho_version()), env!("CARGO_PKG_VERSION"));
    }
}
