// Frozen agreements, one file a suite: what this build derives from the same keys and bytes is what it derived when the
// format was fixed. A change of any of these files is a new version of the protocol.
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "identity/safety_number.h"
#include "support/person.h"

namespace pqc::pqxdh {
namespace {

using test::must;
using test::start_time;

// Lines of `name = hex`; the safety number is in digits.
class VectorFile {
 public:
  explicit VectorFile(const std::filesystem::path& path) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const auto equals = line.find(" = ");
      if (!line.starts_with('#') && equals != std::string::npos)
        values_[line.substr(0, equals)] = line.substr(equals + 3);
    }
  }
  [[nodiscard]] const std::string& text(const std::string& name) const { return values_.at(name); }
  [[nodiscard]] Bytes bytes(const std::string& name) const { return from_hex(text(name)).value(); }

 private:
  std::map<std::string, std::string> values_;
};

class Vectors : public testing::TestWithParam<crypto::SuiteId> {
 protected:
  [[nodiscard]] identity::VerifiedRecord record(const std::string& name) const {
    const auto account = must(identity::AccountName::make(name, "server.test"));
    return must(identity::verify(file.bytes(name + "_record"), account, start_time));
  }
  [[nodiscard]] identity::VerifiedDevice device(const std::string& name) const {
    return must(identity::VerifiedDevice::make(record(name), {1}, GetParam()));
  }

  VectorFile file{std::filesystem::path(PQC_TEST_VECTORS) /
                  ("suite-" + std::to_string(crypto::number(GetParam())) + ".txt")};
};

TEST_P(Vectors, ResponderDerivesWhatItDerived) {
  crypto::SeededRng rng(1);
  keys::SoftwareKeyHolder bob(rng);
  std::vector<keys::StateItem> state(2);
  state[0] = {"core", SecretBytes(file.bytes("core_state"))};
  state[1] = {"batch-1", SecretBytes(file.bytes("batch_state"))};
  must(bob.import_state(state));
  for (const std::string over : {"one_time", "last_resort"}) {
    const auto part = must(InitialPart::decode(file.bytes(over + ".initial_part")));
    const auto agreed = must(confirm(must(bob.respond(part, device("alice").identity())), device("alice")));
    EXPECT_EQ(to_hex(agreed.id), file.text(over + ".session_id"));
    EXPECT_EQ(to_hex(agreed.secret.view()), file.text(over + ".session_secret"));
  }
}

TEST_P(Vectors, BundlesVerify) {
  for (const auto* prekey : {"one_time", "last_resort"}) {
    auto bundle = must(decode_bundle(file.bytes("signed_manifest"), file.bytes(prekey)));
    EXPECT_TRUE(verify_bundle(std::move(bundle), device("bob"), start_time)) << prekey;
  }
}

TEST_P(Vectors, SafetyNumbersAreTheSame) {
  const auto alice = record("alice");
  const auto bob = record("bob");
  EXPECT_EQ(identity::safety_number(alice.record(), bob.record()), file.text("safety_number"));
  EXPECT_EQ(to_hex(identity::safety_payload(alice.record(), bob.record())), file.text("safety_payload"));
}

INSTANTIATE_TEST_SUITE_P(Suites, Vectors, testing::ValuesIn(test::built_in_suites()),
                         [](const auto& suite) { return "suite" + std::to_string(crypto::number(suite.param)); });

}  // namespace
}  // namespace pqc::pqxdh
