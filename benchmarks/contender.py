"""What a contender can do: start anew, take a step that is timed, and tell its losses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol


class Contender(Protocol):
    """One library's way of doing a problem's work."""

    def start(self) -> None:
        """Go back to the initial weights, if any: endless steps on one batch end in denormals."""
        return None

    def step(self) -> None:
        """The work that is timed."""

    def losses(self, steps: int) -> list[float]:
        """One number per step from the start, which all contenders must agree on."""
        ...


class Unavailable(Exception):
    """A contender cannot run here; the message says why."""


class Stepwise(Contender, ABC):
    """A contender whose every step leaves a number behind: the loss, or what stands for it."""

    @abstractmethod
    def step(self) -> None:
        """The work that is timed."""

    @abstractmethod
    def witness(self) -> float:
        """What the last step computed, as one number."""

    def losses(self, steps: int) -> list[float]:
        self.start()
        losses = []
        for _ in range(steps):
            self.step()
            losses.append(self.witness())
        return losses
