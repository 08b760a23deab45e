// SPDX-License-Identifier: AGPL-3.0-or-later
#include "../../fuzz/proxy_fuzz.cpp"
#include "base/run_corpus.hpp"

namespace letopis::net {
namespace {

TEST(ProxyCorpus, keeps_its_rules_on_the_fuzz_corpus_and_on_broken_variants) {
    run_corpus("proxy", LLVMFuzzerTestOneInput);
}

}  // namespace
}  // namespace letopis::net
