// SPDX-License-Identifier: AGPL-3.0-or-later
// Two fuzz targets are in this test program, so each gets a name of its own.
#define LLVMFuzzerTestOneInput http_target
#include "../../fuzz/http_fuzz.cpp"
#undef LLVMFuzzerTestOneInput
#include "base/run_corpus.hpp"

namespace letopis::http {
namespace {

TEST(HttpCorpus, keeps_its_rules_on_the_fuzz_corpus_and_on_broken_variants) {
    run_corpus("http", http_target);
}

}  // namespace
}  // namespace letopis::http
