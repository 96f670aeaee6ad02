#include "p2p/channel.h"

#include "p2p/limits.h"
#include "p2p/registry.h"

namespace pqc::p2p {
namespace {

using client::Error;
using client::Status;

constexpr std::uint8_t hello_frame = 1;
constexpr std::uint8_t handshake_frame = 2;
constexpr std::uint8_t sealed_frame = 3;

std::string label_of(std::uint8_t code) {
  const auto* kind = find_encryption(code);
  return kind == nullptr ? "a kind of encryption that this version does not know" : std::string(kind->label);
}

}  // namespace

Channel::Channel(LinkPtr link, std::unique_ptr<Encryptor> encryptor, Hello hello)
    : link_(std::move(link)), encryptor_(std::move(encryptor)), ours_(std::move(hello)) {}

void Channel::start(Handlers handlers) {
  handlers_ = std::move(handlers);
  encryptor_->describe(ours_);
  ours_sent_ = encode(ours_);
  link_->start({.frame = [this](ByteView frame) { on_frame(frame); },
                .drained =
                    [this] {
                      if (state_ == State::open) handlers_.drained();
                    },
                .closed = [this](Error why) { close(std::move(why)); }},
               limits::handshake_frame);
  send_frame(hello_frame, ours_sent_);
}

bool Channel::room() const {
  return state_ == State::open && link_->queued() < limits::file_ahead;
}

void Channel::send(const Content& content) {
  if (state_ != State::open) return;
  const auto sealed = encryptor_->seal(encode(content));
  if (!sealed) return close(sealed.error());
  send_frame(sealed_frame, *sealed);
}

void Channel::send_frame(std::uint8_t type, ByteView body) {
  Bytes frame;
  frame.reserve(1 + body.size());
  frame.push_back(type);
  append(frame, body);
  link_->send(frame);
}

void Channel::on_frame(ByteView frame) {
  if (state_ == State::closed) return;
  const auto type = frame.front();
  const auto body = frame.subspan(1);
  Status done = refused("a frame out of order");
  if (state_ == State::awaiting_hello && type == hello_frame) done = on_hello(body);
  if (state_ == State::handshaking && type == handshake_frame) done = take(encryptor_->handshake(body));
  if (state_ == State::open && type == sealed_frame) return on_sealed(body);
  if (!done) close(done.error());
}

Status Channel::on_hello(ByteView body) {
  const auto theirs = decode_hello(body);
  if (!theirs) return std::unexpected(theirs.error());
  if (theirs->role == ours_.role) return refused("a hello of our own role");
  if (theirs->encryption != ours_.encryption)
    return client::fail(ExitCode::protocol_mismatch,
                        "the other side wants encryption '" + label_of(theirs->encryption) + "', this side '" +
                            label_of(ours_.encryption) + "': both have to ask for the same");
  state_ = State::handshaking;
  const auto binding = link_->binding();
  return take(encryptor_->begin({ours_, *theirs, ours_sent_, body, binding}));
}

Status Channel::take(client::Result<Encryptor::Step> step) {
  if (!step) return client::pass(step);
  for (const auto& frame : step->frames) send_frame(handshake_frame, frame);
  if (!step->done) return {};
  state_ = State::open;
  link_->set_longest(limits::frame);
  handlers_.open();
  return {};
}

void Channel::on_sealed(ByteView body) {
  const auto padded = encryptor_->open(body);
  if (!padded) return close(padded.error());
  const auto content = decode_content(*padded);
  if (!content) return close(content.error());
  handlers_.content(*content);
}

void Channel::close(Error why) {
  if (std::exchange(state_, State::closed) == State::closed) return;
  handlers_.closed(std::move(why));
}

}  // namespace pqc::p2p
