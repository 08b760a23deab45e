// SPDX-License-Identifier: AGPL-3.0-or-later
#include "extract/parse.hpp"

#include <exception>

#include "capture/letopis/letopis.hpp"
#include "capture/telegram/telegram.hpp"
#include "capture/whatsapp/whatsapp.hpp"
#include "mime/mime.hpp"

namespace letopis::extract {
namespace {

model::Message unparsed(model::Channel channel, std::string why) {
    model::Message message;
    message.channel = channel;
    message.marks.emplace_back("unparsed");
    message.mark_detail = std::move(why);
    return message;
}

model::Channel channel_of(model::Dialect dialect) {
    switch (dialect) {
        case model::Dialect::mail:
        case model::Dialect::mail_mboxo:
        case model::Dialect::mail_mboxrd:
        case model::Dialect::mail_mboxcl2: return model::Channel::email;
        case model::Dialect::telegram_json: return model::Channel::telegram;
        case model::Dialect::whatsapp_text: return model::Channel::whatsapp;
        case model::Dialect::letopis_jsonl:
        case model::Dialect::letopis_csv: return model::Channel::other;
    }
    return model::Channel::other;
}

model::Message dispatch(const Job& job) {
    switch (job.dialect) {
        case model::Dialect::mail:
        case model::Dialect::mail_mboxo:
        case model::Dialect::mail_mboxrd:
        case model::Dialect::mail_mboxcl2: return mime::parse(job.raw, job.dialect);
        case model::Dialect::telegram_json: return capture::telegram::parse(job.raw, job.context);
        case model::Dialect::letopis_jsonl:
            return capture::letopis::parse_jsonl(job.raw, job.context);
        case model::Dialect::letopis_csv: return capture::letopis::parse_csv(job.raw, job.context);
        case model::Dialect::whatsapp_text: return capture::whatsapp::parse(job.raw, job.context);
    }
    return unparsed(channel_of(job.dialect), "this version has no parser for the format");
}

// A text that stands in the raw bytes as it is (a chat's JSON without escapes) need not be stored
// again.
void find_slice(const std::string& raw, model::Message& message) {
    constexpr std::size_t raw_bytes_max = 64 * 1024;
    if (message.slice || message.text.size() < 16 || raw.size() > raw_bytes_max) return;
    const auto at = raw.find(message.text);
    if (at == std::string::npos || message.text.find('\r') != std::string::npos) return;
    message.slice = model::Slice{.offset = static_cast<std::uint32_t>(at),
                                 .length = static_cast<std::uint32_t>(message.text.size())};
}

}  // namespace

model::Message parse(const Job& job) {
    // Libraries below may throw (std::bad_alloc under the memory limit, Boost.JSON): one message is
    // lost to reading, not the batch.
    try {
        auto message = dispatch(job);
        find_slice(job.raw, message);
        return message;
    } catch (const std::exception& error) {
        return unparsed(channel_of(job.dialect), std::string("parser failed: ") + error.what());
    } catch (...) {
        return unparsed(channel_of(job.dialect), "parser failed");
    }
}

Result<std::string> part(const Job& job, std::string_view locator) {
    if (channel_of(job.dialect) != model::Channel::email)
        return fail(Errc::not_found, "only mails have parts");
    try {
        return mime::part(job.raw, job.dialect, locator);
    } catch (const std::exception& error) {
        return fail(Errc::too_large, std::string("parser failed: ") + error.what());
    }
}

Result<model::Display> display(const Job& job) {
    if (channel_of(job.dialect) != model::Channel::email)
        return fail(Errc::not_found, "only mails have an HTML form");
    try {
        return mime::display(job.raw, job.dialect);
    } catch (const std::exception& error) {
        return fail(Errc::too_large, std::string("parser failed: ") + error.what());
    }
}

}  // namespace letopis::extract
