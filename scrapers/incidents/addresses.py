"""Where messages go: Apprise addresses of the settings, each sent to in bounded time.

An address is a secret (a webhook's path, a mailbox's password): it is never logged, stored or
told. Apprise logs addresses and what receivers answer, urllib3 their paths: both are silenced here.
"""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import apprise

from scrapers.errors import ConfigInvalid
from scrapers.incidents.messages import Message
from scrapers.register import Audience
from scrapers.settings import PREFIX, Settings

# An address's receiver has so long in all; connecting and reading have their own time within.
SEND_SECONDS = 15.0
CONNECT_SECONDS, READ_SECONDS = 5.0, 8.0
_BETWEEN = re.compile(r"[,\s]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_SETTINGS = {
    Audience.ON_CALL: "alerts_on_call",
    Audience.DATA_ENGINEERS: "alerts_data_engineers",
}
# Its lines hold addresses, recipients and what servers answer; what is to be known is returned.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
logging.getLogger("apprise").propagate = False
# It logs paths, which are a webhook's secret: at DEBUG always, at WARNING of odd answers.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def addresses(settings: Settings, audience: Audience) -> tuple[apprise.NotifyBase, ...]:
    """The receivers of an audience, in the setting's order; none: nobody is configured.

    Raises:
        ConfigInvalid: an address is none that can be sent to; it says which, not what it is.
    """
    name = _SETTINGS.get(audience)
    if name is None:
        return ()
    return _receivers(name, getattr(settings, name).get_secret_value())


def check_addresses(settings: Settings) -> None:
    """Refuse addresses that can't be sent to; raises ConfigInvalid as `addresses` does."""
    for audience in _SETTINGS:
        addresses(settings, audience)


@lru_cache(maxsize=8)
def _receivers(name: str, value: str) -> tuple[apprise.NotifyBase, ...]:
    urls = [url.strip() for url in _BETWEEN.split(value) if url.strip()]
    setting = f"{PREFIX}{name.upper()}"
    made = []
    for place, url in enumerate(urls, start=1):
        # Nothing of a receiver is kept on disk, and no answer leads the message elsewhere.
        asset = apprise.AppriseAsset(
            app_id="Touchline",
            app_desc="Touchline",
            app_url="",
            storage_mode=apprise.PersistentStoreMode.MEMORY,
            service_timeout=SEND_SECONDS,
            http_redirects=False,
        )
        receiver = apprise.Apprise.instantiate(url, asset=asset)
        if receiver is None:
            raise ConfigInvalid(
                f"{setting}: address {place} of {len(urls)} is none that Apprise can send to: "
                "write it as its documentation says for the service, e.g. slack://…, "
                "mailtos://user:password@host?to=…, json://host/path",
                setting=setting,
            )
        receiver.socket_connect_timeout = min(receiver.socket_connect_timeout, CONNECT_SECONDS)
        receiver.socket_read_timeout = min(receiver.socket_read_timeout, READ_SECONDS)
        # A retry is the outbox's matter, as is the pause between two messages.
        receiver.retry = 0
        made.append(receiver)
    return tuple(made)


def send_all(
    receivers: dict[int, apprise.NotifyBase], words: Message, *, good: bool
) -> dict[int, str]:
    """Send a message to receivers, all at once; what went wrong, by their number.

    Args:
        receivers: by their number in the setting, from 1.
        good: it is good news.
    """
    if not receivers:
        return {}
    with ThreadPoolExecutor(max_workers=len(receivers)) as pool:
        tries = {
            number: pool.submit(_send, receiver, words, good)
            for number, receiver in receivers.items()
        }
        results = {number: future.result() for number, future in tries.items()}
    return {number: problem for number, problem in results.items() if problem}


def _send(receiver: apprise.NotifyBase, words: Message, good: bool) -> str:
    """What went wrong, without an address; empty: it was accepted."""
    kind = apprise.NotifyType.SUCCESS if good else apprise.NotifyType.WARNING
    takes_markdown = receiver.notify_format == apprise.NotifyFormat.MARKDOWN
    result = apprise.Apprise(receiver, asset=receiver.asset).notify(
        title=words.subject,
        body=words.markdown if takes_markdown else words.text,
        notify_type=kind,
        body_format=apprise.NotifyFormat.MARKDOWN if takes_markdown else apprise.NotifyFormat.TEXT,
        timeout=SEND_SECONDS,
    )
    if result.status == apprise.AppriseResultStatus.SUCCESS:
        return ""
    service = str(receiver.service_name)
    if result.status == apprise.AppriseResultStatus.TIMEOUT:
        return f"{service} did not take it within {SEND_SECONDS:.0f} s"
    return f"{service} refused it or can't be reached"
