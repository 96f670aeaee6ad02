# fish completion of pqc-chat
set -l commands register send receive chat history search export delete backup restore reply react edit unsend disappear contacts safety-number verify requests accept decline block unblock settings whoami doctor lock unlock passphrase keyring audit
complete -c pqc-chat -f
complete -c pqc-chat -l profile -r -a '(__fish_complete_directories)' -d 'use this profile'
complete -c pqc-chat -l config -r -F -d 'read this configuration'
complete -c pqc-chat -l passphrase-file -r -F -d 'that holds the passphrase'
complete -c pqc-chat -l minimum-level -x -a 'QUANTUM_RESISTANT ENHANCED STANDARD' -d 'accept this or better from now on'
complete -c pqc-chat -l json -d 'one JSON object a line'
complete -c pqc-chat -l help -d 'print help'
complete -c pqc-chat -l version -d 'print the version'

complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a register -d 'make keys and an account'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a send -d 'send a message'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a receive -d 'print the messages that came in'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a chat -d 'write and read interactively'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a history -d 'print the last messages of a conversation'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a contacts -d 'list the contacts'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a safety-number -d 'print the number to compare with a contact'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a verify -d 'mark a contact as verified'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a search -d 'print the messages that have these words'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a export -d 'write a conversation to a file'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a delete -d 'erase a message or a conversation here'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a backup -d 'write history and contacts to a file under a passphrase'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a restore -d 'add what is in a backup to this profile'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a reply -d 'answer a message'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a react -d 'react to a message'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a edit -d 'change one of your messages'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a unsend -d 'take one of your messages back'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a disappear -d 'let messages disappear after they were read'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a requests -d 'list the strangers who wrote to you'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a accept -d 'make a contact of a stranger'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a decline -d 'erase what a stranger wrote'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a block -d 'send nothing to somebody, and drop what comes'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a unblock -d 'end that'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a settings -d 'print or change what is told to others, and kept'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a whoami -d 'print account, device and server'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a doctor -d 'check server, certificate, clock, profile and key agent'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a lock -d 'let the key agent forget the keys'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a unlock -d 'unlock the keys'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a passphrase -d 'change the passphrase of the keys'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a keyring -d 'let the keyring unlock the keys, or not'
complete -c pqc-chat -n "not __fish_seen_subcommand_from $commands" -a audit -d 'print the security log'

complete -c pqc-chat -n '__fish_seen_subcommand_from register' -l server -x -a '(__fish_print_hostnames)' -d 'host or host:port'
complete -c pqc-chat -n '__fish_seen_subcommand_from register' -l fingerprint -x -d 'of the server'
complete -c pqc-chat -n '__fish_seen_subcommand_from register' -l invite -x -d 'token of the server'
complete -c pqc-chat -n '__fish_seen_subcommand_from register' -l suite -x -a 'pq pq-falcon enhanced standard' -d 'of the keys'
complete -c pqc-chat -n '__fish_seen_subcommand_from register' -l passphrase -d 'open the keys with a passphrase'
complete -c pqc-chat -n '__fish_seen_subcommand_from send' -l wait-delivered -x -d 'seconds to wait until the peer confirmed it'
complete -c pqc-chat -n '__fish_seen_subcommand_from receive' -l wait -x -d 'seconds to wait for a message'
complete -c pqc-chat -n '__fish_seen_subcommand_from receive' -l follow -d 'until interrupted'
complete -c pqc-chat -n '__fish_seen_subcommand_from receive' -l keep -d 'print nothing, for the next receive'
complete -c pqc-chat -n '__fish_seen_subcommand_from safety-number' -l qr -d 'as a QR code too'
complete -c pqc-chat -n '__fish_seen_subcommand_from passphrase' -l new-passphrase-file -r -F -d 'that holds the new one'
complete -c pqc-chat -n '__fish_seen_subcommand_from passphrase' -a change
complete -c pqc-chat -n '__fish_seen_subcommand_from keyring' -a 'enable disable'
complete -c pqc-chat -n '__fish_seen_subcommand_from verify' -l code -x -d 'digits that the peer sees'
complete -c pqc-chat -n '__fish_seen_subcommand_from history search' -l limit -x -d 'so many messages'
complete -c pqc-chat -n '__fish_seen_subcommand_from history search export' -l since -x -d 'from this time on'
complete -c pqc-chat -n '__fish_seen_subcommand_from history search export' -l before -x -d 'up to this time'
complete -c pqc-chat -n '__fish_seen_subcommand_from search delete reply react edit unsend' -l with -x -a '(__pqc_chat_peers)' -d 'of this conversation'
complete -c pqc-chat -n '__fish_seen_subcommand_from export' -l format -x -a 'json text' -d 'of the file'
complete -c pqc-chat -n '__fish_seen_subcommand_from export backup restore' -F
complete -c pqc-chat -n '__fish_seen_subcommand_from backup restore' -l backup-passphrase-file -r -F -d 'that holds its passphrase'
complete -c pqc-chat -n '__fish_seen_subcommand_from delete' -l conversation -x -a '(__pqc_chat_peers)' -d 'all messages with'
complete -c pqc-chat -n '__fish_seen_subcommand_from react' -l remove -d 'take it back'
complete -c pqc-chat -n '__fish_seen_subcommand_from settings' -l read-receipts -x -a 'on off' -d 'tell what was read'
complete -c pqc-chat -n '__fish_seen_subcommand_from settings' -l typing -x -a 'on off' -d 'tell that you write'
complete -c pqc-chat -n '__fish_seen_subcommand_from settings' -l keep-days -x -d 'erase after so many'
complete -c pqc-chat -n '__fish_seen_subcommand_from disappear' -a '30s 10m 12h 7d 4w off'
complete -c pqc-chat -n '__fish_seen_subcommand_from verify' -l accept -d 'changed keys'
complete -c pqc-chat -n '__fish_seen_subcommand_from verify' -l undo -d 'take the mark away'

# The names in the profile, unless opening it takes a question or a while.
function __pqc_chat_peers
    set -l words (commandline -opc)
    set -l profile
    if set -l at (contains -i -- --profile $words)
        set profile --profile $words[(math $at + 1)]
    end
    timeout 1 pqc-chat $profile contacts --json </dev/null 2>/dev/null | string match -rg '"peer":"([a-z0-9._@-]*)"'
end
complete -c pqc-chat -n '__fish_seen_subcommand_from send chat history export disappear safety-number verify accept decline block unblock' -a '(__pqc_chat_peers)' -d contact
