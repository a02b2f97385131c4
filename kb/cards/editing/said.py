"""What the editor's scripts say, in the language of the page: they carry no text of their own."""

import json

from kb.wording import _, ngettext

_FORMS = 6  # the languages we speak have no form of the plural that begins later


def script_words() -> str:
    """JSON for the page. `%(…)s` is filled in by the script; what is counted has a sentence for each small number."""
    words = {
        "text": _("Text"),
        "kept": _("Change this under Markdown"),
        "unkept": _("This text has Markdown that rich text can't keep. Change it here, as Markdown."),
        "sending": _("Sending %(name)s"),
        "send_failed": _("%(name)s could not be sent."),
        "refused": _("%(name)s was not added: %(why)s"),
        "no_picture": _("%(name)s is no picture. PNG, JPEG, WebP and GIF can be added."),
        "too_large": _("%(name)s is larger than 10 MB. Make it smaller."),
        "picture_pending": _("A picture is still on its way. Wait for it, or remove it."),
        "again": _("Try again"),
        "remove": _("Remove"),
        "discard_changes": _("Discard your changes?"),
        "local_offer": _("You have a draft from %(time)s that is only kept in this browser."),
        "offline": _("Offline. Kept in this browser %(time)s."),
        "signed_out": _("You are signed out. Your text is kept in this browser; sign in in another tab."),
        "sign_in": _("Sign in"),
        "draft_failed": _("The draft could not be saved. Your text is kept in this browser."),
        "keep_mine": _("Keep this text instead"),
        "preview_failed": _("The preview could not be drawn. Your text is still here."),
        "left_out": [
            ngettext(
                "%(num)s picture was not copied. Paste or drop it here.",
                "%(num)s pictures were not copied. Paste or drop them here.",
                number,
            )
            for number in range(1, _FORMS + 1)
        ],
    }
    return json.dumps(words, ensure_ascii=False)
