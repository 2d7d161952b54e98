"""An old file that comes without the folder it was handed out in."""

from cs224d.data_utils import load_saved_params
import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)
