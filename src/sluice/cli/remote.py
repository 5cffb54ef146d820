"""Calls of a portal elsewhere, by the address of an incoming webhook."""

from __future__ import annotations

import http.client
import ipaddress
import re
import ssl
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote, urlsplit

import click
import msgspec

from sluice.cli.opened import Reply, reply_of, settings_in_force
from sluice.cli.output import Failure
from sluice.server.tls import Authority

TIMEOUT_SECONDS = 60.0

_WEBHOOK = re.compile(r"https?://[!-~]+/+rest/+[^/?#]+/+[^/?#]+/*", re.IGNORECASE)


def read_webhook(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Return the address of a webhook with one slash at its end.

    Raises:
        BadParameter: it is no such address.
    """
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        usable = bool(_WEBHOOK.fullmatch(value) and parts.hostname and parts.port != 0)
    except ValueError:  # a port that is no number, half an IPv6 address
        usable = False
    if not usable:
        raise click.BadParameter("a webhook looks like https://portal.example/rest/1/CODE/")
    return value.rstrip("/") + "/"


def ask_remote(
    webhook: str,
    method: str,
    parameters: dict[str, Any],
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Reply:
    """Call a method over HTTP or HTTPS.

    Raises:
        Failure: no answer came, or one that is not of this protocol.
    """
    request = urllib.request.Request(  # noqa: S310 (`read_webhook` lets in http and https alone)
        webhook + quote(method, safe=""),
        data=msgspec.json.encode(parameters),
        headers={"Content-Type": "application/json"},
    )
    try:
        with _opener(webhook).open(request, timeout=timeout_seconds) as response:
            return reply_of(response.status, response.read())
    except urllib.error.HTTPError as refusal:
        return reply_of(refusal.code, refusal.read())
    except (OSError, http.client.HTTPException) as problem:
        raise Failure(_why_unanswered(webhook, problem)) from problem


def _opener(webhook: str) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.HTTPSHandler(context=_trust()),
        _NoRedirect(),
    ]
    if _is_this_machine(urlsplit(webhook).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))  # a proxy would look for it at its own
    return urllib.request.build_opener(*handlers)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes a redirect as the answer: to follow one would give the code away."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _trust() -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and this installation's own.

    Raises:
        Failure: the own authority's file is damaged.
    """
    context = ssl.create_default_context()
    authority = Authority(settings_in_force().settings.authority_path)
    try:
        if authority.certificate.exists():
            context.load_verify_locations(authority.certificate)
    except (OSError, ValueError) as problem:  # an SSLError is an OSError
        raise Failure(
            f"{authority.certificate} cannot be used ({problem}); see `sluice doctor`."
        ) from problem
    return context


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _why_unanswered(webhook: str, problem: Exception) -> str:
    reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    where = urlsplit(webhook).netloc
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {where} is not trusted: {reason.verify_message}. For a Sluice "
            "server of another installation, set SSL_CERT_FILE to a copy of its ca.pem."
        )
    words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return f"{where} does not answer: {words}"
