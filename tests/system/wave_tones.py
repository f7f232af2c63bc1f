#!/usr/bin/env python3
"""Prints the tones of a WAV file, one a line: "START ms: FREQUENCY Hz for DURATION ms". Tones are parted by silence."""
import struct
import sys
import wave

SILENCE = 0.004  # seconds without a sample above the noise that end a tone


def tones(samples, rate):
    """First and last sample of each run that is not silent."""
    start = last = None
    for index, sample in enumerate(samples):
        if abs(sample) > 8:
            if start is None:
                start = index
            last = index
        elif start is not None and index - last > SILENCE * rate:
            yield start, last
            start = None
    if start is not None:
        yield start, last


def frequency(samples, rate):
    """From the first upward zero crossing to the last, each found between two samples."""
    crossings = [index + before / (before - after)
                 for index, (before, after) in enumerate(zip(samples, samples[1:])) if before < 0 <= after]
    return (len(crossings) - 1) * rate / (crossings[-1] - crossings[0]) if len(crossings) > 1 else 0.0


def main():
    with wave.open(sys.argv[1]) as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2):
            sys.exit("not mono with 16 bits")
        rate = file.getframerate()
        samples = struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes()))
    for first, last in tones(samples, rate):
        part = samples[first:last + 1]
        print(f"{first * 1000 / rate:.0f} ms: {frequency(part, rate):.0f} Hz for {len(part) * 1000 / rate:.0f} ms")


main()
