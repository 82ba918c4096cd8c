"""prepare.py FOLDER OUT -- Fashion-MNIST as sequences: OUT/fashion.npy, a row of pixels and the class in each row, 28 rows an
image, first the 60,000 that train, then the 10,000 that test; OUT/test.npy, the pixels of the latter; OUT/classes.npy, their classes."""
import gzip
import sys

import numpy


def read(name, header_bytes):
    with gzip.open(f"{sys.argv[1]}/{name}-ubyte.gz") as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header_bytes)


parts = []
for part in "train", "t10k":
    pixels = read(f"{part}-images-idx3", 16).reshape(-1, 28)
    classes = read(f"{part}-labels-idx1", 8).repeat(28)[:, None]
    parts.append(numpy.hstack([pixels, classes]))
numpy.save(f"{sys.argv[2]}/fashion.npy", numpy.vstack(parts))
numpy.save(f"{sys.argv[2]}/test.npy", parts[1][:, :28])
numpy.save(f"{sys.argv[2]}/classes.npy", parts[1][::28, 28])
