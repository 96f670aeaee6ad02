#!/usr/bin/env bash
# The manual pages have no errors and no warnings; each renders to something.
set -euo pipefail
pages=(packaging/man/*.[18])
[ ${#pages[@]} -ge 4 ] || { printf 'only %d pages\n' ${#pages[@]}; exit 1; }
mandoc -T lint -W warning "${pages[@]}"
for page in "${pages[@]}"; do
  [ "$(mandoc -T utf8 "$page" | wc -l)" -gt 15 ] || { printf '%s renders to almost nothing\n' "$page"; exit 1; }
done
printf '%d manual pages are sound\n' ${#pages[@]}
