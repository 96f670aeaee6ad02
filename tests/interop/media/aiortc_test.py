#!/usr/bin/env python3
"""Our media transport and ICE beside aiortc's: both roles of ICE and DTLS, each SRTP profile, Opus both ways, reports, NACK.

    aiortc_test.py PATH_OF_MEDIA_PEER

Each side sends a tone, and has to hear the other's. Exit code 77 where Debian's python3-aiortc is not installed.
"""

import asyncio
import fractions
import itertools
import math
import struct
import sys

import sdp
from peer import ADDRESS, HEARD_TONE, LONGEST, SENT_TONE, introduce, report, spoiled, wrong_certificate

try:
    import aioice.ice
    import aiortc.rtcdtlstransport as dtls
    from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
    from aiortc.mediastreams import MediaStreamError
    from av import AudioFrame
except ImportError as error:
    print(f"interop: MISSING Debian's python3-aiortc ({error}): not tried", file=sys.stderr)
    sys.exit(77)

SAMPLES = 960
PROFILES = {"GCM-256": dtls.SRTP_AEAD_AES_256_GCM, "GCM-128": dtls.SRTP_AEAD_AES_128_GCM,
            "CM-SHA1": dtls.SRTP_AES128_CM_SHA1_80}
# aioice leaves loopback out, and a machine may have nothing else.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [ADDRESS]


class Tone(MediaStreamTrack):
    """A sine, 20 ms a frame, in time."""
    kind = "audio"

    def __init__(self):
        super().__init__()
        self.at = 0

    async def recv(self):
        await asyncio.sleep(0.02)
        values = [int(8000 * math.sin(2 * math.pi * HEARD_TONE * (self.at + i) / 48000)) for i in range(SAMPLES)]
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(struct.pack(f"{SAMPLES}h", *values))
        frame.pts, frame.sample_rate, frame.time_base = self.at, 48000, fractions.Fraction(1, 48000)
        self.at += SAMPLES
        return frame


def share_at(samples, frequency):
    """The share of the signal's power at one frequency (a Fourier sum)."""
    step = 2 * math.pi * frequency / 48000
    real = sum(value * math.cos(step * i) for i, value in enumerate(samples))
    imaginary = sum(value * math.sin(step * i) for i, value in enumerate(samples))
    power = sum(value * value for value in samples) or 1
    return 2 * (real * real + imaginary * imaginary) / len(samples) / power


async def hears(track):
    """Whether a tenth of a second of our tone comes."""
    try:
        async with asyncio.timeout(LONGEST):
            while True:
                frames = [await track.recv() for _ in range(5)]
                samples = b"".join(bytes(frame.planes[0])[:frame.samples * 4] for frame in frames)
                if share_at(struct.unpack(f"{len(samples) // 2}h", samples)[::2], SENT_TONE) > 0.9:
                    return True
    except (TimeoutError, MediaStreamError):
        return False


class Other:
    """aiortc's side of one call."""

    def __init__(self, profile):
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.transceiver = self.connection.addTransceiver(Tone(), "sendrecv")
        self.transceiver.sender.transport._srtp_profiles = [PROFILES[profile]]

    async def _describe(self, made):
        await self.connection.setLocalDescription(made)
        return sdp.read(self.connection.localDescription.sdp)

    async def _take(self, kind, side):
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp.write(side), kind))

    async def make_offer(self):
        return await self._describe(await self.connection.createOffer())

    async def make_answer(self, ours):
        await self._take("offer", ours)
        return await self._describe(await self.connection.createAnswer())

    async def take_answer(self, ours):
        await self._take("answer", ours)

    @property
    def dtls(self):
        return self.transceiver.sender.transport

    async def until_over(self):
        """Waits until DTLS has failed or is up."""
        async with asyncio.timeout(LONGEST):
            while self.dtls.state not in ("connected", "failed", "closed"):
                changed = asyncio.get_running_loop().create_future()
                self.dtls.once("statechange", lambda: changed.done() or changed.set_result(None))
                await changed
        return self.dtls.state


def name_of(we_offer, we_connect):
    return f"aiortc {'answers' if we_offer else 'offers '}, DTLS {'server' if we_connect else 'client'}"


async def call(program, we_offer, we_connect, profile, lossy=False):
    other = Other(profile)
    peer = await introduce(program, other, we_offer, we_connect, lossy)
    heard, complete = await asyncio.gather(
        hears(other.transceiver.receiver.track),
        peer.until(lambda now: now["heard"] >= 5 and now["round_trip"] >= 0 and now["recovered"] >= 3 * lossy))
    await other.connection.close()
    closed = await peer.until(lambda now: now["state"] == "closed")
    figures = await peer.end()
    return report(f"{name_of(we_offer, we_connect)}, {profile}{', loss' if lossy else ''}", heard and complete and closed,
                  figures, {"our tone heard": heard})


async def wrong_fingerprint(program, of_ours, we_connect):
    """Who was told another fingerprint ends the handshake. aiortc looks at it when that is over."""
    other = Other("GCM-256")
    spoil = {"change_ours" if of_ours else "change_theirs": spoiled}
    peer = await introduce(program, other, not we_connect, we_connect, **spoil)
    if of_ours:
        good = await other.until_over() == "failed"
    else:
        good = await peer.until(wrong_certificate)
    figures = await peer.end()
    await other.connection.close()
    return report(f"{name_of(not we_connect, we_connect)}, wrong fingerprint of {'ours' if of_ours else 'aiortc'}",
                  good and figures["frames"] == 0, figures)


async def main(program):
    both = (False, True)
    refusals = asyncio.gather(*[wrong_fingerprint(program, *which) for which in itertools.product(both, both)])
    results = [await call(program, *which) for which in itertools.product(both, both, PROFILES)]
    results.append(await call(program, False, True, "GCM-256", lossy=True))
    return 0 if all(results + await refusals) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
