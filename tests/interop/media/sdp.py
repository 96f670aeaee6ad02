"""The little of SDP (RFC 8866, RFC 8829) that one stream of Opus takes: between it and what media_peer tells and is told."""

from dataclasses import dataclass, field

TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


@dataclass
class Side:
    """How one side is reached, and what it takes."""
    ufrag: str = ""
    password: str = ""
    fingerprint: str = ""  # SHA-256, in hexadecimal
    candidates: list = field(default_factory=list)  # (IP, port), UDP only
    setup: str = "actpass"
    mid: str = "0"
    payload_type: int = 111
    extension: int = 0  # the number of the transport-wide sequence number; none: 0
    nack: bool = False


def with_colons(fingerprint):
    return ":".join(fingerprint[i:i + 2] for i in range(0, len(fingerprint), 2)).upper()


def write(side):
    """A description of one stream of voice, both ways."""
    opus = side.payload_type
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {side.mid}", "a=msid-semantic:WMS *",
             f"m=audio 9 UDP/TLS/RTP/SAVPF {opus}", "c=IN IP4 0.0.0.0", f"a=mid:{side.mid}", "a=sendrecv", "a=rtcp-mux",
             "a=rtcp-rsize", f"a=ice-ufrag:{side.ufrag}", f"a=ice-pwd:{side.password}",
             f"a=fingerprint:sha-256 {with_colons(side.fingerprint)}", f"a=setup:{side.setup}", "a=msid:pqc tone",
             f"a=rtpmap:{opus} opus/48000/2"]
    if side.extension:
        lines += [f"a=rtcp-fb:{opus} transport-cc", f"a=extmap:{side.extension} {TRANSPORT_WIDE}"]
    if side.nack:
        lines += [f"a=rtcp-fb:{opus} nack"]
    for number, (ip, port) in enumerate(side.candidates, 1):
        lines.append(f"a=candidate:{number} 1 udp {(126 << 24) + ((65536 - number) << 8) + 255} {ip} {port} typ host")
    return "\r\n".join(lines + ["a=end-of-candidates", ""])


def read(description):
    """What an offer or answer with one stream of voice says."""
    side = Side()
    lines = [line[2:].split(":", 1) for line in description.splitlines() if line.startswith("a=")]
    for name, *value in lines:
        words = value[0].split() if value else []
        match name, words:
            case "ice-ufrag", [text]:
                side.ufrag = text
            case "ice-pwd", [text]:
                side.password = text
            case "setup", [text]:
                side.setup = text
            case "mid", [text]:
                side.mid = text
            case "fingerprint", ["sha-256", digest]:
                side.fingerprint = digest.replace(":", "").lower()
            case "candidate", [_, "1", transport, _, ip, port, "typ", "host", *_] if transport.lower() == "udp":
                side.candidates.append((ip, int(port)))
            case "rtpmap", [number, codec] if codec.lower() == "opus/48000/2":
                side.payload_type = int(number)
            case "extmap", [number, uri] if uri == TRANSPORT_WIDE:
                side.extension = int(number)
    side.nack = any(name == "rtcp-fb" and value[0].split() == [str(side.payload_type), "nack"] for name, *value in lines)
    return side
