// What is wrong with credentials, in words, with links to what helps.
import { byId, element, fit, link, plural, say, time } from "./words.js";

const CONSOLE = "https://app.descope.com/accesskeys";
const STATUS_PAGE = "https://descopestatus.com";
const NAMED_MAX = 2; // in the headline
const HEALS = ["failed", "unreachable"];

export const SYMBOLS = { good: "✓", warn: "▲", bad: "✕", waiting: "…" };

// `bad` needs a person, `warn` heals by itself.
export function mood(credential) {
  if (credential.needsPerson) return "bad";
  if (credential.state === "fresh" && credential.ready) return "good";
  if (credential.state === "starting" && !credential.lastRefusal && !credential.hostTrouble) return "waiting";
  return "warn";
}

export function classOf(credential) {
  return credential.lastRefusal ? credential.lastRefusal.class : null;
}

export function rank(credential) {
  const moods = { bad: 0, warn: 2, waiting: 4, good: 6 };
  const first = credential.state === "expired" ? -2 : 0;
  return moods[mood(credential)] + first + (credential.required ? 0 : 1);
}

// Returns the links that help with a problem of this class; `secret` is what the credential is had with.
export function linksOf(report, problemClass, runbook, secret) {
  const links = [];
  if (runbook) links.push(link(runbook, "What to do"));
  if (isDescope(report.baseUrl)) {
    if (["denied", "key"].includes(problemClass) && secret === "access key") links.push(link(CONSOLE, "Descope's console"));
    if (HEALS.includes(problemClass)) links.push(link(STATUS_PAGE, "Descope's status page"));
  }
  return links.flatMap((part, n) => (n ? [" · ", part] : [part]));
}

// Whether this is the real API, and not a sandbox on this machine.
function isDescope(baseUrl) {
  return baseUrl.startsWith("https:");
}

// Returns the address of a page of the documentation, by its path in the repository.
export function documented(report, path) {
  return report.documentation ? new URL(`../${path}`, report.documentation).href : null;
}

// ---- the headline

// Returns a mood, the sentence, what a screen reader announces of it, and a few words for the title.
export function headline(report, sorted) {
  const total = sorted.length;
  const unhealthy = sorted.filter((credential) => mood(credential) !== "good");
  const people = sorted.filter((credential) => credential.needsPerson).length;
  const fresh = total - unhealthy.length;
  if (total === 0) {
    return { how: report.ready ? "warn" : "bad", parts: ["There are no credentials: no access key was found."], short: "no credentials" };
  }
  if (!unhealthy.length) {
    return { how: "good", parts: [total === 1 ? "The token is fresh." : `All ${total} tokens are fresh.`], short: `${fresh}/${total} fresh` };
  }
  const need = `${people === 1 ? "needs" : "need"} a person`;
  const lead = people ? `${people} of ${total} ${need}` : `${fresh} of ${total} fresh`;
  const parts = [`${report.ready ? "" : "Not ready. "}${lead}. `];
  const items = itemsOf(report, unhealthy);
  const named = items.slice(0, NAMED_MAX);
  for (const { cause, credential } of named) parts.push(...(cause ? causeParts(cause, total) : [`${credential.name}: `, ...problemParts(credential)]), ". ");
  const others = items.slice(NAMED_MAX).reduce((sum, { cause }) => sum + (cause ? cause.credentials : 1), 0);
  if (others) parts.push(`${others} more ${others > 1 ? "are" : "is"} not fresh. `);
  const action = unhealthy[0].nextAction;
  if (unhealthy.length === 1 && action && action.at && action.what === "exchange" && mood(unhealthy[0]) !== "waiting") {
    parts.push("Next try ", time(action.at, "due"), ".");
  }
  return { how: people ? "bad" : mood(unhealthy[0]), parts, short: people ? `${people} ${need}` : `${fresh}/${total} fresh` };
}

// Returns the problems, the worst first: each shared cause once, and every other credential by itself.
function itemsOf(report, unhealthy) {
  const seen = new Set();
  const items = [];
  for (const credential of unhealthy) {
    const cause = credential.cause === null ? undefined : report.causes[credential.cause];
    if (cause && seen.has(cause)) continue;
    if (cause) seen.add(cause);
    items.push({ cause, credential });
  }
  return items;
}

function causeParts(cause, total) {
  const all = cause.credentials === total ? `all ${total}` : `${cause.credentials} of ${total}`;
  const parts = [`${cause.message} (${all})`];
  if (cause.dead) parts.push(`; ${cause.dead === 1 ? "1 token is" : `${cause.dead} tokens are`} dead`);
  if (cause.withoutToken) parts.push(`; ${cause.withoutToken} ${cause.withoutToken === 1 ? "has" : "have"} no token yet`);
  if (cause.nextExpiry) parts.push(cause.dead || cause.withoutToken ? ", the next ends " : "; the first token ends ", time(cause.nextExpiry));
  return parts;
}

// Describes the problem of a credential.
function problemParts(credential) {
  const refusal = credential.lastRefusal;
  if (credential.tokenTrouble) return [`${credential.tokenTrouble}${refusal ? `, ${refusal.summary}` : ""}`];
  if (credential.state === "expired") {
    return ["expired ", time(credential.expiresAt || credential.since), refusal ? `, ${refusal.summary}` : ""];
  }
  if (credential.keyTrouble) return [`waits for its ${credential.secret}`];
  if (refusal) return [`${refusal.summary}${refusal.class === "denied" ? " " : ", last "}`, time(refusal.at, "past")];
  if (credential.outputs.some((output) => output.error)) return ["its file cannot be written or was altered"];
  if (credential.hooks.some((hook) => hook.error)) return ["a hook fails"];
  if (credential.needsPerson && credential.remedy) return [credential.remedy];
  return [credential.state === "starting" ? "waits for its first token" : credential.state];
}

// ---- the causes

// Lists each cause that several credentials share, once, with its remedy and links.
export function showCauses(report) {
  const { causes } = report;
  const list = byId("causes");
  list.hidden = !causes.length;
  fit(list, causes.length, () => {
    const item = element("li");
    item.append(element("p", "what"), element("p"), element("p", "remedy"), element("p", "links"));
    return item;
  });
  causes.forEach((cause, n) => {
    const item = list.children[n];
    item.dataset.mood = cause.needsPerson ? "bad" : "warn";
    const more = cause.credentials - cause.names.length;
    const names = `${cause.names.join(", ")}${more ? ` and ${more} more` : ""}`;
    const since = cause.since ? [", for ", time(cause.since, "duration")] : [];
    say(item.children[0], [`${cause.message}. `, link(`#text=${encodeURIComponent(cause.class)}`, plural(cause.credentials, "credential")), ...since, "."]);
    say(item.children[1], `${names}.`);
    say(item.children[2], cause.remedy && !cause.message.includes(cause.remedy) ? cause.remedy : "");
    const member = report.credentials.find((credential) => credential.cause === n);
    say(item.children[3], linksOf(report, cause.class, cause.runbook, member?.secret));
  });
}
