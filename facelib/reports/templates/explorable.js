/* An explorable: the live picture on one computed sweep; no kernel, no network. */

/** What stands in for a widget's model: the state is here, and nobody else is told. */
class Model {
  constructor(data) {
    this.data = data;
    this.state = { step: data.step, label: data.label, look: "" };
    this.calls = {};
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const call of this.calls[`change:${name}`] ?? []) call();
  }

  on(name, call) {
    (this.calls[name] ??= []).push(call);
  }

  off() {}

  save_changes() {}

  send() {
    for (const call of this.calls["msg:custom"]) call({ live: 1, whole: true, data: this.data });
  }
}

const model = new Model(JSON.parse(document.getElementById("facelib-data").textContent));
const menu = document.getElementById("facelib-label");
menu.replaceChildren(...Object.keys(model.data.labels).map((name) => new Option(name, name)));
menu.value = model.data.label;
menu.addEventListener("change", () => model.set("label", menu.value));
document.getElementById("facelib-watched").hidden = false;
document.getElementById("facelib-still").hidden = true;
live.render({ model, el: document.getElementById("facelib-live") });
