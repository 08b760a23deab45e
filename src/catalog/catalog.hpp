// SPDX-License-Identifier: AGPL-3.0-or-later
// Which messages are there, whose, in which conversation, how many? A projection: a pure function
// of the journal's records in their order (and of the parse results of their bytes). The caller
// reads the journal, parses and applies; this folder knows neither journal nor parser. Delete the
// file, apply the same records again, and digest() comes out equal (docs/formats/catalog.md).
//
// A Catalog belongs to one thread at a time. One writer; any number of readers open the same file
// beside it (Access::read) and see what was committed. Numbers that leave this folder are positions
// in the journal and nothing else: every id made here stays inside.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/files.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "catalog/views.hpp"
#include "model/message.hpp"

namespace letopis::catalog {

constexpr int schema_version = 1;
constexpr int threading_version = 1;  // part of the schema check: new rules mean a rebuild
// A date from before this is not believed for ordering (docs/formats/catalog.md).
constexpr Instant date_floor = from_unix(631'152'000);  // 1990-01-01T00:00:00Z
// What one message may cost; the rest stays in the raw bytes and the message carries a mark
// (parties_cut, references_cut, attachments_cut, names_cut).
constexpr std::size_t parties_max = 2000;
constexpr std::size_t references_max = 200;  // the first and the last 199
constexpr std::size_t attachments_max = 1000;
constexpr std::size_t name_bytes_max = 1000;  // an address, a display name, an external id

// ---- what the journal says, one struct a kind of record. Views must live until apply() returns.

// An account, file or chat, and everything that is needed to read its bytes again.
struct SourceContext {
    Seq seq;
    Instant at;
    std::string_view source;  // identity ("telegram:user4242/777000111"); books are kept by it
    std::string_view title;   // for people: chat name, mailbox name
    model::Channel channel = model::Channel::other;
    std::string_view facts;  // JSON object, kept verbatim
    std::string_view input;  // the path as it was given; may be empty
};

// One captured item (message, edit, deletion or service event; parsed.event says which).
struct Captured {
    Seq seq;
    Instant at;
    Seq context;           // an earlier SourceContext, else apply fails with invalid
    std::string_view key;  // item key within the source
    std::uint64_t raw_size = 0;
    Digest raw_sha256{};
    bool raw_is_object = false;  // too large for the record: the bytes are an object
    std::uint64_t position = 0;  // where it began in the input
    std::string_view folder;
    std::string_view flags;
    std::string_view member;  // path inside an archive
    std::optional<Instant> received;
    // Digest of the raw without trace headers, when the caller made one. Without
    // it mails are twins when Message-ID and text are equal.
    std::optional<Digest> content_key;
    const model::Message& parsed;
};

// The same bytes came again.
struct Delivered {
    Seq seq;
    Instant at;
    Seq context;
    Seq of;  // the Captured that holds the bytes
    std::uint64_t position = 0;
    std::string_view folder;
    std::string_view flags;
    std::string_view member;
};

// A file that came beside its messages (chat media). Attachments of chat messages find it by
// context and path, whichever comes first.
struct FileStored {
    Seq seq;
    Instant at;
    Seq context;
    std::string_view path;
    std::uint64_t size = 0;
    Digest sha256{};
    std::string_view type;  // media type, may be empty
};

struct Refusal {
    std::string item;
    std::string reason;
};

// The books of one import run (or one live period) for one source. A run writes several as it goes:
// the counts are those since the run began and the last record counts; `refusals` holds those that
// no earlier record of the run told.
struct RunBooks {
    Seq seq;
    Instant at;
    Seq run;  // names the run: the seq of its first record of any kind
    std::string_view source;
    std::uint64_t seen = 0;
    std::uint64_t stored = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t refused = 0;
    std::uint64_t pending = 0;
    std::uint64_t marked = 0;  // stored, and with a mark such as "unparsed"
    std::uint64_t files = 0;   // media files, outside the balance
    bool finished = false;
    std::span<const Refusal> refusals;
    std::span<const Seq> settles;  // runs of the source whose refusals count no more
    std::span<const Seq>
        goes_on;  // runs of the source that did not end, and that this one read again
};

struct Tagged {
    Seq seq;
    Instant at;
    Seq message;
    std::string_view tag;
    bool on = true;
    std::string_view by;
};

// Text that a job took out of an attachment (PDF, scan …).
struct DerivedText {
    Seq seq;
    Instant at;
    Seq of;                    // the message or file
    std::string_view locator;  // which attachment of it; empty for a file
    std::string_view text;
    std::string_view tool;
    std::string_view version;
};

// A record that says nothing to the catalogue: of a known other kind, or of an unknown one.
struct OtherRecord {
    Seq seq;
    std::uint16_t kind = 0;
    bool known = true;
};

// ---- the catalogue

enum class Access : std::uint8_t { read, write };  // write makes the file when it is missing

// A test rebuilds with the other rule and finds every tag on its message.
enum class ThreadingRule : std::uint8_t {
    standard,               // References, In-Reply-To, Thread-Index, subject (formats/catalog.md)
    subject_only_for_test,  // mails with one subject are one conversation
};

// Are the places of the texts told together with the rows?
enum class Texts : std::uint8_t { skip, with };

struct Options {
    Access access = Access::write;
    ThreadingRule threading = ThreadingRule::standard;
    int cache_kib = 32 * 1024;
    bool alone = false;  // for reading: nobody writes while it is open
};

class Catalog {
public:
    // `page_key`: 32 bytes. Errors: those of sql::Database::open; unsupported with the hint "run
    // letopis rebuild catalog" when the file has another schema or threading version; conflict when
    // it was built with another threading rule.
    static Result<std::unique_ptr<Catalog>> open(const Path& file,
                                                 std::string_view page_key,
                                                 const Options& options = {});
    virtual ~Catalog() = default;

    // ---- writing: begin, apply in journal order, commit. A power cut may take back the last
    // commits, all that they brought and their position together.

    virtual Result<void> begin() = 0;
    // A record twice or out of order is refused (invalid), as is a context that was never applied.
    // After any failed apply the caller must roll back. Records that the catalogue has no use for
    // may be left out.
    virtual Result<void> apply(const SourceContext& record) = 0;
    virtual Result<void> apply(const Captured& record) = 0;
    virtual Result<void> apply(const Delivered& record) = 0;
    virtual Result<void> apply(const FileStored& record) = 0;
    virtual Result<void> apply(const RunBooks& record) = 0;
    virtual Result<void> apply(const Tagged& record) = 0;
    virtual Result<void> apply(const DerivedText& record) = 0;
    virtual Result<void> apply(const OtherRecord& record) = 0;
    // `next` = the first record not applied; stored in the same transaction.
    virtual Result<void> commit(Seq next) = 0;
    virtual void rollback() = 0;

    // The first journal record that is not in (as committed).
    virtual Result<Seq> position() = 0;

    // ---- reading

    // Everything about one captured record; not_found when the seq is none. Of a version or a
    // deletion the answer is its own content, and `message` names the message it belongs to.
    virtual Result<MessageDetail> message(Seq seq) = 0;
    // Rows for a list, in the order asked; what is not a captured record is left out.
    virtual Result<std::vector<MessageRow>> messages(std::span<const Seq> seqs,
                                                     Texts texts = Texts::skip) = 0;
    // Where the text of exactly this record is; for the current text of an edited message ask for
    // MessageRow::current.
    virtual Result<TextPlace> text(Seq seq) = 0;
    // The conversation of a message, oldest first. not_found for an unknown seq.
    virtual Result<ConversationPage> conversation(Seq message, const PageRequest& page = {}) = 0;
    // A message of the chat with this key, to be used with conversation(). Null when there is none.
    virtual Result<std::optional<Seq>> chat(std::string_view source, std::string_view key) = 0;

    virtual Result<std::optional<Correspondent>> correspondent(model::AddressKind kind,
                                                               std::string_view address) = 0;
    // Whose address or seen name contains `part`, letter case aside; the most active first.
    virtual Result<std::vector<Correspondent>> correspondents(std::string_view part,
                                                              std::size_t limit = 50) = 0;

    virtual Result<std::vector<std::string>> tags(Seq message) = 0;
    virtual Result<std::vector<TagCount>> all_tags() = 0;
    virtual Result<std::vector<Seq>> tagged(std::string_view tag) = 0;  // ascending

    // For the index builder: captured records with content (messages, service events and versions;
    // no deletions) from `from` on, in journal order, at most `limit`.
    virtual Result<std::vector<Document>> docs_from(Seq from, std::size_t limit = 50'000) = 0;

    virtual Result<std::optional<StoredFile>> file(Seq seq) = 0;
    virtual Result<std::vector<Derived>> derived(Seq of) = 0;
    virtual Result<std::optional<ContextView>> context(Seq seq) = 0;
    // All of them from `from` on, in journal order.
    virtual Result<std::vector<ContextView>> contexts_from(Seq from) = 0;

    // The balance of every source, or of one; by source name. Empty when the name is unknown.
    virtual Result<std::vector<SourceBooks>> books(std::string_view source = {}) = 0;
    virtual Result<std::vector<UnfinishedRun>> unfinished(std::string_view source) = 0;
    virtual Result<std::vector<Refusal>> refusals(std::string_view source,
                                                  std::size_t limit = 1000) = 0;
    virtual Result<Counts> counts() = 0;

    // SHA-256 in hex over all logical content in a canonical order, through stable identities only.
    virtual Result<std::string> digest() = 0;
};

}  // namespace letopis::catalog
