// SPDX-License-Identifier: AGPL-3.0-or-later
// Two fuzz targets are in this test program, so each gets a name of its own.
#define LLVMFuzzerTestOneInput websocket_target
#include "../../fuzz/websocket_fuzz.cpp"
#undef LLVMFuzzerTestOneInput
#include "base/run_corpus.hpp"

namespace letopis::http {
namespace {

TEST(WebSocketCorpus, keeps_its_rules_on_the_fuzz_corpus_and_on_broken_variants) {
    run_corpus("websocket", websocket_target);
}

}  // namespace
}  // namespace letopis::http
