# bash completion of letopis; made by `letopis completion bash`
_letopis() {
  local cur=${COMP_WORDS[COMP_CWORD]} word command=
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do case $word in init|recover|import|search|show|verify|rebuild|books|proof|export|tag|user|role|group|token|own|doctor|serve|unlock|lock|bench-data|completion|help|version) command=$word; break;; esac; done
  case $command in
    init) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--host --disk-reserve --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    recover) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    import) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--source --zone --owner --date-order --no-documents --budget --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    search) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--limit --order --facets --no-facets --cursor --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    show) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--raw --part --text --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    verify) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--deep --head --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    rebuild) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    books) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--refusals --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    proof) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--out --with-files --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    export) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--as --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    tag) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    user) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--role --email --name --addresses --groups --everything --clients --employees --teams --channels --sources --from --until --expires --reason --approval --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    role) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--everything --clients --employees --teams --channels --sources --from --until --expires --reason --approval --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    group) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--everything --clients --employees --teams --channels --sources --from --until --expires --reason --approval --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    token) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--rights --until --reason --approval --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    own) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    doctor) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    serve) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--listen --tls-cert --tls-key --tls-own --proxy --proxy-protocol --web --sample --rate --log --log-format --slow --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    unlock) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--for --foreground --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    lock) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    bench-data) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--messages --kind --seed --archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    completion) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    help) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    version) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '--archive --key-file --passphrase-file --server --token-file --fingerprint --json --quiet --help' -- "$cur")) || COMPREPLY=($(compgen -f -- "$cur"));;
    *) COMPREPLY=($(compgen -W 'init recover import search show verify rebuild books proof export tag user role group token own doctor serve unlock lock bench-data completion help version --archive --key-file --passphrase-file --json' -- "$cur"));;
  esac
}
complete -o filenames -F _letopis letopis
