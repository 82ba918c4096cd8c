"""data.py FOLDER IMAGES TESTS -- Fashion-MNIST as images and their names, letter by letter, in the working folder:

data.npy      (rows, 2 + 196): number of the image, side, values. An image is one row of side 0, its pixels in 14 x 14; its name
              rows of side 1 with a letter's number in the first value: 0 begins a name, 1 ends it
sources.npy   (TESTS, 196): the images of the test, the last ones of data.npy
letters.txt   the letter of each number
right.txt     the names of the test
pixels.npy    (IMAGES, 196 + 1): all images with their class, for a classifier"""
import gzip
import sys

import numpy

NAMES = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]


def read(name, header_bytes):
    with gzip.open(f"{sys.argv[1]}/{name}-ubyte.gz") as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header_bytes)


images, tests = int(sys.argv[2]), int(sys.argv[3])
pixels = read("train-images-idx3", 16).reshape(-1, 14, 2, 14, 2)[:images].mean(axis=(2, 4)).reshape(images, 196)
classes = read("train-labels-idx1", 8)[:images]
letters = ["<", ">"] + sorted(set("".join(NAMES)))
values = pixels.astype(numpy.float32) / 255
rows = []
for number, (image, name) in enumerate(zip(values, classes)):
    answer = [0] + [letters.index(letter) for letter in NAMES[name]] + [1]
    part = numpy.zeros((1 + len(answer), 198), numpy.float32)
    part[:, 0] = number
    part[1:, 1] = 1
    part[0, 2:] = image
    part[1:, 2] = answer
    rows.append(part)
numpy.save("data.npy", numpy.vstack(rows))
numpy.save("sources.npy", values[-tests:])
numpy.save("pixels.npy", numpy.hstack([values, classes[:, None].astype(numpy.float32)]))
open("letters.txt", "w").write("\n".join(letters) + "\n")
open("right.txt", "w").write("\n".join(NAMES[name] for name in classes[-tests:]) + "\n")
