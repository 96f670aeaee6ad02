#include "protocol/linking/guest.h"

#include "wire/reader.h"

namespace pqc::linking {

Result<Offer> Offer::make(Rng& rng) {
  auto pair = hpke::generate_key_pair(hpke_suite().kem, rng);
  if (!pair) return std::unexpected(Error::backend);
  Code code{.secret = {}, .fingerprint = fingerprint_of(pair->public_key)};
  rng.fill(code.secret.fill());
  return Offer(std::move(*pair), std::move(code));
}

Result<Invited> Offer::open_invitation(ByteView message) const {
  if (message.size() > max_message) return std::unexpected(Error::malformed);
  wire::Reader reader(message);
  const auto encapsulation = reader.opaque16(hpke::parameters(hpke_suite().kem).output);
  const auto sealed = encapsulation ? reader.rest(max_message) : encapsulation;
  if (!sealed) return std::unexpected(Error::malformed);
  auto channel = Channel::of_guest(code_, pair_, *encapsulation);
  if (!channel) return std::unexpected(channel.error());
  const auto opened = channel->open(Step::invitation, *sealed);
  if (!opened) return std::unexpected(opened.error());
  auto invitation = decode_invitation(*opened);
  if (!invitation) return std::unexpected(invitation.error());
  return Invited(std::move(*invitation), std::move(*channel));
}

Result<Reply> Invited::answer(Invited invited, const std::vector<identity::DeviceKeys>& keys) {
  auto message = invited.channel_.seal(Step::answer, encode(keys));
  if (!message) return std::unexpected(message.error());
  return Reply{std::move(*message), Answered(std::move(invited.channel_))};
}

}  // namespace pqc::linking
