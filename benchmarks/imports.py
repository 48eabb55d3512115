"""What `import nnlib` costs beyond `import numpy`, each time in a new interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from benchmarks.duel import Plan, Result, Times
from benchmarks.workers import ROOT, environment
from benchmarks.workloads import OURS, Workload

TIME_BOTH = """
import json
from time import process_time as clock
start = clock()
import numpy
middle = clock()
import nnlib
end = clock()
from benchmarks.worker import peak_memory
print(json.dumps([middle - start, end - middle, peak_memory()]))
"""


def measure(workload: Workload, plan: Plan, threads: int, tick: Callable[[], object]) -> Result:
    """Time both imports in as many interpreters as other workloads have blocks.

    One interpreter goes first, untimed: Python compiles a module when it is imported for the first
    time, and keeps the result.
    """
    result = Result(workload, times={OURS: Times(), "numpy": Times()})
    subprocess.run([sys.executable, "-c", "import nnlib"], env=environment(threads), cwd=ROOT)
    for _ in range(plan.blocks):
        finished = subprocess.run(
            [sys.executable, "-c", TIME_BOTH],
            capture_output=True,
            text=True,
            env=environment(threads),
            cwd=ROOT,
        )
        if finished.returncode:
            result.error = finished.stderr.strip().splitlines()[-1]
            break
        numpy, nnlib, peak_mb = json.loads(finished.stdout)
        result.times["numpy"].blocks.append(numpy)
        result.times[OURS].blocks.append(nnlib)
        result.times[OURS].peak_mb = peak_mb
        tick()
    return result
