# SPDX-License-Identifier: AGPL-3.0-or-later
# Sourced by ./run: the sample company's letters and chats, imported, searched and verified.

# Shows the command as a user would type it, then runs it.
try() {
    local word
    printf '\n$ letopis'
    for word in "$@"; do
        if [[ $word =~ ^[A-Za-z0-9_./=:-]+$ ]]; then printf ' %s' "$word"; else printf " '%s'" "$word"; fi
    done
    printf '\n'
    "$letopis" "$@"
}

# demo FRESH
demo() {
    letopis=$PWD/build/release/letopis
    archive=$PWD/demo-archive
    export LETOPIS_ARCHIVE=$archive
    [ "$1" = yes ] && rm -rf "$archive" "$archive.key"
    if [ ! -d "$archive" ]; then
        say "the demo archive: demo-archive, with its key file demo-archive.key beside it"
        try init || die "the demo archive could not be made"
        say "importing the sample: mail, Telegram, WhatsApp and a site chat of a small firm that makes windows"
    else
        say "the demo archive is there (./run --fresh makes it anew); importing the sample again adds nothing"
    fi
    import_sample
    say "three searches: an inflected Russian form, a sender with a word, a phrase"
    try search --limit 3 'договорами' || die "the search failed"
    try search --limit 3 'from:kuznetsova предоплата' || die "the search failed"
    try search --limit 3 '"oak windows"' || die "the search failed"
    say "is everything as it was stored?"
    try verify || die "verification found a fault"
    whats_next
}

import_sample() {
    local status=0
    try import --zone Europe/Moscow tests/sample/mail tests/sample/telegram tests/sample/whatsapp tests/sample/site-chat || status=$?
    # 1: some items were refused; they are listed, and the books still balance.
    [ $status -le 1 ] || die "the import failed; if the demo archive is from another version, ./run --fresh makes it anew"
}

whats_next() {
    cat <<'END'

What to try next:
  export LETOPIS_ARCHIVE="$PWD/demo-archive" PATH="$PWD/build/release:$PATH"
  letopis search 'заказчик'                    a word that stands only inside a PDF
  letopis search 'channel:telegram фурнитура'  only Telegram
  letopis books                                what was seen, stored, already there, refused
  letopis show ID                              one message of a search's list
  letopis proof ID                             its proof of inclusion
  letopis help                                 every command
Your own archive: README.md, "Your own mail".
END
}
