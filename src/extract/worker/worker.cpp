// SPDX-License-Identifier: AGPL-3.0-or-later
#include "extract/worker/worker.hpp"

#include <malloc.h>

#include <csignal>
#include <string>

#include "base/files.hpp"
#include "base/mutant.hpp"
#include "extract/wire.hpp"
#include "extract/worker/sandbox.hpp"

namespace letopis::extract {
namespace {

// Test-only: lets the tests of the client see a worker die or hang over one certain item.
void misbehave(const Job& job) {
    if (mutant("parser_crash") && job.raw.find("CRASH THE PARSER") != job.raw.npos) raise(SIGSEGV);
    if (mutant("parser_hang") && job.raw.find("HANG THE PARSER") != job.raw.npos)
        for (volatile bool forever = true; forever;) continue;
}

std::string one_message(const Job& job) {
    start_cpu_clock();
    misbehave(job);
    auto message = parse(job);
    if (message.slice) message.text.clear();  // the client cuts it out of the bytes it has
    return model::encode(message);
}

// A large item comes alone; it keeps the request's own memory, so that it is held only once.
bool take_single(std::string& frame, Reader& request, Job& job) {
    const auto dialect = request.u8();
    job.context = std::string(request.text());
    const auto size = request.varint();
    if (!request.ok() || size != request.left() || !dialect_of(dialect, job.dialect)) return false;
    frame.erase(0, frame.size() - static_cast<std::size_t>(size));
    job.raw = std::move(frame);
    return true;
}

bool parse_batch(std::string& frame, Reader& request, std::string& answer) {
    const auto count = request.varint();
    if (!request.ok() || count > batch_jobs_max) return false;
    Writer writer(answer);
    writer.varint(count);
    Job job;
    if (count == 1 && request.left() > batch_bytes_max) {
        if (!take_single(frame, request, job)) return false;
        writer.text(one_message(job));
        return true;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        if (!get_job(request, job)) return false;
        writer.text(one_message(job));
    }
    return request.done();
}

void put_error(Writer& writer, const Error& error) {
    writer.u8(static_cast<std::uint8_t>(error.code));
    writer.text(error.what);
}

bool one_part(Reader& request, std::string& answer) {
    Job job;
    if (!get_job(request, job)) return false;
    const auto locator = request.text();
    if (!request.done()) return false;
    start_cpu_clock();
    misbehave(job);
    const auto bytes = part(job, locator);
    Writer writer(answer);
    writer.u8(bytes ? 1 : 0);
    if (bytes)
        writer.text(*bytes);
    else
        put_error(writer, bytes.error());
    return true;
}

bool one_display(Reader& request, std::string& answer) {
    Job job;
    if (!get_job(request, job) || !request.done()) return false;
    start_cpu_clock();
    misbehave(job);
    const auto shown = display(job);
    Writer writer(answer);
    writer.u8(shown ? 1 : 0);
    if (shown)
        put_display(writer, *shown);
    else
        put_error(writer, shown.error());
    return true;
}

// Empty (no frame is): the input ended between two frames.
Result<std::string> next_request(int fd) {
    const auto first = read_exactly(fd, 1);
    if (!first) return std::string();
    TRY(const auto rest, read_exactly(fd, 3));
    const auto head = *first + rest;
    const auto length = Reader(head).u32();
    if (length == 0 || length > request_bytes_max) return fail(Errc::invalid, "bad frame length");
    return read_exactly(fd, length);
}

}  // namespace

int run_worker(int in_fd, int out_fd) {
    while (true) {
        auto request = next_request(in_fd);
        if (!request) return 1;
        if (request->empty()) return 0;
        Reader reader(*request);
        const auto kind = reader.u8();
        std::string answer(4, '\0');
        answer.push_back(static_cast<char>(kind));
        bool good = false;
        if (kind == static_cast<std::uint8_t>(Ask::parse))
            good = parse_batch(*request, reader, answer);
        if (kind == static_cast<std::uint8_t>(Ask::part)) good = one_part(reader, answer);
        if (kind == static_cast<std::uint8_t>(Ask::display)) good = one_display(reader, answer);
        if (!good || answer.size() > answer_bytes_max) return 1;
        put_frame_length(answer);
        if (!write_all(out_fd, answer)) return 1;
        // What one giant needed is not kept for the dwarfs that follow.
        if (answer.size() > batch_bytes_max) {
            answer = {};
            malloc_trim(0);
        }
    }
}

}  // namespace letopis::extract
