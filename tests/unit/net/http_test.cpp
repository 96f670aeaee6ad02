#include "net/http.h"

#include <gtest/gtest.h>

#include "net/limits.h"

namespace pqc::net {
namespace {

constexpr std::string_view upgrade_request =
    "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

TEST(Http, ReadsAnUpgrade) {
  const auto request = parse_request(as_bytes(upgrade_request));
  ASSERT_TRUE(request && *request);
  EXPECT_EQ((*request)->target, "/v1/ws");
  EXPECT_EQ((*request)->websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ((*request)->head_size, upgrade_request.size());
}

TEST(Http, WaitsForTheWholeHead) {
  for (std::size_t n = 0; n < upgrade_request.size(); ++n) {
    const auto request = parse_request(as_bytes(upgrade_request.substr(0, n)));
    ASSERT_TRUE(request) << n;
    EXPECT_FALSE(*request) << n;
  }
}

TEST(Http, AKeyThatIsNoKeyIsNoUpgrade) {
  std::string text(upgrade_request);
  text.replace(text.find("dGhl"), 24, "short");
  const auto request = parse_request(as_bytes(text));
  ASSERT_TRUE(request && *request);
  EXPECT_TRUE((*request)->websocket_key.empty());
}

TEST(Http, RefusesNonsenseAndLongHeads) {
  EXPECT_EQ(parse_request(as_bytes("\x16\x03\x01\r\n\r\n")).error(), HttpError::bad_request);
  const std::string flood(max_http_head, 'a');
  EXPECT_EQ(parse_request(as_bytes(flood)).error(), HttpError::head_too_large);
}

TEST(Http, ReadsTokenAndSizeOfABody) {
  const auto request = parse_request(
      as_bytes("POST /call/accept HTTP/1.1\r\nHost: a\r\nauthorization: bearer abc\r\nContent-Length: 17\r\n\r\n{}"));
  ASSERT_TRUE(request && *request);
  EXPECT_EQ((*request)->method, "POST");
  EXPECT_EQ((*request)->bearer, "abc");
  EXPECT_EQ((*request)->body_size, 17U);
  const auto other = parse_request(as_bytes("GET / HTTP/1.1\r\nAuthorization: Basic abc\r\n\r\n"));
  ASSERT_TRUE(other && *other);
  EXPECT_EQ((*other)->bearer, "");
  EXPECT_EQ((*other)->body_size, 0U);
}

TEST(Http, BodiesHaveALengthThatIsBounded) {
  const auto with = [](const std::string& header) {
    return parse_request(as_bytes("POST / HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n"));
  };
  EXPECT_TRUE(with("Content-Length: " + std::to_string(max_http_body)));
  EXPECT_EQ(with("Content-Length: " + std::to_string(max_http_body + 1)).error(), HttpError::body_too_large);
  EXPECT_EQ(with("Transfer-Encoding: chunked").error(), HttpError::length_required);
  for (const auto* bad : {"Content-Length: -1", "Content-Length: 1x", "Content-Length: 99999999999999999999999",
                          "Content-Length: 1\r\nContent-Length: 2", "Content-Length: 1\r\nTransfer-Encoding: chunked"})
    EXPECT_FALSE(with(bad)) << bad;
}

TEST(Http, ClientChecksTheAnswer) {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  const auto good = encode_upgrade(key, "");
  EXPECT_NE(good.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);  // RFC 6455 §1.3
  const auto checked = check_upgrade_answer(as_bytes(good), key);
  ASSERT_TRUE(checked && *checked);
  EXPECT_EQ(**checked, good.size());
  EXPECT_FALSE(check_upgrade_answer(as_bytes(encode_upgrade("AAAAAAAAAAAAAAAAAAAAAA==", "")), key));
  EXPECT_FALSE(check_upgrade_answer(as_bytes(encode({404, "text/plain", "no"})), key));
}

}  // namespace
}  // namespace pqc::net
