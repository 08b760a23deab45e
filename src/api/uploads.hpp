// SPDX-License-Identifier: AGPL-3.0-or-later
// Files that people bring through the page, sealed from the first byte (docs/formats/spool.md).
// They survive a killed browser, a killed server and a full disk, and can be written on from where
// they stand. Every function may be called from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/archive.hpp"
#include "capture/files.hpp"
#include "http/message.hpp"
#include "spool/spool.hpp"

namespace letopis::api {

struct Upload {
    std::string id;
    std::string name;  // a file name, perhaps with folders: "Telegram/result.json"
    std::uint64_t size = 0;
    std::uint64_t offset = 0;
    std::string user;
    Instant begun{};
    std::optional<Instant> modified;  // of the file, as the browser said
};

// Opened uploads under their names, for the importer.
class SealedFiles final : public capture::NamedFiles {
public:
    Result<void> add(const Upload& upload, std::shared_ptr<const spool::File> file);
    Result<std::unique_ptr<capture::Readable>> open(const Path& path) const override;
    // The first parts of the names: what is imported, one by one.
    std::vector<Path> tops() const;

private:
    std::map<std::string, std::shared_ptr<const spool::File>> files_;
};

class Uploads {
public:
    // Opens what is in the folder. What is no upload of ours is removed, but for imports ("im-…").
    Uploads(app::Archive& archive, Path folder);

    // Errors: invalid (name, size), no_space.
    Result<Upload> begin(const std::string& user,
                         const std::string& name,
                         std::uint64_t size,
                         std::optional<Instant> modified = {});
    Result<Upload> upload(const std::string& id) const;
    // Of this person, and no import has taken them yet.
    std::vector<Upload> uploads(const std::string& user) const;
    // Appends what the reader gives. conflict when `offset` is not what is there, or when another
    // request has begun to write since. What came before an error stays, so that the upload goes on
    // from there.
    Result<Upload> write(const std::string& id, std::uint64_t offset, http::BodyReader& body);
    Result<void> drop(const std::string& id);

    // All of them are an import's from here on, or none. not_found; conflict when one is not here
    // in full or two have one name.
    struct Taken {
        std::vector<Upload> uploads;
        SealedFiles files;
    };
    Result<Taken> take(const std::vector<std::string>& ids);
    void give_back(const std::vector<std::string>& ids);
    void remove(const std::vector<std::string>& ids);
    // Those that nobody has written to for a week go.
    void expire();

private:
    struct Held {
        Upload upload;  // its offset: see `file`
        std::shared_ptr<spool::File> file;
        std::mutex writing;
        std::uint64_t writer = 0;  // guarded by writing: the last request that began to write
        Instant touched{};         // guarded by mutex_ of Uploads
        bool taken = false;        // likewise
    };
    void open_all();
    void open_one(const std::string& name);
    Result<std::shared_ptr<Held>> held(const std::string& id) const;
    Result<void> room_for(std::uint64_t bytes) const;
    Result<void> keep(Held& held, std::uint64_t writer, std::string& part);
    static Upload view(const Held& held);

    app::Archive& archive_;
    Path folder_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Held>> all_;  // guarded by mutex_
};

}  // namespace letopis::api
