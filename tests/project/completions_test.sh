#!/usr/bin/env bash
# The completions parse in the shells that are there (bash always), and those of bash complete what they should.
set -euo pipefail
for file in packaging/completions/*.bash; do bash -n "$file"; done
shellcheck --shell=bash --severity=warning packaging/completions/*.bash
if command -v zsh >/dev/null; then for file in packaging/completions/_*; do zsh -n "$file"; done; fi
if command -v fish >/dev/null; then for file in packaging/completions/*.fish; do fish --no-config --no-execute "$file"; done; fi

. packaging/completions/pqc-chat.bash
. packaging/completions/pqc-chat-server.bash
# No program is installed for the test: the names of contacts come from this function.
timeout() { printf '{"peer":"bob@example"}\n{"peer":"carol@example"}\n'; }

expect() { # FUNCTION "WORDS SO FAR" EXPECTED
  read -ra COMP_WORDS <<<"$2"
  [[ $2 != *' ' ]] || COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  "$1" || true
  [ "${COMPREPLY[*]}" = "$3" ] || { printf '"%s" completes to "%s", not "%s"\n' "$2" "${COMPREPLY[*]}" "$3"; exit 1; }
}

expect _pqc_chat "pqc-chat reg" "register"
expect _pqc_chat "pqc-chat p2p " "listen connect ticket join rendezvous nearby endpoint"
expect _pqc_chat "pqc-chat p2p connect host:1 --encryption r" "ratchet rsa"
expect _pqc_chat "pqc-chat --profile /tmp/x wh" "whoami"
expect _pqc_chat "pqc-chat register alice --su" "--suite"
expect _pqc_chat "pqc-chat register alice --suite pq" "pq pq-falcon"
expect _pqc_chat "pqc-chat receive --f" "--follow"
expect _pqc_chat "pqc-chat devices " "list audio link revoke"
expect _pqc_chat "pqc-chat devices link --n" "--no-history"
expect _pqc_chat "pqc-chat settings --ty" "--typing"
expect _pqc_chat "pqc-chat call bob --voice-processing " "on off"
expect _pqc_chat "pqc-chat export --format " "json text"
expect _pqc_chat "pqc-chat send " "bob@example carol@example"
expect _pqc_chat "pqc-chat --json verify c" "carol@example"
expect _pqc_chat "pqc-chat send bob " ""
expect _pqc_chat "pqc-chat send bob --f" "--file"
expect _pqc_chat "pqc-chat files c" "carol@example"
expect _pqc_chat "pqc-chat echo-service --l" "--longest"
expect _pqc_chat_server "pqc-chat-server f" "fingerprint"
expect _pqc_chat_server "pqc-chat-server run --l" "--listen --log-level"
expect _pqc_chat_server "pqc-chat-server --data /tmp/x status --j" "--json"
printf 'the completions complete\n'
