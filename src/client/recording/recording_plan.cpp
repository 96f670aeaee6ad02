#include "client/recording/recording_plan.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <unistd.h>

#include "client/files.h"

namespace pqc::client {
namespace {

Result<recording::RecordingSecret> secret_of(Store& store, Rng& rng) {
  auto stored = store.account.secret(setting::recording_secret);
  if (!stored) return pass(stored);
  recording::RecordingSecret out;
  if (*stored) {
    if ((*stored)->size() != out.size) return fail(ExitCode::damaged, "the profile's recording secret is damaged");
    std::ranges::copy((*stored)->view(), out.fill().begin());
    return out;
  }
  rng.fill(out.fill());
  if (auto done = store.account.set_blob(setting::recording_secret, out.view()); !done) return pass(done);
  return out;
}

}  // namespace

Status check_recording_path(const std::string& path) {
  const std::filesystem::path file(path);
  std::error_code code;
  if (!file.is_absolute() || !file.has_filename())
    return fail(ExitCode::usage, "a recording needs the path of a file from the root on");
  const auto there = std::filesystem::symlink_status(file, code).type();
  if (there == std::filesystem::file_type::none) return std::unexpected(system_error(code.value(), "write", path));
  if (there != std::filesystem::file_type::not_found)
    return fail(ExitCode::usage, path + " is there already, and a recording replaces nothing: choose another name");
  const auto folder = file.parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return std::unexpected(system_error(errno, "write into", folder));
  return {};
}

Result<recording::FileKey> recording_key(Store& store, Rng& rng, const recording::Header& header) {
  auto secret = secret_of(store, rng);
  if (!secret) return pass(secret);
  auto key = recording::derive_key(*secret, header);
  if (!key) return fail(ExitCode::unexpected, "the recording's key could not be derived");
  return std::move(*key);
}

Result<RecordingPlan> plan_recording(Store& store, Rng& rng, const std::string& path, recording::Start start) {
  const auto header = recording::make_header(rng);
  auto key = recording_key(store, rng, header);
  if (!key) return pass(key);
  return RecordingPlan{.path = path, .header = header, .key = std::move(*key), .start = std::move(start)};
}

}  // namespace pqc::client
