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
