"""What kinds of notices and their placeholders are called on the merchant's page."""

from typing import Final

from service.messages.notices.rules import NoticeKind

KIND_NAMES: Final = {
    NoticeKind.DELAYED: "notices.delayed",
    NoticeKind.NOT_SHIPPED: "notices.not_shipped",
    NoticeKind.STALLED: "notices.stalled",
    NoticeKind.ATTEMPT_FAILED: "notices.attempt_failed",
    NoticeKind.PICKUP_READY: "notices.pickup_ready",
    NoticeKind.YOUR_TURN: "notices.your_turn",
    NoticeKind.EXCEPTION: "notices.exception",
    NoticeKind.SHIPPED: "notices.shipped",
    NoticeKind.OUT_FOR_DELIVERY: "notices.out_for_delivery",
    NoticeKind.DELIVERED: "notices.delivered",
}
"""Problems first, then the steps that Shopify tells too."""

SWITCH_DETAILS: Final = {
    NoticeKind.DELAYED: "notices.delayed_sends",
    NoticeKind.STALLED: "notices.stalled_sends",
    NoticeKind.ATTEMPT_FAILED: "notices.attempt_failed_sends",
    NoticeKind.PICKUP_READY: "notices.pickup_ready_sends",
    NoticeKind.EXCEPTION: "notices.exception_sends",
    NoticeKind.SHIPPED: "notices.shipped_sends",
    NoticeKind.OUT_FOR_DELIVERY: "notices.out_for_delivery_sends",
    NoticeKind.DELIVERED: "notices.delivered_sends",
}
"""What each switch sends to whom, said before it is on."""

PLACEHOLDER_MEANINGS: Final = {
    "order": "notice_texts.means_order",
    "shop": "notice_texts.means_shop",
    "link": "notice_texts.means_link",
    "carrier": "notice_texts.means_carrier",
    "expected": "notice_texts.means_expected",
    "missed": "notice_texts.means_missed",
    "problem": "notice_texts.means_problem",
    "name_of_signer": "notice_texts.means_signer",
}
