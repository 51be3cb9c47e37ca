/* Brings the style sheet, and says to assistive technology what ipywidgets does not: the names of sliders, of the
 * numbers beside them and of the play buttons, which toggle button is pressed or has unfolded something, errors at once,
 * and how far what is computed has come, now and then. Links lead the keyboard past the settings.
 *
 * Controls are named as soon as they come, and once more after the page has been quiet for a while; only their states
 * are followed one by one.
 */

const QUIET = 100; // ms without new elements until they are looked at: never during a drag
const LONGEST = 2000; // ms that a page which never rests waits for that
const SLIDER = "[role=slider]";
const NUMBER = ".widget-readout[contenteditable]";
const TRACK = ".noUi-target";
const TOGGLE = ".widget-toggle-button";
const FOLD = "facelib-fold";
const ICON = ".widget-play > button > i";
const MESSAGES = ".facelib-messages > .widget-html-content";
const STATUS = ".facelib-status"; // what is computed, and how far it is
const SETTLED = 400; // ms until a status is said, if it is still there
const AGAIN = 20000; // ms until a status that differs in its numbers only is said again
const TAKEN = 200; // ms until a number that was written is taken
const READ = 6000; // ms that it is said which numbers can be
const KEPT = 4000; // ms that a status stays where it is read from
const ICONS = { "fa-play": "Play the strengths", "fa-pause": "Pause", "fa-stop": "Stop", "fa-retweet": "Repeat" };

const SKIPS = [["Skip to strength", ".live-strength"], ["Skip to classifiers", ".facelib-live h2"]];

/** Set an attribute only if that changes it, so that nothing is announced twice. */
function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** What was written as a number; NaN where it is none. */
function numberOf(written) {
  return written.trim() ? Number(written.trim().replace(",", ".").replace("\u2212", "-")) : NaN;
}

/** Links to the parts of the first tab that are used most, seen while they have the focus: a keyboard's way past the settings. */
function skipLinks(root) {
  if (root.querySelector(".facelib-skips") || !SKIPS.every(([, there]) => root.querySelector(`.facelib-tab-0 ${there}`))) return;
  const links = document.createElement("nav");
  links.className = "facelib-skips";
  links.setAttribute("aria-label", "Skip");
  for (const [words, there] of SKIPS) {
    const link = Object.assign(document.createElement("a"), { href: "#", textContent: words });
    link.addEventListener("click", (event) => goTo(event, root.querySelector(`.facelib-tab-0 ${there}`)));
    links.append(link);
  }
  root.prepend(links);
}

/** Bring the focus to a place and the place into sight. */
function goTo(event, target) {
  event.preventDefault();
  if (target.tabIndex < 0) target.tabIndex = -1; // a heading
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
}

/** Name a slider's handle as the eye does: by the label beside it; its help text is the description. */
function nameSlider(handle) {
  const label = handle.closest(".widget-slider")?.querySelector(".widget-label");
  const help = label?.title === "null" ? "" : label?.title; // ipywidgets writes a missing tooltip as "null"
  const name = label?.textContent.trim() || help;
  if (!name) return;
  set(handle, "aria-label", name);
  const slider = handle.closest(".widget-slider");
  if (slider.matches(".facelib-moment, .facelib-bar *")) slider.querySelector(NUMBER)?.removeAttribute("contenteditable");
  const number = slider.querySelector(NUMBER);
  if (number) {
    set(number, "role", "textbox");
    set(number, "aria-label", `${name}, as a number`);
  }
  if (help && help !== name) set(handle, "aria-description", help);
}

/** Say the state of a slider's handle as the number beside it, of a toggle button, of the icon of a play button. */
function sayState(element) {
  if (element.matches(SLIDER)) {
    const readout = element.closest(".widget-slider")?.querySelector(".widget-readout");
    if (readout?.textContent) set(element, "aria-valuetext", readout.textContent.trim());
  } else if (element.matches(TRACK)) {
    const disabled = element.hasAttribute("disabled");
    for (const handle of element.querySelectorAll(SLIDER)) set(handle, "aria-disabled", String(disabled));
    const number = element.closest(".widget-slider")?.querySelector(NUMBER);
    if (number) set(number, "contenteditable", String(!disabled)); // ipywidgets lets it be written in
  } else if (element.matches(TOGGLE)) {
    const name = element.classList.contains(FOLD) ? "aria-expanded" : "aria-pressed";
    set(element, name, String(element.classList.contains("mod-active")));
  } else {
    const icon = Object.keys(ICONS).find((name) => element.classList.contains(name));
    const own = icon === "fa-play" && element.closest(".facelib-moments") ? "Play the recording" : ICONS[icon];
    if (icon) set(element.parentElement, "aria-label", own);
  }
}

/** Read out what the page computes: each new sentence, but not each of its numbers. */
class Announcer {
  constructor(root) {
    this.place = document.createElement("div");
    this.place.className = "facelib-announcer";
    this.place.setAttribute("role", "status");
    root.append(this.place);
    this.said = new Map(); // by place: the sentence without its numbers, and when
    this.timers = new Map();
    this.texts = new MutationObserver((records) => {
      for (const place of new Set(records.map((record) => record.target))) this.heard(place);
    });
  }

  follow(place) {
    if (this.said.has(place)) return;
    this.said.set(place, { shape: "", time: 0 });
    this.texts.observe(place, { childList: true });
    this.heard(place);
  }

  heard(place) {
    if (!this.timers.get(place)) this.timers.set(place, window.setTimeout(() => this.say(place), SETTLED));
  }

  say(place) {
    this.timers.set(place, 0);
    const failed = place.closest(".facelib-card, .facelib-header")?.querySelector(".facelib-message");
    const ended = this.said.get(place).shape && !failed ? "Done." : "";
    const text = place.querySelector(STATUS)?.textContent.trim() || ended;
    const shape = text.replace(/[\d.,]+/g, "0");
    const { shape: before, time } = this.said.get(place);
    const now = performance.now();
    if (shape === before && (shape === "Done." || now - time < AGAIN)) return;
    this.said.set(place, { shape, time: now });
    if (!text) return;
    this.place.textContent = text;
    window.clearTimeout(this.fading);
    this.fading = window.setTimeout(() => this.place.replaceChildren(), KEPT);
  }

  close() {
    this.texts.disconnect();
    [this.fading, ...this.timers.values()].forEach(window.clearTimeout);
    this.place.remove();
  }
}

/** A touch on a slider's track is left to the browser, which scrolls, or clicks there once it was a tap. */
function leaveToBrowser(event) {
  if (event.target.closest?.(".noUi-base") && !event.target.closest(".noUi-handle")) event.stopPropagation();
}

/** The focus of a button that can't be used any more goes to the one beside it that can, from Run to Stop and back;
 * elsewhere to the title of its card: after the last Undo, Enter must not draw a random face.
 */
class FocusKeeper {
  constructor(root) {
    this.root = root;
    this.note = ({ target }) => {
      this.last = target;
    };
    root.addEventListener("focusin", this.note);
    this.observer = new MutationObserver(() => this.pass());
    this.observer.observe(root, { attributeFilter: ["disabled"], subtree: true });
  }

  pass() {
    const lost = document.activeElement === document.body || document.activeElement === this.last;
    if (!lost || !this.last?.isConnected || !this.last.matches("button:disabled")) return;
    const pair = this.last.closest(".facelib-filling"); // of which one may be enabled a moment later
    const title = this.last.closest(".facelib-card")?.querySelector(".facelib-title h2");
    if (pair) pair.querySelector("button:enabled")?.focus({ preventScroll: true });
    else if (title) {
      title.tabIndex = -1;
      title.focus({ preventScroll: true });
    }
  }

  close() {
    this.observer.disconnect();
    this.root.removeEventListener("focusin", this.note);
  }
}

/** The key Enter, as ipywidgets asks for it. */
const enter = () => Object.assign(new Event("keydown", { bubbles: true, cancelable: true }), { keyCode: 13, key: "Enter" });

/** A number that is written beside a slider is taken when it is left, too, which ipywidgets does for Enter alone; and
 * one that can't be is not changed without a word.
 */
class NumberKeeper {
  constructor(root) {
    this.root = root;
    this.tip = document.createElement("div");
    Object.assign(this.tip, { className: "facelib-tip facelib-range", popover: "manual", role: "alert" });
    root.append(this.tip);
    this.note = ({ type, target, key }) => {
      if (!target.matches?.(NUMBER) || (type === "keydown" && key !== "Enter")) return;
      this.check(target, target.textContent.trim());
      if (type === "focusout") target.dispatchEvent(enter());
    };
    this.hide = () => this.tip.matches(":popover-open") && this.tip.hidePopover();
    this.come = ({ target, relatedTarget }) => {
      this.hide();
      const byKey = target.matches?.(NUMBER) && relatedTarget && !root.querySelector(":active");
      if (byKey) window.getSelection().selectAllChildren(target); // what is typed takes its place, as in other fields
    };
    for (const kind of ["keydown", "focusout"]) root.addEventListener(kind, this.note, true);
    root.addEventListener("focusin", this.come);
  }

  check(number, written) {
    const slider = number.closest(".widget-slider");
    const label = slider?.querySelector(".widget-label")?.textContent.trim();
    const handle = slider?.querySelector(SLIDER);
    if (!handle || written === this.written) return;
    const before = handle.getAttribute("aria-valuetext");
    this.written = written; // Enter may come before it is left
    window.setTimeout(() => {
      this.written = undefined;
      const [low, high] = ["aria-valuemin", "aria-valuemax"].map((name) => Number(handle.getAttribute(name)));
      const value = numberOf(written);
      if (value >= low && value <= high) {
        this.hide();
        return;
      }
      const now = number.textContent.trim();
      const [kept, becomes] = [`it stays at ${now}`, `it is ${now} now`];
      this.tell(number, `${label} is a number from ${low} to ${high}; ${now === before ? kept : becomes}.`);
    }, TAKEN);
  }

  /** Say something beside a number for a while. */
  tell(number, words) {
    this.tip.textContent = words;
    this.tip.showPopover();
    const [place, box] = [number.getBoundingClientRect(), this.tip.getBoundingClientRect()];
    const zoom = this.tip.currentCSSZoom ?? 1; // of larger text
    this.tip.style.left = `${Math.max(4, Math.min(place.left, window.innerWidth - box.width - 4)) / zoom}px`;
    this.tip.style.top = `${(place.bottom + box.height > window.innerHeight ? place.top - box.height : place.bottom) / zoom}px`;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.hide, READ);
  }

  close() {
    window.clearTimeout(this.timer);
    for (const kind of ["keydown", "focusout"]) this.root.removeEventListener(kind, this.note, true);
    this.root.removeEventListener("focusin", this.come);
    this.tip.remove();
  }
}

/** Whoever clicked a slider's track goes on with the arrow keys: its handle has the focus then. */
function focusHandle({ target }) {
  const track = target.closest?.(TRACK);
  const handles = track?.querySelectorAll(SLIDER) ?? [];
  if (handles.length === 1 && !track.hasAttribute("disabled")) handles[0].focus({ preventScroll: true });
}

/** Tell whether what changed may hold controls: marks of charts and numbers beside sliders change with each step of a drag. */
function bringsControls(target) {
  return !(target instanceof SVGElement) && !target.matches?.(".widget-readout, .facelib-chart-legend");
}

/** Follow whether it is dark around the page: the system's wish in Voila, the theme in JupyterLab. */
class Shade {
  constructor(root) {
    const { body } = document;
    this.wish = window.matchMedia("(prefers-color-scheme: dark)");
    this.show = () => {
      const dark = body.dataset.voila ? this.wish.matches : body.dataset.jpThemeLight === "false";
      root.classList.toggle("facelib-dark", dark);
      if (body.dataset.voila) body.classList.toggle("facelib-around-dark", dark); // JupyterLab has its own ground
    };
    this.theme = new MutationObserver(this.show);
    this.theme.observe(body, { attributeFilter: ["data-jp-theme-light"] });
    this.wish.addEventListener("change", this.show);
    this.show();
  }

  close() {
    this.theme.disconnect();
    this.wish.removeEventListener("change", this.show);
  }
}

/** Who presses the track of a slider may go on dragging: noUiSlider moves the handle there, and lets go of it. */
function dragOn(event) {
  const track = event.button === 0 && event.target.closest?.(TRACK);
  if (!track || event.target.closest(SLIDER) || track.matches("[disabled], [disabled] *")) return;
  let held = true;
  const end = () => (held = false);
  window.addEventListener("mouseup", end, { capture: true, once: true });
  window.setTimeout(() => { // once the handle is there
    window.removeEventListener("mouseup", end, { capture: true });
    const handles = [...track.querySelectorAll(SLIDER)];
    if (!held || handles.length !== 1) return;
    track.classList.remove("noUi-state-tap"); // while the handle glides there, it takes no other press
    const { clientX, clientY } = event;
    const press = { bubbles: true, cancelable: true, view: window, button: 0, buttons: 1, clientX, clientY };
    (handles[0].firstElementChild ?? handles[0]).dispatchEvent(new MouseEvent("mousedown", press));
  });
}

/** Name all controls below `root`, now and later; return what ends that. */
function follow(root) {
  const followed = new WeakSet();
  const states = new MutationObserver((records) => {
    for (const element of new Set(records.map((record) => record.target))) sayState(element);
    states.takeRecords(); // our own writing
  });
  const announcer = new Announcer(root);
  const nameAll = (place) => {
    place.querySelectorAll(SLIDER).forEach(nameSlider);
    for (const element of place.querySelectorAll(`${SLIDER}, ${TRACK}, ${TOGGLE}, ${ICON}`)) {
      if (followed.has(element)) continue;
      followed.add(element);
      sayState(element);
      const changing = element.matches(SLIDER) ? "aria-valuetext" : element.matches(TRACK) ? "disabled" : "class";
      states.observe(element, { attributeFilter: [changing] });
    }
  };
  const look = () => {
    skipLinks(root);
    for (const place of root.querySelectorAll(MESSAGES)) set(place, "role", "alert");
    for (const text of root.querySelectorAll(STATUS)) announcer.follow(text.parentElement);
    nameAll(root);
  };
  let timer = 0;
  let last = 0; // when they must have been looked at
  const elements = new MutationObserver((records) => {
    const bringing = records.filter(({ target }) => bringsControls(target));
    if (!bringing.length) return;
    for (const { addedNodes } of bringing) {
      for (const place of addedNodes) if (place instanceof HTMLElement) nameAll(place);
    }
    const now = performance.now();
    if (!timer) last = now + LONGEST;
    window.clearTimeout(timer);
    timer = window.setTimeout(
      () => {
        timer = 0;
        look();
      },
      Math.max(0, Math.min(QUIET, last - now)),
    );
  });
  elements.observe(root, { childList: true, subtree: true });
  const keepers = [new FocusKeeper(root), new NumberKeeper(root), new Shade(root)];
  root.addEventListener("pointerup", focusHandle);
  root.addEventListener("mousedown", dragOn, { capture: true });
  root.addEventListener("touchstart", leaveToBrowser, { capture: true, passive: true });
  look();
  return () => {
    window.clearTimeout(timer);
    elements.disconnect();
    states.disconnect();
    keepers.forEach((keeper) => keeper.close());
    root.removeEventListener("touchstart", leaveToBrowser, { capture: true });
    root.removeEventListener("pointerup", focusHandle);
    root.removeEventListener("mousedown", dragOn, { capture: true });
    announcer.close();
  };
}

export default {
  render({ model, el }) {
    el.classList.add("facelib-pagestyle");
    model.send({ there: true }); // all widgets are built: what changed in the meantime can come
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
