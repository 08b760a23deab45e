// SPDX-License-Identifier: AGPL-3.0-or-later
// The key file of docs/formats/keyring.md.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "crypto/key_text_internal.hpp"
#include "crypto/keyring.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

constexpr std::string_view key_file_start = "letopis-key-1:";
constexpr std::size_t key_file_bytes_max = 4096;

std::string key_file_check(std::string_view digits) {
    auto covered = std::string(key_file_start).append(digits);
    auto check = hex(sha256(covered)).substr(0, 8);
    wipe(covered);
    return check;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// systemd shows a credential as group-readable when it grants the service's user by an ACL; the
// directory above it is closed to everybody else.
bool is_systemd_credential(const Path& file) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    return directory != nullptr && *directory != '\0' && file.parent_path() == Path(directory);
}

}  // namespace

std::string key_file_text(const Key& key) {
    auto digits = hex(key.bytes());
    auto text = std::string(key_file_start) + digits + ":" + key_file_check(digits) + "\n";
    wipe(digits);
    return text;
}

Result<Key> parse_key_file(std::string_view text) {
    auto line = lower(trimmed(text.substr(0, key_file_bytes_max)));
    const std::string_view view = line;
    constexpr auto digits_at = key_file_start.size();
    constexpr auto check_at = digits_at + 2 * key_bytes + 1;
    const auto wrong_form = [&] {
        wipe(line);
        return fail(Errc::invalid,
                    "this is not a key file",
                    "A key file has one line that begins with " + std::string(key_file_start) +
                        " and was made by Letopis.");
    };
    if (text.size() > key_file_bytes_max || view.size() != check_at + 8 ||
        !view.starts_with(key_file_start) || view[check_at - 1] != ':')
        return wrong_form();
    const auto digits = view.substr(digits_at, 2 * key_bytes);
    auto secret = unhex(digits);
    if (!secret) return wrong_form();
    if (key_file_check(digits) != view.substr(check_at)) {
        wipe(line);
        wipe(*secret);
        return fail(Errc::corrupt,
                    "the key file is damaged: its checksum does not fit",
                    "Restore the file from its copy, or use the recovery sheet.");
    }
    auto key = Key::from(*secret);
    wipe(line);
    wipe(*secret);
    return key;
}

Result<Key> read_key_file(const Path& file) {
    const auto problem = [&](std::string_view doing) {
        return tl::unexpected<Error>(
            system_error("cannot " + std::string(doing) + " " + file.string(), errno));
    };
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return problem("open the key file");
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return problem("read the key file");
    if (!S_ISREG(status.st_mode) || status.st_size > static_cast<off_t>(key_file_bytes_max))
        return fail(Errc::invalid, file.string() + " is not a key file");
    if ((status.st_mode & 077) != 0 && !is_systemd_credential(file))
        return fail(Errc::forbidden,
                    "the key file " + file.string() + " may be read by other users",
                    "Run: chmod 600 '" + file.string() + "'");
    TRY(auto text, read_exactly(fd.get(), static_cast<std::size_t>(status.st_size)));
    auto key = parse_key_file(text);
    wipe(text);
    if (!key) return within(file.string(), std::move(key).error());
    return key;
}

Result<void> create_key_file(const Path& file) {
    const Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd && errno == EEXIST)
        return fail(Errc::conflict,
                    file.string() + " is already there and is not overwritten",
                    "It may be the key of another archive: choose another name.");
    if (!fd)
        return tl::unexpected<Error>(
            system_error("cannot create the key file " + file.string(), errno));
    auto text = key_file_text(Key::random());
    auto written = write_all(fd.get(), text);
    wipe(text);
    if (written && ::fchmod(fd.get(), 0600) == 0 && ::fsync(fd.get()) == 0)
        return sync_directory(file.parent_path());
    const int why = errno;
    ::unlink(file.c_str());
    if (!written) return within(file.string(), std::move(written).error());
    return tl::unexpected<Error>(system_error("cannot sync " + file.string(), why));
}

}  // namespace letopis::crypto
