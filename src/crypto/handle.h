// Owning pointers to OpenSSL's objects, so that its headers stay inside this folder's .cpp files.
#pragma once

#include <memory>

struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct evp_cipher_ctx_st;
struct evp_md_ctx_st;

namespace pqc::crypto {

struct HandleFree {
  void operator()(evp_pkey_st* handle) const noexcept;
  void operator()(evp_pkey_ctx_st* handle) const noexcept;
  void operator()(evp_cipher_ctx_st* handle) const noexcept;
  void operator()(evp_md_ctx_st* handle) const noexcept;
};

using PkeyHandle = std::unique_ptr<evp_pkey_st, HandleFree>;
using PkeyContextHandle = std::unique_ptr<evp_pkey_ctx_st, HandleFree>;
using CipherContextHandle = std::unique_ptr<evp_cipher_ctx_st, HandleFree>;
using DigestContextHandle = std::unique_ptr<evp_md_ctx_st, HandleFree>;

}  // namespace pqc::crypto
