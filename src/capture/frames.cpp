// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/frames.hpp"

#include "base/bytes.hpp"
#include "base/files.hpp"

namespace letopis::capture {
namespace {

constexpr std::size_t write_bytes = 256 * 1024;

enum class Kind : std::uint8_t {
    request = 1,
    recognised = 2,
    context = 3,
    item = 4,
    file_start = 5,
    file_bytes = 6,
    file_end = 7,
    refused = 8,
    progress = 9,
    end = 10,
    failed = 11,
};

// A frame that is being written: the length is put in front when the fields are there.
class Frame {
public:
    explicit Frame(Kind kind, std::size_t expected = 0) {
        bytes_.reserve(expected + 64);
        bytes_.resize(4);
        fields.u8(static_cast<std::uint8_t>(kind));
    }
    std::string done(std::size_t raw_follows = 0) {
        const auto size = static_cast<std::uint32_t>(bytes_.size() - 4 + raw_follows);
        for (unsigned i = 0; i < 4; ++i) bytes_[i] = static_cast<char>(size >> (8 * i));
        return std::move(bytes_);
    }

private:
    std::string bytes_;

public:
    Writer fields{bytes_};
};

void put_instant(Writer& out, const std::optional<Instant>& moment) {
    out.u8(moment ? 1 : 0);
    if (moment) out.zigzag(to_micros(*moment));
}

std::optional<Instant> get_instant(Reader& in) {
    if (in.u8() == 0) return std::nullopt;
    return from_micros(in.zigzag());
}

std::string frame_of(const Recognised& event) {
    Frame frame(Kind::recognised);
    frame.fields.text(event.format);
    return frame.done();
}

std::string frame_of(const Context& event) {
    Frame frame(Kind::context, event.facts.size());
    frame.fields.text(event.source);
    frame.fields.text(event.title);
    frame.fields.u8(static_cast<std::uint8_t>(event.channel));
    frame.fields.text(event.facts);
    return frame.done();
}

// Everything of an item's frame but the raw bytes, which come last. `raw_follows`: how many of them
// the length in front must count although they are written on their own.
std::string item_head(const Item& event, std::size_t raw_follows, std::size_t reserve) {
    Frame frame(Kind::item, reserve);
    auto& out = frame.fields;
    out.text(event.key);
    out.u8(static_cast<std::uint8_t>(event.dialect));
    out.varint(event.position);
    out.text(event.member);
    out.text(event.folder);
    out.text(event.flags);
    out.text(event.envelope);
    put_instant(out, event.received);
    out.varint(event.files.size());
    for (const auto& file : event.files) out.text(file);
    return frame.done(raw_follows);
}

std::string frame_of(const Item& event) {
    auto frame = item_head(event, event.raw.size(), event.raw.size() + 256);
    frame += event.raw;
    return frame;
}

std::string frame_of(const FileStart& event) {
    Frame frame(Kind::file_start);
    frame.fields.text(event.path);
    frame.fields.u8(event.size ? 1 : 0);
    if (event.size) frame.fields.varint(*event.size);
    put_instant(frame.fields, event.modified);
    return frame.done();
}

std::string frame_of_bytes(std::string_view bytes) {
    Frame frame(Kind::file_bytes, bytes.size());
    frame.fields.raw(bytes);
    return frame.done();
}

std::string frame_of(const FileBytes& event) { return frame_of_bytes(event.bytes); }

std::string frame_of(const FileEnd& event) {
    Frame frame(Kind::file_end);
    frame.fields.u8(event.whole ? 1 : 0);
    return frame.done();
}

std::string frame_of(const Refused& event) {
    Frame frame(Kind::refused);
    frame.fields.text(event.item);
    frame.fields.text(event.reason);
    return frame.done();
}

std::string frame_of(const Progress& event) {
    Frame frame(Kind::progress);
    frame.fields.varint(event.bytes_read);
    return frame.done();
}

std::string frame_of(const End&) { return Frame(Kind::end).done(); }

std::string frame_of(const Failed& event) {
    Frame frame(Kind::failed);
    frame.fields.u8(static_cast<std::uint8_t>(event.error.code));
    frame.fields.text(event.error.what);
    frame.fields.text(event.error.hint);
    return frame.done();
}

bool known(model::Channel channel) { return channel <= model::Channel::whatsapp; }

std::string text(Reader& in) { return std::string(in.text()); }

// All but the raw bytes, which are the rest.
Item item_head_from(Reader& in) {
    Item item;
    item.key = text(in);
    item.dialect = static_cast<model::Dialect>(in.u8());
    item.position = in.varint();
    item.member = text(in);
    item.folder = text(in);
    item.flags = text(in);
    item.envelope = text(in);
    item.received = get_instant(in);
    for (auto count = in.varint(); in.ok() && count > 0; --count) item.files.push_back(text(in));
    return item;
}

Item item_from(Reader& in) {
    auto item = item_head_from(in);
    item.raw = std::string(in.rest());
    return item;
}

FileStart file_start_from(Reader& in) {
    FileStart file;
    file.path = text(in);
    if (in.u8() != 0) file.size = in.varint();
    file.modified = get_instant(in);
    return file;
}

Context context_from(Reader& in) {
    Context context;
    context.source = text(in);
    context.title = text(in);
    context.channel = static_cast<model::Channel>(in.u8());
    context.facts = text(in);
    return context;
}

Failed failed_from(Reader& in) {
    Failed failed;
    failed.error.code = static_cast<Errc>(in.u8());
    failed.error.what = text(in);
    failed.error.hint = text(in);
    return failed;
}

Event event_from(Kind kind, Reader& in, bool& is_known) {
    switch (kind) {
        case Kind::recognised: return Recognised{text(in)};
        case Kind::context: return context_from(in);
        case Kind::item: return item_from(in);
        case Kind::file_start: return file_start_from(in);
        case Kind::file_bytes: return FileBytes{std::string(in.rest())};
        case Kind::file_end: return FileEnd{in.u8() != 0};
        case Kind::refused: {
            auto item = text(in);
            return Refused{std::move(item), text(in)};
        }
        case Kind::progress: return Progress{in.varint()};
        case Kind::end: return End{};
        case Kind::failed: return failed_from(in);
        case Kind::request: break;
    }
    is_known = false;
    return End{};
}

// The worker may be hostile once its input has got the better of it: numbers that are not of the
// enumerations are an error here, not somewhere behind.
bool plausible(const Event& event) {
    if (const auto* context = std::get_if<Context>(&event)) return known(context->channel);
    if (const auto* item = std::get_if<Item>(&event))
        return item->dialect >= model::Dialect::mail &&
               item->dialect <= model::Dialect::letopis_csv && item->raw.size() <= item_bytes_max;
    if (const auto* failed = std::get_if<Failed>(&event)) return failed->error.code <= Errc::unfit;
    return true;
}

auto damaged() { return fail(Errc::invalid, "a frame of the reading worker is damaged"); }

}  // namespace

std::string encode_request(const Request& request) {
    Frame frame(Kind::request);
    auto& out = frame.fields;
    out.text(request.format);
    out.text(request.options.name);
    out.text(request.options.zone);
    out.text(request.options.owner);
    out.text(request.options.date_order);
    out.varint(request.options.resume_at);
    out.u8(static_cast<std::uint8_t>(request.options.depth));
    return frame.done();
}

Result<Request> decode_request(std::string_view frame) {
    Reader in(frame);
    if (static_cast<Kind>(in.u8()) != Kind::request)
        return fail(Errc::invalid, "the first frame is not a request");
    Request request;
    request.format = text(in);
    request.options.name = text(in);
    request.options.zone = text(in);
    request.options.owner = text(in);
    request.options.date_order = text(in);
    request.options.resume_at = in.varint();
    request.options.depth = in.u8();
    if (!in.done()) return fail(Errc::invalid, "the request frame is damaged");
    return request;
}

std::string encode_event(const Event& event) {
    return std::visit([](const auto& value) { return frame_of(value); }, event);
}

Result<Event> decode_event(std::string_view frame) {
    Reader in(frame);
    const auto kind = static_cast<Kind>(in.u8());
    bool is_known = true;
    Event event = event_from(kind, in, is_known);
    if (!is_known || !in.done() || !plausible(event)) return damaged();
    return event;
}

Result<Event> take_event(std::string frame) {
    Reader in(frame);
    if (static_cast<Kind>(in.u8()) != Kind::item) return decode_event(frame);
    auto item = item_head_from(in);
    if (!in.ok()) return decode_event(frame);
    frame.erase(0, frame.size() - in.left());
    item.raw = std::move(frame);
    Event event(std::move(item));
    if (!plausible(event)) return damaged();
    return event;
}

bool ends_stream(std::string_view frame) {
    if (frame.empty()) return false;
    const auto kind = static_cast<Kind>(frame[0]);
    return kind == Kind::end || kind == Kind::failed;
}

void FrameDecoder::feed(std::string_view bytes) {
    if (begin_ > 0) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    buffer_.append(bytes);
}

Result<std::optional<std::string_view>> FrameDecoder::next() {
    const auto left = std::string_view(buffer_).substr(begin_);
    if (left.size() < 4) return std::optional<std::string_view>();
    const auto size = Reader(left).u32();
    if (size == 0 || size > frame_bytes_max)
        return fail(Errc::invalid, "a frame of the reading worker has an impossible length");
    if (left.size() - 4 < size) return std::optional<std::string_view>();
    begin_ += 4 + std::size_t(size);
    return std::optional<std::string_view>(left.substr(4, size));
}

bool FrameSink::recognised(std::string_view format) {
    return send(frame_of(Recognised{std::string(format)}));
}
bool FrameSink::context(Context context) { return send(frame_of(context)); }
bool FrameSink::item(Item item) {
    if (item.raw.size() < write_bytes) return send(frame_of(item));
    // A large item is not copied once more.
    if (send(item_head(item, item.raw.size(), 256)) && flush())
        ok_ = write_all(fd_, item.raw).has_value();
    return ok_;
}
bool FrameSink::file_begin(FileStart file) { return send(frame_of(file)); }
bool FrameSink::file_bytes(std::string_view bytes) {
    // Pieces, so that the other end need not hold a large file in one frame.
    for (constexpr std::size_t piece = 1 << 20; !bytes.empty() && ok_;) {
        send(frame_of_bytes(bytes.substr(0, piece)));
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    return ok_;
}
bool FrameSink::file_end(bool whole) { return send(frame_of(FileEnd{whole})); }
bool FrameSink::refuse(std::string item, std::string reason) {
    return send(frame_of(Refused{std::move(item), std::move(reason)}));
}
void FrameSink::progress(std::uint64_t bytes_read) { send(frame_of(Progress{bytes_read})); }
bool FrameSink::end() { return send(frame_of(End{})) && flush(); }
bool FrameSink::failed(const Error& error) { return send(frame_of(Failed{error})) && flush(); }

bool FrameSink::send(std::string frame) {
    if (!ok_) return false;
    if (frame.size() >= write_bytes) {
        if (flush()) ok_ = write_all(fd_, frame).has_value();
        return ok_;
    }
    pending_ += frame;
    return pending_.size() < write_bytes || flush();
}

bool FrameSink::flush() {
    if (ok_ && !pending_.empty()) ok_ = write_all(fd_, pending_).has_value();
    pending_.clear();
    return ok_;
}

}  // namespace letopis::capture
