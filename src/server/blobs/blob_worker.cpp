#include "server/blobs/blob_worker.h"

#include <map>
#include <utility>

#include <pthread.h>

#include "base/log.h"

namespace pqc::server::blobs {

BlobWorker::BlobWorker(BlobFolder folder, Post post) : folder_(std::move(folder)), post_(std::move(post)) {
  thread_ = std::thread([this] { work(); });
  pthread_setname_np(thread_.native_handle(), "blobs");
}

BlobWorker::~BlobWorker() {
  stop();
}

void BlobWorker::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

// One thread submits; the other only gives room back, so that this test may be too strict, never too weak.
bool BlobWorker::submit(Job job) {
  const auto bytes = job.bytes;
  if (bytes > 0 && waiting_bytes_ + bytes > max_waiting_bytes) return false;
  waiting_bytes_ += bytes;
  if (queue_.try_push(std::move(job))) return true;
  waiting_bytes_ -= bytes;
  return false;
}

bool BlobWorker::prepare(const BlobId& id, std::uint64_t offset, std::uint64_t size, Stored done) {
  const auto result = std::make_shared<Result<std::uint64_t>>();
  return submit({.run = [this, id, offset, size, result] { *result = folder_.prepare(id, offset, size); },
                 .report = [result, done = std::move(done)](bool) { done(*result); },
                 .written = {},
                 .bytes = 0});
}

bool BlobWorker::append(const BlobId& id, std::uint64_t offset, std::string data, Stored done) {
  const auto result = std::make_shared<Result<std::uint64_t>>();
  const auto bytes = data.size();
  const auto write = [this, id, offset, result, data = std::move(data)] {
    *result = folder_.append(id, offset, as_bytes(data));
    if (*result) stats_.written_bytes += data.size();
  };
  const auto report = [result, done = std::move(done)](bool synced) {
    done(*result && !synced ? std::unexpected(BlobError::io) : *result);
  };
  return submit({.run = write, .report = report, .written = id, .bytes = bytes});
}

bool BlobWorker::read(const BlobId& id, std::uint64_t offset, std::size_t size, Read done) {
  const auto result = std::make_shared<Result<std::string>>();
  const auto run = [this, id, offset, size, result] {
    *result = folder_.read(id, offset, size);
    if (*result) stats_.read_bytes += size;
  };
  return submit({.run = run,
                 .report = [result, done = std::move(done)](bool) { done(std::move(*result)); },
                 .written = {},
                 .bytes = size});
}

bool BlobWorker::remove(std::vector<BlobId> ids) {
  const auto run = [this, ids = std::move(ids)] {
    for (const auto& id : ids) folder_.remove(id);
  };
  return submit({.run = run, .report = {}, .written = {}, .bytes = 0});
}

void BlobWorker::work() {
  while (true) {
    auto waiting = queue_.pop_all();
    if (waiting.empty()) return;
    while (!waiting.empty()) {
      Jobs round;
      while (!waiting.empty() && round.size() < max_jobs_per_round) {
        round.push_back(std::move(waiting.front()));
        waiting.pop_front();
      }
      run_round(std::move(round));
    }
  }
}

// For each job whether what it wrote is on disk.
std::vector<bool> BlobWorker::sync(const Jobs& jobs) {
  std::map<BlobId, bool> files;
  for (const auto& job : jobs)
    if (job.written) files.emplace(*job.written, false);
  for (auto& [id, synced] : files) {
    const auto done = folder_.sync(id);
    ++stats_.syncs;
    synced = done.has_value();
    if (synced) continue;
    ++stats_.failures;
    log(LogLevel::error, "blob_sync_failed", {{"error", name_of(done.error())}});
  }
  std::vector<bool> synced;
  synced.reserve(jobs.size());
  for (const auto& job : jobs) synced.push_back(!job.written || files[*job.written]);
  return synced;
}

void BlobWorker::run_round(Jobs jobs) {
  for (const auto& job : jobs) job.run();
  auto synced = sync(jobs);
  // What was written need not stay in memory until its report is read.
  for (auto& job : jobs) job.run = nullptr;
  auto shared = std::make_shared<std::pair<Jobs, std::vector<bool>>>(std::move(jobs), std::move(synced));
  post_([this, shared] {
    for (std::size_t i = 0; i < shared->first.size(); ++i) {
      waiting_bytes_ -= shared->first[i].bytes;
      if (shared->first[i].report) shared->first[i].report(shared->second[i]);
    }
  });
}

}  // namespace pqc::server::blobs
