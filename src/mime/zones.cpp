// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/zones.hpp"

#include <algorithm>

#include "mime/zone_lines.hpp"

namespace letopis::mime {
namespace {

using model::Zone;
using model::ZoneKind;

constexpr std::size_t attribution_lines_max = 4;
constexpr std::size_t header_lines_max = 12;
constexpr std::size_t signature_lines_max = 15;
constexpr std::size_t closing_lines_max = 9;

// What each line is, then runs of equal kinds. `fresh` is what nothing else claimed.
enum class Kind : std::uint8_t {
    fresh,
    quote,
    quote_header,
    signature,
    forward_header,
    disclaimer
};

class Finder {
public:
    explicit Finder(std::string_view text) : lines_(lines_of(text)) {
        kinds_.assign(lines_.size(), Kind::fresh);
    }

    std::vector<Zone> run(std::string_view text) {
        quotes();
        headers();
        signatures();
        disclaimers();
        fill_gaps();
        return zones(text);
    }

private:
    std::size_t count() const { return lines_.size(); }
    bool blank(std::size_t i) const { return lines_[i].text.empty(); }
    bool fresh(std::size_t i) const { return kinds_[i] == Kind::fresh; }
    void set(std::size_t begin, std::size_t end, Kind kind) {
        for (; begin < end; ++begin) kinds_[begin] = kind;
    }
    std::size_t next_text(std::size_t i) const {
        while (i < count() && blank(i)) ++i;
        return i;
    }

    void quotes() {
        for (std::size_t i = 0; i < count(); ++i)
            if (is_quote(lines_[i].text)) kinds_[i] = Kind::quote;
    }

    // Attributions, separators and header blocks, and what they make of the text below.
    void headers() {
        for (std::size_t i = 0; i < count(); ++i) {
            if (blank(i) || kinds_[i] != Kind::fresh) continue;
            if (const auto end = separator(i); end > i) {
                i = end - 1;
                continue;
            }
            if (const auto end = header_block(i); end > i) {
                set(i, end, Kind::quote_header);
                set(end, count(), Kind::quote);
                return;
            }
            if (const auto begin = attribution(i); begin <= i) {
                set(begin, i + 1, Kind::quote_header);
                if (quotes_follow(i)) continue;
                set(i + 1, count(), Kind::quote);
                return;
            }
        }
    }

    // "-----Original Message-----" and its header; everything after it is somebody else's text.
    // Returns the line after it, or `i`.
    std::size_t separator(std::size_t i) {
        const auto what = separator_kind(lines_[i].text);
        if (what == Separator::none) return i;
        const auto below = next_text(i + 1);
        const auto end = header_block(below);
        if (what == Separator::rule && end <= below) return i;
        const auto kind = what == Separator::forward ? Kind::forward_header : Kind::quote_header;
        set(i, std::max(i + 1, end > below ? end : i + 1), kind);
        const auto body = end > below ? end : i + 1;
        set(body, count(), Kind::quote);
        return count();
    }

    // "From: … / Sent: … / To: … / Subject: …", at least three of them (or two with a From).
    std::size_t header_block(std::size_t i) const {
        std::size_t known = 0, at = i;
        bool from_first = false;
        for (; at < count() && at - i < header_lines_max && !blank(at); ++at) {
            const auto field = header_field(lines_[at].text);
            if (field == HeaderField::none) {
                // A long list of recipients goes on over lines.
                if (known == 0 || at - i > known + 4) break;
                if (!lines_[at].indented && lines_[at].text.find('@') == std::string_view::npos)
                    break;
                continue;
            }
            if (at == i && field != HeaderField::from && field != HeaderField::date) return i;
            if (field == HeaderField::from) from_first = true;
            ++known;
        }
        return known >= 3 || (known >= 2 && from_first) ? at : i;
    }

    // The first line of an attribution that ends at line i; i + 1 when there is none.
    std::size_t attribution(std::size_t i) const {
        if (!ends_attribution(lines_[i].text)) return i + 1;
        for (std::size_t back = 0; back < attribution_lines_max && back <= i; ++back) {
            const auto at = i - back;
            if (blank(at) || kinds_[at] != Kind::fresh) break;
            if (begins_attribution(lines_[at].text)) return at;
        }
        return names_writer(lines_[i].text) ? i : i + 1;
    }

    bool quotes_follow(std::size_t i) const {
        const auto at = next_text(i + 1);
        return at < count() && kinds_[at] == Kind::quote;
    }

    // Each run of fresh lines may end in a signature.
    void signatures() {
        for (std::size_t i = 0; i < count();) {
            if (!fresh(i)) {
                ++i;
                continue;
            }
            std::size_t end = i;
            while (end < count() && fresh(end)) ++end;
            signature_in(i, end);
            i = end;
        }
    }

    void signature_in(std::size_t begin, std::size_t end) {
        while (end > begin && blank(end - 1)) --end;
        std::size_t lines_seen = 0;
        std::size_t best = end;
        for (std::size_t i = end; i-- > begin;) {
            if (blank(i)) continue;
            ++lines_seen;
            const auto what = signature_mark(lines_[i].text, lines_[i].dashes);
            if (what == SignatureMark::dashes && lines_seen <= signature_lines_max * 2) best = i;
            if (lines_seen > signature_lines_max) continue;
            if (what == SignatureMark::list_rule) best = i;
            if (what == SignatureMark::device && i >= begin) best = std::min(best, i);
            if (what == SignatureMark::closing && lines_seen <= closing_lines_max &&
                short_lines(i + 1, best == end ? end : best))
                best = std::min(best, i);
            if (lines_seen > signature_lines_max * 2) break;
        }
        if (best == end) best = contact_block(begin, end);
        set(best, end, Kind::signature);
    }

    // The last paragraph, when it is a name and how to reach its owner; `end` otherwise. A ruler
    // may set it off, and then it may have blank lines.
    std::size_t contact_block(std::size_t begin, std::size_t end) const {
        std::size_t lines_seen = 0, contacts = 0, paragraph = end;
        for (std::size_t i = end; i-- > begin && lines_seen < signature_lines_max;) {
            if (blank(i)) {
                if (paragraph == end) paragraph = i + 1;
                continue;
            }
            ++lines_seen;
            if (letters(lines_[i].text) > 60) break;
            if (is_ruler(lines_[i].text) && contacts > 0 && i > begin) return i;
            if (is_contact(lines_[i].text)) ++contacts;
        }
        if (paragraph == end || paragraph == begin || end - paragraph < 2) return end;
        if (!short_lines(paragraph, end) || !is_name(lines_[paragraph].text)) return end;
        const bool reachable = std::any_of(lines_.begin() + static_cast<std::ptrdiff_t>(paragraph),
                                           lines_.begin() + static_cast<std::ptrdiff_t>(end),
                                           [](const Line& line) { return is_contact(line.text); });
        return reachable ? paragraph : end;
    }

    // Names, posts and telephones stand in short lines; prose does not.
    bool short_lines(std::size_t begin, std::size_t end) const {
        for (std::size_t i = begin; i < end; ++i)
            if (letters(lines_[i].text) > 75) return false;
        return true;
    }

    // Paragraphs in the words of lawyers, wherever they stand outside of quotations.
    void disclaimers() {
        for (std::size_t i = 0; i < count();) {
            if (blank(i) || kinds_[i] == Kind::quote) {
                ++i;
                continue;
            }
            std::size_t end = i, bytes = 0;
            while (end < count() && !blank(end) && kinds_[end] != Kind::quote)
                bytes += lines_[end++].text.size();
            if (bytes >= 120 && is_disclaimer(lines_, i, end)) set(i, end, Kind::disclaimer);
            i = end;
        }
    }

    // Blank lines belong to what surrounds them.
    void fill_gaps() {
        for (std::size_t i = 0; i < count();) {
            if (!blank(i) || !fresh(i)) {
                ++i;
                continue;
            }
            std::size_t end = i;
            while (end < count() && blank(end) && fresh(end)) ++end;
            const bool between = i > 0 && end < count() && kinds_[i - 1] == kinds_[end];
            const bool after_header =
                i > 0 && end < count() && kinds_[end] == Kind::quote &&
                (kinds_[i - 1] == Kind::quote_header || kinds_[i - 1] == Kind::forward_header);
            if (between || after_header) set(i, end, kinds_[end]);
            i = end;
        }
    }

    std::vector<Zone> zones(std::string_view text) const {
        std::vector<Zone> out;
        for (std::size_t i = 0; i < count();) {
            std::size_t end = i;
            while (end < count() && kinds_[end] == kinds_[i]) ++end;
            if (kinds_[i] != Kind::fresh)
                out.push_back(
                    {static_cast<ZoneKind>(kinds_[i]),
                     static_cast<std::uint32_t>(lines_[i].begin),
                     static_cast<std::uint32_t>(end < count() ? lines_[end].begin : text.size())});
            i = end;
        }
        return out;
    }

    std::vector<Line> lines_;
    std::vector<Kind> kinds_;
};

static_assert(static_cast<int>(Kind::quote) == static_cast<int>(ZoneKind::quote));
static_assert(static_cast<int>(Kind::disclaimer) == static_cast<int>(ZoneKind::disclaimer));

}  // namespace

std::vector<Zone> find_zones(std::string_view text) {
    if (text.empty() || text.size() > 0xFFFFFFFFu) return {};
    return Finder(text).run(text);
}

}  // namespace letopis::mime
