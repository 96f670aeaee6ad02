#!/usr/bin/env bash
# The link check turns red: a server that holds one function of a protocol core, a program that mixes both SQLites, GLib,
# sound or Avahi where they must not be are found. What MLS shows to everybody is let through.
set -euo pipefail
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

cat >"$tree/build.ninja" <<'NINJA'
rule CXX_EXECUTABLE_LINKER__any
  command = g++ $in -o $out $libs
build bin/pqc-chat-server: CXX_EXECUTABLE_LINKER__any server.cpp
build bin/tool: CXX_EXECUTABLE_LINKER__any tool.cpp
  libs = $tool_libs
NINJA
mkdir "$tree/bin"
clean='namespace pqc::server { int run() { return 0; } } int main() { return pqc::server::run(); }'

build() { # SERVER_SOURCE LIBS_OF_TOOL
  printf '%s\n' "$1" >"$tree/server.cpp"
  printf 'int main() {}\n' >"$tree/tool.cpp"
  sed -i '/^tool_libs/d' "$tree/build.ninja"
  sed -i "1i tool_libs = $2" "$tree/build.ninja"
  ninja -C "$tree" --quiet
}
fails() { # WHAT EXPECTED_TEXT
  local output
  if output=$(tools/check-links "$tree" 2>&1); then printf 'passed, but should be refused: %s\n' "$1"; exit 1; fi
  [[ $output == *"$2"* ]] || { printf '%s: expected "%s", got: %s\n' "$1" "$2" "$output"; exit 1; }
}

build "$clean" ""
tools/check-links "$tree" >/dev/null || { printf 'a clean build is refused\n'; exit 1; }
build "namespace pqc::ratchet { int open() { return 0; } } $clean" ""
fails "a ratchet function in the server" "contains pqc::ratchet::open()"
build "namespace pqc::mls { int group() { return 0; } } $clean" ""
fails "a group member's function in the server" "contains pqc::mls::group()"
build "namespace pqc::hpke { int decapsulate() { return 0; } } $clean" ""
fails "HPKE's private side in the server" "contains pqc::hpke::decapsulate()"
build "namespace pqc::mls::inline public_part { int tree() { return 0; } } $clean" ""
tools/check-links "$tree" >/dev/null || { printf 'what MLS shows to everybody is refused\n'; exit 1; }
build "$clean" "-lsqlite3 -lsqlcipher"
fails "both SQLites in one program" "bin/tool is linked from both"
build "$clean" "-lglib-2.0"
fails "GLib without libnice" "bin/tool is linked from GLib"
build "$clean" "-lglib-2.0 -lnice"
tools/check-links "$tree" >/dev/null || { printf 'GLib beside libnice is refused\n'; exit 1; }
build "$clean" "-lavahi-client -lavahi-common"
fails "Avahi in another program than the client" "bin/tool is linked from Avahi"
sed -i 's/^build bin\/pqc-chat-server.*/&\n  libs = $tool_libs/' "$tree/build.ninja"
build "$clean" "-lglib-2.0 -lnice"
fails "GLib in the server" "bin/pqc-chat-server is linked from GLib"
build "$clean" "-lopus"
fails "a voice codec in the server" "bin/pqc-chat-server is linked from what handles sound"
printf 'every seeded violation is found\n'
