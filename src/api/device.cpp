// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/device.hpp"

#include <algorithm>
#include <utility>

namespace letopis::api {

namespace {

constexpr std::size_t read_max = 300;
using Known = std::pair<std::string_view, std::string_view>;  // what stands there, its name

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Whoever builds on another's engine names it as well, so the most particular comes first.
constexpr Known browsers[] = {{"Edg/", "Edge"},
                              {"EdgA/", "Edge"},
                              {"EdgiOS/", "Edge"},
                              {"OPR/", "Opera"},
                              {"YaBrowser/", "Yandex Browser"},
                              {"Vivaldi/", "Vivaldi"},
                              {"SamsungBrowser/", "Samsung Internet"},
                              {"FxiOS/", "Firefox"},
                              {"Firefox/", "Firefox"},
                              {"CriOS/", "Chrome"},
                              {"Chromium/", "Chromium"},
                              {"Chrome/", "Chrome"},
                              {"Version/", "Safari"}};
constexpr Known systems[] = {{"iPhone", "iPhone"},
                             {"iPad", "iPad"},
                             {"Android", "Android"},
                             {"Windows", "Windows"},
                             {"CrOS", "ChromeOS"},
                             {"Mac OS X", "macOS"},
                             {"Macintosh", "macOS"},
                             {"Linux", "Linux"}};

// The first number of a version, behind a space; empty where there is none.
std::string number_at(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const auto size = static_cast<std::size_t>(end - text.begin());
    return size == 0 || size > 5 ? std::string() : " " + std::string(text.substr(0, size));
}

// A program's own name: "curl/8.5.0".
std::string first_product(std::string_view agent) {
    const auto slash = agent.find('/');
    const auto name = agent.substr(0, slash == std::string_view::npos ? agent.size() : slash);
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
    if (name.empty() || name.size() > 30 || !plain || !is_letter(name[0]) || name == "Mozilla")
        return {};
    return std::string(name) +
           (slash == std::string_view::npos ? "" : number_at(agent.substr(slash + 1)));
}

}  // namespace

Device device_of(std::string_view agent) {
    agent = agent.substr(0, read_max);
    Device device;
    for (const auto& [mark, name] : browsers) {
        const auto at = agent.find(mark);
        if (at == std::string_view::npos) continue;
        device.browser = std::string(name) + number_at(agent.substr(at + mark.size()));
        break;
    }
    if (device.browser.empty()) device.browser = first_product(agent);
    for (const auto& [mark, name] : systems)
        if (agent.find(mark) != std::string_view::npos) {
            device.system = name;
            break;
        }
    return device;
}

}  // namespace letopis::api
