// SPDX-License-Identifier: AGPL-3.0-or-later
// How a file that somebody brings becomes items. A format is one folder (src/capture/<format>) and
// one registration line (capture/formats.cpp). Readers run in the sandboxed worker `letopis-parse
// read`, without keys and without the right to open files: they see one input (Source) and tell a
// Sink what they found. They stream: a reader holds at most one item (plus one buffer) in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/message.hpp"

namespace letopis::capture {

// Limits of docs/formats/limits.md; a larger thing is refused or cut as written there.
constexpr std::uint64_t item_bytes_max = std::uint64_t(256)
                                         << 20;  // a message stored; larger: refused with reason
constexpr std::size_t head_bytes = 64 * 1024;    // what recognition may look at

// The bytes of one input.
class Source {
public:
    virtual ~Source() = default;
    // Up to `size` bytes; 0 is the end. Errors: io.
    virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
    // Only where can_seek(); offsets are absolute.
    virtual bool can_seek() const = 0;
    virtual Result<void> seek(std::uint64_t offset) = 0;
    virtual std::optional<std::uint64_t> size() const = 0;
};

// What the items that follow have in common; becomes a source-context record of the journal, so
// everything that is needed to parse the raw bytes again must be in `facts`.
struct Context {
    std::string source;  // identity of the source where the input itself tells it
                         // ("telegram:user4242/777000111", "whatsapp:ООО Ромашка"); empty: the
                         // engine uses the file's own identity
    std::string title;  // for people: chat name, folder name
    model::Channel channel = model::Channel::other;
    std::string facts;  // a JSON object: dialect, chat header, owner, zone, date order, csv header,
                        // media base …
};

// One captured thing, as the books count it.
struct Item {
    std::string key;  // readable identity within the source ("5118"; for mail and WhatsApp empty:
                      // the engine makes it from the content)
    model::Dialect dialect = model::Dialect::mail;
    std::string raw;             // exact bytes; reading the same input again yields the same bytes
    std::uint64_t position = 0;  // byte offset in the input (or member) where it begins, for
                                 // messages to people and for resuming
    std::string member;          // path inside an archive; empty otherwise
    std::string folder;          // mail: folder ("Inbox", "Архив/2024"), decoded
    std::string flags;     // mail: Maildir flags "FRS", or mbox Status letters; empty otherwise
    std::string envelope;  // mbox: the From_ line without line end
    std::optional<Instant> received;  // when the source itself says when it was received (From_
                                      // line, Maildir file time)
    std::vector<std::string> files;   // chats: relative paths of media files that belong to it
};

// A file that the export carries beside its messages (chat media inside a ZIP). Its bytes come in
// pieces.
struct FileStart {
    std::string path;  // relative, '/'-separated, as the messages name it
    std::optional<std::uint64_t> size;
    std::optional<Instant> modified;
};

// Receives what a reader finds, in input order. Every function returns false when the reader should
// stop (the engine's wish or a dead pipe).
class Sink {
public:
    virtual ~Sink() = default;
    virtual bool context(Context context) = 0;  // begins a new context for the items that follow
    virtual bool item(Item item) = 0;
    virtual bool file_begin(FileStart file) = 0;
    virtual bool file_bytes(std::string_view bytes) = 0;
    virtual bool file_end(
        bool whole) = 0;  // whole = false: the archive was damaged inside this file
    // An entry that is seen and cannot be taken: over a limit, damaged container, a format that is
    // refused by name.
    virtual bool refuse(std::string item, std::string reason) = 0;
    virtual void progress(std::uint64_t bytes_read) = 0;
};

struct Options {
    std::string name;  // the input's file name, for recognition and chat titles
    std::string
        zone;  // time zone of local times ("Europe/Moscow", "+03:00"); empty: UTC and a mark
    std::string owner;  // who the exporting person is (telegram "user4242", or the WhatsApp name);
                        // empty: unknown
    std::string date_order;       // "dmy", "mdy", "ymd"; empty: decided from the file
    std::uint64_t resume_at = 0;  // readers that can begin at an item's position do so; others
                                  // ignore it (uniqueness makes that safe)
    int depth = 0;                // nesting of archives, limit 5
};

// How sure a format is that the input is its own.
enum class Match : std::uint8_t { no, maybe, yes };

struct Format {
    std::string_view name;         // "mbox", "telegram", "zip"
    std::string_view description;  // "mbox mailbox (all dialects)"
    // Looks only at the first head_bytes and the name. Pure.
    Match (*recognise)(std::string_view head, std::string_view file_name);
    // Reads everything. An error return means that the input as a whole cannot be read (its items
    // so far stand); damage of single items goes to sink.refuse or into the items themselves. Null
    // for formats that are refused by name.
    Result<void> (*read)(Source& source, const Options& options, Sink& sink);
    std::string_view
        refusal;  // for a null `read`: "Outlook message (.msg): not supported yet; save it as EML"
};

// All formats, the surest recognisers first.
std::span<const Format> formats();
// The first format that says yes, else the first that says maybe, else null.
const Format* recognise(std::string_view head, std::string_view file_name);

}  // namespace letopis::capture
