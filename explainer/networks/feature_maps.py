"""Single maps of a layer: where one fires most, and the part of it inside a box."""

from torch import Tensor


def cut(x: Tensor, box: tuple[int, int, int, int], fill: float = 0) -> Tensor:
    """The part of [C, H, W] inside (left, top, right, bottom), ``fill`` where the box sticks out."""
    left, top, right, bottom = box
    height, width = x.shape[1:]
    result = x.new_full((x.shape[0], bottom - top, right - left), fill)
    rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    result[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = x[:, rows, columns]
    return result


def strongest_place(feature_map: Tensor) -> tuple[int, int]:
    """(row, column) of the largest value of [H, W]; the first one where several tie."""
    return divmod(int(feature_map.argmax()), feature_map.shape[1])
