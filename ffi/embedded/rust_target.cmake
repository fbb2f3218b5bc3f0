# sekisho_cargo(ARCHIVE TARGET): builds the C library for a Rust target with cargo whenever the project is built,
# and says where it will be. rustup has to have the target: rustup target add TARGET.
function(sekisho_cargo archive target)
  find_program(SEKISHO_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin")
  if(NOT SEKISHO_CARGO)
    message(FATAL_ERROR "sekisho: cargo is missing; install Rust from https://rustup.rs, or name a library that is built")
  endif()
  set(_root "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../..")
  set(SEKISHO_CARGO_DIR "${CMAKE_CURRENT_BINARY_DIR}/cargo" CACHE PATH "Where cargo builds sekisho")
  set(_out "${SEKISHO_CARGO_DIR}")
  # cargo sees itself what has changed, so it is asked each time.
  add_custom_target(sekisho_cargo ALL
    COMMAND "${SEKISHO_CARGO}" rustc --quiet --manifest-path "${_root}/Cargo.toml" --target-dir "${_out}"
            --target "${target}" -p sekisho-ffi --profile ship --no-default-features --features panic-handler
            --crate-type staticlib
    BYPRODUCTS "${_out}/${target}/ship/libsekisho_ffi.a"
    COMMENT "sekisho for ${target}"
    USES_TERMINAL
    VERBATIM)
  set(${archive} "${_out}/${target}/ship/libsekisho_ffi.a" PARENT_SCOPE)
endfunction()

# sekisho_rust_host(TARGET): the Rust target of this machine.
function(sekisho_rust_host target)
  find_program(SEKISHO_RUSTC rustc HINTS "$ENV{HOME}/.cargo/bin")
  if(NOT SEKISHO_RUSTC)
    message(FATAL_ERROR "sekisho: rustc is missing; install Rust from https://rustup.rs")
  endif()
  execute_process(COMMAND "${SEKISHO_RUSTC}" -vV OUTPUT_VARIABLE _version)
  string(REGEX MATCH "host: ([^\n]+)" _host "${_version}")
  set(${target} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()
