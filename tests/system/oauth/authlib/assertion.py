"""Writes an assertion as the kubelet projects one, and the public keys of its issuer.

    python assertion.py ASSERTION ISSUER_KEYS
"""

import json
import pathlib
import sys
import time

from joserfc import jwk, jwt

assertion_file, keys_file = (pathlib.Path(argument) for argument in sys.argv[1:])
key = jwk.RSAKey.generate_key(2048, {"kid": "issuer", "alg": "RS256"})
now = int(time.time())
claims = {
    "iss": "https://kubernetes.default.svc",
    "sub": "system:serviceaccount:default:app",
    "aud": ["tokenwell-tests"],
    "iat": now,
    "exp": now + 3600,
}
assertion_file.write_text(jwt.encode({"alg": "RS256", "kid": "issuer"}, claims, key))
keys_file.write_text(json.dumps(jwk.KeySet([key]).as_dict(private=False)))
