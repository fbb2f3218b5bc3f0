#!/usr/bin/env bash
# The module for Zephyr (ffi/zephyr) and the component for ESP-IDF (ffi/esp-idf), checked for form: options by
# kconfiglib, YAML, and CMake by stand-ins of both build systems (ffi/tests/zephyr, ffi/tests/esp-idf) that
# build and run the samples here. Neither system itself is needed. With --pack it makes the component as a
# registry wants it, out/esp-idf/sekisho, with a library for each kind of RISC-V.
. "$(dirname "$0")/lib.sh"

python=/usr/bin/python3
"$python" -c 'import kconfiglib, yaml' 2>/dev/null || install_debian python3-kconfiglib python3-yaml
library=$(.ci/clib.sh)
work=$target_dir/embedded
rm -rf "$work"
mkdir -p "$work"
says='10.1.2.3: next hop 2'

# pack FOLDER: the component without its libraries.
pack() {
  mkdir -p "$1/include"
  cp include/*.h ffi/embedded/sekisho_arena.h "$1/include/"
  cp ffi/embedded/sekisho_arena.c ffi/esp-idf/sekisho/CMakeLists.txt LICENSE-APACHE LICENSE-MIT CHANGELOG.md "$1/"
  sed "s/@VERSION@/$version/" ffi/esp-idf/sekisho/idf_component.yml >"$1/idf_component.yml"
  # One file, as the other one is not in the component.
  sed -e '/^rsource/{
r ffi/embedded/Kconfig
d
}' ffi/esp-idf/sekisho/Kconfig >"$1/Kconfig"
}

"$python" - "$version" <<'END'
import sys
import yaml

module = yaml.safe_load(open("ffi/zephyr/module.yml"))
assert module["name"] == "sekisho" and set(module) == {"name", "build", "samples"}, module
assert module["build"] == {"cmake": "zephyr", "kconfig": "zephyr/Kconfig"}, module
for path in ["ffi/zephyr/CMakeLists.txt", "ffi/zephyr/Kconfig", *(f"ffi/{path}/routes/sample.yaml" for path in module["samples"])]:
    open(path).close()
sample = yaml.safe_load(open("ffi/zephyr/samples/routes/sample.yaml"))
assert {"sample", "tests"} <= set(sample), sample
component = yaml.safe_load(open("ffi/esp-idf/sekisho/idf_component.yml").read().replace("@VERSION@", sys.argv[1]))
assert component["version"] == sys.argv[1] and len(component["description"]) < 200, component
assert all(target.startswith("esp32") for target in component["targets"]), component
END
targets=$("$python" ffi/tests/kconfig.py targets ffi/tests/zephyr/Kconfig ffi)
known=$(rustc --print target-list)
for target in $targets; do grep -qx "$target" <<<"$known" || fail "there is no Rust target $target"; done
printf 'embedded: %s Rust targets for Zephyr\n' "$(wc -w <<<"$targets")"

# project NAME SOURCE ARGUMENTS...: configures, builds and runs a sample.
project() {
  local name=$1 program
  cmake -S "$2" -B "$work/$name" -DPYTHON="$python" -DCMAKE_C_FLAGS='-std=gnu11 -Wall -Wextra -Werror' "${@:3}" \
    >"$work/$name.log" 2>&1 || fail "$name is not configured; see $work/$name.log"
  cmake --build "$work/$name" >>"$work/$name.log" 2>&1 || fail "$name is not built; see $work/$name.log"
  program=$(find "$work/$name" -maxdepth 1 -type f -executable)
  [ "$("$program")" = "$says" ] || fail "$name does not say: $says"
  printf 'embedded: %s builds and runs\n' "$name"
}
zephyr=(ffi/zephyr/samples/routes "-DZephyr_DIR=$PWD/ffi/tests/zephyr")
project zephyr-library "${zephyr[@]}" "-DEXTRA_CONF=SEKISHO_LIBRARY=$library"
host=$(rustc -vV | sed -n 's/^host: //p')
project zephyr-cargo "${zephyr[@]}" "-DEXTRA_CONF=SEKISHO_RUST_TARGET=$host" "-DSEKISHO_CARGO_DIR=$target_dir/embedded-cargo"

# Built with a project, as FetchContent does: the sample for installed libraries, unchanged.
mkdir "$work/with"
cat >"$work/with/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.17)
project(with LANGUAGES C CXX)
include(FetchContent)
FetchContent_Declare(sekisho SOURCE_DIR "$PWD" SOURCE_SUBDIR ffi)
FetchContent_MakeAvailable(sekisho)
enable_testing()
add_subdirectory("$PWD/ffi/examples/cmake" sample)
END
cmake -S "$work/with" -B "$work/with/build" "-DSEKISHO_CARGO_DIR=$target_dir/embedded-cargo" >"$work/with.log" 2>&1 &&
  cmake --build "$work/with/build" >>"$work/with.log" 2>&1 &&
  (cd "$work/with/build" && ctest >>"$work/with.log") || fail "sekisho is not built with a project; see $work/with.log"
echo "embedded: a project builds sekisho with itself"

# For a target of this machine, which stands in for ESP-IDF's.
export IDF_PATH=$PWD/ffi/tests/esp-idf
pack "$work/components/sekisho"
mkdir -p "$work/components/sekisho/lib/host"
cp "$library" "$work/components/sekisho/lib/host/"
cp -R ffi/esp-idf/examples/routes "$work/idf-sample"
sed -i 's|^set(EXTRA_COMPONENT_DIRS .*|set(EXTRA_COMPONENT_DIRS "${CMAKE_CURRENT_SOURCE_DIR}/../components")|' \
  "$work/idf-sample/CMakeLists.txt"
project esp-idf-packed "$work/idf-sample" -DIDF_TARGET=host
# In the repository: cargo would build it, and not for a processor that there is no compiler for.
for target in $("$python" -c 'import yaml; print(*yaml.safe_load(open("ffi/esp-idf/sekisho/idf_component.yml").read().replace("@", ""))["targets"])'); do
  cmake -S ffi/esp-idf/examples/routes -B "$work/idf-$target" -DPYTHON="$python" "-DIDF_TARGET=$target" \
    >"$work/idf-$target.log" 2>&1 || fail "$target is not configured; see $work/idf-$target.log"
  grep -q "target riscv32[a-z]*-unknown-none-elf" -r "$work/idf-$target/sekisho/CMakeFiles/sekisho_cargo.dir" ||
    fail "$target is not built for RISC-V"
done
! cmake -S ffi/esp-idf/examples/routes -B "$work/idf-esp32" -DPYTHON="$python" -DIDF_TARGET=esp32 \
  >"$work/idf-esp32.log" 2>&1 || fail "the Xtensa of esp32 is taken"
grep -q 'no library for esp32' "$work/idf-esp32.log" || fail "esp32 is refused, but why? see $work/idf-esp32.log"
echo "embedded: the component takes what it says it takes"

[ "${1:-}" = --pack ] || exit 0
out=out/esp-idf/sekisho
rm -rf "$out"
pack "$out"
for kind in riscv32imc:soft-float:esp32c2,esp32c3 riscv32imac:soft-float:esp32c5,esp32c6,esp32h2 \
  riscv32imafc:single-float:esp32p4; do
  IFS=: read -r processor abi boards <<<"$kind"
  built=$(.ci/clib.sh "$processor-unknown-none-elf")
  grep -q "Flags:.*RVC, $abi ABI" <<<"$(readelf -h "$built" 2>/dev/null)" || fail "$built is not of the $abi ABI"
  # shellcheck disable=SC2046
  "$(rust_lld)" -flavor gnu -e 0 $(header_functions | sed 's/^/--undefined=/') --gc-sections "$built" \
    -o "$work/$processor.elf" || fail "$built wants something that it does not bring"
  for board in ${boards//,/ }; do
    mkdir -p "$out/lib/$board"
    cp "$built" "$out/lib/$board/libsekisho.a"
  done
done
printf 'embedded: %s, %s libraries\n' "$out" "$(find "$out/lib" -name '*.a' | wc -l)"
