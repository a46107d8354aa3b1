// Prints the end of each new token that an event of chokidar leads to: watch.mjs WATCHED FILE
import { readFileSync } from "node:fs";
import { watch } from "chokidar";

const [watched, file] = process.argv.slice(2);
let last = readFileSync(file, "utf8");
watch(watched)
  .on("ready", () => console.log("watching"))
  .on("all", () => {
    const token = readFileSync(file, "utf8");
    if (token !== last) {
      last = token;
      console.log(token.slice(-16));
    }
  });
