// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/reasons.hpp"

#include <array>
#include <optional>

namespace letopis::capture {
namespace {

// tests/reasons_test.py finds here every text that the readers and the import refuse with.
constexpr std::array table = std::to_array<KnownReason>({
    {"empty", "empty file"},
    {"nothing_to_import", "nothing to import: no mail, chat export or archive in it"},
    {"no_message", "there is no message in it"},
    {"unknown_format", "not a known format"},
    {"too_large", "larger than the limit of {} MiB"},
    {"too_large", "larger than {} MiB ({} bytes)"},
    {"too_large", "larger than {} MiB; everything up to {} is left out"},
    {"too_large", "larger than {} MiB; left out"},
    {"too_large", "larger than {} MiB"},
    {"file_too_large", "the file is too large"},
    {"encrypted", "encrypted"},

    {"permission", "permission denied"},
    {"gone", "there is no such file or directory"},
    {"gone", "gone while the directory was read"},
    {"unreadable", "cannot read the file: {}"},
    {"unreadable", "cannot be read: {}"},
    {"unreadable", "cannot read the input: {}"},
    {"unreadable", "cannot read the input"},
    {"link_nowhere", "a symbolic link that leads nowhere"},
    {"link_outside", "a symbolic link to outside the given directory: not followed"},
    {"link", "a symbolic link: its target is read under its own name"},
    {"link_or_special", "a link or special file: not followed"},
    {"special", "a named pipe, not a file"},
    {"special", "a socket, not a file"},
    {"special", "a device, not a file"},
    {"two_names", "two files are called {}"},
    {"file_and_folder", "{} is a file and a folder"},

    {"reader_time", "the reader stopped: reader stopped: time limit"},
    {"reader_time", "the reader stopped: reader stopped: CPU limit"},
    {"reader_stopped", "the reader stopped: {}"},
    {"reader_nonsense", "the reader said something that cannot be read"},
    {"reader_memory", "the input needs more memory than is allowed"},

    {"archive_file_damaged", "the archive is damaged inside this file; its beginning was kept"},
    {"archive_damaged", "the archive is damaged: {}"},
    {"archive_damaged", "damaged or packed in an unknown way: {}"},
    {"archive_ratio", "the archive unpacks to more than {} times its size"},
    {"archive_members", "the archive has more than {} members"},
    {"archive_depth", "archives nested more than {} deep"},
    {"archive_order", "a member of an archive is read from its beginning"},
    {"archive_memory", "no memory to open an archive"},
    {"media_without_chat", "a media file without its chat"},

    {"mbox_text_before", "text before the first From_ line"},
    {"mbox_no_from", "there is no From_ line: not an mbox"},
    {"not_seekable", "this input cannot be read from another place"},
    {"telegram_no_json", "no JSON object in the input"},
    {"telegram_cut", "the file ends before its brackets are closed; what follows is missing"},
    {"telegram_cut", "the file ends inside a chat; what follows is missing"},
    {"telegram_not_object", "not a message: the entry is not an object"},
    {"telegram_unclosed",
     "it does not close before the end of the file; everything up to {} is left out"},
    {"telegram_broken", "broken JSON; everything up to {} is left out"},
    {"telegram_damage", "too much damage to go on"},
    {"whatsapp_no_line", "no line of this file begins like a WhatsApp message"},
    {"table_no_header", "the table has no header row"},
    {"table_no_header", "The first row must name the columns: docs/formats/import-jsonl-csv.md."},
    {"zone_unknown", "there is no time zone {}"},
    {"zone_unknown", "time zone {} is not known here"},
    {"zone_unknown", "not the name of a time zone"},
    {"zone_damaged", "the description of time zone {} is damaged"},

    {"is_pst",
     "an Outlook mailbox (PST/OST): not supported yet; convert it to mbox or EML first, for "
     "example with readpst"},
    {"is_msg", "an Outlook message (.msg): not supported yet; save it as EML"},
    {"is_office", "an office document: not a mailbox"},
    {"is_program", "a program: not a mailbox"},
    {"is_tnef", "a winmail.dat (TNEF): not supported as a file; import the mail that it came with"},
    {"is_dbx", "an Outlook Express mailbox (DBX): not supported; convert it to mbox or EML first"},
    {"is_nsf", "a Lotus Notes database (NSF): not supported; export it as EML first"},
    {"is_mbx",
     "a UW-IMAP mailbox (mbx): not supported; copy it to mbox format with mailutil first"},
    {"is_emlx", "an Apple Mail message (.emlx): not supported yet; export the mailbox as mbox"},
    {"is_mork", "an index of a mail program: holds no mail"},
    {"is_pdf", "a PDF document: not a mailbox"},
    {"is_picture", "a picture: not a mailbox"},
    {"is_media", "a sound or film recording: not a mailbox"},
    {"is_whatsapp_backup",
     "a backup of WhatsApp: not supported; export the chat as text from the phone instead"},
    {"is_sqlite", "an SQLite database: not a mailbox"},
    {"is_7z", "a 7-Zip or RAR archive: unpack it first"},
    {"is_telegram_html",
     "a Telegram export in HTML: export again and choose \"Machine-readable JSON\""},
    {"is_mattermost", "a Mattermost export: not supported yet"},
    {"is_instagram", "an Instagram or Facebook export: not supported yet"},
    {"is_slack", "a Slack export: not supported yet"},
    {"is_signal", "a Signal backup: not supported yet"},
    {"is_signal", "a Signal chat: not supported yet"},
    {"is_vcard", "an address book (vCard): not a mailbox"},
    {"is_icalendar", "a calendar (iCalendar): not a mailbox"},
    {"is_html", "an HTML page: not a mailbox"},
    {"is_xml", "an XML document: not a mailbox"},
});

std::optional<std::vector<std::string>> fits(std::string_view text, std::string_view pattern) {
    constexpr std::string_view hole = "{}";
    std::vector<std::string> values;
    for (;;) {
        const auto at = pattern.find(hole);
        const auto before = pattern.substr(0, at);
        if (!text.starts_with(before)) return std::nullopt;
        text.remove_prefix(before.size());
        if (at == pattern.npos) return text.empty() ? std::optional(values) : std::nullopt;
        pattern.remove_prefix(at + hole.size());
        const auto after = pattern.substr(0, pattern.find(hole));
        const auto end = after.empty() ? text.size() : text.find(after, 1);
        if (text.empty() || end == text.npos) return std::nullopt;
        values.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

}  // namespace

std::span<const KnownReason> known_reasons() { return table; }

Reason reason_of(std::string_view text) {
    for (const auto& known : table)
        if (auto values = fits(text, known.text)) return {known.code, std::move(*values)};
    return {};
}

}  // namespace letopis::capture
