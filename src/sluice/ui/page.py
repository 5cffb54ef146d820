"""What every page of ours has: its frame, its headers, its style."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from sluice.rest.response import Answer

_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1d2433, #e6e9f0);
  --paper: light-dark(#ffffff, #1b2130); --ground: light-dark(#eef1f6, #11151f);
  --line: light-dark(#8590a6, #66718a); --accent: light-dark(#1559b7, #8ab8ff);
  --on-accent: light-dark(#ffffff, #0c1626); --bad: light-dark(#b3261e, #ffb4ab); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(26rem, 100% - 2rem); margin: 2rem 0; padding: 2rem; background: var(--paper);
  border-radius: 0.75rem; box-shadow: 0 1px 4px rgb(0 0 0 / 0.25); }
h1 { margin: 0 0 1rem; font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere; }
p, ul { margin: 0 0 1rem; overflow-wrap: anywhere; }
label { display: block; margin-bottom: 0.25rem; font-weight: 600; }
input { width: 100%; margin-bottom: 1rem; padding: 0.6rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: 0.4rem; }
button { padding: 0.6rem 1.2rem; font: inherit; font-weight: 600; cursor: pointer;
  border-radius: 0.4rem; border: 1px solid var(--accent); background: none; color: var(--accent); }
button.main { background: var(--accent); color: var(--on-accent); }
button.link { padding: 0; border: 0; font-weight: 400; text-decoration: underline; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-bottom: 1rem; }
.bad { color: var(--bad); font-weight: 600; }
.small { font-size: 0.9rem; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HTML = b"text/html; charset=utf-8"


def page(
    title: str,
    body: str,
    *,
    status: int = 200,
    cookies: tuple[bytes, ...] = (),
    may_lead_to: str = "",
) -> Answer:
    """Return a page.

    Args:
        title: plain text; it is escaped here.
        body: HTML; whatever comes from somebody else must be escaped in it.
        cookies: `Set-Cookie` headers.
        may_lead_to: an origin that forms of the page may end at, beside our own.
    """
    document = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} · Sluice</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}';"
        f" form-action 'self' {may_lead_to}".rstrip()
        + "; base-uri 'none'; frame-ancestors 'none'"
    )
    return Answer(status, document.encode(), HTML, _headers(cookies, policy))


def redirect(address: str, cookies: tuple[bytes, ...] = ()) -> Answer:
    """Return an answer that leads a browser elsewhere, by GET."""
    headers = _headers(cookies, "default-src 'none'; frame-ancestors 'none'")
    return Answer(303, b"", HTML, ((b"location", address.encode("ascii")), *headers))


def _headers(cookies: tuple[bytes, ...], policy: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"content-security-policy", policy.encode("ascii")),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
        *((b"set-cookie", cookie) for cookie in cookies),
    )
