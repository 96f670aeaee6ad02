#!/usr/bin/env bash
# run_folder.sh PROGRAM FOLDER: at least one vector passes and none fails. 77 where the folder is missing.
set -euo pipefail
if [ ! -d "$2" ]; then
  echo "SKIPPED: there is no folder $2"
  exit 77
fi
output=$("$1" "$2") || { printf '%s\n' "$output"; exit 1; }
printf '%s\n' "$output"
grep -Eq '^total: [1-9][0-9]* passed, 0 failed' <<<"$output"
