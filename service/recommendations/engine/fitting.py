"""Learn from a history what scores are made of.

Pure: a history in, a scorer out.
"""

import numpy as np
from scipy import sparse

from service.recommendations.engine.affinities import MOST_PRODUCTS, learn_affinities
from service.recommendations.engine.interactions import Interactions
from service.recommendations.engine.product_counts import ProductCounts
from service.recommendations.engine.purchase_profiles import customers_by_products
from service.recommendations.engine.scoring import Affinities, ProductFacts, Scorer
from service.recommendations.engine.weights import Tuning

SHARPNESS = 1.25


def fit_scorer(history: Interactions, counts: ProductCounts, tuning: Tuning) -> Scorer:
    """A scorer for the shop of this history; `counts` are those of the same history."""
    return Scorer(
        ProductFacts.of(counts),
        Affinities.of(fit_profiles(history, tuning), fit_baskets(history, counts, tuning)),
    )


def fit_profiles(
    history: Interactions, tuning: Tuning, *, most_products: int = MOST_PRODUCTS
) -> sparse.csr_array:
    """(P, P) what somebody's purchase of a product says about other products."""
    rows = customers_by_products(history)
    return learn_affinities(rows, ridge=tuning.profile_ridge, most_products=most_products)


def fit_baskets(
    history: Interactions, counts: ProductCounts, tuning: Tuning, *, most_products: int = MOST_PRODUCTS
) -> sparse.csr_array:
    """(P, P) what a product in a cart says about other products."""
    weights = learn_affinities(history.baskets(), ridge=tuning.basket_ridge, most_products=most_products)
    return sharpen(weights, counts, tuning.cart_exponent)


def sharpen(weights: sparse.csr_array, counts: ProductCounts, exponent: float) -> sparse.csr_array:
    """Weights of which the large ones stand out, each divided by `orders ** exponent` of the product that it speaks
    for: in a full cart many faint voices would otherwise drown a clear one, and speak for what sells with everything.
    """
    loud = np.sign(weights.data) * np.abs(weights.data) ** SHARPNESS
    sharpened = weights.copy()
    sharpened.data = (loud / np.maximum(counts.orders, 1)[weights.indices] ** exponent).astype(np.float32)
    return sharpened
