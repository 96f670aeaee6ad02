// What a connection costs whose peer does not read, or reads too slowly (docs/spec/relay.md §8, THREATS 22).
#include <chrono>

#include <gtest/gtest.h>
#include <malloc.h>

#include "net/limits.h"
#include "raw_client.h"

namespace pqc::net {
namespace {

constexpr std::size_t answer_size = 1024;

// Answers each frame with a kilobyte.
class Talker final : public ConnectionUser {
 public:
  Talker(ServerConnection& connection, std::size_t& most_queued)
      : connection_(&connection), most_queued_(most_queued) {}
  void on_frame(FrameKind kind, ByteView) override {
    connection_->set_logged_in();
    connection_->send(kind, Bytes(answer_size, 'a'));
    most_queued_ = std::max(most_queued_, connection_->queued_bytes());
  }
  void on_drained() override {}
  void on_closed() override {}

 private:
  ServerConnection* connection_;
  std::size_t& most_queued_;
};

std::size_t bytes_in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

class QueueTest : public testing::Test {
 protected:
  void SetUp() override {
    ListenerCallbacks callbacks;
    callbacks.opened = [this](ServerConnection& connection) {
      return std::make_shared<Talker>(connection, most_queued_);
    };
    callbacks.request = [](const HttpRequest&) { return HttpResponse{404, "text/plain", "no\n"}; };
    auto certificate = Certificate::make(CertificateKind::ml_dsa_65, "test", {}).value();
    auto tls = TlsServerContext::make({certificate}, false).value();
    listener_ = Listener::start(context_, std::move(tls), "127.0.0.1", 0, std::move(callbacks)).value();
    for (int i = 0; i < 100; ++i) append_client_frame(questions_, FrameKind::binary, as_bytes("?"), mask_);
  }
  // Writes whole groups of questions until the server takes no more; how many bytes it took.
  std::size_t ask_on(RawClient& client) {
    std::size_t taken = 0;
    for (int stuck = 0; stuck < 50;) {
      const auto written = client.write(ByteView(questions_).subspan(at_));
      at_ = (at_ + written) % questions_.size();
      taken += written;
      stuck = written == 0 ? stuck + 1 : 0;
      client.serve();
      if (taken > (std::size_t{64} << 20)) break;
    }
    return taken;
  }

  static constexpr std::array<std::uint8_t, 4> mask_{};
  boost::asio::io_context context_;
  std::unique_ptr<Listener> listener_;
  std::size_t most_queued_ = 0;
  Bytes questions_;
  std::size_t at_ = 0;
};

TEST_F(QueueTest, WhoDoesNotReadTheAnswersIsNotReadFrom) {
  RawClient client(context_, listener_->port());
  EXPECT_LT(ask_on(client), std::size_t{32} << 20) << "the server goes on taking questions";
  EXPECT_LT(most_queued_, std::size_t{4} * write_queue_high);
  EXPECT_EQ(listener_->stats().connections, 1u);
  // It reads again, and all goes on.
  Bytes buffer(1 << 16);
  std::size_t read = 0;
  const auto taken_before = listener_->stats().bytes_in;
  for (int i = 0; i < 10'000 && listener_->stats().bytes_in == taken_before; ++i) {
    read += client.read(buffer);
    client.serve();
  }
  EXPECT_GT(read, 0u);
  EXPECT_GT(listener_->stats().bytes_in, taken_before);
}

TEST_F(QueueTest, AQueueThatNeverEmptiesKeepsItsSize) {
  RawClient client(context_, listener_->port());
  ask_on(client);
  const auto before = bytes_in_use();
  Bytes buffer(1 << 16);
  std::size_t read = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (read < (std::size_t{96} << 20)) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << read << " bytes came";
    for (int i = 0; i < 8; ++i) read += client.read(buffer);
    at_ = (at_ + client.write(ByteView(questions_).subspan(at_))) % questions_.size();
    client.serve();
  }
  EXPECT_LT(bytes_in_use(), before + (std::size_t{16} << 20));
}

}  // namespace
}  // namespace pqc::net
