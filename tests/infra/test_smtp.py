"""The mail server itself: it keeps what was sent, and fails the way it is told to."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.infra.smtp import Failure, SmtpServer


def test_a_message_is_collected_with_its_envelope(smtp_server: SmtpServer) -> None:
    send(smtp_server)
    [received] = smtp_server.messages
    assert received.sender == "vitrine@example.test"
    assert received.recipients == ("Zoe@example.test", "sam@example.test")
    assert received.message["Subject"] == "Łatwe pytanie"
    assert received.message.get_content() == "Cards to check: 3\n"


def test_a_temporary_failure_keeps_nothing_and_ends(smtp_server: SmtpServer) -> None:
    smtp_server.fail_with(Failure.TRY_AGAIN)
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        send(smtp_server)
    assert refusal.value.smtp_code == 451
    assert smtp_server.messages == []
    smtp_server.recover()
    send(smtp_server)
    assert len(smtp_server.messages) == 1


def test_a_refused_recipient_is_a_permanent_failure(smtp_server: SmtpServer) -> None:
    smtp_server.fail_with(Failure.REFUSED)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(smtp_server)
    assert {code for code, _ in refusal.value.recipients.values()} == {550}
    assert smtp_server.messages == []


def test_a_cut_after_data_leaves_the_sender_without_an_answer(smtp_server: SmtpServer) -> None:
    smtp_server.fail_with(Failure.CUT_AFTER_DATA)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_server)
    assert len(smtp_server.messages) == 1


def send(server: SmtpServer) -> None:
    message = EmailMessage()
    message["Subject"] = "Łatwe pytanie"
    message["From"] = "vitrine@example.test"
    message["To"] = "Zoe@example.test, sam@example.test"
    message.set_content("Cards to check: 3\n")
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        client.send_message(message)
