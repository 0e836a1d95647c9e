"""The browser hubs: does each answer, has it room, does it give a browser that will do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from selenium.webdriver.remote.webdriver import WebDriver

from scrapers.browser.failures import HUB_ERRORS, said_by
from scrapers.browser.hub import Hub, HubStatus, hub_status
from scrapers.browser.hubs import browser_of, prove, quit_session, start_session
from scrapers.doctor.context import Context
from scrapers.doctor.result import Check, fail, ok, skipped, warn
from scrapers.errors import BrowserUnavailable, ConfigInvalid
from scrapers.settings import PREFIX, Settings

SETTING = f"{PREFIX}HUB_URLS"
VERSION = f"{PREFIX}BROWSER_VERSION"
REACHABLE, SESSION = "hubs.reachable", "hubs.session"
CHECKS = {
    REACHABLE: "each hub answers; what it is, and how many of its slots are taken",
    SESSION: "each hub opens a real session; its browser is new enough, and of the wanted version",
}
SESSION_SECONDS = 20.0  # a Selenoid starts a container for it
# What reading a page asks of a browser; see scrapers.browser.session.
_ABLE = """
return typeof ''.toWellFormed === 'function'
  && 'responseStatus' in PerformanceNavigationTiming.prototype;
"""


def look(context: Context) -> list[Check]:
    """The checks of every hub, all asked at the same time."""
    urls = list(dict.fromkeys(context.settings.hub_urls))
    with ThreadPoolExecutor(max_workers=len(urls)) as pool:
        return [check for found in pool.map(lambda url: _of(context, url), urls) for check in found]


def _of(context: Context, url: str) -> list[Check]:
    try:
        hub = Hub.from_url(url)
    except ConfigInvalid as error:
        mend = f"write http://host:4444/wd/hub for each hub into {SETTING}"
        return [fail(REACHABLE, ConfigInvalid, error.detail, mend, subject=SETTING)]
    return _hub(context, hub)


def _hub(context: Context, hub: Hub) -> list[Check]:
    status = hub_status(hub)
    if not status.reachable:
        mend = f"start the hub, or correct {SETTING}"
        return [
            fail(REACHABLE, BrowserUnavailable, status.said, mend, subject=hub.url),
            skipped(SESSION, "the hub was not reached", subject=hub.url),
        ]
    found = [ok(REACHABLE, _told(status), subject=hub.url)]
    if not context.session:
        found.append(skipped(SESSION, "no session was asked for", subject=hub.url))
    elif not status.has_room:
        why = "all its slots are taken: none is taken from a page for this"
        found.append(skipped(SESSION, why, subject=hub.url))
    else:
        found.append(_session(context.settings, hub, status))
    return found


def _told(status: HubStatus) -> str:
    kind = "Selenoid" if status.selenoid else "a W3C hub"
    if status.load is not None and status.slots:
        return f"{kind}, {round(status.load * status.slots)} of {status.slots} slots taken"
    ready = "" if status.ready else ", which says that it takes no session now"
    return f"{kind} that does not tell its slots{ready}"


def _session(settings: Settings, hub: Hub, status: HubStatus) -> Check:
    seconds = min(settings.session_start_timeout_seconds, SESSION_SECONDS)
    try:
        driver = start_session(settings, hub, "eager", status.selenoid, seconds)
    except ConfigInvalid as error:
        mend = f"correct {PREFIX}BROWSER_ARGS"
        return fail(SESSION, ConfigInvalid, error.detail, mend, subject=hub.url)
    except BrowserUnavailable as error:
        mend = (
            f"see the hub's log; is {PREFIX}BROWSER_NAME {settings.browser_name!r}"
            + (f" {settings.browser_version!r} ({VERSION})" if settings.browser_version else "")
            + f" what it has, is its login in {SETTING} right?"
        )
        return fail(SESSION, BrowserUnavailable, error.detail, mend, subject=hub.url)
    try:
        return _judged(settings, driver, hub)
    except HUB_ERRORS as error:
        mend = "see the hub's log: the browser died with a blank page"
        return fail(SESSION, BrowserUnavailable, said_by(error), mend, subject=hub.url)
    finally:
        quit_session(driver, hub)


def _judged(settings: Settings, driver: WebDriver, hub: Hub) -> Check:
    found = prove(driver)
    able = driver.execute_script(_ABLE)
    if not able:
        mend = "give the hub Chrome or Chromium 111 or newer"
        found += " is too old: pages can't be read from it"
        return fail(SESSION, ConfigInvalid, found, mend, subject=hub.url)
    wanted, version = settings.browser_version, browser_of(driver).rpartition(" ")[2]
    if wanted and not (version == wanted or version.startswith(f"{wanted}.")):
        mend = f"give the hub {wanted}, or set {VERSION} to what it has"
        return warn(SESSION, f"{found}, not {wanted} as wanted", mend, subject=hub.url)
    return ok(SESSION, f"{found} opened a blank page", subject=hub.url)
