# Thin: every target calls a script or CMake, and first installs what it needs. `make help` lists them.
BUILD ?= build
SEED ?= 1
FUZZ_SECONDS ?= 300
PREFIX ?= /usr/local
ARGS ?=
WOAD_TEST ?= quick

CMAKE_SETTINGS = --log-level=WARNING -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo

.DEFAULT_GOAL := build
.PHONY: help build tool demo micropython test-micropython test test-all bench fuzz fuzz-merge size sim format tidy install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo "  ARGS='...' is handed to the woad command by demo, bench and sim."

build: ## the libraries and the command build/woad
	@scripts/setup.sh build
	@test -f $(BUILD)/CMakeCache.txt || cmake -S . -B $(BUILD) $(CMAKE_SETTINGS) -DWOAD_TESTS=OFF
	@cmake --build $(BUILD)

# The command alone, whatever else is configured.
tool:
	@scripts/setup.sh build
	@test -f $(BUILD)/CMakeCache.txt || cmake -S . -B $(BUILD) $(CMAKE_SETTINGS) -DWOAD_TESTS=OFF
	@cmake --build $(BUILD) --target woad

demo: tool ## two devices connect in the simulated radio and move a file
	@$(BUILD)/woad demo $(ARGS)

micropython: tool ## MicroPython with bluetooth on woad, at a prompt in a simulated world
	@scripts/setup.sh micropython
	@scripts/micropython.sh repl

test-micropython: tool ## MicroPython's own multitests and ours (ARGS="0 1 2": execution models)
	@scripts/setup.sh micropython
	@scripts/micropython.sh test $(ARGS)

test: ## all tests in an optimised build, and the sanitizers (WOAD_TEST=full: the whole matrix; WOAD_TEST="full clang": that stage)
	@scripts/test.sh $(WOAD_TEST)

test-all: ## the build matrix: compilers, sanitizers, 32 bits, big-endian, Cortex-M4, RV32, options
	@scripts/test.sh full

bench: tool ## benchmarks of L2CAP, notifications, simulator, HCI, ATT and LC3, as tables (ARGS=--json for JSON)
	@scripts/setup.sh bench
	@set -e; for b in l2cap notify sim hci att lc3; do $(BUILD)/woad bench $$b $(ARGS); done

fuzz: ## all fuzz targets for FUZZ_SECONDS (300) altogether, under ASan and UBSan
	@scripts/setup.sh fuzz
	@scripts/fuzz.sh run $(FUZZ_SECONDS)

fuzz-merge: ## minimise what fuzzing found into fuzz/corpus
	@scripts/setup.sh fuzz
	@scripts/fuzz.sh merge

size: ## text, rodata, data and bss per layer on Cortex-M4 and RV32 (ARGS=--json for JSON)
	@scripts/setup.sh size
	@scripts/size.py $(ARGS)

sim: tool ## a swarm of transfers drawn from SEED=n: sizes, intervals, loss, distances
	@scripts/sim.sh $(SEED) $(ARGS)

format: ## lay out every source file by .clang-format
	@scripts/setup.sh format
	@git ls-files '*.c' '*.h' | xargs clang-format -i

tidy: build ## the lint of the source tree
	@scripts/setup.sh test
	@tools/tidy/tidy.py --build $(BUILD)

install: build ## headers, libraries, pkg-config and CMake files, the command (PREFIX=/usr/local)
	@cmake --install $(BUILD) --prefix $(PREFIX)

clean: ## remove what was built
	@rm -rf $(BUILD)
