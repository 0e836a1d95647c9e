"""What keeps a browser with the allowed hosts, whatever the page it shows wants.

A page is not trusted: it may lead elsewhere, load from anywhere and open windows. The browser
itself is told to reach nothing but the allowed hosts. Names of other hosts are not resolved,
and whatever is not an allowed host goes to a proxy that does not exist, because addresses
written as numbers need no resolving. This is no disguise: nothing is hidden from the site.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from scrapers.errors import ConfigInvalid
from scrapers.settings import PREFIX

_SCHEMES = ("http", "https")
# Reserved never to exist (RFC 2606), and not resolved besides.
_NOWHERE = "http://blocked.invalid:9"
_OURS = (
    "--host-resolver-rules",
    "--host-rules",
    "--proxy-server",
    "--proxy-bypass-list",
    "--proxy-pac-url",
    "--proxy-auto-detect",
    "--no-proxy-server",
    "--webrtc-ip-handling-policy",
)
_BLOCKED = 2  # Chromium's content setting

# Images are not what pages are read for; files are not kept by a browser that is thrown away.
PREFERENCES: dict[str, Any] = {
    "profile.managed_default_content_settings.images": _BLOCKED,
    "profile.managed_default_content_settings.notifications": _BLOCKED,
    "profile.managed_default_content_settings.geolocation": _BLOCKED,
    "profile.managed_default_content_settings.popups": _BLOCKED,
    "download_restrictions": 3,
}
# ChromeDriver switches Chromium's protection from windows off, unless told not to.
KEPT_SWITCHES = ("disable-popup-blocking",)


def containing_args(allowed_hosts: Iterable[str], browser_args: Sequence[str]) -> list[str]:
    """The settings' browser arguments with those that keep the browser with `allowed_hosts`.

    Raises:
        ConfigInvalid: the arguments would let the browser out, or a host is no host.
    """
    for argument in browser_args:
        if argument.partition("=")[0] in _OURS:
            raise ConfigInvalid(
                f"{PREFIX}BROWSER_ARGS holds {argument.partition('=')[0]}, which keeps the "
                f"browser with {PREFIX}ALLOWED_HOSTS: take it out, and name hosts there",
                setting=f"{PREFIX}BROWSER_ARGS",
            )
    hosts = [_checked(host) for host in allowed_hosts]
    excluded = "".join(f", EXCLUDE {host}" for host in hosts)
    # Chromium lets every loopback and link-local address past a proxy, unless told not to.
    bypass = ";".join(("<-loopback>", *hosts))
    return [
        *browser_args,
        f"--host-resolver-rules=MAP * ~NOTFOUND{excluded}",
        f"--proxy-server={_NOWHERE}",
        f"--proxy-bypass-list={bypass}",
        # WebRTC speaks UDP past every proxy otherwise.
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    ]


def check_allowed(url: str, allowed_hosts: Iterable[str]) -> None:
    """Let a URL pass to which a browser may be sent.

    Raises:
        ConfigInvalid: it is not http or https, or its host is not allowed.
    """
    scheme = url.partition(":")[0].lower() if ":" in url else ""
    if scheme not in _SCHEMES:
        raise ConfigInvalid(
            f"browsers are sent to http and https only, not to {scheme or 'a path'!r}: "
            f"correct {PREFIX}BASE_URL",
            setting=f"{PREFIX}BASE_URL",
        )
    if not is_allowed(url, allowed_hosts):
        raise ConfigInvalid(
            f"host {host_of(url)!r} is not in {PREFIX}ALLOWED_HOSTS: no browser is sent there",
            setting=f"{PREFIX}ALLOWED_HOSTS",
        )


def is_allowed(url: str, allowed_hosts: Iterable[str]) -> bool:
    """Whether the URL is one of an allowed host's."""
    hosts = {host.strip("[]").lower() for host in allowed_hosts}
    return url.partition(":")[0].lower() in _SCHEMES and host_of(url) in hosts


def host_of(url: str) -> str:
    """Host of a URL, in small letters; empty if it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _checked(host: str) -> str:
    # A star, a comma or a semicolon would be a rule of its own within Chromium's rules.
    bare = host.strip("[]")
    if not bare or not all(sign.isalnum() or sign in ".-:_" for sign in bare):
        raise ConfigInvalid(
            f"{PREFIX}ALLOWED_HOSTS: {host!r} is no host: write names or addresses, "
            "without scheme, port or star",
            setting=f"{PREFIX}ALLOWED_HOSTS",
        )
    return f"[{bare}]" if ":" in bare else bare.lower()
