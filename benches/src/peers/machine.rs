//! On what the figures were measured.

use std::path::Path;
use std::process::Command;

use super::json::Json;

/// A description of this machine and of how the program was built; with DPDK, what that said.
pub(crate) fn describe(cpu: Option<usize>, dpdk: Option<String>) -> Json {
    let first = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_string();
    let features = [
        (cfg!(target_feature = "popcnt"), "popcnt"),
        (cfg!(target_feature = "avx2"), "avx2"),
        (cfg!(target_feature = "avx512f"), "avx512f"),
    ];
    let built_for = features.iter().filter(|(has, _)| *has).map(|(_, name)| Json::text(*name));
    Json::Object(vec![
        ("cpu", Json::text(model())),
        ("cpus", Json::count(first("/proc/cpuinfo").matches("processor\t").count())),
        ("pinned_to", cpu.map_or(Json::Null, Json::count)),
        ("caches", Json::List(caches())),
        ("kernel", Json::text(first("/proc/sys/kernel/osrelease"))),
        ("huge_pages", Json::text(first("/sys/kernel/mm/transparent_hugepage/enabled"))),
        ("load", Json::text(first("/proc/loadavg"))),
        ("rustc", Json::text(env!("SEKISHO_RUSTC"))),
        ("rustflags", Json::text(env!("SEKISHO_RUSTFLAGS"))),
        ("built_for", Json::List(built_for.collect())),
        ("dpdk", dpdk.map_or(Json::Null, Json::text)),
        ("commit", output("git", &["rev-parse", "HEAD"]).map_or(Json::Null, Json::text)),
    ])
}

/// The processor's name for itself.
pub(crate) fn model() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find_map(|line| line.strip_prefix("model name"));
    line.map_or("unknown", |line| line.trim_start_matches([' ', '\t', ':'])).to_string()
}

/// Level, type and size of the caches of the first processor.
fn caches() -> Vec<Json> {
    let folder = |n| format!("/sys/devices/system/cpu/cpu0/cache/index{n}");
    let word = |n, what| {
        let text = std::fs::read_to_string(format!("{}/{what}", folder(n)));
        text.unwrap_or_default().trim().to_string()
    };
    (0..8)
        .filter(|n| Path::new(&folder(*n)).is_dir())
        .map(|n| {
            Json::text(format!("L{} {} {}", word(n, "level"), word(n, "type"), word(n, "size")))
        })
        .collect()
}

/// The SHA-256 of a file, as the system's tool says it.
pub(crate) fn sha256(path: &Path) -> Option<String> {
    let said = output("sha256sum", &["--", path.to_str()?])?;
    // A backslash before it says that the name is escaped.
    Some(said.split_whitespace().next()?.trim_start_matches('\\').to_string())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_described_and_files_have_hashes() {
        let text = describe(None, None).to_string();
        assert!(text.contains("rustc 1."), "{text}");
        let file = std::env::temp_dir().join(format!("sekisho-sha-{}", std::process::id()));
        std::fs::write(&file, "abc").unwrap();
        let hash = sha256(&file);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(
            hash.as_deref(),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
    }
}
