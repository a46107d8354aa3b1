// The loop that people write with Descope's Node SDK: exchange, write, sleep; SIGUSR1 renews at once.
//
// node_sdk.mjs BASE_URL PROJECT_ID KEY_FILE OUTPUT
import { readFile, rename, writeFile } from "node:fs/promises";
import DescopeSdk from "@descope/node-sdk";

const [baseUrl, projectId, key, output] = process.argv.slice(2);
const sdk = DescopeSdk({ projectId, baseUrl });
let wake = () => {};
process.on("SIGUSR1", () => wake());
for (;;) {
  const { jwt } = await sdk.exchangeAccessKey((await readFile(key, "utf8")).trim());
  const nudged = new Promise((resolve) => { wake = resolve; });
  await writeFile(`${output}.new`, jwt);
  await rename(`${output}.new`, output);
  const pause = setTimeout(() => wake(), 3_600_000);
  await nudged;
  clearTimeout(pause);
}
