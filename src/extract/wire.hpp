// SPDX-License-Identifier: AGPL-3.0-or-later
// What goes through the pipes of letopis-parse. Not a stored format; both ends are one release.
//   frame    u32le length | that many bytes
//   request  u8 kind | kind 1 (parse): varint count, then per job u8 dialect, text context, text
//   raw
//                    | kind 2 (part):  one job, then text locator
//                    | kind 3 (display): one job
//   answer   u8 kind | kind 1: varint count, then per job text model::encode
//                    | kind 2: u8 ok, then text bytes (ok = 1) or u8 Errc and text what (ok = 0)
//                    | kind 3: u8 ok, then text html, varints remote images, links, dropped
//                    elements, u8 cut (ok = 1), or u8 Errc and text what (ok = 0)
// A message whose text is a slice of its raw bytes comes back without the text: the client has it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "extract/parse.hpp"

namespace letopis::extract {

enum class Ask : std::uint8_t { parse = 1, part = 2, display = 3 };

constexpr std::size_t batch_jobs_max = 256;
constexpr std::size_t batch_bytes_max = std::size_t(8) << 20;
// A request holds one item of the greatest size at most; an answer, its expanded text.
constexpr std::uint32_t request_bytes_max = (256u << 20) + (16u << 20);
constexpr std::uint32_t answer_bytes_max = 512u << 20;

inline void put_frame_length(std::string& frame) {
    const auto length = static_cast<std::uint32_t>(frame.size() - 4);
    for (int i = 0; i < 4; ++i)
        frame[static_cast<std::size_t>(i)] = static_cast<char>(length >> (8 * i));
}

inline void put_job(Writer& writer,
                    model::Dialect dialect,
                    std::string_view context,
                    std::string_view raw) {
    writer.u8(static_cast<std::uint8_t>(dialect));
    writer.text(context);
    writer.text(raw);
}

inline void put_display(Writer& writer, const model::Display& display) {
    writer.text(display.html);
    writer.varint(display.remote_images);
    writer.varint(display.links);
    writer.varint(display.dropped_elements);
    writer.u8(display.cut ? 1 : 0);
}

inline model::Display get_display(Reader& reader) {
    model::Display display;
    display.html = std::string(reader.text());
    display.remote_images = reader.varint();
    display.links = reader.varint();
    display.dropped_elements = reader.varint();
    display.cut = reader.u8() != 0;
    return display;
}

// False when there is no such dialect.
inline bool dialect_of(std::uint8_t number, model::Dialect& dialect) {
    if (number < 1 || number > static_cast<std::uint8_t>(model::Dialect::letopis_csv)) return false;
    dialect = static_cast<model::Dialect>(number);
    return true;
}

inline bool get_job(Reader& reader, Job& job) {
    const auto dialect = reader.u8();
    job.context = std::string(reader.text());
    job.raw = std::string(reader.text());
    return reader.ok() && dialect_of(dialect, job.dialect);
}

// The text that a slice stands for.
inline std::string slice_text(std::string_view raw, const model::Slice& slice) {
    if (slice.offset > raw.size() || slice.length > raw.size() - slice.offset) return {};
    const auto piece = raw.substr(slice.offset, slice.length);
    std::string out;
    out.reserve(piece.size());
    for (std::size_t at = 0; at < piece.size();) {
        const auto cr = piece.find('\r', at);
        if (cr == piece.npos) {
            out.append(piece.substr(at));
            break;
        }
        out.append(piece.substr(at, cr - at));
        if (cr + 1 >= piece.size() || piece[cr + 1] != '\n') out.push_back('\r');
        at = cr + 1;
    }
    return out;
}

}  // namespace letopis::extract
