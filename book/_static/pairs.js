// The same step on both clouds (book/_ext/pairs.py). Runs before the page is drawn, so that nothing jumps: the style
// sheet shows tabs where `data-cloud` is set and the screen is narrow. Without this script both panels are there.

(() => {
  const KEY = "two-clouds:cloud";
  const root = document.documentElement;
  const CLOUDS = ["azure", "aws"];

  /** Show a cloud in every pair of the page. */
  function show(cloud) {
    root.dataset.cloud = cloud;
    for (const input of document.querySelectorAll(".pair-tab input")) input.checked = input.value === cloud;
  }

  function remembered() {
    try {
      const cloud = localStorage.getItem(KEY);
      return CLOUDS.includes(cloud) ? cloud : CLOUDS[0];
    } catch { return CLOUDS[0]; }
  }

  /** Open the panel that holds what an address's hash names, if it is hidden; the choice stays as it was remembered. */
  function reveal(hash) {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    const panel = target && target.closest(".pair-panel");
    if (!panel || panel.offsetParent) return null;
    show(CLOUDS.find((cloud) => panel.classList.contains(cloud)));
    return target;
  }

  show(remembered());

  document.addEventListener("DOMContentLoaded", () => {
    show(root.dataset.cloud);
    reveal(location.hash)?.scrollIntoView();
  });
  addEventListener("hashchange", () => reveal(location.hash)?.scrollIntoView());
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href*='#']");
    if (link && link.pathname === location.pathname) reveal(link.hash); // before the browser scrolls there
  });

  document.addEventListener("change", (event) => {
    const tab = event.target.closest(".pair-tab");
    if (!tab) return;
    const before = tab.getBoundingClientRect().top;
    show(event.target.value);
    scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: "instant" }); // the pairs above grew or shrank
    try { localStorage.setItem(KEY, event.target.value); } catch { /* a private window forgets */ }
  });
})();
