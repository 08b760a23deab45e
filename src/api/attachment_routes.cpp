// SPDX-License-Identifier: AGPL-3.0-or-later
// Files of messages: taken out as they are, or looked at. What is looked at was drawn or decoded by
// processes without keys; the page never gets the bytes of a file to show.
#include <fmt/format.h>

#include <algorithm>
#include <semaphore>

#include "api/messages.hpp"
#include "app/descriptor.hpp"
#include "app/views.hpp"
#include "base/percent.hpp"
#include "workers/picture.hpp"
#include "workers/workers.hpp"

namespace letopis::api {

using app::json_text;

namespace {

constexpr std::size_t text_bytes_max = 256 * 1024;  // of a text that is shown
constexpr int drawn_at_once = 2;
constexpr auto wait_max = std::chrono::seconds(15);

// RFC 6266: a name in ASCII and the real one.
std::string disposition(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool word = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= 'a' && byte <= 'z') || c == '.' || c == '-' || c == '_';
        if (word || byte < 0x80 || byte >= 0xc0) plain.push_back(word ? c : '_');
    }
    if (plain.empty()) plain = "file";
    return fmt::format(
        "attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, percent_encoded(name));
}

// Drawing takes a processor for as long as its limit: more than a few at once wait.
class Turn {
public:
    static Result<Turn> take() {
        if (!free().try_acquire_for(wait_max))
            return fail(Errc::unavailable, "too many files are being drawn", "Try again soon.");
        return Turn();
    }
    Turn(Turn&& other) noexcept : mine_(std::exchange(other.mine_, false)) {}
    ~Turn() {
        if (mine_) free().release();
    }

private:
    Turn() = default;
    static std::counting_semaphore<drawn_at_once>& free() {
        static std::counting_semaphore<drawn_at_once> one(drawn_at_once);
        return one;
    }
    bool mine_ = true;
};

// One file of a message, found for somebody who may see it.
struct File {
    Seq message{};
    std::uint64_t n = 0;
    catalog::MessageDetail detail;
    const model::Attachment& view() const { return detail.attachments[n].attachment; }
};

Result<File> file_of(app::Find& find, const http::Request& request) {
    TRY(const auto id, message_id(request.parameter("id")));
    TRY(const auto n, message_id(request.parameter("n")));
    TRY_DO(must_see(find, id));
    TRY(const auto original, find.catalog().message(id));
    TRY(auto detail, find.catalog().message(original.current));
    if (n.value() >= detail.attachments.size())
        return fail(Errc::not_found, "there is no such attachment");
    return File{.message = id, .n = n.value(), .detail = std::move(detail)};
}

Result<extract::Job> letter_of(Service& service, Seq message) {
    auto& journal = service.archive().journal();
    TRY(auto record, journal.read(message));
    if (record.erased_by) return fail(Errc::not_found, "the content was erased by law");
    TRY(const auto item, app::read_item(record.descriptor));
    TRY(const auto context_record, journal.read(item.context, journal::Contents::skip));
    TRY(const auto context, app::read_context(context_record.descriptor));
    return extract::Job{
        .dialect = item.dialect, .context = context.facts, .raw = std::move(record.content)};
}

Result<std::unique_ptr<workers::Workers>> reader() {
    TRY(const auto binary, workers::find_letopis_parse());
    return workers::Workers::start(binary, 1);
}

Result<std::string> bytes_of(Service& service, const File& file) {
    auto& journal = service.archive().journal();
    if (const auto stored = file.detail.attachments[file.n].file) {
        TRY(auto record, journal.read(*stored));
        if (record.kind == journal::Kind::file_again) {
            TRY(const auto again, app::read_file_descriptor(record.descriptor));
            if (again.of) {
                TRY(record, journal.read(*again.of));
            }
        }
        return std::move(record.content);
    }
    TRY(const auto letter, letter_of(service, file.detail.seq));
    TRY(auto workers, reader());
    return workers->part(letter, file.view().locator);
}

// In UTF-8, whatever it was written in: read by the parser of letters, as a part of its letter or
// as a letter of its own.
Result<std::string> text_of(Service& service, const File& file) {
    TRY(auto workers, reader());
    extract::Job job;
    const bool alone = file.detail.attachments[file.n].file.has_value();
    if (alone) {
        TRY(const auto bytes, bytes_of(service, file));
        job.raw = "Content-Type: text/plain\n\n" + bytes;
    } else {
        TRY(job, letter_of(service, file.detail.seq));
    }
    TRY(auto messages, workers->parse(std::span(&job, 1)));
    auto& message = messages.front();
    if (alone) return std::move(message.text);
    for (auto& attachment : message.attachments)
        if (attachment.locator == file.view().locator) return std::move(attachment.text);
    return std::string();
}

Result<http::Response> attachment(Service& service, Call& call) {
    TRY(auto find, service.find(call.caller));
    TRY(const auto file, file_of(find, call.request));
    TRY(auto bytes, bytes_of(service, file));
    const auto what = fmt::format("attachment {}", file.n);
    const Seq ids[] = {file.message};
    if (!access::may(call.caller, access::Right::take_out)) {
        TRY_DO(service.note(journal::Kind::denied, call.caller, what, ids));
        return fail(Errc::forbidden, "files may not be taken out with these rights");
    }
    TRY_DO(service.note(journal::Kind::exported, call.caller, what, ids));
    find.give_back();
    return bytes_answer(std::move(bytes), "application/octet-stream", file.view().name);
}

// What there is to see of a file: how many pages, or its text.
Result<json::object> about(Service& service, const File& file, std::string_view kind) {
    json::object seen{{"kind", json_text(kind)}, {"fault", json_text("")}};
    if (kind == "pdf") {
        TRY(const auto bytes, bytes_of(service, file));
        TRY(const auto turn, Turn::take());
        (void)turn;
        TRY(const auto facts, workers::pdf_facts(bytes));
        seen["pages"] = facts.pages;
        seen["pages_shown"] = std::min(facts.pages, workers::pdf_pages_max);
        seen["scripts"] = facts.scripts;
        seen["fault"] = json_text(workers::name(facts.fault));
    } else if (kind == "image") {
        seen["pages"] = 1;
        seen["pages_shown"] = 1;
    } else {
        TRY(auto text, text_of(service, file));
        const bool cut = text.size() > text_bytes_max;
        if (cut) {
            auto end = text_bytes_max;
            while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
            text.resize(end);
        }
        seen["text"] = json_text(text);
        seen["cut"] = cut;
    }
    return seen;
}

Result<workers::Picture> draw(
    Service& service, const File& file, std::string_view kind, std::uint32_t page, int side) {
    TRY(const auto bytes, bytes_of(service, file));
    TRY(const auto turn, Turn::take());
    (void)turn;
    if (kind == "pdf") return workers::pdf_page(bytes, page, side);
    return workers::image(bytes, side);
}

Result<http::Response> preview(Service& service, Call& call) {
    TRY(auto find, service.find(call.caller));
    TRY(const auto file, file_of(find, call.request));
    const auto kind = preview_of(file.view());
    if (kind == "none") return fail(Errc::unsupported, "files of this kind are not shown");
    TRY(const auto page, number_of(call.request, "page", 0, workers::pdf_pages_max));
    const bool small = query_of(call.request, "size") == "small";
    const Seq ids[] = {file.message};
    if (page == 0) {
        TRY(auto seen, about(service, file, kind));
        TRY_DO(service.opened(call.caller, fmt::format("preview {}", file.n), ids));
        find.give_back();
        return json_answer(seen);
    }
    if (kind == "text") return fail(Errc::invalid, "a text has no pages");
    TRY(auto picture,
        draw(service,
             file,
             kind,
             static_cast<std::uint32_t>(page),
             small ? workers::thumbnail_side : workers::picture_side_max));
    if (picture.fault != workers::Fault::none)
        return fail(Errc::unsupported,
                    fmt::format("it cannot be shown: {}", workers::name(picture.fault)));
    TRY_DO(service.opened(call.caller, fmt::format("preview {} page {}", file.n, page), ids));
    find.give_back();
    http::Response response;
    response.body = std::move(picture.png);
    response.with("Content-Type", "image/png");
    response.with("Content-Security-Policy", "default-src 'none'; sandbox");
    return response;
}

}  // namespace

http::Response bytes_answer(std::string bytes, std::string type, std::string_view name) {
    http::Response response;
    response.body = std::move(bytes);
    response.with("Content-Type", std::move(type));
    response.with("Content-Disposition", disposition(name));
    response.with("Content-Security-Policy", "default-src 'none'; sandbox");
    return response;
}

std::vector<Entry> attachment_routes() {
    using enum http::Method;
    return {
        {get,
         "/messages/{id}/attachments/{n}",
         access::Right::read,
         "An attachment as a download",
         attachment},
        {get,
         "/messages/{id}/attachments/{n}/preview",
         access::Right::read,
         "What there is to see of an attachment; page=N as a picture",
         preview},
    };
}

}  // namespace letopis::api
