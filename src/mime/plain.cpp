// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/plain.hpp"

#include <algorithm>

#include "mime/ascii.hpp"
#include "mime/transfer.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t uu_files_max = 100;

// The next line without its LF; `rest` moves behind it.
std::string_view next_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return line;
}

std::string_view without_cr(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

std::string normal_lines(std::string_view text) {
    if (text.find('\r') == text.npos && text.find('\0') == text.npos) return std::string(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\0') continue;
        if (c != '\r') {
            out.push_back(c);
            continue;
        }
        out.push_back('\n');
        if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
    return out;
}

std::string unflow(std::string_view text, bool delsp) {
    std::string out;
    out.reserve(text.size());
    std::size_t depth_before = 0;
    bool open = false;  // the last line was flowed
    while (!text.empty()) {
        auto line = next_line(text);
        const auto depth = std::min(line.find_first_not_of('>'), line.size());
        line.remove_prefix(depth);
        if (line.starts_with(' ')) line.remove_prefix(1);
        const bool joined = open && depth == depth_before && line != "-- ";
        if (open && !joined) out.push_back('\n');
        if (!joined && depth > 0) out.append(depth, '>').push_back(' ');
        open = line.ends_with(' ') && line != "-- ";
        if (open && delsp) line.remove_suffix(1);
        out.append(line);
        if (!open) out.push_back('\n');
        depth_before = depth;
    }
    return out;
}

std::string enriched_to_text(std::string_view text) {
    std::string out;
    int parameters = 0, verbatim = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '<') {
            if (i + 1 < text.size() && text[i + 1] == '<') {
                if (parameters == 0) out.push_back('<');
                ++i;
                continue;
            }
            const auto end = text.find('>', i);
            if (end == text.npos) break;
            const auto name = text.substr(i + 1, end - i - 1);
            if (equal_nocase(name, "param")) ++parameters;
            if (equal_nocase(name, "/param") && parameters > 0) --parameters;
            if (equal_nocase(name, "nofill")) ++verbatim;
            if (equal_nocase(name, "/nofill") && verbatim > 0) --verbatim;
            i = end;
            continue;
        }
        if (parameters > 0) continue;
        if (c != '\n' || verbatim > 0) {
            out.push_back(c);
            continue;
        }
        // A single line end is a space, n of them are n - 1 line ends.
        const auto stop = std::min(text.find_first_not_of('\n', i), text.size());
        if (stop - i == 1)
            out.push_back(' ');
        else
            out.append(stop - i - 1, '\n');
        i = stop - 1;
    }
    return out;
}

namespace {

// "begin 644 name" with three or four octal digits.
bool uu_begin(std::string_view line, std::string& name) {
    if (!line.starts_with("begin ")) return false;
    line = trim(line.substr(6));
    const auto mode = line.find_first_not_of("01234567");
    if ((mode != 3 && mode != 4) || line[mode] != ' ') return false;
    name = std::string(trim(line.substr(mode)));
    return !name.empty();
}

// The first letter says how many bytes follow; four letters make three of them.
bool uu_line(std::string_view line) {
    if (line.empty() || line[0] < ' ' || line[0] > '`') return false;
    const auto bytes = static_cast<std::size_t>((line[0] - ' ') & 0x3F);
    const auto letters = (bytes + 2) / 3 * 4;
    if (line.size() > letters + 3) return false;
    return std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '`'; });
}

}  // namespace

std::vector<UuFile> find_uuencoded(std::string_view text) {
    std::vector<UuFile> out;
    std::size_t at = 0;
    while (out.size() < uu_files_max) {
        at = text.starts_with("begin ") && at == 0 ? 0 : text.find("\nbegin ", at);
        if (at == text.npos) break;
        if (text[at] == '\n') ++at;
        std::string_view rest = text.substr(at);
        UuFile file;
        file.begin = at;
        if (!uu_begin(without_cr(next_line(rest)), file.name)) {
            at += 5;
            continue;
        }
        const auto lines_begin = text.size() - rest.size();
        std::size_t lines_end = lines_begin, lines = 0;
        bool ended = false;
        while (!rest.empty()) {
            const auto line = without_cr(next_line(rest));
            if (line == "end") {
                ended = true;
                break;
            }
            if (!uu_line(line)) break;
            ++lines;
            lines_end = text.size() - rest.size();
        }
        if (!ended || lines == 0) {
            at = std::max(lines_end, lines_begin) - 1;
            continue;
        }
        file.lines = text.substr(lines_begin, lines_end - lines_begin);
        file.end = text.size() - rest.size();
        out.push_back(file);
        at = file.end > 0 ? file.end - 1 : 0;
        if (at >= text.size()) break;
    }
    return out;
}

std::string decode_uu(std::string_view lines) {
    std::string out;
    while (!lines.empty()) {
        const auto line = without_cr(next_line(lines));
        if (line.empty()) continue;
        const auto size = static_cast<std::size_t>((line[0] - ' ') & 0x3F);
        std::string bytes;
        for (std::size_t i = 1; bytes.size() < size; i += 4) {
            unsigned group = 0;
            for (std::size_t k = 0; k < 4; ++k) {
                const char c = i + k < line.size() ? line[i + k] : ' ';
                group = group << 6 | static_cast<unsigned>((c - ' ') & 0x3F);
            }
            for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<char>(group >> shift));
        }
        out.append(bytes, 0, size);
    }
    return out;
}

namespace {

bool has_line(std::string_view text, std::string_view line) {
    for (std::size_t at = 0; (at = text.find(line, at)) != text.npos; at += line.size())
        if (at == 0 || text[at - 1] == '\n') return true;
    return false;
}

}  // namespace

Armor pgp_armor(std::string_view text) {
    if (text.find("-----BEGIN PGP") == text.npos) return Armor::none;
    if (has_line(text, "-----BEGIN PGP SIGNED MESSAGE-----")) return Armor::clear_signed;
    if (has_line(text, "-----BEGIN PGP MESSAGE-----")) return Armor::encrypted;
    if (has_line(text, "-----BEGIN PGP SIGNATURE-----")) return Armor::signature;
    return Armor::none;
}

std::string without_armor(std::string_view text) {
    enum class At { outside, headers, signed_text, signature };
    At at = At::outside;
    std::string out;
    while (!text.empty()) {
        auto line = next_line(text);
        if (at == At::outside && line == "-----BEGIN PGP SIGNED MESSAGE-----") {
            at = At::headers;
            continue;
        }
        if (at == At::headers) {
            if (line.empty()) at = At::signed_text;
            continue;
        }
        if (at == At::signed_text && line == "-----BEGIN PGP SIGNATURE-----") {
            at = At::signature;
            continue;
        }
        if (at == At::signature) {
            if (line == "-----END PGP SIGNATURE-----") at = At::outside;
            continue;
        }
        if (at == At::signed_text && line.starts_with("- ")) line.remove_prefix(2);
        out.append(line).push_back('\n');
    }
    return out;
}

}  // namespace letopis::mime
