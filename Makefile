# Thin: each target is one readable command or a script of .ci/.
.DEFAULT_GOAL := help
.PHONY: help demo test traffic dpdk tsan soak growth bench bench-packets bench-peers beside wasm arm64 header deny lib install uninstall rte firmware embedded api semver package hostile sizes matrix powercut replay playground browser answers

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Tour: a VPC's border and a routing table, then packets from C (ROUTES=FILE for your table)
	.ci/demo.sh $(if $(ROUTES),--routes "$(ROUTES)")

test: ## Everything that proves a change right, in minutes; installs what it needs and says so
	.ci/test.sh

traffic: ## As root: ping, curl, iperf3, traceroute through both borders (ROUTER=netns or dpdk for one)
	$(if $(filter dpdk,$(ROUTER)),,.ci/traffic.sh)
	$(if $(filter netns,$(ROUTER)),,.ci/traffic.sh --dpdk)

hostile: ## Hostile callers from C: every function, every attack, every byte changed, valgrind
	.ci/hostile.sh --full

tsan: ## Readers and a writer in threads, under ThreadSanitizer (needs nightly)
	.ci/tsan.sh

soak: ## Fuzz each target for SOAK_SECONDS (600), 10^8 verdicts, 10^8 updates, all 2^32 addresses
	.ci/soak.sh

answers: ## diff, audit, prove, readiness against brute force on ANSWERS (100,000) random regions, then their cost
	SEKISHO_ANSWERS=$(or $(ANSWERS),100000) cargo test --quiet --release -p sekisho --features model --test answers -- --nocapture
	cargo run --quiet --release -p sekisho-benches --bin answers

growth: ## How memory, commands and verdicts grow with a region
	cargo run --quiet --release -p sekisho-benches --bin growth

sizes: ## Code, memory and stack of the C library per target, kept in README.md (ten builds)
	.ci/sizes.sh

matrix: ## The C library links, panics nowhere and wants nothing: five targets at opt-level 3 and s
	.ci/matrix.sh

powercut: ## Power that fails at each byte of 10,000 stored operations, and followers that are killed: counts
	.ci/powercut.sh

replay: ## Replay speed and snapshot size, up to a full large profile
	cargo run --quiet --release -p sekisho-benches --bin replay

bench: ## Times by table size, then instruction counts (SEKISHO_ROUTES=FILE adds your table)
	.ci/bench.sh

bench-packets: ## What real packets cost, by what is done to them and how many flows there are; a flood
	.ci/packets.sh

bench-peers: ## Our table beside its peers and DPDK, 4 M addresses a workload (ROUTES=FILE adds your table)
	.ci/peers.sh $(if $(ROUTES),--routes "$(ROUTES)") --json out/peers.json --svg out/peers

beside: ## What readers and the writer cost each other, and the costliest changes (ROUTES=FILE)
	cargo run --quiet --release -p sekisho-benches --bin beside -- $(ROUTES)

dpdk: ## The border on DPDK: a capture and real hosts (BENCH=PACKETS measures it); installs DPDK
	.ci/dpdk.sh $(if $(BENCH),--bench $(BENCH))

lib: ## The C library as it is shipped, static and shared; prints where they are
	.ci/clib.sh
	.ci/clib.sh --shared

install: ## The C library into PREFIX (/usr/local): headers, libraries, pkg-config, CMake; DESTDIR=DIR stages
	.ci/install.sh

uninstall: ## Remove what install has put into PREFIX
	.ci/install.sh --uninstall

rte: ## The headers for users of rte_lpm and rte_fib, against DPDK, its tests and its l3fwd; installs DPDK
	.ci/rte.sh --dpdk
	.ci/l3fwd.sh

firmware: ## On boards in QEMU, in Rust and in C: answers as the host's, stack, flash (CONSOLE=rust or c: talk to it; RESETS=N: only reset it)
	.ci/firmware.sh $(if $(CONSOLE),--console $(CONSOLE),$(if $(RESETS),--resets $(RESETS)))

embedded: ## Zephyr module and ESP-IDF component, checked for form; the component with its libraries in out/esp-idf
	.ci/embedded.sh --pack

wasm: ## The npm package sekisho-wasm in out/wasm, with its sizes (.ci/wasm.sh --pack tries it out)
	.ci/wasm.sh

playground: ## The playground in out/playground, served on loopback (PORT=8080)
	.ci/playground.sh --serve

browser: ## The package and the playground in Chromium: vectors, levels, links, axe, budgets; installs Chromium
	.ci/browser.sh

arm64: ## Unit tests of longest-prefix match for AArch64, in QEMU; installs what it needs
	.ci/arm64.sh

header: ## Regenerate include/sekisho.h
	.ci/header.sh

deny: ## Licences, advisories, bans and sources of every dependency
	.ci/deny.sh

package: ## The crate as it would be published, built from its package; its documentation as by docs.rs
	.ci/package.sh

api: ## The crate's public items against the list that is committed; installs what it needs
	.ci/api.sh --setup

semver: ## Whether the crate keeps what the newest release promised (BASE=COMMIT for another)
	.ci/semver.sh $(BASE)
