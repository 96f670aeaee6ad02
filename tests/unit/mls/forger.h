// A member that keeps no rule: what it says is signed and sealed as it should be, and otherwise as the test wants it.
#pragma once

#include <functional>

#include "protocol/mls/epoch_step.h"
#include "protocol/mls/protection.h"
#include "support.h"

namespace pqc::mls::testing {

// Signs and frames content in the epoch of `as`, with its secrets; the public form.
inline Bytes say(World& world, Group& as, Sender sender, ContentBody body, const SignatureKey& signer,
                 const std::function<void(FramedContentAuthData&)>& change = {}) {
  auto& state = as.mutable_state();
  FramedContent framed{state.context.group_id, state.context.epoch, sender, {}, std::move(body)};
  auto content = sign_content(signer, WireFormat::public_message, std::move(framed), state.context, world.rng).value();
  content.auth.confirmation_tag = Bytes(world.suite.secret_size());
  if (change) change(content.auth);
  const auto& key = state.epoch.membership_key;
  return encode(Message{protect_public(world.suite, content, state.context, key.view()).value()});
}

inline Bytes say(World& world, Group& as, ContentBody body) {
  return say(world, as, {SenderType::member, as.self().value}, std::move(body), *as.mutable_state().signer);
}

// The commit in an open message.
inline Commit commit_in(ByteView message) {
  const auto decoded = decode<Message>(message).value();
  return std::get<Commit>(std::get<PublicMessage>(decoded.body).content.body);
}

// Why a member refuses a message, which has left its state as it was. Error::backend where it does not refuse.
inline Error refusal(World& world, Group& member, ByteView message) {
  const auto before = copy_of(member);
  const auto event = member.process(message, world.environment);
  EXPECT_EQ(copy_of(member), before);
  return event ? Error::backend : event.error();
}

}  // namespace pqc::mls::testing
