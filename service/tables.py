"""All tables of the product, imported in one place for migrations, erasure and tests."""

import service.access.models
import service.consents.models
import service.experiments.models
import service.feedback.models
import service.inbox.models
import service.kit.scheduling
import service.messages.models
import service.outbox.models
import service.privacy.models
import service.purchases.models
import service.recommendations.models
import service.recommendations.rule_models
import service.shops.models
import service.storefront.models
import service.tracking.asking.source_models
import service.tracking.models
import service.tracking.promise_models
import service.work.models
from service.kit.columns import Base

METADATA = Base.metadata
