// SPDX-License-Identifier: AGPL-3.0-or-later
// The command line as a table: names, options, help. Everything that is printed about it (help,
// completion) is made from here.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace letopis::cli {

struct Option {
    std::string_view name;   // "--limit"
    std::string_view value;  // "N"; empty: a switch
    std::string_view help;
};

struct Command {
    std::string_view name;
    std::string_view arguments;  // "PATH…"
    std::string_view summary;
    std::vector<Option> options;
    int positional_min = 0;
    int positional_max = 0;    // -1: any number
    std::string_view details;  // paragraphs for `letopis help COMMAND`
    bool hidden = false;
};

std::span<const Command> commands();
std::span<const Option> global_options();
const Command* find_command(std::string_view name);

struct Arguments {
    const Command* command = nullptr;
    std::vector<std::string> positional;
    std::map<std::string, std::string, std::less<>> options;  // by name; "" for switches
    bool has(std::string_view name) const { return options.contains(name); }
    std::string get(std::string_view name, std::string_view otherwise = {}) const;
    // A whole number with limits, or an error that names the option.
    Result<std::uint64_t> number(std::string_view name,
                                 std::uint64_t otherwise,
                                 std::uint64_t most) const;
};

// Errors: invalid, with what is wrong and what would be right.
Result<Arguments> parse(std::span<const std::string> words);

std::string help();                              // the front page
std::string help(const Command& command);        // one command
std::string completion(std::string_view shell);  // "bash", "zsh", "fish"; empty for others

}  // namespace letopis::cli
