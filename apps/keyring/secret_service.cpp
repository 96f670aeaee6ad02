#include "secret_service.h"

#include <libsecret/secret.h>

namespace pqc::keyring {
namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Object = std::unique_ptr<T, Unref>;

struct UnrefValue {
  void operator()(SecretValue* value) const { secret_value_unref(value); }
};
using Value = std::unique_ptr<SecretValue, UnrefValue>;

struct UnrefTable {
  void operator()(GHashTable* table) const { g_hash_table_unref(table); }
};
using Attributes = std::unique_ptr<GHashTable, UnrefTable>;

struct FreeItems {
  void operator()(GList* items) const { g_list_free_full(items, g_object_unref); }
};
using Items = std::unique_ptr<GList, FreeItems>;

constexpr auto content_type = "application/octet-stream";

const SecretSchema& schema() {
  static const SecretSchema value{"org.pqc_chat.KeyVault",
                                  SECRET_SCHEMA_NONE,
                                  {{"profile", SECRET_SCHEMA_ATTRIBUTE_STRING}, {nullptr, {}}},
                                  0,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr};
  return value;
}

Attributes attributes_of(const std::string& profile) {
  return Attributes(secret_attributes_build(&schema(), "profile", profile.c_str(), nullptr));
}

// GLib's way to say what went wrong: freed with this.
class ErrorText {
 public:
  ErrorText() = default;
  ~ErrorText() { g_clear_error(&error_); }
  ErrorText(const ErrorText&) = delete;
  ErrorText& operator=(const ErrorText&) = delete;

  [[nodiscard]] GError** out() { return &error_; }
  [[nodiscard]] bool is_set() const { return error_ != nullptr; }
  [[nodiscard]] std::unexpected<Failure> as(Exit exit) const {
    return std::unexpected(Failure{exit, error_ != nullptr ? error_->message : "the secret service gave no reason"});
  }

 private:
  GError* error_ = nullptr;
};

std::unexpected<Failure> refused(const char* message) {
  return std::unexpected(Failure{Exit::refused, message});
}

}  // namespace

struct SecretService::Impl {
  Object<::SecretService> service;
};

namespace {

// The profile's items, unlocked, at least one; the user may be asked. Errors: not_found, refused.
Result<Items> find(::SecretService* service, const std::string& profile, SecretSearchFlags wanted) {
  ErrorText error;
  const auto flags = static_cast<SecretSearchFlags>(SECRET_SEARCH_UNLOCK | wanted);
  Items items(
      secret_service_search_sync(service, &schema(), attributes_of(profile).get(), flags, nullptr, error.out()));
  if (error.is_set()) return error.as(Exit::refused);
  if (!items) return std::unexpected(Failure{Exit::not_found, "the keyring keeps nothing for this profile"});
  for (const auto* item = items.get(); item != nullptr; item = item->next)
    if (secret_item_get_locked(static_cast<SecretItem*>(item->data)) != 0) return refused("the keyring is locked");
  return items;
}

}  // namespace

SecretService::SecretService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SecretService::~SecretService() = default;
SecretService::SecretService(SecretService&&) noexcept = default;

Result<SecretService> SecretService::connect() {
  ErrorText error;
  Object<::SecretService> service(secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, nullptr, error.out()));
  if (!service) return error.as(Exit::no_service);
  return SecretService(std::make_unique<Impl>(std::move(service)));
}

Result<void> SecretService::store(const std::string& profile, const SecretBytes& secret) {
  // One that another collection still has would be found instead. What cannot be removed shows when it is read back.
  (void)clear(profile);
  ErrorText error;
  const auto label = "pqc-chat: key vault " + profile;
  const auto size = static_cast<gssize>(secret.size());
  // Refers to `secret`, which outlives it: no copy of ours that nobody wipes.
  const Value value(
      secret_value_new_full(const_cast<char*>(as_text(secret.view()).data()), size, content_type, nullptr));
  if (secret_service_store_sync(impl_->service.get(), &schema(), attributes_of(profile).get(),
                                SECRET_COLLECTION_DEFAULT, label.c_str(), value.get(), nullptr, error.out()) == 0)
    return error.as(Exit::refused);
  const auto kept = lookup(profile);
  if (!kept || kept->size() != secret.size() || !constant_time_equal(kept->view(), secret.view()))
    return refused("the keyring did not keep the secret");
  return {};
}

Result<SecretBytes> SecretService::lookup(const std::string& profile) {
  const auto items = find(impl_->service.get(), profile, SECRET_SEARCH_LOAD_SECRETS);
  if (!items) return std::unexpected(items.error());
  const Value value(secret_item_get_secret(static_cast<SecretItem*>((*items)->data)));
  if (!value) return refused("the keyring does not give the secret out");
  gsize size = 0;
  const auto* bytes = secret_value_get(value.get(), &size);
  return SecretBytes(as_bytes(std::string_view(bytes, size)));
}

Result<void> SecretService::clear(const std::string& profile) {
  if (const auto items = find(impl_->service.get(), profile, SECRET_SEARCH_ALL); !items)
    return std::unexpected(items.error());
  ErrorText error;
  if (secret_service_clear_sync(impl_->service.get(), &schema(), attributes_of(profile).get(), nullptr, error.out()) ==
      0)
    return error.as(Exit::refused);
  return {};
}

}  // namespace pqc::keyring
