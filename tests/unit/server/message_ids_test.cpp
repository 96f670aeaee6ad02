#include "server/storage/message_ids.h"

#include <gtest/gtest.h>

namespace pqc::server::storage {
namespace {

TEST(MessageIds, PackAndUnpack) {
  const MessageIdParts parts{0x3FFF, 0x1FF, 0xFF'FFFF'FFFF};
  EXPECT_EQ(pack(parts).value, 0x7FFF'FFFF'FFFF'FFFFu);
  EXPECT_EQ(unpack(pack(parts)), parts);
  EXPECT_EQ(unpack(pack({5, 7, 9})), (MessageIdParts{5, 7, 9}));
}

TEST(MessageIds, AHigherEpochIsAlwaysHigher) {
  EXPECT_LT(pack({1, 0x1FF, 0xFF'FFFF'FFFF}), pack({2, 0, 0}));
}

TEST(MessageIds, NoIdIsGivenOutBeyondTheStoredMark) {
  MessageIds ids;
  ids.start(0, 0, 1);
  EXPECT_EQ(ids.wanted_mark(), 1 + sequence_block);
  ids.reserved(3);
  EXPECT_EQ(ids.wanted_mark(), 0u);
  EXPECT_EQ(ids.next().value, 1u);
  EXPECT_EQ(ids.next().value, 2u);
  EXPECT_NE(ids.wanted_mark(), 0u);
  ids.reserved(1000);
  ids.forget_reservation();
  EXPECT_NE(ids.wanted_mark(), 0u);
}

}  // namespace
}  // namespace pqc::server::storage
