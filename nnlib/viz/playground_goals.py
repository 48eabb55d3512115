"""What there is to reach in the playground: each goal watches the run and says how far it is."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from nnlib.viz.playground_frame import Look
from nnlib.viz.playground_settings import Settings


class Moment(NamedTuple):
    """What a goal may judge by; `run` counts how often training has begun anew."""

    settings: Settings
    step: int
    run: int
    seen: Look


class Goal:
    """A thing to reach. `state` says what has come about, `reached` whether all of it has."""

    title: ClassVar[str]
    text: ClassVar[str]

    def __init__(self) -> None:
        self.reached = False
        self.state = ""

    def watch(self, now: Moment) -> None:
        """Look once; what was reached stays so."""
        raise NotImplementedError


class Spiral(Goal):
    """Few units, bent well."""

    title = "Solve the spiral"
    text = "Noise ≥ 0.1, at most 12 hidden units: 95 % of the held-out points right."

    def watch(self, now: Moment) -> None:
        settings, right = now.settings, now.seen.held_out.right
        units = sum(settings.hidden)
        fits = settings.data == "spirals" and settings.noise >= 0.1 and 0 < units <= 12
        if fits and right >= 0.95 and not self.reached:
            self.reached = True
            self.state = f"{units} units, {100 * right:.1f} % right at step {now.step}"


class Revival(Goal):
    """Dead ReLUs, and how to wake them."""

    title = "Kill the ReLUs, and wake them"
    text = "Silence half of them; then wake all but a quarter, without Reset."

    def __init__(self) -> None:
        super().__init__()
        self.killed_in: int | None = None

    def watch(self, now: Moment) -> None:
        if self.reached:
            return
        share = now.seen.silent_share
        if now.run != self.killed_in:
            self.killed_in, self.state = None, ""
        if now.settings.activation == "relu" and now.step > 0 and share >= 0.5:
            self.killed_in = now.run
            self.state = f"{100 * share:.0f} % silent at step {now.step}: now wake them"
        elif self.killed_in is not None and share <= 0.25:
            self.reached = True
            self.state = f"only {100 * share:.0f} % still silent at step {now.step}"


class Mending(Goal):
    """Overfitting, seen and cured on the same points."""

    title = "Overfit, and mend it"
    text = (
        "All training points right, validation cost > 0.4 and > 3 × training. Then, on the same "
        "points: 40 % lower, ≤ 2 × training, from step 500 on."
    )

    def __init__(self) -> None:
        super().__init__()
        self.worst = 0.0
        self.data: tuple[object, ...] = ()

    def watch(self, now: Moment) -> None:
        if self.reached:
            return
        data, J, J_val = now.settings.which_points, now.seen.learned.J, now.seen.held_out.J
        if data != self.data:
            self.data, self.worst, self.state = data, 0.0, ""
        if now.seen.learned.right == 1 and J_val > max(0.4, 3 * J):
            self.worst = max(self.worst, J_val)
            self.state = f"overfit: validation cost up to {self.worst:.2f}. Now mend it"
        if J_val <= min(0.6 * self.worst, 2 * J) and now.step >= 500:
            self.reached = True
            self.state = f"mended: from {self.worst:.2f} to {J_val:.2f} at step {now.step}"


GOALS: tuple[type[Goal], ...] = (Spiral, Revival, Mending)
