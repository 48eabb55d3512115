"""Lab 07's widgets show what nnlib computes, and every goal can be reached."""

import functools

import numpy as np
import pytest
from helpers_viz import exercise_every_control
from scipy.signal import correlate2d

import nnlib
from nnlib import datasets
from nnlib.functions import softmax
from nnlib.viz import lab07_widgets as lab07
from nnlib.viz import render
from nnlib.viz.cells import short_number
from nnlib.viz.drawing_pad import centred, coarse, resized

pytestmark = pytest.mark.usefixtures("no_pictures")

DIGITS = datasets.digits()
X = np.array([resized(x.reshape(8, 8), (16, 16)) for x in DIGITS.X], np.float32)[..., None]
TRAIN, TEST = nnlib.split(len(X), (0.8, 0.2), rng=np.random.default_rng(0), stratify=DIGITS.y)


def lenet():
    rng = np.random.default_rng(0)
    return nnlib.lenet5(rng=rng, input_shape=(16, 16, 1), activation=nnlib.ReLU)


@functools.cache
def trained():
    """A small LeNet that reads most of the digits."""
    net, rng = lenet(), np.random.default_rng(1)
    batches = {"epochs": 15, "batch_size": 64, "rng": rng}
    nnlib.fit(net, nnlib.CrossEntropy(), nnlib.Adam(2e-3), X[TRAIN], DIGITS.y[TRAIN], **batches)
    return net


def draw_digit():
    return lab07.DrawDigit(trained(), X[TEST], DIGITS.y[TEST])


def what_matters():
    return lab07.WhatMatters(trained(), X[TEST[:40]], DIGITS.y[TEST[:40]])


WIDGETS = {
    "SlidingKernel": lab07.SlidingKernel,
    "PoolingWinners": lab07.PoolingWinners,
    "DrawDigit": draw_digit,
    "WhatMatters": what_matters,
    "ReceptiveField": lab07.ReceptiveField,
}


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_works_at_its_extremes(name, small_pictures):
    captions = exercise_every_control(WIDGETS[name]())
    assert len(set(captions)) >= 3
    assert all(len(caption) > 30 and "nan" not in caption for caption in captions)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_goal_is_reached_before_the_reader_moves_and_it_can_be_drawn(name):
    widget = WIDGETS[name]()
    assert not widget.goal_reached
    assert render(widget.figure).startswith(b"\x89PNG")


def last_pixel(widget):
    widget.place.value = widget.place.max


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2), (4, 2), (1, "same")])
def test_the_output_is_scipy_s_correlation(stride, padding):
    widget = lab07.SlidingKernel()
    widget.kernel.value = [1.0, 2, -3, 0, 5, 1.5, -2, 4, -1]
    widget.stride.value, widget.padding.value = stride, padding
    last_pixel(widget)
    p = 1 if padding == "same" else padding
    expected = correlate2d(np.pad(widget.X, p), widget.kernel.grid, "valid")[::stride, ::stride]
    shown = widget.output.values
    assert np.allclose(shown[np.isfinite(shown)], expected.ravel())
    assert f"the output is {len(expected)} × {len(expected)}" in widget.caption


def test_each_step_fills_one_more_pixel_with_the_sum_of_the_products():
    widget = lab07.SlidingKernel()
    widget.restart()
    assert np.isfinite(widget.output.values).sum() == 1
    steps = 1
    while widget.step():
        widget.refresh()
        steps += 1
        assert np.isfinite(widget.output.values).sum() == steps
        i, j = divmod(steps - 1, 4)
        assert widget.products.values.sum() == widget.output.values[2 + i, 2 + j]
    assert steps == 15
    widget.refresh()
    assert widget.caption.endswith("row 4, column 4: 9 − 9 + 9 − 9 + 9 − 9 = 0.")


def test_the_sliding_kernel_s_goal_needs_padding_and_a_kernel_that_is_in_no_menu():
    widget = lab07.SlidingKernel()
    for option in widget.preset.options:
        widget.preset.value = option
        assert "kernel" not in widget.found
    for stride in (1, 2, 3, 4):
        widget.stride.value = stride
        assert "size" not in widget.found
    widget.stride.value, widget.padding.value = 2, 1
    assert "3 × 3" in widget.caption
    assert not widget.goal_reached
    widget.kernel.value = [0.0, 1, 0, 1, -4, 1, 0, 1, 0]
    assert widget.goal_reached
    assert widget.preset.value == "your own"


def test_the_menu_and_the_table_of_the_kernel_follow_each_other():
    widget = lab07.SlidingKernel()
    widget.preset.value = "sharpen"
    assert widget.kernel.value[4] == 5
    widget.kernel.value = [1.0, 0, -1] * 3
    assert widget.preset.value == "vertical edge"


def test_same_padding_keeps_the_size_and_rests_the_stride():
    widget = lab07.SlidingKernel()
    widget.stride.value, widget.padding.value = 3, "same"
    assert widget.stride.disabled
    assert "the output is 6 × 6" in widget.caption
    widget.padding.value = 0
    assert not widget.stride.disabled
    assert "the output is 2 × 2" in widget.caption


def flipped(X, K):
    return correlate2d(X, K[::-1, ::-1], "valid")


def test_a_reader_s_own_convolution_is_compared_pixel_by_pixel():
    widget = lab07.SlidingKernel(flipped)
    assert "Yours differs in 8 of 16 places, first in row 1, column 2: 9 instead of −9." in (
        widget.caption
    )
    assert len(widget.wrong.get_xdata()) == 8
    widget.stride.value = 2
    assert "Yours differs in 2 of 4 places" in widget.caption
    widget.preset.value = "blur"
    assert widget.caption.endswith("Yours agrees everywhere.")
    assert len(widget.wrong.get_xdata()) == 0


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (lambda X, K: X / None, "Yours raised TypeError"),
        (lambda X, K: X, "Yours has shape (6, 6), not (4, 4)."),
        (lambda X, K: None, "Yours returned nothing: is a return missing?"),
        (lambda X, K: "Y", "returned a str, not an array of numbers."),
    ],
)
def test_whatever_the_reader_s_function_does_is_said_in_words(mine, said):
    widget = lab07.SlidingKernel(mine)
    assert widget.error is None
    assert said in widget.caption


def test_numbers_are_short_and_have_a_real_minus_sign():
    said = [short_number(v) for v in (3.0, -9.0, 1 / 9, -0.04, 2.26, -1 / 3, 9 / 16, 0.5)]
    assert said == ["3", "−9", "1/9", "0", "2.3", "−1/3", "9/16", "0.5"]


def filled(cells):
    n = round(np.isfinite(cells.values).sum() ** 0.5)
    return cells.values[np.isfinite(cells.values)].reshape(n, n)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("max", [[9, 7, 7], [7, 5, 3], [9, 7, 8]]),
        ("average", [[4.5, 5.25, 3.75], [4, 2.5, 2], [5.75, 3.5, 4.5]]),
    ],
)
def test_pooling_is_the_lecture_s(kind, expected):
    widget = lab07.PoolingWinners()
    widget.kind.value = kind
    assert np.array_equal(filled(widget.output), expected)


def test_a_mean_that_has_many_decimals_is_said_with_them():
    widget = lab07.PoolingWinners()
    widget.kind.value, widget.window.value = "average", 4
    widget.stride.value = 1
    assert "8 is 3.125; each of its pixels gets 1/16 of the gradient" in widget.caption


def test_of_two_equal_winners_the_first_gets_the_gradient():
    widget = lab07.PoolingWinners()
    widget.restart()
    widget.step()
    widget.refresh()
    assert "The largest of 7, 4, 7, 3 is 7, twice: the first one gets the gradient." in (
        widget.caption
    )
    assert np.argwhere(widget.gradient.values).tolist() == [[0, 1], [0, 2]]
    assert list(zip(*widget.targets.get_data(), strict=True)) == [
        (widget.gradient.at[0] + 2.5, widget.gradient.at[1] + 0.5)
    ]


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(("f", "s"), [(2, 2), (2, 1), (3, 1), (3, 2), (4, 4)])
def test_the_gradient_sent_back_is_that_of_the_sum_of_the_outputs(kind, f, s):
    widget = lab07.PoolingWinners()
    widget.kind.value, widget.window.value, widget.stride.value = kind, f, s

    def total(X):
        return sum(
            (np.max if kind == "max" else np.mean)(X[i : i + f, j : j + f])
            for i in range(0, 7 - f, s)
            for j in range(0, 7 - f, s)
        )

    rank = np.argsort(np.argsort(-widget.X, axis=None, kind="stable")).reshape(6, 6)
    X = widget.X - 1e-3 * rank  # no ties: the first of two equals leads
    h = 1e-6
    slopes = [
        (total(X + h * e.reshape(6, 6)) - total(X - h * e.reshape(6, 6))) / (2 * h)
        for e in np.eye(36)
    ]
    assert np.allclose(widget.gradient.values.ravel(), slopes, atol=1e-6)


def test_the_pooling_goal_needs_overlapping_maxima_and_the_largest_tiles():
    widget = lab07.PoolingWinners()
    widget.stride.value = 1
    assert widget.found == {"max"}
    widget.kind.value = "average"
    assert widget.found == {"max"}
    widget.stride.value = 2
    assert widget.found == {"max"}
    widget.window.value, widget.stride.value = 3, 3
    assert widget.goal_reached


def max_pool_backward(dY, X, f, s, gather=np.add):
    dX = np.zeros(X.shape)
    for r, c in np.ndindex(dY.shape[1:3]):
        patch = X[0, r * s : r * s + f, c * s : c * s + f, 0]
        u, v = divmod(int(patch.argmax()), f)
        place = 0, r * s + u, c * s + v, 0
        dX[place] = gather(dX[place], dY[0, r, c, 0])
    return dX


def test_a_reader_s_own_backward_is_compared_where_windows_overlap():
    right, wrong = (
        lab07.PoolingWinners(lambda *args, g=gather: max_pool_backward(*args, gather=g))
        for gather in (np.add, np.maximum)
    )
    for widget in (right, wrong):
        assert widget.caption.endswith("Yours agrees everywhere.")
        widget.stride.value = 1
    assert right.caption.endswith("Yours agrees everywhere.")
    assert "Yours differs in 7 of 36 places" in wrong.caption
    assert len(wrong.wrong.get_xdata()) == 7


def three(thickness=2.0, size=0.6):
    """A 3 of two arcs, drawn with a round pen on a sheet of 32 × 32."""
    t = np.radians(np.linspace(-160, 90, 60))
    upper = np.c_[np.cos(t), np.sin(t)] * 6 + (16, 10)
    lower = np.c_[np.cos(-t), np.sin(-t)] * 6.5 + (16, 22)
    points = 16 + size * (np.concatenate([upper, lower]) - 16)
    y, x = np.mgrid[:32, :32] + 0.5
    distance = np.hypot(x[..., None] - points[:, 0], y[..., None] - points[:, 1]).min(axis=-1)
    return np.clip(thickness + 0.5 - distance, 0, 1)


def test_a_drawn_three_is_read_and_the_shifts_alone_fool_the_net():
    widget = draw_digit()
    widget.pad.ink = three()
    assert widget.source.value == "my drawing"
    assert widget.caption.startswith("Your drawing: the net says 3 with")
    assert widget.convinced
    assert not widget.goal_reached
    far = widget.right.max
    for down in (-far, far):
        for right in (-far, far):
            widget.down.value, widget.right.value = down, right
            if widget.goal_reached:
                break
    assert widget.goal_reached
    widget.pad.ink = three(size=0.9)
    assert not widget.goal_reached


def test_ink_that_comes_from_the_page_is_read():
    widget = draw_digit()
    widget.pad.set_state({"value": memoryview((255 * three()).astype(np.uint8).tobytes())})
    assert widget.caption.startswith("Your drawing: the net says 3 with")


def test_a_digit_from_the_menu_reaches_the_same_goal_without_a_mouse():
    widget = draw_digit()
    widget.source.value = "a 3 of the data"
    assert np.array_equal(widget.image(), X[TEST][DIGITS.y[TEST] == 3][0])
    assert widget.pad.ink.max() > 0.5
    assert widget.convinced
    reached = False
    for down in range(-4, 5, 2):
        for right in range(-4, 5, 2):
            widget.down.value, widget.right.value = down, right
            reached = reached or widget.goal_reached
    assert reached


def test_a_shifted_start_does_not_convince_and_an_empty_sheet_is_called_empty(small_pictures):
    widget = draw_digit()
    widget.source.value = "my drawing"
    assert widget.caption.startswith("Nothing is on the sheet, and still the net says")
    widget.down.value = 1
    widget.pad.ink = three()
    assert not widget.convinced


def test_the_probabilities_are_the_net_s():
    widget = draw_digit()
    widget.pad.ink = three()
    P = softmax(trained().predict(widget.image()[None]).astype(float))[0]
    assert np.allclose([bar.get_width() for bar in widget.bars], 100 * P)
    assert f"with {100 * P.max():.0f} %" in widget.caption


def test_every_feature_map_stands_in_the_picture():
    from nnlib.viz.lab07_maps import read

    widget, net = draw_digit(), trained()
    stages, Z = read(net, X[TEST[0]])
    assert np.allclose(Z, net.predict(X[TEST[:1]])[0], atol=1e-5)
    assert [(stage.name, stage.maps.shape) for stage in stages] == [
        ("convolution 1", (12, 12, 6)),
        ("pooling 1", (6, 6, 6)),
        ("convolution 2", (2, 2, 16)),
    ]
    A = X[TEST[:1]]
    for layer in net.layers[:2]:
        A = layer.forward(A)
    assert np.array_equal(stages[0].maps, A[0])
    widget.mosaic.show(stages)
    shown, side = np.asarray(widget.mosaic.image.get_array()), widget.mosaic.side
    assert np.count_nonzero(shown[..., 3]) == (6 + 6 + 16) * side**2
    maps, top = stages[0].maps, 20
    first = shown[top : top + side, :side]
    place = np.unravel_index(maps[..., 0].argmax(), (12, 12))
    level = (maps[..., 0].max() - maps.min()) / (maps.max() - maps.min())
    middle = [int((i + 0.5) * side / 12) for i in place]
    assert np.array_equal(first[tuple(middle)], widget.mosaic.palette[int(255 * level)])


def test_a_net_without_a_convolution_has_no_maps_and_still_reads(small_pictures):
    net = nnlib.Sequential(nnlib.Flatten(), nnlib.Dense(256, 10, rng=np.random.default_rng(0)))
    widget = lab07.DrawDigit(net, X[TEST], DIGITS.y[TEST])
    widget.pad.ink = three()
    assert widget.error is None
    assert widget.caption.startswith("Your drawing: the net says")


def test_the_lab_s_own_way_to_enlarge_is_used():
    repeated = functools.partial(np.kron, b=np.ones((2, 2)))
    widget = lab07.DrawDigit(trained(), X[TEST], DIGITS.y[TEST], enlarge=repeated)
    widget.pad.ink = three()
    assert np.array_equal(widget.image()[::2, ::2, 0], coarse(centred(widget.pad.ink)))
    assert np.array_equal(widget.image()[1::2, ::2], widget.image()[::2, ::2])


def test_the_data_s_own_digits_come_through_the_sheet_as_they_were():
    digits = [coarse(centred(resized(x.reshape(8, 8), (32, 32)))) for x in DIGITS.X[TEST]]
    images = np.array([resized(digit, (16, 16)) for digit in digits])[..., None]
    right = trained().predict(images).argmax(axis=1) == DIGITS.y[TEST]
    assert right.mean() > 0.85


def test_a_drawing_is_moved_into_the_middle_and_enlarged():
    ink = np.zeros((32, 32))
    ink[3:13, 20:24] = 1
    rows, columns = (np.flatnonzero((centred(ink) > 0.1).any(axis)) for axis in (1, 0))
    assert (rows[0], rows[-1]) == (0, 31)
    assert (columns[0], columns[-1]) == (9, 21)
    assert not centred(np.zeros((32, 32))).any()
    assert coarse(ink).shape == (8, 8)
    assert np.isclose(coarse(ink).mean(), ink.mean())


def test_enlarging_keeps_a_ramp_and_repeats_the_border():
    ramp = np.arange(4.0)[:, None] * np.ones(3)
    larger = resized(ramp, (8, 6))
    assert np.allclose(larger[:, 0], [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    assert np.array_equal(resized(ramp, (4, 3)), ramp)


def test_the_saliency_is_the_slope_of_the_score():
    from nnlib.viz.lab07_attribution import saliency

    rng, sizes = np.random.default_rng(0), {"input_shape": (16, 16, 1), "dtype": np.float64}
    net = nnlib.lenet5(rng=rng, **sizes)
    image, h = X[TEST[3]].astype(np.float64), 1e-6
    S = saliency(net, image, 4)
    assert S.shape == (16, 16)
    for i, j in ((5, 6), (8, 9), (12, 7)):
        bump = np.zeros_like(image)
        bump[i, j] = h
        up, down = net.predict(np.stack([image + bump, image - bump]))[:, 4]
        assert np.isclose(S[i, j], abs(up - down) / (2 * h), rtol=1e-4)


def test_the_drop_is_that_of_the_net_with_the_patch_over_the_digit():
    widget = what_matters()
    widget.size.value, widget.grey.value = 3, 1.0
    P, rows, columns = widget.occluded(0, 3, 1.0)
    assert rows[0] == columns[0] == 0
    assert rows[-1] == columns[-1] == 13
    image = widget.X[0].copy()
    image[rows[4] : rows[4] + 3, columns[2] : columns[2] + 3] = 1
    expected = softmax(trained().predict(image[None]).astype(float))[0]
    assert np.allclose(P[4, 2], expected, atol=1e-6)
    before = softmax(trained().predict(widget.X[:1]).astype(float))[0]
    k = before.argmax()
    shown = np.asarray(widget.drops.get_array())
    assert np.isclose(shown[4, 2], 100 * (before[k] - expected[k]), atol=1e-3)


def test_some_sure_reading_is_changed_by_a_small_patch_and_a_large_one_does_not_count():
    widget = what_matters()
    reached = []
    widget.size.value = widget.enough
    for example in range(1, 41):
        widget.example.value = example
        if widget.goal_reached:
            reached.append(example)
    assert reached
    assert len(reached) < 20
    widget.example.value = reached[0]
    widget.size.value = widget.size.max
    assert not widget.goal_reached


def test_the_class_menu_always_shows_a_choice():
    widget = what_matters()
    for option in widget.label.options:
        widget.label.value = option
        assert widget.label.index == widget.label.options.index(option)
    widget.label.value = "the one it says"
    assert widget.label.index == 0


def test_a_class_that_the_net_rules_out_loses_nothing_and_the_caption_says_so():
    widget = what_matters()
    widget.size.value = 1
    said = int(trained().predict(widget.X[:1]).argmax())
    widget.label.value = (said + 1) % 10
    assert f"from class {(said + 1) % 10}" in widget.caption


def test_the_outline_runs_between_ink_and_paper():
    from nnlib.viz.lab07_attribution import edges

    inside = np.zeros((4, 5), bool)
    inside[1:3, 2:5] = True
    borders = edges(inside)
    assert len(borders) == 2 * (2 + 3)
    assert np.abs(np.diff(borders, axis=1)).sum() == 10
    assert {tuple(point) for point in borders.reshape(-1, 2)} >= {(2, 1), (5, 1), (2, 3), (5, 3)}


@pytest.mark.parametrize(
    ("kernel", "stride", "pool", "count", "r"),
    [(3, 1, False, 4, 9), (5, 1, True, 2, 16), (3, 2, False, 5, 63), (7, 3, False, 2, 25)],
)
def test_the_gradient_reaches_as_far_as_the_formula_says(kernel, stride, pool, count, r):
    widget = lab07.ReceptiveField()
    widget.kernel.value, widget.stride.value = kernel, stride
    widget.pool.value, widget.count.value = pool, count
    assert widget.sizes()[count] == r
    assert np.array_equal(widget.dots.get_ydata(), widget.line.get_ydata()[1:])
    assert f"= {r}. The gradient of one output reaches {r} × {r} pixels" in widget.caption
    shown = np.asarray(widget.image.get_array())
    assert np.count_nonzero(shown) == r * r
    assert widget.field.get_width() == r


def test_lenet_s_two_blocks_see_sixteen_pixels():
    from nnlib.viz.lab07_field import field_sizes

    assert field_sizes([(5, 1), (2, 2), (5, 1), (2, 2)]) == [1, 5, 6, 14, 16]
    assert field_sizes([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1)])[-1] == 99


def test_a_field_larger_than_the_picture_is_said_to_be_so():
    widget = lab07.ReceptiveField()
    widget.pool.value = True
    widget.count.value = widget.count.max
    assert "more than the picture's 64 pixels" in widget.caption
    assert max(widget.dots.get_ydata()) <= 64


def test_half_of_the_gradient_lies_in_the_dashed_square():
    from nnlib.viz.lab07_field import gradient

    widget = lab07.ReceptiveField()
    widget.count.value = 10
    dX, k = gradient(10, 3, 1, False), int(widget.half.get_width())
    middle, smaller = (slice((21 - n) // 2, (21 + n) // 2) for n in (k, k - 2))
    assert dX[smaller, smaller].sum() < dX.sum() / 2 <= dX[middle, middle].sum()


def test_the_field_s_goal_needs_fourteen_plain_layers_or_two_clever_ones():
    widget = lab07.ReceptiveField()
    widget.count.value = 15
    assert widget.found == set()
    widget.count.value = 14
    assert widget.found == {"plain"}
    widget.stride.value, widget.count.value = 2, 4
    assert widget.found == {"plain"}
    widget.pool.value, widget.stride.value = True, 3
    widget.count.value = 2
    assert widget.goal_reached


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (lambda layers: 1 + sum(f - 1 for f, _ in layers), "Yours says 5 after layer 2, where it"),
        (lambda layers: layers[9], "Yours raised IndexError"),
        (lambda layers: None, "Yours raised TypeError"),
    ],
)
def test_a_reader_s_own_formula_is_drawn_beside_nnlib_s(mine, said):
    from nnlib.viz.lab07_field import field_sizes

    widget = lab07.ReceptiveField(mine)
    widget.stride.value = 2
    assert said in widget.caption
    right = lab07.ReceptiveField(lambda layers: field_sizes(layers)[-1])
    right.pool.value = True
    assert right.caption.endswith("Yours agrees at every layer.")
