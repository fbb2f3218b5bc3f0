//! Tells the peers program what built it, and compiles its DPDK part if that is asked for.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-V").output().map(|output| output.stdout);
    let version = String::from_utf8(version.unwrap_or_default()).unwrap_or_default();
    println!("cargo::rustc-env=SEKISHO_RUSTC={}", version.trim());
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    println!("cargo::rustc-env=SEKISHO_RUSTFLAGS={}", flags.replace('\u{1f}', " "));
    #[cfg(feature = "dpdk")]
    dpdk();
}

/// Compiles src/peers/dpdk.c for this machine: rte_lpm's lookup is inlined into it.
#[cfg(feature = "dpdk")]
fn dpdk() {
    println!("cargo::rerun-if-changed=src/peers/dpdk.c");
    let dpdk = pkg_config::Config::new()
        .atleast_version("22.11")
        .cargo_metadata(false)
        .probe("libdpdk")
        .unwrap_or_else(|error| {
            panic!("libdpdk-dev is needed (.ci/peers.sh installs it): {error}")
        });
    println!("cargo::rustc-env=SEKISHO_DPDK={}", dpdk.version);
    cc::Build::new()
        .file("src/peers/dpdk.c")
        .includes(&dpdk.include_paths)
        .flag("-include")
        .flag("rte_config.h")
        .flag("-march=native")
        .opt_level(3)
        .cargo_metadata(false)
        .compile("peers_dpdk");
    // Only where to find it: src/peers/dpdk.rs says what it links with, which the library does not.
    let folder = std::env::var("OUT_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-search=native={folder}");
    for path in &dpdk.link_paths {
        println!("cargo::rustc-link-search=native={}", path.display());
    }
}
