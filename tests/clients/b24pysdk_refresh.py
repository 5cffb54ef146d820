"""The official Python SDK with OAuth, its addresses unchanged: run by `sluice exec`."""

import json
import os

from b24pysdk import BitrixAppLocal, BitrixTokenLocal  # type: ignore[import-untyped]

given = os.environ
application = BitrixAppLocal(
    domain="acme.bitrix24.com",
    client_id=given["APP_CLIENT_ID"],
    client_secret=given["APP_CLIENT_SECRET"],
)
token = BitrixTokenLocal(
    auth_token=given["APP_ACCESS_TOKEN"],
    refresh_token=given["APP_REFRESH_TOKEN"],
    bitrix_app=application,
)
flow = token.call_method("tasks.flow.Flow.get", {"flowId": 517})["result"]
info = token.get_app_info().result
print(
    json.dumps(
        {
            "name": flow["name"],
            "renewed": token.auth_token != given["APP_ACCESS_TOKEN"],
            "app_info": info.install.domain,
        }
    )
)
