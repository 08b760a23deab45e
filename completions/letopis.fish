# SPDX-License-Identifier: AGPL-3.0-or-later
# fish completion for letopis
set -l commands init import search show verify rebuild books proof export tag doctor unlock lock bench-data completion help
complete -c letopis -f
complete -c letopis -l archive -d 'The archive' -xa '(__fish_complete_directories)'
complete -c letopis -l key-file -d 'Key file' -rF
complete -c letopis -l passphrase-file -d 'File with the passphrase' -rF
complete -c letopis -l json -d 'Print JSON'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a init -d 'Make an archive'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a import -d 'Take in files and folders'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a search -d 'Find messages'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a show -d 'Show one message'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a verify -d 'Check that everything is as it was stored'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a rebuild -d 'Make projections anew from the journal'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a books -d 'The balance of every source'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a proof -d 'The proof that a message is in the archive'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a export -d 'Write what a query finds'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a tag -d 'Put a tag on messages or take it off'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a doctor -d 'What is wrong with this installation'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a unlock -d 'Keep a passphrase archive open'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a lock -d 'End that'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a bench-data -d 'Generate messages for measurements'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a completion -d 'Print a completion script'
complete -c letopis -n "not __fish_seen_subcommand_from $commands" -a help -d 'Every command'
complete -c letopis -n '__fish_seen_subcommand_from import' -F
complete -c letopis -n '__fish_seen_subcommand_from import' -l source -x -d 'Count under this source'
complete -c letopis -n '__fish_seen_subcommand_from import' -l zone -x -d 'Zone of local times'
complete -c letopis -n '__fish_seen_subcommand_from import' -l owner -x -d 'Who exported the chat'
complete -c letopis -n '__fish_seen_subcommand_from import' -l date-order -xa 'dmy mdy ymd' -d 'Order of dates'
complete -c letopis -n '__fish_seen_subcommand_from search' -l limit -x -d 'At most'
complete -c letopis -n '__fish_seen_subcommand_from search' -l order -xa 'newest relevance' -d 'Order'
complete -c letopis -n '__fish_seen_subcommand_from search' -l facets -d 'Also counts'
complete -c letopis -n '__fish_seen_subcommand_from show' -l raw -d 'The bytes as they came'
complete -c letopis -n '__fish_seen_subcommand_from show' -l part -x -d 'One attachment'
complete -c letopis -n '__fish_seen_subcommand_from verify' -l deep -d 'Read every byte'
complete -c letopis -n '__fish_seen_subcommand_from rebuild' -a 'catalog search ledger'
complete -c letopis -n '__fish_seen_subcommand_from proof' -l out -rF -d 'Write here'
complete -c letopis -n '__fish_seen_subcommand_from export' -l as -xa 'eml mbox jsonl' -d 'Form'
complete -c letopis -n '__fish_seen_subcommand_from export' -F
complete -c letopis -n '__fish_seen_subcommand_from unlock' -l for -xa '15m 1h 8h' -d 'How long'
complete -c letopis -n '__fish_seen_subcommand_from bench-data' -l messages -x
complete -c letopis -n '__fish_seen_subcommand_from bench-data' -l kind -xa 'short mail'
complete -c letopis -n '__fish_seen_subcommand_from bench-data' -l seed -x
complete -c letopis -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
complete -c letopis -n '__fish_seen_subcommand_from help' -a "$commands"
