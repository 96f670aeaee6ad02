#!/usr/bin/env bash
# Building the target pqc-chat also builds the programs that it runs, so `make demo` works in a tree where nothing else is built.
set -euo pipefail

build=${1:?usage: client_target_test.sh BUILD_FOLDER}
inputs=$(ninja -C "$build" -t inputs pqc-chat)
for program in pqc-chat-keyd pqc-chat-keyring pqc-chat-preview; do
  grep -Fqx "bin/$program" <<<"$inputs" || { printf 'building pqc-chat does not build %s\n' "$program"; exit 1; }
done
