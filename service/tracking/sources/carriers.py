"""The carriers that Danke knows by name, and where each shows a parcel. Pure."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Carrier:
    """`code` is ours and never changes; `page` is the carrier's public page with {number}, where it has one."""

    code: str
    name: str
    page: str | None = None

    def url_of(self, number: str) -> str | None:
        """Where the carrier shows this parcel to anybody (https); None where a number alone does not lead there."""
        bare = "".join(number.split())
        return self.page.replace("{number}", quote(bare, safe="")) if self.page else None


_DHL = "https://www.dhl.com/global-en/home/tracking"
_KNOWN = (
    Carrier(
        "dhl", "DHL", "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}"
    ),
    Carrier("dhl_express", "DHL Express", f"{_DHL}/tracking-express.html?submit=1&tracking-id={{number}}"),
    Carrier(
        "dhl_ecommerce", "DHL eCommerce", f"{_DHL}/tracking-ecommerce.html?submit=1&tracking-id={{number}}"
    ),
    Carrier(
        "deutsche_post",
        "Deutsche Post",
        "https://www.deutschepost.de/de/s/sendungsverfolgung/verfolgen.html?piececode={number}",
    ),
    Carrier("dpd", "DPD", "https://tracking.dpd.de/status/de_DE/parcel/{number}"),
    Carrier("gls", "GLS", "https://www.gls-pakete.de/sendungsverfolgung?trackingNumber={number}"),
    Carrier(
        "hermes",
        "Hermes",
        "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation/#{number}",
    ),
    Carrier("ups", "UPS", "https://www.ups.com/track?tracknum={number}"),
    Carrier("fedex", "FedEx", "https://www.fedex.com/fedextrack/?trknbr={number}"),
    Carrier("tnt", "TNT", "https://www.tnt.com/express/en_gb/site/tracking.html?searchType=con&cons={number}"),
    Carrier("usps", "USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}"),
    Carrier(
        "royal_mail", "Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/{number}"
    ),
    Carrier("evri", "Evri", "https://www.evri.com/track/parcel/{number}"),
    Carrier("post_at", "Österreichische Post", "https://www.post.at/s/sendungsdetails?snr={number}"),
    Carrier(
        "swiss_post", "Schweizerische Post", "https://service.post.ch/ekp-web/ui/entry/search/{number}"
    ),
    Carrier("post_nl", "PostNL"),
    Carrier("bpost", "bpost", "https://track.bpost.cloud/btr/web/#/search?itemCode={number}"),
    Carrier("la_poste", "La Poste", "https://www.laposte.fr/outils/suivre-vos-envois?code={number}"),
    Carrier("chronopost", "Chronopost", "https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={number}"),
    Carrier("mondial_relay", "Mondial Relay"),
    Carrier("inpost", "InPost", "https://inpost.pl/sledzenie-przesylek?number={number}"),
    Carrier("packeta", "Packeta", "https://tracking.packeta.com/en/?id={number}"),
    Carrier("post_nord", "PostNord", "https://tracking.postnord.com/en/tracking?id={number}"),
    Carrier("poste_italiane", "Poste Italiane", "https://www.poste.it/cerca/index.html#/risultati-spedizioni/{number}"),
    Carrier("correos", "Correos", "https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={number}"),
    Carrier("canada_post", "Canada Post", "https://www.canadapost-postescanada.ca/track-reperage/en#/details/{number}"),
    Carrier("australia_post", "Australia Post", "https://auspost.com.au/mypost/track/#/details/{number}"),
    Carrier("china_post", "China Post"),
    Carrier("amazon", "Amazon Logistics"),
    Carrier("ontrac", "OnTrac", "https://www.ontrac.com/tracking/?number={number}"),
    Carrier("yun_express", "YunExpress", "https://www.yuntrack.com/parcelTracking?id={number}"),
)  # fmt: skip
CARRIERS = {carrier.code: carrier for carrier in _KNOWN}
