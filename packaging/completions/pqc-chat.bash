# bash completion of pqc-chat
_pqc_chat() {
  local commands="register link devices send files save receive chat history search export delete backup restore reply react edit unsend disappear call answer hangup mute calls echo-service recording contacts safety-number verify requests accept decline block unblock settings whoami doctor lock unlock passphrase keyring audit identity p2p"
  local common="--profile --config --passphrase-file --minimum-level --json --help" version="--version"
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command="" options="" position=0 profile=() i
  COMPREPLY=()

  # The command, and how many plain words follow it.
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --profile) ((i++)); profile=(--profile "${COMP_WORDS[i]:-}") ;;
      --config | --passphrase-file | --new-passphrase-file | --backup-passphrase-file | --minimum-level | --server | --fingerprint | --invite | --suite | --wait | --wait-delivered | --limit | --calls | --longest | --since | --before | --with | --conversation | --format | --audio-in | --audio-out | --voice-processing | --record | --read-receipts | --typing | --keep-days | --code | --file | --transport | --encryption | --level | --stun | --turn | --turn-user | --turn-password-file)
        ((i++)) ;;
      -*) ;;
      *) if [[ -z $command ]]; then command=${COMP_WORDS[i]}; else ((position++)); fi ;;
    esac
  done

  case $previous in
    --profile) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --config | --passphrase-file | --new-passphrase-file | --backup-passphrase-file | --turn-password-file | --file | --audio-in | --audio-out | --record) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --suite) mapfile -t COMPREPLY < <(compgen -W "pq pq-falcon enhanced standard" -- "$current"); return ;;
    --transport) mapfile -t COMPREPLY < <(compgen -W "tcp udp" -- "$current"); return ;;
    --encryption) mapfile -t COMPREPLY < <(compgen -W "ratchet rsa none" -- "$current"); return ;;
    --level) mapfile -t COMPREPLY < <(compgen -W "quantum-resistant enhanced standard" -- "$current"); return ;;
    --minimum-level) mapfile -t COMPREPLY < <(compgen -W "QUANTUM_RESISTANT ENHANCED STANDARD" -- "$current"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W "json text" -- "$current"); return ;;
    --read-receipts | --typing | --voice-processing) mapfile -t COMPREPLY < <(compgen -W "on off" -- "$current"); return ;;
    --server | --fingerprint | --invite | --wait | --wait-delivered | --limit | --calls | --longest | --since | --before | --with | --conversation | --keep-days | --code | --stun | --turn | --turn-user) return ;;
  esac

  case $command in
    "") mapfile -t COMPREPLY < <(compgen -W "$commands $common $version" -- "$current"); return ;;
    register) options="--server --fingerprint --invite --suite --passphrase" ;;
    link) options="--server --fingerprint --passphrase" ;;
    devices) options="--no-history --all" ;;
    send) options="--file --no-preview --wait-delivered" ;;
    files) options="--limit" ;;
    save) options="--with --preview" ;;
    receive) options="--wait --follow --keep" ;;
    history) options="--limit --since --before" ;;
    search) options="--with --limit --since --before" ;;
    export) options="--format --since --before" ;;
    delete) options="--with --conversation" ;;
    backup | restore) options="--backup-passphrase-file" ;;
    reply | edit | unsend) options="--with" ;;
    react) options="--with --remove" ;;
    chat) options="--audio-in --audio-out --relay-only --voice-processing" ;;
    call) options="--audio-in --audio-out --relay-only --voice-processing --record" ;;
    answer) options="--auto --audio-in --audio-out --relay-only --voice-processing --record" ;;
    calls) options="--limit" ;;
    echo-service) options="--calls --longest" ;;
    settings) options="--read-receipts --typing --keep-days" ;;
    safety-number) options="--qr" ;;
    verify) options="--code --accept --undo" ;;
    passphrase) options="--new-passphrase-file" ;;
    identity) options="--suite --passphrase" ;;
    p2p) options="--nearby --nearby-name --connect --transport --encryption --level --server --fingerprint --stun --turn --turn-user --turn-password-file --no-relay --i-know-this-is-not-encrypted" ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options $common" -- "$current")
    return
  fi
  case $command in
    backup | restore) ((position == 0)) && mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    save) ((position == 1)) && mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    send | files | chat | call | history | export | disappear | safety-number | verify | accept | decline | block | unblock)
      # The names in the profile, unless opening it takes a question or a while.
      ((position == 0)) && mapfile -t COMPREPLY < <(compgen -W "$(
        timeout 1 pqc-chat "${profile[@]}" contacts --json </dev/null 2>/dev/null | sed -n 's/.*"peer":"\([a-z0-9._@-]*\)".*/\1/p'
      )" -- "$current")
      ;;
    devices) ((position == 0)) && mapfile -t COMPREPLY < <(compgen -W "list audio link revoke" -- "$current") ;;
    recording)
      if ((position == 0)); then mapfile -t COMPREPLY < <(compgen -W "export" -- "$current"); else mapfile -t COMPREPLY < <(compgen -f -- "$current"); fi
      ;;
    mute) ((position == 0)) && mapfile -t COMPREPLY < <(compgen -W "on off toggle" -- "$current") ;;
    passphrase) ((position == 0)) && mapfile -t COMPREPLY < <(compgen -W "change" -- "$current") ;;
    identity) ((position == 0)) && mapfile -t COMPREPLY < <(compgen -W "create show forget" -- "$current") ;;
    p2p) ((position == 0)) && mapfile -t COMPREPLY < <(compgen -W "listen connect ticket join rendezvous nearby endpoint" -- "$current") ;;
    keyring) ((position == 0)) && mapfile -t COMPREPLY < <(compgen -W "enable disable" -- "$current") ;;
  esac
}
complete -F _pqc_chat pqc-chat
