#!/usr/bin/env bash
# authlib 1.9.10 (PyPI): its token endpoint does not decode a `+` in the Authorization header, so a client whose secret has a space is refused.
#
# RFC 6749 section 2.3.1 says that client id and secret are form-encoded (application/x-www-form-urlencoded) before they are joined for HTTP
# Basic. Form-encoding turns a space into `+`. authlib decodes percent signs only (`urllib.parse.unquote`, not `unquote_plus`). A client that
# writes the space as `%20` is accepted, and so is one that sends the secret in the form.
#
# Output:
#     pass%20word 200
#     pass+word 401 invalid_client
#     in the form 200
#
# Needs python3 with venv, and PyPI. Fails if the output is another one.

set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check authlib==1.9.10 flask==3.1.3

cat >"$work/server.py" <<'EOF'
import base64

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import rfc6749
from flask import Flask


class Client(rfc6749.ClientMixin):
    def get_client_id(self):
        return "app"

    def get_allowed_scope(self, scope):
        return ""

    def check_client_secret(self, client_secret):
        return client_secret == "pass word"

    def check_endpoint_auth_method(self, method, endpoint):
        return True

    def check_grant_type(self, grant_type):
        return True


class Grant(rfc6749.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


app = Flask(__name__)
server = AuthorizationServer(app, {"app": Client()}.get, lambda token, request: None)
server.register_grant(Grant)
app.post("/token")(lambda: server.create_token_response())


def show(name, secret=None, form=()):
    headers = {"Authorization": "Basic " + base64.b64encode(f"app:{secret}".encode()).decode()} if secret else {}
    reply = app.test_client().post("/token", data={"grant_type": "client_credentials", **dict(form)}, headers=headers)
    print(name, reply.status_code, *filter(None, [reply.get_json().get("error")]))


show("pass%20word", "pass%20word")
show("pass+word", "pass+word")
show("in the form", form={"client_id": "app", "client_secret": "pass word"})
EOF

"$work/venv/bin/python" "$work/server.py" | tee "$work/output"
sed -n 's/^#     //p' "${BASH_SOURCE[0]}" | diff - "$work/output"
