"""What a product says about others: every product regressed on all others at once, with a ridge.

With X the (rows, products) matrix of ones and G = X'X + ridge * 1, the weights are `-inv(G)[i, j] / inv(G)[j, j]`,
zero on the diagonal (EASE: Steck, Embarrassingly Shallow Autoencoders for Sparse Data, 2019). Unlike a plain
similarity it counts nothing twice: of two products that always come together one speaks for both, and a product
that speaks against another gets a negative weight. Rows are orders (what completes a cart) or customers (what
somebody who bought this will come back for).

Pure: a matrix in, a sparse matrix out. Time grows with the cube, memory with the square of the products that take
part, so only the `MOST_PRODUCTS` most bought do: 3,000 take about two seconds and 150 MB.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from service.recommendations.engine.interactions import Float64s, Int64s

MOST_PRODUCTS = 3_000
KEPT_WEIGHTS = 128
"""Per product, by size without sign: as good on held-out purchases as all of them."""
FOR_COMPARISON = 1_500
"""Products that are enough to tell a better ridge from a worse one, at an eighth of the time."""
_ROWS_AT_ONCE = 256


def learn_affinities(
    rows: sparse.csr_array, *, ridge: float, most_products: int = MOST_PRODUCTS, kept: int = KEPT_WEIGHTS
) -> sparse.csr_array:
    """(P, P) float32 matrix: row i holds the `kept` strongest weights with which product i speaks for others.

    `rows` (N, P) holds ones. Products beyond the `most_products` most bought have empty rows and columns. The same
    matrix always gives the same answer. Raises ValueError unless `ridge` is positive.
    """
    if ridge <= 0:
        raise ValueError("the ridge must be positive, else the regression may have no solution")
    taking_part = _most_bought(rows, most_products)
    if len(taking_part) == 0:
        return sparse.csr_array(rows.shape[1:] * 2, dtype=np.float32)
    chosen = rows[:, taking_part].astype(np.float64)
    gram = (chosen.T @ chosen).toarray()
    gram[np.diag_indices_from(gram)] += ridge
    inverse = _invert_positive(gram)
    return _keep_strongest(inverse, taking_part, rows.shape[1], kept)


def _most_bought(rows: sparse.csr_array, most: int) -> Int64s:
    """Ascending indices of the products in most rows; ties fall to the smaller index."""
    counts = np.bincount(rows.indices, minlength=rows.shape[1])
    ranked = np.lexsort((np.arange(len(counts)), -counts))
    ranked = ranked[counts[ranked] > 0][:most]
    return np.sort(ranked).astype(np.int64)


def _invert_positive(matrix: Float64s) -> Float64s:
    """Inverse of a symmetric positive definite matrix, in its own memory; only the lower triangle is valid."""
    factor, _ = linalg.cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
    inverse, info = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    if info != 0:
        raise ValueError(f"the matrix can't be inverted (LAPACK dpotri: {info})")
    return np.asarray(inverse)


def _keep_strongest(
    lower_inverse: Float64s, taking_part: Int64s, product_count: int, kept: int
) -> sparse.csr_array:
    count = len(taking_part)
    kept = min(kept, count)
    diagonal = np.diag(lower_inverse).copy()
    columns = np.empty((count, kept), dtype=np.int64)
    weights = np.empty((count, kept), dtype=np.float32)
    for start in range(0, count, _ROWS_AT_ONCE):
        stop = min(start + _ROWS_AT_ONCE, count)
        block = _symmetric_rows(lower_inverse, start, stop)
        block /= -diagonal
        block[np.arange(stop - start), np.arange(start, stop)] = 0.0
        strongest = np.sort(np.argpartition(-np.abs(block), kept - 1, axis=1)[:, :kept], axis=1)
        columns[start:stop] = strongest
        weights[start:stop] = np.take_along_axis(block, strongest, axis=1)
    rows = np.repeat(taking_part, kept)
    cells = (weights.ravel(), (rows, taking_part[columns.ravel()]))
    matrix = sparse.csr_array(sparse.coo_array(cells, shape=(product_count, product_count)))
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def _symmetric_rows(lower: Float64s, start: int, stop: int) -> Float64s:
    """Rows start..stop of a symmetric matrix of which only the lower triangle is stored."""
    block = np.empty((stop - start, len(lower)))
    block[:, :start] = lower[start:stop, :start]
    block[:, stop:] = lower[stop:, start:stop].T
    corner = np.tril(lower[start:stop, start:stop])
    block[:, start:stop] = corner + np.tril(corner, -1).T
    return block


def scale_weights(weights: sparse.csr_array) -> sparse.csr_array:
    """The weights divided by the 99th percentile of the positive ones, so that shops of all sizes mix them alike."""
    positive: NDArray[np.float32] = weights.data[weights.data > 0]
    scaled = weights.copy()
    if len(positive):
        scaled.data = (scaled.data / np.percentile(positive, 99.0)).astype(np.float32)
    return scaled
