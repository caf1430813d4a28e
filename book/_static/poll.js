// A page's questions for a room: one at a time, large, with lettered answers; what each answer says comes when asked for.
// Opened by the button at the end of a page, or by its address with #poll (#poll-3: the third). No commitment is touched.

(() => {
  const asks = [...document.querySelectorAll(".ask")];

  /** A copy of what an element holds, for another place: without ids. */
  function copied(element) {
    const copy = element.cloneNode(true);
    for (const each of copy.querySelectorAll("[id]")) each.removeAttribute("id");
    return [...copy.childNodes];
  }

  function made(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /** What a question looks like: its prompt, its answers, and (`told`) what each of them says. */
  function slide(form, told) {
    const options = [...form.querySelectorAll(".ask-option span")];
    const remarks = [...form.querySelectorAll(".ask-remarks li")];
    const list = made("ol", { class: "poll-answers" });
    if (form.dataset.kind === "number") {
      list.append(made("li", { class: "poll-number" }, "a number of ", ...copied(options[0])));
    } else {
      for (const option of options) list.append(made("li", {}, made("div", {}, ...copied(option))));
    }
    if (told && form.dataset.kind === "number") {
      list.append(...remarks.map((remark, index) => made("li", { class: "poll-number" }, said(form, remark, index))));
    } else if (told) {
      remarks.forEach((remark, index) => list.children[index].append(said(form, remark, index)));
    }
    return [...copied(form.querySelector(".ask-prompt")), list];
  }

  /** The remark on an answer; the right one's is set off. */
  function said(form, remark, index) {
    const right = String(index) === form.dataset.right;
    return made("div", { class: right ? "poll-remark right" : "poll-remark" }, ...copied(remark));
  }

  function poll() {
    const title = made("h2", { id: "poll-title", tabindex: "-1" });
    const content = made("div", { class: "poll-content", "aria-live": "polite" });
    const buttons = ["Previous", "What each answer says", "Next", "Close"].map((words) => made("button", { type: "button" }, words));
    const [previous, tell, next, close] = buttons;
    const dialog = made("dialog", { class: "poll", "aria-labelledby": "poll-title" }, title, content, made("div", { class: "poll-act" }, ...buttons));
    const page = document.querySelector("h1")?.firstChild?.textContent.trim() ?? "";
    let at = 0;
    let told = false;

    const show = (index, telling = false) => {
      const focused = document.activeElement;
      at = Math.min(Math.max(index, 0), asks.length - 1);
      told = telling;
      title.textContent = `${page}: ${at + 1} of ${asks.length}`;
      content.replaceChildren(...slide(asks[at], told));
      content.scrollTop = 0;
      previous.disabled = at === 0;
      next.disabled = at === asks.length - 1;
      tell.hidden = !asks[at].querySelector(".ask-remarks");
      tell.setAttribute("aria-pressed", String(told));
      if (focused.disabled || focused.hidden) title.focus(); // a button that has gone takes the keyboard with it
    };
    previous.addEventListener("click", () => show(at - 1));
    next.addEventListener("click", () => show(at + 1));
    tell.addEventListener("click", () => show(at, !told));
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") dialog.close(); // the theme keeps the key for its search
      const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      show(at + by);
    });
    document.body.append(dialog);
    return (index) => { show(index); if (!dialog.open) dialog.showModal(); };
  }

  if (asks.length) {
    const open = poll();
    const button = made("button", { type: "button" }, "Show the questions of this page to a room, one by one");
    button.addEventListener("click", () => open(0));
    document.querySelector(".bd-article")?.append(made("p", { class: "poll-open" }, button));
    const follow = () => {
      const found = /^#poll(?:-(\d+))?$/.exec(location.hash);
      if (found) open(Number(found[1] ?? 1) - 1);
    };
    addEventListener("hashchange", follow);
    follow();
  }
})();
