// Questions and predictions of the course (written by book/_ext/questions.py). Without this script the fields do
// nothing, and every remark and folded result opens by hand.

const memory = {
  key: (form) => `two-clouds:${location.pathname}#${form.id}`,
  read(form) { try { return localStorage.getItem(this.key(form)); } catch { return null; } },
  write(form, value) {
    try {
      if (value === null) localStorage.removeItem(this.key(form));
      else localStorage.setItem(this.key(form), value);
    } catch { /* a private window forgets */ }
  },
};

const inputs = (form) => [...form.querySelectorAll("fieldset input")];

/** What the reader has answered, as text; null while there is no answer. */
function answer(form) {
  if (form.dataset.kind === "number") {
    const value = inputs(form)[0].value.trim();
    return value !== "" && Number.isFinite(Number(value)) ? value : null;
  }
  const chosen = inputs(form).find((input) => input.checked);
  return chosen ? chosen.value : null;
}

function restore(form, value) {
  for (const input of inputs(form)) {
    if (form.dataset.kind === "number") input.value = value;
    else input.checked = input.value === value;
  }
}

/** Whether a number lies in `38`, `35..40`, `<35`, `>40` or `else`. */
function lies(number, range) {
  if (range === "else") return true;
  if (range.startsWith("<")) return number < Number(range.slice(1));
  if (range.startsWith(">")) return number > Number(range.slice(1));
  const [low, high = low] = range.split("..").map(Number);
  return low <= number && number <= high;
}

/** The remark on an answer: `{right, html}`. */
function remark(form, value) {
  const items = form.querySelectorAll(".ask-remarks > ol > li, .ask-remarks > ul > li");
  const ranges = JSON.parse(form.dataset.ranges);
  const index = form.dataset.kind === "number" ? ranges.findIndex((range) => lies(Number(value), range)) : Number(value);
  return { right: String(index) === form.dataset.right, html: items[index]?.innerHTML ?? "" };
}

function said(form, text) { form.querySelector(".ask-said").textContent = text; }

function check(form, value) {
  const { right, html } = remark(form, value);
  const place = form.querySelector(".ask-said");
  place.innerHTML = html || "No remark is written for this answer: try another.";
  place.querySelector("code:first-child")?.toggleAttribute("hidden", form.dataset.kind === "number");
  form.dataset.verdict = right ? "right" : "wrong";
}

/** What the reader has answered, in words. */
function worded(form, value) {
  if (form.dataset.kind === "number") return `${value} ${form.querySelector(".ask-option").textContent.trim()}`;
  return inputs(form).find((input) => input.value === value).closest("label").textContent.trim();
}

/** Say in an open result what was predicted; nothing for `words` null. */
function recall(fold, words) {
  fold.querySelector(".you-said")?.remove();
  if (words === null) return;
  const line = Object.assign(document.createElement("p"), { className: "you-said", textContent: `You said: ${words}` });
  fold.querySelector("summary").after(line);
}

/** Note a prediction and open the results it was about; `value` null takes it back. */
function commit(form, value) {
  memory.write(form, value);
  for (const input of inputs(form)) input.disabled = value !== null;
  form.querySelector("button").textContent = value === null ? "Commit" : "Answer again";
  said(form, value === null ? "" : "Noted. The result is open below.");
  form.toggleAttribute("data-committed", value !== null);
  for (const fold of document.querySelectorAll(`details[data-after="${form.id}"]`)) {
    fold.open = value !== null;
    fold.classList.toggle("answered", value !== null);
    recall(fold, value === null ? null : worded(form, value));
  }
}

function act(form) {
  if (form.hasAttribute("data-committed")) return commit(form, null);
  const value = answer(form);
  if (value === null) return said(form, form.dataset.kind === "number" ? "Type a number first." : "Choose an answer first.");
  return form.classList.contains("prediction") ? commit(form, value) : check(form, value);
}

for (const form of document.querySelectorAll(".ask")) {
  const button = form.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => act(form));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) act(form);
  });
  form.addEventListener("input", () => { delete form.dataset.verdict; said(form, ""); });
  form.classList.add("live");
  const value = form.classList.contains("prediction") ? memory.read(form) : null;
  if (value !== null) {
    restore(form, value);
    if (answer(form) !== null) commit(form, value);
  }
}

addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
});

// Tables of class `filterable`: above the first, a field for words, and a choice for each column whose head has the class
// `choose`. Without this script the whole table is there.

/** A control with its label; `<label>words <control></label>`. */
function labelled(words, control) {
  const label = document.createElement("label");
  label.append(`${words} `, control);
  return label;
}

/** A choice of what stands in a column: everything, or one of its values. */
function choices(tables, column) {
  const select = document.createElement("select");
  const cells = tables.flatMap((table) => [...table.tBodies[0].rows].map((row) => row.cells[column].textContent.trim()));
  select.append(new Option("any", ""), ...[...new Set(cells)].map((value) => new Option(value)));
  return select;
}

function filterable(tables) {
  const bar = document.createElement("form");
  const field = Object.assign(document.createElement("input"), { type: "search", autocomplete: "off" });
  const seen = Object.assign(document.createElement("output"), { className: "filter-seen" });
  const heads = [...tables[0].tHead.rows[0].cells];
  const chosen = heads.flatMap((head, column) => head.classList.contains("choose") ? [[column, choices(tables, column)]] : []);
  bar.className = "filter";
  bar.setAttribute("role", "search");
  bar.setAttribute("aria-label", "Rows of this page");
  bar.append(labelled("Rows with", field));
  for (const [column, select] of chosen) bar.append(labelled(heads[column].textContent.trim(), select));
  bar.append(seen);
  const apply = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    let all = 0;
    for (const table of tables) {
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLowerCase();
        const fits = words.every((word) => text.includes(word))
          && chosen.every(([column, select]) => !select.value || row.cells[column].textContent.trim() === select.value);
        row.hidden = !fits;
        shown += fits;
        all += 1;
      }
      const part = table.closest("section");
      if (tables.filter((other) => part.contains(other)).length === 1 && tables.length > 1) {
        part.hidden = [...table.tBodies[0].rows].every((row) => row.hidden);
      }
    }
    seen.textContent = `${shown} of ${all}`;
  };
  bar.addEventListener("input", apply);
  bar.addEventListener("submit", (event) => event.preventDefault());
  let place = tables[0].closest(".pst-scrollable-table-container") ?? tables[0];
  while (!tables.every((table) => place.parentElement.contains(table))) place = place.parentElement;
  place.before(bar);
  apply();
}

const tables = [...document.querySelectorAll("table.filterable")];
if (tables.length) filterable(tables);
