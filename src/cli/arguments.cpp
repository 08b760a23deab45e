// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

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
     "user, token"},
    {"--token-file",
     "FILE",
     "a token of that server, in a file that nobody else may read (or LETOPIS_TOKEN)"},
    {"--fingerprint", "SHA256", "of a server with a certificate of its own"},
    {"--json", "", "print JSON, one document"},
    {"--quiet", "", "no progress"},
    {"--help", "", "help on a command"},
};

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
     {{"--role", "ROLE", "add: with this role, and the scope that `role give` takes"},
      {"--email", "ADDRESS", "add, set"},
      {"--name", "NAME", "set"},
      {"--addresses", "LIST", "add, set: the own addresses, by which own clients are found"},
      {"--groups", "LIST", "add: teams, by name or id"},
      {"--everything", "", "scope of the role: all messages"},
      {"--clients", "LIST", "scope of the role: conversations with these addresses"},
      {"--employees", "LIST", "scope of the role: conversations of these addresses"},
      {"--channels", "LIST", "scope of the role: email, telegram …"},
      {"--sources", "LIST", "scope of the role: sources as `books` names them"},
      {"--from", "DATE", "scope of the role: messages from then on"},
      {"--until", "DATE", "scope of the role: messages before then"},
      {"--expires", "DATE", "the role ends then; needs --reason"},
      {"--reason", "TEXT", "why; asks for approval where one is needed"},
      {"--approval", "ID", "what was approved is done now"}},
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
     {{"--everything", "", "scope: all messages"},
      {"--clients", "LIST", "scope: conversations with these addresses"},
      {"--employees", "LIST", "scope: conversations of these addresses"},
      {"--channels", "LIST", "scope: email, telegram …"},
      {"--sources", "LIST", "scope: sources as `books` names them"},
      {"--from", "DATE", "scope: messages from then on"},
      {"--until", "DATE", "scope: messages before then"},
      {"--expires", "DATE", "the role ends then; needs --reason"},
      {"--reason", "TEXT", "why; asks for approval where one is needed"},
      {"--approval", "ID", "what was approved is done now"}},
     1,
     3,
     "Everything that is named must fit. Raising rights needs a second person as soon as there is "
     "one who may approve.\nExample: letopis role give rita lawyer --everything --expires "
     "2026-12-31 --reason 'case 17'"},
    {"group",
     "list|add|rename|remove|join|leave|give|take [GROUP] …",
     "teams: what their members have in common",
     {{"--everything", "", "scope: all messages"},
      {"--clients", "LIST", "scope: conversations with these addresses"},
      {"--employees", "LIST", "scope: conversations of these addresses"},
      {"--channels", "LIST", "scope: email, telegram …"},
      {"--sources", "LIST", "scope: sources as `books` names them"},
      {"--from", "DATE", "scope: messages from then on"},
      {"--until", "DATE", "scope: messages before then"},
      {"--expires", "DATE", "the role ends then; needs --reason"},
      {"--reason", "TEXT", "why; asks for approval where one is needed"},
      {"--approval", "ID", "what was approved is done now"}},
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

// Small edit distance, to offer what was probably meant.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto above = row[j];
            row[j] =
                std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

template <class Range>
std::string nearest(std::string_view word, const Range& names) {
    std::string_view best;
    std::size_t least = 3;
    for (const std::string_view name : names) {
        if (const auto d = distance(word, name); d < least) {
            least = d;
            best = name;
        }
    }
    return best.empty() ? std::string() : fmt::format("Did you mean {}?", best);
}

const Option* find_option(const Command* command, std::string_view name) {
    const auto in = [&](const std::vector<Option>& options) -> const Option* {
        const auto found = std::ranges::find(options, name, &Option::name);
        return found == options.end() ? nullptr : &*found;
    };
    if (const auto* found = in(globals)) return found;
    return command == nullptr ? nullptr : in(command->options);
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(std::string text, std::size_t width) {
    const auto have = columns_of(text);
    return have < width ? text + std::string(width - have, ' ') : text + " ";
}

std::string option_lines(std::span<const Option> options) {
    std::string text;
    for (const auto& option : options)
        text += "  " +
                padded(option.value.empty() ? std::string(option.name)
                                            : fmt::format("{} {}", option.name, option.value),
                       26) +
                std::string(option.help) + "\n";
    return text;
}

}  // namespace

std::span<const Command> commands() { return table; }
std::span<const Option> global_options() { return globals; }

const Command* find_command(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Command::name);
    return found == table.end() ? nullptr : &*found;
}

std::string Arguments::get(std::string_view name, std::string_view otherwise) const {
    const auto found = options.find(name);
    return found == options.end() ? std::string(otherwise) : found->second;
}

Result<std::uint64_t> Arguments::number(std::string_view name,
                                        std::uint64_t otherwise,
                                        std::uint64_t most) const {
    const auto found = options.find(name);
    if (found == options.end()) return otherwise;
    std::uint64_t value = 0;
    const auto& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > most)
        return fail(Errc::invalid,
                    fmt::format("{} takes a whole number up to {}, not '{}'", name, most, text));
    return value;
}

Result<Arguments> parse(std::span<const std::string> words) {
    Arguments arguments;
    std::vector<std::pair<std::string, std::string>> early;
    bool options_end = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string word = words[i];
        // `-h` is help everywhere; a tag named h comes off with `tag -- -h`.
        const bool tag_off = word != "-h" && arguments.command != nullptr &&
                             arguments.command->name == "tag" && word.size() > 1 &&
                             word[0] == '-' && word[1] != '-';
        if (!options_end && word == "--") {
            options_end = true;
            continue;
        }
        if (word == "-h") word = "--help";
        if (options_end || word.size() < 2 || word[0] != '-' || tag_off ||
            (arguments.command != nullptr && word[1] != '-')) {
            if (arguments.command == nullptr) {
                arguments.command = find_command(word);
                if (arguments.command == nullptr) {
                    std::vector<std::string_view> names;
                    for (const auto& command : table) names.push_back(command.name);
                    const auto hint = nearest(word, names);
                    return fail(Errc::invalid,
                                fmt::format("there is no command '{}'", word),
                                hint.empty() ? "`letopis help` lists the commands." : hint);
                }
            } else {
                arguments.positional.push_back(word);
            }
            continue;
        }
        std::string value;
        bool has_value = false;
        if (const auto equals = word.find('='); equals != std::string::npos) {
            value = word.substr(equals + 1);
            word.resize(equals);
            has_value = true;
        }
        const auto* option = find_option(arguments.command, word);
        if (option == nullptr) {
            std::vector<std::string_view> names;
            for (const auto& known : globals) names.push_back(known.name);
            if (arguments.command != nullptr)
                for (const auto& known : arguments.command->options) names.push_back(known.name);
            return fail(Errc::invalid,
                        fmt::format("there is no option {}{}",
                                    word,
                                    arguments.command == nullptr
                                        ? " before the command"
                                        : fmt::format(" of `{}`", arguments.command->name)),
                        nearest(word, names));
        }
        if (option->value.empty() && has_value)
            return fail(Errc::invalid, fmt::format("{} takes no value", word));
        if (!option->value.empty() && !has_value) {
            if (i + 1 == words.size())
                return fail(Errc::invalid,
                            fmt::format("{} needs a value: {} {}", word, word, option->value));
            value = words[++i];
        }
        arguments.options.insert_or_assign(word, value);
    }
    if (arguments.command == nullptr) {
        arguments.command = find_command("help");
        return arguments;
    }
    if (arguments.has("--help")) {
        arguments.positional = {std::string(arguments.command->name)};
        arguments.command = find_command("help");
        return arguments;
    }
    const auto count = static_cast<int>(arguments.positional.size());
    const auto& command = *arguments.command;
    if (count < command.positional_min ||
        (command.positional_max >= 0 && count > command.positional_max))
        return fail(Errc::invalid,
                    fmt::format("usage: letopis {} {}", command.name, command.arguments),
                    fmt::format("`letopis help {}` says more.", command.name));
    return arguments;
}

std::string help() {
    std::string text =
        "Letopis: an archive of a company's correspondence with its clients.\n\n"
        "usage: letopis [--archive DIR] COMMAND …\n\n"
        "Begin with:\n"
        "  letopis init --archive DIR          makes an archive and prints its recovery sheet\n"
        "  letopis import --archive DIR PATH   a mailbox, a folder of mail, a chat export\n"
        "  letopis search --archive DIR 'договор поставки'\n\nCommands:\n";
    for (const auto& command : table)
        if (!command.hidden)
            text += "  " + padded(fmt::format("{} {}", command.name, command.arguments), 34) +
                    std::string(command.summary) + "\n";
    text += "\nOptions of every command:\n" + option_lines(globals);
    text +=
        "\nExit codes: 0 done, 1 some items refused (and listed), 2 usage, 3 archive unusable, 4 "
        "verification found a fault.\n";
    return text;
}

std::string help(const Command& command) {
    auto text = fmt::format(
        "usage: letopis {} {}\n  {}\n", command.name, command.arguments, command.summary);
    if (!command.options.empty()) text += "\nOptions:\n" + option_lines(command.options);
    if (!command.details.empty()) text += fmt::format("\n{}\n", command.details);
    return text;
}

std::string completion(std::string_view shell) {
    std::string names;
    for (const auto& command : table)
        names += fmt::format("{}{}", names.empty() ? "" : " ", command.name);
    const auto options_of = [](const Command& command) {
        std::string text;
        for (const auto& option : command.options) text += fmt::format("{} ", option.name);
        for (const auto& option : globals) text += fmt::format("{} ", option.name);
        text.pop_back();
        return text;
    };
    if (shell == "bash") {
        auto text = fmt::format(
            "# bash completion of letopis; made by `letopis completion bash`\n_letopis() {{\n  "
            "local cur=${{COMP_WORDS[COMP_CWORD]}} word command=\n"
            "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do case $word in {}) "
            "command=$word; break;; esac; done\n  case $command in\n",
            [&] {
                auto pattern = names;
                std::ranges::replace(pattern, ' ', '|');
                return pattern;
            }());
        for (const auto& command : table)
            text += fmt::format(
                "    {}) [[ $cur == -* ]] && COMPREPLY=($(compgen -W '{}' -- \"$cur\")) || "
                "COMPREPLY=($(compgen -f -- \"$cur\"));;\n",
                command.name,
                options_of(command));
        return text + fmt::format(
                          "    *) COMPREPLY=($(compgen -W '{} --archive --key-file "
                          "--passphrase-file --json' -- \"$cur\"));;\n  esac\n}}\ncomplete -o "
                          "filenames -F _letopis letopis\n",
                          names);
    }
    if (shell == "zsh") {
        std::string text =
            "#compdef letopis\n# made by `letopis completion zsh`\n_letopis() {\n  local -a "
            "commands=(\n";
        for (const auto& command : table)
            text += fmt::format("    '{}:{}'\n", command.name, command.summary);
        text +=
            "  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n  case "
            "$words[2] in\n";
        for (const auto& command : table)
            text += fmt::format("    {}) [[ $PREFIX == -* ]] && compadd -- {} || _files;;\n",
                                command.name,
                                options_of(command));
        return text + "  esac\n}\n_letopis \"$@\"\n";
    }
    if (shell == "fish") {
        std::string text = "# made by `letopis completion fish`\n";
        for (const auto& command : table) {
            text += fmt::format("complete -c letopis -n __fish_use_subcommand -a {} -d \"{}\"\n",
                                command.name,
                                command.summary);
            for (const auto& option : command.options)
                text +=
                    fmt::format("complete -c letopis -n '__fish_seen_subcommand_from {}' -l {}{}\n",
                                command.name,
                                option.name.substr(2),
                                option.value.empty() ? "" : " -r");
        }
        for (const auto& option : globals)
            text += fmt::format("complete -c letopis -l {}{}\n",
                                option.name.substr(2),
                                option.value.empty() ? "" : " -r");
        return text;
    }
    return {};
}

}  // namespace letopis::cli
