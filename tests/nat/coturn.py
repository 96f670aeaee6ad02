"""A real coturn in the lab, with the configuration that we ship."""

import base64
import hashlib
import hmac
import os
import shutil
import time

TURNSERVER = shutil.which("turnserver", path=os.environ["PATH"])
SECRET = "a shared secret of the test"
WAIT = 60


def credentials(lifetime=3600, secret=SECRET, who="0123456789abcdef"):
    """Name and password as docs/spec/turn.md says."""
    user = f"{int(time.time()) + lifetime}:{who}"
    return user, base64.b64encode(hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()).decode()


def start(net, root):
    """On a public host of its own, which it denies as a peer; answers the host and the file of its log."""
    relay = net.public_host()
    config = (root / "packaging/coturn/turnserver.conf").read_text()
    if "#static-auth-secret=SET-ME\n" not in config or "#denied-peer-ip=PUBLIC-ADDRESS\n" not in config:
        raise RuntimeError("the shipped configuration does not say what to set")
    config = config.replace("#static-auth-secret=SET-ME", f"static-auth-secret={SECRET}").replace("#denied-peer-ip=PUBLIC-ADDRESS", f"denied-peer-ip={relay.ipv4}")
    file, log = (net.folder / f"{relay.name}.{end}" for end in ("conf", "log"))
    file.write_text(config)
    with open(log, "wb") as out:
        net.start(relay, [TURNSERVER, "-c", file, "--pidfile", net.folder / f"{relay.name}.pid", "--db", net.folder / f"{relay.name}.db",
                          "--log-file", "stdout"], stdout=out, stderr=out)
    end = time.monotonic() + WAIT
    while "3478" not in relay.run(["ss", "-Hlun"]).stdout:
        if time.monotonic() > end:
            raise RuntimeError(log.read_text())
        time.sleep(0.02)
    return relay, log
