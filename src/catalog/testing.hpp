// SPDX-License-Identifier: AGPL-3.0-or-later
// For the tests of this folder: a journal in memory, and catalogues built from it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.hpp"

namespace letopis::catalog {

constexpr Instant day_one = from_unix(1'780'000'000);  // 2026-05-28
inline Instant hours_later(std::int64_t hours) { return day_one + std::chrono::hours(hours); }

inline std::string test_key() { return std::string(32, 'k'); }

class TestDirectory {
public:
    TestDirectory() {
        static std::atomic<int> number = 0;
        path_ = std::filesystem::temp_directory_path() /
                ("letopis-catalog-" + hex(random_bytes(6)) + "-" + std::to_string(number++));
        std::filesystem::create_directories(path_);
    }
    ~TestDirectory() { std::filesystem::remove_all(path_); }
    TestDirectory(const TestDirectory&) = delete;
    TestDirectory& operator=(const TestDirectory&) = delete;
    Path operator/(std::string_view name) const { return path_ / name; }

private:
    Path path_;
};

inline model::Party person(model::Role role, std::string address, std::string name = {}) {
    return {.role = role,
            .kind = model::AddressKind::email,
            .address = std::move(address),
            .name = std::move(name)};
}

struct MailBuilder {
    model::Message m;
    explicit MailBuilder(std::string id) {
        m.channel = model::Channel::email;
        m.message_id = std::move(id);
        m.subject = "Заказ " + m.message_id;
        m.text = "text of " + m.message_id;
        m.sent_at = day_one;
        m.parties = {person(model::Role::from, "anna@client.example", "Анна"),
                     person(model::Role::to, "boris@company.example", "Борис")};
    }
    MailBuilder& subject(std::string text) { return m.subject = std::move(text), *this; }
    MailBuilder& text(std::string text) { return m.text = std::move(text), *this; }
    MailBuilder& sent(Instant at) { return m.sent_at = at, *this; }
    MailBuilder& references(std::vector<std::string> ids) {
        return m.references = std::move(ids), *this;
    }
    MailBuilder& answers(std::string id) { return m.in_reply_to = {std::move(id)}, *this; }
    MailBuilder& between(std::string from, std::string to) {
        m.parties = {person(model::Role::from, std::move(from)),
                     person(model::Role::to, std::move(to))};
        return *this;
    }
};

struct ChatBuilder {
    model::Message m;
    ChatBuilder(std::string id, std::string text, std::string conversation = "chat1") {
        m.channel = model::Channel::telegram;
        m.message_id = std::move(id);
        m.conversation = std::move(conversation);
        m.text = std::move(text);
        m.sent_at = day_one;
        m.parties = {{.role = model::Role::from,
                      .kind = model::AddressKind::telegram,
                      .address = "user4242",
                      .name = "Анна"}};
    }
    ChatBuilder& sent(Instant at) { return m.sent_at = at, *this; }
    ChatBuilder& edited_at(Instant at) {
        m.edited = true;
        return m.edited_at = at, *this;
    }
    ChatBuilder& event(model::Event event, std::string target) {
        m.event = event;
        return m.target = std::move(target), *this;
    }
    ChatBuilder& answers(std::string id) { return m.in_reply_to = {std::move(id)}, *this; }
};

// What is applied is remembered, so that it can be applied again to another catalogue.
class TestJournal {
public:
    using Step = std::function<Result<void>(Catalog&)>;

    Seq context(std::string source = "mail:office",
                model::Channel channel = model::Channel::email,
                std::string title = "",
                std::string input = "box") {
        const auto seq = next();
        const auto at = now();
        steps_.push_back([=](Catalog& c) {
            return c.apply(SourceContext{.seq = seq,
                                         .at = at,
                                         .source = source,
                                         .title = title,
                                         .channel = channel,
                                         .facts = "{}",
                                         .input = input});
        });
        return context_ = seq;
    }
    Seq chat_context(std::string source = "telegram:user1/777", std::string input = "result.json") {
        return context(
            std::move(source), model::Channel::telegram, "ООО Ромашка", std::move(input));
    }
    Seq add(const MailBuilder& mail) { return add(mail.m); }
    Seq add(const ChatBuilder& chat) { return add(chat.m); }
    Seq add(
        const model::Message& message,
        const std::function<void(Captured&)>& change = [](Captured&) {}) {
        const auto seq = next();
        const auto at = now();
        const auto context = context_;
        steps_.push_back([=](Catalog& c) {
            Captured record{.seq = seq,
                            .at = at,
                            .context = context,
                            .key = message.message_id,
                            .raw_size = message.text.size() + 100,
                            .position = seq.value() * 1000,
                            .parsed = message};
            record.raw_sha256[0] = static_cast<std::uint8_t>(seq.value());
            change(record);
            return c.apply(record);
        });
        return seq;
    }
    template <class Record>
    Seq record(const std::function<Record(Seq, Instant)>& make) {
        const auto seq = next();
        const auto at = now();
        steps_.push_back([=](Catalog& c) { return c.apply(make(seq, at)); });
        return seq;
    }
    Seq deliver(Seq of) {
        return record<Delivered>([of, context = context_](Seq seq, Instant at) {
            return Delivered{.seq = seq,
                             .at = at,
                             .context = context,
                             .of = of,
                             .position = 77,
                             .folder = "Копии",
                             .flags = "S"};
        });
    }
    Seq file(std::string path) {
        return record<FileStored>([path, context = context_](Seq seq, Instant at) {
            return FileStored{.seq = seq,
                              .at = at,
                              .context = context,
                              .path = path,
                              .size = 18211,
                              .type = "application/pdf"};
        });
    }
    Seq tag(Seq message, std::string tag, bool on = true) {
        return record<Tagged>([=](Seq seq, Instant at) {
            return Tagged{
                .seq = seq, .at = at, .message = message, .tag = tag, .on = on, .by = "anna"};
        });
    }

    void keep_first(std::size_t count) {
        if (count < steps_.size()) steps_.resize(count);
    }
    Seq position() const { return Seq(steps_.size()); }
    // Everything from the catalogue's position on, `a_commit` records at a time.
    void apply_to(Catalog& catalog, std::size_t a_commit = 1'000'000) const {
        auto at = catalog.position()->value();
        while (at < steps_.size()) {
            ASSERT_TRUE(catalog.begin());
            for (std::size_t i = 0; i < a_commit && at < steps_.size(); ++i, ++at) {
                const auto applied = steps_[at](catalog);
                ASSERT_TRUE(applied) << applied.error().what;
            }
            const auto committed = catalog.commit(Seq(at));
            ASSERT_TRUE(committed) << committed.error().what;
        }
    }
    std::unique_ptr<Catalog> build(const Path& file,
                                   std::size_t a_commit = 1'000'000,
                                   ThreadingRule rule = ThreadingRule::standard) const {
        auto opened = Catalog::open(file, test_key(), {.threading = rule});
        EXPECT_TRUE(opened) << opened.error().what;
        apply_to(**opened, a_commit);
        return std::move(*opened);
    }

private:
    Seq next() const { return Seq(steps_.size()); }
    Instant now() const {
        return day_one + std::chrono::hours(24 * 365) + std::chrono::seconds(steps_.size());
    }
    std::vector<Step> steps_;
    Seq context_;
};

// The messages of the conversation that `message` is in.
inline std::vector<std::uint64_t> members(Catalog& catalog, Seq message) {
    std::vector<std::uint64_t> result;
    const auto page = catalog.conversation(message);
    EXPECT_TRUE(page) << page.error().what;
    if (page)
        for (const auto& item : page->items) result.push_back(item.seq.value());
    return result;
}

inline std::vector<std::uint64_t> seqs(std::initializer_list<Seq> list) {
    std::vector<std::uint64_t> result;
    for (const auto seq : list) result.push_back(seq.value());
    return result;
}

}  // namespace letopis::catalog
