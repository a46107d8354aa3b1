// Texts of several parts: plain text, times that tick, literals with a copy button, links. Values of a report are inserted as
// text only, never as markup.

// ---- the clock

let offset = 0; // the daemon's clock minus this browser's, in ms
let frozenAt = null; // the daemon's time at its last answer, while it does not answer

export function setClock(at) {
  offset = at - Date.now();
  frozenAt = null;
}

// Stops all times but those of the form `live`.
export function freeze() {
  if (frozenAt === null) frozenAt = Date.now() + offset;
}

export function isFrozen() {
  return frozenAt !== null;
}

// Returns the daemon's time, in ms since 1970.
export function now() {
  return frozenAt ?? Date.now() + offset;
}

// ---- times: relative, with the absolute one in the tooltip

const UNITS = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];
const ABSOLUTE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

// Formats a duration with at most two units: `2d 3h`, `3h 20m`, `4m 10s`, `12s`.
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0s";
  const [name, size] = UNITS[first];
  const second = UNITS[first + 1];
  const rest = second ? Math.floor((seconds % size) / second[1]) : 0;
  return `${Math.floor(seconds / size)}${name}${rest ? ` ${rest}${second[0]}` : ""}`;
}

const ago = (left) => (left > -1000 ? "just now" : `${span(-left)} ago`);
const ahead = (left) => (left < 1000 ? "now" : `in ${span(left)}`);
const FORMS = {
  when: (left) => (left > 0 ? ahead(left) : ago(left)),
  past: ago,
  live: ago,
  due: ahead,
  left: (left) => (left > 0 ? `${span(left)} left` : `expired ${ago(left)}`),
  duration: (left) => span(-left),
};

// A part of a text: a time in one of the forms above.
export function time(at, form = "when") {
  return { at: typeof at === "number" ? at : Date.parse(at), form };
}

const times = new WeakMap(); // what each `time` element shows

function setTime(node, { at, form }) {
  const shown = times.get(node) || {};
  const second = Math.round(at / 1000);
  if (shown.second !== second) {
    const date = new Date(second * 1000);
    node.dateTime = date.toISOString();
    node.title = ABSOLUTE.format(date);
  }
  times.set(node, { at, form, second, text: shown.text });
  tickTime(node);
}

function tickTime(node) {
  const shown = times.get(node);
  if (!shown) return;
  const text = FORMS[shown.form](shown.at - (shown.form === "live" ? Date.now() + offset : now()));
  if (text === shown.text) return;
  shown.text = text;
  node.textContent = text;
}

// Updates every time in the document.
export function tickTimes() {
  for (const node of document.getElementsByTagName("time")) tickTime(node);
}

// ---- texts

// A part of a text: a literal, with a button that copies it.
export function literal(text) {
  return { code: text };
}

// A part of a text: a link to another site.
export function link(href, text) {
  return { href, text };
}

const TIME_IN_TEXT = /(?:\bat )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

// Splits a message of the daemon: `…` is a literal, and an absolute time becomes a relative one.
function partsOf(message) {
  const pieces = message.split("`");
  if (pieces.length % 2 === 0) return timesIn(message);
  return pieces.flatMap((piece, n) => (n % 2 ? [literal(piece)] : timesIn(piece)));
}

function timesIn(text) {
  if (!text.includes("T")) return [text];
  return text.split(TIME_IN_TEXT).map((piece, n) => (n % 2 ? time(piece) : piece));
}

const shapes = new WeakMap(); // the parts of each element's text, without its times

// Sets the text of an element. What has not changed stays: selections, focus, nodes.
export function say(node, parts) {
  const list = [parts].flat().flatMap((part) => (typeof part === "string" ? partsOf(part) : [part])).filter((part) => part !== "");
  const shape = JSON.stringify(list.map((part) => part.form ?? part));
  if (shapes.get(node) !== shape) {
    shapes.set(node, shape);
    node.replaceChildren(...list.flatMap(nodesOf));
  }
  const found = node.getElementsByTagName("time");
  list.filter((part) => part.form).forEach((part, n) => setTime(found[n], part));
}

function nodesOf(part) {
  if (typeof part === "string") return [part];
  if (part.form) return [element("time")];
  if (part.href) return [anchor(part)];
  const code = element("code");
  code.textContent = part.code;
  return part.code ? [code, copyButton(part.code)] : [code];
}

function anchor({ href, text }) {
  const made = element("a");
  made.href = href;
  made.textContent = text;
  if (!href.startsWith("#")) made.rel = "noreferrer noopener";
  return made;
}

function copyButton(text) {
  const button = element("button", "copy");
  button.type = "button";
  button.title = "Copy";
  button.setAttribute("aria-label", `Copy ${text}`);
  return button;
}

export function plural(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

// ---- elements

export const byId = (id) => document.getElementById(id);

export function element(tag, className) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  return made;
}

// Adds or removes children until a parent has `count` of them.
export function fit(parent, count, make) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(make(parent.children.length));
}
