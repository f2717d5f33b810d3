# The core packages must stay at least this well covered, in percent, each by its own tests.
# What elections are made of counts with them: their tests drive it.
COVER_MIN ?= 85
COVERED = ./heartbeat ./internal/record ./singleton
PARTS = ./election,./internal/register,./internal/pubsub,./internal/succession

# The linter is pinned in tools/go.mod; go compiles it on first use and keeps it in its cache.
LINTER = tool -modfile=$(CURDIR)/tools/go.mod golangci-lint

.PHONY: test short lint fmt run cover rename

test: ## everything that continuous integration runs
	./test.sh

short: ## needs nothing but Go
	go test ./...

lint:
	go $(LINTER) run
	go -C verification $(LINTER) run
	go -C examples/recipes $(LINTER) run

fmt:
	go $(LINTER) fmt

run: ## the first example, on an in-process stand-in for Redis
	go run ./examples/scheduler

# The tests on real servers count, where there is a redis-server.
cover:
	@INCUMBENT_REDIS_SERVER="$${INCUMBENT_REDIS_SERVER:-$$(command -v redis-server)}" \
	sh -c 'go test -count=1 -cover $(COVERED); go test -count=1 -coverpkg=$(PARTS) ./election' 2>&1 | awk -v min=$(COVER_MIN) ' \
	  match($$0, /coverage: [0-9.]+%/) { \
	    seen++; got = substr($$0, RSTART + 10, RLENGTH - 11) + 0; \
	    if (got < min) { short++; $$0 = $$0 "  BELOW " min "%" } } \
	  /^FAIL/ { short++ } \
	  { print } \
	  END { \
	    if (seen < $(words $(COVERED)) + 1 || short) { print "FAILED: each package needs passing tests and " min "% coverage"; exit 1 } \
	    print "each package at " min "% or more" }'

rename: ## make rename MODULE=github.com/you/incumbent
	@./tools/rename.sh "$${MODULE:-}"
