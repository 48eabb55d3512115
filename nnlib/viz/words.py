"""A sentence on the page that a screen reader announces when it changes.

ipywidgets' own `HTML` writes its whole content anew at each change, so a live region inside it
would be a new one every time, which screen readers do not announce.
"""

import re
from pathlib import Path

import anywidget
import traitlets

STATIC = Path(__file__).parent / "static"
SIGN = re.compile(r"(?<![\w.)\]-])-(?=[\d.])|(?<=\de)-(?=\d)")


def with_minus(sentence: str) -> str:
    """`sentence` with the true minus sign in negative numbers and exponents; 2-16-1 stays.

    A hyphen in a number would also be a place where a line may break.
    """
    return SIGN.sub("−", sentence)


def sentence(words: str) -> str:
    """`words` with a capital at their beginning."""
    return words[:1].upper() + words[1:]


class Words(anywidget.AnyWidget):
    """`lead` in bold, then `text`, then `badge` in a pill; empty parts take no room.

    `live` makes it an aria-live region, once and for all; `problem` marks the text as an error.
    """

    _esm = (STATIC / "words.js").read_text(encoding="utf-8")
    _css = (STATIC / "explorer.css").read_text(encoding="utf-8")

    lead = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    badge = traitlets.Unicode().tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)
    problem = traitlets.Bool(False).tag(sync=True)

    def say(self, text: str, *, problem: bool = False) -> None:
        """Change the text, in one message."""
        with self.hold_sync():
            self.text = text
            self.problem = problem
