"""Pictures can be heard, words can be read, and colours told apart with every kind of eye."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
from colour import EYES, contrast, difference, faint_words

from nnlib.viz import figure, style

ROOT = Path(__file__).resolve().parents[1]
APART = 15  # ΔE*ab of what may lie side by side, for every eye; 2.3 is just noticeable
TELLS_CLASSES = 30  # of the two classes, and of training and validation: all labs rely on it
READABLE = 4.5  # WCAG 2.2, AA


def pictures():
    for path in sorted(ROOT.glob("notebooks/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                if "image/png" in output.get("data", {}):
                    yield f"{path.stem}, {cell['id']}", output["data"]


def test_every_picture_of_every_lab_is_also_said_in_a_sentence():
    said = {where: "".join(data["text/plain"]) for where, data in pictures()}
    assert len(said) > 80
    tells = re.compile(r"[^<].*\w\W+\w.*", re.DOTALL)  # at least two words, and no <Figure …>
    assert [where for where, words in said.items() if not tells.fullmatch(words)] == []


@pytest.mark.parametrize("eyes", EYES)
def test_the_colours_of_lines_are_told_apart_by_every_eye(eyes):
    near = {
        (one, other): round(difference(one, other, eyes), 1)
        for one, other in combinations(style.COLOURS, 2)
        if difference(one, other, eyes) < APART
    }
    assert near == {}
    for pair in ((style.CLASS_0, style.CLASS_1), ("#56B4E9", "#F08A3C"), ("#A6CEE4", "#F1C7A6")):
        assert difference(*pair, eyes) > TELLS_CLASSES, pair


def test_two_lines_of_one_colour_would_be_noticed():
    assert difference("#D00000", "#008000", "deuteranopia") < difference("#D00000", "#008000") / 3
    assert difference("white", "black") == pytest.approx(100, abs=0.01)
    assert contrast("white", "black") == pytest.approx(21)
    for eyes in EYES:
        assert difference("white", "#777777", eyes) == pytest.approx(
            difference("white", "#777777"), abs=0.1
        )


def test_words_can_be_read_on_white_and_on_a_tint():
    for colour in (style.INK, style.GREY, *style.LETTERS.values()):
        assert contrast(colour, "white") > READABLE, colour
    for colour in (style.INK, *style.LETTERS.values()):
        assert contrast(colour, "#E0F3EE") > READABLE, colour
    assert set(style.LETTERS) == {style.TRAIN, style.VALIDATION, style.REFERENCE, style.TEST}


def test_faint_words_are_found_wherever_they_stand():
    made, ax = figure()
    ax.text(0.5, 0.5, "orange on white", color=style.ORANGE)
    ax.text(0.5, 0.8, "as it should be", color=style.LETTERS[style.GREEN])
    ax.axvspan(0, 0.4, color=style.BLUE)
    ax.text(0.1, 0.2, "black on blue")
    ax.text(0.1, 0.4, "outlined", path_effects=style.OUTLINE)
    ax.text(0.1, 0.6, "hidden", visible=False)
    assert faint_words(made).keys() == {"orange on white", "black on blue"}
