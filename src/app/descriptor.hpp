// SPDX-License-Identifier: AGPL-3.0-or-later
// The JSON descriptors of records, written and read in one place. Fields:
// docs/formats/descriptors.md. A descriptor is hashed as the exact bytes that were stored; nothing
// is ever written back.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "catalog/catalog.hpp"
#include "ledger/note.hpp"
#include "model/message.hpp"

namespace letopis::app {

struct ItemDescriptor {  // kinds message and delivery
    Seq context;
    std::string key;
    model::Dialect dialect = model::Dialect::mail;
    std::uint64_t position = 0;
    std::uint64_t raw_size = 0;
    Digest raw_sha256{};
    std::string member, folder, flags, envelope;
    std::optional<Instant> received;
    Instant captured{};
    std::optional<Seq> of;  // delivery
};
std::string write(const ItemDescriptor& item);
Result<ItemDescriptor> read_item(std::string_view descriptor);

struct FileDescriptor {  // kinds file and file_again
    Seq context;
    std::string path;
    std::uint64_t size = 0;
    Digest sha256{};
    std::optional<Instant> modified;
    Instant captured{};
    std::optional<Seq> of;
};
std::string write(const FileDescriptor& file);
Result<FileDescriptor> read_file_descriptor(std::string_view descriptor);

struct ContextDescriptor {
    std::string source, title, input, facts;  // facts: a JSON object
    model::Channel channel = model::Channel::other;
    std::string build, host;
};
std::string write(const ContextDescriptor& context);
Result<ContextDescriptor> read_context(std::string_view descriptor);

struct BooksDescriptor {
    std::optional<Seq> run;  // none: this record begins the run
    std::string source;
    std::uint64_t seen = 0, stored = 0, duplicates = 0, refused = 0, pending = 0, marked = 0,
                  files = 0;
    bool finished = false;
    std::vector<catalog::Refusal> refusals;  // those that no earlier record of the run told
    std::vector<Seq> settles;  // earlier runs of the source: what they refused was asked again here
    std::vector<Seq> contexts;  // whose items the run has read so far
    std::vector<Seq>
        goes_on;  // earlier runs of the source that did not end: this one read all again
};
std::string write(const BooksDescriptor& books);
Result<BooksDescriptor> read_books(std::string_view descriptor);

struct TagDescriptor {
    Seq message;
    std::string tag, by;
    bool on = true;
};
std::string write(const TagDescriptor& tag);
Result<TagDescriptor> read_tag(std::string_view descriptor);

struct DerivedDescriptor {
    Seq of;                       // the message or file whose bytes were read
    std::optional<Seq> shown_in;  // a file: the message that it belongs to
    std::string locator, tool, version, problem;
    bool degraded = false;
};
std::string write(const DerivedDescriptor& derived);
Result<DerivedDescriptor> read_derived(std::string_view descriptor);

// Who it was that looked, in a page or through a program.
struct Accessor {
    std::string_view user;   // id
    std::string_view name;   // as people call them
    std::string_view peer;   // network address
    std::string_view token;  // id, of a program
};

// What a user did to see content: {"v":1,"who":"uid 1000 anna","query":"…","hits":12} and the like.
std::string search_descriptor(std::string_view who, std::string_view query, std::uint64_t total);
std::string open_descriptor(std::string_view who, std::string_view what, std::span<const Seq> ids);
// `shown`: the messages of which the answer tells something.
std::string search_descriptor(const Accessor& who,
                              std::string_view query,
                              std::uint64_t total,
                              std::span<const Seq> shown = {});
std::string open_descriptor(const Accessor& who, std::string_view what, std::span<const Seq> ids);

struct RebuiltLog {  // kind log_rebuilt: what was there
    std::string name;
    std::uint64_t records = 0;
    std::optional<ledger::Checkpoint> before;  // the signed head, if it was valid
    bool damaged = false;                      // there was one, and it was not
};
std::string write(std::string_view who, std::span<const RebuiltLog> logs);

std::string json_string(std::string_view text);  // quoted and escaped

}  // namespace letopis::app
