"""What the makers of golden models share: where they go, and the numbers that go with them."""
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def path(exporter, name):
    """Path of a model without its suffix, in the folder of the command line or beside the scripts."""
    folder = os.path.join(sys.argv[1] if len(sys.argv) > 1 else HERE, exporter)
    os.makedirs(folder, exist_ok=True)
    print(f"{exporter}/{name}")
    return os.path.join(folder, name)


def save_rows(to, x, y):
    """Rows of input and the exporter's answers, (steps, columns) each; one row of y when only the last step is answered."""
    np.savez(to + ".npz", x=np.asarray(x, np.float32), y=np.asarray(y, np.float32))
