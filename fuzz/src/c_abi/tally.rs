//! How often each function of the header was called, and how often with success.

use core::ffi::{c_char, c_int};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Calls, and those that succeeded.
static CALLS: Mutex<BTreeMap<&str, [u64; 2]>> = Mutex::new(BTreeMap::new());

/// Calls a function of the header, and counts that.
macro_rules! call {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        let answer = $function($($argument),*);
        $crate::c_abi::tally::count(stringify!($function), &answer);
        answer
    }};
}
pub(super) use call;

/// What a function answers.
pub(super) trait Answer {
    fn is_success(&self) -> bool;
}

impl Answer for c_int {
    fn is_success(&self) -> bool {
        *self >= 0
    }
}

impl Answer for usize {
    fn is_success(&self) -> bool {
        *self != 0
    }
}

impl Answer for *const c_char {
    fn is_success(&self) -> bool {
        !self.is_null()
    }
}

pub(super) fn count(function: &'static str, answer: &impl Answer) {
    let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    let [all, successes] = calls.entry(function).or_default();
    *all += 1;
    *successes += u64::from(answer.is_success());
}

/// Of each function that was called in this process: its name, how often that was, and how often it succeeded.
pub fn c_calls() -> Vec<(&'static str, [u64; 2])> {
    let calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    calls.iter().map(|(name, counts)| (*name, *counts)).collect()
}
