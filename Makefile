# Thin: each target is one readable command or a script of .ci/.
.DEFAULT_GOAL := help
.PHONY: help demo test traffic dpdk tsan soak answers growth bench bench-packets bench-peers beside wasm playground browser arm64 header deny

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Tour: a VPC's border and a routing table, then packets from C (ROUTES=FILE for your table)
	.ci/demo.sh $(if $(ROUTES),--routes "$(ROUTES)")

test: ## Everything that proves a change right, in minutes; installs what it needs and says so
	.ci/test.sh

traffic: ## As root: ping, curl, iperf3, traceroute through both borders (ROUTER=netns or dpdk for one)
	$(if $(filter dpdk,$(ROUTER)),,.ci/traffic.sh)
	$(if $(filter netns,$(ROUTER)),,.ci/traffic.sh --dpdk)

tsan: ## Readers and a writer in threads, under ThreadSanitizer (needs nightly)
	.ci/tsan.sh

soak: ## Fuzz each target for SOAK_SECONDS (600), 10^8 verdicts, 10^8 updates, all 2^32 addresses
	.ci/soak.sh

answers: ## diff, audit, prove, readiness against brute force on ANSWERS (100,000) random regions, then their cost
	SEKISHO_ANSWERS=$(or $(ANSWERS),100000) cargo test --quiet --release -p sekisho --features model --test answers -- --nocapture
	cargo run --quiet --release -p sekisho-benches --bin answers

growth: ## How memory, commands and verdicts grow with a region
	cargo run --quiet --release -p sekisho-benches --bin growth

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
