// An authorization server made of the npm package oidc-provider: JWT and opaque access tokens by client credentials and JWT bearer.
//
//     node server.mjs CLIENTS ISSUER_KEYS
//
// CLIENTS is the JSON that ../run writes. ISSUER_KEYS is the JWKS of the issuer whose assertions are trusted. It prints its URL when it
// listens, and logs the client authentication and the field names of each token request.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from "jose";
import Provider, { errors } from "oidc-provider";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const LIFE = 600;

const [clients, issuerKeys] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path)));
const { privateKey } = await generateKeyPair("RS256", { extractable: true });
const signingKey = { ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "oidc-provider" };

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(url, {
  clients: clients.map(registration),
  jwks: { keys: [signingKey] },
  scopes: ["read", "write"],
  ttl: { ClientCredentials: LIFE },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // Only a token for a resource is a JWT.
      defaultResource: (_, client) => (tokenOf(client.clientId) === "jwt" ? "urn:my-api" : undefined),
      getResourceServerInfo: () => ({ scope: "read write", audience: "my-api", accessTokenFormat: "jwt", accessTokenTTL: LIFE }),
    },
  },
});
provider.registerGrantType(JWT_BEARER, exchangeAssertion, ["assertion", "scope"]);
provider.use(report);
server.on("request", provider.callback());
console.log(`oidc-provider listens on ${url}`);

function registration({ id, secret, auth, grant }) {
  return {
    client_id: id,
    client_secret: secret,
    token_endpoint_auth_method: auth === "none" ? "none" : `client_secret_${auth}`,
    grant_types: [grant === "jwtBearer" ? JWT_BEARER : "client_credentials"],
    redirect_uris: [],
    response_types: [],
    scope: "read write",
  };
}

function tokenOf(id) {
  return clients.find((client) => client.id === id)?.token;
}

// The grant of RFC 7523 section 2.1, which the package leaves to its users.
async function exchangeAssertion(ctx) {
  const { client, params } = ctx.oidc;
  try {
    await jwtVerify(params.assertion, createLocalJWKSet(issuerKeys), { audience: "tokenwell-tests", requiredClaims: ["exp", "sub"] });
  } catch (error) {
    throw new errors.InvalidGrant(error.message);
  }
  const token = new provider.ClientCredentials({ client, scope: params.scope });
  const accessToken = await token.save();
  ctx.body = { access_token: accessToken, expires_in: token.expiration, scope: token.scope, token_type: token.tokenType };
}

async function report(ctx, next) {
  await next();
  if (ctx.path === "/token") {
    const { body } = ctx.oidc;
    const authentication = ctx.headers.authorization ? "Basic" : body.client_secret ? "post" : "none";
    console.error(JSON.stringify({ authentication, fields: Object.keys(body).sort(), status: ctx.status }));
  }
}
