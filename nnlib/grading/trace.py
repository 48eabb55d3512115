"""A traceback as the learner needs it: their own lines, without the checker's."""

import linecache
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

OURS = str(Path(__file__).parent)
LIBRARIES = (str(Path(__file__).parents[1]), str(Path(np.__file__).parent))
LONGEST = 6


def learner_traceback(
    error: BaseException, namespace: Mapping[str, Any], *, elsewhere: str = ""
) -> str:
    """Return an error's last frames without the checker's, then its message.

    Lines of the learner's own code are marked by an arrow; where there is none, `elsewhere` stands.
    """
    lines, own = [], False
    for frame, number in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_filename.startswith(OURS):
            continue
        mark = "→" if frame.f_globals is namespace else " "
        own = own or not code.co_filename.startswith(LIBRARIES)
        source = linecache.getline(code.co_filename, number).strip()
        lines.append(f"{mark} {cell_name(code.co_filename)}, line {number}, in {code.co_name}")
        lines.append(f"      {source}")
    message = "".join(traceback.format_exception_only(error)).strip()
    shown = lines[-2 * LONGEST :] if own or not elsewhere else [elsewhere]
    return "\n".join([*shown, message.removeprefix("nnlib.grading.runner.")])


def cell_name(filename: str) -> str:
    """Return the name of a cell as JupyterLab shows it, `Cell In[3]`; else the short file name."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell.compile, "format_code_name"):
        name = shell.compile.format_code_name(filename)
        if name:
            return " ".join(name)
    return Path(filename).name
