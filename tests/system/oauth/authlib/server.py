"""An authorization server made of the PyPI packages authlib and flask: JWT and opaque access tokens by client credentials and JWT bearer.

    python server.py CLIENTS ISSUER_KEYS

CLIENTS is the JSON that ../run writes. ISSUER_KEYS is the JWKS of the issuer whose assertions are trusted. It prints its URL when it listens,
and logs the client authentication and the field names of each token request.
"""

import json
import pathlib
import sys
import time

from authlib.common.security import generate_token
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import rfc6749, rfc7523, rfc7662, rfc9068
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from flask import Flask, jsonify, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

LIFE = 600
AUDIENCE = "tokenwell-tests"
SIGNING_KEY = RSAKey.generate_key(2048, {"kid": "authlib", "use": "sig", "alg": "RS256"})

clients_file, issuer_file = (pathlib.Path(argument) for argument in sys.argv[1:])
issuer_keys = KeySet.import_key_set(json.loads(issuer_file.read_text()))
tokens = {}


class Client(rfc6749.ClientMixin):
    def __init__(self, description):
        self.client_id = description["id"]
        self.secret = description.get("secret")
        self.auth = description["auth"]
        self.grant = {"jwtBearer": rfc7523.JWTBearerGrant.GRANT_TYPE}.get(description["grant"], "client_credentials")
        self.has_jwt = description["token"] == "jwt"

    def get_client_id(self):
        return self.client_id

    def get_allowed_scope(self, scope):
        return " ".join(word for word in (scope or "").split() if word in ("read", "write"))

    def check_client_secret(self, client_secret):
        return self.secret == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == {"basic": "client_secret_basic", "post": "client_secret_post"}.get(self.auth, self.auth)

    def check_grant_type(self, grant_type):
        return self.grant == grant_type


class Issued(dict, rfc6749.TokenMixin):
    def is_expired(self):
        return self["expires_at"] < time.time()

    def is_revoked(self):
        return False


class ClientCredentials(rfc6749.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class Assertion(rfc7523.JWTBearerGrant):
    def get_audiences(self):
        return [AUDIENCE]

    def resolve_issuer_client(self, issuer):
        return next((client for client in clients.values() if client.grant == self.GRANT_TYPE), None)

    def resolve_client_public_key(self, client):
        return issuer_keys

    def authenticate_user(self, subject):
        return subject

    def has_granted_permission(self, client, user):
        return True


class JwtGenerator(rfc9068.JWTBearerTokenGenerator):
    def get_jwks(self):
        return KeySet([SIGNING_KEY])

    def get_audiences(self, client, user, scope):
        return "my-api"


class Introspection(rfc7662.IntrospectionEndpoint):
    def query_token(self, token_string, token_type_hint):
        return tokens.get(token_string)

    def introspect_token(self, token):
        return dict(token)

    def check_permission(self, token, client, request):
        return True


def save_token(token, oauth_request):
    tokens[token["access_token"]] = Issued(client_id=oauth_request.client.client_id, expires_at=time.time() + LIFE)


def generate(grant_type, client, user=None, scope=None, expires_in=None, include_refresh_token=False):
    generator = jwts if client.has_jwt else opaque
    return generator(grant_type, client, user=user, scope=scope, expires_in=LIFE, include_refresh_token=False)


clients = {description["id"]: Client(description) for description in json.loads(clients_file.read_text())}
app = Flask(__name__)
http = make_server("127.0.0.1", 0, app, threaded=True)
url = f"http://127.0.0.1:{http.port}"
jwts = JwtGenerator(url, expires_generator=LIFE)
opaque = BearerTokenGenerator(lambda **_: generate_token(42))
server = AuthorizationServer(app, clients.get, save_token)
server.register_token_generator("default", generate)
server.register_grant(ClientCredentials)
server.register_grant(Assertion)
server.register_endpoint(Introspection)


@app.post("/token")
def token():
    reply = server.create_token_response()
    fields = sorted(request.form)
    authentication = "Basic" if request.authorization else "post" if "client_secret" in fields else "none"
    # One write per line, because other threads write at the same time.
    sys.stderr.write(json.dumps({"authentication": authentication, "fields": fields, "status": reply.status_code}) + "\n")
    return reply


@app.post("/token/introspection")
def introspection():
    return server.create_endpoint_response("introspection")


@app.get("/jwks")
def jwks():
    return jsonify(KeySet([SIGNING_KEY]).as_dict(private=False))


print(f"authlib listens on {url}", flush=True)
http.serve_forever()
