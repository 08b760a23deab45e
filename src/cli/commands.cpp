// SPDX-License-Identifier: AGPL-3.0-or-later
// The table of commands, which help and completion are made from as well.
#include "cli/arguments.hpp"

namespace letopis::cli {

namespace {

const std::vector<Option> globals = {
    {"--archive", "DIR", "the archive (or the variable LETOPIS_ARCHIVE)"},
    {"--key-file",
     "FILE",
     "the key file (or LETOPIS_KEY_FILE; without it DIR.key beside the archive is tried)"},
    {"--passphrase-file", "FILE", "a file whose first line is the passphrase"},
    {"--server",
     "URL",
     "a running server instead of an archive (or LETOPIS_SERVER); for search, show, import, books, "
     "user, role, token"},
    {"--token-file",
     "FILE",
     "a token of that server, in a file that nobody else may read (or LETOPIS_TOKEN)"},
    {"--fingerprint", "SHA256", "of a server with a certificate of its own"},
    {"--json", "", "print JSON, one document"},
    {"--quiet", "", "no progress"},
    {"--help", "", "help on a command"},
};

// The scope of a role, and when and why it is given.
const std::vector<Option> grant_options = {
    {"--everything", "", "scope of the role: all messages"},
    {"--clients", "LIST", "scope of the role: conversations with these addresses"},
    {"--employees", "LIST", "scope of the role: conversations of these addresses"},
    {"--teams", "LIST", "scope of the role: conversations of whoever is in these teams then"},
    {"--channels", "LIST", "scope of the role: email, telegram …"},
    {"--sources", "LIST", "scope of the role: sources as `books` names them"},
    {"--from", "DATE", "scope of the role: messages from then on"},
    {"--until", "DATE", "scope of the role: messages before then"},
    {"--expires", "DATE", "the role ends then; needs --reason"},
    {"--reason", "TEXT", "why; asks for approval where one is needed"},
    {"--approval", "ID", "what was approved is done now"}};

std::vector<Option> with_grant(std::vector<Option> own) {
    own.insert(own.end(), grant_options.begin(), grant_options.end());
    return own;
}

const std::vector<Command> table = {
    {"init",
     "",
     "create an archive",
     {{"--host", "NAME", "names the archive's two logs in proofs; visible to whoever gets a proof"},
      {"--disk-reserve",
       "BYTES",
       "refuse new messages below this much free space (default: 1 GiB or 2 % of the disk)"}},
     0,
     1,
     "Keys: --key-file FILE uses FILE, and makes it when it is not there. --passphrase-file FILE "
     "uses a passphrase. Without either a key\n"
     "file DIR.key is made beside the archive. The recovery sheet that is printed is the only "
     "other way in: print it and keep it apart."},
    {"recover",
     "SHEET",
     "give an archive a new key by its recovery sheet, typed into the file SHEET",
     {},
     1,
     1,
     "The new key is --key-file FILE (made when it is not there) or --passphrase-file FILE; the "
     "old "
     "one no longer opens the archive.\nLetter case, spaces and dashes do not matter; a mistyped "
     "group is named. - reads the sheet from the terminal."},
    {"import",
     "PATH…",
     "bring in mailboxes, mails and chat exports; what is there already adds nothing",
     {{"--source", "NAME", "identity of the source, when the file's own path should not be it"},
      {"--zone", "ZONE", "time zone of local times in chat exports: Europe/Moscow or +03:00"},
      {"--owner", "ID", "who exported the chat: user4242, or the name in a WhatsApp chat"},
      {"--date-order",
       "dmy|mdy|ymd",
       "how dates are written in a WhatsApp chat, when the file does not tell"},
      {"--no-documents", "", "do not read the text of attached documents"},
      {"--budget", "", "print where the time went, in µs a message and stage"}},
     1,
     -1,
     "Recognised by content: mbox (all dialects), Maildir, EML, ZIP and TAR of them, Telegram "
     "Desktop result.json, WhatsApp .txt and .zip,\n"
     "JSON lines and CSV (docs/formats/import-jsonl-csv.md). Ctrl-C is safe; the same command goes "
     "on where it stopped.\n"
     "A time limit, a full disk or a broken item costs nothing that was already taken: see "
     "`letopis books`."},
    {"search",
     "'QUERY'",
     "find messages",
     {{"--limit", "N", "how many hits (default 20, at most 1000)"},
      {"--order", "newest|relevance", "default: newest"},
      {"--facets", "", "also count by channel, sender, month and language"},
      {"--no-facets", "", "with --json: leave the facets out"},
      {"--cursor", "TEXT", "the next page: the cursor that the page before printed"}},
     1,
     1,
     "Words match in any inflected form. \"words in this order\"  =\"exactly as written\"  word*  "
     "-word  OR  ( )\n"
     "Fields: from: to: channel: tag: source: has:attachment filename: in:subject before: after: "
     "on: larger: lang: id:\n"
     "Example: letopis search 'договор поставки from:anna after:2024-01-01 -черновик'"},
    {"show",
     "ID…",
     "show a message, a conversation (c17) or a correspondent (an address)",
     {{"--raw", "", "the original bytes, exactly"},
      {"--part", "LOCATOR", "the decoded bytes of one attachment (its locator is in `show`)"},
      {"--text", "", "the text alone"}},
     1,
     -1,
     ""},
    {"verify",
     "",
     "check that everything that was stored is there and unchanged",
     {{"--deep", "", "also open every content and read every page of every file"},
      {"--head",
       "FILE",
       "compare with a signed head that was kept outside (a copy of log/archive-1/checkpoint)"}},
     0,
     0,
     "Exit code 0 only when all is well, 4 otherwise."},
    {"rebuild",
     "[catalog|search|ledger]",
     "make the projections again from the journal",
     {},
     0,
     1,
     "Without a name: all three. `rebuild ledger` also signs the journal as it is now where a "
     "signed "
     "head is missing or damaged;\n"
     "what was signed before can then be compared only with a head that was kept outside: `letopis "
     "verify --head FILE`."},
    {"books",
     "[SOURCE]",
     "the balance of every source: seen = stored + duplicates + refused + pending",
     {{"--refusals", "", "list what was refused, with reasons"}},
     0,
     1,
     ""},
    {"proof",
     "ID",
     "write the proof that a message stands in the log (C2SP tlog-proof)",
     {{"--out", "FILE", "write to FILE instead of the terminal"},
      {"--with-files",
       "DIR",
       "write proof, descriptor, original bytes and the log's public key into DIR, for "
       "tools/verify.py"}},
     1,
     1,
     ""},
    {"export",
     "'QUERY' OUT",
     "write messages out; an empty query is everything",
     {{"--as", "eml|mbox|jsonl", "the form (eml: a file each in the directory OUT)"}},
     2,
     2,
     "OUT is a new file or directory; - is the terminal (mbox, jsonl)."},
    {"tag",
     "+NAME|-NAME… ID…",
     "put tags on messages or take them off",
     {},
     2,
     -1,
     "Example: letopis tag +important -later 17 42"},
    {"user",
     "list|show|add|set|invite|reset|disable|enable [LOGIN] ['NAME']",
     "people who may come in through the page",
     with_grant(
         {{"--role", "ROLE", "add: with this role; set: it replaces the roles that were"},
          {"--email", "ADDRESS", "add, set"},
          {"--name", "NAME", "set"},
          {"--addresses", "LIST", "add, set: the own addresses, by which own clients are found"},
          {"--groups", "LIST", "add, set: teams, by name or id"}}),
     1,
     3,
     "`add` and `invite` print a link to join, good once and for 72 hours. `reset` is the same "
     "link "
     "for somebody who lost the\nsecond factor: the old one is gone once the link was used. Nobody "
     "is removed: `disable` ends sessions and rights at once.\nExample: letopis user add rita "
     "'Rita "
     "Orlova' --role reader --clients anna@client.example"},
    {"role",
     "list|give|take [LOGIN ROLE]",
     "what people may do and see",
     grant_options,
     1,
     3,
     "Everything that is named must fit. Raising rights needs a second person as soon as there is "
     "one who may approve.\nExample: letopis role give rita lawyer --everything --expires "
     "2026-12-31 --reason 'case 17'"},
    {"group",
     "list|add|rename|remove|join|leave|give|take [GROUP] …",
     "teams: what their members have in common",
     grant_options,
     1,
     -1,
     "group add 'NAME'   group rename GROUP 'NAME'   group remove GROUP\ngroup join|leave GROUP "
     "LOGIN…   group give|take GROUP ROLE"},
    {"token",
     "list|make|revoke [LOGIN 'NAME'|ID]",
     "secrets by which programs use the API",
     {{"--rights", "LIST", "make: what it may, among the rights of its owner: search,read"},
      {"--until", "DATE", "make: it ends then"},
      {"--reason", "TEXT", "why; asks for approval where one is needed"},
      {"--approval", "ID", "what was approved is done now"}},
     1,
     3,
     "`make` prints the secret once. A token sees what its owner sees."},
    {"own",
     "list|add|remove [DOMAIN|ADDRESS…]",
     "the company's own domains and addresses: whose side a message is on",
     {},
     1,
     -1,
     "A domain stands for its addresses and for the domains below it. The users' addresses and the "
     "owners of chat exports count\nanyway; until something is set, so do the domains of the "
     "users' "
     "e-mail addresses.\nExample: letopis own add firm.example sales@partner.example +79161234567"},
    {"doctor", "", "what is wrong with this installation or archive", {}, 0, 0, ""},
    {"serve",
     "",
     "the web page and the API; other commands go on working beside it",
     {{"--listen", "ADDRESS:PORT", "default: 127.0.0.1:8470"},
      {"--tls-cert", "FILE", "certificate chain (PEM); SIGHUP reads it again"},
      {"--tls-key", "FILE", "its private key (PEM)"},
      {"--tls-own", "", "make a certificate and print its fingerprint"},
      {"--proxy", "ADDRESS", "the proxy that encrypts and says who calls"},
      {"--proxy-protocol", "", "that proxy sends PROXY headers"},
      {"--web", "DIR", "the built page (default: beside the program)"},
      {"--sample", "DIR", "what the demo archive is made of"},
      {"--rate", "LIMITS", "requests a minute: search=600,read=3000,export=120; 0: no limit"},
      {"--log", "LEVEL", "error, warning or info (default; on a terminal: warning)"},
      {"--log-format", "json|text", "of the log on standard error (default json)"},
      {"--slow", "MS", "warn of requests that take longer (default 2000)"}},
     0,
     0,
     "Any address but this machine's own needs TLS or a proxy. Where there is no archive yet, the "
     "link that is printed sets one up."},
    {"unlock",
     "",
     "keep a passphrase archive open for a while, so that other commands need no passphrase",
     {{"--for", "TIME", "15m (default), 2h, 30s"},
      {"--foreground", "", "do not go into the background"}},
     0,
     0,
     ""},
    {"lock", "", "end `unlock`", {}, 0, 0, ""},
    {"bench-data",
     "OUT",
     "generate messages for load tests",
     {{"--messages", "N", "how many (default 100000)"},
      {"--kind", "short|mail", "chat messages as JSON lines, or an mbox (default short)"},
      {"--seed", "S", "same seed, same bytes (default 1)"}},
     1,
     1,
     ""},
    {"completion",
     "bash|zsh|fish",
     "print shell completion",
     {},
     1,
     1,
     "bash: source <(letopis completion bash)"},
    {"help", "[COMMAND]", "this text, or help on a command", {}, 0, 1, ""},
    {"version", "", "which version this is", {}, 0, 0, ""},
};

}  // namespace

std::span<const Command> commands() { return table; }
std::span<const Option> global_options() { return globals; }

}  // namespace letopis::cli
