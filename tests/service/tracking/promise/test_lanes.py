"""Lanes fall back from fine to coarse."""

import numpy as np
import pytest

from service.tracking.promise.deliveries import index_deliveries
from service.tracking.promise.lanes import NO_LANE, SHOP, ancestors_of, describe_basis, find_lanes, name_path


@pytest.mark.parametrize(
    ("path", "chain", "bases"),
    [
        (
            name_path("DHL", "Express", "DE"),
            [("DHL", "DE", "Express"), ("DHL", "DE"), ("DHL",), SHOP],
            ["carrier+service+destination", "carrier+destination", "carrier", "shop"],
        ),
        (
            name_path("DHL", None, "DE"),
            [("DHL", "DE"), ("DHL",), SHOP],
            ["carrier+destination", "carrier", "shop"],
        ),
        (
            name_path("DHL", "Express", None),
            [("DHL", "", "Express"), ("DHL",), SHOP],
            ["carrier+service", "carrier", "shop"],
        ),
        (name_path(None, None, "DE"), [("", "DE"), SHOP], ["destination", "shop"]),
        (name_path("DHL", "Express", "DE", by_carrier=False), [("", "DE"), SHOP], ["destination", "shop"]),
        (name_path(None, None, None), [SHOP], ["shop"]),
    ],
)
def test_a_lane_falls_back_to_what_is_known(path, chain, bases) -> None:
    assert ancestors_of(path) == chain
    assert [describe_basis(lane) for lane in chain] == bases


def test_every_delivery_lies_on_its_lane_and_those_above() -> None:
    moments = [1.0, 2.0, 3.0, 4.0]
    deliveries = index_deliveries(
        moments,
        moments,
        moments,
        moments,
        ["DHL", "DHL", None, "UPS"],
        ["Express", None, None, None],
        ["DE", "AT", None, None],
    )
    lanes = find_lanes(deliveries)
    named = [[lanes.paths[lane] for lane in chain if lane != NO_LANE] for chain in lanes.of_delivery]
    assert named == [
        [("DHL",), ("DHL", "DE"), ("DHL", "DE", "Express")],
        [("DHL",), ("DHL", "AT")],
        [],
        [("UPS",)],
    ]
    assert lanes.finest[2] == NO_LANE
    for lane, parent in enumerate(lanes.parents):
        assert parent < lane
        assert (SHOP if parent == NO_LANE else lanes.paths[parent]) == ancestors_of(lanes.paths[lane])[1]
    assert np.concatenate(lanes.levels()).tolist() == list(range(len(lanes)))
