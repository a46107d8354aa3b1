// Descope's Node SDK: reads commands about files from the input, and prints the SDK's answer to each, one per line.
//
// The commands and answers are in ../run. $BASE_URL and $PROJECT_ID name the API; $DESCOPE_AUTH_MANAGEMENT_KEY is optional.

import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import DescopeSdk from "@descope/node-sdk";

const { PROJECT_ID: projectId, BASE_URL: baseUrl, DESCOPE_AUTH_MANAGEMENT_KEY: authManagementKey } = process.env;
const sdk = DescopeSdk({ projectId, baseUrl, authManagementKey });

const commands = {
  exchange: async (path) => sdk.exchangeAccessKey(await readFile(path, "utf8")),

  refresh: async (path) => {
    const session = await sdk.refreshSession(await readFile(path, "utf8"));
    if (session.refreshJwt) await writeFile(path, session.refreshJwt);
    return session;
  },

  validate: async (path) => sdk.validateSession(await readFile(path, "utf8")),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command, path] = line.split(" ");
  try {
    const { token } = await commands[command](path);
    console.log(`yes ${token.sub} ${token.exp}`);
  } catch (error) {
    console.log(`no ${String(error).split("\n", 1)[0]}`);
  }
}
