// SPDX-License-Identifier: AGPL-3.0-or-later
// The parts of one mail as a flat list, made by GMime and read by us: GMime finds the parts, this
// folder reads headers, charsets and texts itself. Nothing here recurses.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mime/transfer.hpp"
#include "mime/words.hpp"

namespace letopis::mime {

constexpr int depth_max = 50;
constexpr std::size_t parts_max = 1000;

struct Field {
    std::string_view name;
    std::string_view value;  // raw: folded, not decoded
    std::size_t offset = 0;  // of the name, in the bytes that were parsed
};

enum class PartKind { leaf, multipart, message };

struct Part {
    PartKind kind = PartKind::leaf;
    int parent = -1;
    int depth = 0;
    std::vector<int> children;
    std::vector<Field> fields;
    Parameterised type;         // value is lower case, "text/plain" when nothing is said
    Parameterised disposition;  // value empty when there is none
    Transfer transfer = Transfer::identity;
    std::string locator;         // "1.2"; empty for a multipart at the top
    std::string_view content;    // of a leaf: still encoded; of a message: its raw bytes
    std::string_view epilogue;   // of a multipart: what follows its end
    bool has_type = false;       // a Content-Type header stands there
    bool without_parts = false;  // called a multipart, but its boundary was never found
    // The first field of this name (any case), or empty.
    std::string_view field(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    bool type_is(std::string_view prefix) const { return type.value.starts_with(prefix); }
};

// Owns what the views of its parts point into (beside the bytes given to build).
class Tree {
public:
    Tree();
    ~Tree();
    Tree(Tree&&) noexcept;
    Tree& operator=(Tree&&) noexcept;

    // `bytes` must outlive the tree. The first part is the root. Empty when GMime finds no part at
    // all (no header).
    static Tree build(std::string_view bytes);
    // Parses bytes that were found inside a part (decoded, taken out of CMS, or cut at the boundary
    // that was meant) and hangs the result under it. The part becomes `kind`, the tree keeps the
    // bytes.
    void adopt(int parent, std::string bytes, PartKind kind);

    const std::vector<Part>& parts() const { return parts_; }
    const Part& operator[](int index) const { return parts_[static_cast<std::size_t>(index)]; }
    bool too_deep() const { return too_deep_; }
    bool too_many() const { return too_many_; }
    bool bad_header() const { return bad_header_; }

private:
    struct Builder;
    struct Owned;
    std::vector<Part> parts_;
    std::unique_ptr<Owned> owned_;
    bool too_deep_ = false, too_many_ = false, bad_header_ = false;
};

void preload_tree();

}  // namespace letopis::mime
