# fish completion of pqc-chat-server
set -l commands run fingerprint invite status backup
complete -c pqc-chat-server -f
complete -c pqc-chat-server -l help -d 'print help'

complete -c pqc-chat-server -n "not __fish_seen_subcommand_from $commands" -a run -d 'serve until stopped'
complete -c pqc-chat-server -n "not __fish_seen_subcommand_from $commands" -a fingerprint -d 'print the fingerprint that clients pin'
complete -c pqc-chat-server -n "not __fish_seen_subcommand_from $commands" -a invite -d 'make a token for one registration'
complete -c pqc-chat-server -n "not __fish_seen_subcommand_from $commands" -a status -d 'print what the server holds'
complete -c pqc-chat-server -n "not __fish_seen_subcommand_from $commands" -a backup -d 'write a consistent copy of the data'

complete -c pqc-chat-server -l data -x -a '(__fish_complete_directories)' -d 'the data folder'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from run' -l listen -x -d 'accept clients at address:port'
complete -c pqc-chat-server -l config -r -F -d 'read this configuration'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from run' -l name -x -d 'of the server in its accounts'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from run' -l invite-only -d 'new accounts need an invite'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from run' -l rendezvous -d 'let people meet by a code'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from run' -l metrics -x -d 'loopback port for /metrics'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from run' -l stun -x -d 'UDP and TCP port for STUN'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from run' -l log-level -x -a 'debug info warning error' -d 'lowest level logged'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from run' -l ready-fd -x -d 'descriptor that gets the address'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from invite' -l expires -x -d 'hours for which it is valid'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from invite' -l for -x -a echo -d 'a name that is kept'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from status' -l json -d 'one JSON object a line'
complete -c pqc-chat-server -n '__fish_seen_subcommand_from backup' -F
