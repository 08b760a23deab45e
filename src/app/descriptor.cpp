// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/descriptor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "utf8/utf8.hpp"

namespace letopis::app {

namespace json = boost::json;

// File names and envelopes may be any bytes, JSON may not: a byte that is no text is written out
// as \xff, so that the descriptor can always be read again and the name can still be told.
std::string json_string(std::string_view text) {
    std::string readable;
    if (!utf8::valid(text)) {
        while (!text.empty()) {
            const auto size = utf8::sequence(text);
            if (size == 0)
                readable += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
            else
                readable += text.substr(0, size);
            text.remove_prefix(std::max<std::size_t>(size, 1));
        }
        text = readable;
    }
    return json::serialize(json::value(json::string_view(text.data(), text.size())));
}

namespace {

// Appends `,"name":value` pairs; empty values are left out.
class Fields {
public:
    Fields() : text_(R"({"v":1)") {}
    Fields& number(std::string_view name, std::uint64_t value) {
        fmt::format_to(std::back_inserter(text_), ",\"{}\":{}", name, value);
        return *this;
    }
    Fields& text(std::string_view name, std::string_view value) {
        if (!value.empty())
            fmt::format_to(std::back_inserter(text_), ",\"{}\":{}", name, json_string(value));
        return *this;
    }
    Fields& moment(std::string_view name, std::optional<Instant> value) {
        if (value)
            fmt::format_to(std::back_inserter(text_), ",\"{}\":\"{}\"", name, rfc3339(*value));
        return *this;
    }
    Fields& seq(std::string_view name, std::optional<Seq> value) {
        return value ? number(name, value->value()) : *this;
    }
    Fields& raw(std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(text_), ",\"{}\":{}", name, value);
        return *this;
    }
    Fields& flag(std::string_view name, bool value) { return value ? raw(name, "true") : *this; }
    Fields& bytes(std::uint64_t size, const Digest& sha256) {
        return raw("raw", fmt::format(R"({{"size":{},"sha256":"{}"}})", size, hex(sha256)));
    }
    std::string done() { return std::move(text_) + "}"; }

private:
    std::string text_;
};

// Reads what Fields wrote; what is missing has its default, what is of another type makes ok()
// false.
class Read {
public:
    explicit Read(std::string_view text) {
        boost::system::error_code error;
        json::parse_options options;
        options.max_depth = 64;
        value_ = json::parse(
            json::string_view(text.data(), text.size()), error, json::storage_ptr(), options);
        ok_ = !error && value_.is_object();
    }
    bool ok() const { return ok_; }
    std::string text(std::string_view name) {
        const auto* found = find(name);
        if (found == nullptr) return {};
        if (!found->is_string()) return bad<std::string>();
        return std::string(found->as_string());
    }
    std::uint64_t number(std::string_view name) {
        const auto* found = find(name);
        if (found == nullptr) return 0;
        if (found->is_int64() && found->as_int64() >= 0)
            return static_cast<std::uint64_t>(found->as_int64());
        if (found->is_uint64()) return found->as_uint64();
        return bad<std::uint64_t>();
    }
    std::optional<Seq> seq(std::string_view name) {
        return find(name) == nullptr ? std::nullopt : std::optional(Seq(number(name)));
    }
    std::optional<Instant> moment(std::string_view name) {
        const auto value = text(name);
        if (value.empty()) return std::nullopt;
        const auto parsed = parse_rfc3339(value);
        if (!parsed) ok_ = false;
        return parsed;
    }
    bool flag(std::string_view name) {
        const auto* found = find(name);
        return found != nullptr && found->is_bool() && found->as_bool();
    }
    void bytes(std::uint64_t& size, Digest& sha256) {
        const auto* raw = find("raw");
        if (raw == nullptr || !raw->is_object()) return void(ok_ = false);
        const auto *length = raw->as_object().if_contains("size"),
                   *hash = raw->as_object().if_contains("sha256");
        if (length == nullptr || !length->is_int64() || hash == nullptr || !hash->is_string())
            return void(ok_ = false);
        size = static_cast<std::uint64_t>(length->as_int64());
        const auto binary =
            unhex(std::string_view(hash->as_string().data(), hash->as_string().size()));
        const auto digest = binary ? as_digest(*binary) : std::nullopt;
        if (!digest) return void(ok_ = false);
        sha256 = *digest;
    }
    const json::value* find(std::string_view name) const {
        return ok_ ? value_.as_object().if_contains(json::string_view(name.data(), name.size()))
                   : nullptr;
    }

private:
    template <class T>
    T bad() {
        ok_ = false;
        return {};
    }
    json::value value_;
    bool ok_ = false;
};

auto unreadable(const char* what) {
    return fail(Errc::corrupt, std::string("a descriptor that is no ") + what);
}

}  // namespace

std::string write(const ItemDescriptor& item) {
    return Fields()
        .number("context", item.context.value())
        .text("key", item.key)
        .number("dialect", static_cast<std::uint64_t>(item.dialect))
        .number("position", item.position)
        .text("member", item.member)
        .text("folder", item.folder)
        .text("flags", item.flags)
        .text("envelope", item.envelope)
        .moment("received", item.received)
        .moment("captured", item.captured)
        .seq("of", item.of)
        .bytes(item.raw_size, item.raw_sha256)
        .done();
}

Result<ItemDescriptor> read_item(std::string_view descriptor) {
    Read in(descriptor);
    ItemDescriptor item{.context = Seq(in.number("context")),
                        .key = in.text("key"),
                        .dialect = static_cast<model::Dialect>(in.number("dialect")),
                        .position = in.number("position")};
    item.member = in.text("member");
    item.folder = in.text("folder");
    item.flags = in.text("flags");
    item.envelope = in.text("envelope");
    item.received = in.moment("received");
    item.captured = in.moment("captured").value_or(Instant{});
    item.of = in.seq("of");
    in.bytes(item.raw_size, item.raw_sha256);
    if (!in.ok()) return unreadable("captured item");
    return item;
}

std::string write(const FileDescriptor& file) {
    return Fields()
        .number("context", file.context.value())
        .text("path", file.path)
        .moment("modified", file.modified)
        .moment("captured", file.captured)
        .seq("of", file.of)
        .bytes(file.size, file.sha256)
        .done();
}

Result<FileDescriptor> read_file_descriptor(std::string_view descriptor) {
    Read in(descriptor);
    FileDescriptor file{.context = Seq(in.number("context")), .path = in.text("path")};
    file.modified = in.moment("modified");
    file.captured = in.moment("captured").value_or(Instant{});
    file.of = in.seq("of");
    in.bytes(file.size, file.sha256);
    if (!in.ok()) return unreadable("file");
    return file;
}

std::string write(const ContextDescriptor& context) {
    return Fields()
        .text("source", context.source)
        .text("title", context.title)
        .text("channel", model::name(context.channel))
        .text("input", context.input)
        .raw("facts", context.facts.empty() ? "{}" : context.facts)
        .text("build", context.build)
        .text("host", context.host)
        .done();
}

Result<ContextDescriptor> read_context(std::string_view descriptor) {
    Read in(descriptor);
    ContextDescriptor context{
        .source = in.text("source"), .title = in.text("title"), .input = in.text("input")};
    if (const auto channel = model::channel_named(in.text("channel"))) context.channel = *channel;
    context.build = in.text("build");
    context.host = in.text("host");
    const auto* facts = in.find("facts");
    if (!in.ok() || facts == nullptr || !facts->is_object()) return unreadable("source context");
    context.facts = json::serialize(*facts);
    return context;
}

std::string write(const BooksDescriptor& books) {
    Fields fields;
    fields.seq("run", books.run)
        .text("source", books.source)
        .number("seen", books.seen)
        .number("stored", books.stored)
        .number("duplicates", books.duplicates);
    fields.number("refused", books.refused)
        .number("pending", books.pending)
        .number("marked", books.marked)
        .number("files", books.files)
        .flag("finished", books.finished);
    if (!books.refusals.empty()) {
        json::array list;
        for (const auto& refusal : books.refusals)
            list.push_back(json::array{refusal.item, refusal.reason});
        fields.raw("refusals", json::serialize(list));
    }
    const auto numbers = [&](const char* name, const std::vector<Seq>& seqs) {
        if (seqs.empty()) return;
        json::array list;
        for (const auto seq : seqs) list.push_back(seq.value());
        fields.raw(name, json::serialize(list));
    };
    numbers("settles", books.settles);
    numbers("contexts", books.contexts);
    numbers("goes_on", books.goes_on);
    return fields.done();
}

Result<BooksDescriptor> read_books(std::string_view descriptor) {
    Read in(descriptor);
    BooksDescriptor books{.run = in.seq("run"),
                          .source = in.text("source"),
                          .seen = in.number("seen"),
                          .stored = in.number("stored"),
                          .duplicates = in.number("duplicates")};
    books.refused = in.number("refused");
    books.pending = in.number("pending");
    books.marked = in.number("marked");
    books.files = in.number("files");
    books.finished = in.flag("finished");
    if (const auto* list = in.find("refusals"); list != nullptr && list->is_array()) {
        for (const auto& pair : list->as_array()) {
            if (!pair.is_array() || pair.as_array().size() != 2 ||
                !pair.as_array()[0].is_string() || !pair.as_array()[1].is_string())
                return unreadable("books");
            books.refusals.push_back({std::string(pair.as_array()[0].as_string()),
                                      std::string(pair.as_array()[1].as_string())});
        }
    }
    const auto numbers = [&](const char* name, std::vector<Seq>& seqs) {
        const auto* list = in.find(name);
        if (list == nullptr || !list->is_array()) return true;
        for (const auto& one : list->as_array()) {
            if (!one.is_number()) return false;
            boost::system::error_code error;
            seqs.emplace_back(one.to_number<std::uint64_t>(error));
            if (error) return false;
        }
        return true;
    };
    if (!numbers("settles", books.settles) || !numbers("contexts", books.contexts) ||
        !numbers("goes_on", books.goes_on))
        return unreadable("books");
    if (!in.ok()) return unreadable("books");
    return books;
}

std::string write(const TagDescriptor& tag) {
    return Fields()
        .number("message", tag.message.value())
        .text("tag", tag.tag)
        .text("by", tag.by)
        .raw("on", tag.on ? "true" : "false")
        .done();
}

Result<TagDescriptor> read_tag(std::string_view descriptor) {
    Read in(descriptor);
    TagDescriptor tag{.message = Seq(in.number("message")),
                      .tag = in.text("tag"),
                      .by = in.text("by"),
                      .on = in.flag("on")};
    if (!in.ok() || tag.tag.empty()) return unreadable("tag");
    return tag;
}

std::string write(const DerivedDescriptor& derived) {
    return Fields()
        .number("of", derived.of.value())
        .seq("shown_in", derived.shown_in)
        .text("locator", derived.locator)
        .text("tool", derived.tool)
        .text("version", derived.version)
        .text("problem", derived.problem)
        .flag("degraded", derived.degraded)
        .done();
}

Result<DerivedDescriptor> read_derived(std::string_view descriptor) {
    Read in(descriptor);
    DerivedDescriptor derived{.of = Seq(in.number("of")),
                              .locator = in.text("locator"),
                              .tool = in.text("tool"),
                              .version = in.text("version"),
                              .problem = in.text("problem")};
    derived.degraded = in.flag("degraded");
    derived.shown_in = in.seq("shown_in");
    if (!in.ok()) return unreadable("derived text");
    return derived;
}

namespace {

std::string list_of(std::span<const Seq> ids) {
    std::string list = "[";
    for (const auto id : ids) {
        if (list.size() > 1) list += ',';
        list += std::to_string(id.value());
    }
    return list + "]";
}

Fields by(const Accessor& who) {
    Fields fields;
    fields.text("who", who.name)
        .text("user", who.user)
        .text("peer", who.peer)
        .text("token", who.token);
    return fields;
}

}  // namespace

std::string search_descriptor(std::string_view who, std::string_view query, std::uint64_t total) {
    return search_descriptor(Accessor{.name = who}, query, total);
}

std::string open_descriptor(std::string_view who, std::string_view what, std::span<const Seq> ids) {
    return open_descriptor(Accessor{.name = who}, what, ids);
}

std::string search_descriptor(const Accessor& who,
                              std::string_view query,
                              std::uint64_t total,
                              std::span<const Seq> shown) {
    auto fields = by(who);
    fields.text("query", query).number("total", total);
    if (!shown.empty()) fields.raw("ids", list_of(shown));
    return fields.done();
}

std::string open_descriptor(const Accessor& who, std::string_view what, std::span<const Seq> ids) {
    return by(who).text("what", what).raw("ids", list_of(ids)).done();
}

std::string write(std::string_view who, std::span<const RebuiltLog> logs) {
    std::string list = "[";
    for (const auto& log : logs) {
        if (list.size() > 1) list += ',';
        list += fmt::format(R"({{"log":{},"records":{},"before":"{}")",
                            json_string(log.name),
                            log.records,
                            log.before    ? "valid"
                            : log.damaged ? "damaged"
                                          : "missing");
        if (log.before)
            list +=
                fmt::format(R"(,"size":{},"root":"{}")", log.before->size, hex(log.before->root));
        list += '}';
    }
    return Fields().text("who", who).raw("logs", list + "]").done();
}

}  // namespace letopis::app
