# bash completion of pqc-chat-server
_pqc_chat_server() {
  local commands="run fingerprint invite status backup"
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command="" options="--data --config --help" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --data | --config | --listen | --name | --metrics | --stun | --log-level | --ready-fd | --expires) ((i++)) ;;
      -*) ;;
      *) [[ -n $command ]] || command=${COMP_WORDS[i]} ;;
    esac
  done

  case $previous in
    --data) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W "debug info warning error" -- "$current"); return ;;
    --listen | --name | --metrics | --stun | --ready-fd | --expires) return ;;
  esac
  case $command in
    "") mapfile -t COMPREPLY < <(compgen -W "$commands $options" -- "$current"); return ;;
    run) options+=" --listen --name --invite-only --rendezvous --metrics --stun --log-level --ready-fd" ;;
    invite) options+=" --expires --for" ;;
    status) options+=" --json" ;;
    backup) [[ $current == -* ]] || { mapfile -t COMPREPLY < <(compgen -f -- "$current"); return; } ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}
complete -F _pqc_chat_server pqc-chat-server
