#include "client/messages/content.h"

#include <gtest/gtest.h>

#include "client/limits.h"
#include "proto/content.pb.h"
#include "wire/padding.h"

namespace pqc::client {
namespace {

Bytes padded(const pqc_chat::content::v1::Content& content) {
  Bytes out;
  wire::pad(as_bytes(content.SerializeAsString()), out);
  return out;
}

pqc_chat::content::v1::Content valid() {
  pqc_chat::content::v1::Content content;
  content.set_version(1);
  content.set_id(std::string(16, 'i'));
  content.set_sent_at(1234);
  content.mutable_text()->set_text("hello");
  return content;
}

TEST(Content, TextSurvivesTheRoundTrip) {
  const Content in{.id = {1, 2, 3}, .sent_at = {987654321}, .body = TextContent{"Grüße – 你好"}};
  const auto out = decode_content(encode_content(in));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->id, in.id);
  EXPECT_EQ(out->sent_at, in.sent_at);
  EXPECT_EQ(std::get<TextContent>(out->body).text, "Grüße – 你好");
}

TEST(Content, LengthsAreRoundedUp) {
  const auto size = [](std::size_t length) {
    return encode_content({.id = {}, .sent_at = {1}, .body = TextContent{std::string(length, 'x')}}).size();
  };
  EXPECT_EQ(size(1), size(20));
  EXPECT_LT(size(1), size(200));
}

TEST(Content, TheLongestTextIsAllowedAndOneByteMoreIsNot) {
  EXPECT_TRUE(check_text(std::string(limits::text_bytes, 'x')));
  const auto longer = check_text(std::string(limits::text_bytes + 1, 'x'));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, ExitCode::text_too_long);
  EXPECT_EQ(check_text("").error().code, ExitCode::text_empty);
}

// A piece of a history is larger than any message, and nothing else may be.
TEST(Content, APieceOfAHistoryHasRoomForTheLongestRecord) {
  HistoryContent piece{.records = {Bytes(limits::history_bytes / 2, 1), Bytes(limits::history_bytes / 2 - 16, 2)},
                       .from = {.contact = 1, .message = 2, .call = 3},
                       .to = {.contact = 3, .message = 4, .call = 5},
                       .ask = true,
                       .last = false};
  const auto decoded = decode_content(encode_content({.id = {7}, .sent_at = {1}, .body = piece}));
  ASSERT_TRUE(decoded);
  const auto& back = std::get<HistoryContent>(decoded->body);
  EXPECT_EQ(back.records, piece.records);
  EXPECT_EQ(back.from, piece.from);
  EXPECT_EQ(back.to, piece.to);
  EXPECT_TRUE(back.ask);
  EXPECT_FALSE(back.last);
  piece.records.front().resize(limits::history_content_bytes);
  EXPECT_FALSE(decode_content(encode_content({.id = {7}, .sent_at = {1}, .body = piece})));
  // Nor one that goes back.
  for (const auto& [from, to] : {std::pair<HistoryPosition, HistoryPosition>{{.contact = 2}, {.contact = 1}},
                                 {{.message = 2}, {.message = 1}},
                                 {{.call = 2}, {.call = 1}}})
    EXPECT_FALSE(decode_content(
        encode_content({.id = {7}, .sent_at = {1}, .body = HistoryContent{.records = {}, .from = from, .to = to}})));
}

TEST(Content, AHistoryIsAskedForByPosition) {
  const HistoryRequestContent request{.after = {.contact = 5, .message = 6, .call = 7}, .done = true, .calls = true};
  const auto decoded = decode_content(encode_content({.id = {7}, .sent_at = {1}, .body = request}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<HistoryRequestContent>(decoded->body).after, request.after);
  EXPECT_TRUE(std::get<HistoryRequestContent>(decoded->body).done);
  EXPECT_TRUE(std::get<HistoryRequestContent>(decoded->body).calls);
}

TEST(Content, Utf8IsCheckedByTheBook) {
  for (const auto* good : {"a", "ß", "\u20AC", "\U0001F600", "\u007F", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const auto* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "a\xC3(b"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
  EXPECT_EQ(check_text("\xFF").error().code, ExitCode::text_not_utf8);
}

TEST(Content, NamesOfFilesMisleadNobody) {
  for (const auto* good : {"a", "übung.txt", "\u4f60\u597d.pdf", "\U0001F600.png", "a b", "\u05d0.txt"})
    EXPECT_TRUE(is_file_name(good)) << good;
  for (const auto* bad : {"a\nb", "a\x7f", "a\u0085b", "a\u009bb", "a\u2028b", "a\u2029b", "a\u202Agpj.exe",
                          "a\u202Egpj.exe", "a\u2066b", "a\u2069b", "a/b", "..", ""})
    EXPECT_FALSE(is_file_name(bad)) << bad;
}

TEST(Content, ANewerKindIsKeptAsItCame) {
  auto content = valid();
  content.clear_text();
  content.GetReflection()->MutableUnknownFields(&content)->AddLengthDelimited(77, "a picture");
  const auto out = decode_content(padded(content));
  ASSERT_TRUE(out);
  EXPECT_EQ(std::get<UnknownContent>(out->body).content, to_bytes(as_bytes(content.SerializeAsString())));
}

TEST(Content, ANewerVersionIsKeptAsItCame) {
  auto content = valid();
  content.set_version(2);
  const auto out = decode_content(padded(content));
  ASSERT_TRUE(out);
  EXPECT_TRUE(std::holds_alternative<UnknownContent>(out->body));
}

TEST(Content, WhatBreaksARuleIsRefused) {
  const auto refused = [](const auto& change) {
    auto content = valid();
    change(content);
    return !decode_content(padded(content));
  };
  EXPECT_TRUE(refused([](auto& c) { c.set_version(0); }));
  EXPECT_TRUE(refused([](auto& c) { c.set_id("short"); }));
  EXPECT_TRUE(refused([](auto& c) { c.mutable_text()->set_text(""); }));
  EXPECT_TRUE(refused([](auto& c) { c.mutable_text()->set_text("\xFF"); }));
  EXPECT_TRUE(refused([](auto& c) { c.mutable_text()->set_text(std::string(limits::text_bytes + 1, 'x')); }));
  EXPECT_FALSE(decode_content(as_bytes("no padding")));
  EXPECT_FALSE(decode_content({}));
}

TEST(Content, WhatConcernsDirectPathsIsKeptToItsRules) {
  Content text{.id = {1}, .sent_at = {}, .direct = true, .body = TextContent{.text = "hello"}};
  EXPECT_TRUE(decode_content(encode_content(text))->direct);
  text.direct = false;
  EXPECT_FALSE(decode_content(encode_content(text))->direct);
  const Content offer{.id = {1}, .sent_at = {}, .body = DirectOfferContent{.ticket = "pqc1-abc"}};
  EXPECT_EQ(std::get<DirectOfferContent>(decode_content(encode_content(offer))->body).ticket, "pqc1-abc");
  const Content answer{.id = {1}, .sent_at = {}, .body = DirectAnswerContent{.ticket = "pqc1-def", .offer = {2}}};
  const auto answered = decode_content(encode_content(answer));
  ASSERT_TRUE(answered);
  EXPECT_EQ(std::get<DirectAnswerContent>(answered->body).ticket, "pqc1-def");
  EXPECT_EQ(std::get<DirectAnswerContent>(answered->body).offer, MessageId{2});
  const DirectCandidatesContent some{
      .offer = {2}, .candidates = Bytes(limits::direct_candidates_bytes, 1), .last = true};
  const auto more = decode_content(encode_content({.id = {1}, .sent_at = {}, .body = some}));
  ASSERT_TRUE(more);
  EXPECT_EQ(std::get<DirectCandidatesContent>(more->body).candidates, some.candidates);
  EXPECT_TRUE(std::get<DirectCandidatesContent>(more->body).last);
  EXPECT_EQ(std::get<DirectCandidatesContent>(more->body).offer, MessageId{2});
  for (const auto& bad :
       {DirectCandidatesContent{.offer = {}, .candidates = {}, .last = true},
        DirectCandidatesContent{.offer = {2}, .candidates = Bytes(limits::direct_candidates_bytes + 1)}})
    EXPECT_FALSE(decode_content(encode_content({.id = {1}, .sent_at = {}, .body = bad})));
  for (const auto& bad : {std::string(), std::string(limits::direct_ticket + 1, 'x'), std::string("a b"),
                          std::string("a\n"), std::string("\xFF")}) {
    EXPECT_FALSE(decode_content(encode_content({.id = {1}, .sent_at = {}, .body = DirectOfferContent{.ticket = bad}})));
    EXPECT_FALSE(decode_content(
        encode_content({.id = {1}, .sent_at = {}, .body = DirectAnswerContent{.ticket = bad, .offer = {2}}})));
  }
  EXPECT_FALSE(decode_content(encode_content({.id = {1}, .sent_at = {}, .body = DirectAnswerContent{.ticket = "x"}})));
}

FileContent some_file() {
  FileContent file{.size = 5, .name = "größe.txt", .media_type = "text/plain"};
  file.secret.fill(1);
  file.chain.fill(2);
  file.blob.fill(3);
  return file;
}

TEST(Content, FilesSurviveTheRoundTrip) {
  const auto out = decode_content(encode_content({.id = {1}, .sent_at = {2}, .expires_after = 7, .body = some_file()}));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->expires_after, 7U);
  const auto& file = std::get<FileContent>(out->body);
  EXPECT_EQ(file.secret, some_file().secret);
  EXPECT_EQ(file.chain, some_file().chain);
  EXPECT_EQ(file.blob, some_file().blob);
  EXPECT_EQ(file.size, 5U);
  EXPECT_EQ(file.name, "größe.txt");
  EXPECT_EQ(file.media_type, "text/plain");
  EXPECT_EQ(decode_file(encode_file(file))->name, file.name);
}

TEST(Content, FilesKeepToTheirRules) {
  const auto refused = [](const auto& change) {
    auto content = valid();
    auto& file = *content.mutable_file();
    file.set_secret(std::string(32, 's'));
    file.set_chain(std::string(32, 'c'));
    file.set_blob(std::string(32, 'b'));
    file.set_size(std::uint64_t{2} << 30U);
    file.set_name("name");
    EXPECT_TRUE(decode_content(padded(content)));
    change(file);
    return !decode_content(padded(content)).has_value();
  };
  EXPECT_TRUE(refused([](auto& file) { file.set_size((std::uint64_t{2} << 30U) + 1); }));
  EXPECT_TRUE(refused([](auto& file) { file.set_secret(std::string(31, 's')); }));
  EXPECT_TRUE(refused([](auto& file) { file.set_chain(""); }));
  EXPECT_TRUE(refused([](auto& file) { file.set_blob(std::string(33, 'b')); }));
  EXPECT_TRUE(refused([](auto& file) { file.set_blob(std::string(32, '\0')); }));
  EXPECT_TRUE(refused([](auto& file) { file.set_media_type("text plain"); }));
  EXPECT_TRUE(refused([](auto& file) { file.set_media_type(std::string(128, 'x')); }));
  for (const auto* name : {"", ".", "..", "a/b", "/", "a\nb", "\x7F", "\xFF"})
    EXPECT_TRUE(refused([&](auto& file) { file.set_name(name); })) << name;
  EXPECT_TRUE(refused([](auto& file) { file.set_name(std::string(256, 'x')); }));
  EXPECT_FALSE(refused([](auto& file) { file.set_name(std::string(255, 'x')); }));
}

}  // namespace
}  // namespace pqc::client
