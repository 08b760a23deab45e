// SPDX-License-Identifier: AGPL-3.0-or-later
#include <exception>
#include <new>

#include "base/files.hpp"
#include "capture/frames.hpp"
#include "capture/source.hpp"

namespace letopis::capture {
namespace {

constexpr std::uint32_t request_bytes_max = 1 << 20;

Result<Request> read_request(int fd) {
    TRY(const auto length, read_exactly(fd, 4));
    const auto size = Reader(length).u32();
    if (size == 0 || size > request_bytes_max)
        return fail(Errc::invalid, "the request is too long");
    TRY(const auto frame, read_exactly(fd, size));
    return decode_request(frame);
}

Result<const Format*> format_for(std::string_view head, const Request& request) {
    const Format* found = nullptr;
    if (request.format.empty()) {
        found = recognise(head, request.options.name);
    } else {
        for (const auto& format : formats())
            if (format.name == request.format) found = &format;
        if (found == nullptr)
            return fail(Errc::invalid, "there is no format \"" + request.format + "\"");
    }
    if (found == nullptr) return fail(Errc::unsupported, "not a known format");
    if (found->read == nullptr) return fail(Errc::unsupported, std::string(found->refusal));
    return found;
}

}  // namespace

Result<void> read_input(Source& source,
                        const Request& request,
                        Sink& sink,
                        const std::function<void(std::string_view)>& recognised) {
    TRY(auto head, read_head(source));
    if (head.empty()) return fail(Errc::invalid, "empty file");
    TRY(const auto* format, format_for(head, request));
    recognised(format->name);
    if (source.can_seek()) {
        TRY_DO(source.seek(0));
        return format->read(source, request.options, sink);
    }
    PrefixSource whole(std::move(head), source);
    return format->read(whole, request.options, sink);
}

int run_reader(int input_fd, int in_fd, int out_fd) {
    FrameSink sink(out_fd);
    // The libraries under the readers may throw when memory runs out; that is the input's fault and
    // is told like any other.
    try {
        const auto request = read_request(in_fd);
        if (!request) return sink.failed(request.error()) ? 0 : 1;
        const auto source = source_of(input_fd);
        const auto read = read_input(
            *source, *request, sink, [&](std::string_view format) { sink.recognised(format); });
        return (read ? sink.end() : sink.failed(read.error())) ? 0 : 1;
    } catch (const std::bad_alloc&) {
        return sink.failed(
                   Error{Errc::too_large, "the input needs more memory than is allowed", {}})
                   ? 0
                   : 1;
    } catch (const std::exception& error) {
        return sink.failed(Error{Errc::corrupt, error.what(), {}}) ? 0 : 1;
    }
}

}  // namespace letopis::capture
