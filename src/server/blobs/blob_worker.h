// The thread that writes and reads blobs, apart from the one of messages, so that a large file does not hold them up.
//
//   write, write, …  ──queue──►  all written, one fdatasync a file  ──one post──►  done, done, …
//
// Jobs run in the order of submission, and their reports come in that order. A write is reported after it is on disk.
// What waits is bounded in bytes (limits.h): beyond it a submission answers false, and nothing happens.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "server/blobs/blob_folder.h"
#include "server/blobs/limits.h"

namespace pqc::server::blobs {

struct BlobStats {
  std::atomic<std::uint64_t> written_bytes{0};
  std::atomic<std::uint64_t> read_bytes{0};
  std::atomic<std::uint64_t> syncs{0};
  std::atomic<std::uint64_t> failures{0};
};

class BlobWorker {
 public:
  using Post = std::function<void(std::function<void()>)>;
  // The offset that the file now ends at.
  using Stored = std::function<void(Result<std::uint64_t>)>;
  using Read = std::function<void(Result<std::string>)>;

  // `post` hands a function to the thread that reports belong to.
  BlobWorker(BlobFolder folder, Post post);
  // Finishes what was submitted.
  ~BlobWorker();
  BlobWorker(const BlobWorker&) = delete;
  BlobWorker& operator=(const BlobWorker&) = delete;

  // BlobFolder::prepare, append, read and remove.
  [[nodiscard]] bool prepare(const BlobId& id, std::uint64_t offset, std::uint64_t size, Stored done);
  [[nodiscard]] bool append(const BlobId& id, std::uint64_t offset, std::string data, Stored done);
  [[nodiscard]] bool read(const BlobId& id, std::uint64_t offset, std::size_t size, Read done);
  [[nodiscard]] bool remove(std::vector<BlobId> ids);

  // No more jobs; those submitted are finished, and their reports posted, when it returns.
  void stop();
  [[nodiscard]] const BlobStats& stats() const { return stats_; }
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }

 private:
  struct Job {
    std::function<void()> run;
    std::function<void(bool synced)> report;  // none: nobody waits
    std::optional<BlobId> written;            // what has to be on disk before the report
    std::size_t bytes = 0;
  };
  using Jobs = std::vector<Job>;

  bool submit(Job job);
  void work();
  void run_round(Jobs jobs);
  [[nodiscard]] std::vector<bool> sync(const Jobs& jobs);

  BlobFolder folder_;
  Post post_;
  BoundedQueue<Job> queue_{max_waiting_jobs};
  std::atomic<std::size_t> waiting_bytes_{0};
  BlobStats stats_;
  std::thread thread_;
};

}  // namespace pqc::server::blobs
