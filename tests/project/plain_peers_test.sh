#!/usr/bin/env bash
# No program of ours takes a media peer without the post-quantum mix (docs/spec/media.md §4): nothing beside the transport names
# the setting that would allow one.
set -euo pipefail
if grep -rn allow_plain_peer src apps examples --include='*.cpp' --include='*.h' | grep -v '^src/media/transport/'; then
  printf 'a program may not allow plain peers\n'
  exit 1
fi
grep -q allow_plain_peer src/media/transport/media_session.h || { printf 'the setting has another name now\n'; exit 1; }
printf 'no program allows plain peers\n'
