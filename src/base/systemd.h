// What a service tells the systemd that started it: sd_notify(3). Any thread.
#pragma once

namespace pqc {

// One datagram to the socket that NOTIFY_SOCKET names, as "READY=1"; nothing where it names none.
void tell_systemd(const char* state);

}  // namespace pqc
