// SPDX-License-Identifier: AGPL-3.0-or-later
// How the server fares: figures for Prometheus, and what the log is told of jobs.
#include <fmt/format.h>

#include "api/house.hpp"
#include "api/imports.hpp"
#include "api/jobs.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

// How long answers waited for the record of who saw what.
std::string waits_text(const Service::RecordWaits& waits) {
    constexpr std::string_view name = "letopis_access_record_seconds";
    auto text = fmt::format(
        "# HELP {0} the wait of an answer for its access record\n# TYPE {0} histogram\n", name);
    for (std::size_t i = 0; i < Service::record_waits_ms.size(); ++i)
        text += fmt::format("{}_bucket{{le=\"{}\"}} {}\n",
                            name,
                            Service::record_waits_ms[i] / 1000,
                            waits.no_longer[i]);
    text += fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n",
                        name,
                        waits.count,
                        waits.sum_ms / 1000);
    return text;
}

std::string figures_of(Open& open, const Path& directory) {
    const auto head = open.archive->journal().head();
    const auto integrity = open.service->integrity();
    auto text = gauge("letopis_records", "records of the journal", head.records) +
                gauge("letopis_access_records",
                      "records of who saw what",
                      head.leaves[static_cast<std::size_t>(journal::Origin::audit)]) +
                gauge("letopis_integrity_ok",
                      "1 when the last look found everything as it was stored",
                      integrity.checked && integrity.ok ? 1 : 0);
    text += waits_text(open.service->record_waits());
    if (const auto lag = open.service->lag()) {
        text +=
            gauge("letopis_catalog_lag_records", "records not in the catalogue yet", lag->catalog);
        text += gauge("letopis_index_lag_records", "records not in the index yet", lag->index);
    }
    if (const auto sessions = open.sessions->count())
        text += gauge("letopis_sessions", "people who are signed in", *sessions);
    if (const auto space = disk_space(directory))
        text +=
            gauge("letopis_disk_free_bytes", "free on the disk of the archive", space->free_bytes);
    return text;
}

std::string figures_of(const http::Counters& counters) {
    return counter("letopis_http_connections_total", "connections", counters.connections) +
           counter("letopis_http_refused_total",
                   "connections and requests that were turned away",
                   counters.refused) +
           counter("letopis_http_received_bytes_total", "bytes from callers", counters.bytes_in) +
           counter("letopis_http_sent_bytes_total", "bytes to callers", counters.bytes_out) +
           gauge("letopis_http_open_connections", "connections now", counters.open_connections) +
           gauge("letopis_http_busy_workers", "workers that answer now", counters.busy_workers) +
           gauge("letopis_http_waiting_requests",
                 "requests that wait for a worker",
                 counters.waiting);
}

}  // namespace

// Prometheus' text form (version 0.0.4); figures, no names.
http::Response House::metrics() const {
    std::shared_ptr<Open> open;
    {
        const std::shared_lock lock(mutex_);
        open = open_;
    }
    std::string text = gauge("letopis_archive_open", "1 when the archive is open", open ? 1 : 0);
    if (open) text += figures_of(*open, options_.directory);
    if (const auto* server = server_.load()) text += figures_of(server->counters());
    text += observer_.figures();
    http::Response response;
    response.body = std::move(text);
    response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
}

void House::tell() {
    std::shared_ptr<Open> open;
    {
        const std::shared_lock lock(mutex_);
        open = open_;
    }
    if (!open || options_.log == nullptr) return;
    std::map<std::string, std::string> now;
    for (const auto& job : all_jobs(*open->service)) {
        now[job.id] = job.state;
        const auto before = told_.find(job.id);
        if (before != told_.end() && before->second == job.state) continue;
        options_.log->write(job.state == "failed" ? Level::warning : Level::info,
                            "job",
                            {{"id", json_text(job.id)},
                             {"kind", json_text(job.kind)},
                             {"state", json_text(job.state)}});
    }
    told_ = std::move(now);
}

void House::end_jobs() {
    const std::shared_lock lock(mutex_);
    if (!open_) return;
    for (const auto& job : all_jobs(*open_->service))
        if (job.may_stop) {
            (void)open_->service->imports().stop(job.id);
            (void)open_->service->jobs().stop(job.id);
        }
}

}  // namespace letopis::api
