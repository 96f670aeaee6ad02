// Which kinds of transport and encryption there are (docs/extending.md). Any thread.
#pragma once

#include <span>
#include <string_view>

#include "p2p/encryptor.h"
#include "p2p/transport.h"

namespace pqc::p2p {

// A kind's file defines its function; registry.cpp lists it.
const TransportKind& tcp_transport();
const TransportKind& udp_transport();

const EncryptionKind& ratchet_encryption();
const EncryptionKind& rsa_encryption();
const EncryptionKind& no_encryption();

[[nodiscard]] std::span<const TransportKind* const> transports();
[[nodiscard]] std::span<const EncryptionKind* const> encryptions();

// Null where there is none.
[[nodiscard]] const TransportKind* find_transport(std::string_view name);
[[nodiscard]] const EncryptionKind* find_encryption(std::string_view name);
[[nodiscard]] const EncryptionKind* find_encryption(std::uint8_t code);

}  // namespace pqc::p2p
