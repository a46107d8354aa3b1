// Polls /status and shows it.
import "./copy.js";
import { showDay } from "./day.js";
import { filtered, watchFilter } from "./filter.js";
import { documented, headline, rank, showCauses, SYMBOLS } from "./problems.js";
import { showAllRows, showRows, tick } from "./rows.js";
import { byId, element, fit, freeze, link, literal, say, setClock, span, time } from "./words.js";

const POLL_MS = 2000;
const POLL_HIDDEN_MS = 30000;
const POLL_FAILING_MAX_MS = 10000;
const ANSWER_MS = 8000;
const SKEW_SHOWN_SECONDS = 30;

let report = null;
let failures = 0;
let timer = 0;

// ---- the loop

async function poll() {
  clearTimeout(timer);
  timer = 0;
  const fetched = await ask();
  failures = fetched ? 0 : failures + 1;
  const pause = failures ? Math.min(POLL_MS * 2 ** (failures - 1), POLL_FAILING_MAX_MS) : POLL_MS;
  timer = setTimeout(poll, document.hidden ? POLL_HIDDEN_MS : pause);
  if (fetched) take(fetched);
  else showSilence();
}

// Returns the report, or null without a usable answer.
async function ask() {
  try {
    const answer = await fetch("status", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function take(fetched) {
  const began = performance.now();
  report = fetched;
  setClock(Date.parse(report.at));
  document.documentElement.classList.remove("stale");
  render();
  showSentence(headline(report, sorted()));
  performance.clearMeasures("update");
  performance.measure("update", { start: began, end: performance.now() });
}

function render() {
  if (!report) return;
  showCauses(report);
  showNotices();
  showRows(report, filtered(report, sorted()));
  showDay(report);
  showWhere();
  showFacts();
  for (const id of ["credentials", "day", "process"]) byId(id).hidden = false;
}

// Returns the credentials, the worst first.
function sorted() {
  const ranked = report.credentials.map((credential) => [rank(credential), credential]);
  ranked.sort(([rankA, a], [rankB, b]) => rankA - rankB || (a.name < b.name ? -1 : 1));
  return ranked.map(([, credential]) => credential);
}

// Says once that the daemon does not answer, and stops everything that looks live.
function showSilence() {
  freeze();
  document.documentElement.classList.add("stale");
  const last = report ? ["; its last answer came ", time(Date.parse(report.at), "live"), ", and what is below is from then."] : ["."];
  showSentence({ how: "bad", parts: ["No answer from the daemon", ...last], short: "no answer" });
  if (failures === 1) render();
}

// ---- the headline

function showSentence({ how, parts, short }) {
  say(byId("sentence"), parts);
  say(byId("symbol"), SYMBOLS[how]);
  byId("headline").dataset.mood = how;
  const { instance, pod, host } = report?.identity ?? {};
  document.title = [`${SYMBOLS[how]} ${short}`, instance || pod || host, "Tokenwell"].filter(Boolean).join(" · ");
  // The times in the sentence change each second, so it is announced without them.
  const words = parts.filter((part) => typeof part === "string").join("");
  if (byId("spoken").textContent !== words) byId("spoken").textContent = words;
}

function showWhere() {
  const { instance, pod, namespace, host } = report.identity;
  const names = [["instance", instance], ["pod", pod], ["namespace", namespace], ["host", host]].filter(([, name]) => name);
  say(byId("where"), [`Tokenwell ${report.programVersion}`, ...names.map(([label, name]) => `${label} ${name}`), `project ${report.projectId}`].join(" · "));
}

// ---- notices

function showNotices() {
  const notices = [];
  const { configuration, troubles } = report;
  if (report.stoppedAt) notices.push(["bad", ["This daemon stopped ", time(report.stoppedAt), "."]]);
  if (configuration.refused) {
    notices.push(["bad", ["The newest configuration is refused; the one that came into force ", time(configuration.since), ` stays: ${configuration.refused} `, ...more("tokenwellconfigrejected")]]);
  }
  for (const trouble of troubles) notices.push(["bad", trouble]);
  const skew = report.clockSkewSeconds;
  if (skew !== null && Math.abs(skew) >= SKEW_SHOWN_SECONDS) {
    const side = skew > 0 ? "behind" : "ahead of";
    const text = `This machine's clock is ${span(Math.abs(skew) * 1000)} ${side} the API's. Tokenwell itself does not depend on this clock, but readers may refuse the tokens: set the clock. `;
    notices.push(["", [text, ...more("tokenwellclockskew")]]);
  }
  const place = byId("notices");
  fit(place, notices.length, () => element("p", "notice"));
  notices.forEach(([how, parts], n) => {
    place.children[n].classList.toggle("bad", how === "bad");
    say(place.children[n], parts);
  });
}

function more(anchor) {
  const page = documented(report, `deploy/operations.md#${anchor}`);
  return page ? [link(page, "What to do")] : [];
}

// ---- facts

function showFacts() {
  const { configuration } = report;
  const skew = report.clockSkewSeconds;
  const apart = `the API's is ${Math.abs(skew).toFixed(1)} s ${skew > 0 ? "ahead" : "behind"}`;
  const facts = [
    ["API", [literal(report.baseUrl)]],
    ["Configuration", [configuration.file ? literal(configuration.file) : "flags", ", in force for ", time(configuration.since, "duration")]],
    ["Clock", skew === null ? "not compared with the API's yet" : Math.abs(skew) < 1 ? "agrees with the API's" : apart],
    ["Started", [time(report.startedAt, "past"), `, process ${report.processId}`]],
  ];
  const list = byId("facts");
  fit(list, facts.length * 2, (n) => element(n % 2 ? "dd" : "dt"));
  facts.forEach(([name, parts], n) => {
    say(list.children[2 * n], name);
    say(list.children[2 * n + 1], parts);
  });
  byId("documentation").hidden = !report.documentation;
  if (report.documentation) byId("documentation").href = report.documentation;
}

// ---- input

watchFilter(render);
byId("show-all").addEventListener("click", () => {
  showAllRows();
  render();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && timer) poll();
});
setInterval(() => document.hidden || tick(), 1000);
poll();
