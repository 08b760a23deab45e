// SPDX-License-Identifier: AGPL-3.0-or-later
// From a PATH that somebody gave to the inputs under it, without parsing anything: which files are
// to be read, which belong to a Maildir (folder, flags), which are media of a chat export. Runs in
// the `letopis` command itself, so it opens no file except a Maildir's dovecot-keywords.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "capture/files.hpp"

namespace letopis::capture {

struct Input {
    Path path;
    // "file": give it to the reading worker. "maildir_message": a mail, nothing to recognise.
    // "media": a file of the chat export `belongs_to`; an item names it, or nobody does.
    std::string kind;
    std::string folder;  // of the mail, decoded, '/' between levels ("INBOX", "Архив/2024")
    std::string flags;   // Maildir flags, letters only ("FRS"); empty otherwise
    std::string unique;  // Maildir: the part of the name that never changes
    std::string source_root;    // the Maildir, or the directory of the chat, or the file itself
    std::string relative;       // path below the PATH that was given; the file's name for a file
    std::string forced_format;  // "eml" for Maildir messages; empty: to be recognised
    std::vector<std::string> keywords;  // Maildir flags a-z by their names in dovecot-keywords
    std::string mark;                   // "tmp": undelivered for over 36 hours; otherwise empty
    std::string belongs_to;             // media: path of the chat's input
    std::optional<Instant> modified;
    std::uint64_t size = 0;
};

struct Walked {
    std::uint64_t inputs = 0;          // given to `each`, media included
    std::uint64_t refused = 0;         // given to `refuse`
    std::uint64_t administrative = 0;  // index and state files of mail programs, silently left out
    std::uint64_t in_delivery = 0;     // in a Maildir's tmp/ and younger than 36 hours
};

// Calls `each` for every input in a fixed order (names by bytes; a chat before its media) until it
// returns false (error: cancelled), and `refuse(item, reason)` for what cannot be taken: empty and
// special files, symbolic links below PATH, what the operating system does not let us read. A
// symbolic link given as PATH itself is followed. Errors: not_found, forbidden (PATH itself).
Result<Walked> walk(const Path& path,
                    const std::function<bool(Input)>& each,
                    const std::function<void(std::string item, std::string reason)>& refuse,
                    Instant now = SystemClock().now(),
                    const Files& files = disk_files());

// Parts of a Maildir message's file name; shared with the archive reader. False when the name
// cannot be one (it begins with a dot).
struct MaildirName {
    std::string unique;
    std::string flags;
};
std::optional<MaildirName> maildir_name(std::string_view file_name);
// ".A.B" in modified UTF-7 -> "A/B"; what is not valid stays as it is.
std::string maildir_folder(std::string_view directory_name);
// dovecot-keywords -> names by letter ('a' is the first).
std::vector<std::string> dovecot_keywords(std::string_view file);
// Names for the letters a-z in flags.
std::vector<std::string> keywords_of(std::string_view flags, const std::vector<std::string>& names);
// State and index files that mail programs and operating systems keep beside mail.
bool administrative(std::string_view file_name);
// "_chat.txt", "Чат WhatsApp с Иван.txt", "WhatsApp Chat with Ivan.txt".
bool whatsapp_text_name(std::string_view file_name);
// Folders of a Telegram export that hold media: "photos", "files", "chats" …
bool telegram_media_folder(std::string_view name);
// A name that says mail or messages (".mbox", ".eml"): an input even beside a chat.
bool mail_container_name(std::string_view file_name);

}  // namespace letopis::capture
