"""Pages of the site's protection, known by what they say; they come with HTTP 200."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """What a vendor's page says; `incident` finds the id to quote to the vendor."""

    vendor: str
    says: re.Pattern[str]
    incident: re.Pattern[str] | None = None


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


SIGNATURES = (
    Signature(
        "Imperva Incapsula",
        _any(r"_Incapsula_Resource", r"Incapsula incident ID", r"Powered By Incapsula"),
        re.compile(r"incident[ _]id[:=]\s*([0-9][0-9-]{5,80})", re.IGNORECASE),
    ),
    Signature(
        "Cloudflare",
        _any(
            r"<title>\s*Just a moment",
            r"<title>\s*Attention Required! \| Cloudflare",
            r"Sorry, you have been blocked",
            r"challenges\.cloudflare\.com/turnstile",
            r"/cdn-cgi/challenge-platform/",
            r"cf-error-details",
        ),
        re.compile(r"Ray ID:\s*(?:<[^>]{0,100}>)?\s*([0-9a-f]{16})", re.IGNORECASE),
    ),
    Signature(
        "PerimeterX",
        _any(r"px-captcha", r"_pxAppId", r"<title>\s*Access to this page has been denied"),
        re.compile(r"Reference ID[:#]?\s*([0-9a-f-]{16,40})", re.IGNORECASE),
    ),
    Signature(
        "Akamai",
        _any(r"errors\.edgesuite\.net"),
        re.compile(r"Reference\s*#?\s*(?:&#35;)?([0-9a-f][0-9a-f.]{8,60})", re.IGNORECASE),
    ),
    Signature("DataDome", _any(r"captcha-delivery\.com", r"geo\.captcha-delivery"), None),
    Signature(
        "the server",
        _any(
            r"<title>\s*(?:Access Denied|403 Forbidden|429 Too Many Requests|Too Many Requests)",
            r"<h1>\s*(?:Access Denied|403 Forbidden|429 Too Many Requests|Too Many Requests)",
            r"\bHTTP ERROR (?:403|429)\b",
        ),
        None,
    ),
)

# A page of the site names its own data; protections' pages are small and have none of it.
_REAL = re.compile(
    r"require\.config\.params|id=[\"']match-header[\"']|[\"']tournaments[\"']\s*:\s*\["
)
_LARGEST = 300_000


def refusal_of(html: bytes | str, title: str = "") -> str | None:
    """A sentence naming the protection if this is its page, with the incident's id; else None.

    Protections leave scripts of theirs in real pages too, so what a real page always has
    decides first.
    """
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else html
    if len(text) > _LARGEST or _REAL.search(text):
        return None
    if title:
        text = f"<title>{title}</title>\n{text}"
    for signature in SIGNATURES:
        if signature.says.search(text):
            found = signature.incident.search(text) if signature.incident else None
            incident = f", incident {found.group(1)}" if found else ""
            return f"{signature.vendor} refused the page{incident}"
    return None
