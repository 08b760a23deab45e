// SPDX-License-Identifier: AGPL-3.0-or-later
// How the reading worker tells the importer what it finds: the events of a Sink as frames in a
// pipe. A frame is u32le length, then that many bytes: u8 kind and its fields. The first frame the
// other way (importer to worker) is a Request. Not a stored format; both ends are one release.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "capture/reader.hpp"

namespace letopis::capture {

// A longer frame is a protocol error: an item of the greatest size and room for its other fields.
constexpr std::uint32_t frame_bytes_max = static_cast<std::uint32_t>(item_bytes_max) + (16u << 20);

struct Request {
    Options options;
    std::string format;  // read as this format, whatever the content looks like; empty: recognise
};

struct Recognised {
    std::string format;  // Format::name
};
struct FileBytes {
    std::string bytes;
};
struct FileEnd {
    bool whole = true;
};
struct Refused {
    std::string item;
    std::string reason;
};
struct Progress {
    std::uint64_t bytes_read = 0;
};
struct End {};  // the last frame of a reader that got through
struct Failed {
    Error error;  // the last frame of one that did not; the events before it stand
};
using Event = std::variant<Recognised,
                           Context,
                           Item,
                           FileStart,
                           FileBytes,
                           FileEnd,
                           Refused,
                           Progress,
                           End,
                           Failed>;

std::string encode_request(const Request& request);      // a whole frame, length included
Result<Request> decode_request(std::string_view frame);  // a frame without its length
std::string encode_event(const Event& event);            // a whole frame, length included
Result<Event> decode_event(std::string_view frame);      // a frame without its length
Result<Event> take_event(std::string frame);  // the same; an item's raw bytes are not copied
bool ends_stream(std::string_view frame);     // frame (without length) is End or Failed

// Cuts a byte stream into frames. Not for several threads at once.
class FrameDecoder {
public:
    void feed(std::string_view bytes);
    // The next whole frame without its length, valid until the next call of feed() or next();
    // nullopt: feed more. invalid: the length is over frame_bytes_max or zero; the stream is lost.
    Result<std::optional<std::string_view>> next();
    bool empty() const { return begin_ == buffer_.size(); }  // no begun frame is left

private:
    std::string buffer_;
    std::size_t begin_ = 0;
};

// A Sink that writes frames to a descriptor, many small ones in one write. After a failed write
// every call returns false and ok() is false.
class FrameSink final : public Sink {
public:
    explicit FrameSink(int fd) : fd_(fd) {}
    bool recognised(std::string_view format);
    bool context(Context context) override;
    bool item(Item item) override;
    bool file_begin(FileStart file) override;
    bool file_bytes(std::string_view bytes) override;
    bool file_end(bool whole) override;
    bool refuse(std::string item, std::string reason) override;
    void progress(std::uint64_t bytes_read) override;
    bool end();
    bool failed(const Error& error);
    bool flush();
    bool ok() const { return ok_; }

private:
    bool send(std::string frame);
    int fd_;
    std::string pending_;
    bool ok_ = true;
};

// The whole work of `letopis-parse read`: reads one Request from in_fd, the input from input_fd,
// writes frames to out_fd: Recognised, events, then End or Failed. Returns an exit code: 0 when the
// last frame was written (Failed included), 1 when the pipes do not work. Defined in the module
// capture_formats, as it needs all readers. Nothing is opened; only read, pread, fstat and write
// are used on the three descriptors.
int run_reader(int input_fd, int in_fd, int out_fd);

// The same over a Source and a Sink, for tests and for those who read in their own process.
// `recognised` is called once with the format's name before any event. Errors: unsupported (not a
// known format, or one that is refused by name, with the refusal as the hint), and the reader's.
Result<void> read_input(Source& source,
                        const Request& request,
                        Sink& sink,
                        const std::function<void(std::string_view)>& recognised);

}  // namespace letopis::capture
