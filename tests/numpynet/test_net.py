"""Networks as a whole: made, trained, asked, saved."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from cinemotion.numpynet import (
    SGD,
    Adam,
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Dropout,
    EpochReport,
    Flatten,
    GlobalAvgPool2D,
    MaxPool2D,
    ProgressBar,
    ReLU,
    Sequential,
    classic,
    constant,
    cosine,
    evaluate,
    steps,
)


def _stripes(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Upright, level and no stripes under noise: 12 × 12 pictures of three classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    wave = np.sin(np.arange(12) * 1.5)
    kinds = np.stack([np.tile(wave, (12, 1)), np.tile(wave[:, None], (1, 12)), np.zeros((12, 12))])
    pictures = kinds[labels] + 0.5 * rng.standard_normal((n, 12, 12))
    return pictures[..., None].astype("f4"), labels


def _net(seed: int = 0, *, dropout: float = 0.1) -> Sequential:
    layers = [Conv2D(6), BatchNorm2D(), ReLU(), MaxPool2D(), Dropout(dropout), Flatten(), Dense(3)]
    return Sequential(layers, (12, 12, 1), seed=seed)


@pytest.mark.parametrize("optimiser", [SGD(0.05, momentum=0.9), Adam(0.01, weight_decay=0.01)])
def test_it_learns_what_can_be_learnt(optimiser: SGD | Adam) -> None:
    net = _net()
    before, _ = evaluate(net, *_stripes(300, 1))
    reports = net.fit(*_stripes(300), epochs=6, optimiser=optimiser, schedule=cosine(6, warmup=1))
    loss, accuracy = evaluate(net, *_stripes(300, 1))
    assert accuracy > 0.92 and loss < before / 2
    assert [r.epoch for r in reports] == [1, 2, 3, 4, 5, 6]
    assert reports[-1].loss < reports[0].loss


def test_the_same_seed_gives_the_same_weights() -> None:
    made = []
    for seed in (1, 1, 2):
        net = _net(seed)
        net.fit(*_stripes(100), epochs=2, seed=seed)
        made.append(net.predict(_stripes(20, 1)[0]))
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


def test_soft_targets_teach_as_hard_ones_do() -> None:
    x, y = _stripes(200)
    hard, soft = _net(dropout=0), _net(dropout=0)
    hard.fit(x, y, epochs=1)
    soft.fit(x, np.eye(3, dtype="f4")[y], epochs=1)
    np.testing.assert_array_equal(hard.predict(x), soft.predict(x))


def test_early_stop_puts_the_best_weights_back() -> None:
    x, y = _stripes(60)
    validation = _stripes(100, 1)
    net = _net()
    wrong = SGD(0.05, momentum=0)
    reports = net.fit(
        x, y, epochs=30, optimiser=wrong, validation=validation, patience=2,
        schedule=lambda epoch: 1.0 if epoch < 4 else -2.0,  # uphill after four epochs
    )  # fmt: skip
    losses = [r.val_loss for r in reports if r.val_loss is not None]
    best = min(losses)
    assert len(reports) == losses.index(best) + 3 < 30
    assert evaluate(net, *validation)[0] == pytest.approx(best, rel=1e-5)


def test_augmentation_sees_each_batch_and_leaves_the_pictures_alone() -> None:
    x, y = _stripes(70)
    kept, seen = x.copy(), []

    def augment(batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        seen.append(len(batch))
        return batch[:, ::-1] + rng.standard_normal(batch.shape).astype("f4")

    _net().fit(x, y, epochs=2, batch_size=32, augment=augment)
    assert seen == [32, 32, 6] * 2
    np.testing.assert_array_equal(x, kept)


def test_schedules() -> None:
    assert [constant()(e) for e in (0, 9)] == [1, 1]
    rise = cosine(10, warmup=2)
    assert rise(0) < 1e-6 and rise(1) == pytest.approx(0.5) and rise(2) == pytest.approx(1)
    assert rise(6) == pytest.approx(0.5) and rise(10) == pytest.approx(0, abs=1e-9) == rise(12)
    assert [steps(3, factor=0.5)(e) for e in (0, 2.9, 3, 6)] == [1, 1, 0.5, 0.25]


def test_one_picture_and_many_give_the_same() -> None:
    net = _net()
    x, y = _stripes(70)
    net.fit(x, y, epochs=1)
    many = net.predict(x, batch_size=32)
    np.testing.assert_allclose(many.sum(axis=1), 1, rtol=1e-5)
    for i in (0, 33, 69):
        np.testing.assert_allclose(net.predict(x[i : i + 1])[0], many[i], rtol=1e-4, atol=1e-6)
    assert net.predict(x[:0]).shape == (0, 3)


@pytest.mark.parametrize("layer", ["relu_1", 2, -5])
def test_features_of_a_layer(layer: int | str) -> None:
    net = _net()
    x, _ = _stripes(5)
    expected = dict(net.responses(x))["relu_1"]
    np.testing.assert_array_equal(net.features(x, layer, batch_size=2), expected)
    assert (expected >= 0).all() and expected.shape == (5, 10, 10, 6)


def test_relu_after_max_pooling_is_the_same() -> None:
    """Without a backward pass the two change places; the answer must not."""
    net, x = classic(), np.random.default_rng(0).random((2, 33, 40, 3), dtype="f4")
    by_turns = list(net.responses(x))[-1][1]
    np.testing.assert_array_equal(net.forward(x), by_turns)
    np.testing.assert_allclose(net.forward(x, training=True), by_turns, atol=1e-5)


def test_saved_and_loaded_it_says_the_same(tmp_path: Path) -> None:
    net = _net()
    x, y = _stripes(80)
    net.fit(x, y, epochs=1)
    net.save(tmp_path / "net.npz")
    again = Sequential.load(tmp_path / "net.npz")
    np.testing.assert_array_equal(again.predict(x), net.predict(x))
    assert again.summary() == net.summary()
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    np.savez(tmp_path / "pickle.npz", x=np.array([{"a": 1}], dtype=object))
    for name in ("text", "other", "pickle"):
        with pytest.raises(ValueError, match=r"holds no network of numpynet"):
            Sequential.load(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError):
        Sequential.load(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match=r"saved as \.npz"):
        _net().save(tmp_path / "net.pkl")


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    _net().save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="holds no network"):
        Sequential.load(path)


def test_the_summary_counts_every_weight() -> None:
    lines = _net().summary().splitlines()
    assert lines[2].split() == ["conv2d_1", "10", "×", "10", "×", "6", "60"]
    assert lines[-1].split() == ["all", f"{60 + 12 + 5 * 5 * 6 * 3 + 3}"]
    assert "any × any × 5" in classic().summary()


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: Sequential([], (8, 8, 1)), "at least one layer"),
        (lambda: Sequential([Dense(3)], (8, 8, 1)), "put Flatten"),
        (lambda: Sequential([Flatten(), Dense(3)], (None, 8, 1)), "known length"),
        (lambda: Sequential([Flatten(), Conv2D(3)], (8, 8, 1)), "takes maps"),
        (lambda: Sequential([Conv2D(3, 9)], (8, 8, 1)), "does not fit into a map of 8"),
        (lambda: Sequential([Conv2D(3, groups=3)], (8, 8, 2)), "do not divide 2 channels"),
        (lambda: Conv2D(4, groups=3), "do not divide 4 filters"),
        (lambda: Conv2D(4, 0), "kernel must be at least 1"),
        (lambda: AvgPool2D(padding="some"), "padding must be one of valid, same"),
        (lambda: Dropout(1), "less than 1"),
        (lambda: SGD(0), "rate > 0"),
        (lambda: classic("median"), "pool must be one of max, average"),
        (lambda: _net().features(_stripes(2)[0], "conv9"), "there are: conv2d_1"),
        (lambda: _net().features(_stripes(2)[0], 7), "no layer 7"),
        (lambda: _net().forward(np.zeros((2, 9, 12, 1), "f4")), r"\(n, 12, 12, 1\)"),
        (lambda: classic().forward(np.zeros((1, 8, 8, 3), np.uint8)), r"got uint8; .* / 255"),
        (lambda: _net().fit(_stripes(5)[0], np.array([0, 1, 2, 3, 0])), "0 to 2"),
        (lambda: _net().fit(_stripes(5)[0], np.zeros(5)), "class numbers are integers"),
        (lambda: _net().fit(_stripes(5)[0], np.zeros((5, 4))), "4 classes, the network 3"),
        (lambda: _net().fit(_stripes(5)[0], np.zeros(4, int)), "4 for 5"),
        (lambda: _net().fit(*_stripes(5), patience=1), "needs a validation part"),
        (lambda: classic().fit(np.zeros((1, 8, 8, 3), "f4"), np.zeros(1, int)), "ends in a vector"),
    ],
)  # fmt: skip
def test_mistakes_are_named(make: object, line: str) -> None:
    with pytest.raises(ValueError, match=line):
        make()  # type: ignore[operator]


def test_a_loss_that_is_no_number_stops_training() -> None:
    x, y = _stripes(20)
    x[3] = np.nan
    with pytest.raises(ValueError, match="lower learning rate"):
        _net().fit(x, y)


def test_the_progress_bar_shows_what_is_known() -> None:
    stream = io.StringIO()
    bar = ProgressBar(stream)
    bar(EpochReport(1, 4, 1.5, 0.4, None, None, 2.0))
    bar(EpochReport(4, 4, 0.5, 0.9, 0.75, 0.8, 2.0))
    first, second = stream.getvalue().splitlines()
    assert "1/4" in first and "40.0%" in first and "6 s left" in first
    assert "█" * 20 in second and "validation 0.750  80.0%" in second


def test_pictures_of_any_size_where_no_layer_minds() -> None:
    net = Sequential([Conv2D(4), ReLU(), GlobalAvgPool2D(), Dense(2)], (None, None, 3))
    for size in (5, 17):
        assert net.predict(np.zeros((2, size, size + 3, 3), "f4")).shape == (2, 2)
