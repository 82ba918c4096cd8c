"""accuracy.py OUTPUTS.npy CLASSES.npy -- per cent of the images whose class has the largest output."""
import sys

import numpy

outputs, classes = map(numpy.load, sys.argv[1:])
print(f"{100 * numpy.mean(outputs.argmax(1) == classes.flatten()):.2f}")
