#!/usr/bin/env python3
"""Our media transport and ICE beside headless Chromium: both roles of ICE and DTLS, Opus both ways, reports, transport-wide
feedback, NACK, a restart of ICE.

    chromium_test.py PATH_OF_MEDIA_PEER

Each side sends a tone, and has to hear the other's. Exit code 77 where Debian's chromium or chromium-driver is not installed.
"""

import asyncio
import itertools
import sys

import chromium
import sdp
from peer import ADDRESS, ADDRESS_6, LONGEST, SENT_TONE, has_ipv6, introduce, report, spoiled, wrong_certificate

NUMBERS = itertools.count()
# Chromium begins at 300,000 bit/s. Without feedback on its packets it is down at 40,000 after 15 s, and stays there.
PACKETS_OF_18_S, LEAST_ESTIMATE = 900, 50_000


class Other:
    """Chromium's side of one call."""

    @classmethod
    async def start(cls, browser, lossy=False):
        self = cls()
        self.browser, self.number, self.lossy, self.figures = browser, next(NUMBERS), lossy, {}
        await self._run("start")
        return self

    async def _run(self, function, *arguments):
        return await self.browser.run(function, self.number, *arguments)

    async def make_offer(self):
        return sdp.read(await self._run("offer", self.lossy))

    async def make_answer(self, ours):
        return sdp.read(await self._run("answer", sdp.write(ours)))

    async def take_answer(self, ours):
        await self._run("takeAnswer", sdp.write(ours))

    async def restart(self):
        return sdp.read(await self._run("restart"))

    async def until(self, wanted):
        """Asks for the figures until they are as wanted; answers whether they are."""
        end = asyncio.get_running_loop().time() + LONGEST
        while asyncio.get_running_loop().time() < end:
            self.figures = await self._run("figures")
            if wanted(self.figures):
                return True
            await asyncio.sleep(0.1)
        return False

    async def close(self):
        await self._run("close")


def name_of(we_offer, we_connect):
    return f"Chromium {'answers' if we_offer else 'offers '}, DTLS {'server' if we_connect else 'client'}"


async def call(browser, program, we_offer, we_connect, lossy=False, long=False, address=ADDRESS):
    other = await Other.start(browser, lossy)
    peer = await introduce(program, other, we_offer, we_connect, lossy, address)

    def ours(now):
        repeated = now["recovered"] >= 3 and now["repeated"] >= 3 if lossy else True
        return now["heard"] >= 5 and now["round_trip"] >= 0 and now["feedback"] >= 20 and repeated

    def theirs(now):
        fed = now["received"] >= PACKETS_OF_18_S and now["estimate"] > LEAST_ESTIMATE if long else True
        return (fed and now["received"] >= 50 and now["energy"] > 0 and abs(now["loudest"] - SENT_TONE) < 25 and
                now["receiverReports"] > 0 and now["senderReports"] > 0)

    good = await asyncio.gather(peer.until(ours), other.until(theirs))
    role = other.figures.get("ice") == ("controlled" if we_offer else "controlling")
    await other.close()
    closed = await peer.until(lambda now: now["state"] == "closed")
    figures = await peer.end()
    kind = ", loss" * lossy + ", long" * long + ", IPv6" * (address == ADDRESS_6)
    return report(f"{name_of(we_offer, we_connect)}{kind}", all(good) and role and closed,
                  figures, other.figures)


async def wrong_fingerprint(browser, program, of_ours, we_connect):
    """Who was told another fingerprint ends the handshake."""
    other = await Other.start(browser)
    spoil = {"change_ours" if of_ours else "change_theirs": spoiled}
    peer = await introduce(program, other, not we_connect, we_connect, **spoil)
    if of_ours:
        good = await other.until(lambda now: now["dtls"] == "failed")
    else:
        good = await peer.until(wrong_certificate)
    await other.until(lambda now: True)
    figures = await peer.end()
    await other.close()
    return report(f"{name_of(not we_connect, we_connect)}, wrong fingerprint of {'ours' if of_ours else 'Chromium'}",
                  good and figures["frames"] == 0 and other.figures["received"] == 0, figures, other.figures)


async def restart(browser, program, we_connect):
    """Chromium begins ICE anew: the call goes on, by a path that the new credentials have opened."""
    other = await Other.start(browser)
    peer = await introduce(program, other, False, we_connect)
    good = await peer.until(lambda now: now["heard"] >= 5) and await other.until(lambda now: now["received"] >= 25)
    paths, received = other.figures["paths"], other.figures["received"]
    theirs = await other.restart()
    ours = await peer.restart(theirs)
    await other.take_answer(ours)
    good = good and await other.until(lambda now: now["paths"] > paths and now["fragment"] == theirs.ufrag and
                                      now["received"] >= received + 100)
    heard = peer.figures["heard"]
    good = good and await peer.until(lambda now: now["heard"] >= heard + 20)
    await other.close()
    closed = await peer.until(lambda now: now["state"] == "closed")
    figures = await peer.end()
    return report(f"{name_of(False, we_connect)}, ICE restart", good and closed, figures, other.figures)


async def main(program):
    if absent := chromium.missing():
        print(f"interop: MISSING Debian's {' and '.join(absent)}: Chromium was not tried", file=sys.stderr)
        return 77
    both = (False, True)
    async with chromium.browser() as browser:
        beside = [wrong_fingerprint(browser, program, *which) for which in itertools.product(both, both)]
        beside = asyncio.gather(*beside, call(browser, program, True, False, long=True))
        results = [await call(browser, program, *which) for which in itertools.product(both, both)]
        results.append(await call(browser, program, False, True, lossy=True))
        if has_ipv6():
            results.append(await call(browser, program, True, True, address=ADDRESS_6))
        results += [await restart(browser, program, we_connect) for we_connect in both]
        return 0 if all(results + await beside) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
