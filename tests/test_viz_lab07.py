"""Lab 07's pictures say what nnlib computes, and the lab's quotations are true."""

import json
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from nnlib import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, datasets, softmax
from nnlib.viz import lab07, render

LAB = Path(__file__).resolve().parents[1] / "notebooks" / "07_cnns.ipynb"


@pytest.fixture
def net(rng):
    """A small network over images of 9×8."""
    return Sequential(
        Conv2D(1, 5, (3, 2), rng=rng), ReLU(), MaxPool2D(2),
        Conv2D(5, 11, 2, rng=rng), ReLU(), Flatten(), Dense(44, 4, rng=rng),
    )  # fmt: skip


@pytest.fixture
def images(rng):
    return rng.random((23, 9, 8, 1), dtype=np.float32), rng.integers(0, 4, 23)


def shown(ax):
    """The numbers of the one image in these axes."""
    (image,) = ax.images
    return np.asarray(image.get_array())


def test_patches_are_cut_where_their_frames_are():
    photo = datasets.photograph()
    corners = [(200, 98), (30, 500)]
    figure = lab07.patches(photo, corners, size=20)
    whole, *squares = figure.axes
    assert np.array_equal(shown(whole), photo)
    for (row, column), ax, frame in zip(corners, squares, whole.patches, strict=True):
        assert np.array_equal(shown(ax), photo[row : row + 20, column : column + 20])
        assert frame.get_xy() == (column - 0.5, row - 0.5)
        assert (frame.get_width(), frame.get_height()) == (20, 20)
    assert figure.caption == "A photograph of 427×640 pixels; 2 squares of it, 20×20, enlarged."


def test_edges_share_one_scale_with_zero_in_the_middle(rng):
    photo, answers = rng.random((12, 15, 1)), rng.normal(size=(10, 13, 2))
    figure = lab07.edges(photo, answers, ["upright", "level"])
    first, *others = figure.axes[:3]
    assert np.array_equal(shown(first), photo[..., 0])
    for k, ax in enumerate(others):
        assert np.array_equal(shown(ax), answers[..., k])
        low, high = ax.images[0].get_clim()
        assert low == -high
    assert len({ax.images[0].get_clim() for ax in others}) == 1
    share = 100 * np.mean(np.abs(answers) > 1, axis=(0, 1))
    assert f"10×13 places of a photograph: upright beyond ±1 at {share[0]:.0f} %" in figure.caption
    assert f"level beyond ±1 at {share[1]:.0f} % of them." in figure.caption


def test_a_convolution_s_matrix_is_sparse_and_its_weights_are_shared(rng):
    conv = Conv2D(1, 1, (2, 3), rng=rng, dtype=np.float64)
    conv.W = np.arange(1.0, 7).reshape(1, 2, 3, 1)
    M = conv.forward(np.eye(20).reshape(20, 4, 5, 1)).reshape(20, -1).T
    x = rng.normal(size=20)
    assert np.allclose(M @ x, conv.forward(x.reshape(1, 4, 5, 1)).ravel())
    figure = lab07.as_matrix(M)
    (ax,) = figure.axes
    written = {(t.get_position()[::-1]): float(t.get_text()) for t in ax.texts}
    assert written == {place: value for place, value in np.ndenumerate(M) if value}
    assert figure.caption == (
        "A matrix of 9×20 = 180 weights: 70 % are 0, and the others take 6 values, the same ones "
        "in every row."
    )


def test_equal_weights_have_equal_colours_and_zero_has_none():
    M = np.array([[0.0, -2, 5], [5, 0, -2]])
    figure = lab07.as_matrix(M)
    places = shown(figure.axes[0])
    assert np.array_equal(places == 0, M == 0)
    assert len(np.unique(places[M == 5])) == len(np.unique(places[M == -2])) == 1
    assert "33 % are 0, and the others take 2 values" in figure.caption


def test_digits_stand_under_their_titles_and_a_cross_stands_out(images):
    X, _ = images
    figure = lab07.digits_grid(X[:5], ["a", "✗ b", "c", "d", "e"], columns=3)
    used, unused = figure.axes[:5], figure.axes[5:]
    for ax, x in zip(used, X, strict=False):
        assert np.array_equal(shown(ax), x[..., 0])
    colours = [ax.title.get_color() for ax in used]
    assert colours[1] not in (colours[0], colours[2])
    assert not any(ax.images or ax.get_title() for ax in unused)
    assert figure.caption == "5 images of 9×8 pixels: a, ✗ b, c, d, e."


def test_the_hardest_images_come_first_and_misread_ones_say_so(net, images):
    X, y = images
    P = softmax(net.predict(X))
    p = P[np.arange(len(y)), y]
    figure = lab07.hardest(net, X, y, k=16)
    for ax, i in zip(figure.axes, np.argsort(p), strict=False):
        assert np.array_equal(shown(ax), X[i, ..., 0])
        read = P[i].argmax()
        wrong = f"✗ {y[i]}, read {read}"
        assert ax.get_title() == (wrong if read != y[i] else f"{y[i]}: {100 * p[i]:.0f} %")
    assert "The 16 images, of 23," in figure.caption


def test_what_it_sees_are_the_maps_of_each_layer_in_order(net, images):
    x = images[0][0]
    figure = lab07.what_it_sees(net, x, ["first", "pooled", "second"])
    filters, *rows = figure.axes
    assert np.array_equal(shown(filters)[:3, :2], net[0].W[0, ..., 0])
    assert np.array_equal(shown(filters)[:3, 3:5], net[0].W[1, ..., 0])
    A = x[None]
    for layer in net.layers[:5]:
        A = layer.forward(A)
    H, W = A.shape[1:3]
    tiles = shown(rows[2])
    assert np.allclose(tiles[:H, :W], A[0, ..., 0])
    assert np.allclose(tiles[H + 1 :, :W], A[0, ..., 8])
    assert np.ma.getmaskarray(np.ma.masked_invalid(tiles))[H].all()
    assert figure.caption == (
        "The first layer's 5 filters of 3×2; of one image, 5 maps of 7×7 after first, 5 maps of "
        "3×3 after pooled, 11 maps of 2×2 after second."
    )


def test_what_it_sees_needs_filters(rng, images):
    dense = Sequential(Flatten(), Dense(72, 4, rng=rng))
    with pytest.raises(ValueError, match=r"must begin with a Conv2D .* got Flatten"):
        lab07.what_it_sees(dense, images[0][0], [])


def test_shift_curves_draw_the_shares_in_percent():
    figure = lab07.shift_curves(range(3), {"one": [1.0, 0.5, 0.25], "two": [0.9, 0.8, 0.7]})
    lines = [line for line in figure.axes[0].lines if line.get_label() in ("one", "two")]
    assert [line.get_ydata().tolist() for line in lines] == [[100, 50, 25], [90, 80, 70]]
    assert "one, two, at shifts of 0 to 2 pixels." in figure.caption


def test_the_average_network_has_no_say_about_where(rng):
    net = lab07.average_network(rng=rng)
    X = np.zeros((2, 48, 48, 1), np.float32)
    X[0, 16:24, 16:24, 0] = X[1, 20:28, 20:28, 0] = rng.random((8, 8), dtype=np.float32)
    one, moved = net.predict(X)
    assert np.allclose(one, moved, atol=1e-5)
    assert net.theta.size == 12_674


@pytest.mark.parametrize(
    "figure",
    [
        lambda: lab07.patches(datasets.photograph("flower"), [(9, 9)], size=8),
        lambda: lab07.digits_grid(np.zeros((3, 8, 8, 1)), ["0", "1", "2"]),
        lambda: lab07.shift_curves(range(2), {"one": [1.0, 0.5]}),
    ],
)
def test_pictures_can_be_drawn(figure):
    assert render(figure()).startswith(b"\x89PNG")


def test_the_lab_quotes_the_offline_message_of_mnist(tmp_path, monkeypatch):
    def unreachable(name, **settings):
        raise URLError("no network")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr(sklearn_datasets, "fetch_openml", unreachable)
    with pytest.raises(ConnectionError) as caught:
        datasets.mnist()
    said = str(caught.value).replace(str(tmp_path), "…")
    said = said.replace("<urlopen error no network>", "…")
    lab = json.loads(LAB.read_text("utf-8"))
    assert any(said in "".join(cell["source"]) for cell in lab["cells"])
