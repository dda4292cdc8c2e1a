"""All sections of the page, in the order in which they stand there."""

from service.admin.section import Section
from service.admin.sections import brand, messages, privacy, purchases, recommendations, webhooks

SECTIONS: dict[str, Section] = {
    section.key: section
    for section in (
        purchases.SECTION,
        recommendations.SECTION,
        brand.SECTION,
        messages.SECTION,
        privacy.SECTION,
        webhooks.SECTION,
    )
}
