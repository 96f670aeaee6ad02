#!/usr/bin/env bash
# Every shell script parses, is executable where it is run by name, and passes shellcheck; Python tools compile.
set -euo pipefail
scripts=() python=()
while IFS= read -r -d '' file; do
  case "$(head -c 64 "$file" | head -n 1)" in
    '#!'*bash | '#!/bin/sh') scripts+=("$file") ;;
    '#!'*python3) python+=("$file") ;;
  esac
done < <(find .ci tools tests packaging bench -type f -not -path "*/node_modules/*" -not -name '*.cpp' -not -name '*.h' -print0)

[ ${#scripts[@]} -ge 8 ] || { printf 'only %d scripts found\n' ${#scripts[@]}; exit 1; }
for script in "${scripts[@]}"; do bash -n "$script"; done
for script in .ci/run tools/*; do [ ! -f "$script" ] || [ -x "$script" ] || { printf '%s is not executable\n' "$script"; exit 1; }; done
for script in "${python[@]}"; do python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script"; done
shellcheck --severity=warning "${scripts[@]}"
printf '%d shell scripts and %d Python scripts are sound\n' ${#scripts[@]} ${#python[@]}
