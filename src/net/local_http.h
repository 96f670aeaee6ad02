// Plain HTTP for this machine only (metrics): 127.0.0.1, one request a connection, few connections at once.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "net/http.h"
#include "net/listener.h"

namespace pqc::net {

class LocalHttp {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // Port 0: any free port.
  static std::expected<std::unique_ptr<LocalHttp>, ListenFailure> start(boost::asio::io_context& context,
                                                                        std::uint16_t port, Handler handler);
  ~LocalHttp();
  LocalHttp(const LocalHttp&) = delete;
  LocalHttp& operator=(const LocalHttp&) = delete;

  [[nodiscard]] std::string address() const;

 private:
  class Impl;
  explicit LocalHttp(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace pqc::net
