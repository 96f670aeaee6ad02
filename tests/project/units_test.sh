#!/usr/bin/env bash
# The units are valid, and their exposure as systemd counts it stays low: at most 1.5 of 10 for the server.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

exposure() { # UNIT LIMIT IN TENTHS
  local unit=$1 limit=$2 level
  sed "s#@bindir@#/usr/bin#" "packaging/systemd/$unit.in" >"$work/$unit"
  # It must also know every line: a misspelt setting protects nothing.
  if systemd-analyze security --offline=true --threshold="$limit" --no-pager "$work/$unit" >"$work/report" 2>"$work/errors"; then :; else
    grep -v '✓' "$work/report" || true
    cat "$work/errors"
    printf '%s: exposure above %d tenths\n' "$unit" "$limit"
    exit 1
  fi
  if grep -E 'Unknown|Failed to parse|ignoring' "$work/errors"; then exit 1; fi
  level=$(sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\).*/\1/p' "$work/report")
  [ -n "$level" ] || { printf '%s: systemd-analyze gave no level\n' "$unit"; cat "$work/report"; exit 1; }
  printf '%s: exposure %s\n' "$unit" "$level"
}

exposure pqc-chat-server.service 15
exposure pqc-chat-client@.service 20
exposure pqc-chat-echo.service 20

# What anybody may reach has bounds, and says by itself when it is ready.
for unit in pqc-chat-server pqc-chat-echo; do
  for setting in Type=notify PrivateUsers=yes RemoveIPC=yes LimitNOFILE= LimitCORE=0 TasksMax=; do
    grep -q "^$setting" "packaging/systemd/$unit.service.in" || { printf '%s: %s is missing\n' "$unit" "$setting"; exit 1; }
  done
done
for setting in MemoryMax= CPUQuota= RestartPreventExitStatus=; do
  grep -q "^$setting" packaging/systemd/pqc-chat-echo.service.in || { printf 'pqc-chat-echo: %s is missing\n' "$setting"; exit 1; }
done
