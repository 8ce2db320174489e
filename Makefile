# Three commands are enough for a start: `make demo`, `make test` and `make studio`. `make help` shows the others.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo studio build test bench lint format install bundle proof-bundle proof-jobs proof-http proof-soak proof-watermark clean setup setup-lint setup-tests

PROMPT ?= a penguin hops from left to right on a beach
PREFIX ?= /usr/local
PORT ?= 8000
TORCH ?= cpu
TORCH_INDEX ?=
TORCH_VERSION ?= 2.13.0
JOBS ?= $(shell nproc)
VIDEOS ?=
override PROMPT := $(value PROMPT)
export PROMPT TORCH TORCH_INDEX TORCH_VERSION PARTS
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  PROMPT="..."           what `make demo` draws          (now: '"$$PROMPT"')'
	@echo '  PORT=N                 where `make studio` serves      (now: $(PORT))'
	@echo '  PREFIX=FOLDER          where `make install` installs   (now: $(PREFIX))'
	@echo '  TORCH=cpu|cuda         which libtorch                  (now: $(TORCH))'
	@echo '  TORCH_INDEX=URL        take libtorch from this package index'
	@echo '  TORCH_VERSION=X.Y.Z    which version of libtorch       (now: $(TORCH_VERSION))'
	@echo '  JOBS=N                 how much to do at once          (now: $(JOBS))'

demo: build  ## turn a sentence into a clip: make demo PROMPT="..."
	@build/zoetrope generate --prompt "$$PROMPT" -o out/demo.mp4 --sheet out/demo.png
	@echo "the clip:          $$PWD/out/demo.mp4"
	@echo "its contact sheet: $$PWD/out/demo.png"

studio: build  ## open the studio, a page to make clips on: make studio PORT=8000
	@mkdir -p out
	@build/zoetrope serve --port $(PORT) 2> out/studio.log | { \
	  read -r url && echo "the studio: $$url (Ctrl-C ends it; its log is out/studio.log)" && \
	  { xdg-open "$$url" || open "$$url" || true; } > /dev/null 2>&1; cat; } || { tail -n 1 out/studio.log >&2; exit 1; }

build: build/build.ninja  ## build the program build/zoetrope
	@cmake --build build --target zoetrope -j $(JOBS)

test: setup-tests build/build.ninja  ## build everything and run all tests
	@cmake --build build -j $(JOBS)
	@ctest --test-dir build -j $(JOBS) --output-on-failure

bench: setup-tests build/build.ninja  ## measure: prints times and ratios
	@cmake --preset release -DZOETROPE_BENCHES=ON > /dev/null
	@cmake --build build --target benches -j $(JOBS)
	@tools/bench.sh

lint: setup-lint  ## check the format and the order of the modules
	@tools/format.sh --check
	@python tools/check_layers.py

format: setup-lint  ## format every C++ file
	@tools/format.sh

install: build  ## install program, library of C, models and bash completion under PREFIX
	@cmake --build build --target zoetrope-embed -j $(JOBS)
	@cmake --install build --prefix "$(PREFIX)"

bundle: build  ## make an archive that runs elsewhere with a Python torch; PARTS=1 also cuts it into pieces of 30 MB
	@tools/bundle/bundle.sh

proof-bundle: bundle  ## run the bundle in a Debian with nothing installed but Python's torch (as root, with debootstrap)
	@tools/bundle/proof.sh

proof-jobs: setup-tests build/build.ninja  ## 1,000 jobs while workers and the database are killed: each ends exactly once
	@cmake --build build --target zoetrope job-probe -j $(JOBS)
	@for database in sqlite postgresql; do python tests/end_to_end/job_proof.py --database $$database; done

proof-http: setup-tests build  ## requests that are drawn from the server's own document, many of them
	@SCHEMA_EXAMPLES=500 python -m pytest -q -s -p no:cacheprovider tests/end_to_end/schema_test.py

proof-soak: setup-tests build  ## 2,000 tiny jobs: the memory of server and worker stays what it is
	@python tests/end_to_end/soak.py --jobs 2000

proof-watermark: setup-tests build/build.ninja  ## measure how the watermark survives: make proof-watermark VIDEOS=FOLDER (docs/provenance.md)
	@cmake --build build --target zoetrope watermark-probe -j $(JOBS)
	@python tests/end_to_end/watermark_proof.py --videos "$(VIDEOS)"

clean:  ## remove what was built (.venv and out/ stay)
	@rm -rf build build-*

setup:
	@tools/setup.sh

setup-lint:
	@tools/setup.sh lint

setup-tests:
	@tools/setup.sh tests

build/build.ninja: CMakePresets.json | setup
	@echo "configure: build"
	@cmake --preset release > /dev/null
	@touch $@
