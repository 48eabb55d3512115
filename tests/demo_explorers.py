"""Two small widgets on J(θ) = θ², for the tests of what every widget shares."""

import numpy as np

from nnlib.viz import Explorer, dropdown, figure, log_slider, slider, toggle


class LearningRate(Explorer):
    """A hundred steps of gradient descent, redrawn as α moves."""

    goal = "Reach a cost below 1e-6 in 100 steps."

    def __init__(self):
        self.alpha = slider("learning rate α", 0.05, 0.01, 1.2, step=0.01)
        made, ax = figure()
        grid = np.linspace(-5, 5, 200)
        ax.plot(grid, grid**2, label="J(θ) = θ²")
        (self.path,) = ax.plot([], [], "o-", label="steps")
        ax.set(xlim=(-5, 5), ylim=(-1, 25), xlabel="θ", ylabel="cost J(θ)", title="Descent")
        ax.legend(loc="upper center")
        super().__init__(made, controls=[self.alpha])

    def draw(self):
        alpha = self.alpha.value
        if alpha > 1.1:
            raise ValueError("α is above 1.1")
        theta = 3.0 * (1 - 2 * alpha) ** np.arange(101)
        self.path.set_data(theta, theta**2)
        J = theta[-1] ** 2
        self.goal_reached = bool(J < 1e-6)
        return f"α = {alpha:.2f}: after 100 steps J = {J:.2e}."


class Walk(Explorer):
    """The same steps, one at a time."""

    goal = "Reach |θ| < 0.01."
    seconds_per_step = 0.02
    steps = 12

    def __init__(self):
        self.alpha = slider("learning rate α", 0.25, 0.05, 0.95, step=0.05)
        self.start = log_slider("start θ₀", 3.0, 0.03, 30.0)
        self.sign = dropdown("side", [("right", 1), ("left", -1)])
        self.wide = toggle("wider view")
        made, (self.ax, ax) = figure(1, 2)
        grid = np.linspace(-5, 5, 200)
        self.ax.plot(grid, grid**2)
        (self.dot,) = self.ax.plot([], [], "o")
        (self.curve,) = ax.plot([], [], "o-")
        self.ax.set(ylim=(-1, 25), xlabel="θ", ylabel="cost J(θ)")
        ax.set(xlim=(0, self.steps), ylim=(-1, 25), xlabel="step", ylabel="cost J")
        controls = [self.alpha, self.start, self.sign, self.wide]
        super().__init__(made, controls=controls, restart_on=controls[:3])

    def restart(self):
        self.theta = [self.sign.value * self.start.value]

    def step(self):
        self.theta.append(self.theta[-1] * (1 - 2 * self.alpha.value))
        return len(self.theta) <= self.steps

    def draw(self):
        theta = np.array(self.theta)
        half = 10 if self.wide.value else 5
        self.ax.set_xlim(-half, half)
        self.dot.set_data(theta[-1:], theta[-1:] ** 2)
        self.curve.set_data(np.arange(len(theta)), theta**2)
        self.goal_reached = bool(abs(theta[-1]) < 0.01)
        return f"Step {len(theta) - 1}: θ = {theta[-1]:.4f}."
