"""data.py ECG.dat SAMPLES -- the electrocardiogram that SciPy ships, the last SAMPLES (0: all), in millivolt, to data.csv; prints
the error on its last fifth of the two baselines: the sample before, and an autoregression over 32 samples (least squares
on the first four fifths)."""
import sys

import numpy

ORDER = 32
x = (numpy.load(sys.argv[1])["ecg"].astype(float) - 1024) / 200
x = x[-int(sys.argv[2]) :]
numpy.savetxt("data.csv", x, fmt="%.3f")
first = len(x) * 4 // 5
past = numpy.stack([x[ORDER - k - 1 : -1 - k] for k in range(ORDER)] + [numpy.ones(len(x) - ORDER)], axis=1)
factors = numpy.linalg.lstsq(past[: first - ORDER], x[ORDER:first], rcond=None)[0]
test = past[first - ORDER + 1 :]


def error(predicted):
    return numpy.sqrt(numpy.mean((predicted - x[first + 1 :]) ** 2))


print(f"{error(test[:, 0]):.5f} {error(test @ factors):.5f}")
