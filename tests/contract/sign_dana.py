"""Signs and checks with DANA's own library, in a Python of its own: cases in, answers out."""

import json
import os
import sys

os.environ["DANA_ENV"] = "production"  # in its sandbox it checks with a key of its own

from dana.utils.snap_header import SnapHeader
from dana.webhook.webhook import WebhookParser

asked = json.load(sys.stdin)
parser = WebhookParser(public_key=asked["public_key_pem"])
answers = []
for one in asked["cases"]:
    signed = SnapHeader.get_snap_generated_auth(
        method="POST",
        resource_path=one["path"],
        body=one["body"],
        private_key=asked["private_key_pem"],
    )
    token = SnapHeader.get_snap_generated_auth(
        method="POST",
        resource_path="/v1.0/access-token/b2b",
        body="",
        private_key=asked["private_key_pem"],
        scenario="apply_token",
        client_key=one["client"],
    )
    try:
        parser._verify_signature(
            "POST", one["path"], one["body"], one["timestamp"], one["asymmetric"]
        )
        verified = True
    except ValueError:
        verified = False
    answers.append(
        {
            "headers": {name: str(setting["value"]) for name, setting in signed.items()},
            "token_headers": {name: str(setting["value"]) for name, setting in token.items()},
            "verified": verified,
        }
    )
json.dump(answers, sys.stdout)
