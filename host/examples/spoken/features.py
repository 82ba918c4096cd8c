"""features.py OUT.csv FRAMES WORDS VOICES ACCENTS SPEEDS PITCHES -- words spoken by espeak-ng, as log-mel features.

Lists are separated by commas. For each voice, accent, speed (words a minute), pitch and word: FRAMES rows of 16 features and the
word's number. A frame is 20 ms of 16 kHz; its features are the energies of 16 mel bands from 80 to 7600 Hz by aubio, as
logarithms, scaled to about -1..1. Silence before the word is left out; silence fills up in front, so that each word ends with
its last frame."""
import subprocess
import sys
import tempfile

import aubio
import numpy

RATE, HOP, WINDOW, BANDS = 16000, 320, 512, 16
FLOOR = 1e-4


def log_mel(path):
    source = aubio.source(path, RATE, HOP)
    transform, bands = aubio.pvoc(WINDOW, HOP), aubio.filterbank(BANDS, WINDOW)
    bands.set_mel_coeffs(RATE, 80, 7600)
    frames, count = [], HOP
    while count == HOP:
        samples, count = source()
        frames.append(bands(transform(samples)).copy())
    frames = numpy.log(numpy.array(frames) + FLOOR)
    loud = numpy.flatnonzero(frames.max(axis=1) > numpy.log(20 * FLOOR))
    return frames[loud[0] : loud[-1] + 1] if len(loud) else frames[:1]


def spoken(word, voice, accent, speed, pitch):
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        subprocess.run(["espeak-ng", "-v", f"{accent}+{voice}", "-s", speed, "-p", pitch, "-w", wav.name, word], check=True)
        return log_mel(wav.name)


out, length = sys.argv[1], int(sys.argv[2])
words, voices, accents, speeds, pitches = (argument.split(",") for argument in sys.argv[3:8])
low, high = numpy.log(FLOOR), 0.0
clips = [(v, a, s, p, k) for v in voices for a in accents for s in speeds for p in pitches for k in range(len(words))]
with open(out, "w") as file:
    for done, (voice, accent, speed, pitch, number) in enumerate(clips):
        if sys.stderr.isatty() and done % 50 == 0:
            print(f"\r  {done} of {len(clips)} words spoken", end="\r", file=sys.stderr)
        frames = spoken(words[number], voice, accent, speed, pitch)[:length]
        silence = numpy.full((length - len(frames), BANDS), low)
        scaled = (numpy.vstack([silence, frames]) - low) / (high - low) * 2 - 1
        for row in scaled:
            file.write(",".join(f"{value:.4f}" for value in row) + f",{number}\n")
