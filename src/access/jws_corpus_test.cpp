// SPDX-License-Identifier: AGPL-3.0-or-later
// Several fuzz targets are in this test program, so each gets a name of its own.
#define LLVMFuzzerTestOneInput jws_target
#include "../../fuzz/jws_fuzz.cpp"
#undef LLVMFuzzerTestOneInput
#include "base/run_corpus.hpp"

namespace letopis::access {
namespace {

TEST(JwsCorpus, keeps_its_rules_on_the_fuzz_corpus_and_on_broken_variants) {
    run_corpus("jws", jws_target);
}

}  // namespace
}  // namespace letopis::access
