"""Array types, named by what their elements are."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Integers32 = NDArray[np.int32]
Words = NDArray[np.uint64]
Words32 = NDArray[np.uint32]
# Of one of the two precisions; the compiled code has both.
Reals = NDArray[np.float64] | NDArray[np.float32]
Flags = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
