#!/usr/bin/env bash
# The configuration templates: at most 30 options, and the programs take each of them with the default that is shown.
#
#   config_test.sh BIN_FOLDER
set -euo pipefail
bin=${1:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { printf '%s\n' "$*"; exit 1; }

options() { sed -n 's/^#\([a-z_]*\) =.*/\1/p' "$@"; }
count=$(options config/*.conf | wc -l)
[ "$count" -ge 10 ] && [ "$count" -le 30 ] || fail "$count options in the templates"
! grep -vE '^(#.*|\[[a-z]+\]|)$' config/*.conf || fail "a template sets something"

# Every option set to its default: what a program does not know it refuses with exit code 2.
for name in client server; do sed 's/^#\([a-z_]* =\)/\1/' "config/$name.conf" >"$work/$name.conf"; done
code=0
"$bin/pqc-chat" --profile "$work/profile" --config "$work/client.conf" whoami 2>"$work/errors" || code=$?
[ "$code" = 22 ] || fail "client.conf: exit code $code instead of 22 (not registered): $(cat "$work/errors")"

printf '\n[server]\nno_such_option = 1\n' >>"$work/client.conf"
code=0
"$bin/pqc-chat" --profile "$work/profile" --config "$work/client.conf" whoami 2>"$work/errors" || code=$?
[ "$code" = 2 ] || fail "an unknown option of client.conf: exit code $code instead of 2"

# The server has to start with its template; where it keeps its data and listens comes from the command line.
start() { # CONFIGURATION: exit code of a server that is stopped as soon as it is ready
  local pid code=0
  "$bin/pqc-chat-server" run --config "$1" --data "$work/data" --listen 127.0.0.1:0 >"$work/errors" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null && [ ! -e "$work/data/listening" ]; do sleep 0.02; done
  kill "$pid" 2>/dev/null || true
  wait "$pid" || code=$?
  return "$code"
}
start "$work/server.conf" || fail "server.conf: exit code $?: $(cat "$work/errors")"
printf '\n[server]\nno_such_option = 1\n' >>"$work/server.conf"
code=0
start "$work/server.conf" || code=$?
[ "$code" = 2 ] || fail "an unknown option of server.conf: exit code $code instead of 2"
printf '%s options, all known to the programs\n' "$count"
