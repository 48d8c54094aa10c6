# What a newcomer needs; `make setup` is the first part of each of them.
.DEFAULT_GOAL := help
.PHONY: help setup demo up kafka test schemathesis clients lint format faults chaos hostile sabotage audit bench image image-check cluster cluster-down manifests clean

help:
	@echo "make demo              six simulated months of 21 creditors, with a summary"
	@echo "make test [WORKERS=2]  everything a change must pass; WORKERS=0: one after the other"
	@echo "make schemathesis [EXAMPLES=50] [SEED=n]  made-up requests, answers held to the documents"
	@echo "make clients           TypeScript and Go clients made from the APIs' documents (Node 20, Go 1.26)"
	@echo "make up [KAFKA=h:p]    the four services on this machine, data in ./data"
	@echo "make kafka [PORT=9092] a local Kafka in the foreground"
	@echo "make faults [MINUTES=10] [SEED=n] [ONLY=text]  processes, servers, lines and clocks that fail"
	@echo "make chaos [SECONDS=300] [SEED=n]  two instances of each service, killed at random, against an undisturbed run"
	@echo "make cluster [SEED=n]  a Kubernetes on this machine, and a day of the release in it (root on Debian, Go; half an hour the first time)"
	@echo "make cluster-down [PURGE=1]  stops it; PURGE: its data too"
	@echo "make hostile [SEED=n] [EVENTS=n] [REQUESTS=n] [BUS=embedded|kafka|both]   events and requests that mean harm"
	@echo "make sabotage          each safeguard is taken away in a copy, and a test must notice"
	@echo "make audit             known vulnerabilities and licences of what is used, and a bill of it"
	@echo "make bench             the measurements, also in bench/results.json; ONLY=trickle, ONLY=disk: one of them"
	@echo "make image             build/arrears.oci.tar, without a registry (root on Debian, debootstrap)"
	@echo "make image-check       whether it is the same when made twice"
	@echo "make manifests         deploy/kustomize anew from the chart"
	@echo "make setup             .venv with the locked packages; then .venv/bin/arrears"
	@echo "make lint | format     style, types, imports | reformat"

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml
	@deploy/setup.sh

demo: setup
	@.venv/bin/arrears demo

up: setup
	@.venv/bin/arrears up $(if $(KAFKA),--kafka $(KAFKA))

kafka: setup
	@.venv/bin/arrears kafka $(if $(PORT),--port $(PORT))

test: setup
	@deploy/test.sh

schemathesis: SEED := $(or $(SEED),$(shell date +%s))
schemathesis: setup
	@echo "SEED=$(SEED)"
	@EXAMPLES=$(or $(EXAMPLES),50) EDGES=1000 SEED=$(SEED) .venv/bin/pytest --timeout 0 tests/answers

clients: setup
	@.venv/bin/python -m tests.clients.run

lint: setup
	@deploy/lint.sh

format: setup
	@.venv/bin/ruff check --quiet --fix .
	@.venv/bin/ruff format .

faults: setup
	@.venv/bin/python -m tests.faults.run $(or $(MINUTES),10) "$(SEED)" "$(ONLY)"

chaos: setup
	@.venv/bin/python -m tests.chaos $(or $(SECONDS),300) $(SEED)

# up.sh builds Kubernetes where this machine has none yet.
cluster: setup
	@deploy/kube/outside.sh
	@deploy/kube/up.sh
	@deploy/kube/smoke/smoke.sh
	@$(MAKE) --no-print-directory image
	@.venv/bin/python -m tests.cluster build/arrears.oci.tar $(SEED)

cluster-down:
	@deploy/kube/down.sh $(if $(PURGE),--purge)

hostile: setup
	@.venv/bin/python -m tests.hostile $(if $(SEED),--seed $(SEED)) $(if $(EVENTS),--events $(EVENTS)) \
	  $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(BUS),--bus $(BUS))

sabotage: setup
	@.venv/bin/python -m tests.sabotage

audit: setup
	@.venv/bin/python -m deploy.audit

bench: setup
	@.venv/bin/python -m bench $(ONLY)

image: setup
	@.venv/bin/python -m deploy.image.build

# The same image twice, which takes some minutes.
image-check: setup
	@export VERSION=$$(git describe --always --dirty) SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct); \
	  $(MAKE) --no-print-directory image && mv build/arrears.oci.tar build/first.oci.tar && \
	  $(MAKE) --no-print-directory image && cmp build/first.oci.tar build/arrears.oci.tar && \
	  echo "the same image twice"

manifests: setup
	@.venv/bin/python -m deploy.kustomize.render

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build
