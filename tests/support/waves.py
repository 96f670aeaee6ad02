#!/usr/bin/env python3
"""Whether one sound file is heard in another: what was said, and what came out at the other end of a call.

    waves.py SAID.wav HEARD.wav        prints the normalised cross-correlation of their pieces, 0 to 1
"""

import array
import itertools
import math
import operator
import random
import statistics
import sys
import wave

RATE = 2_000  # samples a second that are compared
WIDTH = 10    # of these, for the first look
PIECE = 400   # of these, compared at once
SPAN = 300    # how far from its place a piece is looked for


def write_speech(path, seconds, seed=7, rate=48_000):
    """Something with the rhythm of speech: bursts of a few tones with pauses, never the same twice."""
    dice = random.Random(seed)
    samples = array.array("h")
    while len(samples) < seconds * rate:
        tones = [dice.uniform(120, 700) for _ in range(3)]
        length = int(dice.uniform(0.08, 0.3) * rate)
        for i in range(length):
            rise = math.sin(math.pi * i / length)
            samples.append(int(6000 * rise * sum(math.sin(2 * math.pi * tone * i / rate) for tone in tones) / 3))
        samples.extend([0] * int(dice.uniform(0.05, 0.2) * rate))
    write(path, samples, rate)


def write_silence(path, seconds, rate=48_000):
    write(path, array.array("h", bytes(2 * int(seconds * rate))), rate)


def write(path, samples, rate):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def read(path):
    """The samples of a 16-bit mono file, each the mean of what falls into its time."""
    with wave.open(str(path), "rb") as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2):
            raise ValueError(f"{path} is not 16-bit mono")
        samples, step = array.array("h", file.readframes(file.getnframes())), file.getframerate() / RATE
    parts = (samples[int(i * step):int((i + 1) * step)] for i in range(int(len(samples) / step)))
    return [sum(part) / len(part) for part in parts if part]


def loudness(samples):
    return [sum(map(abs, samples[i:i + WIDTH])) for i in range(0, len(samples), WIDTH)]


def product(one, other):
    return sum(map(operator.mul, one, other))


def best_correlation(piece, heard, energy, places):
    """Where it is heard best of these places. The energy is that of all that was heard before each sample."""
    own, end, best = product(piece, piece), len(heard), 0
    for at in places:
        there = energy[min(at + len(piece), end)] - energy[min(at, end)]
        if there > 1:  # not silence
            best = max(best, product(piece, heard[at:at + len(piece)]) / math.sqrt(own * there))
    return best


def likeness(said, heard):
    """The median over pieces of what was said, each at the place where it is heard best: a jitter buffer stretches the time
    between them. The place of the whole is looked for by loudness."""
    loud_said, loud_heard = loudness(said), loudness(heard)
    lags = range(max(1, len(loud_heard) - len(loud_said) // 2))
    begin = WIDTH * max(lags, key=lambda lag: product(loud_said, loud_heard[lag:]))
    energy = list(itertools.accumulate(map(operator.mul, heard, heard), initial=0))
    pieces = [i for i in range(0, len(said) - PIECE + 1, PIECE) if max(map(abs, said[i:i + PIECE])) > 500]
    found = [best_correlation(said[i:i + PIECE], heard, energy, range(max(0, begin + i - SPAN), begin + i + SPAN))
             for i in pieces]
    return statistics.median(found)


if __name__ == "__main__":
    print(f"{likeness(read(sys.argv[1]), read(sys.argv[2])):.3f}")
