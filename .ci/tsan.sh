#!/usr/bin/env bash
# Readers and a writer in threads, of tables (core/tests/lpm_threads.rs) and of counters
# (ffi/tests/counters.rs), under ThreadSanitizer, on nightly. By the portable kernel: loads by vector
# instructions are within asm, where it does not see them. Atomic loads and stores never are a race, so
# what this shows is that the memory is accessed by nothing else; that their order suffices is for loom to
# show.
. "$(dirname "$0")/lib.sh"

grep -q nightly <<<"$(rustup toolchain list 2>/dev/null)" || fail "please run: rustup toolchain install nightly"
host=$(rustc -vV | sed -n 's/^host: //p')
# With --target, build scripts and macros are left alone.
threads() {
  RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" SEKISHO_KERNEL=portable \
    TSAN_OPTIONS="halt_on_error=1 suppressions=$PWD/.ci/tsan.supp" \
    cargo +nightly test --release --target "$host" --target-dir "$target_dir/tsan" "$@"
}
threads -p sekisho-ffi --test counters -- --nocapture
threads -p sekisho --features model --test lpm_threads -- --nocapture --test-threads=1 "$@"
