#!/usr/bin/env bash
# The tests of the project, in two lengths.
#
#   ./test.sh             format, module files, build, vet, linter, and every test under the
#                         race detector and on real redis-server processes: some minutes
#   ./test.sh --long      besides, what takes longer: clusters of six nodes at several leases,
#                         more of the simulation and of the model, ten minutes of chaos, SQL
#                         on PostgreSQL and MariaDB, the benchmarks' own tests, the recipe for
#                         controller-runtime
#   ./test.sh --no-lint   without the linter (its first run compiles it, a minute or two)
#
# Needs Go and git. A missing program is installed with the system's package manager where
# that is allowed. Where it is not, the tests that need the program are skipped, and the last
# line names it. INCUMBENT_REQUIRE=1 makes that a failure: nothing is skipped then.
#
# To test another server, name it:
#
#   INCUMBENT_REDIS_SERVER=/opt/redis-8/bin/redis-server ./test.sh
#
# Exit codes: 0 passed, 1 failed, 2 wrong usage, 3 something missing on this machine.
set -euo pipefail

usage() {
  awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
}

missing() {
  echo "test.sh: $1" >&2
  exit 3
}

# as_root runs a command as root, or fails at once where that would need a password.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -n "$@"
  else
    echo "installing it needs root"
    return 1
  fi
}

# install installs a package with the first package manager that it finds; its arguments are
# the package's names for apt, dnf, apk and brew. RUNLEVEL=1 keeps Debian's packages from
# starting services: the tests start servers of their own.
install() {
  if command -v apt-get; then
    as_root apt-get update &&
      as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y --no-install-recommends "$1"
  elif command -v dnf; then
    as_root dnf install -y "$2"
  elif command -v apk; then
    as_root apk add "$3"
  elif command -v brew; then
    brew install "$4"
  else
    echo "no package manager that test.sh knows"
    return 1
  fi
}

# absolute prints a program's absolute path: go test runs each package's tests in
# that package's directory, where a relative path would mean something else.
absolute() {
  local path
  path=$(command -v "$1") || return 1
  case $path in
    /*) echo "$path" ;;
    *) echo "$(cd "$(dirname "$path")" && pwd)/$(basename "$path")" ;;
  esac
}

# find_redis exports INCUMBENT_REDIS_SERVER, which switches on the tests on real servers.
find_redis() {
  local said=
  if [ -n "${INCUMBENT_REDIS_SERVER:-}" ]; then
    INCUMBENT_REDIS_SERVER=$(absolute "$INCUMBENT_REDIS_SERVER") ||
      missing "INCUMBENT_REDIS_SERVER is set, but names no program that can be run."
  elif ! INCUMBENT_REDIS_SERVER=$(absolute redis-server); then
    echo "redis-server is not installed; installing it with the system's package manager"
    if ! { said=$(install redis-server redis redis redis 2>&1) && INCUMBENT_REDIS_SERVER=$(absolute redis-server); }; then
      INCUMBENT_REDIS_SERVER=
      left_out "redis-server" "${said##*$'\n'}" "install it (Debian, Ubuntu: apt-get install redis-server; Fedora: dnf install redis; Alpine: apk add redis; macOS: brew install redis) or set INCUMBENT_REDIS_SERVER to the path of one"
      return
    fi
  fi
  export INCUMBENT_REDIS_SERVER
  redis_version=$("$INCUMBENT_REDIS_SERVER" --version 2>/dev/null) ||
    missing "$INCUMBENT_REDIS_SERVER does not start; set INCUMBENT_REDIS_SERVER to the path of a redis-server that does."
}

# left_out notes a program that is missing, why it could not be installed, and what to do.
skipped=
left_out() {
  [ -z "${INCUMBENT_REQUIRE:-}" ] ||
    missing "$1 is missing and could not be installed here ($2); $3."
  echo "$1 is missing and could not be installed here ($2): its tests are skipped; $3."
  skipped="${skipped:+$skipped, }$1"
}

# find_databases installs the databases that the long tests start themselves.
find_databases() {
  local said=
  if ! command -v postgres >/dev/null && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
    echo "PostgreSQL is not installed; installing it with the system's package manager"
    said=$(install postgresql postgresql-server postgresql postgresql 2>&1) ||
      left_out "PostgreSQL" "${said##*$'\n'}" "install it (Debian, Ubuntu: apt-get install postgresql)"
  fi
  if ! command -v mariadbd >/dev/null && ! [ -x /usr/sbin/mariadbd ]; then
    echo "MariaDB is not installed; installing it with the system's package manager"
    said=$(install mariadb-server mariadb-server mariadb mariadb 2>&1) ||
      left_out "MariaDB" "${said##*$'\n'}" "install it (Debian, Ubuntu: apt-get install mariadb-server)"
  fi
}

# step runs a command under a heading, says how long it took, and ends the script if it fails.
step() {
  local name=$1 begin=$SECONDS status=0
  shift
  printf '\n== %s\n' "$name"
  "$@" || status=$?
  if [ "$status" != 0 ]; then
    printf '\nFAILED: %s, after %d s\n' "$name" "$((SECONDS - begin))"
    exit 1
  fi
  printf '   ok, %d s\n' "$((SECONDS - begin))"
}

# check_format uses the gofmt of the toolchain in use, which need not be the first in PATH.
check_format() {
  local gofmt unformatted
  gofmt=$(go env GOROOT)/bin/gofmt
  [ -x "$gofmt" ] || gofmt=gofmt
  unformatted=$("$gofmt" -l .) || return 1
  [ -z "$unformatted" ] && return
  printf 'not formatted (make fmt mends it):\n%s\n' "$unformatted"
  return 1
}

lint=yes
long=
for arg in "$@"; do
  case $arg in
    --long) long=yes ;;
    --no-lint) lint=no ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      echo "test.sh: unknown argument $arg; see ./test.sh --help." >&2
      exit 2
      ;;
  esac
done

command -v go >/dev/null ||
  missing "Go is missing; install the version that go.mod names from https://go.dev/dl/."
redis_version="no redis-server"
find_redis # before cd: the caller may have given a relative path
[ -z "$long" ] || find_databases
cd "$(dirname "${BASH_SOURCE[0]}")"

# This module as it stands is tested: no go.work from above, no edits of go.mod on the way.
# Nothing built here is kept, so nothing is stamped with its commit, which go refuses to
# do in a checkout that belongs to another user, as in many containers.
export GOWORK=off
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-mod=readonly -buildvcs=false"

echo "$(go version), ${redis_version%% sha=*}"
export INCUMBENT_LONG=$long

step "gofmt -l ." check_format
step "go mod tidy -diff" go mod tidy -diff
step "go build ./..." go build ./...
step "go vet ./..." go vet ./...
step "go -C verification mod tidy -diff" go -C verification mod tidy -diff
step "go -C verification build ./..." go -C verification build ./...
step "go -C verification vet ./..." go -C verification vet ./...
step "go -C examples/recipes mod tidy -diff" go -C examples/recipes mod tidy -diff
step "go -C examples/recipes vet ./..." go -C examples/recipes vet ./...

linted="linter clean"
if [ "$lint" = yes ]; then
  step "golangci-lint run" go tool -modfile=tools/go.mod golangci-lint run
  step "golangci-lint run, in verification" go -C verification tool -modfile=../tools/go.mod golangci-lint run
  step "golangci-lint run, in examples/recipes" go -C examples/recipes tool -modfile=../../tools/go.mod golangci-lint run
else
  linted="linter skipped (--no-lint)"
  printf '\n== golangci-lint: skipped (--no-lint)\n'
fi

# A program with the race detector waits for a second before it ends, so that a report under way
# is printed. The tests start many programs, in which nothing runs any more by then.
export GORACE="${GORACE:-atexit_sleep_ms=50}"

# The race detector needs a C compiler with its headers; building the package that
# links it in is the probe that cannot be wrong.
race=-race
raced="race detector on"
if ! go build -race runtime/race >/dev/null 2>&1; then
  race=
  raced="race detector OFF"
  left_out "a C compiler" "none that works was found" "install gcc and the C headers"
fi
# Three packages at a time, though this says so for two cores: many tests wait for processes and
# leases most of their time. Those that take longest come first, so that none is alone at the end.
longest="./schedule ./election/realserver ./election ./examples/..."
# shellcheck disable=SC2086 # $race is one flag or none
step "go test ${race:+$race }-count=1 ./..." go test $race -p 3 -count=1 -timeout 30m $longest ./...
# The model's searches and the ledger's years run without the race detector: it makes them ten
# times as slow. What the workers of a search share is in model/explore, which runs with it; a
# simulated ledger has one goroutine; what the goroutines of a space share is tried with it in the
# tests of package lock. So do the drivers of databases: SQLite would have to be compiled for it.
searches="./model ./model/space ./modelcheck ./ledger ./space ./spacerun ./sqlfence"
others=$(go -C verification list ./... | grep -v -e '/model$' -e '/space$' -e '/modelcheck$' -e '/ledger$' -e '/spacerun$' -e '/sqlfence$')
# shellcheck disable=SC2086
step "go -C verification test ${race:+$race }-count=1, all but searches and years" go -C verification test $race -p 3 -count=1 -timeout 30m ./sim ./chaos $others
# shellcheck disable=SC2086
step "go -C verification test -count=1 $searches" go -C verification test -count=1 -timeout 30m $searches
# Without the race detector, which would judge the other libraries, too.
step "go -C examples/recipes test ./..." go -C examples/recipes test -count=1 ./...

if [ -n "$long" ]; then
  step "go -C benchmarks test ./..." go -C benchmarks test -count=1 ./...
  step "go -C examples/recipes/controllerruntime vet ./..." go -C examples/recipes/controllerruntime vet ./...
  step "go -C examples/recipes/controllerruntime test ./..." go -C examples/recipes/controllerruntime test -count=1 ./...
  step "simulation on a register, 1,000 seeds" go run -C verification ./simrun -store register -seeds 1000
  step "simulation on miniredis, 200 seeds" go run -C verification ./simrun -store redis -seeds 200
  if [ -n "$INCUMBENT_REDIS_SERVER" ]; then
    # shellcheck disable=SC2086
    step "chaos, 10 minutes" go run -C verification $race ./chaosrun -for 10m
    if git rev-parse --quiet --verify 5512050 >/dev/null 2>&1; then
        step "chaos beside an older version, 3 minutes" go run -C verification ./chaosrun -for 3m -old 5512050
    else
        skipped="${skipped:+$skipped, }the older version for chaos, revision 5512050 in git"
    fi
  fi
fi

servers="on real Redis servers too"
[ -n "$INCUMBENT_REDIS_SERVER" ] || servers="but not on real Redis servers"
printf '\nPASSED in %d s: all tests, %s; %s; %s%s.\n' "$SECONDS" "$servers" "$raced" "$linted" \
  "${skipped:+; SKIPPED, since missing here: $skipped}"
