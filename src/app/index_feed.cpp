// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/index_feed.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <unordered_map>

#include "base/check.hpp"

namespace letopis::app {

namespace {

constexpr std::size_t slice_bytes = std::size_t(112) << 20;  // compressed, of one slice that waits
constexpr std::size_t block_bytes = 48 * 1024;
constexpr std::size_t live_docs =
    2'000;  // up to here the live shard is quicker than a shard of its own
constexpr std::size_t blocks_open =
    512;  // decompressed blocks kept while a slice is read in date order
constexpr std::size_t docs_a_part = 5'000;  // below that another shard costs more than it saves
// Merging reads and parses its messages again one by one, a third of a millisecond each: an import
// must not pay for more than this.
constexpr std::uint64_t merged_docs_max = 25'000;
constexpr std::size_t parts_max = 4;  // each has 64 MiB of terms at most

void encode(std::string& out, const search::Doc& doc) {
    Writer w(out);
    w.text(doc.subject);
    w.text(doc.body);
    w.text(doc.attachments);
    w.varint(doc.terms.size());
    for (const auto& term : doc.terms) w.text(term);
    w.varint(doc.size_bytes);
    w.u64(doc.group);
    w.text(doc.sender);
    w.u8(doc.channel);
    w.u8(doc.has_attachment ? 1 : 0);
}

search::Doc decode(std::string_view block, std::uint32_t offset) {
    Reader r(block.substr(offset));
    search::Doc doc;
    doc.subject = r.text();
    doc.body = r.text();
    doc.attachments = r.text();
    doc.terms.resize(r.varint());
    for (auto& term : doc.terms) term = r.text();
    doc.size_bytes = static_cast<std::uint32_t>(r.varint());
    doc.group = r.u64();
    doc.sender = r.text();
    doc.channel = r.u8();
    doc.has_attachment = r.u8() != 0;
    CHECK(r.ok());
    return doc;
}

std::string unpack(const std::string& packed) {
    const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    std::string block(static_cast<std::size_t>(size), '\0');
    CHECK(ZSTD_decompress(block.data(), block.size(), packed.data(), packed.size()) ==
          block.size());
    return block;
}

// The scope unit of rights: everything of one conversation partner's chat, or of one sender's mail.
std::uint64_t group_of(const std::string& source, const model::Message& parsed) {
    const auto first_party = [&](model::Role role) -> std::string {
        for (const auto& party : parsed.parties)
            if (party.role == role) return party.address;
        return {};
    };
    const auto name = parsed.conversation.empty() ? first_party(model::Role::from)
                                                  : source + '\n' + parsed.conversation;
    std::uint64_t group = 0;
    const auto digest = crypto::sha256(name);
    std::memcpy(&group, digest.data(), sizeof group);
    return group;
}

std::string_view language_of(std::string_view text) {
    std::size_t cyrillic = 0, latin = 0;
    for (std::size_t i = 0; i + 1 < text.size() && cyrillic + latin < 400; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == 0xd0 || byte == 0xd1)
            ++cyrillic;
        else if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))
            ++latin;
    }
    if (cyrillic + latin < 4) return {};
    return cyrillic * 2 >= latin ? "ru" : "en";
}

}  // namespace

search::Doc document_of(text::Analyser& analyser,
                        Seq seq,
                        Instant sort_date,
                        const ItemDescriptor& item,
                        const std::string& source,
                        const model::Message& parsed) {
    search::Doc doc{
        .seq = seq, .sort_date = sort_date, .subject = parsed.subject, .body = parsed.text};
    if (!parsed.html_words.empty()) doc.body.append("\n").append(parsed.html_words);
    auto& terms = doc.terms;
    terms.push_back(fmt::format("channel:{}", model::name(parsed.channel)));
    if (parsed.event != model::Event::message)
        terms.push_back(fmt::format("kind:{}", model::name(parsed.event)));
    if (!source.empty())
        terms.push_back(fmt::format("source:{}", std::string_view(source).substr(0, 150)));
    for (const auto& party : parsed.parties) {
        const bool sends = party.role == model::Role::from || party.role == model::Role::sender;
        const bool gets = party.role == model::Role::to || party.role == model::Role::cc ||
                          party.role == model::Role::bcc;
        if (!sends && !gets) continue;
        search::add_party_terms(analyser, sends ? "from" : "to", party.address, party.name, terms);
        if (sends && doc.sender.empty()) doc.sender = party.address;
        if (terms.size() > 500) break;
    }
    for (const auto& attachment : parsed.attachments) {
        if (!attachment.inline_ && attachment.missing.empty()) doc.has_attachment = true;
        if (!attachment.name.empty()) {
            search::add_filename_terms(analyser, attachment.name, terms);
            doc.attachments += attachment.name;
            doc.attachments += '\n';
        }
        if (doc.attachments.size() + attachment.text.size() < (std::size_t(16) << 20)) {
            doc.attachments += attachment.text;
            if (!attachment.text.empty()) doc.attachments += '\n';
        }
    }
    if (doc.has_attachment) terms.emplace_back("has:attachment");
    if (const auto language = language_of(parsed.text); !language.empty())
        terms.push_back(fmt::format("lang:{}", language));
    for (const auto& mark : parsed.marks)
        if (mark == "unparsed") terms.emplace_back("has:unparsed");
    std::ranges::sort(terms);
    terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
    doc.size_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(item.raw_size, 0xffffffff));
    doc.group = group_of(source, parsed);
    doc.channel = static_cast<std::uint8_t>(parsed.channel);
    return doc;
}

Result<search::Doc> DocumentReader::operator()(Seq seq) {
    TRY(auto record, archive_.journal().read(seq));
    if (record.erased_by || record.kind != journal::Kind::message)
        return fail(Errc::not_found, "not a message");
    TRY(const auto item, read_item(record.descriptor));
    TRY(const auto context, catalog_.context(item.context));
    if (!context) return fail(Errc::not_found, "its source context is not in the catalogue");
    if (!workers_) {
        TRY(const auto binary, workers::find_letopis_parse());
        TRY(workers_, workers::Workers::start(binary, 1));
    }
    const extract::Job job{
        .dialect = item.dialect, .context = context->facts, .raw = std::move(record.content)};
    TRY(const auto parsed, workers_->parse(std::span(&job, 1)));
    TRY(const auto documents, catalog_.docs_from(seq, 1));
    const auto date = !documents.empty() && documents.front().seq == seq
                          ? documents.front().sort_date
                          : record.at;
    text::Analyser analyser;
    auto doc = document_of(analyser, seq, date, item, context->source, parsed.front());
    const auto append_derived = [&](Seq of) -> Result<void> {
        TRY(const auto derived, catalog_.derived(of));
        for (const auto& text : derived) doc.attachments += text.text + '\n';
        return {};
    };
    TRY_DO(append_derived(seq));
    TRY(const auto detail, catalog_.message(seq));
    for (const auto& attachment : detail.attachments)
        if (attachment.file) TRY_DO(append_derived(*attachment.file));
    return doc;
}

Result<std::unique_ptr<IndexFeed>> IndexFeed::open(Archive& archive, catalog::Catalog& catalog) {
    auto feed = std::unique_ptr<IndexFeed>(new IndexFeed(archive, catalog));
    TRY(feed->engine_, archive.open_engine(true));
    return feed;
}

IndexFeed::~IndexFeed() {
    for (auto& part : parts_)
        if (part->thread.joinable()) part->thread.join();
}

void IndexFeed::close_block(Slice& slice) {
    if (slice.open_block.empty()) return;
    std::string packed(ZSTD_compressBound(slice.open_block.size()), '\0');
    const auto size = ZSTD_compress(
        packed.data(), packed.size(), slice.open_block.data(), slice.open_block.size(), 1);
    CHECK(!ZSTD_isError(size));
    packed.resize(size);
    packed.shrink_to_fit();
    slice.bytes += packed.size();
    slice.blocks.push_back(std::move(packed));
    slice.open_block.clear();
}

Result<void> IndexFeed::add(search::Doc doc) {
    auto& slice = *filling_;
    slice.docs.push_back({.date = to_micros(doc.sort_date),
                          .seq = doc.seq.value(),
                          .block = static_cast<std::uint32_t>(slice.blocks.size()),
                          .offset = static_cast<std::uint32_t>(slice.open_block.size())});
    slice.last = doc.seq;
    slice.bytes += sizeof(Spooled);
    encode(slice.open_block, doc);
    if (slice.open_block.size() >= block_bytes) close_block(slice);
    return {};
}

bool IndexFeed::is_built() const {
    return !parts_.empty() &&
           std::ranges::all_of(parts_, [](const auto& part) { return part->done.load(); });
}

bool IndexFeed::is_due(bool early) const {
    if (filling_->bytes >= slice_bytes) return true;
    return early && parts_.empty() && filling_->docs.size() > live_docs &&
           std::chrono::steady_clock::now() - slice_since_ >= slice_lasts_;
}

Result<void> IndexFeed::advance(bool early, const std::function<Result<void>()>& before) {
    if (!parts_.empty() && (is_built() || is_due(early))) {
        TRY_DO(before());
        TRY_DO(wait_build());
    }
    if (!is_due(early)) return {};
    TRY_DO(start_build(1));
    slice_since_ = std::chrono::steady_clock::now();
    slice_lasts_ *= 3;
    return {};
}

Result<void> IndexFeed::build(const Slice& slice, Build& part) {
    std::vector<std::pair<std::uint32_t, std::string>> cache(blocks_open, {0xffffffff, {}});
    for (const auto& spooled : part.docs) {
        auto& [number, block] = cache[spooled.block % blocks_open];
        if (number != spooled.block) {
            block = unpack(slice.blocks[spooled.block]);
            number = spooled.block;
        }
        auto doc = decode(block, spooled.offset);
        doc.seq = Seq(spooled.seq);
        doc.sort_date = from_micros(spooled.date);
        TRY_DO(part.builder->add(doc));
    }
    return part.builder->finish();
}

Result<void> IndexFeed::start_build(std::size_t parts) {
    TRY_DO(wait_build());
    if (filling_->docs.empty()) return {};
    close_block(*filling_);
    building_ = std::move(filling_);
    filling_ = std::make_unique<Slice>();
    auto& docs = building_->docs;
    std::ranges::sort(docs, [](const Spooled& a, const Spooled& b) {
        return std::pair(a.date, a.seq) < std::pair(b.date, b.seq);
    });
    parts = std::clamp<std::size_t>(docs.size() / docs_a_part, 1, parts);
    for (std::size_t i = 0; i < parts; ++i) {
        auto part = std::make_unique<Build>();
        const auto at = [&](std::size_t n) {
            return docs.begin() + static_cast<std::ptrdiff_t>(docs.size() * n / parts);
        };
        part->docs.assign(at(i), at(i + 1));
        TRY(part->builder, engine_->new_shard());
        parts_.push_back(std::move(part));
    }
    docs = {};
    for (auto& part : parts_)
        part->thread = std::thread([slice = building_.get(), own = part.get()] {
            own->built = build(*slice, *own);
            own->done = true;
        });
    return {};
}

Result<void> IndexFeed::wait_build() {
    if (parts_.empty()) return {};
    std::vector<std::unique_ptr<search::ShardBuilder>> built;
    Result<void> all;
    for (auto& part : parts_) {
        if (part->thread.joinable()) part->thread.join();
        if (!part->built && all) all = std::move(part->built);
        searchable_ += part->docs.size();
        built.push_back(std::move(part->builder));
    }
    parts_.clear();
    TRY_DO(std::move(all));
    const auto end = building_->last.value() + 1;
    building_.reset();
    return engine_->adopt(std::move(built), end);
}

Result<void> IndexFeed::add_live(const Slice& slice) {
    std::pair<std::uint32_t, std::string> block{0xffffffff, {}};
    for (const auto& spooled : slice.docs) {
        if (block.first != spooled.block)
            block = {spooled.block, unpack(slice.blocks[spooled.block])};
        auto doc = decode(block.second, spooled.offset);
        doc.seq = Seq(spooled.seq);
        doc.sort_date = from_micros(spooled.date);
        TRY_DO(engine_->add(doc));
    }
    return {};
}

Result<void> IndexFeed::remake_changed() {
    if (changed_.empty()) return {};
    std::ranges::sort(changed_);
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    DocumentReader reader(archive_, catalog_);
    for (const auto seq : changed_) {
        auto doc = reader(seq);
        if (!doc && doc.error().code == Errc::not_found) continue;  // a file that no message shows
        if (!doc) return tl::unexpected<Error>(std::move(doc).error());
        TRY_DO(engine_->add(*doc));
    }
    changed_.clear();
    return {};
}

Result<void> IndexFeed::finish(Seq end) {
    if (filling_->docs.size() > live_docs) {
        TRY_DO(start_build(
            std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, parts_max)));
        TRY_DO(wait_build());
    } else {
        TRY_DO(wait_build());
        close_block(*filling_);
        TRY_DO(add_live(*filling_));
        searchable_ += filling_->docs.size();
        filling_ = std::make_unique<Slice>();
    }
    TRY_DO(remake_changed());
    if (engine_->position() == end.value() && changed_.empty()) return {};
    return engine_->commit(end.value());
}

Result<void> IndexFeed::merge(const std::atomic<bool>& stop) {
    DocumentReader reader(archive_, catalog_);
    const search::TextSource texts = [&](Seq seq) { return reader(seq); };
    for (bool more = true; more && !stop;) {
        TRY(more, engine_->maintain(texts, std::chrono::milliseconds(200), merged_docs_max));
    }
    return destroy_retired_keys();
}

Result<void> IndexFeed::destroy_retired_keys() {
    const auto labels = engine_->retired_labels();
    std::vector<crypto::KeyId> keys;
    for (const auto& label : labels)
        if (const auto key = archive_.keyring().find(crypto::Purpose::index_page, label))
            keys.push_back(key->id);
    if (!keys.empty()) TRY_DO(archive_.keyring().destroy(keys, archive_.clock().now()));
    return labels.empty() ? Result<void>() : engine_->forget_retired(labels);
}

}  // namespace letopis::app
