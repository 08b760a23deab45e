// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/uploads.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <set>

#include "app/views.hpp"
#include "utf8/utf8.hpp"

namespace letopis::api {

namespace {

namespace json = boost::json;

constexpr std::uint64_t upload_bytes_max = std::uint64_t(200) << 30;
constexpr std::size_t uploads_max = 20'000;
constexpr auto abandoned_after = std::chrono::hours(24 * 7);

// What becomes a path must not leave its folder.
Result<Path> safe_name(const std::string& name) {
    if (name.empty() || name.size() > 1000 || !utf8::valid(name) ||
        name.find('\0') != std::string::npos)
        return fail(Errc::invalid, "the name of the file cannot be used");
    Path path;
    for (const auto& part : Path(name)) {
        const auto text = part.string();
        if (text == ".." || text == "." || text == "/" || text.empty() || text.size() > 255)
            return fail(Errc::invalid, "the name of the file cannot be used");
        path /= part;
    }
    return path;
}

std::string head_of(const Upload& upload) {
    json::object object{{"v", 1},
                        {"name", app::json_text(upload.name)},
                        {"size", upload.size},
                        {"user", app::json_text(upload.user)},
                        {"begun", to_micros(upload.begun)}};
    if (upload.modified) object["modified"] = to_micros(*upload.modified);
    return json::serialize(object);
}

std::optional<Upload> upload_of(std::string_view head) {
    boost::system::error_code error;
    const auto value = json::parse(head, error);
    const auto* object = error ? nullptr : value.if_object();
    if (object == nullptr) return std::nullopt;
    const auto* name = object->if_contains("name");
    const auto* size = object->if_contains("size");
    const auto* user = object->if_contains("user");
    const auto* begun = object->if_contains("begun");
    if (name == nullptr || !name->is_string() || size == nullptr || !size->is_number() ||
        user == nullptr || !user->is_string() || begun == nullptr || !begun->is_int64())
        return std::nullopt;
    Upload upload{.name = std::string(name->as_string()), .user = std::string(user->as_string())};
    upload.size = size->to_number<std::uint64_t>(error);
    upload.begun = from_micros(begun->as_int64());
    if (const auto* modified = object->if_contains("modified"); modified && modified->is_int64())
        upload.modified = from_micros(modified->as_int64());
    return error ? std::nullopt : std::optional(upload);
}

class SealedFile final : public capture::Readable {
public:
    explicit SealedFile(std::unique_ptr<spool::File::Reader> reader) : reader_(std::move(reader)) {}
    std::uint64_t size() const override { return reader_->size(); }
    Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) override {
        std::size_t done = 0;
        while (done < size) {
            TRY(const auto got, reader_->read_at(offset + done, buffer + done, size - done));
            if (got == 0) break;
            done += got;
        }
        return done;
    }

private:
    std::unique_ptr<spool::File::Reader> reader_;
};

auto no_such_upload() {
    return fail(Errc::not_found, "there is no such upload", "Begin it again.");
}

}  // namespace

Result<void> SealedFiles::add(const Upload& upload, std::shared_ptr<const spool::File> file) {
    TRY_DO(NamedFiles::add(
        upload.name,
        {.mode = 0, .size = upload.size, .modified = upload.modified.value_or(upload.begun)}));
    files_.emplace(upload.name, std::move(file));
    return {};
}

Result<std::unique_ptr<capture::Readable>> SealedFiles::open(const Path& path) const {
    const auto found = files_.find(path.string());
    if (found == files_.end()) return fail(Errc::not_found, "there is no such file");
    TRY(auto reader, found->second->reader());
    return std::make_unique<SealedFile>(std::move(reader));
}

std::vector<Path> SealedFiles::tops() const {
    std::set<Path> tops;
    for (const auto& [name, file] : files_) tops.insert(*Path(name).begin());
    return {tops.begin(), tops.end()};
}

Uploads::Uploads(app::Archive& archive, Path folder)
    : archive_(archive), folder_(std::move(folder)) {
    open_all();
}

void Uploads::open_all() {
    const auto names = list_directory(folder_);
    if (!names) return;
    for (const auto& name : *names)
        if (!name.starts_with("im-") || name.ends_with(".tmp")) open_one(name);
}

void Uploads::open_one(const std::string& name) {
    const auto path = folder_ / name;
    std::error_code ignored;
    auto file = spool::File::open(path, archive_.keyring());
    if (!file && file.error().code == Errc::forbidden) return;  // somebody else's; left alone
    const auto upload = file ? upload_of((*file)->head()) : std::nullopt;
    if (!name.starts_with("up-") || !upload) {
        std::filesystem::remove_all(path, ignored);
        return;
    }
    struct stat status {};
    auto held = std::make_shared<Held>();
    held->upload = *upload;
    held->upload.id = name;
    held->file = *file;
    held->touched = ::stat(path.c_str(), &status) == 0 ? from_unix(status.st_mtim.tv_sec)
                                                       : archive_.clock().now();
    all_.emplace(name, std::move(held));
}

Upload Uploads::view(const Held& held) {
    auto upload = held.upload;
    upload.offset = held.file->size();
    return upload;
}

// The archive needs its reserve for itself.
Result<void> Uploads::room_for(std::uint64_t bytes) const {
    TRY(const auto space, disk_space(archive_.directory()));
    const auto reserve = archive_.identity().disk_reserve_bytes.value_or(
        std::max<std::uint64_t>(std::uint64_t(1) << 30, space.total_bytes / 50));
    if (space.free_bytes >= bytes && space.free_bytes - bytes >= reserve) return {};
    return fail(Errc::no_space,
                "the disk of the archive has no room for this file",
                "Free some space, then go on; what was uploaded so far is kept.");
}

Result<Upload> Uploads::begin(const std::string& user,
                              const std::string& name,
                              std::uint64_t size,
                              std::optional<Instant> modified) {
    TRY(const auto path, safe_name(name));
    if (size > upload_bytes_max) return fail(Errc::too_large, "the file is larger than 200 GiB");
    TRY_DO(room_for(size));
    auto held = std::make_shared<Held>();
    held->touched = archive_.clock().now();
    held->upload = {.id = "up-" + hex(random_bytes(8)),
                    .name = path.string(),
                    .size = size,
                    .user = user,
                    .begun = held->touched,
                    .modified = modified};
    {
        const std::lock_guard lock(mutex_);
        if (all_.size() >= uploads_max) return fail(Errc::too_large, "too many files at once");
    }
    TRY_DO(make_directories(folder_));
    TRY(held->file,
        spool::File::create(folder_ / held->upload.id, archive_.keyring(), head_of(held->upload)));
    const std::lock_guard lock(mutex_);
    all_.emplace(held->upload.id, held);
    return view(*held);
}

Result<std::shared_ptr<Uploads::Held>> Uploads::held(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(id);
    if (found == all_.end() || found->second->taken) return no_such_upload();
    return found->second;
}

Result<Upload> Uploads::upload(const std::string& id) const {
    TRY(const auto found, held(id));
    return view(*found);
}

std::vector<Upload> Uploads::uploads(const std::string& user) const {
    std::vector<Upload> mine;
    const std::lock_guard lock(mutex_);
    for (const auto& [id, one] : all_)
        if (!one->taken && one->upload.user == user) mine.push_back(view(*one));
    return mine;
}

// A browser that was killed may have left a request that waits for bytes still; the newer one goes
// on, and what the older one holds was never said to be here.
Result<void> Uploads::keep(Held& held, std::uint64_t writer, std::string& part) {
    if (part.empty()) return {};
    const std::lock_guard lock(held.writing);
    if (held.writer != writer)
        return fail(Errc::conflict, "another request goes on with this upload");
    TRY_DO(room_for(part.size()));
    TRY_DO(held.file->append(part));
    part.clear();
    return {};
}

Result<Upload> Uploads::write(const std::string& id, std::uint64_t offset, http::BodyReader& body) {
    TRY(const auto found, held(id));
    std::uint64_t writer = 0;
    {
        const std::lock_guard lock(found->writing);
        if (offset != found->file->size())
            return fail(Errc::conflict,
                        fmt::format("the upload stands at byte {}", found->file->size()));
        writer = ++found->writer;
    }
    auto left = found->upload.size - offset;
    std::string part;
    const auto receive = [&]() -> Result<void> {
        for (;;) {
            const auto read = body.read();
            if (!read) {
                auto error = read.error();
                if (error.code == Errc::io) error.code = Errc::invalid;  // the peer's doing
                return tl::unexpected<Error>(std::move(error));
            }
            const auto& piece = *read;
            if (piece.empty()) return {};
            if (piece.size() > left)
                return fail(Errc::too_large, "the upload is longer than it said");
            left -= piece.size();
            std::string_view rest = piece;
            while (!rest.empty()) {
                const auto some = rest.substr(0, spool::part_bytes - part.size());
                part.append(some);
                rest.remove_prefix(some.size());
                if (part.size() == spool::part_bytes) TRY_DO(keep(*found, writer, part));
            }
        }
    };
    const auto received = receive();
    const auto kept = keep(*found, writer, part);
    {
        const std::lock_guard lock(mutex_);
        found->touched = archive_.clock().now();
    }
    TRY_DO(received);
    TRY_DO(kept);
    TRY_DO(found->file->sync());
    return view(*found);
}

Result<void> Uploads::drop(const std::string& id) {
    TRY(const auto found, held(id));
    remove({id});
    return {};
}

Result<Uploads::Taken> Uploads::take(const std::vector<std::string>& ids) {
    const std::lock_guard lock(mutex_);
    Taken taken;
    for (const auto& id : ids) {
        const auto found = all_.find(id);
        if (found == all_.end() || found->second->taken)
            return fail(Errc::not_found, "there is no upload " + id, "Begin it again.");
        auto upload = view(*found->second);
        if (upload.offset != upload.size)
            return fail(Errc::conflict, upload.name + " is not here in full");
        TRY_DO(taken.files.add(upload, found->second->file));
        taken.uploads.push_back(std::move(upload));
    }
    for (const auto& id : ids) all_.find(id)->second->taken = true;
    return taken;
}

void Uploads::give_back(const std::vector<std::string>& ids) {
    const std::lock_guard lock(mutex_);
    for (const auto& id : ids) {
        const auto found = all_.find(id);
        if (found == all_.end()) continue;
        found->second->taken = false;
        found->second->touched = archive_.clock().now();
    }
}

void Uploads::remove(const std::vector<std::string>& ids) {
    for (const auto& id : ids) {
        std::shared_ptr<Held> held;
        {
            const std::lock_guard lock(mutex_);
            const auto found = all_.find(id);
            if (found == all_.end()) continue;
            held = std::move(found->second);
            all_.erase(found);
        }
        const std::lock_guard writing(held->writing);
        ++held->writer;  // whoever still writes keeps nothing more
        (void)remove_file(folder_ / id);
    }
}

void Uploads::expire() {
    std::vector<std::string> old;
    {
        const std::lock_guard lock(mutex_);
        const auto since = archive_.clock().now() - abandoned_after;
        for (const auto& [id, one] : all_)
            if (!one->taken && one->touched < since) old.push_back(id);
    }
    remove(old);
}

}  // namespace letopis::api
