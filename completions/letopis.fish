# made by `letopis completion fish`
complete -c letopis -n __fish_use_subcommand -a init -d "create an archive"
complete -c letopis -n '__fish_seen_subcommand_from init' -l host -r
complete -c letopis -n '__fish_seen_subcommand_from init' -l disk-reserve -r
complete -c letopis -n __fish_use_subcommand -a recover -d "give an archive a new key by its recovery sheet, typed into the file SHEET"
complete -c letopis -n __fish_use_subcommand -a import -d "bring in mailboxes, mails and chat exports; what is there already adds nothing"
complete -c letopis -n '__fish_seen_subcommand_from import' -l source -r
complete -c letopis -n '__fish_seen_subcommand_from import' -l zone -r
complete -c letopis -n '__fish_seen_subcommand_from import' -l owner -r
complete -c letopis -n '__fish_seen_subcommand_from import' -l date-order -r
complete -c letopis -n '__fish_seen_subcommand_from import' -l no-documents
complete -c letopis -n '__fish_seen_subcommand_from import' -l budget
complete -c letopis -n __fish_use_subcommand -a search -d "find messages"
complete -c letopis -n '__fish_seen_subcommand_from search' -l limit -r
complete -c letopis -n '__fish_seen_subcommand_from search' -l order -r
complete -c letopis -n '__fish_seen_subcommand_from search' -l facets
complete -c letopis -n '__fish_seen_subcommand_from search' -l no-facets
complete -c letopis -n '__fish_seen_subcommand_from search' -l cursor -r
complete -c letopis -n __fish_use_subcommand -a show -d "show a message, a conversation (c17) or a correspondent (an address)"
complete -c letopis -n '__fish_seen_subcommand_from show' -l raw
complete -c letopis -n '__fish_seen_subcommand_from show' -l part -r
complete -c letopis -n '__fish_seen_subcommand_from show' -l text
complete -c letopis -n __fish_use_subcommand -a verify -d "check that everything that was stored is there and unchanged"
complete -c letopis -n '__fish_seen_subcommand_from verify' -l deep
complete -c letopis -n '__fish_seen_subcommand_from verify' -l head -r
complete -c letopis -n __fish_use_subcommand -a rebuild -d "make the projections again from the journal"
complete -c letopis -n __fish_use_subcommand -a books -d "the balance of every source: seen = stored + duplicates + refused + pending"
complete -c letopis -n '__fish_seen_subcommand_from books' -l refusals
complete -c letopis -n __fish_use_subcommand -a proof -d "write the proof that a message stands in the log (C2SP tlog-proof)"
complete -c letopis -n '__fish_seen_subcommand_from proof' -l out -r
complete -c letopis -n '__fish_seen_subcommand_from proof' -l with-files -r
complete -c letopis -n __fish_use_subcommand -a export -d "write messages out; an empty query is everything"
complete -c letopis -n '__fish_seen_subcommand_from export' -l as -r
complete -c letopis -n __fish_use_subcommand -a tag -d "put tags on messages or take them off"
complete -c letopis -n __fish_use_subcommand -a user -d "people who may come in through the page"
complete -c letopis -n '__fish_seen_subcommand_from user' -l role -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l email -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l name -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l addresses -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l groups -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l everything
complete -c letopis -n '__fish_seen_subcommand_from user' -l clients -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l employees -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l teams -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l channels -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l sources -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l from -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l until -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l expires -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l reason -r
complete -c letopis -n '__fish_seen_subcommand_from user' -l approval -r
complete -c letopis -n __fish_use_subcommand -a role -d "what people may do and see"
complete -c letopis -n '__fish_seen_subcommand_from role' -l everything
complete -c letopis -n '__fish_seen_subcommand_from role' -l clients -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l employees -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l teams -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l channels -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l sources -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l from -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l until -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l expires -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l reason -r
complete -c letopis -n '__fish_seen_subcommand_from role' -l approval -r
complete -c letopis -n __fish_use_subcommand -a group -d "teams: what their members have in common"
complete -c letopis -n '__fish_seen_subcommand_from group' -l everything
complete -c letopis -n '__fish_seen_subcommand_from group' -l clients -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l employees -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l teams -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l channels -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l sources -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l from -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l until -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l expires -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l reason -r
complete -c letopis -n '__fish_seen_subcommand_from group' -l approval -r
complete -c letopis -n __fish_use_subcommand -a token -d "secrets by which programs use the API"
complete -c letopis -n '__fish_seen_subcommand_from token' -l rights -r
complete -c letopis -n '__fish_seen_subcommand_from token' -l until -r
complete -c letopis -n '__fish_seen_subcommand_from token' -l reason -r
complete -c letopis -n '__fish_seen_subcommand_from token' -l approval -r
complete -c letopis -n __fish_use_subcommand -a own -d "the company's own domains and addresses: whose side a message is on"
complete -c letopis -n __fish_use_subcommand -a doctor -d "what is wrong with this installation or archive"
complete -c letopis -n __fish_use_subcommand -a serve -d "the web page and the API; other commands go on working beside it"
complete -c letopis -n '__fish_seen_subcommand_from serve' -l listen -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l tls-cert -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l tls-key -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l tls-own
complete -c letopis -n '__fish_seen_subcommand_from serve' -l proxy -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l proxy-protocol
complete -c letopis -n '__fish_seen_subcommand_from serve' -l web -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l sample -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l rate -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l log -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l log-format -r
complete -c letopis -n '__fish_seen_subcommand_from serve' -l slow -r
complete -c letopis -n __fish_use_subcommand -a unlock -d "keep a passphrase archive open for a while, so that other commands need no passphrase"
complete -c letopis -n '__fish_seen_subcommand_from unlock' -l for -r
complete -c letopis -n '__fish_seen_subcommand_from unlock' -l foreground
complete -c letopis -n __fish_use_subcommand -a lock -d "end `unlock`"
complete -c letopis -n __fish_use_subcommand -a bench-data -d "generate messages for load tests"
complete -c letopis -n '__fish_seen_subcommand_from bench-data' -l messages -r
complete -c letopis -n '__fish_seen_subcommand_from bench-data' -l kind -r
complete -c letopis -n '__fish_seen_subcommand_from bench-data' -l seed -r
complete -c letopis -n __fish_use_subcommand -a completion -d "print shell completion"
complete -c letopis -n __fish_use_subcommand -a help -d "this text, or help on a command"
complete -c letopis -n __fish_use_subcommand -a version -d "which version this is"
complete -c letopis -l archive -r
complete -c letopis -l key-file -r
complete -c letopis -l passphrase-file -r
complete -c letopis -l server -r
complete -c letopis -l token-file -r
complete -c letopis -l fingerprint -r
complete -c letopis -l json
complete -c letopis -l quiet
complete -c letopis -l help
