"""The optimisers against PyTorch: frozen runs everywhere, live ones wherever torch is installed."""

import importlib.util
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import make_optimizers as reference

HAS_TORCH = importlib.util.find_spec("torch") is not None
SETTINGS = reference.settings()


@pytest.fixture(scope="module")
def frozen():
    with np.load(reference.FROZEN, allow_pickle=False) as arrays:
        return dict(arrays)


def walk(optimizer, theta, grads):
    theta, path = theta.copy(), []
    for grad in grads:
        optimizer.step(theta, grad)
        path.append(theta.copy())
    return np.array(path)


@pytest.mark.parametrize("name", [name for name in SETTINGS if SETTINGS[name].from_start])
def test_twenty_steps_from_the_start(name, frozen):
    setting = SETTINGS[name]
    ours = setting.ours(setting.lr, **setting.options)
    path = walk(ours, frozen["theta"], frozen["grads"])
    assert_allclose(path, frozen[f"{name}/path"], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", SETTINGS)
def test_twelve_steps_from_mid_run(name, frozen):
    setting, middle = SETTINGS[name], reference.MIDDLE
    ours = setting.ours(setting.lr, **setting.options)
    ours.restore({"t": np.array(middle), **{v: frozen[f"{name}/{v}"] for v in setting.keeps}})
    expected = frozen[f"{name}/path"]
    path = walk(ours, expected[middle - 1], frozen["grads"][middle:])
    assert_allclose(path, expected[middle:], rtol=1e-11, atol=1e-13)


@pytest.mark.skipif(not HAS_TORCH, reason="torch is not installed")
def test_the_frozen_arrays_are_what_torch_computes(frozen):
    for name, setting in SETTINGS.items():
        path, states = reference.torch_run(setting, frozen["theta"], frozen["grads"])
        assert_allclose(frozen[f"{name}/path"], path, rtol=1e-12, atol=1e-14, err_msg=name)
        for vector, value in states[reference.MIDDLE - 1].items():
            assert_allclose(frozen[f"{name}/{vector}"], value, rtol=1e-12, err_msg=name)


rate, beta = st.floats(1e-4, 0.5), st.floats(0, 0.99)
eps, decay = st.sampled_from([1e-8, 1e-5, 1e-2]), st.floats(0, 0.5)
moments = {"betas": st.tuples(beta, st.floats(0.5, 0.9999)), "eps": eps}
RANDOM = {
    "sgd": {},
    "momentum": {"momentum": st.shared(st.floats(0.1, 0.99), key="β")}
    | {"dampening": st.shared(st.floats(0.1, 0.99), key="β")},
    "nesterov": {"momentum": st.floats(0.1, 0.99), "nesterov": st.just(True)},
    "adagrad": {"eps": eps},
    "rmsprop": {"alpha": beta, "eps": eps},
    "adam": moments,
    "adamw": {**moments, "weight_decay": decay},
}


@pytest.mark.skipif(not HAS_TORCH, reason="torch is not installed")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", RANDOM)
@settings(max_examples=10)
@given(data=st.data())
def test_live_over_random_settings(name, dtype, data):
    options = data.draw(st.fixed_dictionaries(RANDOM[name]))
    alpha, n, seed = data.draw(rate), data.draw(st.integers(1, 40)), data.draw(st.integers(0, 999))
    decaying = data.draw(st.booleans())
    lr = partial(lambda a, t: a / (1 + 0.3 * t), alpha) if decaying else alpha
    setting = SETTINGS[name]._replace(lr=lr, options=options)
    rng = np.random.default_rng(seed)
    theta, grads = rng.normal(size=n).astype(dtype), reference.gradients(15, n, rng).astype(dtype)
    path, states = reference.torch_run(setting, theta, grads)
    ours = setting.ours(lr, **options)
    ours.restore({"t": np.array(3), **states[2]})
    mine = walk(ours, path[2], grads[3:])
    assert mine.dtype == dtype
    tol = 1e-10 if dtype == np.float64 else 2e-5
    assert_allclose(mine, path[3:], rtol=tol, atol=tol)
