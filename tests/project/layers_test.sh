#!/usr/bin/env bash
# The layer check is worth something only if it turns red: each seeded violation is found, and a clean tree passes.
set -euo pipefail
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

seed() { # TEXT OF src/high/a.cpp
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/cmake "$tree"/src/{low,high,side} "$tree"/apps/tool
  printf 'src/low:\nsrc/side:\nsrc/high: src/low  # comment\napps/tool: src/high\n' >"$tree/cmake/layers.txt"
  for folder in low high side; do printf '#pragma once\n' >"$tree/src/$folder/$folder.h"; done
  printf '%s\n' "$1" >"$tree/src/high/a.cpp"
}
passes() { tools/check-layers --root "$tree" >/dev/null || { printf 'refused, but should pass: %s\n' "$1"; exit 1; }; }
fails() { # WHAT EXPECTED_TEXT
  local output
  if output=$(tools/check-layers --root "$tree" 2>&1); then printf 'passed, but should be refused: %s\n' "$1"; exit 1; fi
  [[ $output == *"$2"* ]] || { printf '%s: expected "%s", got: %s\n' "$1" "$2" "$output"; exit 1; }
}

seed '#include "low/low.h"'; passes "an allowed include"
seed '#include <low/low.h>'; passes "an allowed include in angle brackets"
seed '#include "high.h"'; passes "a header beside the file"
seed '#include <vector>'; passes "a header of the system"
seed '#include "side/side.h"'; fails "a sibling" "src/high/a.cpp:1: src/high may not include src/side"
seed '  #  include <side/side.h>'; fails "a sibling in angle brackets" "may not include src/side"
seed '#include "../side/side.h"'; fails "a sibling by a relative path" "may not include src/side"
seed '#include "side/made.pb.h"'; fails "a generated header" "may not include src/side"
seed '#include "gone.h"'; fails "a header that does not exist" "found neither"
seed ''; printf '#include "high/high.h"\n' >"$tree/src/low/low.h"; fails "upwards" "src/low may not include src/high"
seed ''; printf '#include "low/low.h"\n' >"$tree/apps/tool/main.cpp"; fails "an app past its layer" "apps/tool may not include src/low"
seed ''; mkdir "$tree/src/new"; : >"$tree/src/new/a.h"; fails "a folder outside the table" "belongs to no folder"
seed ''; printf 'src/low: src/high\nsrc/high: src/low\nsrc/side:\napps/tool:\n' >"$tree/cmake/layers.txt"; fails "a circle" "a circle"
printf 'every seeded violation is found\n'
