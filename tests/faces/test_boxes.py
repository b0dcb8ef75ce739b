"""Overlap, suppression, joining, clipping."""

from __future__ import annotations

import numpy as np

from cinemotion.core.types import Faces
from cinemotion.faces.boxes import areas, clip_to, iou, join, suppress


def faces(*rows: tuple[float, float, float, float, float]) -> Faces:
    table = np.array(rows, np.float32).reshape(-1, 5)
    n = len(table)
    return Faces(table[:, :4], table[:, 4], np.zeros((n, 5, 2), np.float32))


def test_iou_of_known_boxes() -> None:
    box = np.array([[0, 0, 10, 10]], np.float32)
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [2, 2, 4, 4]], np.float32)
    np.testing.assert_allclose(iou(box, others), [[1, 1 / 3, 0, 0.04]], rtol=1e-6)


def test_iou_without_area_is_zero() -> None:
    point = np.array([[3, 3, 3, 3]], np.float32)
    assert iou(point, point) == [[0.0]]
    assert iou(point[:0], point).shape == (0, 1)


def test_inverted_boxes_have_no_area() -> None:
    np.testing.assert_array_equal(areas(np.array([[4, 4, 1, 1]], np.float32)), [0])


def test_the_best_of_a_heap_stays() -> None:
    heap = faces((0, 0, 10, 10, 0.6), (1, 0, 11, 10, 0.9), (30, 0, 40, 10, 0.7))
    kept = suppress(heap, max_iou=0.3)
    np.testing.assert_allclose(kept.scores, [0.9, 0.7])


def test_a_suppressed_face_suppresses_nobody() -> None:
    # The middle one overlaps both neighbours, which do not overlap each other.
    row = faces((0, 0, 10, 10, 0.9), (5, 0, 15, 10, 0.8), (10, 0, 20, 10, 0.7))
    np.testing.assert_allclose(suppress(row, max_iou=0.3).scores, [0.9, 0.7])


def test_equal_scores_stay_in_order() -> None:
    row = faces((40, 0, 50, 10, 0.5), (0, 0, 10, 10, 0.5), (20, 0, 30, 10, 0.5))
    np.testing.assert_array_equal(suppress(row, max_iou=0.3).boxes[:, 0], [40, 0, 20])


def test_join_keeps_the_order_and_allows_nothing() -> None:
    both = join([faces((0, 0, 1, 1, 0.5)), faces((2, 2, 3, 3, 0.9))])
    np.testing.assert_allclose(both.scores, [0.5, 0.9])
    assert len(join([])) == 0


def test_clipping_cuts_and_drops() -> None:
    outside = faces((-5, -5, 5, 5, 0.9), (95, 40, 120, 60, 0.8), (100, 0, 130, 20, 0.7))
    clipped = clip_to(outside, width=100, height=50)
    np.testing.assert_array_equal(clipped.boxes, [[0, 0, 5, 5], [95, 40, 100, 50]])
    assert outside.boxes[0, 0] == -5
