#!/usr/bin/env bash
# Gives the module another path, everywhere the present one is written:
#
#   make rename MODULE=github.com/you/incumbent
set -euo pipefail

refuse() {
  echo "rename: $1" >&2
  exit 2
}

# check_path wants a host with a dot and at least one more element: what go get
# can fetch, and what sed takes literally.
check_path() {
  [ -n "$1" ] ||
    refuse "no module path given; use make rename MODULE=github.com/you/incumbent."
  if ! [[ $1 =~ ^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9_~.-]+)+$ ]] ||
    ! go mod edit -module="$1" -print >/dev/null 2>&1; then
    refuse "'$1' is no module path; one looks like github.com/you/incumbent."
  fi
}

# rewrite replaces $1 by $2 in every text file that git knows or would add.
rewrite() {
  local escaped rule file count=0
  # The old path counts only where it stands alone, not within a longer host name or
  # last element. The rule runs twice, because two neighbours share the character between them.
  escaped=${1//./\\.}
  rule="s#(^|[^A-Za-z0-9._-])$escaped(\$|[^A-Za-z0-9_-])#\\1$2\\2#g"
  scratch=$(mktemp)
  trap 'rm -f "$scratch"' EXIT
  while IFS= read -r -d '' file; do
    # Not sed -i, which differs between systems; cat keeps the file's mode.
    sed -E -e "$rule" -e "$rule" "$file" >"$scratch"
    cat "$scratch" >"$file"
    # A new path can sort differently among a file's imports, or a module's requirements.
    case $file in
      *.go) gofmt -w "$file" ;;
      *go.mod) go mod edit -fmt "$file" ;;
    esac
    count=$((count + 1))
  done < <(git grep --untracked --files-with-matches --null -I --fixed-strings -e "$1")
  echo "renamed $1 to $2 in $count files"
}

main() {
  local new=${1:-} old unformatted
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  export GOWORK=off
  check_path "$new"
  git rev-parse --is-inside-work-tree >/dev/null 2>&1 ||
    refuse "this is no git checkout, so there is no list of files to rewrite."
  old=$(go list -m)
  [ "$new" != "$old" ] || refuse "the module is called $new already."

  rewrite "$old" "$new"

  unformatted=$(gofmt -l .)
  [ -z "$unformatted" ] || refuse "these files are not formatted: ${unformatted//$'\n'/ }"
  go build ./...
  echo "go build ./... passes"
  go -C verification build ./...
  echo "go -C verification build ./... passes"
  go -C examples/recipes build ./...
  echo "go -C examples/recipes build ./... passes"
}

# On one line with exit: bash reads a script as it goes, and this one may rewrite itself.
main "$@"; exit
