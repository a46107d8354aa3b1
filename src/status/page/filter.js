// The filter: chips with counts, and a text. Both are in the fragment of the URL, so that a view can be linked and kept.
import { classOf } from "./problems.js";
import { byId, element, fit } from "./words.js";

const CHIPS = [
  ["all", "all", () => true],
  ["person", "need a person", (credential) => credential.needsPerson],
  ["expired", "expired", (credential) => credential.state === "expired"],
  ["failing", "failing", (credential) => credential.state === "failing"],
  ["starting", "starting", (credential) => credential.state === "starting"],
  ["fresh", "fresh", (credential) => credential.state === "fresh"],
];

let chosen = "all";

// Returns the credentials to show, and updates the counts.
export function filtered(report, sorted) {
  CHIPS.forEach(([name, words, holds], n) => showChip(n, name, words, sorted.filter(holds).length));
  const [, , holds] = CHIPS.find(([name]) => name === chosen);
  const wanted = byId("filter").value.trim().toLowerCase();
  return sorted.filter((credential) => holds(credential) && (!wanted || matches(report, credential, wanted)));
}

function showChip(n, name, words, count) {
  const group = byId("chips");
  fit(group, Math.max(n + 1, group.children.length), () => {
    const chip = element("button");
    chip.type = "button";
    chip.append(element("strong"), " ", element("span"));
    return chip;
  });
  const chip = group.children[n];
  chip.dataset.show = name;
  chip.hidden = count === 0 && name !== "all" && name !== chosen;
  chip.setAttribute("aria-pressed", String(name === chosen));
  chip.firstElementChild.textContent = count;
  chip.lastElementChild.textContent = name === "person" && count === 1 ? "needs a person" : words;
}

function matches(report, credential, wanted) {
  const cause = credential.cause === null ? "" : report.causes[credential.cause].class;
  const texts = [credential.name, credential.state, classOf(credential) || "", cause, ...credential.outputs.map((output) => output.path)];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

function readFragment() {
  const values = new URLSearchParams(location.hash.slice(1));
  const name = values.get("show");
  chosen = CHIPS.some(([known]) => known === name) ? name : "all";
  byId("filter").value = values.get("text") || "";
}

function writeFragment() {
  const values = new URLSearchParams();
  if (chosen !== "all") values.set("show", chosen);
  const text = byId("filter").value.trim();
  if (text) values.set("text", text);
  const fragment = String(values);
  history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
}

// Calls `changed` when another filter is chosen.
export function watchFilter(changed) {
  readFragment();
  byId("filter").addEventListener("input", () => {
    writeFragment();
    changed();
  });
  byId("chips").addEventListener("click", (event) => {
    const chip = event.target.closest("button");
    if (!chip) return;
    chosen = chip.dataset.show === chosen ? "all" : chip.dataset.show;
    writeFragment();
    changed();
  });
  window.addEventListener("hashchange", () => {
    readFragment();
    changed();
  });
}
