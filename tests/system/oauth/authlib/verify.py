"""Verifies a JWT by a JWKS, both from files, and prints its claims.

    python verify.py TOKEN KEYS
"""

import json
import pathlib
import sys

from joserfc import jwk, jwt

token, keys = (pathlib.Path(argument).read_text() for argument in sys.argv[1:])
verified = jwt.decode(token, jwk.KeySet.import_key_set(json.loads(keys)), algorithms=["RS256"])
jwt.JWTClaimsRegistry().validate(verified.claims)
print(json.dumps(verified.claims))
