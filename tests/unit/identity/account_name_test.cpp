#include "identity/account_name.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace pqc::identity {
namespace {

TEST(AccountName, TakesNamesOfTheRule) {
  for (const auto* text : {"a@b", "0x_y.z-w@chat.example.org", "alice@127.0.0.1", "a@a-b.c"}) {
    const auto name = AccountName::parse(text);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(name->text(), text);
  }
}

TEST(AccountName, RefusesOthers) {
  for (const auto* text : {"", "@", "a", "a@", "@b", "A@b", "a@B", ".a@b", "-a@b", "a b@c", "a@b@c", "a@.b", "a@b.",
                           "a@b..c", "a@-b", "a@b-", "a@b:8443", "\xc3\xa4@b", "a@b\n"})
    EXPECT_FALSE(AccountName::parse(text)) << text;
}

TEST(AccountName, HasItsLengths) {
  const std::string label(63, 'x');
  EXPECT_TRUE(AccountName::make(std::string(64, 'a'), "b"));
  EXPECT_FALSE(AccountName::make(std::string(65, 'a'), "b"));
  EXPECT_TRUE(AccountName::make("a", label + "." + label + "." + label + "." + std::string(61, 'y')));
  EXPECT_FALSE(AccountName::make("a", label + "." + label + "." + label + "." + std::string(62, 'y')));
  EXPECT_FALSE(AccountName::make("a", std::string(64, 'x')));
}

TEST(AccountName, ReadsWhatItWrites) {
  const auto name = AccountName::parse("alice@example.org").value();
  Bytes bytes;
  wire::Writer writer(bytes);
  name.encode(writer);
  wire::Reader reader(bytes);
  EXPECT_EQ(AccountName::decode(reader), name);
  EXPECT_TRUE(reader.done());
}

TEST(AccountName, AnyTextIsRefusedOrKept) {
  rc::check([](const std::string& text) {
    const auto name = AccountName::parse(text);
    if (name) RC_ASSERT(name->text() == text);
  });
}

}  // namespace
}  // namespace pqc::identity
