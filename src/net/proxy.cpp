// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/proxy.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace letopis::net {

namespace {

using Parsed = Result<std::optional<ProxyHeader>>;

constexpr std::string_view signature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view signature1 = "PROXY ";
constexpr std::size_t line_max = 107;      // with its CRLF
constexpr std::size_t line_min = 15;       // "PROXY UNKNOWN\r\n"
constexpr std::size_t fixed2 = 16;         // signature, version, family, length
constexpr std::size_t length2_max = 4096;  // addresses and TLVs; we need a few of them

auto refuse(const char* why) {
    return fail(Errc::invalid, std::string("the PROXY header is refused: ") + why);
}

std::uint16_t big16(std::string_view bytes) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                      static_cast<unsigned char>(bytes[1]));
}

std::string address_text(int family, const void* bytes) {
    char text[INET6_ADDRSTRLEN];
    inet_ntop(family, bytes, text, sizeof text);
    return text;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool leading_zero = text.size() > 1 && text[0] == '0';
    if (text.empty() || leading_zero || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return port;
}

std::string_view word(std::string_view& line) {
    const auto space = line.find(' ');
    const auto part = line.substr(0, space);
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
    return part;
}

Parsed parse_line(std::string_view bytes) {
    const auto end = bytes.substr(0, line_max).find("\r\n");
    if (end == std::string_view::npos) {
        if (bytes.size() >= line_max) return refuse("the line is too long");
        return std::optional<ProxyHeader>();
    }
    ProxyHeader header{.size = end + 2};
    auto line = bytes.substr(signature1.size(), end - signature1.size());
    const auto kind = word(line);
    if (kind == "UNKNOWN") return header;  // the rest of the line must be ignored
    if (kind != "TCP4" && kind != "TCP6") return refuse("neither TCP4 nor TCP6");
    const int family = kind == "TCP4" ? AF_INET : AF_INET6;
    unsigned char source[16];
    unsigned char destination[16];
    const std::string from(word(line));
    const std::string to(word(line));
    const auto from_port = port_of(word(line));
    if (inet_pton(family, from.c_str(), source) != 1 ||
        inet_pton(family, to.c_str(), destination) != 1)
        return refuse("an address is none");
    if (!from_port || !port_of(line)) return refuse("a port is none");
    header.address = address_text(family, source);
    header.port = *from_port;
    return header;
}

// Type-length-values to the end of the header; the one about TLS says whether it was used.
std::optional<bool> secure_of(std::string_view values) {
    bool secure = false;
    while (!values.empty()) {
        if (values.size() < 3 || values.size() - 3 < big16(values.substr(1))) return std::nullopt;
        const std::size_t size = big16(values.substr(1));
        constexpr char type_ssl = 0x20;
        constexpr int client_ssl = 0x01;
        if (values[0] == type_ssl) {
            if (size < 5) return std::nullopt;
            secure = (values[3] & client_ssl) != 0;
        }
        values.remove_prefix(3 + size);
    }
    return secure;
}

Parsed parse_binary(std::string_view bytes) {
    if (bytes.size() < fixed2) return std::optional<ProxyHeader>();
    const auto command = static_cast<unsigned char>(bytes[12]);
    const auto family = static_cast<unsigned char>(bytes[13]);
    const std::size_t length = big16(bytes.substr(14));
    if (command != 0x20 && command != 0x21) return refuse("an unknown version or command");
    if (length > length2_max) return refuse("it is too long");
    if (bytes.size() < fixed2 + length) return std::optional<ProxyHeader>();
    ProxyHeader header{.size = fixed2 + length};
    if (command == 0x20 || family == 0x00) return header;  // LOCAL, or UNSPEC
    if (family != 0x11 && family != 0x21) return refuse("neither TCP over IPv4 nor over IPv6");
    const std::size_t address = family == 0x11 ? 4 : 16;
    const auto body = bytes.substr(fixed2, length);
    if (body.size() < 2 * address + 4) return refuse("the addresses are cut off");
    header.address = address_text(family == 0x11 ? AF_INET : AF_INET6, body.data());
    header.port = big16(body.substr(2 * address));
    const auto secure = secure_of(body.substr(2 * address + 4));
    if (!secure) return refuse("its values do not fit");
    header.secure = *secure;
    return header;
}

bool may_begin(std::string_view bytes, std::string_view signature) {
    const auto size = std::min(bytes.size(), signature.size());
    return bytes.substr(0, size) == signature.substr(0, size);
}

}  // namespace

Parsed parse_proxy_header(std::string_view bytes) {
    if (bytes.empty()) return std::optional<ProxyHeader>();
    if (may_begin(bytes, signature1)) return parse_line(bytes);
    if (may_begin(bytes, signature2)) return parse_binary(bytes);
    return refuse("there is none");
}

std::size_t proxy_header_missing(std::string_view bytes) {
    if (bytes.size() < signature2.size()) return signature2.size() - bytes.size();
    if (bytes.starts_with(signature2)) {
        if (bytes.size() < fixed2) return fixed2 - bytes.size();
        return fixed2 + big16(bytes.substr(14)) - bytes.size();
    }
    return bytes.size() < line_min ? line_min - bytes.size() : 1;
}

}  // namespace letopis::net
