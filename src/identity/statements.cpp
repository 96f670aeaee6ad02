#include "identity/statements.h"

#include "wire/writer.h"

namespace pqc::identity {
namespace {

void write(wire::Writer& writer, const LoginStatement& statement) {
  writer.bytes(statement.server);
  statement.account.encode(writer);
  writer.u32(statement.device.value).u16(crypto::number(statement.suite));
  writer.bytes(statement.challenge).bytes(statement.exporter);
}

void write(wire::Writer& writer, const RegistrationStatement& statement) {
  write(writer, statement.login);
  writer.bytes(statement.record);
}

const LoginStatement& login_of(const LoginStatement& statement) {
  return statement;
}
const LoginStatement& login_of(const RegistrationStatement& statement) {
  return statement.login;
}

const LoginStatement& login_of(const Statement& statement) {
  return std::visit([](const auto& s) -> const LoginStatement& { return login_of(s); }, statement);
}

}  // namespace

Bytes encode(const Statement& statement) {
  Bytes out;
  wire::Writer writer(out);
  std::visit([&](const auto& s) { write(writer, s); }, statement);
  return out;
}

std::string_view label_of(const Statement& statement) {
  return std::visit([](const auto& s) -> std::string_view { return s.label; }, statement);
}

crypto::SuiteId suite_of(const Statement& statement) {
  return login_of(statement).suite;
}

DeviceAddress signer_of(const Statement& statement) {
  const auto& login = login_of(statement);
  return {login.account, login.device};
}

Result<void> verify(const Statement& statement, ByteView signature, const VerifiedDevice& device) {
  if (signer_of(statement) != device.identity().address || suite_of(statement) != device.identity().suite)
    return std::unexpected(Error::unknown_device);
  if (!device.signature_key().verify(label_of(statement), encode(statement), signature))
    return std::unexpected(Error::bad_signature);
  return {};
}

}  // namespace pqc::identity
