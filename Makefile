# Everything runs in .venv, at the versions of constraints.txt. `make` lists the targets.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq
RUNTIME := $(VENV)/.installed-runtime
DEV := $(VENV)/.installed-dev
# program:package, what some tests start
SERVERS := chromium:chromium bwrap:bubblewrap pg_lsclusters:postgresql redis-server:redis-server nginx:nginx-light caddy:caddy
MAX_LINES := 500

# Tests and measurements start the gateway hundreds of times: it is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What pip would say much later, and in other words: a Python that is too old, a .venv whose Python is gone or moved.
.PHONY: usable
usable:
	@fresh='import sys; sys.exit(sys.version_info < (3, 11))'; \
	same='import os, sys; sys.exit(sys.prefix == sys.base_prefix or not os.path.isdir("{}/lib/python{}.{}".format(sys.prefix, *sys.version_info)))'; \
	stale() { echo "$(VENV) can't be used any more: $$1. rm -rf $(VENV), and then the same again." >&2; exit 1; }; \
	if [[ -e $(VENV) ]]; then \
	  [[ -e $(PY) ]] || stale "its Python is gone"; \
	  $(PY) -c "$$fresh" || stale "its Python is older than 3.11"; \
	  $(PY) -c "$$same" || stale "it was made by another version of Python"; \
	  if [[ -e $(VENV)/bin/openclaw ]]; then \
	    head -n 2 $(VENV)/bin/openclaw | grep -qF "$(CURDIR)/$(VENV)/" || stale "it was made in another folder"; \
	  fi; \
	elif ! command -v $(PYTHON) >/dev/null; then \
	  echo "there is no $(PYTHON): install Python 3.11 or newer, or name one: make run PYTHON=python3.12" >&2; exit 1; \
	elif ! $(PYTHON) -c "$$fresh"; then \
	  better=; for each in python3.{14,13,12,11}; do command -v $$each >/dev/null && { better=$$each; break; }; done; \
	  echo "$(PYTHON) is $$($(PYTHON) -V 2>&1), and 3.11 or newer is needed: $${better:+make run PYTHON=$$better}" >&2; \
	  exit 1; \
	fi

$(PY): | usable
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUNTIME): pyproject.toml constraints.txt | usable $(PY)
	@echo "installing what running needs"
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(DEV): pyproject.toml constraints.txt | usable $(PY)
	@echo "installing what running and testing need"
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(RUNTIME) $@

.PHONY: install
install: $(DEV) ## make .venv with everything that running and testing need

.PHONY: run
run: $(RUNTIME) ## start the gateway; ARGS='…' is handed to it
	@$(VENV)/bin/openclaw gateway $(ARGS)

.PHONY: install-cli
install-cli: $(RUNTIME) ## link openclaw into ~/.local/bin, so that it can be typed anywhere
	@link="$$HOME/.local/bin/openclaw"; script="$(CURDIR)/$(VENV)/bin/openclaw"; \
	if [[ -e $$link && ! -L $$link || -L $$link && "$$(readlink "$$link")" != */$(VENV)/bin/openclaw ]]; then \
	  echo "$$link is another program, OpenClaw's own perhaps: move it away, or type $$script" >&2; exit 1; \
	fi; \
	mkdir -p "$${link%/*}"; ln -sfn "$$script" "$$link"; \
	found=$$(command -v openclaw || true); \
	if [[ -z $$found ]]; then echo "$$link is there; put $${link%/*} on your PATH."; \
	elif [[ ! $$found -ef $$script ]]; then echo "$$link is there, but $$found comes first on your PATH."; \
	else echo "openclaw can be typed anywhere."; fi

.PHONY: servers
servers: # the programs that some tests start, where apt can bring them
	@missing=(); packages=(); \
	for pair in $(SERVERS); do \
	  command -v "$${pair%%:*}" >/dev/null || { missing+=("$${pair%%:*}"); packages+=("$${pair##*:}"); }; \
	done; \
	[[ $${#missing[@]} -gt 0 ]] || exit 0; \
	if [[ $$(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then \
	  echo "installing $${packages[*]}"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$${packages[@]}"; } >/dev/null 2>&1 && exit 0; \
	fi; \
	echo "could not install $${packages[*]}: install by hand what the tests are to start"

# Lines are counted where that is cheap. What fails is run once more, alone: beside others a bound may have been too tight.
define WHOLE_SUITE
counted=; \
if ! $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then \
  echo "coverage is not measured: that is cheap from Python 3.12 on; \`make cov\` measures it on any"; \
else counted='--cov --cov-config=tests/coverage.ini --cov-report=term:skip-covered'; fi; \
COVERAGE_CORE=sysmon $(PY) -m pytest -n 2 $$counted || { \
  echo "what failed, once more, one after another"; \
  $(PY) -m pytest -n 0 --last-failed --last-failed-no-failures none --maxfail 10; }
endef

.PHONY: test
test: install servers check ## check, then the tests (their servers come from apt where it can); ARGS='…' for pytest
	@$(if $(ARGS),$(PY) -m pytest -n 2 $(ARGS),$(WHOLE_SUITE))

.PHONY: test-all
test-all: install ## the suite's core on every Python that is here, and with the lowest versions of what is needed
	@$(PY) -m tests.everywhere $(ARGS)

HELD := openclaw_rpc/domain/*,openclaw_rpc/rpc/*,openclaw_rpc/dialects/*,openclaw_rpc/methods/*
.PHONY: cov
cov: install servers ## the tests under coverage, branches too; fails below 95 % of the lines of domain, rpc, dialects, methods
	@rm -f .coverage .coverage.*
	@$(PY) -m coverage run -m pytest -n 2 $(ARGS)
	@$(PY) -m coverage combine -q
	@$(PY) -m coverage report --show-missing --include='$(HELD)'
	@$(PY) -m coverage json -q -o - --include='$(HELD)' | $(PY) -c 'import json, sys; lines = json.load(sys.stdin)["totals"]["percent_statements_covered"]; sys.exit(f"{lines:.1f} % of the lines, and 95 are held" if lines < 95 else 0)'

.PHONY: mutate
mutate: install ## break the kernel line by line, and see whether its tests notice; ARGS='openclaw_rpc.rpc.paging*' for a part
	@$(PIP) install -e '.[mutate]'
	@$(VENV)/bin/mutmut run $(ARGS)
	@$(VENV)/bin/mutmut results

.PHONY: check
check: install ## lint, format, types, layers, generated files, file sizes
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --quiet --check .
	@$(VENV)/bin/pyright
	@$(VENV)/bin/lint-imports --no-logo
	@$(PY) -m openclaw_rpc.codegen --check
	@git ls-files -z -- '*.py' '*.js' '*.ts' '*.css' ':(exclude)schemas' ':(exclude)clients/dashboard/vendor' | xargs -0 -r wc -l \
	  | awk '$$2 != "total" && $$1 > $(MAX_LINES) { print "over $(MAX_LINES) lines:", $$0; bad = 1 } END { exit bad }'

.PHONY: gen
gen: install ## write the generated files anew
	@$(PY) -m openclaw_rpc.codegen

.PHONY: texts
texts: install ## print every text that a user may read
	@$(PY) -m tests.support.texts

.PHONY: bench
bench: install ## measure; ARGS="--against PATH" beside another checkout, which has its own .venv
	@$(PY) -m tests.bench $(ARGS)

.PHONY: picture
picture: install ## take README's picture of the dashboard anew
	@$(PY) -m tests.picture

.PHONY: openclaw
openclaw: install servers ## run OpenClaw's own programs against the gateway; npm installs them into a cache folder
	@$(PY) -m tests.openclaw.clients && OPENCLAW_CLIENTS=all $(PY) -m pytest -n 0 tests/openclaw $(ARGS)

.PHONY: crash
crash: install ## kill the gateway 200 times while runs stream, 20 times while things are sent, and look what is left
	@$(PY) -m tests.crash --kills 200 $(ARGS)

.PHONY: cluster
cluster: install servers ## three nodes of one gateway under faults, 200 clients; ARGS="--streams 24 --faults 10" for less
	@$(PY) -m tests.cluster $(ARGS)

.PHONY: soak
soak: install ## let a gateway work for 30 minutes; what it takes must level off (chart: soak.svg); ARGS='--minutes 5'
	@$(PY) -m tests.soak $(ARGS)

.PHONY: fuzz
fuzz: install ## 100000 hostile inputs of each kind
	@$(PY) -m tests.fuzz --cases 100000 $(ARGS)
	@$(PY) -m tests.fuzz.http --cases 100000
	@$(PY) -m tests.fuzz.bodies --cases 100000

.PHONY: strangers
strangers: install ## other people's programs, as they come from npm and PyPI
	@STRANGERS=all $(PY) -m pytest -n 0 tests/strangers tests/clients/test_pythons.py $(ARGS)

.PHONY: build
build: install ## wheel and sdist, and a start of the wheel alone in an empty venv
	@rm -rf dist
	@$(PY) -m build --no-isolation
	@tmp=$$(mktemp -d); gateway=; \
	trap 'test -z "$$gateway" || kill "$$gateway" 2>/dev/null || true; rm -rf "$$tmp"' EXIT; \
	$(PYTHON) -m venv "$$tmp/venv"; \
	"$$tmp/venv/bin/python" -m pip --disable-pip-version-check -qq install -c constraints.txt dist/*.whl; \
	cd "$$tmp"; export OPENCLAW_HOME="$$tmp/home" PATH="$$tmp/venv/bin:$$PATH"; \
	openclaw --version; \
	port=$$(python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'); \
	mkdir -m 700 home; printf 'gateway:\n  port: %s\n' "$$port" > home/gateway.yaml; \
	openclaw gateway > gateway.log 2>&1 & gateway=$$!; \
	for _ in {1..100}; do \
	  (: < "/dev/tcp/127.0.0.1/$$port") 2>/dev/null && break; \
	  kill -0 "$$gateway" 2>/dev/null || break; \
	  sleep 0.1; \
	done; \
	openclaw doctor --json || [[ $$? -eq 3 ]] || { cat gateway.log; exit 1; }; \
	python -c 'import sys, urllib.request as u; page = u.urlopen(sys.argv[1]).read(); assert b"<!doctype html" in page.lower()' \
	  "http://127.0.0.1:$$port/"; \
	openclaw call agent.list; \
	python -c 'from openclaw import OpenClawClient, types; print(OpenClawClient, types.RunState)'; \
	kill "$$gateway"; wait "$$gateway" || { echo "the gateway did not stop cleanly"; cat gateway.log; exit 1; }

.PHONY: clean
clean: ## remove what was built and the tools' caches; .venv stays
	@rm -rf build dist htmlcov mutants .coverage .coverage.* .hypothesis .import_linter_cache .pytest_cache .ruff_cache .schemathesis
	@find . \( -name .venv -o -name .git -o -name node_modules \) -prune -o -name __pycache__ -type d -print0 | xargs -0 -r rm -rf
