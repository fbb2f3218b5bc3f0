//! State that survives: what is saved is loaded, what is damaged is refused, and what was
//! acknowledged is never lost.

#[path = "store/damage.rs"]
mod damage;
#[path = "store/ends.rs"]
mod ends;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/file.rs"]
mod file;
#[path = "store/followers.rs"]
mod followers;
#[path = "store/forms.rs"]
mod forms;
#[path = "store/rebuild.rs"]
mod rebuild;
#[path = "store/rooms.rs"]
mod rooms;
