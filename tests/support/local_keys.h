// A KeyService in the test's own process, in place of the key agent.
#pragma once

#include <vector>

#include "client/keys/key_service.h"
#include "crypto/random.h"
#include "keys/software_key_holder.h"

namespace pqc::test {

class LocalKeys final : public client::KeyService {
 public:
  keys::KeyHolder& holder() override { return holder_; }
  std::optional<State> state() override { return current; }
  void witness(std::uint64_t generation) override { witnessed = generation; }
  void record(const keys::audit::Event& event) override { events.push_back(event); }
  void name_nobody() override { names_nobody = true; }

  State current;
  std::uint64_t witnessed = 0;
  bool names_nobody = false;
  std::vector<keys::audit::Event> events;

 private:
  crypto::SeededRng rng_{1};
  keys::SoftwareKeyHolder holder_{rng_};
};

}  // namespace pqc::test
