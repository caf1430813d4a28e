import { CLOUDS, assumptions, clock, commitment, dollars, fold, frame, h, lasting, legend, put, s, slider, table, tick } from "../kit.js";

// The model. A test lives the same days in a lab: the two agree to the second and to the cent.

const HOUR = 3600, DAY = 24 * HOUR;

/** The kinds of compute, and which of each cloud keeps its machine. */
export const KINDS = [
  { id: "cluster-0", cloud: "azure", name: "cluster, minimum 0", dash: "" },
  { id: "cluster-1", cloud: "azure", name: "cluster, minimum 1", dash: "7 4" },
  { id: "instance", cloud: "azure", name: "compute instance left on", dash: "2 3" },
  { id: "serverless", cloud: "azure", name: "serverless", dash: "9 3 2 3" },
  { id: "on-demand", cloud: "aws", name: "training jobs", dash: "" },
  { id: "warm-pool", cloud: "aws", name: "training jobs, warm pool", dash: "7 4" },
];
export const PAIRS = { azure: ["cluster-1", "cluster-0"], aws: ["warm-pool", "on-demand"] };

/** What can be moved, as it stands at first. */
export function start(facts) {
  const given = Object.entries({ ...facts.seconds, ...facts.billed }).map(([name, row]) => [name, row.value]);
  return { ...Object.fromEntries(given), minutes: 10, pause: 5, idle: 120, keep: 3600, quota: true, worth: 0 };
}

/** Seconds in which a machine works, is got ready and is paid for that, idles; those in which it is there; those waited. */
const nothing = () => ({ working: 0, provisioning: 0, idle: 0, there: 0, waited: 0 });

function azure(kind, jobs, p) {
  const sum = nothing(), script = p.minutes * 60;
  const fresh = kind === "cluster-0" || kind === "serverless";
  let now = 0, free = null;
  for (let job = 0; job < jobs; job += 1) {
    let begins = now + p["azure/job_start"];
    const warm = kind === "cluster-0" && free !== null && begins - free < p.idle;
    if (warm) sum.idle += begins - free;
    if (fresh && !warm) {
      if (free !== null && kind === "cluster-0") {
        sum.idle += p.idle;
        begins = Math.max(begins, free + p.idle + p["azure/node_leave"]); // down first, then up
      }
      sum.provisioning += (p["azure/preparing_billed"] ? p["azure/node_boot"] : 0) + p["azure/image"];
      sum.there += p["azure/node_boot"] + p["azure/image"];
      begins += p["azure/node_boot"] + p["azure/image"];
    }
    sum.provisioning += p["azure/job_prepare"];
    sum.working += script + p["azure/job_finalize"];
    free = begins + p["azure/job_prepare"] + script + p["azure/job_finalize"];
    sum.waited += free - p["azure/job_finalize"] - script - now; // until the script begins
    now = free + p.pause * 60;
  }
  if (kind === "cluster-0") sum.idle += p.idle;
  if (!fresh) sum.idle = DAY - sum.provisioning - sum.working;
  sum.there = fresh ? sum.there + sum.idle + sum.working + jobs * p["azure/job_prepare"] : DAY;
  return sum;
}

function aws(kind, jobs, p) {
  const sum = nothing(), script = p.minutes * 60, kept = kind === "warm-pool" && p.quota && p.keep > 0;
  let now = 0, free = null;
  for (let job = 0; job < jobs; job += 1) {
    const warm = kept && free !== null && now - free < p.keep;
    if (kept && free !== null) sum.idle += warm ? now - free : p.keep;
    sum.provisioning += (warm ? 0 : p["aws/image"]) + p["aws/download"];
    sum.working += script + p["aws/upload"];
    free = now + (warm ? p["aws/warm_start"] : p["aws/start"] + p["aws/image"]) + p["aws/download"] + script + p["aws/upload"];
    sum.waited += free - p["aws/upload"] - script - now;
    now = free + p.pause * 60;
  }
  if (kept) sum.idle += p.keep;
  sum.there = sum.provisioning + sum.working + sum.idle;
  return sum;
}

/** A day with so many jobs, one after the other: dollars by phase and all told, seconds waited, seconds of machine paid. */
export function day(id, jobs, p, facts) {
  const { cloud } = KINDS.find((kind) => kind.id === id);
  const sum = cloud === "azure" ? azure(id, jobs, p) : aws(id, jobs, p);
  const each = cloud === "azure"
    ? (id === "serverless" ? 0 : facts.azure.balancer) + (id === "instance" ? facts.azure.disk : 0)
    : facts.aws.volume;
  const cost = (seconds, hourly) => (seconds / HOUR) * hourly;
  const parts = {};
  for (const phase of ["working", "provisioning", "idle"]) parts[phase] = cost(sum[phase], facts[cloud].hourly);
  parts.beside = cost(sum.there, each);
  const paid = sum.working + sum.provisioning + sum.idle;
  return { parts, dollars: Object.values(parts).reduce((a, b) => a + b), waited: sum.waited, paid };
}

/** How many jobs fit into a day on every kind, one after the other. */
export function most(p) {
  const ready = Math.max(
    p["azure/job_start"] + p["azure/node_boot"] + p["azure/image"] + p["azure/job_prepare"] + p["azure/job_finalize"] + p["azure/node_leave"],
    p["aws/start"] + p["aws/image"] + p["aws/download"] + p["aws/upload"]);
  return Math.max(1, Math.floor((DAY - Math.max(p.idle, p.keep)) / (p.minutes * 60 + p.pause * 60 + ready)));
}

/** From how many jobs a day the kind that keeps its machine costs less, what is waited valued at `worth` an hour; or null. */
export function from(cloud, p, facts) {
  const [kept, other] = PAIRS[cloud];
  const all = (id, jobs) => { const d = day(id, jobs, p, facts); return d.dollars + (d.waited / HOUR) * p.worth; };
  let first = null;
  for (let jobs = most(p); jobs >= 1 && all(kept, jobs) < all(other, jobs) - 1e-9; jobs -= 1) first = jobs;
  return first;
}

// The figure.

const GUESSES = 60;
const FAMILY = { azure: "a cluster that keeps one node (minimum 1) rather than none", aws: "training jobs with a warm pool of one hour rather than without" };
const said = (jobs) => (jobs === null ? "never" : `from ${jobs} job${jobs === 1 ? "" : "s"} a day`);

const LINES = {
  yours: [
    ["minutes", { label: "a job takes", min: 1, max: 120, shown: (v) => `${v} min` }],
    ["pause", { label: "you look at its result for", min: 0, max: 90, shown: (v) => `${v} min` }],
    ["worth", { label: "an hour of your waiting is worth", min: 0, max: 100, shown: (v) => dollars(v, 0) }],
    ["idle", { label: "Azure: idle time before scale-down", min: 60, max: 3600, step: 30, shown: lasting }],
    ["keep", { label: "SageMaker: keep-alive period", min: 60, max: 3600, step: 60, shown: lasting }],
  ],
  assumed: [
    ["azure/node_boot", { label: "Azure: a node boots in", min: 0, max: 900, step: 10 }],
    ["azure/image", { label: "Azure: a node fetches the image in", min: 0, max: 600, step: 10 }],
    ["aws/start", { label: "SageMaker: a machine starts in", min: 0, max: 900, step: 2 }],
    ["aws/image", { label: "SageMaker: it fetches the image in", min: 0, max: 600, step: 2 }],
    ["aws/warm_start", { label: "SageMaker: a job starts on a warm machine in", min: 0, max: 60 }],
  ],
};

function render({ model, el }) {
  const { question, facts, lived } = model.get("data");
  const p = start(facts), guess = {};
  let jobs = lived.jobs;

  const guesses = h("div", { class: "tciw-guesses" }, ["azure", "aws"].map((cloud) => guessing(cloud, guess)));
  const answer = h("div", { hidden: true });
  const verdict = h("div", { class: "tciw-verdict", role: "status" });
  const charts = h("div", { class: "tciw-charts" });
  const days = h("ul", { class: "tciw-days" });
  const colours = legend(["working", "provisioning", "idle"], true);
  colours.append(h("li", {}, h("span", { class: "tc-x-swatch tciw-beside", "aria-hidden": "true" }), "beside the machine: disks, load balancer"));
  const bought = h("p", { class: "tciw-bought" });
  const numbers = h("div");
  const inWords = fold("The same as a table", numbers);
  const pick = slider({ label: "jobs on that day", min: 1, max: most(p), value: jobs, change: (value) => { jobs = value; drawDay(); } });
  const at = pick.querySelector("input");

  function move(name, value) {
    p[name] = value;
    at.max = most(p);
    if (jobs > most(p)) {
      at.value = most(p);
      at.dispatchEvent(new Event("input"));
    }
    drawAll();
  }

  const control = ([name, line]) => {
    const row = facts.seconds[name];
    const why = row ? `${row.why} (${row.date})` : "";
    return slider({ shown: lasting, ...line, why, assumed: Boolean(row), value: p[name], change: (value) => move(name, value) });
  };
  const yours = h("div", { class: "tciw-controls" }, LINES.yours.map(control),
    tick({ label: `SageMaker: the account has a quota for warm pools (for ${facts.aws.machine} it is ${facts.aws.quota} until you ask)`, checked: p.quota, change: (value) => move("quota", value) }));
  const billed = facts.billed["azure/preparing_billed"];
  const ours = fold("What nobody publishes, and we assume: move it", assumptions("Assumed",
    h("div", { class: "tciw-controls" }, LINES.assumed.map(control),
      tick({ label: "Azure: a node is billed while it boots", checked: p["azure/preparing_billed"], change: (value) => move("azure/preparing_billed", value), why: `${billed.why} (${billed.date})`, assumed: true }))));

  answer.append(
    verdict,
    h("p", { class: "tciw-head" }, "A day, by how many jobs you send"), charts, pick, days, colours, bought,
    h("p", { class: "tciw-head" }, "Does the answer flip?"),
    h("p", { class: "tc-x-lead" }, "Move what is yours to set, then what nobody publishes."), yours, ours, inWords);

  function drawAll() {
    put(verdict, ["azure", "aws"].map((cloud) => judged(cloud, p, facts, guess)), h("p", {}, flipped(p, facts)));
    drawDay();
  }
  function drawDay() {
    put(charts, chart("cost of the day", p, facts, jobs, (d) => d.dollars, (v) => dollars(v, v % 1 ? 2 : 0)), chart("time waited for scripts to begin", p, facts, jobs, (d) => d.waited / 60, (v) => `${Math.round(v)} min`));
    const all = KINDS.map((kind) => [kind, day(kind.id, jobs, p, facts)]);
    const longest = Math.max(...all.map(([, d]) => d.dollars));
    put(days, all.map(([kind, d]) => bar(kind, d, longest)));
    put(bought, buys("azure", jobs, p, facts), " ", buys("aws", jobs, p, facts));
    put(numbers, table(`A day with ${jobs} job${jobs === 1 ? "" : "s"} of ${p.minutes} minutes`,
      ["compute", "machine paid for", "cost", "waited", "how it compares"],
      all.map(([kind, d]) => [`${CLOUDS[kind.cloud]}: ${kind.name}`, clock(d.paid), dollars(d.dollars, 2), clock(d.waited), compared(kind, d, all)])));
  }

  const pledge = commitment({
    missing: () => (["azure", "aws"].every((cloud) => cloud in guess) ? null : "Answer for both clouds first: drag, or tick “never”."),
    commit: () => { answer.hidden = false; guesses.querySelectorAll("input").forEach((input) => { input.disabled = true; }); drawAll(); return ""; },
    again: () => { answer.hidden = true; guesses.querySelectorAll("input").forEach((input) => { input.disabled = false; }); return ""; },
  });

  frame(el, question,
    `You send a job of ${p.minutes} minutes, look at its result for ${p.pause}, and send the next. One way, the machine comes and goes. The other way, one is kept for the next job. From how many jobs a day is the bill lower if you keep one?`,
    guesses, pledge.bar, answer);
}

function guessing(cloud, guess) {
  const note = (value) => { guess[cloud] = value; };
  const never = tick({ label: "never", checked: false, change: (checked) => { range.disabled = checked; note(checked ? null : Number(range.value)); } });
  const drag = slider({ label: "jobs a day", min: 1, max: GUESSES, value: GUESSES / 2, change: note });
  const range = drag.querySelector("input");
  range.addEventListener("change", () => note(Number(range.value)));
  return h("fieldset", { class: `tc-x-${cloud}` }, h("legend", {}, h("span", { class: "tc-x-cloud" }, CLOUDS[cloud]), `: ${FAMILY[cloud]}`), drag, never);
}

function judged(cloud, p, facts, guess) {
  const found = from(cloud, p, facts);
  return h("p", { class: `tc-x-${cloud}` }, h("span", { class: "tc-x-cloud" }, CLOUDS[cloud]), ": ", h("b", {}, said(found)), `. You said ${said(guess[cloud])}.`);
}

/** Whether what was moved has changed the answer. */
function flipped(p, facts) {
  const first = start(facts);
  const moved = Object.keys(first).some((name) => first[name] !== p[name]);
  const then = ["azure", "aws"].map((cloud) => from(cloud, first, facts)), now = ["azure", "aws"].map((cloud) => from(cloud, p, facts));
  if (!moved) return reasons(p, facts);
  const changed = ["azure", "aws"].filter((cloud, place) => (then[place] === null) !== (now[place] === null));
  const rest = p.worth ? "What you wait is counted in, at your price." : "The bill for machines alone is counted.";
  if (changed.length === 0) return `You have moved something. Whether keeping pays has not flipped on either cloud. ${rest}`;
  return `It flips on ${changed.map((cloud) => CLOUDS[cloud]).join(" and on ")}. ${rest}`;
}

function reasons(p, facts) {
  const d = day("cluster-0", 10, p, facts);
  return `“Azure bills round the clock” is true of the node that you tell it to keep. One that comes and goes is paid for while it is there: with ten jobs, ${lasting(Math.round(d.paid / 60) * 60)} of 24 hours, idle time included. “Warm pools are cheaper” is true if the next job comes within ${lasting(p["aws/image"])}, the paid download that it spares; you take ${p.pause} minutes, and after the last job the pool waits for an hour. What keeping buys is not machine time. It is your time.`;
}

/** What is waited less, and what that costs. */
function buys(cloud, jobs, p, facts) {
  const [kept, other] = PAIRS[cloud].map((id) => day(id, jobs, p, facts));
  const less = other.waited - kept.waited, more = kept.dollars - other.dollars;
  if (less <= 0) return `${CLOUDS[cloud]}: keeping a machine saves no waiting${more > 0.005 ? ` and costs ${dollars(more, 2)} more` : ""}.`;
  if (more <= 0) return `${CLOUDS[cloud]}: keeping saves ${lasting(less)} of waiting, and ${dollars(-more, 2)}.`;
  return `${CLOUDS[cloud]}: keeping saves ${lasting(less)} of waiting for ${dollars(more, 2)}, which is ${dollars((more / less) * HOUR, 2)} for an hour less.`;
}

function compared(kind, d, all) {
  const least = Math.min(...all.filter(([other]) => other.cloud === kind.cloud).map(([, other]) => other.dollars));
  return d.dollars <= least + 1e-9 ? "least of its cloud" : `${dollars(d.dollars - least, 2)} more`;
}

const stroke = (kind) => ({ class: `tc-x-${kind.cloud} tciw-line`, "stroke-dasharray": kind.dash || null });

function bar(kind, d, longest) {
  const share = (amount) => `${((amount / longest) * 100).toFixed(2)}%`;
  const part = (phase, assumed) => d.parts[phase] > 0 && h("span", { class: `tc-x-fill tc-x-moves tc-x-${phase}${assumed ? " tc-x-assumed" : ""}`, style: `width:${share(d.parts[phase])}` });
  return h("li", { class: `tc-x-${kind.cloud}` },
    h("span", { class: "tciw-name" }, s("svg", { viewBox: "0 0 30 10", width: "30", height: "10", "aria-hidden": "true" }, s("line", { x1: 0, x2: 30, y1: 5, y2: 5, ...stroke(kind) })), kind.name),
    h("span", { class: "tciw-said" }, `${dollars(d.dollars, 2)}, waited ${lasting(d.waited)}`),
    h("span", { class: "tciw-bar", "aria-hidden": "true" }, part("working"), part("provisioning", true), part("idle"),
      h("span", { class: "tciw-beside tc-x-moves", style: `width:${share(d.parts.beside)}` })));
}

/** The next round number: 1, 2 or 5 and zeros. */
function nice(number) {
  const ten = 10 ** Math.floor(Math.log10(number || 1));
  return [1, 2, 5, 10].map((times) => times * ten).find((round) => round >= number);
}

/** Lines over the number of jobs a day, one for each kind. */
function chart(title, p, facts, jobs, value, shown) {
  const [width, height, left, top, bottom] = [340, 190, 52, 12, 34];
  const end = most(p), step = Math.max(1, Math.ceil(end / 60));
  const xs = [...new Set([...Array.from({ length: Math.ceil(end / step) }, (_, i) => 1 + i * step), end])];
  const lines = KINDS.map((kind) => [kind, xs.map((n) => [n, value(day(kind.id, n, p, facts))])]);
  const unit = nice(Math.max(...lines.flatMap(([, points]) => points.map(([, y]) => y))) / 3.2);
  const high = unit * 3.4;
  const x = (n) => left + ((n - 1) / Math.max(1, end - 1)) * (width - left - 8);
  const y = (v) => height - bottom - (v / high) * (height - top - bottom);
  const text = (words, at, props) => s("text", { ...at, ...props }, words);
  return h("div", {},
    h("p", { class: "tciw-title" }, title),
    s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}, by jobs a day; the numbers are in the table below` },
      [0, 1, 2, 3].map((part) => [
        s("line", { x1: left, x2: width - 8, y1: y(unit * part), y2: y(unit * part), class: "tciw-grid" }),
        text(shown(unit * part), { x: left - 6, y: y(unit * part) + 4 }, { "text-anchor": "end" })]),
      [1, Math.round((1 + end) / 2), end].map((n, place) => text(String(n), { x: x(n), y: height - 18 }, { "text-anchor": ["start", "middle", "end"][place] })),
      text("jobs a day", { x: (left + width) / 2, y: height - 4 }, { "text-anchor": "middle" }),
      s("line", { x1: x(jobs), x2: x(jobs), y1: top, y2: height - bottom, class: "tciw-at" }),
      lines.map(([kind, points]) => s("polyline", { points: points.map(([n, v]) => `${x(n).toFixed(1)},${y(v).toFixed(1)}`).join(" "), fill: "none", ...stroke(kind) }))));
}

export default { render };
