// SPDX-License-Identifier: AGPL-3.0-or-later
// A Sink for tests: keeps everything, can stop after so many items.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "capture/reader.hpp"

namespace letopis::capture {

class CollectingSink final : public Sink {
public:
    struct File {
        FileStart start;
        std::string bytes;
        bool ended = false;
        bool whole = false;
    };

    explicit CollectingSink(std::size_t items_max = SIZE_MAX) : items_max_(items_max) {}
    bool context(Context context) override {
        contexts.push_back(std::move(context));
        return true;
    }
    bool item(Item item) override {
        items.push_back(std::move(item));
        return items.size() < items_max_;
    }
    bool file_begin(FileStart file) override {
        files.push_back(File{.start = std::move(file)});
        return true;
    }
    bool file_bytes(std::string_view bytes) override {
        files.back().bytes.append(bytes);
        return true;
    }
    bool file_end(bool whole) override {
        files.back().ended = true;
        files.back().whole = whole;
        return true;
    }
    bool refuse(std::string item, std::string reason) override {
        refused.emplace_back(std::move(item), std::move(reason));
        return true;
    }
    void progress(std::uint64_t bytes_read) override { last_progress = bytes_read; }

    std::vector<Context> contexts;
    std::vector<Item> items;
    std::vector<File> files;
    std::vector<std::pair<std::string, std::string>> refused;
    std::uint64_t last_progress = 0;

private:
    std::size_t items_max_;
};

}  // namespace letopis::capture
