#include "protocol/linking/host.h"

#include <algorithm>

#include "wire/writer.h"

namespace pqc::linking {

Result<SealedInvitation> invite(const Code& code, ByteView public_key, const Invitation& invitation, Rng& rng) {
  auto opened = Channel::to_guest(code, public_key, rng);
  if (!opened) return std::unexpected(opened.error());
  auto sealed = opened->channel.seal(Step::invitation, encode(invitation));
  if (!sealed) return std::unexpected(sealed.error());
  Bytes message;
  wire::Writer(message).opaque16(opened->encapsulation).bytes(*sealed);
  return SealedInvitation{std::move(message), Inviting(invitation.suites, std::move(opened->channel))};
}

Result<NewDevice> Inviting::open_answer(ByteView message) {
  const auto opened = channel_.open(Step::answer, message);
  if (!opened) return std::unexpected(opened.error());
  auto keys = decode_keys(*opened);
  if (!keys) return std::unexpected(keys.error());
  if (!std::ranges::equal(*keys, suites_, {}, &identity::DeviceKeys::suite)) return std::unexpected(Error::refused);
  return NewDevice{std::move(*keys), Signing(std::move(channel_))};
}

Result<SealedRecord> Signing::seal_record(Signing signing, ByteView signed_record) {
  auto message = signing.channel_.seal(Step::record, signed_record);
  if (!message) return std::unexpected(message.error());
  return SealedRecord{std::move(*message), Finishing(std::move(signing.channel_))};
}

Result<void> Finishing::open_confirmation(ByteView message) const {
  const auto opened = channel_.open(Step::confirmation, message);
  if (!opened) return std::unexpected(opened.error());
  if (!opened->empty()) return std::unexpected(Error::malformed);
  return {};
}

}  // namespace pqc::linking
