# SPDX-License-Identifier: AGPL-3.0-or-later
# bash completion for letopis
_letopis() {
    local current=${COMP_WORDS[COMP_CWORD]} previous='' command='' word skip=no
    ((COMP_CWORD > 0)) && previous=${COMP_WORDS[COMP_CWORD - 1]}
    local commands="init import search show verify rebuild books proof export tag doctor unlock lock bench-data completion help"
    local global="--archive --key-file --passphrase-file --json"
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [ $skip = yes ]; then skip=no; continue; fi
        case $word in
            --archive | --key-file | --passphrase-file) skip=yes ;;
            -*) ;;
            *) command=$word; break ;;
        esac
    done
    case $previous in
        --archive) compopt -o dirnames; return ;;
        --key-file | --passphrase-file | --out) compopt -o default; return ;;
        --order) mapfile -t COMPREPLY < <(compgen -W "newest relevance" -- "$current"); return ;;
        --as) mapfile -t COMPREPLY < <(compgen -W "eml mbox jsonl" -- "$current"); return ;;
        --date-order) mapfile -t COMPREPLY < <(compgen -W "dmy mdy ymd" -- "$current"); return ;;
        --kind) mapfile -t COMPREPLY < <(compgen -W "short mail" -- "$current"); return ;;
    esac
    local words=''
    case $command in
        '') words="$commands $global" ;;
        init) words="--key-file --passphrase-file" ;;
        import) words="--source --zone --owner --date-order"; [[ $current == -* ]] || compopt -o default ;;
        search) words="--limit --order --facets --json" ;;
        show) words="--raw --json --part" ;;
        verify) words="--deep --json" ;;
        rebuild) words="catalog search ledger" ;;
        proof) words="--out" ;;
        export) words="--as"; [[ $current == -* ]] || compopt -o default ;;
        unlock) words="--for" ;;
        bench-data) words="--messages --kind --seed"; [[ $current == -* ]] || compopt -o default ;;
        completion) words="bash zsh fish" ;;
        help) words=$commands ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _letopis letopis
