// SPDX-License-Identifier: AGPL-3.0-or-later
// Where items become records: identity, uniqueness, batches and books of the runs of one import.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/archive.hpp"
#include "app/descriptor.hpp"
#include "app/projector.hpp"
#include "capture/reader.hpp"

namespace letopis::app {

struct ImportResult;

// How often each of very many things was met: 16 bytes a thing.
class Occurrences {
public:
    // 0 for the first time, then 1, 2 …
    std::uint32_t next(std::uint64_t hash);

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t count = 0;
    };
    void grow();
    std::vector<Slot> slots_;
    std::size_t used_ = 0;
};

class Intake {
public:
    // `again`: by source, the runs whose refusals this import settles
    // (docs/formats/descriptors.md).
    Intake(Archive& archive,
           Projector& projector,
           ImportResult& result,
           std::map<std::string, std::vector<Seq>> again = {});

    // A run is one source's part of the import; beginning another one finishes it. One that was
    // stopped did not come to its end: a later one that reads the same goes on with it.
    enum class Ended : std::uint8_t { whole, stopped };
    Result<void> begin_run(const std::string& source);
    Result<void> finish_run(Ended ended = Ended::whole);
    bool in_run() const { return in_run_; }
    // Settles those of `again` that no run of this import belonged to: their items came under
    // another source, or not at all.
    Result<void> settle_again();

    Result<void> context(ContextDescriptor context);
    // Media files are found through the path of the input that names them.
    void context_belongs_to(const std::string& input_path) {
        context_of_input_[input_path] = {context_, run_.source};
    }
    bool has_context_of(const std::string& input_path) const {
        return context_of_input_.contains(input_path);
    }

    Result<void> item(capture::Item item);
    Result<void> file(const std::string& input_path,
                      const std::string& name,
                      std::string bytes,
                      std::optional<Instant> modified);
    Result<void> refuse(std::string item, std::string reason);

    // How a file with these bytes was imported first: the same bytes under another name are the
    // same source, and its reader is told the same name (a mailbox's folder is made of it).
    struct Known {
        std::string source, file;
    };
    Result<std::optional<Known>> known_content(const std::string& sha256);
    // Appends the last word on every run: how many of its items are marked. After
    // Projector::settle().
    Result<void> write_marks();

    struct Document {
        Seq record;                   // message or file
        std::string locator;          // empty: the record is the file itself
        std::optional<Seq> shown_in;  // a file: the message that it belongs to
    };
    // After Projector::settle().
    std::vector<Document> documents() const;

private:
    struct Pending {
        journal::Kind kind;
        std::string descriptor, content;
        journal::ContentClass content_class = journal::ContentClass::plain;
        std::array<std::optional<journal::OnceKey>, 2> once;
        ItemDescriptor item;
        FileDescriptor file;
        Digest hash{};
    };
    struct Run {
        std::optional<Seq> seq;
        BooksDescriptor books;
        std::string source;
        std::set<Seq> contexts = {};        // read from
        std::set<std::string> inputs = {};  // … and their paths
    };
    Result<void> flush();
    Result<Seq> append_context(const ContextDescriptor& context);
    // Runs of this source that did not end, and all of whose inputs this one has read.
    Result<std::vector<Seq>> gone_on_with();
    Result<bool> read_all_of(const catalog::UnfinishedRun& earlier);
    // The contents of `taken`, those of the first drafts, go on to the projections.
    Result<void> append(const std::vector<journal::Draft>& drafts,
                        std::vector<journal::Appended>& appended,
                        const journal::Journal::Then& then = {},
                        std::span<Pending> taken = {});
    journal::OnceKey content_key(std::string_view sha256) const;
    Result<void> learn();
    std::uint64_t count(std::string_view source, std::string_view key, const Digest& hash);

    Archive& archive_;
    Projector& projector_;
    ImportResult& result_;
    std::map<std::string, std::vector<Seq>> again_;  // not settled yet
    bool in_run_ = false;
    Run run_;
    std::unordered_map<std::string, Run>
        finished_;  // by source: a source may come again in one import
    Seq context_;
    std::unordered_map<std::string, Seq> contexts_;  // by source and facts
    struct InputContext {
        Seq context;
        std::string source;
    };
    std::unordered_map<std::string, InputContext> context_of_input_;
    std::vector<Pending> pending_;
    std::size_t pending_bytes_ = 0;
    std::vector<journal::Draft> drafts_then_;  // what the last append added by itself
    Occurrences occurrences_;
    std::unordered_map<Seq, std::string> source_of_context_;
    std::unordered_map<std::string, std::uint64_t> marked_;  // by source
    std::vector<Document> documents_;
    std::unordered_map<Seq, std::string> document_files_;          // file record: context and path
    std::unordered_map<std::string, Seq> messages_with_document_;  // by context and path
};

}  // namespace letopis::app
