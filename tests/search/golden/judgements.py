"""Queries about the demo company and the cards that answer them, graded by hand after reading the cards.

2: the card is the answer. 1: it helps, too. A query without a blank at its end is still being typed.
"""

JUDGED: dict[str, dict[str, int]] = {
    # Words as a rep types them, in English.
    "refund annual plan": {"refund-annual-plan": 2, "eu-withdrawal-right": 1, "annual-refunds-resellers": 1},
    "how long does a refund take": {"refund-timeline": 2},
    "refund during chargeback dispute": {"refund-after-chargeback": 2, "chargeback-evidence": 1},
    "what do we need to fight a chargeback": {"chargeback-evidence": 2, "refund-after-chargeback": 1},
    "customer moved office wrong address on invoice": {"change-invoice-address": 2, "transfer-legal-entity": 1},
    "goodwill limit team lead": {"goodwill-limits": 2},
    "vat rate germany": {"vat-rates-eu": 2, "vat-number-check": 1},
    "return sensors": {"return-hardware": 2, "wrong-item-or-damaged-parcel": 1, "warranty-claim": 1},
    "parcel not arrived": {"lost-parcel": 2, "wrong-item-or-damaged-parcel": 1},
    "customer did not pay when are alerts switched off": {"dunning-timeline": 2, "failed-card-retries": 1},
    "cancel subscription": {"cancel-subscription": 2, "close-account-data": 1, "pause-subscription": 1},
    "restaurant closed in winter": {"pause-subscription": 2},
    "change batteries": {"replace-batteries": 2, "battery-life": 1, "datchik-posle-zameny-batareek": 1},
    "sensor offline": {"sensor-offline": 2, "sensor-no-readings": 1, "offline-buffer": 1},
    "hub blinking blue": {"hub-lights": 2, "hub-2-setup": 1, "factory-reset-hub": 1},
    "delete a reading": {"delete-reading": 2, "close-account-data": 1},
    "alarm when freezer defrosts": {"defrost-false-alarms": 2, "alert-thresholds": 1},
    "lost phone two factor": {"reset-two-factor": 2},
    "who approves a discount": {"discount-approval": 2, "deal-desk-hours": 1},
    "discount for schools": {"nonprofit-education-price": 2},
    "how many sensors per hub": {"hub-range-capacity": 2, "size-a-deal": 1},
    "competitor loggers usb": {"versus-usb-loggers": 2, "versus-loggard": 1},
    # Other languages of the demo.
    "Leitweg-ID Behörde": {"leitweg-id-xrechnung": 2, "peppol-e-invoices": 1},
    "elektronische rechnung": {"leitweg-id-xrechnung": 2},
    "Zoll Schweiz": {"zollpapiere-schweiz": 2, "shipping-switzerland": 1},
    "kuhlschrank apotheke": {"apotheke-kuehlschrank": 2},
    "auftragsverarbeitung": {"avv-anfordern": 2},
    "tiefgekühlte ware aufzeichnen": {"tiefkuehlung-en-12830": 2},
    "faktura z nip": {"nip-na-fakturze": 2},
    "numer zamowienia": {"nip-na-fakturze": 2},
    "verkkolaskut": {"verkkolasku": 2, "peppol-e-invoices": 1},
    "välittäjätunnus": {"verkkolasku": 2},
    "батарейка датчик": {"datchik-posle-zameny-batareek": 2},
    "замена батареек": {"datchik-posle-zameny-batareek": 2},
    # Beginnings of words.
    "calib": {"order-calibration": 2, "calibration-certificate-read": 2},
    "chargeb": {"refund-after-chargeback": 2, "chargeback-evidence": 2},
    "sso o": {"sso-okta": 2},
    # Typing mistakes that the titles still answer.
    "refund windwo annual": {"refund-annual-plan": 2},
    "firewal rules": {"firewall-ports": 2, "objection-it-network": 1},
    # Phrases.
    '"do not honour"': {"failed-card-retries": 2},
    '"pairing window"': {"hub-2-setup": 2, "hub-lights": 2},
    # Codes and names as they are written.
    "W-8BEN-E": {"tax-forms-us": 2},
    "AADSTS50105": {"sso-entra": 2},
    "EN 12830": {"tiefkuehlung-en-12830": 2},
    "21 cfr part 11": {"part-11": 2, "audit-trail": 1},
    "L91": {"replace-batteries": 2, "datchik-posle-zameny-batareek": 2},
    "802.1x": {"wifi-requirements": 2, "objection-it-network": 1},
    "8.1%": {"shipping-switzerland": 2},
}
