#!/usr/bin/env bash
# THREATS 15, with valgrind's memcheck: our code is silent with poisoned secrets, and each seeded leak is reported.
#
#   check.sh PROGRAM
set -euo pipefail
program=${1:?usage: check.sh PROGRAM}
suppressions=$(dirname "${BASH_SOURCE[0]}")/libraries.supp
found=9

run() { # [LEAK]: memcheck's verdict as the exit code, its report in $report
  local code=0
  report=$(valgrind --quiet --error-exitcode=$found --leak-check=no --suppressions="$suppressions" "$program" "$@" 2>&1) || code=$?
  return $code
}

run || { printf 'a secret decides a branch or an address (exit code %d):\n%s\n' $? "$report"; exit 1; }
for leak in leak lookup; do
  code=0
  run "$leak" || code=$?
  [ $code = $found ] || { printf 'the seeded %s was not found (exit code %d):\n%s\n' "$leak" $code "$report"; exit 1; }
done
printf 'nothing of ours branches on a secret; both seeded leaks are found\n'
