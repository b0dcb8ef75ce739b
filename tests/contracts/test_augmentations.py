"""What every augmentation keeps: shape, type, range, seed, and to do nothing outside training."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from cinemotion.core.errors import BadInputError
from cinemotion.learn.augment import AUGMENTATIONS, POLICIES, open_augmentation, open_policy

keras = pytest.importorskip("keras")

COLOUR_ONLY = {"desaturation", "grading"}


def _pictures(channels: int = 3, dtype: str = "uint8", n: int = 24) -> np.ndarray:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:48, :48] / 48
    waves = np.sin(6 * x[..., None] + np.arange(channels)) + np.cos(9 * y[..., None])
    batch = 127 + 50 * waves[None] + 10 * rng.standard_normal((n, 48, 48, channels))
    return np.clip(batch, 0, 255).astype(dtype)


@pytest.mark.parametrize("name", AUGMENTATIONS)
class TestEvery:
    @pytest.mark.parametrize("dtype", ["uint8", "float32"])
    @pytest.mark.parametrize("channels", [1, 3])
    def test_shape_type_and_range_stay(self, name: str, channels: int, dtype: str) -> None:
        pictures = _pictures(channels, dtype)
        kept = pictures.copy()
        out = np.asarray(open_augmentation(name, seed=1)(pictures, training=True))
        assert out.shape == pictures.shape and out.dtype == pictures.dtype
        assert out.min() >= 0 and out.max() <= 255 and np.isfinite(out).all()
        np.testing.assert_array_equal(pictures, kept)
        changed = (out != pictures).any(axis=(1, 2, 3))
        if channels == 1 and name in COLOUR_ONLY:
            assert not changed.any()
        else:
            assert changed.any()

    def test_nothing_happens_outside_training(self, name: str) -> None:
        pictures = _pictures()
        layer = open_augmentation(name, seed=1)
        for out in (layer(pictures, training=False), layer(pictures)):
            np.testing.assert_array_equal(np.asarray(out), pictures)

    def test_the_seed_decides(self, name: str) -> None:
        pictures = _pictures()
        runs = []
        for seed in (1, 1, 2):
            layer = open_augmentation(name, seed=seed)
            runs.append([np.asarray(layer(pictures, training=True)) for _ in range(2)])
        np.testing.assert_array_equal(runs[0], runs[1])
        assert not np.array_equal(runs[0][0], runs[0][1])
        assert not np.array_equal(runs[0], runs[2])

    def test_a_face_is_still_there(self, name: str) -> None:
        """What is seen has to resemble what was there, on average by far."""
        pictures = _pictures(dtype="float32")
        out = np.asarray(open_augmentation(name, seed=3)(pictures, training=True))
        pairs = zip(pictures, out, strict=True)
        alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs if np.ptp(b)]
        mirrored = [
            np.corrcoef(a[:, ::-1].ravel(), b.ravel())[0, 1]
            for a, b in zip(pictures, out, strict=True)
        ]
        assert np.median(np.maximum(alike, mirrored)) > 0.5


@pytest.mark.parametrize("policy", POLICIES)
def test_policies_draw_from_seeds_of_their_own(policy: str) -> None:
    pictures = _pictures()
    layers = open_policy(policy, seed=5)
    assert len(layers) == len(POLICIES[policy])
    out = pictures
    for layer in layers:
        out = np.asarray(layer(out, training=True))
    assert out.shape == pictures.shape
    assert bool(layers) == bool((out != pictures).any())


def test_the_brief_s_policy() -> None:
    assert POLICIES["brief"] == ("rotation", "crop", "flip")
    with pytest.raises(BadInputError, match="there are: none, brief"):
        open_policy("hard", seed=0)


@pytest.mark.parametrize("quality", [15, 40, 75])
def test_jpeg_is_what_a_jpeg_file_is(quality: int) -> None:
    from cinemotion.learn.augmenting.film import Jpeg

    pictures = _pictures(channels=1, n=4)
    layer = Jpeg(seed=0, quality=(quality, quality + 1e-3))
    layer.share = 1.0
    ours = np.asarray(layer(pictures, training=True)).astype(int)
    for picture, out in zip(pictures, ours, strict=True):
        file = io.BytesIO()
        Image.fromarray(picture[..., 0]).save(file, "JPEG", quality=quality)
        theirs = np.asarray(Image.open(file)).astype(int)
        assert np.abs(out[..., 0] - theirs).mean() < 0.6
        assert np.abs(out[..., 0] - picture[..., 0]).mean() > 1


def test_inside_a_model_they_work_only_in_training() -> None:
    model = keras.Sequential([keras.Input((48, 48, 3)), *open_policy("film", seed=0)])
    pictures = _pictures(dtype="float32")
    np.testing.assert_array_equal(model.predict(pictures, verbose=0), pictures)
    assert (np.asarray(model(pictures, training=True)) != pictures).any()


@pytest.mark.parametrize(
    ("name", "share"),
    [("blur", 0.25), ("cutout", 0.2), ("perspective", 0.5), ("grain", 0.3), ("letterbox", 0.1)],
)
def test_as_many_pictures_are_changed_as_promised(name: str, share: float) -> None:
    pictures = _pictures(n=400)
    out = np.asarray(open_augmentation(name, seed=3)(pictures, training=True))
    changed = (out != pictures).any(axis=(1, 2, 3)).mean()
    assert changed == pytest.approx(share, abs=0.07)
