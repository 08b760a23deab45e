// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/formats/refused.hpp"

#include <algorithm>
#include <array>

namespace letopis::capture {
namespace {

using namespace std::string_view_literals;

bool ends_with_icase(std::string_view name, std::string_view end) {
    if (name.size() < end.size()) return false;
    name.remove_prefix(name.size() - end.size());
    return std::equal(name.begin(), name.end(), end.begin(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> ends) {
    return std::any_of(
        ends.begin(), ends.end(), [&](std::string_view end) { return ends_with_icase(name, end); });
}

bool begins_with_any(std::string_view head, std::initializer_list<std::string_view> magics) {
    return std::any_of(magics.begin(), magics.end(), [&](std::string_view magic) {
        return head.starts_with(magic);
    });
}

bool has_at(std::string_view head, std::size_t offset, std::string_view magic) {
    return head.size() >= offset && head.substr(offset).starts_with(magic);
}

Match yes_if(bool condition) { return condition ? Match::yes : Match::no; }

bool ole(std::string_view head) { return head.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv); }

Match pst(std::string_view head, std::string_view) { return yes_if(head.starts_with("!BDN")); }

Match msg(std::string_view head, std::string_view name) {
    // The directory of an Outlook message has streams called "__substg1.0_…", in UTF-16.
    constexpr auto stream = "_\0_\0s\0u\0b\0s\0t\0g\0"sv;
    return yes_if(ole(head) &&
                  (ends_with_icase(name, ".msg") || head.find(stream) != std::string_view::npos));
}

Match office(std::string_view head, std::string_view name) {
    if (ole(head)) return Match::yes;
    if (head.starts_with("{\\rtf")) return Match::yes;
    if (!head.starts_with("PK\x03\x04")) return Match::no;
    const auto first = head.substr(0, 4096);
    const bool named = ends_with_any(
        name, {".docx", ".xlsx", ".pptx", ".docm", ".xlsm", ".odt", ".ods", ".odp", ".epub"});
    return yes_if(named || first.find("[Content_Types].xml") != std::string_view::npos ||
                  first.find("mimetypeapplication/") != std::string_view::npos);
}

Match program(std::string_view head, std::string_view name) {
    return yes_if(
        begins_with_any(head,
                        {"\x7f"
                         "ELF",
                         "MZ\x90"}) ||
        (head.starts_with("PK\x03\x04") && ends_with_any(name, {".jar", ".apk", ".xpi"})));
}

Match tnef(std::string_view head, std::string_view) {
    return yes_if(head.starts_with("\x78\x9f\x3e\x22"));
}
Match dbx(std::string_view head, std::string_view) {
    return yes_if(head.starts_with("\xcf\xad\x12\xfe"));
}
Match nsf(std::string_view head, std::string_view) {
    return yes_if(head.starts_with("\x1a\0\0\x04\0\0"sv));
}
Match uw_mbx(std::string_view head, std::string_view) {
    return yes_if(head.starts_with("*mbx*\r\n"));
}
Match emlx(std::string_view head, std::string_view name) {
    const auto line = head.substr(0, head.find('\n'));
    return yes_if(ends_with_icase(name, ".emlx") &&
                  line.find_first_not_of("0123456789 ") == std::string_view::npos);
}
Match mork(std::string_view head, std::string_view) {
    return yes_if(head.starts_with("// <!-- <mdb:mork:z"));
}
Match pdf(std::string_view head, std::string_view) { return yes_if(head.starts_with("%PDF-")); }

Match picture(std::string_view head, std::string_view) {
    return yes_if(begins_with_any(head,
                                  {"\xff\xd8\xff"sv,
                                   "\x89PNG\r\n"sv,
                                   "GIF8"sv,
                                   "II*\0"sv,
                                   "MM\0*"sv,
                                   "\0\0\1\0"sv,
                                   "8BPS"sv}) ||
                  (head.starts_with("RIFF") && has_at(head, 8, "WEBP")) ||
                  (head.starts_with("BM") && has_at(head, 6, "\0\0\0\0"sv)));
}

Match sound_or_film(std::string_view head, std::string_view) {
    return yes_if(begins_with_any(head, {"OggS", "ID3", "fLaC", "RIFF", "\x1a\x45\xdf\xa3"}) ||
                  has_at(head, 4, "ftyp"));
}

Match whatsapp_backup(std::string_view, std::string_view name) {
    return yes_if(name.find(".crypt1") != std::string_view::npos ||
                  name.find("msgstore.db") != std::string_view::npos);
}
Match sqlite(std::string_view head, std::string_view) {
    return yes_if(head.starts_with("SQLite format 3\0"sv));
}
Match other_archive(std::string_view head, std::string_view) {
    return yes_if(begins_with_any(head, {"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07"}));
}

std::string_view without_space(std::string_view head) {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    return head.substr(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
}

bool markup(std::string_view head) {
    return begins_with_any(
        without_space(head),
        {"<!DOCTYPE html", "<!doctype html", "<!DOCTYPE HTML", "<html", "<HTML", "<head", "<body"});
}

Match telegram_html(std::string_view head, std::string_view) {
    return yes_if(markup(head) &&
                  (head.find("class=\"page_wrap\"") != std::string_view::npos ||
                   head.find("<title>Exported Data</title>") != std::string_view::npos));
}
Match html(std::string_view head, std::string_view) { return yes_if(markup(head)); }
Match xml(std::string_view head, std::string_view) {
    return yes_if(without_space(head).starts_with("<?xml"));
}

Match mattermost(std::string_view head, std::string_view) {
    return yes_if(without_space(head).starts_with("{\"type\":\"version\""));
}
Match instagram(std::string_view head, std::string_view) {
    return yes_if(without_space(head).starts_with('{') &&
                  head.find("\"sender_name\"") != std::string_view::npos &&
                  head.find("\"timestamp_ms\"") != std::string_view::npos);
}
Match slack(std::string_view head, std::string_view) {
    return yes_if(without_space(head).starts_with('[') &&
                  head.find("\"ts\"") != std::string_view::npos &&
                  head.find("\"type\": \"message\"") != std::string_view::npos);
}
Match signal_backup(std::string_view, std::string_view name) {
    return yes_if(name.starts_with("signal-") && ends_with_icase(name, ".backup"));
}
// "[2019-12-24, 12:23] Jane: Hello". WhatsApp, where it writes brackets and the year first, writes
// seconds too.
Match signal_text(std::string_view head, std::string_view) {
    constexpr std::string_view pattern = "[dddd-dd-dd, dd:dd] ";
    const auto line = without_space(head);
    if (line.size() <= pattern.size()) return Match::no;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool digit = line[i] >= '0' && line[i] <= '9';
        if (pattern[i] == 'd' ? !digit : line[i] != pattern[i]) return Match::no;
    }
    return yes_if(line.substr(0, line.find('\n')).find(": ", pattern.size()) != line.npos);
}
Match contacts(std::string_view head, std::string_view) {
    return yes_if(begins_with_any(without_space(head), {"BEGIN:VCARD", "begin:vcard"}));
}
Match calendar(std::string_view head, std::string_view) {
    return yes_if(begins_with_any(without_space(head), {"BEGIN:VCALENDAR", "begin:vcalendar"}));
}

constexpr Format refused(std::string_view name,
                         std::string_view description,
                         Match (*recognise)(std::string_view, std::string_view),
                         std::string_view refusal) {
    return Format{name, description, recognise, nullptr, refusal};
}

constexpr std::array by_magic{
    refused("pst",
            "Outlook mailbox",
            pst,
            "an Outlook mailbox (PST/OST): not supported yet; convert it to mbox or EML first, for "
            "example with readpst"),
    refused("msg",
            "Outlook message",
            msg,
            "an Outlook message (.msg): not supported yet; save it as EML"),
    refused("office", "office document", office, "an office document: not a mailbox"),
    refused("program", "program", program, "a program: not a mailbox"),
    refused("tnef",
            "TNEF",
            tnef,
            "a winmail.dat (TNEF): not supported as a file; import the mail that it came with"),
    refused("dbx",
            "Outlook Express mailbox",
            dbx,
            "an Outlook Express mailbox (DBX): not supported; convert it to mbox or EML first"),
    refused("nsf",
            "Lotus Notes database",
            nsf,
            "a Lotus Notes database (NSF): not supported; export it as EML first"),
    refused("mbx",
            "UW-IMAP mailbox",
            uw_mbx,
            "a UW-IMAP mailbox (mbx): not supported; copy it to mbox format with mailutil first"),
    refused("emlx",
            "Apple Mail message",
            emlx,
            "an Apple Mail message (.emlx): not supported yet; export the mailbox as mbox"),
    refused("mork", "index of a mail program", mork, "an index of a mail program: holds no mail"),
    refused("pdf", "PDF document", pdf, "a PDF document: not a mailbox"),
    refused("picture", "picture", picture, "a picture: not a mailbox"),
    refused("media", "sound or film", sound_or_film, "a sound or film recording: not a mailbox"),
    refused("whatsapp-backup",
            "WhatsApp backup",
            whatsapp_backup,
            "a backup of WhatsApp: not supported; export the chat as text from the phone instead"),
    refused("sqlite", "SQLite database", sqlite, "an SQLite database: not a mailbox"),
    refused("7z", "7-Zip or RAR archive", other_archive, "a 7-Zip or RAR archive: unpack it first"),
};

constexpr std::array by_content{
    refused("telegram-html",
            "Telegram export as HTML",
            telegram_html,
            "a Telegram export in HTML: export again and choose \"Machine-readable JSON\""),
    refused(
        "mattermost", "Mattermost export", mattermost, "a Mattermost export: not supported yet"),
    refused("instagram",
            "Instagram or Facebook export",
            instagram,
            "an Instagram or Facebook export: not supported yet"),
    refused("slack", "Slack export", slack, "a Slack export: not supported yet"),
    refused("signal", "Signal backup", signal_backup, "a Signal backup: not supported yet"),
    refused("signal-text", "Signal chat as text", signal_text, "a Signal chat: not supported yet"),
    refused("vcard", "address book", contacts, "an address book (vCard): not a mailbox"),
    refused("icalendar", "calendar", calendar, "a calendar (iCalendar): not a mailbox"),
    refused("html", "HTML page", html, "an HTML page: not a mailbox"),
    refused("xml", "XML document", xml, "an XML document: not a mailbox"),
};

}  // namespace

std::span<const Format> refused_by_magic() { return by_magic; }
std::span<const Format> refused_by_content() { return by_content; }

}  // namespace letopis::capture
