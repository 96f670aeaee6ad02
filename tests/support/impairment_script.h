// The lines by which somebody tells a relay of packets how bad the network is (tests/tools/bad_cable.cpp):
//
//     [at SECONDS] there|back|both [NAME=NUMBER]...       sets a direction; what is not named does nothing
//     [at SECONDS] counts                                 says what has passed so far
//     [at SECONDS] end
//
// Names: loss, reorder, duplicate, burst-enter, burst-leave, burst-loss (per cent), delay, jitter, reorder-by, queue
// (ms), rate (kbit/s), keep-order (1). What stands behind "at" is counted from the relay's start. Pure.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <expected>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "support/impaired_link.h"

namespace pqc::test {

struct RelayCommand {
  enum class Kind : std::uint8_t { set, counts, end };

  std::optional<Impairment::Micros> at;  // none: now
  Kind kind = Kind::set;
  bool there = false;  // the directions that are set
  bool back = false;
  Impairment impairment;
};

namespace detail {

inline std::optional<double> number_in(std::string_view text) {
  double out = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out);
  if (read.ec != std::errc() || read.ptr != end || !(out >= 0 && out <= 1e9)) return std::nullopt;
  return out;
}

inline Impairment::Micros milliseconds_of(double number) {
  return Impairment::Micros(static_cast<std::int64_t>(number * 1000));
}

inline bool set_by_name(Impairment& out, std::string_view name, double number) {
  struct Share {
    std::string_view name;
    double Impairment::* member;
  };
  struct Time {
    std::string_view name;
    Impairment::Micros Impairment::* member;
  };
  static constexpr std::array shares{Share{"loss", &Impairment::loss},
                                     Share{"reorder", &Impairment::reorder},
                                     Share{"duplicate", &Impairment::duplicate},
                                     Share{"burst-enter", &Impairment::burst_enter},
                                     Share{"burst-leave", &Impairment::burst_leave},
                                     Share{"burst-loss", &Impairment::burst_loss}};
  static constexpr std::array times{Time{"delay", &Impairment::delay}, Time{"jitter", &Impairment::jitter},
                                    Time{"reorder-by", &Impairment::reorder_by}, Time{"queue", &Impairment::queue}};
  if (const auto share = std::ranges::find(shares, name, &Share::name); share != shares.end()) {
    out.*share->member = number / 100;
    return number <= 100;
  }
  if (const auto time = std::ranges::find(times, name, &Time::name); time != times.end()) {
    out.*time->member = milliseconds_of(number);
    return true;
  }
  if (name == "rate") out.bits_per_second = static_cast<std::uint64_t>(number * 1000);
  if (name == "keep-order") out.keep_order = number != 0;
  return name == "rate" || name == "keep-order";
}

inline bool set_by_word(Impairment& out, std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const auto number = number_in(word.substr(equals + 1));
  return number && set_by_name(out, word.substr(0, equals), *number);
}

}  // namespace detail

// The error names the word that is not understood.
inline std::expected<RelayCommand, std::string> parse_relay_command(const std::string& line) {
  std::istringstream words(line);
  RelayCommand out;
  std::string word;
  words >> word;
  if (word == "at") {
    words >> word;
    const auto seconds = detail::number_in(word);
    if (!seconds) return std::unexpected(word);
    out.at = detail::milliseconds_of(*seconds * 1000);
    word.clear();
    words >> word;
  }
  if (word == "counts" || word == "end") {
    out.kind = word == "end" ? RelayCommand::Kind::end : RelayCommand::Kind::counts;
    if (words >> word) return std::unexpected(word);
    return out;
  }
  out.there = word == "there" || word == "both";
  out.back = word == "back" || word == "both";
  if (!out.there && !out.back) return std::unexpected(word);
  while (words >> word) {
    if (!detail::set_by_word(out.impairment, word)) return std::unexpected(word);
  }
  return out;
}

}  // namespace pqc::test
