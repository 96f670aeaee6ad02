// Suites: fixed bundles of algorithms with a number. Nothing is negotiated but the number (docs/spec/pqxdh.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "crypto/dh.h"
#include "crypto/error.h"
#include "crypto/kem.h"
#include "crypto/signature.h"

namespace pqc::crypto {

// NOLINTNEXTLINE(performance-enum-size): the size it has on the wire
enum class SuiteId : std::uint16_t { standard = 1, enhanced = 2, pq = 3, pq_falcon = 4 };

// What a suite withstands; a local policy names the lowest one accepted.
enum class Level : std::uint8_t { standard = 1, enhanced = 2, quantum_resistant = 3 };
inline constexpr Level default_minimum_level = Level::quantum_resistant;

struct Suite {
  SuiteId id;
  Level level;
  std::string_view name;  // as the command line takes it
  DhAlg dh;
  std::optional<KemAlg> kem;  // none: a Diffie-Hellman ratchet
  SignatureAlg classical_signature;
  std::optional<SignatureAlg> post_quantum_signature;  // none: not a composite

  [[nodiscard]] constexpr bool hybrid() const { return kem.has_value(); }
  friend bool operator==(const Suite& a, const Suite& b) { return a.id == b.id; }
};

// The suites of this build, in order of preference: by level, and suite 3 before 4. They live as long as the program.
std::span<const Suite> all_suites();

// A suite by number or name; null where there is none, or this build leaves it out.
const Suite* find_suite(SuiteId id);
const Suite* find_suite(std::uint16_t number);
const Suite* find_suite(std::string_view name);

constexpr std::uint16_t number(SuiteId id) {
  return static_cast<std::uint16_t>(id);
}

// "STANDARD", "ENHANCED", "QUANTUM_RESISTANT"; and back.
std::string_view to_string(Level level);
std::optional<Level> parse_level(std::string_view text);

// The best suite that both sides hold and whose level is at least `minimum` (the stricter of both policies). Numbers
// that this build does not know are passed over. Error::refused where nothing is left: there is no fallback.
Result<const Suite*> choose(std::span<const SuiteId> ours, std::span<const SuiteId> theirs, Level minimum);

}  // namespace pqc::crypto
