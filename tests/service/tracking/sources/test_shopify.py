"""Every word that Shopify has for a parcel's way."""

import graphql
import pytest

from service.tracking.sources.shopify import STAGES, WORDS, stage_of_shopify
from service.tracking.stages import Stage
from tests.service.shopify.test_documents import published_schema

ADMIN_API = [
    ("CONFIRMED", Stage.ANNOUNCED),
    ("LABEL_PURCHASED", Stage.ANNOUNCED),
    ("LABEL_PRINTED", Stage.ANNOUNCED),
    ("CARRIER_PICKED_UP", Stage.HANDED_OVER),
    ("IN_TRANSIT", Stage.ON_THE_WAY),
    ("DELAYED", Stage.DELAYED),
    ("OUT_FOR_DELIVERY", Stage.OUT_FOR_DELIVERY),
    ("ATTEMPTED_DELIVERY", Stage.ATTEMPT_FAILED),
    ("READY_FOR_PICKUP", Stage.AT_PICKUP_POINT),
    ("DELIVERED", Stage.DELIVERED),
    ("FAILURE", Stage.FAILED),
]
CUSTOMER_API = [
    ("BUYER_ACTION_REQUIRED", Stage.YOUR_TURN),
    ("PICKED_UP", Stage.DELIVERED),
    ("READY_FOR_RECIPIENT_PICKUP", Stage.AT_PICKUP_POINT),
    ("RETURNING_TO_SENDER", Stage.GOING_BACK),
]


@pytest.mark.parametrize(("word", "stage"), ADMIN_API + CUSTOMER_API)
def test_a_word_means_its_stage_in_capitals_and_as_webhooks_write_it(word, stage):
    assert stage_of_shopify(word) is stage
    assert stage_of_shopify(word.lower()) is stage


@pytest.mark.parametrize("word", ["", "success", "pending", "open", "LABEL_VOIDED", "DELIVERED_TO_NEIGHBOUR"])
def test_a_word_that_is_not_listed_says_nothing(word):
    assert stage_of_shopify(word) is Stage.NOTHING_KNOWN


def test_the_table_holds_the_words_tested_here_and_no_other():
    assert {word.lower() for word, _ in ADMIN_API + CUSTOMER_API} == set(STAGES)


def test_every_word_of_the_published_schema_is_listed():
    enum = published_schema().type_map["FulfillmentEventStatus"]
    assert isinstance(enum, graphql.GraphQLEnumType)
    assert set(enum.values) == {word for word, _ in ADMIN_API}


def test_what_shopify_is_told_are_words_that_it_knows():
    assert set(WORDS.values()) <= {word for word, _ in ADMIN_API}


@pytest.mark.parametrize("stage", [Stage.NOTHING_KNOWN, Stage.NOT_WATCHED, Stage.YOUR_TURN, Stage.CANCELLED])
def test_stages_without_a_word_of_shopifys_are_not_told(stage):
    assert stage not in WORDS


@pytest.mark.parametrize(
    "stage", sorted(set(WORDS) - {Stage.CUSTOMS, Stage.LOST, Stage.DAMAGED, Stage.REFUSED, Stage.GOING_BACK})
)
def test_a_stage_that_shopify_is_told_reads_back_as_itself(stage):
    assert stage_of_shopify(WORDS[stage]) is stage
