// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fcntl.h>
#include <fmt/format.h>

#include "app/descriptor.hpp"
#include "app/find.hpp"
#include "app/views.hpp"
#include "cli/session.hpp"

namespace letopis::cli {

namespace json = boost::json;

namespace {

// Where the exported bytes go: a new file, or the caller's terminal.
class Target {
public:
    static Result<Target> open(Session& session, const std::string& out) {
        if (out == "-") return Target(&session.output, Fd());
        Fd fd(::open(session.path(out).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!fd && errno == EEXIST)
            return fail(Errc::conflict, out + " is there already", "Name a new file.");
        if (!fd) return tl::unexpected<Error>(system_error("cannot write " + out, errno));
        return Target(nullptr, std::move(fd));
    }
    Result<void> write(std::string_view bytes) {
        if (output_ != nullptr) {
            output_->print(bytes);
            return {};
        }
        buffer_ += bytes;
        return buffer_.size() > (1 << 20) ? flush() : Result<void>();
    }
    Result<void> flush() {
        if (output_ != nullptr || buffer_.empty()) return {};
        TRY_DO(write_all(fd_.get(), buffer_));
        buffer_.clear();
        return {};
    }

private:
    Target(Output* output, Fd fd) : output_(output), fd_(std::move(fd)) {}
    Output* output_;
    Fd fd_;
    std::string buffer_;
};

// Quoting of mboxrd: a line of any number of > and then "From " gets one more >.
std::string mboxrd(std::string_view raw) {
    std::string out;
    out.reserve(raw.size() + 64);
    while (!raw.empty()) {
        const auto end = std::min(raw.find('\n'), raw.size() - 1) + 1;
        const auto line = raw.substr(0, end);
        if (line.substr(std::min(line.find_first_not_of('>'), line.size())).starts_with("From "))
            out += '>';
        out += line;
        raw.remove_prefix(end);
    }
    if (!out.empty() && out.back() != '\n') out += '\n';
    return out + "\n";
}

// The bytes as they were sent: what an mbox had quoted is unquoted by its dialect.
std::string unquoted(std::string_view raw, model::Dialect dialect) {
    if (dialect != model::Dialect::mail_mboxo && dialect != model::Dialect::mail_mboxrd)
        return std::string(raw);
    std::string out;
    out.reserve(raw.size());
    while (!raw.empty()) {
        const auto end = std::min(raw.find('\n'), raw.size() - 1) + 1;
        auto line = raw.substr(0, end);
        const auto quotes = std::min(line.find_first_not_of('>'), line.size());
        const bool quoted = line.substr(quotes).starts_with("From ") &&
                            (dialect == model::Dialect::mail_mboxrd ? quotes > 0 : quotes == 1);
        if (quoted) line.remove_prefix(1);
        out += line;
        raw.remove_prefix(end);
    }
    return out;
}

std::string json_line(Session& session,
                      catalog::Catalog& catalog,
                      const catalog::MessageDetail& detail,
                      const std::string& text) {
    auto full = app::detail_json(detail, text);
    json::object line;
    for (const char* name : {"id",
                             "kind",
                             "channel",
                             "sha256",
                             "message_id",
                             "date",
                             "from",
                             "to",
                             "cc",
                             "subject",
                             "text",
                             "in_reply_to",
                             "references",
                             "edited",
                             "deleted"})
        line[name] = full[name];
    json::array attachments;
    for (const auto& view : detail.attachments) {
        const auto& a = view.attachment;
        auto sha = a.sha256;
        auto size = a.size;
        if (view.file) {
            if (const auto file = catalog.file(*view.file); file && *file) {
                sha = (*file)->sha256;
                size = (*file)->size;
            }
        }
        attachments.push_back(
            json::object{{"name", app::json_text(a.name)},
                         {"type", app::json_text(a.type)},
                         {"size", size},
                         {"sha256", sha ? json::value(hex(*sha)) : json::value(nullptr)}});
    }
    line["attachments"] = std::move(attachments);
    (void)session;
    return json::serialize(line) + "\n";
}

class Exporter {
public:
    Exporter(Session& session, app::Find& find, std::string as, std::string out)
        : session_(session), find_(find), as_(std::move(as)), out_(std::move(out)) {}

    Result<std::uint64_t> run(const text::Node& root, const std::string& query) {
        std::optional<Target> target;
        if (as_ == "eml") {
            const auto directory = session_.path(out_);
            if (out_ == "-")
                return fail(Errc::invalid, "--as eml writes a directory", "Name a new directory.");
            if (std::filesystem::exists(directory) && !std::filesystem::is_empty(directory))
                return fail(Errc::conflict, out_ + " is not empty", "Name a new directory.");
            TRY_DO(make_directories(std::filesystem::absolute(directory)));
        } else {
            TRY(auto opened, Target::open(session_, out_));
            target.emplace(std::move(opened));
        }
        TRY_DO(find_.all(root, [&](std::span<const Seq> seqs) -> Result<bool> {
            // Content leaves only after its access record is durable: one record a page, before the
            // page.
            TRY(const auto recorded,
                session_.archive.record_access(
                    journal::Kind::exported,
                    app::open_descriptor(session_.who, "export as " + as_ + " " + query, seqs)));
            (void)recorded;
            for (const auto seq : seqs) {
                if (session_.stop) return false;
                TRY_DO(one(seq, target ? &*target : nullptr));
            }
            return !session_.output.broken();
        }));
        if (target) TRY_DO(target->flush());
        return count_;
    }
    std::uint64_t skipped() const { return skipped_; }

private:
    Result<void> one(Seq seq, Target* target) {
        TRY(const auto detail, find_.catalog().message(seq));
        if (as_ == "jsonl") {
            TRY(const auto text, app::text_of(session_.archive, find_.catalog(), seq));
            ++count_;
            return target->write(json_line(session_, find_.catalog(), detail, text));
        }
        if (detail.parsed.channel != model::Channel::email) {
            ++skipped_;
            return {};
        }
        TRY(const auto record, session_.archive.journal().read(seq));
        TRY(const auto item, app::read_item(record.descriptor));
        ++count_;
        const auto raw = unquoted(record.content, item.dialect);
        if (as_ == "eml")
            return write_file(session_.path(out_) / fmt::format("{:08}.eml", seq.value()), raw);
        const auto envelope =
            item.envelope.starts_with("From ")
                ? item.envelope
                : fmt::format("From letopis@localhost {}", asctime_utc(detail.sort_date));
        return target->write(envelope + "\n" + mboxrd(raw));
    }

    Session& session_;
    app::Find& find_;
    std::string as_, out_;
    std::uint64_t count_ = 0, skipped_ = 0;
};

}  // namespace

Exit run_export(Session& session) {
    const auto& arguments = session.arguments;
    const auto as = arguments.get("--as", "jsonl");
    if (as != "eml" && as != "mbox" && as != "jsonl")
        return report(session.output,
                      Error{Errc::invalid, "--as takes eml, mbox or jsonl", {}},
                      session.json());
    const auto& query = arguments.positional[0];
    const auto parsed = text::parse_query(query, session.archive.clock().now());
    if (parsed.error) {
        session.output.note(text::show_error(query, *parsed.error));
        return Exit::usage;
    }
    auto current = make_current(session);
    if (!current) return report(session.output, current.error(), session.json());
    app::Find find(session.archive, std::move(*current));
    // Where nothing may be signed, what is there can still be taken out.
    if (session.archive.check_logs()) {
        if (auto is_signed = session.archive.sign(false); !is_signed)
            return report(session.output, is_signed.error(), session.json());
    }
    Exporter exporter(session, find, as, arguments.positional[1]);
    const auto count = exporter.run(*parsed.root, query);
    if (!count) return report(session.output, count.error(), session.json());
    if (arguments.positional[1] != "-") {
        if (session.json())
            session.output.print(
                fmt::format("{{\"exported\":{},\"skipped\":{}}}\n", *count, exporter.skipped()));
        else
            session.output.print(fmt::format(
                "{} messages written to {}{}\n",
                *count,
                arguments.positional[1],
                exporter.skipped() == 0
                    ? ""
                    : fmt::format("; {} chat messages are not mail: use --as jsonl for them",
                                  exporter.skipped())));
    }
    session.output.flush();
    return Exit::done;
}

namespace {

struct ProofFiles {
    std::string proof, descriptor, vkey;
    journal::Record record;
};

Result<ProofFiles> make_proof(Session& session, Seq seq) {
    ProofFiles files;
    TRY(files.record, session.archive.journal().read(seq, journal::Contents::sealed));
    const auto& record = files.record;
    if (record.erased_by)
        return fail(Errc::not_found,
                    fmt::format("the content of {} was erased by order {}",
                                seq.value(),
                                record.erased_by->value()));
    TRY_DO(session.archive.sign(false));
    const auto options = session.archive.log_options(record.origin);
    TRY(const auto log, ledger::PublishedLog::open(options));
    auto extra = record.salt;
    if (record.has_object) extra += as_bytes(crypto::sha256(record.sealed_object));
    TRY(const auto proof, log.prove(record.leaf_index, extra));
    files.proof = ledger::write_proof(proof);
    files.descriptor = record.descriptor;
    files.vkey = ledger::write_vkey(*options.key);
    return files;
}

Result<void> write_new(const Path& path, std::string_view bytes) {
    if (std::filesystem::exists(path))
        return fail(Errc::conflict, path.string() + " is there already");
    return write_file(path, bytes);
}

Result<void> proof(Session& session) {
    TRY(const auto seq, app::parse_id(session.arguments.positional.front()));
    const Seq ids[] = {seq};
    TRY(const auto recorded,
        session.archive.record_access(journal::Kind::exported,
                                      app::open_descriptor(session.who, "proof", ids)));
    (void)recorded;
    TRY(const auto files, make_proof(session, seq));
    if (session.arguments.has("--with-files")) {
        const auto directory = session.path(session.arguments.get("--with-files"));
        TRY_DO(make_directories(std::filesystem::absolute(directory)));
        const auto base = std::to_string(seq.value());
        TRY_DO(write_new(directory / (base + ".tlog-proof"), files.proof));
        TRY_DO(write_new(directory / (base + ".json"), files.descriptor));
        TRY_DO(write_new(directory / (base + ".raw"), files.record.content));
        TRY_DO(write_file(directory / "log.vkey", files.vkey + "\n", 0644));
        session.output.print(
            fmt::format("written to {}: {}.tlog-proof {}.json {}.raw log.vkey\ncheck them on any "
                        "machine:\n  verify.py proof {}.tlog-proof --vkey \"$(cat log.vkey)\" "
                        "--descriptor {}.json --message {}.raw\n",
                        directory.string(),
                        base,
                        base,
                        base,
                        base,
                        base,
                        base));
        return {};
    }
    if (session.arguments.has("--out"))
        return write_new(session.path(session.arguments.get("--out")), files.proof);
    if (session.json())
        session.output.print(
            json::serialize(json::object{{"id", seq.value()},
                                         {"proof", app::json_text(files.proof)},
                                         {"descriptor", app::json_text(files.descriptor)},
                                         {"vkey", app::json_text(files.vkey)}}) +
            "\n");
    else
        session.output.print(files.proof);
    return {};
}

Result<void> tag(Session& session) {
    std::vector<std::pair<std::string, bool>> tags;
    std::vector<Seq> messages;
    for (const auto& word : session.arguments.positional) {
        if (word.size() > 1 && (word[0] == '+' || word[0] == '-')) {
            tags.emplace_back(word.substr(1), word[0] == '+');
            continue;
        }
        TRY(const auto seq, app::parse_id(word));
        TRY(const auto record, session.archive.journal().read(seq, journal::Contents::skip));
        if (record.kind != journal::Kind::message)
            return fail(Errc::not_found, fmt::format("{} is no message", seq.value()));
        messages.push_back(seq);
    }
    if (tags.empty() || messages.empty())
        return fail(Errc::invalid, "usage: letopis tag +NAME|-NAME… ID…");
    TRY_DO(session.archive.check_logs());
    std::vector<std::string> descriptors;
    for (const auto seq : messages)
        for (const auto& [name, on] : tags) {
            if (name.size() > 100) return fail(Errc::invalid, "a tag has at most 100 bytes");
            descriptors.push_back(app::write(
                app::TagDescriptor{.message = seq, .tag = name, .by = session.who, .on = on}));
        }
    std::vector<journal::Draft> drafts;
    for (const auto& descriptor : descriptors)
        drafts.push_back({.type = journal::LeafType::state_change,
                          .kind = journal::Kind::tag,
                          .descriptor = descriptor});
    TRY(const auto appended, session.archive.journal().append(drafts, journal::Class::live));
    (void)appended;
    TRY_DO(session.archive.sign(false));
    if (session.json())
        session.output.print(fmt::format("{{\"changed\":{}}}\n", drafts.size()));
    else
        session.output.print(fmt::format("{} messages\n", messages.size()));
    TRY_DO(make_current(session));
    return {};
}

}  // namespace

Exit run_proof(Session& session) {
    const auto done = proof(session);
    session.output.flush();
    return done ? Exit::done : report(session.output, done.error(), session.json());
}

Exit run_tag(Session& session) {
    const auto done = tag(session);
    session.output.flush();
    return done ? Exit::done : report(session.output, done.error(), session.json());
}

}  // namespace letopis::cli
