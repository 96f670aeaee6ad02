#!/usr/bin/env bash
# Installs a build into an empty root and compares what arrives with the list in installed_files.txt.
#
#   install_test.sh BUILD_FOLDER
set -euo pipefail
build=${1:?}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
fail() { printf '%s\n' "$*"; exit 1; }

DESTDIR=$root cmake --install "$build" --prefix /usr >/dev/null
(cd "$root" && find . -type f | sed 's#^\./##' | LC_ALL=C sort) >"$root.list"
trap 'rm -rf "$root" "$root.list"' EXIT
diff tests/project/installed_files.txt "$root.list" || fail "the installed files (>) are not those of tests/project/installed_files.txt (<)"

for program in "$root"/usr/bin/*; do
  [ -x "$program" ] || fail "$program is not executable"
  "$program" --help >/dev/null || fail "$program --help fails"
  ! readelf -d "$program" | grep -E 'RPATH|RUNPATH' || fail "$program names a folder of the machine that built it"
done
for unit in "$root"/usr/lib/systemd/system/*; do
  command=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$unit")
  [ -x "$root$command" ] || fail "${unit##*/} starts $command, which is not installed"
done
! grep -rlI "$PWD" "$root" || fail "these files name the folder they were built in"

# Another prefix: the units follow.
DESTDIR=$root/other cmake --install "$build" --prefix /opt/chat >/dev/null
grep -q '^ExecStart=/opt/chat/bin/pqc-chat-server ' "$root/other/opt/chat/lib/systemd/system/pqc-chat-server.service" || fail "the unit does not follow the prefix"
printf '%d files installed as listed\n' "$(wc -l <"$root.list")"
