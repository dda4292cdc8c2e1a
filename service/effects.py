"""Outbox kind -> sender."""

from service.consents.addresses import Channel
from service.messages.link_mail import LINK_MAIL, send_link_mail
from service.messages.notices.deciding import EFFECT_KINDS
from service.messages.notices.previews import TEST_NOTICE, send_test_notice
from service.messages.notices.sending import send_notice_mail, send_notice_sms, send_notice_whatsapp
from service.messages.operations import THANK_YOU
from service.messages.opting_in import OPT_IN_CODE, OPT_IN_MAIL, send_opt_in_code, send_opt_in_mail
from service.messages.thank_you import send_thank_you
from service.outbox.delivery import Sender
from service.tracking.writing_back import FULFILLMENT_EVENT, send_fulfillment_event

SENDERS: dict[str, Sender] = {
    THANK_YOU: send_thank_you,
    LINK_MAIL: send_link_mail,
    EFFECT_KINDS[Channel.EMAIL]: send_notice_mail,
    EFFECT_KINDS[Channel.SMS]: send_notice_sms,
    EFFECT_KINDS[Channel.WHATSAPP]: send_notice_whatsapp,
    OPT_IN_MAIL: send_opt_in_mail,
    OPT_IN_CODE: send_opt_in_code,
    TEST_NOTICE: send_test_notice,
    FULFILLMENT_EVENT: send_fulfillment_event,
}
