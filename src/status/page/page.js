// Polls /status and renders it into the document. Values of a report are inserted as text only (`textContent`), never as
// markup. Rows are reused and updated in place.
"use strict";

const POLL_MS = 2000;
const POLL_HIDDEN_MS = 30000;
const POLL_FAILING_MAX_MS = 10000;
const ANSWER_MS = 8000;
const ROWS_AT_FIRST = 200;
const SKEW_SHOWN_SECONDS = 30;
const NAMED_MAX = 2; // in the headline
const BUCKETS = 96;
const PLOT_HEIGHT = 124;
const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);
const rows = new Map(); // by name; the rows that were shown at least once
let shownRows = [];
const lastTexts = new WeakMap();
let report = null;
let clockOffset = 0; // the daemon's clock minus this browser's, in ms
let failures = 0;
let answeredAt = 0;
let timer = 0;
let shownAll = false;

// ---- the loop

async function poll() {
  clearTimeout(timer);
  timer = 0;
  try {
    const answer = await fetch("status", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    take(await answer.json());
    failures = 0;
  } catch {
    failures += 1;
    showStale();
  }
  const pause = failures ? Math.min(POLL_MS * 2 ** (failures - 1), POLL_FAILING_MAX_MS) : POLL_MS;
  timer = setTimeout(poll, document.hidden ? POLL_HIDDEN_MS : pause);
}

function take(fetched) {
  const began = performance.now();
  report = fetched;
  answeredAt = Date.now();
  clockOffset = Date.parse(report.at) - answeredAt;
  render();
  performance.clearMeasures("update");
  performance.measure("update", { start: began, end: performance.now() });
}

function now() {
  return Date.now() + clockOffset;
}

function render() {
  document.documentElement.classList.remove("stale");
  const sorted = report.credentials
    .map((credential) => [rank(credential), credential])
    .sort(bySeverity)
    .map(([, credential]) => credential);
  showHeadline(sorted);
  showNotices();
  showRows(sorted);
  showDay();
  showFacts();
  for (const id of ["credentials", "day", "process"]) byId(id).hidden = false;
}

// ---- severity

function mood(credential) {
  if (credential.state === "expired" || classOf(credential) === "denied") return "bad";
  if (credential.state === "fresh" && credential.ready) return "good";
  if (credential.state === "starting" && !credential.lastRefusal && !credential.keyTrouble) return "waiting";
  return "warn";
}

function classOf(credential) {
  return credential.lastRefusal ? credential.lastRefusal.class : null;
}

function rank(credential) {
  const moods = { bad: 0, warn: 2, waiting: 4, good: 6 };
  const first = credential.state === "expired" ? -2 : 0;
  return moods[mood(credential)] + first + (credential.required ? 0 : 1);
}

function bySeverity([rankA, a], [rankB, b]) {
  return rankA - rankB || (a.name < b.name ? -1 : 1);
}

// ---- the headline

function showHeadline(sorted) {
  const total = sorted.length;
  const fresh = sorted.filter((credential) => mood(credential) === "good").length;
  const unhealthy = sorted.filter((credential) => mood(credential) !== "good");
  const worst = unhealthy[0];
  let sentence, next = "", how = "good";
  if (total === 0) {
    sentence = "There are no credentials: no access key was found.";
    how = report.ready ? "warn" : "bad";
  } else if (!worst) {
    sentence = total === 1 ? "The token is fresh." : `All ${total} tokens are fresh.`;
  } else {
    const named = unhealthy.slice(0, NAMED_MAX).map((credential) => `${credential.name}: ${problemOf(credential)}.`);
    const others = unhealthy.length - named.length;
    if (others > 0) named.push(`${others} more ${others > 1 ? "are" : "is"} not fresh.`);
    sentence = `${fresh} of ${total} fresh. ${named.join(" ")}`;
    const action = worst.nextAction;
    if (unhealthy.length === 1 && action && action.at && action.what === "exchange" && mood(worst) !== "waiting") {
      next = ` Next try ${clock(action.at)}.`;
    }
    how = report.ready && mood(worst) !== "bad" ? "warn" : mood(worst);
  }
  if (!report.ready && total > 0 && how !== "bad") sentence = `Not ready. ${sentence}`;
  set(byId("sentence"), sentence);
  set(byId("next-try"), next);
  const symbols = { good: "✓", warn: "▲", bad: "✕", waiting: "…" };
  set(byId("symbol"), symbols[how]);
  byId("headline").dataset.mood = how;
  set(byId("where"), `Tokenwell ${report.programVersion} · project ${report.projectId}`);
  document.title = `${symbols[how]} ${fresh}/${total} fresh · Tokenwell`;
}

// Describes the problem of a credential, the worst first.
function problemOf(credential) {
  const refusal = credential.lastRefusal;
  const since = refusal && refusal.class !== "denied" ? clock(refusal.at) : clock(credential.since);
  if (credential.tokenTrouble) return `${credential.tokenTrouble}${refusal ? `, ${refusal.summary}` : ""}`;
  if (credential.state === "expired") {
    const why = refusal ? `, ${refusal.summary}` : "";
    return `expired at ${clock(credential.expiresAt || credential.since)}${why}`;
  }
  if (credential.keyTrouble) return `waits for its ${credential.secret}`;
  if (refusal && refusal.class === "denied") return `${refusal.summary} since ${since}`;
  if (refusal) return `${refusal.summary}, last at ${since}`;
  if (credential.outputs.some((output) => output.error)) return "its file cannot be written or was altered";
  if (credential.state === "starting") return "waits for its first token";
  return credential.state;
}

// ---- notices

function showNotices() {
  const notices = [];
  if (report.stoppedAt) notices.push(["bad", `This daemon stopped at ${clock(report.stoppedAt)}.`]);
  const refused = report.configuration.refused;
  if (refused) notices.push(["bad", `The newest configuration is refused; the one of ${clock(report.configuration.since)} is in force: ${refused}`]);
  for (const trouble of report.troubles) notices.push(["bad", trouble]);
  const skew = report.clockSkewSeconds;
  if (skew !== null && Math.abs(skew) >= SKEW_SHOWN_SECONDS) {
    const side = skew > 0 ? "behind" : "ahead of";
    notices.push(["", `This machine's clock is ${span(Math.abs(skew) * 1000)} ${side} the API's. Tokenwell itself does not depend on this clock, but readers may refuse the tokens: set the clock.`]);
  }
  const place = byId("notices");
  fit(place, notices.length, () => element("p", "notice"));
  notices.forEach(([how, text], n) => {
    place.children[n].classList.toggle("bad", how === "bad");
    set(place.children[n], text);
  });
}

function showStale() {
  document.documentElement.classList.add("stale");
  const since = answeredAt ? ` since ${clock(answeredAt)}` : "";
  set(byId("sentence"), `The daemon does not answer${since}.${report ? " Below is its last report." : ""}`);
  set(byId("next-try"), "");
  set(byId("symbol"), "✕");
  byId("headline").dataset.mood = "bad";
  document.title = "✕ no answer · Tokenwell";
}

// ---- the table

function showRows(sorted) {
  const wanted = byId("filter").value.trim().toLowerCase();
  const found = wanted ? sorted.filter((credential) => matches(credential, wanted)) : sorted;
  const shown = shownAll ? found : found.slice(0, ROWS_AT_FIRST);
  const there = new Set(report.credentials.map((credential) => credential.name));
  for (const name of rows.keys()) if (!there.has(name)) rows.delete(name);
  const table = document.querySelector("table");
  let before = table.tHead;
  shownRows = [];
  for (const credential of shown) {
    let row = rows.get(credential.name);
    if (!row) rows.set(credential.name, (row = makeRow()));
    fillRow(row, credential);
    if (before.nextElementSibling !== row.body) before.after(row.body);
    before = row.body;
    shownRows.push(row);
  }
  while (before.nextElementSibling) before.nextElementSibling.remove();
  const count = shown.length === sorted.length ? "" : `${shown.length} of ${sorted.length} shown`;
  set(byId("shown"), count);
  const button = byId("show-all");
  button.hidden = shown.length === found.length;
  if (!button.hidden) set(button, `Show all ${found.length}`);
  tick();
}

function matches(credential, wanted) {
  const texts = [credential.name, credential.state, classOf(credential) || "", ...credential.outputs.map((output) => output.path)];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

function makeRow() {
  const body = element("tbody");
  body.setAttribute("role", "rowgroup");
  const line = role(body.appendChild(element("tr")), "row");
  const head = role(line.appendChild(element("th")), "rowheader");
  head.scope = "row";
  const name = head.appendChild(element("span"));
  const key = head.appendChild(element("small"));
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
  return { body, name, key, symbol, word, since, leftText, bar, fill, next, files, why, reasons, credential: null, scale: -1 };
}

function fillRow(row, credential) {
  row.credential = credential;
  row.times = ["expiresAt", "issuedAt", "since"].map((name) => credential[name] && Date.parse(credential[name]));
  const how = mood(credential);
  if (row.body.dataset.mood !== how) row.body.dataset.mood = how;
  set(row.name, credential.name);
  set(row.key, keyOf(credential));
  set(row.symbol, { good: "✓ ", warn: "▲ ", bad: "✕ ", waiting: "… " }[how]);
  set(row.word, classOf(credential) === "denied" ? `${credential.state}: denied` : credential.state);
  fillFiles(row, credential);
  const reasons = reasonsOf(credential);
  row.why.hidden = reasons.length === 0;
  fit(row.reasons, reasons.length, () => element("p"));
  reasons.forEach(([className, text], n) => {
    row.reasons.children[n].className = className;
    set(row.reasons.children[n], text);
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
  fit(row.files, lines.length, () => {
    const item = element("li");
    item.append(element("span", "mono"), " ", element("span", "age"));
    return item;
  });
  row.ages = lines.map(([what, at, verb, error], n) => {
    const item = row.files.children[n];
    set(item.firstElementChild, what);
    const className = error ? "error" : "";
    if (item.className !== className) item.className = className;
    return [item.lastElementChild, at && Date.parse(at), verb];
  });
}

function reasonsOf(credential) {
  const reasons = [];
  if (credential.tokenTrouble) reasons.push(["", credential.tokenTrouble]);
  if (credential.keyTrouble) reasons.push(["", credential.keyTrouble]);
  const refusal = credential.lastRefusal;
  if (refusal) {
    const times = refusal.inARow > 1 ? `, ${refusal.inARow} times in a row` : "";
    reasons.push(["", `${refusal.class} at ${clock(refusal.at)}${times}: ${refusal.message}`]);
  }
  if (credential.hostTrouble) reasons.push(["", credential.hostTrouble]);
  for (const output of credential.outputs) if (output.error) reasons.push(["", output.error]);
  for (const output of credential.outputs) if (output.note) reasons.push(["note", output.note]);
  for (const hook of credential.hooks) if (hook.error) reasons.push(["", `${hook.hook}: ${hook.error}`]);
  const remedy = credential.remedy;
  if (remedy && !reasons.some(([, text]) => text.endsWith(remedy))) reasons.push(["remedy", remedy]);
  return reasons;
}

// Updates the times once a second, between two reports.
function tick() {
  if (!report || document.hidden) return;
  const at = now();
  for (const row of shownRows) tickRow(row, at);
}

function tickRow(row, at) {
  const { credential } = row;
  const [ends, began, since] = row.times;
  let share = 0, text = "no token";
  if (ends) {
    const left = ends - at;
    share = Math.max(0, Math.min(1, left / (ends - began)));
    text = left > 0 ? `${span(left)} left` : `expired ${span(-left)} ago`;
  }
  set(row.leftText, text);
  if (Math.abs(share - row.scale) > 0.001 || (share === 0) !== (row.scale === 0)) {
    row.fill.style.transform = `scaleX(${share.toFixed(4)})`;
    row.scale = share;
  }
  set(row.next, nextOf(credential, at));
  set(row.since, since ? `for ${span(at - since)}` : "");
  for (const [age, when, verb] of row.ages) set(age, when ? `${verb} ${span(at - when)} ago` : `not ${verb} yet`);
}

function nextOf(credential, at) {
  const action = credential.nextAction;
  if (!action) return "";
  if (!action.at) return action.what === "exchange" ? "" : action.what.replace("wait", "waits").replace("the access", "its access").replace("the secret", `its ${credential.secret}`);
  const left = Date.parse(action.at) - at;
  const verb = { exchange: credential.state === "fresh" ? "renews" : "tries again", publish: "writes", withdraw: "removes" }[action.what] || action.what;
  return left > 0 ? `${verb} in ${span(left)}` : `${verb} now`;
}

// ---- the history

function showDay() {
  const plot = byId("plot");
  const { bucketSeconds, buckets } = report.history;
  const ends = Date.parse(report.at);
  const step = bucketSeconds * 1000;
  const columns = Array.from({ length: BUCKETS }, () => ({ sessions: 0, refusals: 0 }));
  let sessions = 0, refusals = 0;
  for (const bucket of buckets) {
    const n = BUCKETS - 1 - Math.floor((ends - Date.parse(bucket.from)) / step);
    if (n < 0 || n >= BUCKETS) continue;
    columns[n].sessions += bucket.sessions;
    columns[n].refusals += bucket.refusals;
    sessions += bucket.sessions;
    refusals += bucket.refusals;
  }
  const most = Math.max(...columns.map((column) => column.sessions + column.refusals));
  const up = Math.max(1, ...columns.map((column) => column.sessions));
  const down = Math.max(0, ...columns.map((column) => column.refusals));
  const unit = PLOT_HEIGHT / (up + down);
  const axis = up * unit;
  fit(plot, BUCKETS * 2 + 1, (n) => {
    const rect = document.createElementNS(SVG, "rect");
    const isAxis = n === BUCKETS * 2;
    rect.setAttribute("class", isAxis ? "axis" : n % 2 ? "refusals" : "sessions");
    rect.setAttribute("x", isAxis ? 0 : Math.floor(n / 2) * 10 + 1);
    rect.setAttribute("width", isAxis ? BUCKETS * 10 : 8);
    return rect;
  });
  columns.forEach((column, n) => {
    const height = (count) => (count === 0 ? 0 : Math.max(3, count * unit));
    setBar(plot.children[2 * n], axis - height(column.sessions), height(column.sessions));
    setBar(plot.children[2 * n + 1], axis + 1, height(column.refusals));
  });
  setBar(plot.children[BUCKETS * 2], axis, 1);
  const since = ends - Date.parse(report.startedAt) < BUCKETS * step ? ` since this daemon started ${ago(report.startedAt)} ago` : "";
  set(byId("day-sum"), `${plural(sessions, "session")} granted and ${plural(refusals, "exchange")} refused${since}; at most ${most} in ${bucketSeconds / 60} minutes.`);
}

function setBar(rect, y, height) {
  if (rect.dataset.height === String(height) && rect.dataset.y === String(y)) return;
  rect.dataset.height = height;
  rect.dataset.y = y;
  rect.setAttribute("y", y);
  rect.setAttribute("height", height);
}

function showFacts() {
  const { configuration } = report;
  const skew = report.clockSkewSeconds;
  const facts = [
    ["API", report.baseUrl],
    ["Configuration", `${configuration.file || "flags"}, in force since ${clock(configuration.since)}`],
    ["Clock", skew === null ? "not compared with the API's yet" : `${Math.abs(skew) < 1 ? "agrees with the API's" : `the API's is ${Math.abs(skew).toFixed(1)} s ${skew > 0 ? "ahead" : "behind"}`}`],
    ["Started", `${clock(report.startedAt)}, process ${report.processId}`],
  ];
  const list = byId("facts");
  fit(list, facts.length * 2, (n) => element(n % 2 ? "dd" : "dt"));
  facts.forEach(([name, text], n) => {
    set(list.children[2 * n], name);
    set(list.children[2 * n + 1], text);
  });
}

// ---- texts and elements

const UNITS = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];

// Formats a duration with at most two units: `2d 3h`, `3h 20m`, `4m 10s`, `12s`.
function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0s";
  const [name, size] = UNITS[first];
  const second = UNITS[first + 1];
  const rest = second ? Math.floor((seconds % size) / second[1]) : 0;
  return `${Math.floor(seconds / size)}${name}${rest ? ` ${rest}${second[0]}` : ""}`;
}

function ago(time) {
  return span(now() - new Date(time).getTime());
}

// Formats a time of day, with the date if it is not today.
function clock(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "?";
  const day = date.toDateString() === new Date(now()).toDateString() ? "" : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} `;
  return day + date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function plural(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

// Sets the text of a node if it has changed. The last text is cached, because reading it from the document is slower.
function set(node, text) {
  if (lastTexts.get(node) === text) return;
  lastTexts.set(node, text);
  node.textContent = text;
}

function element(tag, className) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  return made;
}

function role(node, name) {
  node.setAttribute("role", name);
  return node;
}

// Adds or removes children until a parent has `count` of them.
function fit(parent, count, make) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(make(parent.children.length));
}

// ---- input

byId("filter").addEventListener("input", () => report && render());
byId("show-all").addEventListener("click", () => {
  shownAll = true;
  render();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && timer) poll();
});
setInterval(tick, 1000);
poll();
