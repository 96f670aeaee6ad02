// Looks for secrets in large memories and files.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/bytes.h"

namespace pqc::test {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Public bytes, to be told apart from secrets that stand beside them.
class Known {
 public:
  Known() = default;
  explicit Known(ByteView bytes) {
    for (std::size_t i = 0; i + sizeof(std::uint64_t) <= bytes.size(); ++i) eights_.push_back(eight_at(bytes, i));
    std::ranges::sort(eights_);
  }
  // Whether 16 bytes of it in a row are known.
  [[nodiscard]] bool holds_part_of(ByteView piece) const {
    for (std::size_t i = 0; i + 16 <= piece.size(); ++i)
      if (holds(eight_at(piece, i)) && holds(eight_at(piece, i + 8))) return true;
    return false;
  }
  static std::uint64_t eight_at(ByteView bytes, std::size_t at) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.subspan(at, sizeof value).data(), sizeof value);
    return value;
  }

 private:
  [[nodiscard]] bool holds(std::uint64_t eight) const { return std::ranges::binary_search(eights_, eight); }
  std::vector<std::uint64_t> eights_;
};

// Finds windows of secrets in a large text. Windows that are largely known, or with few distinct bytes, tell nothing.
class Needles {
 public:
  static constexpr std::size_t window = 24;

  void add(ByteView secret, const Known& known = {}) {
    for (std::size_t i = 0; i + window <= secret.size(); ++i) {
      const auto piece = secret.subspan(i, window);
      if (std::set<std::uint8_t>(piece.begin(), piece.end()).size() < window / 2) continue;
      if (known.holds_part_of(piece)) continue;
      pieces_.emplace(Known::eight_at(piece, 0), to_bytes(piece));
      begins_[first_three_of(piece)] = true;
    }
  }
  [[nodiscard]] std::size_t size() const { return pieces_.size(); }
  [[nodiscard]] std::size_t count_in(ByteView haystack) const {
    std::size_t found = 0;
    for (std::size_t i = 0; i + window <= haystack.size(); ++i) {
      if (!begins_[first_three_of(haystack.subspan(i))]) continue;
      const auto [first, last] = pieces_.equal_range(Known::eight_at(haystack, i));
      for (auto it = first; it != last; ++it) found += equal(it->second, haystack.subspan(i, window)) ? 1 : 0;
    }
    return found;
  }

 private:
  static std::size_t first_three_of(ByteView piece) {
    return piece[0] | std::size_t{piece[1]} << 8 | std::size_t{piece[2]} << 16;
  }

  std::unordered_multimap<std::uint64_t, Bytes> pieces_;
  std::vector<bool> begins_ = std::vector<bool>(std::size_t{1} << 24);  // spares most places a look into the map
};

// All of a process that can be read and that it can write: what its core would hold.
inline Bytes memory_of(pid_t pid) {
  const auto base = "/proc/" + std::to_string(pid);
  const int memory = ::open((base + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  std::istringstream maps(read_file(base + "/maps"));
  Bytes out;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    char permissions[5] = {};
    if (std::sscanf(line.c_str(), "%llx-%llx %4s", &begin, &end, permissions) != 3 || permissions[1] != 'w') continue;
    const auto offset = out.size();
    out.resize(offset + (end - begin));
    const auto n = pread(memory, out.data() + offset, end - begin, static_cast<off_t>(begin));
    out.resize(offset + (n > 0 ? static_cast<std::size_t>(n) : 0));
  }
  ::close(memory);
  return out;
}

}  // namespace pqc::test
