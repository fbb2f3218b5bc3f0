//! The naive twin.
