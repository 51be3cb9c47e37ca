/* What the slider does, shown once by itself: a slow sweep from strength 0 to 1 and back, while nobody has touched the
 * page yet. It needs pictures that are all here, and ends at the first touch, key, turn of the wheel or change of
 * focus; a strength that it has set, it takes back. It comes once in a browser tab, in Voila's page only (in JupyterLab
 * somebody is at work), and never for who asked for less motion.
 */

const PATIENT = 4000; // ms without a move of the pointer until it begins
const BEAT = 120; // ms a step, as Play has: 4.8 s for 21 strengths, less than the 5 s of WCAG 2.2.2
const SHOWN = "facelib preview"; // in sessionStorage, once it has been shown
const TOUCHES = ["pointerdown", "touchstart", "keydown", "wheel", "focusin"];
const OWN = ".facelib-strength, .facelib-stage"; // who touches these goes on from the strength that is shown

const tab = {
  get shown() {
    try {
      return window.sessionStorage.getItem(SHOWN) !== null;
    } catch {
      return false; // the browser's settings may forbid it
    }
  },
  remember() {
    try {
      window.sessionStorage.setItem(SHOWN, "1");
    } catch {
      // then it comes again with the next page
    }
  },
};

class Preview {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.timer = 0;
    this.at = -1; // steps that were shown
    if (!model.get("preview") || !document.body.dataset.voila || tab.shown) return;
    const options = { capture: true, passive: true };
    this.listeners = [
      ...TOUCHES.map((kind) => [window, kind, (event) => this.end(event)]),
      [window, "pointermove", () => this.at < 0 && this.wait()],
      [document, "visibilitychange", () => (this.at < 0 ? this.wait() : this.end())],
    ];
    for (const [place, kind, act] of this.listeners) place.addEventListener(kind, act, options);
    this.wait();
  }

  wait() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.begin(), PATIENT);
  }

  /** Whether it can begin now; null: never on this page. */
  get ready() {
    const { model, el } = this;
    const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!model.get("preview") || model.get("index") !== 0 || reduced) return null;
    const frames = model.get("frames");
    const there = frames.length > 1 && frames.every((frame) => frame.byteLength);
    const box = el.getBoundingClientRect();
    const seen = document.visibilityState === "visible" && el.checkVisibility() && box.top >= 0 && box.top < window.innerHeight;
    return there && seen && el.dataset.state === "ready";
  }

  begin() {
    const { ready } = this;
    if (ready === null) this.end();
    else if (!ready) this.wait();
    else this.step();
  }

  step() {
    const last = this.model.get("frames").length - 1;
    if (this.at >= 0 && this.model.get("index") !== this.expected) return this.end(); // somebody else has moved it
    this.at += 1;
    this.expected = Math.min(this.at, Math.max(0, 2 * last - this.at));
    this.el.dataset.preview = String(this.expected);
    this.model.set("index", this.expected); // links set what follows; the kernel computes nothing
    if (this.at >= 2 * last) this.end();
    else this.timer = window.setTimeout(() => this.step(), BEAT);
    return undefined;
  }

  /** End it for good; with an event of somebody's, who may be at the slider. */
  end(event) {
    const own = event?.type !== "wheel" && event?.target instanceof Element && event.target.closest(OWN); // a wheel scrolls
    if (this.at >= 0 && !own && this.model.get("index") === this.expected) this.model.set("index", 0);
    tab.remember();
    this.close();
  }

  close() {
    window.clearTimeout(this.timer);
    delete this.el.dataset.preview;
    for (const [place, kind, act] of this.listeners ?? []) place.removeEventListener(kind, act, { capture: true });
    this.listeners = [];
  }
}
