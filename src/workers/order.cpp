// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/order.hpp"

#include <algorithm>

#include "utf8/utf8.hpp"
#include "workers/check.hpp"

namespace letopis::workers {
namespace {

constexpr std::size_t small_batch_jobs = 16;

model::Channel channel_of(model::Dialect dialect) {
    switch (dialect) {
        case model::Dialect::mail:
        case model::Dialect::mail_mboxo:
        case model::Dialect::mail_mboxrd:
        case model::Dialect::mail_mboxcl2: return model::Channel::email;
        case model::Dialect::telegram_json: return model::Channel::telegram;
        case model::Dialect::whatsapp_text: return model::Channel::whatsapp;
        case model::Dialect::letopis_jsonl:
        case model::Dialect::letopis_csv: break;
    }
    return model::Channel::other;
}

// The parser looks no further; one byte more tells it that there was more.
std::string_view sent_bytes(const extract::Job& job) {
    return std::string_view(job.raw).substr(0, extract::parsed_bytes_max + 1);
}

tl::unexpected<Error> error_in(Reader& reader) {
    const bool large = reader.u8() == static_cast<std::uint8_t>(Errc::too_large);
    return fail(large ? Errc::too_large : Errc::not_found, utf8::repair(reader.text()));
}

bool take_part(const Batch& batch, Reader& reader) {
    Result<std::string> bytes;
    if (reader.u8() == 1)
        bytes = std::string(reader.text());
    else
        bytes = error_in(reader);
    if (!reader.done()) return false;
    batch.order->bytes = std::move(bytes);
    return true;
}

bool take_display(const Batch& batch, Reader& reader) {
    Result<model::Display> display;
    if (reader.u8() == 1)
        display = extract::get_display(reader);
    else
        display = error_in(reader);
    if (!reader.done()) return false;
    if (display && (display->html.size() > model::display_bytes_max || !utf8::valid(display->html)))
        return false;
    batch.order->display = std::move(display);
    return true;
}

}  // namespace

std::deque<Batch> cut(const std::shared_ptr<Order>& order, std::size_t workers) {
    const auto total = order->jobs.size();
    const auto fair = (total + workers - 1) / std::max<std::size_t>(workers, 1);
    const auto jobs_max = std::clamp(fair, small_batch_jobs, extract::batch_jobs_max);
    std::deque<Batch> out;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < total; ++i) {
        const auto size = sent_bytes(order->jobs[i]).size();
        const bool fits =
            !out.empty() && out.back().count < jobs_max && bytes + size <= extract::batch_bytes_max;
        if (!fits) {
            out.push_back({order, i, 0, false});
            bytes = 0;
        }
        ++out.back().count;
        bytes += size;
    }
    return out;
}

std::deque<Batch> singles(const Batch& batch) {
    std::deque<Batch> out;
    for (std::size_t i = 0; i < batch.count; ++i)
        out.push_back({batch.order, batch.first + i, 1, false});
    return out;
}

std::string request_frame(const Batch& batch) {
    const auto& jobs = batch.order->jobs;
    std::size_t size = 64;
    for (std::size_t i = 0; i < batch.count; ++i)
        size += sent_bytes(jobs[batch.first + i]).size() + 64;
    std::string frame;
    frame.reserve(size);
    frame.resize(4);
    Writer writer(frame);
    const auto ask = batch.order->ask;
    writer.u8(static_cast<std::uint8_t>(ask));
    if (ask == extract::Ask::parse) writer.varint(batch.count);
    for (std::size_t i = 0; i < batch.count; ++i) {
        const auto& job = jobs[batch.first + i];
        extract::put_job(writer, job.dialect, job.context, sent_bytes(job));
    }
    if (ask == extract::Ask::part) writer.text(batch.order->locator);
    extract::put_frame_length(frame);
    return frame;
}

bool take_answer(const Batch& batch, std::string_view answer) {
    Reader reader(answer);
    const auto ask = batch.order->ask;
    if (reader.u8() != static_cast<std::uint8_t>(ask)) return false;
    if (ask == extract::Ask::part) return take_part(batch, reader);
    if (ask == extract::Ask::display) return take_display(batch, reader);
    if (reader.varint() != batch.count) return false;
    for (std::size_t i = 0; i < batch.count; ++i) {
        auto message = model::decode(reader.text());
        if (!reader.ok() || !message) return false;
        const auto at = batch.first + i;
        check_message(*message, batch.order->jobs[at].raw);
        batch.order->results[at] = std::move(*message);
    }
    return reader.done();
}

void take_death(const Batch& batch, const std::string& how) {
    const auto stopped = "parser stopped: " + how;
    switch (batch.order->ask) {
        case extract::Ask::part: batch.order->bytes = fail(Errc::unavailable, stopped); return;
        case extract::Ask::display: batch.order->display = fail(Errc::unavailable, stopped); return;
        case extract::Ask::parse: break;
    }
    model::Message message;
    message.channel = channel_of(batch.order->jobs[batch.first].dialect);
    message.marks.emplace_back("unparsed");
    message.mark_detail = stopped;
    batch.order->results[batch.first] = std::move(message);
}

}  // namespace letopis::workers
