"""Turns the course's LaTeX into MathML, which every browser draws by itself, offline and aloud."""

import re
from functools import cache
from html import escape
from typing import Any

from math_core import LatexError, LatexToMathML

DISPLAYED = r"\$\$(?P<displayed>.+?)\$\$"
INLINE = r"(?<![\\$])\$(?!\s)(?P<inline>[^$]+?)(?<!\s)\$(?!\d)"
FORMULA = re.compile(f"{DISPLAYED}|{INLINE}", re.DOTALL)
HTML_BLOCK = re.compile(r"<details>.*?</details>", re.DOTALL)

# A prime is drawn high and small as it is; as a superscript it would be so twice.
PRIME = re.compile("<msup>(<mi>[^<]*</mi>)<mo>′</mo></msup>")
# Chromium gives the bracket of \big(…\big)² its size only if it is not alone below the exponent.
BRACKET = re.compile(r"<msup>(<mo [^>]*minsize[^>]*>[^<]*</mo>)")

_converter = LatexToMathML(fancy_error=False, annotation=True)


@cache
def mathml(latex: str, *, displayed: bool = False) -> str:
    """MathML of one formula, with its LaTeX as annotation; ValueError names what has no meaning."""
    try:
        made = _converter.convert_with_local_state(latex.strip(), displaystyle=displayed)
    except LatexError as error:
        raise ValueError(f"no formula: {latex!r} ({error})") from error
    made = PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">′</mo></mrow>', made)
    return BRACKET.sub(r"<msup><mrow>\1<mi></mi></mrow>", made)


def formulas_in(text: str) -> list[tuple[str, bool]]:
    """Every formula of a Markdown text, and whether it is displayed on a line of its own."""
    return [
        (found["displayed"] or found["inline"], found["displayed"] is not None)
        for found in FORMULA.finditer(text)
    ]


def with_formulas_in_html(markdown: str) -> str:
    """`markdown` with the formulas inside its `<details>` as MathML.

    Jupyter draws them there; a Markdown parser takes an HTML block as it is.
    """

    def drawn(formula: re.Match[str]) -> str:
        displayed = formula["displayed"]
        return mathml(displayed or formula["inline"], displayed=displayed is not None)

    return HTML_BLOCK.sub(lambda block: FORMULA.sub(drawn, block[0]), markdown)


def setup(app: Any) -> dict[str, Any]:
    """Make this Sphinx's way to write mathematics, under the name "mathml"."""
    from docutils.nodes import SkipNode

    def inline(page: Any, node: Any) -> None:
        page.body.append(mathml(node.astext()))
        raise SkipNode

    def displayed(page: Any, node: Any) -> None:
        # A wide formula scrolls in its box, which a reader without a mouse must be able to reach.
        label = escape(node.astext(), quote=True)
        page.body.append(f'<div class="formula" tabindex="0" role="group" aria-label="{label}">')
        page.body.append(mathml(node.astext(), displayed=True) + "</div>")
        raise SkipNode

    app.add_html_math_renderer("mathml", (inline, None), (displayed, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
