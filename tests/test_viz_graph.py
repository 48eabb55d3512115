"""The drawn graph shows the numbers of the graph, and no two boxes stand in one place."""

from __future__ import annotations

from itertools import pairwise

from nnlib import Value
from nnlib.graph import topological_order
from nnlib.viz.graph import draw_graph, layout
from nnlib.viz.words import with_minus


def chain():
    x, w, b = Value(1.5, name="x"), Value(-0.4, name="w"), Value(0.25, name="b")
    z = w * x + b
    z.name = "z"
    cost = (z.sigmoid() - 1) ** 2
    cost.name = "C"
    cost.backward()
    return cost


def texts(root):
    return [text.get_text() for ax in draw_graph(root).axes for text in ax.texts]


def test_every_value_and_gradient_is_on_its_box():
    root = chain()
    shown = texts(root)
    for value in topological_order(root):
        assert with_minus(f"{value.data:.4f}") in shown
        assert with_minus(f"{value.grad:.4f}") in shown


def test_every_edge_carries_upstream_times_local():
    root = chain()
    shown = texts(root)
    for value in topological_order(root):
        for _, local in value.edges:
            assert with_minus(f"{value.grad:.4f}\n× {local:.4f}") in shown


def test_results_stand_right_of_their_arguments_and_no_two_boxes_overlap():
    p = Value(2, name="p")
    root = p * Value(3, name="q") + p.tanh()
    for graph in (root, chain()):
        places = layout(graph)
        order = topological_order(graph)
        assert len({places[id(value)] for value in order}) == len(order)
        assert all(
            places[id(edge.source)][0] < places[id(value)][0]
            for value in order
            for edge in value.edges
        )
        columns = {x for x, _ in places.values()}
        for column in columns:
            rows = sorted(y for x, y in places.values() if x == column)
            assert all(b - a > 0.99 for a, b in pairwise(rows))


def test_caption_names_the_named_values():
    caption = draw_graph(chain()).caption
    assert caption.startswith("b = 0.2500, gradient")
    assert "C = " in caption
    assert caption.endswith("gradient 1.0000")
