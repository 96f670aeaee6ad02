#!/usr/bin/env python3
"""Our media transport beside aiortc's: DTLS-SRTP in both roles and with each SRTP profile, Opus both ways, reports.

    aiortc_test.py PATH_OF_MEDIA_PEER

aiortc sends a tone, our peer sends every frame back, aiortc decodes it: it has to be the tone. ICE is left out: datagrams go
over one UDP socket of this machine. Exit code 77 where Debian's python3-aiortc is not installed.
"""

import asyncio
import fractions
import math
import struct
import sys

try:
    import aiortc.rtcdtlstransport as dtls
    from aiortc import MediaStreamTrack, RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
    from aiortc import RTCRtpReceiver, RTCRtpSender
    from aiortc.mediastreams import MediaStreamError
    from aiortc.rtcrtpparameters import (RTCRtcpParameters, RTCRtpCodecParameters, RTCRtpDecodingParameters,
                                         RTCRtpReceiveParameters, RTCRtpSendParameters)
    from aiortc.rtcrtpreceiver import RemoteStreamTrack
    from av import AudioFrame
except ImportError as error:
    print(f"interop: needs Debian's python3-aiortc ({error})", file=sys.stderr)
    sys.exit(77)

OPUS = RTCRtpCodecParameters(mimeType="audio/opus", clockRate=48000, channels=2, payloadType=111)
FREQUENCY = 440
SAMPLES = 960
FRAMES = 150
PROFILES = {"GCM-256": dtls.SRTP_AEAD_AES_256_GCM, "GCM-128": dtls.SRTP_AEAD_AES_128_GCM,
            "CM-SHA1": dtls.SRTP_AES128_CM_SHA1_80}


class Tone(MediaStreamTrack):
    """A sine, 20 ms a frame, in time."""
    kind = "audio"

    def __init__(self):
        super().__init__()
        self.at = 0

    async def recv(self):
        await asyncio.sleep(0.02)
        values = [int(8000 * math.sin(2 * math.pi * FREQUENCY * (self.at + i) / 48000)) for i in range(SAMPLES)]
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(struct.pack(f"{SAMPLES}h", *values))
        frame.pts, frame.sample_rate, frame.time_base = self.at, 48000, fractions.Fraction(1, 48000)
        self.at += SAMPLES
        return frame


class Udp(asyncio.DatagramProtocol):
    """What a RTCDtlsTransport asks of ICE, over a socket."""

    def __init__(self, role):
        self.role, self.state, self.peer, self.queue = role, "completed", None, asyncio.Queue()

    def connection_made(self, transport):
        self.socket = transport

    def datagram_received(self, data, address):
        self.peer = address
        self.queue.put_nowait(data)

    async def _send(self, data):
        self.socket.sendto(data, self.peer)

    async def _recv(self):
        return await self.queue.get()

    async def stop(self):
        self.socket.close()


def loudness_at(samples, frequency):
    """The share of the signal's power at one frequency (Goertzel's sum)."""
    step = 2 * math.pi * frequency / 48000
    real = sum(value * math.cos(step * i) for i, value in enumerate(samples))
    imaginary = sum(value * math.sin(step * i) for i, value in enumerate(samples))
    power = sum(value * value for value in samples) or 1
    return 2 * (real * real + imaginary * imaginary) / len(samples) / power


async def hear(receiver):
    """Decoded samples of one channel, without the start."""
    samples = []
    for number in range(FRAMES):
        frame = await asyncio.wait_for(receiver.track.recv(), 10)
        if number >= FRAMES // 2:
            samples += struct.unpack(f"{SAMPLES * 2}h", bytes(frame.planes[0])[:SAMPLES * 4])[::2]
    return samples


async def start_peer(program, role, udp, certificate):
    port = udp.socket.get_extra_info("sockname")[1]
    ours = certificate.getFingerprints()[0].value.replace(":", "").lower()
    arguments = ["accept", ours] if role == "client" else ["connect", str(port), ours]
    peer = await asyncio.create_subprocess_exec(program, *arguments, stdout=asyncio.subprocess.PIPE)
    port, fingerprint, ssrc = (await peer.stdout.readline()).decode().split()
    udp.peer = ("127.0.0.1", int(port))
    return peer, fingerprint, int(ssrc)


async def call(program, role, profile):
    """One call with aiortc in this DTLS role; answers what our peer said at its end, and how much of a tone came back."""
    udp = Udp("controlled" if role == "client" else "controlling")
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: udp, local_addr=("127.0.0.1", 0))
    certificate = RTCCertificate.generateCertificate()
    peer, fingerprint, ssrc = await start_peer(program, role, udp, certificate)
    transport = RTCDtlsTransport(udp, [certificate])
    transport._srtp_profiles = [PROFILES[profile]]
    value = ":".join(fingerprint[i:i + 2] for i in range(0, 64, 2)).upper()
    await transport.start(RTCDtlsParameters(fingerprints=[RTCDtlsFingerprint(algorithm="sha-256", value=value)]))
    assert transport.state == "connected", transport.state
    sender, receiver = RTCRtpSender(Tone(), transport), RTCRtpReceiver("audio", transport)
    receiver._track = RemoteStreamTrack(kind="audio")
    receiver._set_rtcp_ssrc(sender._ssrc)
    await receiver.receive(RTCRtpReceiveParameters(
        codecs=[OPUS], encodings=[RTCRtpDecodingParameters(ssrc=ssrc, payloadType=111)]))
    await sender.send(RTCRtpSendParameters(codecs=[OPUS], rtcp=RTCRtcpParameters(cname="aiortc")))
    try:
        samples = await hear(receiver)
    except (MediaStreamError, asyncio.TimeoutError):
        samples = []
    await sender.stop()
    await receiver.stop()
    await transport.stop()
    state, frames, refused, reports = (await peer.stdout.readline()).decode().rsplit(maxsplit=3)
    await peer.wait()
    await udp.stop()
    return state, int(frames), int(refused), reports, loudness_at(samples[:4800], FREQUENCY) if samples else 0


async def main(program):
    failed = False
    for role in ("client", "server"):
        for profile in PROFILES:
            state, frames, refused, reports, share = await call(program, role, profile)
            good = state == "closed" and frames >= FRAMES and share > 0.9 and reports == "reports"
            failed = failed or not good
            print(f"aiortc as DTLS {role:6}  {profile}  {'ok    ' if good else 'FAILED'} {frames} frames, {refused} refused, "
                  f"{share:.0%} of what came back is the tone, {reports}, {state}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
