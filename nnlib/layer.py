"""A layer is a formula and its derivative, standing side by side as in the lecture."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from nnlib.parameters import Parameter


class Layer:
    """One step of a network: `forward` computes Y, `backward` turns dY = ∂J/∂Y into dX = ∂J/∂X.

    A subclass declares its parameters as class attributes, `W, dW = Parameter(), Gradient()`, and
    fills the gradients in `fill_gradients`. What forward must keep for backward goes through
    `remember` and `recall`, which raise when backward comes first or with another batch.
    """

    parameters: ClassVar[dict[str, Parameter]] = {}
    buffers: ClassVar[tuple[str, ...]] = ()
    bound = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = {name: slot for name, slot in vars(cls).items() if isinstance(slot, Parameter)}
        cls.parameters = {**cls.parameters, **own}

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        """Compute the layer's output; `training` matters to dropout and batch norm alone."""
        raise NotImplementedError(f"{type(self).__name__} needs a forward")

    def backward(self, dY: np.ndarray) -> np.ndarray:
        """Fill the gradients of the parameters and return dX."""
        raise NotImplementedError(f"{type(self).__name__} needs a backward")

    def fill_gradients(self, dY: np.ndarray) -> None:
        """Fill the gradients alone: all that a network's first layer needs."""
        if self.parameters:
            self.backward(dY)

    def gradient(self, name: str) -> np.ndarray:
        """The array for ∂J/∂ of a parameter, to be filled in place: in a network a view of ∇."""
        arrays = self.__dict__
        if "d" + name not in arrays:
            arrays["d" + name] = np.empty_like(arrays[name])
        return arrays["d" + name]

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one example after this layer, given its shape before."""
        return input_shape

    def cast(self, dtype: np.dtype) -> None:
        """Bring the buffers (state that is not learned) to a network's dtype."""
        for name in self.buffers:
            setattr(self, name, getattr(self, name).astype(dtype))

    def remember(self, Y: np.ndarray, kept: Any) -> np.ndarray:
        """Keep what backward needs and return the output Y."""
        self._kept, self._output_shape = kept, Y.shape
        return Y

    def recall(self, dY: np.ndarray) -> Any:
        """Return what forward kept; raise when there is none or dY is of another shape."""
        if "_kept" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}.backward needs a forward first")
        if dY.shape != self._output_shape:
            raise ValueError(
                f"{type(self).__name__}.backward expects dY of the shape forward returned, "
                f"{self._output_shape}; got {dY.shape}"
            )
        return self._kept

    def __getstate__(self) -> dict[str, Any]:
        """What forward kept stays out of copies and pickles: it is a batch of someone's data."""
        return {k: v for k, v in vars(self).items() if k not in ("_kept", "_output_shape")}

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
