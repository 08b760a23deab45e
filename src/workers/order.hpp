// SPDX-License-Identifier: AGPL-3.0-or-later
// What one submit(), parse(), part() or display() asks for, and the batches it is cut into.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "extract/wire.hpp"
#include "model/message.hpp"

namespace letopis::workers {

struct Order {
    std::vector<extract::Job> owned;  // of submit(); parse() lends the caller's
    std::span<const extract::Job> jobs;
    extract::Ask ask = extract::Ask::parse;  // other than parse: of one job
    std::string locator;                     // of the part
    std::vector<model::Message> results;     // each slot belongs to the thread that has its batch
    std::optional<Result<std::string>> bytes;
    std::optional<Result<model::Display>> display;
    // Guarded by the mutex of Workers.
    std::size_t left = 0;  // jobs without a result
    std::optional<Error> error;
    bool done() const { return left == 0 || error.has_value(); }
};

struct Batch {
    std::shared_ptr<Order> order;
    std::size_t first = 0;
    std::size_t count = 0;
    bool retried = false;  // its worker was killed from outside once
};

// In the order of the jobs, each within the limits of extract/wire.hpp; smaller ones when there are
// few jobs, so that all workers get some.
std::deque<Batch> cut(const std::shared_ptr<Order>& order, std::size_t workers);
// One batch for each job: after a death, to find the guilty one.
std::deque<Batch> singles(const Batch& batch);

std::string request_frame(const Batch& batch);
// Takes the results out of an answer (a frame without its length). False when it is not one.
bool take_answer(const Batch& batch, std::string_view answer);
// The result of a batch of one job whose worker died.
void take_death(const Batch& batch, const std::string& how);

}  // namespace letopis::workers
