// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/importer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "app/build_info.hpp"
#include "app/documents.hpp"
#include "app/intake.hpp"
#include "app/zones.hpp"
#include "capture/frames.hpp"
#include "capture/walk.hpp"

namespace letopis::app {

namespace {

// What one PATH brings, and where we are in it.
class Import {
public:
    Import(Archive& archive,
           Projector& projector,
           const ImportOptions& options,
           const std::atomic<bool>& stop,
           const std::function<void(const ImportProgress&)>& progress)
        : archive_(archive),
          projector_(projector),
          options_(options),
          files_(*options.files),
          stop_(stop),
          progress_(progress),
          intake_(archive, projector, result_, options.again) {
        projector_.before_live = [this] { report(phase_, input_); };
    }

    Result<ImportResult> run() {
        for (const auto& path : options_.paths) {
            if (stop_) break;
            TRY_DO(one_path(path));
        }
        TRY_DO(end_run());
        if (!stop_) TRY_DO(intake_.settle_again());
        TRY_DO(projector_.settle());
        if (options_.documents && !stop_) {
            report("documents", {});
            TRY_DO(read_documents(archive_, projector_, intake_.documents(), stop_));
        }
        TRY_DO(intake_.write_marks());
        report("index", {});
        TRY_DO(projector_.finish());
        TRY_DO(projector_.merge_index(stop_));
        {
            const Timed timed(projector_.stages(), Stage::sign);
            TRY_DO(archive_.sign(false));
        }
        result_.stopped = stop_;
        result_.stages = projector_.stages().per_message(result_.stored);
        return std::move(result_);
    }

private:
    void report(std::string phase, std::string input) {
        phase_ = std::move(phase);
        input_ = std::move(input);
        if (progress_)
            progress_({.input = input_,
                       .seen = result_.seen,
                       .stored = result_.stored,
                       .duplicates = result_.duplicates,
                       .refused = result_.refused,
                       .bytes = result_.bytes,
                       .bytes_all = bytes_all_,
                       .searchable = projector_.searchable(),
                       .phase = phase_});
    }

    Result<void> one_path(const Path& given) {
        const auto found = files_.canonical(given);
        if (!found) return refuse_path(given, given.string(), found.error().what);
        const auto& path = *found;
        std::vector<capture::Input> inputs;
        std::vector<catalog::Refusal> refused;
        auto walked = capture::walk(
            path,
            [&](capture::Input input) {
                bytes_all_ += input.size;
                inputs.push_back(std::move(input));
                return !stop_;
            },
            [&](std::string item, std::string reason) {
                refused.push_back({std::move(item), std::move(reason)});
            },
            archive_.clock().now(),
            files_);
        if (!walked && walked.error().code != Errc::cancelled)
            return refuse_path(path, given.string(), walked.error().what);
        if (inputs.empty() && refused.empty())
            return refuse_path(
                path, given.string(), "nothing to import: no mail, chat export or archive in it");
        root_ = path;
        for (auto& [item, reason] : refused) {
            TRY_DO(intake_.begin_run(path_source("files", path)));
            TRY_DO(intake_.refuse(std::move(item), std::move(reason)));
        }
        for (const auto& input : inputs) {
            if (stop_) break;
            report("reading", input.relative);
            if (input.kind == "media") {
                TRY_DO(media(input));
            } else if (input.kind == "maildir_message" || is_one_mail(input)) {
                TRY_DO(whole_mail(input));
            } else {
                TRY_DO(read_input(input));
            }
        }
        return end_run();
    }

    Result<void> end_run() {
        return intake_.finish_run(stop_ ? Intake::Ended::stopped : Intake::Ended::whole);
    }

    // By its name a file of one mail; an mbox under such a name begins with its From_ line.
    bool is_one_mail(const capture::Input& input) const {
        auto extension = input.path.extension().string();
        std::ranges::transform(extension, extension.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        });
        if (extension != ".eml") return false;
        const auto file = files_.open(input.path);
        char head[5]{};
        return file && (*file)->read_at(0, head, sizeof head).value_or(0) > 0 &&
               std::string_view(head, sizeof head) != "From ";
    }

    Result<void> refuse_path(const Path& path, const std::string& name, std::string reason) {
        TRY_DO(intake_.begin_run(path_source("files", path)));
        TRY_DO(intake_.refuse(name, std::move(reason)));
        return intake_.finish_run();
    }

    std::string path_source(std::string_view format, const Path& path) const {
        if (!options_.source.empty()) return options_.source;
        const auto shown = options_.root.empty() ? path : path.lexically_relative(options_.root);
        return fmt::format("{}:{}", format, shown.string());
    }

    // A mail in a file of its own: nothing to recognise or to split, so no worker is needed before
    // it is stored.
    Result<void> whole_mail(const capture::Input& input) {
        const bool maildir = input.kind == "maildir_message";
        const Path root = maildir ? Path(input.source_root) : root_;
        TRY_DO(intake_.begin_run(path_source(maildir ? "maildir" : "files", root)));
        TRY_DO(intake_.context(
            {.source = path_source(maildir ? "maildir" : "files", root),
             .title = root.filename().string(),
             .input = root.string(),
             .facts = fmt::format(R"({{"format":"{}"}})", maildir ? "maildir" : "eml"),
             .channel = model::Channel::email}));
        auto raw = files_.read(input.path, capture::item_bytes_max);
        if (!raw)
            return intake_.refuse(input.relative,
                                  raw.error().code == Errc::too_large
                                      ? "larger than the limit of 256 MiB"
                                      : raw.error().what);
        result_.bytes += raw->size();
        capture::Item item{.key = maildir ? input.unique : input.relative,
                           .dialect = model::Dialect::mail,
                           .raw = std::move(*raw)};
        item.folder = input.folder;
        item.flags = input.flags;
        item.received = input.modified;
        return intake_.item(std::move(item));
    }

    Result<void> media(const capture::Input& input) {
        if (!intake_.has_context_of(input.belongs_to)) return {};
        auto bytes = files_.read(input.path, capture::item_bytes_max);
        const auto name = Path(input.path).lexically_relative(input.source_root).string();
        if (!bytes)
            return intake_.refuse(input.relative,
                                  bytes.error().code == Errc::too_large
                                      ? "larger than the limit of 256 MiB"
                                      : bytes.error().what);
        result_.bytes += bytes->size();
        return intake_.file(input.belongs_to, name, std::move(*bytes), input.modified);
    }

    Result<void> read_input(const capture::Input& input) {
        const auto file = files_.open(input.path);
        if (!file) {
            TRY_DO(intake_.begin_run(path_source("files", root_)));
            return intake_.refuse(input.relative, file.error().what);
        }
        TRY(const auto identity, identity_of(**file));
        TRY(const auto known, intake_.known_content(identity.sha256));
        const auto name = options_.source.empty() && known && !known->file.empty()
                              ? known->file
                              : input.path.filename().string();
        TRY(const auto zone, zone_option(options_.zone));
        capture::Request request;
        request.options.name = name;
        request.options.zone = zone;
        request.options.owner = options_.owner;
        request.options.date_order = options_.date_order;
        request.format = input.forced_format;
        TRY(const auto worker, start_worker(**file, capture::encode_request(request)));
        return follow(*worker, input, identity);
    }

    static Result<std::unique_ptr<workers::ReadWorker>> start_worker(capture::Readable& file,
                                                                     std::string request) {
        TRY(const auto binary, workers::find_letopis_parse());
        if (file.descriptor() >= 0)
            return workers::ReadWorker::start(binary, file.descriptor(), std::move(request));
        return workers::ReadWorker::start(
            binary,
            file.size(),
            [&file](std::uint64_t offset, char* buffer, std::size_t size) {
                return file.read_at(offset, buffer, size);
            },
            std::move(request));
    }

    struct FileIdentity {
        std::string sha256;
        std::uint64_t size = 0;
    };

    Result<FileIdentity> identity_of(capture::Readable& file) {
        const Timed timed(projector_.stages(), Stage::hash);
        crypto::Sha256 hash;
        FileIdentity identity;
        std::string buffer(1 << 20, '\0');
        while (!stop_) {
            TRY(const auto got, file.read_at(identity.size, buffer.data(), buffer.size()));
            if (got == 0) break;
            identity.size += got;
            hash.update(std::string_view(buffer).substr(0, got));
        }
        identity.sha256 = hex(hash.finish());
        return identity;
    }

    Result<void> follow(workers::ReadWorker& worker,
                        const capture::Input& input,
                        const FileIdentity& identity) {
        const auto before = result_.bytes;
        const auto counted = result_.seen + result_.files;
        std::string format = "file", source;
        bool any = false;
        std::optional<FileStartState> file;
        for (;;) {
            if (stop_) return {};
            Result<std::optional<std::string>> frame = std::optional<std::string>();
            {
                const Timed timed(projector_.stages(), Stage::read);
                frame = worker.next_frame();
            }
            if (!frame) {
                TRY_DO(ensure_run(source.empty() ? path_source("files", root_) : source));
                TRY_DO(intake_.refuse(input.relative, "the reader stopped: " + frame.error().what));
                break;
            }
            if (!*frame) break;
            auto event = capture::take_event(std::move(**frame));
            if (!event) {
                TRY_DO(ensure_run(path_source("files", root_)));
                TRY_DO(intake_.refuse(input.relative,
                                      "the reader said something that cannot be read"));
                break;
            }
            if (auto* recognised = std::get_if<capture::Recognised>(&*event)) {
                format = recognised->format;
            } else if (auto* context = std::get_if<capture::Context>(&*event)) {
                any = true;
                TRY(source, source_of(*context, format, input, identity));
                TRY_DO(intake_.begin_run(source));
                TRY_DO(intake_.context(
                    {.source = source,
                     .title =
                         context->title.empty() ? input.path.filename().string() : context->title,
                     .input = input.path.string(),
                     .facts = with_identity(context->facts, format, input, identity),
                     .channel = context->channel}));
                intake_.context_belongs_to(input.path.string());
            } else if (auto* item = std::get_if<capture::Item>(&*event)) {
                if (item->key.empty() && format == "eml") item->key = input.relative;
                if (!item->received && format == "eml") item->received = input.modified;
                TRY_DO(intake_.item(std::move(*item)));
            } else if (auto* start = std::get_if<capture::FileStart>(&*event)) {
                file = FileStartState{.path = start->path, .modified = start->modified};
            } else if (auto* bytes = std::get_if<capture::FileBytes>(&*event)) {
                if (file && !file->too_large) {
                    file->bytes += bytes->bytes;
                    if (file->bytes.size() > capture::item_bytes_max) {
                        file->too_large = true;
                        file->bytes = {};
                    }
                }
            } else if (auto* ended = std::get_if<capture::FileEnd>(&*event)) {
                if (file) TRY_DO(file_done(std::move(*file), ended->whole, input));
                file.reset();
            } else if (auto* refused = std::get_if<capture::Refused>(&*event)) {
                TRY_DO(ensure_run(source.empty() ? path_source("files", root_) : source));
                TRY_DO(intake_.refuse(refused->item.empty()
                                          ? input.relative
                                          : fmt::format("{}: {}", input.relative, refused->item),
                                      refused->reason));
            } else if (auto* went = std::get_if<capture::Progress>(&*event)) {
                result_.bytes = before + went->bytes_read;
                report("reading", input.relative);
            } else if (auto* failed = std::get_if<capture::Failed>(&*event)) {
                TRY_DO(ensure_run(source.empty() || !any ? path_source("files", root_) : source));
                TRY_DO(intake_.refuse(
                    input.relative,
                    failed->error.hint.empty() ? failed->error.what : failed->error.hint));
                break;
            } else {
                break;  // End
            }
        }
        if (result_.seen + result_.files == counted) {
            TRY_DO(ensure_run(source.empty() ? path_source("files", root_) : source));
            TRY_DO(intake_.refuse(input.relative, "there is no message in it"));
        }
        result_.bytes = before + identity.size;
        report("reading", input.relative);
        return {};
    }

    struct FileStartState {
        std::string path;
        std::optional<Instant> modified;
        std::string bytes = {};
        bool too_large = false;
    };

    Result<void> file_done(FileStartState file, bool whole, const capture::Input& input) {
        if (file.too_large)
            return intake_.refuse(fmt::format("{}: {}", input.relative, file.path),
                                  "larger than the limit of 256 MiB");
        TRY_DO(intake_.file(input.path.string(), file.path, std::move(file.bytes), file.modified));
        if (!whole)
            TRY_DO(
                intake_.refuse(fmt::format("{}: {}", input.relative, file.path),
                               "the archive is damaged inside this file; its beginning was kept"));
        return {};
    }

    Result<void> ensure_run(const std::string& source) {
        return intake_.in_run() ? Result<void>() : intake_.begin_run(source);
    }

    Result<std::string> source_of(const capture::Context& context,
                                  const std::string& format,
                                  const capture::Input& input,
                                  const FileIdentity& identity) {
        if (!options_.source.empty())
            return context.source.empty() ? options_.source
                                          : fmt::format("{}/{}", options_.source, context.source);
        if (!context.source.empty()) return context.source;
        if (format == "eml") return path_source("files", root_);
        // The same bytes under another name are the same source.
        TRY(const auto known, intake_.known_content(identity.sha256));
        return known ? known->source : path_source(format, input.path);
    }

    static std::string with_identity(const std::string& facts,
                                     const std::string& format,
                                     const capture::Input& input,
                                     const FileIdentity& identity) {
        // One EML is an item of its directory: its own hash stands in the item.
        const auto own = format == "eml"
                             ? fmt::format(R"("format":"{}")", format)
                             : fmt::format(R"("format":"{}","file":{},"size":{},"sha256":"{}")",
                                           format,
                                           json_string(input.path.filename().string()),
                                           identity.size,
                                           identity.sha256);
        const auto inner =
            facts.size() > 2 && facts.front() == '{' ? facts.substr(1) : std::string("}");
        return "{" + own + (inner == "}" ? "" : ",") + inner;
    }

    Archive& archive_;
    Projector& projector_;
    const ImportOptions& options_;
    const capture::Files& files_;
    const std::atomic<bool>& stop_;
    const std::function<void(const ImportProgress&)>& progress_;
    ImportResult result_;
    Intake intake_;
    Path root_;
    std::string phase_ = "reading", input_;  // last told
    std::uint64_t bytes_all_ = 0;
};

}  // namespace

Result<ImportResult> import(Archive& archive,
                            const ImportOptions& options,
                            const std::atomic<bool>& stop,
                            const std::function<void(const ImportProgress&)>& progress) {
    TRY_DO(zone_option(options.zone));
    TRY_DO(archive.check_logs());
    const std::lock_guard one_at_a_time(archive.projecting());
    TRY(auto projector, Projector::open(archive, {.early = true}));
    TRY_DO(projector->catch_up({}));
    Import run(archive, *projector, options, stop, progress);
    return run.run();
}

}  // namespace letopis::app
