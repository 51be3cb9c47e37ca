// Keeps what the page shows in the sessionStorage of this browser tab, and hands it to the kernel when the page comes
// back: after a reload, from another page, or after the kernel has died. In Voila's page only: in JupyterLab a cell
// that is run again starts anew.
//
// The kernel writes the state; what is moved without it (strength, tab, opacity) is read from its own widgets. Nothing
// is written while the kernel restores, nor more often than once in PAUSE ms.
const PAUSE = 300;
const LONGEST = 20000; // characters, as in page_state.py

function storage() {
  const key = `facelib ${window.location.pathname}`; // the template asks for it, too: loading.macro.html.j2
  const attempt = (action) => {
    try {
      return action(window.sessionStorage);
    } catch {
      return null; // the browser's settings may forbid it
    }
  };
  return {
    read: () => attempt((kept) => kept.getItem(key)),
    write: (text) =>
      attempt((kept) => (text.length > LONGEST ? kept.removeItem(key) : kept.setItem(key, text))),
  };
}

export default {
  async render({ model, el }) {
    el.classList.add("facelib-memory");
    if (!document.body.dataset.voila) return undefined;
    const kept = storage();
    const live = {};
    let timer = 0;
    let restoring = true;

    const write = () => {
      window.clearTimeout(timer);
      timer = 0;
      const moved = Object.fromEntries(Object.entries(live).map(([name, value]) => [name, value()]));
      kept.write(JSON.stringify({ ...JSON.parse(model.get("state")), ...moved }));
    };
    const later = () => {
      if (!restoring) timer ||= window.setTimeout(write, PAUSE);
    };
    const begin = () => {
      restoring = false;
      el.dataset.state = "there";
    };
    const onMessage = (message) => {
      if (!message?.restored) return;
      begin();
      later();
    };
    const leave = () => {
      if (timer) write();
    };
    const left = kept.read();
    model.on("msg:custom", onMessage);
    model.on("change:state", later);
    window.addEventListener("pagehide", leave);
    if (left === null) begin();
    else model.send({ restore: left.slice(0, LONGEST + 1) });
    const ends = [];
    for (const [name, [reference, trait]] of Object.entries(model.get("live"))) {
      const other = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      live[name] = () => other.get(trait);
      other.on(`change:${trait}`, later);
      ends.push(() => other.off(`change:${trait}`, later));
    }
    return () => {
      ends.forEach((end) => end());
      model.off("change:state", later);
      window.clearTimeout(timer);
      window.removeEventListener("pagehide", leave);
      model.off("msg:custom", onMessage);
    };
  },
};
