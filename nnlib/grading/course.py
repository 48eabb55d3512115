"""Where the course's folders are: the learner's, the generated and the source ones."""

from pathlib import Path


def course_folder(start: Path | None = None) -> Path:
    """Return the nearest folder from `start` upwards that holds the course, else the package's.

    FileNotFoundError if neither has both `notebooks/` and `exercises/`.
    """
    here = (start or Path.cwd()).resolve()
    package = Path(__file__).resolve().parents[2]
    for folder in (here, *here.parents, package):
        if (folder / "notebooks").is_dir() and (folder / "exercises").is_dir():
            return folder
    raise FileNotFoundError(f"no course folder (with notebooks/ and exercises/) at or above {here}")
