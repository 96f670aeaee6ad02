// Two honest peers and somebody between them who, for two seconds, drops, repeats, changes and makes up datagrams: they
// connect all the same, before their time is over, and have the same keys.
#include <cstdlib>
#include <deque>
#include <vector>

#include "media/transport/dtls.h"

namespace {

using namespace pqc;
using namespace pqc::media;
using namespace std::chrono_literals;

void require(bool holds) {
  if (!holds) std::abort();
}

// The script's bytes; zeros behind its end.
class Script {
 public:
  explicit Script(ByteView bytes) : rest_(bytes) {}
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto out = rest_.front();
    rest_ = rest_.subspan(1);
    return out;
  }
  std::size_t number() { return std::size_t{byte()} << 8 | byte(); }
  ByteView bytes(std::size_t size) {
    const auto out = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(out.size());
    return out;
  }
  [[nodiscard]] bool over() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

struct Side final : DatagramPath {
  void send(ByteView datagram) override {
    sent.push_back(to_bytes(datagram));
    waiting.push_back(sent.size() - 1);
  }
  std::vector<Bytes> sent;
  std::deque<std::size_t> waiting;  // of those, on their way
  std::unique_ptr<Dtls> dtls;
};

class Meeting {
 public:
  Meeting() {
    static const auto first = *MediaCertificate::make(), second = *MediaCertificate::make();
    acceptor_.dtls = *Dtls::start(DtlsRole::accept, first, second.fingerprint(), false, acceptor_, now_);
    connector_.dtls = *Dtls::start(DtlsRole::connect, second, first.fingerprint(), false, connector_, now_);
  }

  void disturb(Script& script) {
    const auto action = script.byte();
    auto& from = (action & 128) != 0 ? acceptor_ : connector_;
    auto& to = other(from);
    switch (action % 6) {
      case 0:
        return pass(from);
      case 1:
        if (!from.waiting.empty()) from.waiting.pop_front();
        return;
      case 2:
        if (!from.sent.empty()) hand(to, from.sent[script.byte() % from.sent.size()]);
        return;
      case 3:
        return hand(to, changed(from, script));
      case 4:
        return hand(to, to_bytes(script.bytes(script.byte())));
      default:
        if (now_ < Time{} + 2s) advance(std::chrono::milliseconds(script.byte()));
    }
  }

  void end_well() {
    while (now_ < Time{} + 14s && !(connected(acceptor_) && connected(connector_))) {
      while (!acceptor_.waiting.empty() || !connector_.waiting.empty()) {
        pass(acceptor_);
        pass(connector_);
      }
      advance(10ms);
    }
    require(connected(acceptor_) && connected(connector_));
    const auto one = acceptor_.dtls->export_keys(), same = connector_.dtls->export_keys();
    require(one && same && std::ranges::equal(one->view(), same->view()));
  }

 private:
  static bool connected(const Side& side) { return side.dtls->state() == DtlsState::connected; }
  Side& other(const Side& side) { return &side == &acceptor_ ? connector_ : acceptor_; }
  void hand(Side& to, const Bytes& datagram) { to.dtls->handle_datagram(datagram, now_); }
  void pass(Side& from) {
    if (from.waiting.empty()) return;
    const auto next = from.waiting.front();
    from.waiting.pop_front();
    hand(other(from), Bytes(from.sent[next]));
  }
  static Bytes changed(const Side& from, Script& script) {
    if (from.sent.empty()) return {};
    auto out = from.sent[script.byte() % from.sent.size()];
    for (auto count = script.byte() % 8; count > 0 && !out.empty(); --count)
      out[script.number() % out.size()] ^= script.byte();
    return out;
  }
  void advance(std::chrono::milliseconds time) {
    now_ += time;
    acceptor_.dtls->poll(now_);
    connector_.dtls->poll(now_);
  }

  Time now_{};
  Side acceptor_, connector_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Script script(ByteView(data, size));
  Meeting meeting;
  for (int i = 0; i < 256 && !script.over(); ++i) meeting.disturb(script);
  meeting.end_well();
  return 0;
}
