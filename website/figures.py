"""Writes pictures and films as HTML: an image with its words, and dials that the browser knows."""

import hashlib
import json
from html import escape
from itertools import count
from pathlib import Path

from website.film import Dial, Film

FOLDER = "pictures"  # beside the pages' own folders: ../pictures from each of them
LIVE = "<code>nnlib start</code> opens this lab in JupyterLab"
ELSEWHERE = "What is fixed on this page moves in JupyterLab."


class Pictures:
    """A folder of pictures that are named after what is in them, so that none is stored twice."""

    def __init__(self, site: Path) -> None:
        self.folder = site / FOLDER

    def address(self, picture: bytes, suffix: str) -> str:
        """Store a picture; return where a page finds it."""
        name = hashlib.sha256(picture).hexdigest()[:16] + suffix
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(picture)
        return f"../{FOLDER}/{name}"


def still(png: bytes, caption: str, width: int, pictures: Pictures, *, note: str = "") -> str:
    """A picture with its words for those who do not see it; `note` stands below it."""
    image = _image(pictures.address(png, ".png"), caption, f'width="{width}"')
    below = f"<figcaption>{escape(caption)}<p>{note}</p></figcaption>" if note else ""
    return f'<figure class="picture">{image}{below}</figure>'


def unmoved(png: bytes, caption: str, width: int, pictures: Pictures) -> str:
    """A widget as a picture, and how to get it live."""
    return still(png, caption, width, pictures, note=f"To move this widget: {LIVE}.")


def moving(film: Film, name: str, pictures: Pictures) -> str:
    """A film with its dials, whose labels and ids begin with `name`; `film.js` turns it."""
    addresses = [pictures.address(frame.picture, ".webp") for frame in film.frames]
    captions = [frame.caption for frame in film.frames]
    badges = [frame.badge for frame in film.frames]
    told = {
        "pictures": addresses,
        "captions": captions,
        "badges": badges,
        "places": [dial.places for dial in film.dials],
        "seconds": film.seconds_per_step,
    }
    start = film.start
    width, height = film.size
    shown = addresses[film.frames.index(start)]
    goal = f'<p class="goal"><strong>Goal</strong> {escape(film.goal)} ' if film.goal else "<p>"
    numbers = count(1)
    dials = "".join(_dial(dial, f"{name}-{next(numbers)}") for dial in film.dials)
    dials += "".join(map(_still, film.fixed))
    buttons = _buttons() if any(dial.is_time for dial in film.dials) else ""
    elsewhere = f'<p class="elsewhere">{ELSEWHERE}</p>\n' if film.fixed else ""
    return f"""<figure class="film picture">
{goal}<span class="badge" role="status">{escape(start.badge)}</span></p>
{_image(shown, start.caption, f'width="{width}" height="{height}"')}
<div class="dials" hidden>{dials}{buttons}</div>
<figcaption aria-live="polite">{escape(start.caption)}</figcaption>
{elsewhere}<script type="application/json">{_script(told)}</script>
</figure>"""


def _image(address: str, caption: str, size: str) -> str:
    return f'<img src="{address}" alt="{escape(caption, quote=True)}" {size}>'


def _script(data: object) -> str:
    """JSON that nothing in it can end early."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def _dial(dial: Dial, name: str) -> str:
    label = f'<label for="{name}">{escape(dial.label)}</label>'
    if dial.kind == "switch":
        checked = "checked" if dial.start else ""
        return f'<span class="dial"><input type="checkbox" id="{name}" {checked}>{label}</span>'
    if dial.kind == "menu":
        options = "".join(
            f"<option{' selected' if i == dial.start else ''}>{escape(place)}</option>"
            for i, place in enumerate(dial.places)
        )
        return f'<span class="dial">{label}<select id="{name}">{options}</select></span>'
    place = escape(dial.places[dial.start])
    moment = " data-time" if dial.is_time else ""
    return (
        f'<span class="dial">{label}<input type="range" id="{name}" min="0" '
        f'max="{len(dial.places) - 1}" value="{dial.start}" aria-valuetext="{place}"{moment}>'
        f'<output for="{name}">{place}</output></span>'
    )


def _still(control: str) -> str:
    """A control that does not move, told apart by a word as well as by its colour."""
    return f'<span class="dial still">{escape(control)} <small>fixed here</small></span>'


def _buttons() -> str:
    names = ("Play", "Step", "Reset")
    buttons = (f'<button type="button" data-do="{name}">{name}</button>' for name in names)
    return f'<span class="buttons">{"".join(buttons)}</span>'
