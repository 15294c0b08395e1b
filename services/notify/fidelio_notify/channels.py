"""The provider of every channel that is set up."""

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from fidelio_notify.adapters.callback_provider import CallbackProvider
from fidelio_notify.adapters.http_provider import HttpProvider
from fidelio_notify.adapters.mongo_tasks import MongoTaskStore
from fidelio_notify.adapters.smtp_provider import SmtpProvider
from fidelio_notify.domain.generic_dialect import GenericDialect
from fidelio_notify.domain.mails import Sender
from fidelio_notify.domain.posting import Dialect
from fidelio_notify.domain.twilio_dialect import TwilioDialect
from fidelio_notify.providers import Provider
from fidelio_notify.settings import MessengerSettings, NotifySettings
from fidelio_shared.messaging.errors import Halted

MESSENGERS = ("sms", "push", "chat")


def make_providers(settings: NotifySettings, tasks: MongoTaskStore) -> Mapping[str, Provider]:
    messengers = {each: told for each in MESSENGERS if (told := getattr(settings, each))}
    return {
        "email": _mail(settings),
        "callback": CallbackProvider(tasks),
        **{each: _messenger(each, told, settings) for each, told in messengers.items()},
    }


def refuse_real_providers_on_stream_clock(settings: NotifySettings) -> None:
    if settings.clock == "wall":
        return
    urls = [told.url for each in MESSENGERS if (told := getattr(settings, each))]
    hosts = [settings.smtp_host, *(urlsplit(each).hostname or "" for each in urls)]
    if not all(_is_on_this_machine(each) for each in hosts):
        raise Halted("on the stream clock the mail server and all providers must be on this machine (127.0.0.1)")


def _is_on_this_machine(host: str) -> bool:
    addresses = {each[4][0] for each in socket.getaddrinfo(host, None)}
    return all(ipaddress.ip_address(each).is_loopback for each in addresses)


def _mail(settings: NotifySettings) -> SmtpProvider:
    return SmtpProvider(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=Sender(settings.smtp_sender, settings.smtp_sender_name, settings.smtp_unsubscribe_mailbox),
        tls=settings.smtp_tls,
        username=settings.smtp_username,
        password=settings.smtp_password,
        timeout_seconds=settings.provider_timeout_seconds,
    )


def _messenger(channel: str, told: MessengerSettings, settings: NotifySettings) -> HttpProvider:
    return HttpProvider(
        channel, _dialect(channel, told, settings.public_url), timeout_seconds=settings.provider_timeout_seconds
    )


def callback_url(public_url: str, channel: str) -> str:
    """Where the provider of a channel says what became of its messages."""
    return f"{public_url}/callbacks/{channel}"


def _dialect(channel: str, told: MessengerSettings, public_url: str | None) -> Dialect:
    if told.kind == "generic":
        return GenericDialect(told.url, told.token)
    if told.account is None or told.sender is None:
        raise Halted(f"FIDELIO_{channel.upper()}: of kind twilio it needs account and sender; add them")
    callback = callback_url(public_url, channel) if public_url else None
    return TwilioDialect(told.account, told.token, told.sender, callback, told.url)
