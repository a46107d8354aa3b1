#!/usr/bin/env bash
# @descope/node-sdk 2.13.0 (npm): a client that has once seen a signing key accepts its tokens after the project has withdrawn the key.
#
# The SDK fetches the project's public keys when a token names a key that it does not know. It adds the new keys to those that it has, and never
# removes one. Therefore the withdrawal of a leaked key does not reach a running service until it is restarted.
#
# Output:
#     signed by the first key: accepted
#     the first key is withdrawn
#     signed by the second key: accepted
#     keys fetched 2 times
#     signed by the first key: accepted
#     by a new client: refused
#
# Needs node, npm, and the npm registry. Fails if the output is another one.

set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts @descope/node-sdk@2.13.0

cat >"$work/test.mjs" <<'EOF'
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import DescopeSdk from "@descope/node-sdk";

const projectId = "P2abcabcabcabcabcabcabcabcabc";
const [first, second] = ["first", "second"].map((kid) => ({ kid, ...generateKeyPairSync("rsa", { modulusLength: 2048 }) }));

let published = [first];
let fetches = 0;
const server = createServer((_, reply) => {
  fetches += 1;
  const keys = published.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }));
  reply.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
}).listen(0, "127.0.0.1");
await once(server, "listening");

function token({ kid, privateKey }) {
  const now = Math.floor(Date.now() / 1000);
  const parts = [{ alg: "RS256", kid, typ: "JWT" }, { iss: projectId, sub: "U2abc", iat: now, exp: now + 600, drn: "DS" }];
  const message = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${message}.${sign("sha256", message, privateKey).toString("base64url")}`;
}

async function verdict(sdk, key) {
  return sdk.validateSession(token(key)).then(() => "accepted", () => "refused");
}

const client = () => DescopeSdk({ projectId, baseUrl: `http://127.0.0.1:${server.address().port}` });
const sdk = client();
console.log("signed by the first key:", await verdict(sdk, first));
published = [second];
console.log("the first key is withdrawn");
console.log("signed by the second key:", await verdict(sdk, second));
console.log(`keys fetched ${fetches} times`);
console.log("signed by the first key:", await verdict(sdk, first));
console.log("by a new client:", await verdict(client(), first));
server.close();
server.closeAllConnections();
EOF

timeout 60 node "$work/test.mjs" 2>/dev/null | tee "$work/output"
sed -n 's/^#     //p' "${BASH_SOURCE[0]}" | diff - "$work/output"
