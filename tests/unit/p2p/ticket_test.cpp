// Tickets: what fits, what comes back, and what is refused (docs/spec/p2p.md §13). Frames on a stream of bytes (§3).
#include "p2p/ticket.h"

#include <gtest/gtest.h>

#include "p2p/frame_reader.h"
#include "p2p/limits.h"

namespace pqc::p2p {
namespace {

using net::ice::Candidate;
using net::ice::CandidateType;

constexpr UnixMillis now{1'800'000'000'000};

Ticket sample(Ticket::Kind kind, std::size_t candidates) {
  Ticket out{.kind = kind,
             .expires = {now.value + 3'600'000},
             .identity = {},
             .certificate = {},
             .answers = {},
             .ice = {},
             .candidates = {}};
  out.identity.fill(0xa1);
  out.certificate.fill(0xb2);
  if (kind == Ticket::Kind::answer) out.answers.fill(0xc3);
  out.ice.ufrag.fill(0xd4);
  out.ice.password.fill(0xe5);
  for (std::size_t i = 0; i < candidates; ++i)
    out.candidates.push_back(
        i % 2 == 0 ? Candidate{CandidateType::host, "2001:db8:1234:5678:11:2233:4455:6677", 60973}
                   : Candidate{i % 3 == 0 ? CandidateType::relayed : CandidateType::server_reflexive, "192.0.2.7", 1});
  return out;
}

TEST(Ticket, ComesBackAsItWas) {
  for (const auto kind : {Ticket::Kind::offer, Ticket::Kind::answer})
    for (std::size_t candidates = 1; candidates <= limits::candidates; ++candidates) {
      const auto ticket = sample(kind, candidates);
      EXPECT_EQ(parse_ticket(" \n" + to_text(ticket) + "\r\n", now), ticket);
    }
}

TEST(Ticket, TheLargestFits) {
  auto v6 = sample(Ticket::Kind::answer, 0);
  auto v4 = v6;
  for (std::size_t i = 0; i < 2 * limits::candidates; ++i) {
    v6.candidates.push_back({CandidateType::host, "2001:db8::1", 1});
    v4.candidates.push_back({CandidateType::host, "192.0.2.1", 1});
  }
  EXPECT_LE(to_text(v6).size(), limits::ticket_text);
  EXPECT_EQ(parse_ticket(to_text(v6), now)->candidates.size(), 5U);
  EXPECT_EQ(parse_ticket(to_text(v4), now)->candidates.size(), limits::candidates);
}

// A machine with twenty addresses: what the ticket has no room for is told after it, eight at a time.
TEST(Ticket, WhatIsLeftOutOfOneIsToldLater) {
  auto ticket = sample(Ticket::Kind::answer, 0);
  for (std::uint16_t port = 1; port <= 20; ++port)
    ticket.candidates.push_back({CandidateType::host, "2001:db8::1", port});
  auto told = candidates_in(ticket);
  EXPECT_EQ(told, parse_ticket(to_text(ticket), now)->candidates);
  ASSERT_EQ(told.size(), 5U);
  const auto news = candidates_since(told, ticket.candidates, true);
  ASSERT_EQ(news.size(), 2U);
  EXPECT_FALSE(news[0].last);
  EXPECT_TRUE(news[1].last);
  std::vector<Candidate> later;
  for (const auto& each : news) {
    const auto some = decode_candidates(each.candidates);
    ASSERT_TRUE(some);
    later.insert(later.end(), some->begin(), some->end());
  }
  EXPECT_EQ(later, std::vector<Candidate>(ticket.candidates.begin() + 5,
                                          ticket.candidates.begin() + limits::candidates_in_all));
}

TEST(Ticket, NothingIsToldTwiceOrThatCannotBe) {
  const auto all = sample(Ticket::Kind::offer, 2).candidates;
  std::vector<Candidate> told;
  EXPECT_EQ(candidates_since(told, all, false).size(), 1U);
  EXPECT_TRUE(candidates_since(told, all, false).empty());
  const std::vector<Candidate> reflexive{{CandidateType::peer_reflexive, "192.0.2.9", 9}};
  EXPECT_TRUE(candidates_since(told, reflexive, false).empty());
  const auto end = candidates_since(told, all, true);
  ASSERT_EQ(end.size(), 1U);
  EXPECT_TRUE(end[0].last && end[0].candidates.empty());
}

TEST(Ticket, CandidatesGoWithoutOneToo) {
  const auto candidates = sample(Ticket::Kind::offer, limits::candidates).candidates;
  const auto bytes = encode_candidates(candidates);
  EXPECT_LE(bytes.size(), limits::candidates_bytes);
  EXPECT_EQ(decode_candidates(bytes), candidates);
  EXPECT_EQ(decode_candidates({}), std::vector<Candidate>());
  for (std::size_t size = 1; size < 19; ++size) EXPECT_FALSE(decode_candidates(ByteView(bytes).first(size)));
  auto more = bytes;
  append(more, ByteView(bytes).first(19));
  EXPECT_FALSE(decode_candidates(more));
  EXPECT_TRUE(encode_candidates(std::vector{Candidate{CandidateType::peer_reflexive, "192.0.2.1", 1}}).empty());
}

TEST(Ticket, EveryTypeOfCandidateComesFirst) {
  const Candidate host{CandidateType::host, "192.0.2.1", 1}, other{CandidateType::host, "192.0.2.2", 1};
  const Candidate reflexive{CandidateType::server_reflexive, "192.0.2.3", 1};
  const Candidate relayed{CandidateType::relayed, "192.0.2.4", 1};
  const std::vector all{host, other, reflexive, relayed};
  EXPECT_EQ(by_need(all), (std::vector{host, reflexive, relayed, other}));
  EXPECT_EQ(by_need(by_need(all)), by_need(all));
}

TEST(Ticket, EveryCutAndEveryChangedCharacterIsRefused) {
  const auto text = to_text(sample(Ticket::Kind::offer, 2));
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(parse_ticket(text.substr(0, size), now)) << size;
  // The last character carries bits that base64 does not use.
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    auto changed = text;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(parse_ticket(changed, now)) << at;
  }
  EXPECT_FALSE(parse_ticket(text + text, now));
  EXPECT_FALSE(parse_ticket("", now));
}

TEST(Ticket, ExpiresAndNeedsAPlace) {
  const auto ticket = sample(Ticket::Kind::offer, 1);
  EXPECT_EQ(parse_ticket(to_text(ticket), ticket.expires).error().code, ExitCode::refused);
  EXPECT_FALSE(parse_ticket(to_text(sample(Ticket::Kind::offer, 0)), now));
  auto named = sample(Ticket::Kind::offer, 1);
  named.candidates.push_back({CandidateType::host, "host.example", 1});         // only numbers are in a ticket
  named.candidates.push_back({CandidateType::peer_reflexive, "192.0.2.7", 1});  // nobody is told of these
  EXPECT_EQ(parse_ticket(to_text(named), now)->candidates.size(), 1U);
}

TEST(Ticket, AnAnswerNamesItsOffer) {
  auto one = sample(Ticket::Kind::offer, 1);
  const auto hash = hash_of(one);
  one.certificate[0] ^= 1;
  EXPECT_NE(hash_of(one), hash);
}

TEST(FrameReader, FindsTheFramesHoweverTheBytesCome) {
  Bytes stream;
  const std::vector<Bytes> frames{Bytes(1, 7), Bytes(300, 8), Bytes(4, 9)};
  for (const auto& frame : frames) append_frame(stream, frame);
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    FrameReader reader;
    reader.set_longest(300);
    std::vector<Bytes> found;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      reader.append(ByteView(stream).subspan(at, std::min(step, stream.size() - at)));
      while (const auto frame = reader.next()) found.push_back(to_bytes(*frame));
    }
    EXPECT_EQ(found, frames) << step;
    EXPECT_FALSE(reader.broken());
  }
}

TEST(FrameReader, WaitsForNothingThatIsTooLong) {
  for (const auto* length : {"00000000", "0000012d", "ffffffff"}) {
    FrameReader reader;
    reader.set_longest(300);
    reader.append(*from_hex(length));
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.broken()) << length;
  }
}

}  // namespace
}  // namespace pqc::p2p
