"""All sections of the page, in the order in which they stand there."""

from service.admin.section import Section
from service.admin.sections import (
    brand,
    carriers,
    guides,
    messages,
    notice_texts,
    notices,
    privacy,
    proof,
    purchases,
    recommendations,
    rules,
    tracking,
    voices,
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
        tracking.SECTION,
        guides.SECTION,
        carriers.SECTION,
        notices.SECTION,
        notice_texts.SECTION,
        voices.SECTION,
        messages.SECTION,
        privacy.SECTION,
        webhooks.SECTION,
    )
}
