"""`python -m website build` makes the static site, `python -m website lite` the one that runs."""

import argparse
import time
from pathlib import Path

COURSE = Path(__file__).resolve().parents[1]


def main() -> None:
    """Build what the command line asks for; say where it is, its size and how long it took."""
    parser = argparse.ArgumentParser(prog="python -m website", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    site = kinds.add_parser("build", help="the static site, in build/site")
    site.add_argument("--alive", nargs="*", metavar="LAB", help="only these labs' widgets move")
    lite = kinds.add_parser("lite", help="the whole course in JupyterLite, in build/lite")
    for kind, folder in ((site, "site"), (lite, "lite")):
        kind.add_argument("--out", type=Path, default=COURSE / "build" / folder, metavar="FOLDER")
    asked = parser.parse_args()
    began = time.perf_counter()
    if asked.kind == "build":
        from website.site import build

        page = build(COURSE, asked.out.resolve(), alive=asked.alive)
    else:
        from website.lite import build_lite

        page = build_lite(COURSE, asked.out.resolve())
    size = sum(path.stat().st_size for path in page.parent.rglob("*") if path.is_file())
    print(f"{page}: {size / 2**20:.1f} MB in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
