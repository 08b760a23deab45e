// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/tree.hpp"

#include <gmime/gmime.h>

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "mime/ascii.hpp"

namespace letopis::mime {
namespace {

struct Unref {
    void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, Unref>;

void initialise() {
    static std::once_flag once;
    std::call_once(once, [] { g_mime_init(); });
}

}  // namespace

// One parsed run of bytes: GMime's objects hold the header texts that our views point into.
struct Tree::Owned {
    struct Entity {
        std::string bytes;  // empty for the caller's own bytes
        std::string_view view;
        GByteArray array{};
        Object<GMimeStream> stream;
        Object<GMimeObject> root;
    };
    std::deque<Entity> entities;

    Entity& parse(std::string_view view) {
        initialise();
        auto& entity = entities.emplace_back();
        entity.view = view;
        read(entity);
        return entity;
    }
    Entity& parse_own(std::string bytes) {
        initialise();
        auto& entity = entities.emplace_back();
        entity.bytes = std::move(bytes);
        entity.view = entity.bytes;
        read(entity);
        return entity;
    }

private:
    // GMime reads the bytes where they are; the array only refers to them and owns nothing.
    static void read(Entity& entity) {
        entity.array.data =
            const_cast<guint8*>(reinterpret_cast<const guint8*>(entity.view.data()));
        entity.array.len = static_cast<guint>(entity.view.size());
        entity.stream.reset(g_mime_stream_mem_new_with_byte_array(&entity.array));
        g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(entity.stream.get()), FALSE);
        Object<GMimeParser> parser(g_mime_parser_new_with_stream(entity.stream.get()));
        entity.root.reset(g_mime_parser_construct_part(parser.get(), nullptr));
    }
};

// Walks GMime's tree with a list of its own instead of the call stack.
struct Tree::Builder {
    Tree& tree;
    std::string_view view;
    struct Pending {
        GMimeObject* object;
        GMimeMessage* message;  // whose headers belong to this part too, or null
        int parent;
    };
    std::vector<Pending> pending;

    void run() {
        while (!pending.empty()) {
            const auto next = pending.back();
            pending.pop_back();
            if (tree.parts_.size() >= parts_max) {
                tree.too_many_ = true;
                return;
            }
            add(next);
        }
    }

    void add(const Pending& next) {
        Part part;
        part.parent = next.parent;
        part.depth = next.parent < 0 ? 0 : tree[next.parent].depth + 1;
        if (part.depth > depth_max) {
            tree.too_deep_ = true;
            return;
        }
        if (next.message) fields_of(GMIME_OBJECT(next.message), part);
        fields_of(next.object, part);
        std::stable_sort(part.fields.begin(), part.fields.end(), [](auto& a, auto& b) {
            return a.offset < b.offset;
        });
        check_gaps(part);
        read_type(part, next.object);
        const int index = static_cast<int>(tree.parts_.size());
        tree.parts_.push_back(std::move(part));
        if (next.parent >= 0)
            tree.parts_[static_cast<std::size_t>(next.parent)].children.push_back(index);
        set_locator(index);
        if (GMIME_IS_MULTIPART(next.object))
            add_multipart(index, GMIME_MULTIPART(next.object));
        else if (GMIME_IS_MESSAGE_PART(next.object))
            add_message(index, GMIME_MESSAGE_PART(next.object));
        else if (GMIME_IS_PART(next.object))
            add_leaf(index, GMIME_PART(next.object));
    }

    void fields_of(GMimeObject* object, Part& part) const {
        auto* list = g_mime_object_get_header_list(object);
        const int count = g_mime_header_list_get_count(list);
        part.fields.reserve(part.fields.size() + static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i) {
            auto* header = g_mime_header_list_get_header_at(list, i);
            const char* name = g_mime_header_get_raw_name(header);
            const char* value = g_mime_header_get_raw_value(header);
            const auto offset = g_mime_header_get_offset(header);
            if (!name || !value || offset < 0) continue;
            part.fields.push_back({trim(name), value, static_cast<std::size_t>(offset)});
        }
    }

    // Lines that are no fields are skipped by GMime: the fields then do not follow one another.
    void check_gaps(const Part& part) const {
        for (std::size_t i = 1; i < part.fields.size(); ++i) {
            const auto& before = part.fields[i - 1];
            const auto from = before.offset + before.name.size() + before.value.size();
            // Name, colon and perhaps a blank before it; anything longer was a line of its own.
            if (part.fields[i].offset > from + 4) tree.bad_header_ = true;
        }
    }

    static void read_type(Part& part, GMimeObject* object) {
        std::string_view type;
        for (const auto& field : part.fields)
            if (equal_nocase(field.name, "Content-Type")) type = field.value;  // GMime: the last
        part.has_type = !trim(type).empty();
        if (part.has_type) part.type = parse_parameters(type);
        if (part.type.value.find('/') == std::string::npos)
            part.type.value = GMIME_IS_MESSAGE_PART(object) ? "message/rfc822" : "text/plain";
        if (const auto value = part.field("Content-Disposition"); !value.empty())
            part.disposition = parse_parameters(value);
        part.transfer = transfer_named(part.field("Content-Transfer-Encoding"));
    }

    // IMAP's numbering: a multipart inside of a message part shares the number of that part.
    void set_locator(int index) const {
        auto& part = tree.parts_[static_cast<std::size_t>(index)];
        if (part.parent < 0) return;
        const auto& parent = tree[part.parent];
        if (parent.kind == PartKind::message) {
            part.locator = parent.locator;  // add_leaf appends ".1"
            return;
        }
        if (!parent.locator.empty()) part.locator = parent.locator + ".";
        part.locator += std::to_string(parent.children.size());
    }

    void add_multipart(int index, GMimeMultipart* multipart) {
        auto& part = tree.parts_[static_cast<std::size_t>(index)];
        const int count = g_mime_multipart_get_count(multipart);
        if (const char* epilogue = g_mime_multipart_get_epilogue(multipart))
            part.epilogue = epilogue;
        if (count == 0) {  // no boundary was ever found: the text is there all the same
            const char* prologue = g_mime_multipart_get_prologue(multipart);
            part.content = prologue ? prologue : "";
            leaf_locator(part);
            part.type.value = "text/plain";
            part.without_parts = true;
            part.has_type = false;
            return;
        }
        part.kind = PartKind::multipart;
        for (int i = count; i-- > 0;)
            pending.push_back({g_mime_multipart_get_part(multipart, i), nullptr, index});
    }

    void add_message(int index, GMimeMessagePart* holder) {
        auto& part = tree.parts_[static_cast<std::size_t>(index)];
        part.kind = PartKind::message;
        leaf_locator(part);
        auto* message = g_mime_message_part_get_message(holder);
        if (!message) return;
        if (auto* inner = g_mime_message_get_mime_part(message))
            pending.push_back({inner, message, index});
    }

    void add_leaf(int index, GMimePart* leaf) {
        auto& part = tree.parts_[static_cast<std::size_t>(index)];
        leaf_locator(part);
        auto* content = g_mime_part_get_content(leaf);
        auto* stream = content ? g_mime_data_wrapper_get_stream(content) : nullptr;
        if (!stream || stream->bound_start < 0) return;
        const auto begin = std::min(static_cast<std::size_t>(stream->bound_start), view.size());
        const auto end = stream->bound_end < 0
                             ? view.size()
                             : std::min(static_cast<std::size_t>(stream->bound_end), view.size());
        if (end > begin) part.content = view.substr(begin, end - begin);
        if (part.transfer == Transfer::base64 && !looks_like_base64(part.content)) {
            part.transfer = Transfer::identity;
            tree.bad_header_ = true;
        }
    }

    void leaf_locator(Part& part) const {
        if (part.parent < 0)
            part.locator = "1";
        else if (tree[part.parent].kind == PartKind::message)
            part.locator += ".1";
    }
};

namespace {

// The boundaries that could end this part: those of the multiparts around it.
std::unordered_set<std::string_view> boundaries_around(const std::vector<Part>& parts, int index) {
    std::unordered_set<std::string_view> out;
    for (int at = parts[static_cast<std::size_t>(index)].parent; at >= 0;
         at = parts[static_cast<std::size_t>(at)].parent)
        if (const auto boundary = parts[static_cast<std::size_t>(at)].type["boundary"];
            !boundary.empty())
            out.insert(boundary);
    return out;
}

// Where the first line of these boundaries begins at or after `from`, without the line end before.
std::size_t end_before_boundary(std::string_view bytes,
                                std::size_t from,
                                const std::unordered_set<std::string_view>& boundaries) {
    if (boundaries.empty()) return bytes.size();
    for (std::size_t at = from; (at = bytes.find("\n--", at)) != bytes.npos; ++at) {
        const auto stop = std::min(bytes.find('\n', at + 1), bytes.size());
        auto line = trim(bytes.substr(at + 3, stop - at - 3));
        if (!boundaries.contains(line) && line.ends_with("--")) line.remove_suffix(2);
        if (!boundaries.contains(line)) continue;
        return at > from && bytes[at - 1] == '\r' ? at - 1 : at;
    }
    return bytes.size();
}

}  // namespace

std::string_view Part::field(std::string_view name) const {
    for (const auto& one : fields)
        if (equal_nocase(one.name, name)) return one.value;
    return {};
}

std::size_t Part::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(
        fields.begin(), fields.end(), [&](auto& one) { return equal_nocase(one.name, name); }));
}

Tree::Tree() : owned_(std::make_unique<Owned>()) {}
Tree::~Tree() = default;
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree&&) noexcept = default;

namespace {

// GMime does not say where an attached message begins and ends; its first header and the next
// boundary of the parts around it do.
void find_messages(std::vector<Part>& parts, std::size_t first, std::string_view bytes) {
    std::vector<std::size_t> ends(parts.size(), 0);  // the furthest byte known to be inside
    for (std::size_t i = parts.size(); i-- > first;) {
        auto& part = parts[i];
        const char* const data = part.content.data();
        if (part.kind == PartKind::leaf && !part.content.empty() && data >= bytes.data() &&
            data < bytes.data() + bytes.size())
            ends[i] = static_cast<std::size_t>(data - bytes.data()) + part.content.size();
        if (part.kind == PartKind::message && !part.children.empty()) {
            const auto& inner = parts[static_cast<std::size_t>(part.children[0])];
            auto begin = inner.fields.empty() ? ends[i] : inner.fields.front().offset;
            if (inner.fields.empty() && inner.kind == PartKind::leaf)
                begin = ends[i] - std::min(ends[i], inner.content.size());
            const auto around = boundaries_around(parts, static_cast<int>(i));
            const auto end = end_before_boundary(bytes, std::max(begin, ends[i]), around);
            if (begin <= end && end <= bytes.size())
                part.content = bytes.substr(begin, end - begin);
            ends[i] = std::max(ends[i], end);
        }
        if (part.parent >= static_cast<int>(first)) {
            auto& up = ends[static_cast<std::size_t>(part.parent)];
            up = std::max(up, ends[i]);
        }
    }
}

}  // namespace

Tree Tree::build(std::string_view bytes) {
    Tree tree;
    auto& entity = tree.owned_->parse(bytes);
    if (!entity.root) return tree;
    Builder builder{tree, bytes, {}};
    builder.pending.push_back({entity.root.get(), nullptr, -1});
    builder.run();
    find_messages(tree.parts_, 0, bytes);
    return tree;
}

void Tree::adopt(int parent, std::string bytes, PartKind kind) {
    auto& entity = owned_->parse_own(std::move(bytes));
    if (!entity.root) return;
    const auto first = parts_.size();
    parts_[static_cast<std::size_t>(parent)].kind = kind;
    Builder builder{*this, entity.view, {}};
    builder.pending.push_back({entity.root.get(), nullptr, parent});
    builder.run();
    find_messages(parts_, first, entity.view);
}

void preload_tree() {
    Tree::build(
        "Content-Type: multipart/mixed; boundary=x\nSubject: =?koi8-r?B?8NI=?=\n\n--x\n"
        "Content-Type: message/rfc822\n\nFrom: a@b.c\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n\n"
        "--x\nContent-Disposition: attachment; filename*=koi8-r''%F0\n\n.\n--x--\n");
}

}  // namespace letopis::mime
