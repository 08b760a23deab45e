// SPDX-License-Identifier: AGPL-3.0-or-later
// make_leaked_passwords LIST.json OUT.cpp
#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <vector>

#include "leaked_passwords.hpp"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    std::ifstream in(argv[1], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::vector<std::uint64_t> hashes;
    const auto list = boost::json::parse(text);
    for (const auto& word : list.as_array())
        hashes.push_back(letopis::leaked_password_hash(std::string_view(word.as_string())));
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    if (hashes.size() < 10'000) return 1;

    std::ofstream out(argv[2], std::ios::binary);
    out << "#include \"leaked_passwords.hpp\"\nnamespace {\nconstexpr std::uint64_t hashes[] = {\n";
    for (const auto hash : hashes) out << hash << "u,\n";
    out << "};\n}\nnamespace letopis {\n"
           "std::span<const std::uint64_t> leaked_password_hashes() { return hashes; }\n}\n";
    out.close();
    return out ? 0 : 1;
}
