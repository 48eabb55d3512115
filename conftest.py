"""What tests and kernels find set, so that numbers do not depend on how many cores there are.

It stands at the top because notebooks are tested where they are, outside tests/.
"""

import os

# Set before NumPy is imported and before any kernel starts.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("PYTHONHASHSEED", "0")
