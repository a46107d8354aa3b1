// The table of credentials. Rows are reused and updated in place.
import { classOf, linksOf, mood, SYMBOLS } from "./problems.js";
import { byId, element, fit, isFrozen, literal, now, say, time, tickTimes } from "./words.js";

const ROWS_AT_FIRST = 200;

const rows = new Map(); // by name; the rows that were shown at least once
let shownRows = [];
let shownAll = false;

export function showAllRows() {
  shownAll = true;
}

// Shows the credentials that a filter found among all of the report.
export function showRows(report, found) {
  const shown = shownAll ? found : found.slice(0, ROWS_AT_FIRST);
  const there = new Set(report.credentials.map((credential) => credential.name));
  for (const name of rows.keys()) if (!there.has(name)) rows.delete(name);
  const table = document.querySelector("table");
  let before = table.tHead;
  shownRows = [];
  for (const credential of shown) {
    let row = rows.get(credential.name);
    if (!row) rows.set(credential.name, (row = makeRow()));
    fillRow(row, report, credential);
    if (before.nextElementSibling !== row.body) before.after(row.body);
    before = row.body;
    shownRows.push(row);
  }
  while (before.nextElementSibling) before.nextElementSibling.remove();
  const total = report.credentials.length;
  say(byId("shown"), shown.length === total ? "" : `${shown.length} of ${total} shown`);
  const button = byId("show-all");
  button.hidden = shown.length === found.length;
  say(button, `Show all ${found.length}`);
  tick();
}

function makeRow() {
  const body = role(element("tbody"), "rowgroup");
  const line = role(body.appendChild(element("tr")), "row");
  const head = role(line.appendChild(element("th")), "rowheader");
  head.scope = "row";
  const name = head.appendChild(element("span"));
  const key = head.appendChild(element("small"));
  const length = head.appendChild(element("small"));
  const cell = (className) => role(line.appendChild(element("td", className)), "cell");
  const state = cell("state");
  const symbol = state.appendChild(element("span"));
  symbol.setAttribute("aria-hidden", "true");
  const word = state.appendChild(element("span"));
  const since = state.appendChild(element("span", "age"));
  const left = cell("left");
  const leftText = left.appendChild(element("span"));
  const bar = left.appendChild(element("div", "bar"));
  bar.setAttribute("aria-hidden", "true");
  const fill = bar.appendChild(element("i"));
  const next = cell("next");
  const files = cell("files").appendChild(element("ul"));
  const why = role(body.appendChild(element("tr", "why")), "row");
  const reasons = role(why.appendChild(element("td")), "cell");
  reasons.colSpan = 5;
  return { body, name, key, length, symbol, word, since, leftText, bar, fill, next, files, why, reasons, ends: 0, began: 0, scale: -1 };
}

function role(node, name) {
  node.setAttribute("role", name);
  return node;
}

function fillRow(row, report, credential) {
  [row.ends, row.began] = ["expiresAt", "issuedAt"].map((name) => credential[name] && Date.parse(credential[name]));
  const how = mood(credential);
  if (row.body.dataset.mood !== how) row.body.dataset.mood = how;
  say(row.name, credential.name);
  say(row.key, keyOf(credential));
  say(row.length, credential.tokenBytes === null ? "" : `token of ${credential.tokenBytes} bytes`);
  say(row.symbol, `${SYMBOLS[how]} `);
  say(row.word, classOf(credential) === "denied" ? `${credential.state}: denied` : credential.state);
  say(row.since, credential.since ? ["for ", time(credential.since, "duration")] : "");
  say(row.leftText, credential.expiresAt ? time(credential.expiresAt, "left") : "no token");
  say(row.next, isFrozen() ? "" : nextOf(credential));
  fillFiles(row, credential);
  const reasons = reasonsOf(report, credential);
  row.why.hidden = reasons.length === 0;
  fit(row.reasons, reasons.length, () => element("p"));
  reasons.forEach(([className, parts], n) => {
    row.reasons.children[n].className = className;
    say(row.reasons.children[n], parts);
  });
}

function keyOf(credential) {
  const key = credential.keyFingerprint;
  const token = credential.tokenKeyFingerprint;
  const other = key && token && key !== token ? `, token of key ${token}` : "";
  return `${key ? `key ${key}` : `no ${credential.secret}`}${other}${credential.required ? "" : " · not required"}`;
}

function fillFiles(row, credential) {
  const lines = credential.outputs.map((output) => [output.path, output.writtenAt, "written", output.error]);
  for (const hook of credential.hooks) lines.push([hook.hook, hook.ranAt, "ran", hook.error]);
  fit(row.files, lines.length, () => element("li"));
  lines.forEach(([what, at, verb, error], n) => {
    const item = row.files.children[n];
    say(item, [literal(what), " ", at ? `${verb} ` : `not ${verb} yet`, at ? time(at, "past") : ""]);
    item.classList.toggle("error", Boolean(error));
  });
}

function nextOf(credential) {
  const action = credential.nextAction;
  if (!action) return "";
  const { what, at } = action;
  if (!at) return what === "exchange" ? "" : what.replace("wait", "waits").replace("the access", "its access").replace("the secret", `its ${credential.secret}`);
  const verbs = { exchange: credential.state === "fresh" ? "renews" : "tries again", publish: "writes", withdraw: "removes" };
  return [`${verbs[what] || what} `, time(at, "due")];
}

// Returns each reason with its class. What a shared cause says above the table is not repeated.
function reasonsOf(report, credential) {
  const cause = credential.cause === null ? null : report.causes[credential.cause];
  const isSaid = (text) => cause !== null && cause.message === text;
  const reasons = [];
  if (credential.tokenTrouble) reasons.push(["", credential.tokenTrouble]);
  if (credential.keyTrouble && !isSaid(credential.keyTrouble)) reasons.push(["", credential.keyTrouble]);
  const refusal = credential.lastRefusal;
  if (refusal) {
    const times = refusal.inARow > 1 ? `, ${refusal.inARow} times in a row` : "";
    const message = isSaid(refusal.message) ? "" : `: ${refusal.message}`;
    reasons.push(["", [`${refusal.class} `, time(refusal.at, "past"), `${times}${message}`]]);
  }
  if (credential.hostTrouble && !isSaid(credential.hostTrouble)) reasons.push(["", credential.hostTrouble]);
  for (const output of credential.outputs) if (output.error && !isSaid(output.error)) reasons.push(["", output.error]);
  for (const note of credential.notes) reasons.push(["note", note]);
  for (const output of credential.outputs) if (output.note) reasons.push(["note", output.note]);
  for (const hook of credential.hooks) if (hook.error) reasons.push(["", `${hook.hook}: ${hook.error}`]);
  const { remedy } = credential;
  const isRepeated = reasons.some(([, text]) => typeof text === "string" && text.endsWith(remedy));
  if (remedy && !isRepeated && cause?.remedy !== remedy) reasons.push(["remedy", remedy]);
  const problem = classOf(credential) ?? (credential.keyTrouble ? "key" : null);
  const links = cause || !reasons.length ? [] : linksOf(report, problem, credential.runbook, credential.secret);
  if (links.length) reasons.push(["links", links]);
  return reasons;
}

// Updates times and bars once a second, between two reports.
export function tick() {
  tickTimes();
  const at = now();
  for (const row of shownRows) {
    const share = row.ends ? Math.max(0, Math.min(1, (row.ends - at) / (row.ends - row.began))) : 0;
    if (Math.abs(share - row.scale) <= 0.001 && (share === 0) === (row.scale === 0)) continue;
    row.fill.style.transform = `scaleX(${share.toFixed(4)})`;
    row.scale = share;
  }
}
