"""An .npy file written row by row, with no more than a block of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.lib import format as npy_format

from soundworks.features.spectrum import Array


class NpyWriter:
    """Writes rows of float32 to an .npy file; the number of rows is known at the end. To be used in a `with` statement.

    A memory map would do the same, but its pages count as the process's own memory.
    """

    def __init__(self, path: Path, row_shape: tuple[int, ...]) -> None:
        self.path, self.row_shape = path, row_shape
        self.n_rows = 0

    def __enter__(self) -> NpyWriter:
        self.stream = self.path.open("wb")
        self._write_header()
        return self

    def append(self, rows: Array) -> None:
        """Write rows, an array of shape (n, *row_shape)."""
        if rows.shape[1:] != self.row_shape:
            raise ValueError(f"found rows of shape {rows.shape[1:]}, expected {self.row_shape}")
        self.stream.write(np.ascontiguousarray(rows, "<f4").data)
        self.n_rows += len(rows)

    def _write_header(self) -> None:
        """Write the header; NumPy leaves room in it for the first axis to grow, so that its length never changes."""
        npy_format.write_array_header_1_0(
            self.stream, {"descr": "<f4", "fortran_order": False, "shape": (self.n_rows, *self.row_shape)}
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            end = self.stream.tell()
            self.stream.seek(0)
            self._write_header()
            assert end - self.stream.tell() == 4 * self.n_rows * int(np.prod(self.row_shape))
        self.stream.close()


def read_blocks(path: Path, block_bytes: int = 1 << 23) -> Iterator[Array]:
    """Yield an array's rows in order, in blocks of a bounded size."""
    with path.open("rb") as stream:
        npy_format.read_magic(stream)
        (n_rows, *row_shape), _, dtype = npy_format.read_array_header_1_0(stream)
        row_size = int(np.prod(row_shape))
        per_block = max(1, block_bytes // (row_size * dtype.itemsize))
        for first in range(0, n_rows, per_block):
            count = min(per_block, n_rows - first)
            yield np.fromfile(stream, dtype, count * row_size).reshape(count, *row_shape)
