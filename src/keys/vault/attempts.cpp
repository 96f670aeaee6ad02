#include "keys/vault/attempts.h"

#include <algorithm>
#include <limits>

#include "keys/vault/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::keys::vault {
namespace {

constexpr std::size_t record_size = 12;

}  // namespace

std::chrono::milliseconds delay_after(std::uint32_t failures) {
  if (failures < free_attempts) return std::chrono::milliseconds(0);
  const auto doublings = std::min(failures - free_attempts, 20U);
  return std::min(first_delay * (1U << doublings), max_delay);
}

Attempts::Record Attempts::load() const {
  const auto bytes = folder_.read(files::attempts, record_size);
  if (!bytes) return {};
  wire::Reader reader(*bytes);
  const auto failures = reader.u32();
  const auto not_before = reader.u64();
  if (!failures || !not_before || !reader.done()) return {};
  constexpr auto latest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 2);
  return {*failures, UnixMillis{static_cast<std::int64_t>(std::min(*not_before, latest))}};
}

std::uint32_t Attempts::failures() const {
  return load().failures;
}

std::chrono::milliseconds Attempts::time_left() const {
  const auto left = load().not_before - clock_.now();
  return std::clamp(left, std::chrono::milliseconds(0), max_delay);
}

Result<void> Attempts::begin() const {
  if (time_left() > std::chrono::milliseconds(0)) return std::unexpected(Error::wait);
  const auto before = load().failures;
  const auto failures = before == std::numeric_limits<std::uint32_t>::max() ? before : before + 1;
  const auto not_before = clock_.now() + delay_after(failures);
  Bytes record;
  wire::Writer(record).u32(failures).u64(static_cast<std::uint64_t>(not_before.value));
  return folder_.replace(files::attempts, record);
}

Result<void> Attempts::succeeded() const {
  return folder_.remove(files::attempts);
}

}  // namespace pqc::keys::vault
