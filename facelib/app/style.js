/* Brings the style sheet, and says to assistive technology what ipywidgets does not: the names of sliders and of the
 * play buttons, the strength instead of its step, and which toggle button is pressed.
 *
 * Controls are named once, after the page has been quiet for a while; only their states are followed one by one.
 */

const QUIET = 100; // ms without new elements until they are looked at: never during a drag
const SLIDER = "[role=slider]";
const TOGGLE = ".widget-toggle-button";
const ICON = ".widget-play > button > i";
const ICONS = { "fa-play": "Play the strengths", "fa-pause": "Pause", "fa-stop": "Stop", "fa-retweet": "Repeat" };

/** Set an attribute only if that changes it, so that nothing is announced twice. */
function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Name a slider's handle as the eye does: by the label beside it; its help text is the description. */
function nameSlider(handle) {
  const label = handle.closest(".widget-slider")?.querySelector(".widget-label");
  const help = label?.title === "null" ? "" : label?.title; // ipywidgets writes a missing tooltip as "null"
  const name = label?.textContent.trim() || help;
  if (!name) return;
  set(handle, "aria-label", name);
  if (help && help !== name) set(handle, "aria-description", help);
}

/** Say the state of a slider's handle as the number beside it, of a toggle button, of the icon of a play button. */
function sayState(element) {
  if (element.matches(SLIDER) && !element.closest(".facelib-strength")) {
    const readout = element.closest(".widget-slider")?.querySelector(".widget-readout");
    if (readout?.textContent) set(element, "aria-valuetext", readout.textContent.trim());
  } else if (element.matches(SLIDER)) {
    const [now, max] = ["aria-valuenow", "aria-valuemax"].map((name) => Number(element.getAttribute(name)));
    set(element, "aria-valuetext", `strength ${(now / max).toFixed(2)}`);
  } else if (element.matches(TOGGLE)) {
    set(element, "aria-pressed", String(element.classList.contains("mod-active")));
  } else {
    const icon = Object.keys(ICONS).find((name) => element.classList.contains(name));
    const own = icon === "fa-play" && element.closest(".facelib-moments") ? "Play the recording" : ICONS[icon];
    if (icon) set(element.parentElement, "aria-label", own);
  }
}

/** Name all controls below `root`, now and later; return what ends that. */
function follow(root) {
  const followed = new WeakSet();
  const states = new MutationObserver((records) => {
    for (const element of new Set(records.map((record) => record.target))) sayState(element);
    states.takeRecords(); // our own writing
  });
  const look = () => {
    root.querySelectorAll(SLIDER).forEach(nameSlider);
    for (const element of root.querySelectorAll(`${SLIDER}, ${TOGGLE}, ${ICON}`)) {
      if (followed.has(element)) continue;
      followed.add(element);
      sayState(element);
      states.observe(element, { attributeFilter: [element.matches(SLIDER) ? "aria-valuetext" : "class"] });
    }
  };
  let timer = 0;
  const elements = new MutationObserver(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, QUIET);
  });
  elements.observe(root, { childList: true, subtree: true });
  look();
  return () => {
    window.clearTimeout(timer);
    elements.disconnect();
    states.disconnect();
  };
}

export default {
  render({ el }) {
    el.classList.add("facelib-pagestyle");
    let timer = 0;
    let end = () => {};
    const begin = () => {
      const root = el.closest(".facelib-app");
      if (root) end = follow(root);
      else if (!el.isConnected) timer = window.setTimeout(begin, QUIET); // rendered before it is put into the page
    };
    begin();
    return () => {
      window.clearTimeout(timer);
      end();
    };
  },
};
