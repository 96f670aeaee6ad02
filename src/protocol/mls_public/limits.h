// Every limit of MLS (docs/spec/mls.md §5).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pqc::mls::inline public_part {

// One encoded message or ratchet tree: that of 10,000 members with ML-DSA-87 and signed credentials has 146 MB.
inline constexpr std::size_t max_message_size = std::size_t{1} << 28;
inline constexpr std::uint32_t max_leaves = std::uint32_t{1} << 16;
inline constexpr std::size_t max_proposals = 1 << 15;
// Proposals that wait for a commit.
inline constexpr std::size_t max_pending_proposals = 1 << 10;
// Of them, those of one member, and those of external senders and of people who ask to be added, together.
inline constexpr std::size_t max_pending_of_member = 64;
inline constexpr std::size_t max_outside_proposals = 16;
inline constexpr std::size_t max_extensions = 64;
// Entries of each list in capabilities.
inline constexpr std::size_t max_capabilities = 256;
inline constexpr std::size_t max_certificates = 16;
inline constexpr std::size_t max_psks = 64;
inline constexpr std::size_t max_external_senders = 64;
// Steps of an update path: a tree of max_leaves has half as many.
inline constexpr std::size_t max_path_nodes = 32;
inline constexpr std::size_t max_identity = 1 << 16;
// Encoded sizes: a leaf node with its credential and extensions, the extensions of a group context, one proposal, and
// all proposals that wait for a commit.
inline constexpr std::size_t max_leaf_size = 1 << 17;
inline constexpr std::size_t max_extensions_size = 1 << 19;
inline constexpr std::size_t max_proposal_size = 1 << 20;
inline constexpr std::size_t max_pending_size = 1 << 26;
// Ids of groups and of pre-shared keys.
inline constexpr std::size_t max_id_size = 1 << 10;

// RFC 9420 §15.3: generations that one message may jump, and keys of passed-over messages kept for each sender.
inline constexpr std::uint32_t max_generation_jump = 2'000;
inline constexpr std::size_t max_skipped_keys = 2'000;
// The last generation of a ratchet.
inline constexpr std::uint32_t last_generation = 0xFFFF'FFFE;

// Resumption secrets of past epochs that are kept (RFC 9420 §8.6).
inline constexpr std::size_t max_past_epochs = 32;
// RFC 9420 §7.2: the longest lifetime of a key package, in seconds (about 13 months).
inline constexpr std::uint64_t max_lifetime = std::uint64_t{400} * 24 * 3600;
// Seconds that a clock may be off.
inline constexpr std::uint64_t max_clock_skew = 3600;

}  // namespace pqc::mls::inline public_part
