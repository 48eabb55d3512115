"""The table of dimensions (D4): the data's shape after each layer, and what the layer learns."""

from __future__ import annotations

from collections.abc import Sequence

from nnlib.layer import Layer


def summary(layers: Sequence[Layer], input_shape: tuple[int, ...]) -> str:
    """A line per layer with its output for m examples and the shapes and count of its parameters.

    Raises ValueError, as the layer says it, where a layer does not fit the one before.
    """
    if not isinstance(input_shape, Sequence):
        raise ValueError(
            f"input_shape must be one example's shape, such as (64,), got {input_shape!r}"
        )
    rows, total, shape = [("layer", "output", "parameters", "count")], 0, tuple(input_shape)
    for layer in layers:
        shape = layer.output_shape(shape)
        arrays = {name: getattr(layer, name) for name in layer.parameters}
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        n = sum(array.size for array in arrays.values())
        output = f"(m, {', '.join(str(size) for size in shape)})"
        rows.append((repr(layer), output, shapes or "–", f"{n:,}"))
        total += n
    rows.append(("total", "", "", f"{total:,}"))
    width = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = [
        f"{layer:<{width[0]}}  {output:<{width[1]}}  {parameters:<{width[2]}}  {n:>{width[3]}}"
        for layer, output, parameters, n in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
