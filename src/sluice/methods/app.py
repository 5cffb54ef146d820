"""`app.info`, and the options that applications keep: `app.option.*` and `user.option.*`.

Source: rest-protocol.md 7.5, 13.5, 16.1, 16.2. None of these needs a scope.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sluice.domain.application import LOCAL, Application, Token
from sluice.errors import AdministratorRequired, ApplicationContextRequired, ArgumentMissing
from sluice.methods.system import granted
from sluice.rest.call import Call
from sluice.rest.method import classic, method
from sluice.rest.params import Fields
from sluice.rest.request import INTROSPECTION
from sluice.rest.wire_types import as_map, as_truth

# Rule (observed): what self-hosted portals call their licence (rest-protocol.md 16.2).
LICENSE = "en_selfhosted"
LICENSE_TYPE = "selfhosted"
# Options under this user are everybody's.
EVERYBODY = 0


@classic("app.info", writes=False)
def app_info(call: Call, is_need_oauth_secure_check: object = None) -> dict[str, Any]:
    """Return what the caller is: an application, or a webhook with its scopes.

    Source: common/system/app-info. Rule (observed): a page that speaks of an error for webhooks is
    outdated (rest-protocol.md 7.5). Rule (assumed): with `IS_NEED_OAUTH_SECURE_CHECK` the portal
    answers as the auth host does, because both are one program here (rest-protocol.md 13.5).
    """
    if call.actor.token is None:
        return {"SCOPE": granted(call), "LICENSE": LICENSE}
    application = _application(call)
    if as_truth(is_need_oauth_secure_check):
        return _introspected(call, application, call.actor.token)
    return {
        "ID": application.id,
        "CODE": application.client_id,
        "VERSION": application.version,
        "STATUS": LOCAL,
        "INSTALLED": application.is_installed,
        "PAYMENT_EXPIRED": "N",
        "DAYS": None,
        "LANGUAGE_ID": "en",
        "LICENSE": LICENSE,
        "LICENSE_TYPE": LICENSE_TYPE,
        "LICENSE_FAMILY": "",
    }


@classic(INTROSPECTION, writes=False, listed=False)
def introspect(call: Call) -> dict[str, Any]:
    """Return what an access token stands for, as the auth host tells it.

    Source: rest-protocol.md 13.5.

    Raises:
        ApplicationContextRequired: the caller is a webhook.
    """
    application = _application(call)
    assert call.actor.token is not None
    return _introspected(call, application, call.actor.token)


def _introspected(call: Call, application: Application, token: Token) -> dict[str, Any]:
    portal = urlsplit(token.origin)
    scopes = ",".join(granted(call))
    return {
        "client_id": application.client_id,
        "scope": scopes,
        "expires": call.wire_time(token.expires),
        "user_id": token.user_id,
        "install": {
            "installed": application.is_installed,
            "version": application.version,
            "status": LOCAL,
            "scope": scopes,
            "domain": portal.netloc,
            "uri": f"{portal.scheme}://{portal.hostname}",  # Quirk: never with a port
            "client_endpoint": f"{token.origin}/rest/",
            "member_id": call.store.facts.get("member_id"),
            "member_type": "b24",
        },
    }


# Quirk: `option` and `options` as they stand, not in upper case (rest-protocol.md 6).


@method("app.option.get", writes=False)
def app_option_get(call: Call, option: object = None) -> Any:
    """Return an option that the application keeps for everybody, or all of them.

    Source: common/settings/app-option-get.

    Raises:
        ApplicationContextRequired: the caller is a webhook.
    """
    return _chosen(call.store.applications.options(_application(call).id, EVERYBODY), option)


@method("app.option.set")
def app_option_set(call: Call, fields: Fields) -> bool:
    """Keep options of the application for everybody; others stay as they are.

    Source: common/settings/app-option-set.

    Raises:
        ApplicationContextRequired: the caller is a webhook.
        AdministratorRequired: the caller does not administer the portal.
        ArgumentMissing: there are none.
    """
    application = _application(call)
    if not call.actor.is_admin:
        raise AdministratorRequired
    call.store.applications.set_options(application.id, EVERYBODY, _sent(fields))
    return True


@method("user.option.get", writes=False)
def user_option_get(call: Call, option: object = None) -> Any:
    """Return an option that the application keeps for the caller, or all of them.

    Source: common/settings/user-option-get.

    Raises:
        ApplicationContextRequired: the caller is a webhook.
    """
    user_id = call.actor.user_id
    return _chosen(call.store.applications.options(_application(call).id, user_id), option)


@method("user.option.set")
def user_option_set(call: Call, fields: Fields) -> bool:
    """Keep options of the application for the caller; others stay as they are.

    Source: common/settings/user-option-set.

    Raises:
        ApplicationContextRequired: the caller is a webhook.
        ArgumentMissing: there are none.
    """
    application = _application(call)
    call.store.applications.set_options(application.id, call.actor.user_id, _sent(fields))
    return True


def _application(call: Call) -> Application:
    """Return the application that calls.

    Raises:
        ApplicationContextRequired: a webhook does.
    """
    if call.actor.token is None:
        raise ApplicationContextRequired
    application = call.store.applications.find(call.actor.token.application_id)
    assert application is not None  # it was, when the caller was told from others
    return application


def _chosen(options: dict[str, Any], option: object) -> Any:
    """Return one option, null if there is none of this name, or all of them if none is named."""
    if option is None or option == "":
        return options
    return options.get(option) if isinstance(option, str) else None


def _sent(fields: Fields) -> dict[str, Any]:
    """Return the options sent: the map `options`, or else every parameter (observed).

    Raises:
        ArgumentMissing: there are none.
    """
    options = as_map(fields["options"]) if "options" in fields else fields
    if not options:
        raise ArgumentMissing("options")
    return options
