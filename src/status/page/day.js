// The exchanges of the last day, as a plot.
import { byId, fit, plural, say, time } from "./words.js";

const BUCKETS = 96;
const PLOT_HEIGHT = 124;
const SVG = "http://www.w3.org/2000/svg";

export function showDay(report) {
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
  const started = Date.parse(report.startedAt);
  const since = ends - started < BUCKETS * step ? [" since this daemon started ", time(started, "past")] : [];
  say(byId("day-sum"), [`${plural(sessions, "session")} granted and ${plural(refusals, "exchange")} refused`, ...since, `; at most ${most} in ${bucketSeconds / 60} minutes.`]);
}

function setBar(rect, y, height) {
  if (rect.dataset.height === String(height) && rect.dataset.y === String(y)) return;
  rect.dataset.height = height;
  rect.dataset.y = y;
  rect.setAttribute("y", y);
  rect.setAttribute("height", height);
}
