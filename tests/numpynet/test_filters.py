"""Predefined filters: what each answers to, checked against SciPy and against its own promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import fft, ndimage, signal

from cinemotion.numpynet import classic
from cinemotion.numpynet.filters import (
    BANKS,
    FILTERS,
    bank,
    dct,
    gabor,
    gaussian,
    random_orthogonal,
)
from cinemotion.numpynet.pooling import first128, flatten, global_average, spatial_pyramid

EDGES = ("sobel_x", "sobel_y", "prewitt_x", "prewitt_y", "scharr_x", "scharr_y")


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter(name: str) -> None:
    entry = FILTERS[name]
    kernel = entry.kernel()
    assert kernel.dtype == np.float32 and kernel.ndim == 2
    assert kernel.shape[0] == kernel.shape[1] and kernel.shape[0] % 2 == 1
    assert entry.finds and entry.source
    np.testing.assert_array_equal(kernel, entry.kernel())


@pytest.mark.parametrize("name", ["box", "identity", "gaussian", "sharpen", "emboss"])
def test_these_keep_a_plain_surface(name: str) -> None:
    assert FILTERS[name].kernel().sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "name", [*EDGES, "laplacian", "laplacian_of_gaussian", *BANKS["gabor16"], "dct_01", "dct_22"]
)
def test_these_say_nothing_of_a_plain_surface(name: str) -> None:
    assert FILTERS[name].kernel().sum() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("name", ["sobel", "prewitt"])
def test_edges_as_scipy_finds_them(name: str) -> None:
    picture = np.random.default_rng(0).random((20, 21))
    for axis, letter in ((1, "x"), (0, "y")):
        ours = signal.correlate2d(picture, FILTERS[f"{name}_{letter}"].kernel(), "valid")
        theirs = getattr(ndimage, name)(picture, axis)[1:-1, 1:-1]
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_smoothing_and_blobs_as_scipy_has_them() -> None:
    picture = ndimage.gaussian_filter(np.random.default_rng(0).random((40, 40)), 2)
    inner = (slice(8, -8),) * 2
    soft = ndimage.correlate(picture, gaussian(9, 1.0).astype(float))
    np.testing.assert_allclose(soft[inner], ndimage.gaussian_filter(picture, 1)[inner], atol=1e-3)
    blobs = ndimage.correlate(picture, FILTERS["laplacian_of_gaussian"].kernel().astype(float))
    theirs = ndimage.gaussian_laplace(picture, 1)
    assert np.corrcoef(blobs[inner].ravel(), theirs[inner].ravel())[0, 1] > 0.99


@pytest.mark.parametrize("degrees", [0, 45, 90, 135])
def test_gabor_finds_stripes_of_its_direction(degrees: int) -> None:
    y, x = np.mgrid[:40, :40]
    strength = {}
    for other in (0, 45, 90, 135):
        angle = np.deg2rad(other)
        stripes = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / 4)
        response = signal.correlate2d(stripes, gabor(np.deg2rad(degrees)), "valid")
        strength[other] = np.abs(response).max()
    assert max(strength, key=strength.__getitem__) == degrees


@pytest.mark.parametrize("size", [3, 8])
def test_dct_is_that_of_scipy(size: int) -> None:
    block = np.random.default_rng(0).random((size, size))
    ours = [[np.sum(block * dct(r, c, size)) for c in range(size)] for r in range(size)]
    np.testing.assert_allclose(ours, fft.dctn(block, norm="ortho"), atol=1e-5)


@pytest.mark.parametrize(("filters", "channels"), [(5, 5), (9, 1), (30, 2)])
def test_random_kernels_stand_at_right_angles(filters: int, channels: int) -> None:
    weight = random_orthogonal(filters, channels=channels, seed=3)
    rows = weight.reshape(-1, filters)
    product = rows.T @ rows if len(rows) >= filters else rows @ rows.T
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-5)
    np.testing.assert_array_equal(weight, random_orthogonal(filters, channels=channels, seed=3))
    assert not np.array_equal(weight, random_orthogonal(filters, channels=channels, seed=4))


def test_kernels_of_mean_zero() -> None:
    weight = random_orthogonal(5, channels=5, zero_mean=True)
    np.testing.assert_allclose(weight.sum(axis=(0, 1)), 0, atol=1e-6)
    rows = weight.reshape(-1, 5)
    np.testing.assert_allclose(rows.T @ rows, np.eye(5), atol=1e-5)
    with pytest.raises(ValueError, match="at most 8 kernels"):
        random_orthogonal(9, zero_mean=True)


@pytest.mark.parametrize("name", BANKS)
def test_a_bank_looks_at_the_mean_of_the_channels(name: str) -> None:
    weight = bank(name)
    assert weight.shape[2:] == (3, len(BANKS[name]))
    side = weight.shape[0]
    for i, each in enumerate(BANKS[name]):
        kernel = FILTERS[each].kernel()
        margin = (side - len(kernel)) // 2
        padded = np.pad(kernel, margin)
        np.testing.assert_allclose(weight[..., i].sum(axis=2), padded, atol=1e-6)


def test_the_brief_s_bank() -> None:
    assert BANKS["classic5"] == ("box", "identity", "sobel_x", "sobel_y", "sharpen")
    with pytest.raises(ValueError, match="there are: classic5"):
        bank("classic6")


def test_the_brief_s_network() -> None:
    net = classic()
    kinds = [type(layer).__name__ for layer in net.layers]
    assert kinds == ["Conv2D", "ReLU", "MaxPool2D"] * 3
    assert type(classic("average").layers[2]).__name__ == "AvgPool2D"
    np.testing.assert_array_equal(net.layers[0].params["weight"], bank("classic5"))
    x = np.random.default_rng(0).random((2, 40, 48, 3), dtype="f4")
    assert net.features(x).shape == (2, 3, 4, 5)
    assert net.features(x[:, :22, :22]).shape == (2, 1, 1, 5)
    np.testing.assert_array_equal(net.features(x), classic(seed=0).features(x))
    assert not np.array_equal(net.features(x), classic(seed=1).features(x))
    identity = dict(net.responses(x))["conv2d_1"][..., 1]
    np.testing.assert_allclose(identity, x[:, 1:-1, 1:-1].mean(axis=3), atol=1e-6)


def test_no_map_of_the_brief_s_network_is_empty_or_full() -> None:
    x = ndimage.gaussian_filter(np.random.default_rng(0).random((3, 80, 80, 3)), (0, 2, 2, 0))
    maps = dict(classic().responses(x.astype("f4")))
    for name in ("relu_2", "relu_3"):
        alive = (maps[name] > 0).mean(axis=(0, 1, 2))
        assert ((alive > 0.2) & (alive < 0.8)).all()


def test_from_maps_to_vectors() -> None:
    maps = np.random.default_rng(0).random((3, 9, 7, 5), dtype="f4")
    np.testing.assert_array_equal(flatten(maps), maps.reshape(3, -1))
    np.testing.assert_allclose(global_average(maps), maps.mean((1, 2)), rtol=1e-6)
    np.testing.assert_array_equal(first128(maps), maps.reshape(3, -1)[:, :128])
    pyramid = spatial_pyramid(maps)
    assert pyramid.shape == (3, 21 * 5)
    np.testing.assert_allclose(pyramid[:, :5], maps.mean((1, 2)), rtol=1e-6)
    np.testing.assert_allclose(pyramid[:, 5:10], maps[:, :4, :3].mean((1, 2)), rtol=1e-6)
    assert spatial_pyramid(maps[:, :2, :3]).shape == (3, 105)
