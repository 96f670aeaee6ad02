#include "protocol/pqxdh/envelope.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "protocol/pqxdh/limits.h"

namespace pqc::pqxdh {
namespace {

TEST(Envelope, ReadsWhatItWrites) {
  rc::check([](const Bytes& part, const Bytes& message, const std::vector<AcknowledgementTag>& tags) {
    RC_PRE(!part.empty() && !message.empty() && !tags.empty() && tags.size() <= max_acknowledgements);
    const auto initial_bytes = encode_initial_envelope(part, message);
    const auto initial = std::get<InitialEnvelope>(decode_envelope(initial_bytes).value());
    RC_ASSERT(equal(initial.initial_part, part) && equal(initial.ratchet_message, message));
    const auto message_bytes = encode_message_envelope(message);
    RC_ASSERT(equal(std::get<MessageEnvelope>(decode_envelope(message_bytes).value()).ratchet_message, message));
    const auto tag_bytes = encode_acknowledgement_envelope(tags);
    RC_ASSERT(std::get<AcknowledgementEnvelope>(decode_envelope(tag_bytes).value()).tags == tags);
  });
}

TEST(Envelope, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(decode_envelope({}).error(), Error::malformed);
  EXPECT_EQ(decode_envelope(Bytes{1}).error(), Error::malformed);
  EXPECT_EQ(decode_envelope(Bytes{2, 2, 0}).error(), Error::unsupported);  // format
  EXPECT_EQ(decode_envelope(Bytes{1, 0, 0}).error(), Error::unsupported);  // kind
  EXPECT_EQ(decode_envelope(Bytes{1, 4, 0}).error(), Error::unsupported);
  EXPECT_EQ(decode_envelope(Bytes{1, 2}).error(), Error::malformed);           // no message
  EXPECT_EQ(decode_envelope(Bytes{1, 1, 0, 1, 7}).error(), Error::malformed);  // no message behind the part
  EXPECT_EQ(decode_envelope(Bytes{1, 1, 0, 0, 7}).error(), Error::malformed);  // no part
  EXPECT_EQ(decode_envelope(Bytes{1, 1, 0, 9, 7}).error(), Error::malformed);  // part cut short
}

TEST(Envelope, HasLimits) {
  auto bytes = encode_message_envelope(Bytes(max_envelope_size - 2));
  EXPECT_TRUE(decode_envelope(bytes));
  bytes.push_back(0);
  EXPECT_EQ(decode_envelope(bytes).error(), Error::limit);
  EXPECT_FALSE(decode_envelope(encode_initial_envelope(Bytes(max_initial_part_size + 1), Bytes(1))));
  EXPECT_TRUE(decode_envelope(encode_acknowledgement_envelope(std::vector<AcknowledgementTag>(max_acknowledgements))));
  EXPECT_FALSE(
      decode_envelope(encode_acknowledgement_envelope(std::vector<AcknowledgementTag>(max_acknowledgements + 1))));
  for (const std::size_t size : {1U, 15U, 17U}) {
    Bytes tags{1, 3};
    tags.resize(2 + size);
    EXPECT_FALSE(decode_envelope(tags));
  }
}

TEST(Envelope, TheLowerSessionIdIsPreferred) {
  const SessionId low{1, 2};
  const SessionId high{1, 3};
  EXPECT_TRUE(preferred(low, high));
  EXPECT_FALSE(preferred(high, low));
  EXPECT_FALSE(preferred(low, low));
}

}  // namespace
}  // namespace pqc::pqxdh
