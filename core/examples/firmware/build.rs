//! Gives the linker the memory of the board that the target stands for.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let target = env::var("TARGET").expect("cargo sets it");
    let board = match target.as_str() {
        "thumbv7em-none-eabi" => "mps2",
        "thumbv6m-none-eabi" => "microbit",
        _ => panic!("there is no board for {target}"),
    };
    let memory = format!("memory/{board}.x");
    fs::copy(&memory, out.join("memory.x")).expect("the build folder can be written");
    println!("cargo:rustc-check-cfg=cfg(board, values(\"mps2\", \"microbit\"))");
    println!("cargo:rustc-cfg=board=\"{board}\"");
    println!("cargo:rerun-if-changed={memory}");
    println!("cargo:rustc-link-search={}", out.display());
    for script in ["link.x", "defmt.x"] {
        println!("cargo:rustc-link-arg-bins=-T{script}");
    }
    // Sections of their own pages would only make the file larger.
    println!("cargo:rustc-link-arg-bins=--nmagic");
}
