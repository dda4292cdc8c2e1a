"""What happens to the comparison."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HoldoutChanged:
    """The merchant holds out another share: some customers get another list from now on."""

    shop_id: int
