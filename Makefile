# The commands a person needs. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The interpreter that Debian's packages (python3-yaml, python3-pytest) belong to.
PYTHON ?= /usr/bin/python3
JOBS ?= $(shell nproc)
# PRESET=dev compiles each file of a library by itself: longer from nothing, shorter after a change.
PRESET ?= test
NODES ?= 1000 5000
# The same random cases for everybody, so that a failure is the change's; `make explore` draws others.
export RC_PARAMS ?= seed=1
CASES ?= 1000
# What needs a real control plane. Those first that take their minutes by the clock.
INTEGRATION ?= tests/integration/test_reservations.py tests/integration/test_anomalies.py tests/crds tests/manifests tests/helm tests/integration tests/docs
# Those for test-versions; empty for all that `tests/controlplane/controlplane versions` lists.
VERSIONS ?=
# So many at once, each with the tests of other files: most of their time is waiting.
CONTROL_PLANES ?= 4

.PHONY: help demo test build bench lint format unit explore tsan integration test-versions image plugin fuzz docs site clean dependencies

help: ## List the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: dependencies build ## Raise a real control plane here and show Berth deciding on it (KEEP=1 leaves it running)
	@$(PYTHON) demo/run.py --bin build/release/bin $(if $(filter-out 0,$(KEEP)),--keep)

# Kubernetes is compiled beside Berth, and what only computes runs beside what mostly waits.
test: dependencies lint-fast ## Run everything that CI runs
	@$(MAKE) --no-print-directory -j 2 test-programs quietly-control-plane
	@$(MAKE) --no-print-directory -j 2 integration quietly-computing-tests

build: dependencies ## Build the release programs into build/release/bin
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) --target programs

unit: test-programs ## Build with ASan and UBSan; run unit, property, simulation and contract tests
	@ctest --preset $(PRESET) -j $(JOBS)

explore: test-programs ## Draw new random cases for every property, until one fails (CASES=1000 of each; the seed is printed)
	@for test in build/$(PRESET)/bin/test_property_*; do \
	  RC_PARAMS="max_success=$(CASES)" $$test || exit 1; done

tsan: ## Run the tests of the threaded libraries and the programs under ThreadSanitizer
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan -j $(JOBS) --target threaded_tests
	@ctest --preset tsan -j $(JOBS) -L threaded

integration: control-plane site-generator ## Run the tests that need a real control plane, with the programs of build/$(PRESET)
	@BERTH_BIN_DIR=build/$(PRESET)/bin $(PYTHON) -m pytest -q -p no:cacheprovider \
	  -n $(CONTROL_PLANES) --dist loadfile $(INTEGRATION)

test-versions: dependencies test-programs site-generator ## Run those on the oldest and the newest Kubernetes that can be built (VERSIONS="v1.X.Y ...")
	@BERTH_BIN_DIR=build/$(PRESET)/bin $(PYTHON) scripts/test-versions --versions "$(VERSIONS)" \
	  -n $(CONTROL_PLANES) --dist loadfile $(INTEGRATION)

.PHONY: test-programs control-plane site-generator computing-tests
test-programs:
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j $(JOBS)

control-plane:
	@tests/controlplane/controlplane build

site-generator:
	@scripts/build-site --install

computing-tests: unit tsan

quietly-%:
	@scripts/quietly $* $(MAKE) --no-print-directory -j 1 $*

bench: dependencies build control-plane ## Run the benchmarks and print ratios with the machine and versions (NODES="1000 5000" OPENB=DIR CHECK=1)
	@cmake --build --preset release -j $(JOBS) --target benchmarks
	@$(PYTHON) tests/bench/run.py --bin build/release/bin --nodes $(NODES) $(if $(OPENB),--openb $(OPENB)) $(if $(CHECK),--check)

lint: dependencies lint-fast ## Check format, layers, lengths, shell scripts, Boost 1.83 and clang-tidy
	@scripts/check-boost-1.83
	@scripts/run-clang-tidy

.PHONY: lint-fast
lint-fast:
	@scripts/check-format
	@$(PYTHON) -m pytest -q -p no:cacheprovider tests/lint
	@scripts/report-lengths
	@shellcheck $$(git ls-files scripts .ci tests demo | xargs grep -lE '^#!.*\b(ba)?sh$$')

format: ## Format the C++ sources
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

image: ## Build the image with buildah as the Dockerfile says, and start its programs (root; no daemon)
	@scripts/install-dependencies image
	@$(PYTHON) -m pytest -q -p no:cacheprovider tests/image

plugin: build ## Pack kubectl-berth for krew into build/plugin (VERSION=v0.1.0)
	@scripts/package-plugin $(or $(VERSION),v0.1.0) build/plugin

fuzz: dependencies ## Fuzz each decoder for SECONDS_EACH (default 60) with libFuzzer
	@scripts/run-fuzzers $(or $(SECONDS_EACH),60)

docs: build ## Generate the reference pages again
	@scripts/generate-reference

site: ## Build the static site of the documentation into build/site
	@scripts/build-site

clean: ## Remove build/ (caches outside the checkout stay)
	@rm -rf build

dependencies:
	@scripts/install-dependencies
