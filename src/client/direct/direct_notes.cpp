#include "client/direct/direct_notes.h"

#include <algorithm>

namespace pqc::client {

void DirectNotes::content(const ContactRow& contact, identity::DeviceId device, bool by_server,
                          const Content& content) {
  auto& news = commit_.news.emplace_back(contact.id, contact.peer, device, by_server);
  news.content.id = content.id;
  news.content.sent_at = content.sent_at;
  news.content.direct = content.direct;
  if (concerns(content))
    news.content.body = content.body;
  else
    news.content.body = UnknownContent{};
}

void DirectNotes::handled(const std::string& peer, identity::DeviceId device, ByteView id) {
  auto& item = commit_.handled.emplace_back(peer, device);
  std::ranges::copy(id.first(std::min(id.size(), item.id.size())), item.id.begin());
}

bool DirectNotes::concerns(const Content& content) {
  return std::holds_alternative<DirectOfferContent>(content.body) ||
         std::holds_alternative<DirectAnswerContent>(content.body) ||
         std::holds_alternative<DirectCandidatesContent>(content.body);
}

}  // namespace pqc::client
