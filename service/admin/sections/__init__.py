"""All sections of the page, in the order in which they stand there."""

from service.admin.section import Section
from service.admin.sections import (
    brand,
    messages,
    privacy,
    proof,
    purchases,
    recommendations,
    rules,
    webhooks,
)

SECTIONS: dict[str, Section] = {
    section.key: section
    for section in (
        purchases.SECTION,
        recommendations.SECTION,
        rules.SECTION,
        proof.SECTION,
        brand.SECTION,
        messages.SECTION,
        privacy.SECTION,
        webhooks.SECTION,
    )
}
