// SPDX-License-Identifier: AGPL-3.0-or-later
// What does the catalogue cost? Generated mails of a list and short chat messages, applied in bulk:
// CPU microseconds and bytes on disk a message, and the time of the questions of a result page.
// catalog_bench [messages]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"

using namespace letopis;

namespace {

constexpr std::size_t batch = 50'000;

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

class Generator {
public:
    std::size_t below(std::size_t n) { return random_() % n; }
    std::string words(std::size_t bytes) {
        std::string text;
        while (text.size() < bytes) text += fmt::format("слово{} ", below(5000));
        return text;
    }
    model::Party person(model::Role role, std::size_t people) {
        const auto n = std::min(below(people), below(people));  // some write more
        return {.role = role,
                .kind = model::AddressKind::email,
                .address = fmt::format("person{}@company{}.example", n, n % 97),
                .name = fmt::format("Имя Фамилия {}", n)};
    }
    // Threads of about five mails, answers mostly to recent ones.
    model::Message mail(std::size_t number) {
        model::Message m;
        m.channel = model::Channel::email;
        m.message_id =
            fmt::format("{:016x}.{:08x}@mail{}.example.org", random_(), number, number % 50);
        m.sent_at = from_unix(1'600'000'000 + static_cast<std::int64_t>(number) * 60);
        m.parties = {person(model::Role::from, 5000),
                     {.role = model::Role::to,
                      .kind = model::AddressKind::email,
                      .address = "dev@lists.example.org",
                      .name = "Development list"}};
        if (below(2) == 0) m.parties.push_back(person(model::Role::cc, 5000));
        m.list_id = "dev.lists.example.org";
        m.zones = {{model::ZoneKind::quote_header, 20, 70},
                   {model::ZoneKind::quote, 70, 900},
                   {model::ZoneKind::signature, 1500, 1600}};
        if (!recent_.empty() && below(5) != 0) {
            const auto& parent = recent_[below(recent_.size())];
            m.references = parent.references;
            if (m.references.size() > 8) m.references.erase(m.references.begin() + 1);
            m.references.push_back(parent.message_id);
            m.in_reply_to = {parent.message_id};
            m.subject =
                parent.subject.starts_with("Re: ") ? parent.subject : "Re: " + parent.subject;
        } else {
            m.subject = fmt::format("[dev] Subject number {} about {}", number, words(20));
        }
        m.text = words(1700);
        if (below(10) < 8) m.slice = model::Slice{2500, 1700};
        auto kept = m;
        kept.text.clear();
        if (recent_.size() < 300)
            recent_.push_back(std::move(kept));
        else
            recent_[below(300)] = std::move(kept);
        return m;
    }
    model::Message chat(std::size_t number) {
        model::Message m;
        const auto chat = below(300);
        m.channel = model::Channel::telegram;
        m.conversation = fmt::format("chat{}", chat);
        m.message_id = std::to_string(number + 1000);
        m.sent_at = from_unix(1'600'000'000 + static_cast<std::int64_t>(number) * 30);
        const auto who = chat * 7 + below(1 + chat % 10);
        m.parties = {{.role = model::Role::from,
                      .kind = model::AddressKind::telegram,
                      .address = fmt::format("user{}", 100'000'000 + who * 7919),
                      .name = fmt::format("Имя Фамилия {}", who)}};
        if (below(7) == 0) m.in_reply_to = {std::to_string(number + 1000 - below(200))};
        m.text = words(30 + below(200));
        m.slice = model::Slice{180, static_cast<std::uint32_t>(m.text.size())};
        return m;
    }

private:
    std::mt19937_64 random_{1};
    std::vector<model::Message> recent_;
};

template <class T>
T must(Result<T> result) {
    if (result) return *std::move(result);
    fmt::print(stderr, "{}\n", result.error().what);
    std::exit(1);
}
void must(const Result<void>& result) {
    if (result) return;
    fmt::print(stderr, "{}\n", result.error().what);
    std::exit(1);
}

std::uintmax_t disk(const Path& file) {
    std::uintmax_t bytes = 0;
    for (const auto* tail : {"", "-wal"}) {
        auto name = file;
        name += tail;
        std::error_code none;
        const auto size = std::filesystem::file_size(name, none);
        if (!none && tail[0] == '\0') bytes += size;
    }
    return bytes;
}

void ask(catalog::Catalog& c, std::size_t messages) {
    std::mt19937_64 random(2);
    std::vector<double> took;
    for (int i = 0; i < 200; ++i) {
        std::vector<Seq> page;
        for (int j = 0; j < 50; ++j) page.emplace_back(1 + random() % messages);
        const auto started = wall_seconds();
        must(c.messages(page));
        took.push_back((wall_seconds() - started) * 1e3);
    }
    std::sort(took.begin(), took.end());
    fmt::print("  50 rows for a list: p50 {:.2f} ms, p99 {:.2f} ms\n", took[100], took[197]);
    took.clear();
    for (int i = 0; i < 200; ++i) {
        const Seq seq(1 + random() % messages);
        const auto started = wall_seconds();
        must(c.message(seq));
        must(c.conversation(seq, {}));
        took.push_back((wall_seconds() - started) * 1e3);
    }
    std::sort(took.begin(), took.end());
    fmt::print(
        "  a message and its conversation: p50 {:.2f} ms, p99 {:.2f} ms\n", took[100], took[197]);
    auto started = wall_seconds();
    const auto found = must(c.correspondents("фамилия 4"));
    fmt::print("  people by part of a name: {:.1f} ms ({} found)\n",
               (wall_seconds() - started) * 1e3,
               found.size());
    started = wall_seconds();
    const auto docs = must(c.docs_from(Seq(0), messages));
    fmt::print("  documents for the index: {:.2f} µs each\n",
               (wall_seconds() - started) * 1e6 / static_cast<double>(docs.size()));
    started = wall_seconds();
    must(c.digest());
    fmt::print("  digest: {:.1f} µs a message\n",
               (wall_seconds() - started) * 1e6 / static_cast<double>(messages));
}

void measure(const char* what,
             std::size_t messages,
             model::Channel channel,
             model::Message (Generator::*make)(std::size_t)) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("catalog-bench-" + hex(random_bytes(4)));
    std::filesystem::create_directories(folder);
    const auto file = folder / "catalog.db";
    const std::string key(32, 'k');
    auto c = must(catalog::Catalog::open(file, key));
    Generator generator;
    std::uint64_t seq = 0;
    const auto now = from_unix(1'790'000'000);
    must(c->begin());
    must(c->apply(catalog::SourceContext{
        .seq = Seq(seq++), .at = now, .source = what, .title = what, .channel = channel}));
    must(c->commit(Seq(seq)));
    double cpu = 0;
    double wall = 0;
    for (std::size_t done = 0; done < messages;) {
        std::vector<model::Message> some;
        for (; some.size() < batch && done < messages; ++done)
            some.push_back((generator.*make)(done));
        const auto cpu_start = cpu_seconds();
        const auto wall_start = wall_seconds();
        must(c->begin());
        for (const auto& m : some) {
            catalog::Captured record{.seq = Seq(seq),
                                     .at = now + std::chrono::microseconds(seq * 30),
                                     .context = Seq(0),
                                     .key = m.message_id,
                                     .raw_size = 300 + m.text.size(),
                                     .position = seq * 2000,
                                     .parsed = m};
            for (auto& byte : record.raw_sha256)
                byte = static_cast<std::uint8_t>(generator.below(256));
            must(c->apply(record));
            ++seq;
        }
        must(c->commit(Seq(seq)));
        cpu += cpu_seconds() - cpu_start;
        wall += wall_seconds() - wall_start;
    }
    c.reset();
    const auto n = static_cast<double>(messages);
    fmt::print(
        "{}: {} messages, {:.1f} µs CPU and {:.1f} µs wall each, {:.0f} bytes on disk each\n",
        what,
        messages,
        cpu / n * 1e6,
        wall / n * 1e6,
        static_cast<double>(disk(file)) / n);
    c = must(catalog::Catalog::open(file, key, {.access = catalog::Access::read}));
    ask(*c, messages);
    c.reset();
    std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 300'000;
    measure("short chat messages", messages, model::Channel::telegram, &Generator::chat);
    measure("list mails", messages, model::Channel::email, &Generator::mail);
}
