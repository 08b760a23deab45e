// SPDX-License-Identifier: AGPL-3.0-or-later
#include "../../../fuzz/mbox_fuzz.cpp"
#include "base/run_corpus.hpp"

namespace letopis::capture {
namespace {

TEST(MboxCorpus, keeps_its_rules_on_the_fuzz_corpus_and_on_broken_variants) {
    run_corpus("mbox", LLVMFuzzerTestOneInput);
}

}  // namespace
}  // namespace letopis::capture
