// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace letopis::cli {

namespace {

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
    const auto in = [&](std::span<const Option> options) -> const Option* {
        const auto found = std::ranges::find(options, name, &Option::name);
        return found == options.end() ? nullptr : &*found;
    };
    if (const auto* found = in(global_options())) return found;
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

const Command* find_command(std::string_view name) {
    const auto found = std::ranges::find(commands(), name, &Command::name);
    return found == commands().end() ? nullptr : &*found;
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
                    for (const auto& command : commands()) names.push_back(command.name);
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
            for (const auto& known : global_options()) names.push_back(known.name);
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
    for (const auto& command : commands())
        if (!command.hidden)
            text += "  " + padded(fmt::format("{} {}", command.name, command.arguments), 34) +
                    std::string(command.summary) + "\n";
    text += "\nOptions of every command:\n" + option_lines(global_options());
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
    for (const auto& command : commands())
        names += fmt::format("{}{}", names.empty() ? "" : " ", command.name);
    const auto options_of = [](const Command& command) {
        std::string text;
        for (const auto& option : command.options) text += fmt::format("{} ", option.name);
        for (const auto& option : global_options()) text += fmt::format("{} ", option.name);
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
        for (const auto& command : commands())
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
        for (const auto& command : commands())
            text += fmt::format("    '{}:{}'\n", command.name, command.summary);
        text +=
            "  )\n  if (( CURRENT == 2 )); then _describe command commands; return; fi\n  case "
            "$words[2] in\n";
        for (const auto& command : commands())
            text += fmt::format("    {}) [[ $PREFIX == -* ]] && compadd -- {} || _files;;\n",
                                command.name,
                                options_of(command));
        return text + "  esac\n}\n_letopis \"$@\"\n";
    }
    if (shell == "fish") {
        std::string text = "# made by `letopis completion fish`\n";
        for (const auto& command : commands()) {
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
        for (const auto& option : global_options())
            text += fmt::format("complete -c letopis -l {}{}\n",
                                option.name.substr(2),
                                option.value.empty() ? "" : " -r");
        return text;
    }
    return {};
}

}  // namespace letopis::cli
