#include "crypto/suite.h"

#include <algorithm>
#include <array>

namespace pqc::crypto {
namespace {

constexpr Suite pq{SuiteId::pq,           Level::quantum_resistant, "pq", DhAlg::x25519, KemAlg::ml_kem_1024,
                   SignatureAlg::ed25519, SignatureAlg::ml_dsa_87};
constexpr Suite pq_falcon{
    SuiteId::pq_falcon,    Level::quantum_resistant, "pq-falcon", DhAlg::x25519, KemAlg::ml_kem_1024,
    SignatureAlg::ed25519, SignatureAlg::falcon_1024};
constexpr Suite enhanced{SuiteId::enhanced, Level::enhanced,     "enhanced",  DhAlg::x448,
                         std::nullopt,      SignatureAlg::ed448, std::nullopt};
constexpr Suite standard{SuiteId::standard, Level::standard,       "standard",  DhAlg::x25519,
                         std::nullopt,      SignatureAlg::ed25519, std::nullopt};

constexpr std::array with_falcon{pq, pq_falcon, enhanced, standard};
constexpr std::array without_falcon{pq, enhanced, standard};

const Suite* find_where(auto&& matches) {
  const auto suites = all_suites();
  const auto found = std::ranges::find_if(suites, matches);
  return found == suites.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Suite> all_suites() {
  if (available(SignatureAlg::falcon_1024)) return with_falcon;
  return without_falcon;
}

const Suite* find_suite(SuiteId id) {
  return find_where([&](const Suite& suite) { return suite.id == id; });
}

const Suite* find_suite(std::uint16_t wanted) {
  return find_where([&](const Suite& suite) { return number(suite.id) == wanted; });
}

const Suite* find_suite(std::string_view name) {
  return find_where([&](const Suite& suite) { return suite.name == name; });
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::standard:
      return "STANDARD";
    case Level::enhanced:
      return "ENHANCED";
    case Level::quantum_resistant:
      return "QUANTUM_RESISTANT";
  }
  return "UNKNOWN";
}

std::optional<Level> parse_level(std::string_view text) {
  const auto same = [](char given, char letter) {
    return given == letter || (given == '-' && letter == '_') ||
           (given >= 'a' && given <= 'z' && given - 'a' + 'A' == letter);
  };
  for (const auto level : {Level::standard, Level::enhanced, Level::quantum_resistant}) {
    if (std::ranges::equal(text, to_string(level), same)) return level;
  }
  return std::nullopt;
}

Result<const Suite*> choose(std::span<const SuiteId> ours, std::span<const SuiteId> theirs, Level minimum) {
  for (const auto& suite : all_suites()) {
    const bool both = std::ranges::contains(ours, suite.id) && std::ranges::contains(theirs, suite.id);
    if (both && suite.level >= minimum) return &suite;
  }
  return std::unexpected(Error::refused);
}

}  // namespace pqc::crypto
