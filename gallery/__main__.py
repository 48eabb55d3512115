"""`python -m gallery` shows every widget on a sheet, `… readme` takes the README's pictures."""

import argparse
import time
from pathlib import Path

from gallery.browser import jupyterlab
from gallery.readme import shoot
from gallery.sheets import sheets

COURSE = Path(__file__).resolve().parents[1]


def main() -> None:
    """Make what the command line asks for; say where it is and how long it took."""
    parser = argparse.ArgumentParser(prog="python -m gallery", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="LAB", help="a lab's number or name, or readme")
    parser.add_argument("--out", type=Path, default=COURSE / "build" / "gallery", metavar="FOLDER")
    asked = parser.parse_args()
    began = time.perf_counter()
    if asked.what == ["readme"]:
        with jupyterlab(density=2) as lab:
            made = shoot(lab, COURSE / "docs" / "images")
    else:
        every = sorted((COURSE / "notebooks").glob("*.ipynb"))
        names = [path.stem for path in every]
        if asked.what:
            names = [name for name in names if name.startswith(tuple(asked.what))]
        with jupyterlab() as lab:
            made = [path for name in names for path in sheets(lab, name, asked.out)]
    for path in made:
        print(path)
    print(f"{len(made)} pictures in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
