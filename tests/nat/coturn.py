"""A real coturn in the lab, with the configuration that we ship; TLS at port 443, where networks let most through."""

import base64
import hashlib
import hmac
import os
import shutil
import subprocess
import time

TURNSERVER = shutil.which("turnserver", path=os.environ["PATH"])
SECRET = "a shared secret of the test"
TLS_PORT = 443
WAIT = 60


def credentials(lifetime=3600, secret=SECRET, who="0123456789abcdef"):
    """Name and password as docs/spec/turn.md says."""
    user = f"{int(time.time()) + lifetime}:{who}"
    return user, base64.b64encode(hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()).decode()


def make_certificate(certificate, key, addresses):
    """Self-signed, for these addresses; answers the pin of its key as `turns:` takes it (docs/spec/p2p.md section 14)."""
    names = ",".join(f"IP:{address}" for address in addresses)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                    "/CN=relay", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate], capture_output=True, check=True)
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    return base64.b32encode(hashlib.sha256(public).digest()).decode().rstrip("=").lower()


def start(net, root):
    """On a public host of its own, which it denies as a peer; answers the host and the file of its log. The host's `certificate` is a
    file, its `pin` stands for the key in it."""
    relay = net.public_host()
    file, log, relay.certificate, key = (net.folder / f"{relay.name}.{end}" for end in ("conf", "log", "cert", "key"))
    relay.pin = make_certificate(relay.certificate, key, (relay.ipv4, relay.ipv6))
    config = (root / "packaging/coturn/turnserver.conf").read_text()
    for shipped, ours in (("#static-auth-secret=SET-ME", f"static-auth-secret={SECRET}"),
                          ("#denied-peer-ip=PUBLIC-ADDRESS", f"denied-peer-ip={relay.ipv4}"),
                          ("#cert=/etc/ssl/certs/turn.pem", f"cert={relay.certificate}"),
                          ("#pkey=/etc/ssl/private/turn.pem", f"pkey={key}"),
                          ("tls-listening-port=5349", f"tls-listening-port={TLS_PORT}")):
        if f"{shipped}\n" not in config:
            raise RuntimeError(f"the shipped configuration does not say {shipped}")
        config = config.replace(shipped, ours)
    file.write_text(config)
    with open(log, "wb") as out:
        net.start(relay, [TURNSERVER, "-c", file, "--pidfile", net.folder / f"{relay.name}.pid", "--db", net.folder / f"{relay.name}.db",
                          "--log-file", "stdout"], stdout=out, stderr=out)
    end = time.monotonic() + WAIT
    while any(port not in relay.run(["ss", "-Hln"]).stdout for port in (":3478", f":{TLS_PORT}")):
        if time.monotonic() > end:
            raise RuntimeError(log.read_text())
        time.sleep(0.02)
    return relay, log
