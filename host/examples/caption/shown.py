"""shown.py -- the first images of the test side by side for the plot: pixels.dat, and names.dat with what the device wrote."""
import numpy

COLUMNS, ROWS, PITCH_X, PITCH_Y = 7, 3, 18, 21
images = numpy.load("sources.npy").reshape(-1, 14, 14)
wrote, right = (open(name).read().splitlines() for name in ("cpu.txt", "right.txt"))
canvas = numpy.zeros((ROWS * PITCH_Y, COLUMNS * PITCH_X))
with open("names.dat", "w") as names:
    for k in range(COLUMNS * ROWS):
        top, left = k // COLUMNS * PITCH_Y + 1, k % COLUMNS * PITCH_X + 2
        canvas[top : top + 14, left : left + 14] = images[k]
        wrong = "" if wrote[k] == right[k] else f"it is: {right[k]}"
        names.write(f"{left + 6.5}|{-top - 15.5}|{wrote[k]}|{wrong}\n")
numpy.savetxt("pixels.dat", canvas, fmt="%.3f", delimiter="|")
