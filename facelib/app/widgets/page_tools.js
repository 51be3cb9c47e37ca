/* Undo, Redo and Share: a dialog with the link to what is shown, and the session as a file, out and in.
 *
 * The kernel answers all of it. What others wrote is sent to it as it is, and shown as text only. Where the page has
 * an address of its own (Voila) the link is that; in JupyterLab it is the scene alone. No link holds the token: the
 * page's address has it behind "?".
 */
const LONGEST = 100000; // characters, as in session.py
const COPIED = 4000; // ms that "Copied" stands
const OWN = /^(localhost|127(\.\d+){3}|\[::1\])$/; // names of this computer for itself
const WRITES = "input, textarea, select, [contenteditable=true]";

function pressed(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest?.(WRITES)) return "";
  const key = event.key.toLowerCase();
  if (key === "z") return event.shiftKey ? "redo" : "undo";
  return key === "y" && !event.shiftKey ? "redo" : "";
}

class Tools {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    el.classList.add("facelib-tools");
    this.undo = this.button("↶", "Undo: go back one change of this part of the page; the strength has its slider (Ctrl+Z)", () => this.press("undo"));
    this.redo = this.button("↷", "Redo: take back the last Undo (Ctrl+Shift+Z)", () => this.press("redo"));
    this.share = this.button("Share", "A link to what is shown, and the session as a file", () => this.open());
    this.share.setAttribute("aria-haspopup", "dialog");
    this.undo.setAttribute("aria-label", "Undo");
    this.redo.setAttribute("aria-label", "Redo");
    this.build();
    el.replaceChildren(this.undo, this.redo, this.share, this.dialog);
    this.onKey = (event) => this.key(event);
    this.onMessage = (message) => this.answer(message);
    this.show = () => {
      this.hold(this.undo, !model.get("can_undo"));
      this.hold(this.redo, !model.get("can_redo"));
    };
    document.addEventListener("keydown", this.onKey);
    model.on("msg:custom", this.onMessage);
    model.on("change:can_undo change:can_redo", this.show);
    this.show();
  }

  button(words, help, press) {
    const made = element("button", "facelib-tools-button", words);
    made.type = "button";
    made.title = help;
    made.addEventListener("click", press);
    return made;
  }

  /** A button that can't be used now keeps the focus. */
  hold(button, still) {
    button.setAttribute("aria-disabled", String(still));
  }

  /** Whether there is something to undo is the kernel's to say: on a busy machine the button learns of it late. */
  press(what) {
    this.model.send({ press: what });
  }

  key(event) {
    const root = this.el.closest(".facelib-app");
    const here = root?.contains(event.target) || (document.body.dataset.voila && event.target === document.body);
    const what = here && !this.dialog.open ? pressed(event) : "";
    if (!what) return;
    event.preventDefault();
    this.press(what);
  }

  build() {
    this.dialog = element("dialog", "facelib-tools-dialog");
    const title = element("h2", "", "Share what is shown");
    title.id = "facelib-share-title";
    this.dialog.setAttribute("aria-labelledby", title.id);
    const close = this.button("Close", "", () => this.dialog.close());
    const head = element("header", "");
    head.append(title, close);

    this.link = this.field("Link to this scene", true);
    this.copy = this.button("Copy link", "", () => this.copied());
    const save = this.button("Save session", "", () => this.save());
    this.given = this.field("Link of somebody else", false);
    this.given.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.send(this.given.value);
    });
    const go = this.button("Open link", "", () => this.send(this.given.value));
    this.file = element("input", "facelib-tools-file");
    this.file.type = "file";
    this.file.accept = ".json,application/json";
    this.file.setAttribute("aria-label", "Session’s file");
    this.file.addEventListener("change", () => this.read(this.file.files[0]));
    this.status = element("p", "facelib-tools-said");
    this.status.setAttribute("role", "status");
    const part = (heading, words, ...children) => {
      const box = element("section", "");
      const row = element("div", "facelib-tools-row");
      row.append(...children);
      box.append(element("h3", "", heading), element("p", "", words), row);
      return box;
    };
    this.dialog.append(
      head,
      part("Link", this.where(), this.link, this.copy),
      part("Session", "How all parts of the page are set, as a file. Pictures and results aren’t in it.", save),
      part("Open", "A link, or a session’s file. Nothing is started by it, and Undo leads back.", this.given, go, this.file),
      this.status,
    );
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => this.ask(0));
    this.dialog.addEventListener("keydown", (event) => event.stopPropagation()); // JupyterLab's shortcuts
  }

  /** The page that the link leads to: "" in JupyterLab. */
  place() {
    const { origin, pathname } = window.location;
    return document.body.dataset.voila ? `${origin}${pathname}#` : "";
  }

  where() {
    const without = "No picture is in it, and nothing that is pinned.";
    if (!this.place()) return `It is pasted below, or behind the # of facelib’s page. ${without}`;
    const reached = OWN.test(window.location.hostname)
      ? "It has this computer’s own address: others paste it into their own facelib, below. Who has none takes an Explorable, under Download."
      : "It opens face, change, strength, emotion and map wherever this computer can be reached, and asks for the token that lets people in.";
    return `${reached} ${without}`;
  }

  field(label, fixed) {
    const made = element("input", "facelib-tools-field");
    made.type = "text";
    made.readOnly = fixed;
    made.spellcheck = false;
    made.autocomplete = "off";
    made.setAttribute("aria-label", label);
    if (!fixed) made.placeholder = "Paste a link";
    made.addEventListener("focus", () => made.select());
    return made;
  }

  open() {
    this.say("");
    this.shared = null;
    this.link.value = "";
    this.given.value = this.file.value = "";
    this.hold(this.copy, true);
    this.dialog.showModal();
    this.ask(Date.now());
  }

  /** While the dialog is open the kernel answers anew to whatever reaches it late. */
  ask(sharing) {
    this.model.set("sharing", sharing);
    this.model.save_changes();
  }

  answer(message) {
    if (message?.shared && this.dialog.open) {
      this.shared = message.shared;
      this.link.value = this.place() + this.shared.address;
      this.hold(this.copy, false);
      if (this.saves) this.save();
    }
    if (message?.refused !== undefined) this.say(message.refused);
    if (message?.opened !== undefined) this.dialog.close();
  }

  async copied() {
    if (!this.shared) return;
    this.link.select();
    let done = false;
    try {
      await navigator.clipboard.writeText(this.link.value);
      done = true;
    } catch {
      done = document.execCommand("copy"); // without https, or where the browser forbids the other way
    }
    this.say(done ? "Copied." : "The browser forbids copying: press Ctrl+C.");
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.say(""), COPIED);
  }

  save() {
    this.saves = !this.shared;
    if (this.saves) return;
    const blob = new Blob([this.shared.session], { type: "application/json" });
    const link = element("a", "");
    link.href = URL.createObjectURL(blob);
    link.download = this.shared.name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    this.say(`Saved: ${this.shared.name}`);
  }

  send(text) {
    if (!text.trim()) this.say("There is no link yet: paste one.");
    else if (text.length > LONGEST) this.say("This is too long for a link or a session.");
    else this.model.send({ open: text });
  }

  async read(file) {
    if (!file) return;
    if (file.size > 4 * LONGEST) this.say("This file is too large for a session.");
    else this.send(await file.text());
    this.file.value = ""; // the same file can be chosen again
  }

  say(words) {
    write(this.status, words);
  }

  close() {
    window.clearTimeout(this.timer);
    document.removeEventListener("keydown", this.onKey);
    this.model.off("msg:custom", this.onMessage);
    this.dialog.close();
  }
}

function render({ model, el }) {
  const tools = new Tools(model, el);
  return () => tools.close();
}

export default { render };
