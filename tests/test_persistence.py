"""What was saved comes back bit for bit, or not at all, with a word on why."""

from __future__ import annotations

import copy
import os
import pickle
import zipfile

import numpy as np
import pytest

from nnlib import BatchNorm, Dense, PReLU, Sequential, load, save
from nnlib.persistence import named_arrays


def network(rng, n_hidden=5, dtype=np.float32):
    hidden = (Dense(4, n_hidden, rng=rng), BatchNorm(n_hidden), PReLU())
    net = Sequential(*hidden, Dense(n_hidden, 3, rng=rng), dtype=dtype)
    net.forward(rng.normal(size=(8, 4)), training=True)  # moves the running averages
    return net


def contents(net):
    return {name: array.copy() for name, array in named_arrays(net).items()}


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_comes_back_bit_for_bit(tmp_path, rng, dtype):
    net, other = network(rng, dtype=dtype), network(rng, dtype=dtype)
    X = rng.normal(size=(6, 4))
    assert not np.array_equal(net.predict(X), other.predict(X))
    save(net, tmp_path / "net.npz")
    load(other, str(tmp_path / "net.npz"))
    assert_same(contents(other), contents(net))
    np.testing.assert_array_equal(other.predict(X), net.predict(X))
    assert other.layers[0].W.base is other.theta  # still views of θ


def test_names_shapes_and_nothing_but_arrays_are_in_the_file(tmp_path, rng):
    path = tmp_path / "any name will do"
    save(network(rng), path)
    with np.load(path, allow_pickle=False) as file:
        shapes = {name: file[name].shape for name in file.files}
    assert shapes == {
        "kind": (),
        "0.W": (5, 4),
        "0.b": (5,),
        "1.gamma": (5,),
        "1.beta": (5,),
        "2.alpha": (1,),
        "3.W": (3, 5),
        "3.b": (3,),
        "1.running_mean": (5,),
        "1.running_var": (5,),
    }
    assert [p.name for p in tmp_path.iterdir()] == ["any name will do"]


def refuses(net, path, match):
    before = contents(net)
    with pytest.raises(ValueError, match=match):
        load(net, path)
    assert_same(contents(net), before)


def test_what_differs_is_named(tmp_path, rng):
    path = tmp_path / "net.npz"
    save(network(rng), path)
    refuses(
        network(rng, n_hidden=6),
        path,
        r"0\.W has shape \(5, 4\) in .*net\.npz, \(6, 4\) in this network",
    )
    refuses(
        network(rng, dtype=np.float64),
        path,
        r"0\.W is float32 in .*net\.npz, float64 in this network: .*dtype=np\.float32",
    )
    shorter = Sequential(Dense(4, 5, rng=rng), BatchNorm(5), PReLU())
    refuses(shorter, path, r"net\.npz holds 3\.W, which this network has not")
    plain = Sequential(Dense(4, 5, rng=rng), Dense(5, 5, rng=rng))
    refuses(plain, path, r"net\.npz has no 1\.W, which this network has")


def test_a_missing_file_is_python_s_own_error(tmp_path, rng):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
        load(network(rng), tmp_path / "nowhere.npz")


def test_every_truncation_is_refused(tmp_path, rng):
    path, torn = tmp_path / "net.npz", tmp_path / "torn.npz"
    net = network(rng)
    save(net, path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 61):
        torn.write_bytes(whole[:length])
        refuses(net, torn, r"torn\.npz is torn, or was not written by nnlib")


def test_a_flipped_bit_is_refused_or_changes_nothing(tmp_path, rng):
    path, spoilt = tmp_path / "net.npz", tmp_path / "spoilt.npz"
    net = network(rng)
    save(net, path)
    whole, expected = path.read_bytes(), contents(net)
    refused = 0
    for i in rng.integers(0, 8 * len(whole), 300):
        flipped = bytearray(whole)
        flipped[i // 8] ^= 1 << (i % 8)
        spoilt.write_bytes(flipped)
        try:
            load(net, spoilt)
        except ValueError:
            refused += 1
        assert_same(contents(net), expected)
    assert refused > 150


class Trap:
    """Pickled code that leaves a file behind when someone opens it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_folder_that_is_not_there_is_named(tmp_path, rng):
    net = network(rng)
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*away to write net.npz into"):
        save(net, tmp_path / "away" / "net.npz")


def test_strangers_files_are_refused_and_their_code_never_runs(tmp_path, rng):
    sprung = tmp_path / "sprung"
    net = network(rng)
    pickled = tmp_path / "pickled"
    pickled.write_bytes(pickle.dumps(Trap(sprung)))
    objects = tmp_path / "objects.npz"
    with zipfile.ZipFile(objects, "w") as archive, archive.open("0.W.npy", "w") as member:
        np.lib.format.write_array(member, np.array([Trap(sprung)]), allow_pickle=True)
    one_array = tmp_path / "array.npy"
    np.save(one_array, np.ones((5, 4)))
    empty, text = tmp_path / "empty", tmp_path / "text"
    empty.touch()
    text.write_text("θ = 0.5")
    for path in (pickled, objects, one_array, empty, text):
        refuses(net, path, "is torn, or was not written by nnlib")
    unnamed = tmp_path / "plain.npz"
    np.savez(unnamed, W=np.ones(3))
    refuses(net, unnamed, "is of unknown origin, expected 'nnlib network 1'")
    assert not sprung.exists()


def test_the_old_file_stays_whole_when_saving_fails(tmp_path, rng, monkeypatch):
    path = tmp_path / "net.npz"
    old = network(rng)
    save(old, path)

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        with pytest.raises(OSError, match="No space left"):
            save(network(rng), path)
    other = network(rng)
    load(other, path)
    assert_same(contents(other), contents(old))
    save(other, path)
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


def test_copies_and_pickles_carry_no_batch_of_data(rng):
    net = network(rng)
    X = rng.normal(size=(1000, 4))
    Y = net.predict(X)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(twin.predict(X), Y)
    assert len(pickle.dumps(net)) < 5000
    with pytest.raises(RuntimeError, match="needs a forward first"):
        copy.deepcopy(net).backward(Y)
