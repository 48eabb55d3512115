"""Every kind of control by keyboard alone, and every word readable, in the light and the dark."""

import pytest

pytestmark = pytest.mark.e2e

READABLE, SEEN = 4.5, 3.0  # WCAG 2.2, AA: for words, and for what a control is moved by
CELLS = [
    "import sys\nsys.path.insert(0, '../tests')\nfrom demo_explorers import Walk\nWalk()",
    """import numpy as np
import nnlib
from nnlib.viz import lab07_widgets as lab07
net = nnlib.lenet5(rng=np.random.default_rng(0), input_shape=(16, 16, 1))
lab07.DrawDigit(net, np.tril(np.ones((10, 16, 16, 1))), np.arange(10))""",
    "lab07.SlidingKernel()",
    "from nnlib.viz.playground import Playground\nPlayground()",
]
WIDGETS = ".nnlib-explorer, .nnlib-playground"
THEMES = ("JupyterLab Light", "JupyterLab Dark")

# Any CSS colour as red, green, blue and opacity: the browser paints one pixel with it.
COLOURS = """
const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
function rgba(colour) {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
}
const over = (top, ground) => top.slice(0, 3).map((v, k) => top[3] * v + (1 - top[3]) * ground[k]);
function ground(node) {
    if (!node) return [255, 255, 255];
    const colour = rgba(getComputedStyle(node).backgroundColor);
    return colour[3] === 1 ? colour.slice(0, 3) : over(colour, ground(node.parentElement));
}
function luminance(colour) {
    const [r, g, b] = colour.map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
}
"""
FAINT = f"""(root, least) => {{
    {COLOURS}
    const faint = [];
    for (const node of root.querySelectorAll("*")) {{
        const own = Array.from(node.childNodes).some((n) => n.nodeType === 3 && n.data.trim());
        const field = node.matches("select, input:is([type=number], [type=text])");
        if (!(own || field) || !node.checkVisibility({{ visibilityProperty: true }})) continue;
        if (node.matches("option, :disabled, :disabled *")) continue;
        const behind = ground(node);
        const ratio = contrast(over(rgba(getComputedStyle(node).color), behind), behind);
        if (ratio < least) faint.push(`${{node.textContent.slice(0, 40)}}: ${{ratio.toFixed(2)}}`);
    }}
    return faint;
}}"""
HANDLES = f"""(root) => {{
    {COLOURS}
    return Array.from(root.querySelectorAll(".noUi-handle"), (handle) => contrast(
        rgba(getComputedStyle(handle).backgroundColor).slice(0, 3),
        ground(handle.closest(".nnlib-controls"))));
}}"""
ARROWS = """(root) => Array.from(root.querySelectorAll(".widget-dropdown select"), (menu) =>
    decodeURIComponent(getComputedStyle(menu).backgroundImage).includes("fill='white'"))"""
FOCUSED = """(root) => {
    const node = document.activeElement;
    if (!root.contains(node)) return null;
    node.visited = true;
    const outlined = [node, node.closest("label")].filter(Boolean)
        .some((part) => getComputedStyle(part).outlineStyle !== "none");
    return [node.outerHTML.slice(0, 80), outlined];
}"""
LEFT_OUT = """(root) => Array.from(root.querySelectorAll(
        "button, select, input, canvas[tabindex], [role=slider]"))
    .filter((node) => !node.disabled && node.tabIndex >= 0 && node.checkVisibility())
    .filter((node) => node.type !== "radio" || node.checked)
    .filter((node) => !node.visited).map((node) => node.outerHTML.slice(0, 80))"""
MOST_CONTROLS = 60


@pytest.fixture
def page(lab):
    lab.run_cells("accessible", CELLS)
    assert lab.problems() == []
    return lab


def test_words_and_controls_stand_out_and_tab_reaches_each(page):
    roots = page.page.locator(WIDGETS)
    assert roots.count() == len(CELLS)
    faint = []
    for theme in THEMES:
        page.theme(theme)
        for root in roots.all():
            root.evaluate("(element) => element.scrollIntoView({ block: 'start' })")
            faint += [(theme, words) for words in root.evaluate(FAINT, READABLE)]
            faint += [(theme, ratio) for ratio in root.evaluate(HANDLES) if ratio < SEEN]
            assert set(root.evaluate(ARROWS)) <= {theme == "JupyterLab Dark"}
    assert faint == []
    for root in roots.all():
        visits_every_control(page, root)
    assert page.problems() == []


def visits_every_control(page, root):
    """Tab goes through all controls of a widget, one after the other, and shows where it is."""
    root.evaluate(
        """(root) => {
            const start = document.createElement("button");
            root.prepend(start);
            start.focus();
            start.visited = true;
            window.start = start;
        }"""
    )
    hidden = []
    for _ in range(MOST_CONTROLS):
        page.page.keyboard.press("Tab")
        focused = root.evaluate(FOCUSED)
        if focused is None:
            break
        hidden += [focused[0]] * (not focused[1])
    page.page.evaluate("() => window.start.remove()")
    assert root.evaluate(LEFT_OUT) == []
    assert hidden == []
