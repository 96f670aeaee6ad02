# One command a task. Everything runs through the presets of CMakePresets.json; nothing here hides a flag.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test nat interop bench bench-calls soak fuzz asan tsan tidy format check-format install clean
SHELL := /bin/bash

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
SOAK_KILLS ?= 200
SOAK_SECONDS ?= 3600

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the Debian packages that are missing
	@tools/setup

build: setup ## set up and build the programs (release) into build/release/bin
	@tools/build release

demo: setup ## set up, build, then two people write to each other through a server, and talk
	@tools/build release pqc-chat-server pqc-chat
	@tools/demo

test: build ## set up, build, then every test
	@tools/run-tests release

nat: setup ## hosts behind every kind of NAT, in network namespaces: a table of what our programs find, and who reaches whom how
	@tools/build release pqc-chat-server pqc-chat bad_cable
	@tests/nat/cable_test.py build/release/bin -v
	@tests/nat/bad_call.py build/release/bin narrow
	@tests/nat/nat_test.py build/release/bin -v
	@tests/nat/turn_test.py . -v
	@tests/nat/matrix_test.py build/release/bin . -v
	@tests/nat/calls_test.py build/release/bin . -v
	@tests/nat/nearby_test.py build/release/bin -v
	@tests/nat/contacts_test.py build/release/bin -v

interop: ## ours beside others': MLS with ts-mls, STUN with coturn and libnice, media and ICE with aiortc and Chromium
	@tools/setup interop
	@tools/build release mls_peer media_peer pqc-chat-server
	@tests/interop/stun/stun_test.py build/release/bin
	@tests/interop/mls/run build/release/bin/mls_peer
	@tests/interop/media/run build/release/bin/media_peer aiortc
	@tests/interop/media/run build/release/bin/media_peer chromium

bench: build ## the benchmarks beside their peers: a table, and JSON in build/bench
	@tools/bench

bench-calls: setup ## voice calls alone: from mouth to ear, what they cost, and Mumble beside them where tools/setup peers installed it
	@tools/build release pqc-chat-server pqc-chat pqc-chat-keyd ear_meter voice_pair
	@tools/bench --only calls

soak: build ## the long tests: SOAK_KILLS (200) kills under load; large files and lost packets behind NATs; a call of SOAK_SECONDS (3600) on a bad network
	@PQC_SOAK_KILLS=$(SOAK_KILLS) PQC_SOAK_SECONDS=$(SOAK_SECONDS) tools/run-tests release -L soak -C soak

fuzz: setup ## every fuzz target for FUZZ_SECONDS (60) each
	@tools/build fuzz pqc_fuzzers
	@tools/fuzz --each $(FUZZ_SECONDS)

asan: setup ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/build asan
	@tools/run-tests asan

tsan: setup ## the threaded tests under ThreadSanitizer
	@tools/build tsan pqc_threaded_tests
	@tools/run-tests tsan -L threads

tidy: setup ## clang-tidy over everything
	@tools/build tidy

format: ## format the sources in place
	@tools/format

check-format: ## say which sources are not formatted
	@tools/format --check

install: ## install programs, units, man pages and completions (DESTDIR, PREFIX)
	@tools/build release
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)" --strip

clean: ## remove everything that was built
	rm -rf build
