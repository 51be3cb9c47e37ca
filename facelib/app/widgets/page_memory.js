// Keeps what the page shows in the sessionStorage of this browser tab, and hands it to the kernel when the page comes
// back: after a reload, from another page, or after the kernel has died. In Voila's page only: in JupyterLab a cell
// that is run again starts anew.
//
// The kernel writes the state; what is moved without it (strength, tab, opacity) is read from its own widgets. Nothing
// is written while the kernel restores, nor more often than once in PAUSE ms.
//
// The scene is the page's address, too: each new one is a step of back and forward, a drag is one step. An address that
// comes from elsewhere (a link, back, forward) goes to the kernel as it is, which reads it as what a stranger wrote.
const PAUSE = 300;
const GESTURE = 1000; // ms within which changes are one step
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
    at: () => attempt((kept) => kept.getItem(`${key} address`)),
    mark: (address) => attempt((kept) => kept.setItem(`${key} address`, address)),
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
    let scene = null; // the address but for the strength: what was written last
    let changed = -GESTURE; // when it has changed last

    const here = () => window.location.hash.slice(1);
    const words = () => {
      const strength = (live.step?.() ?? 0) / model.get("steps");
      const tab = live.tab?.() ?? 0;
      const known = [model.get("address"), tab ? `tab=${model.get("tabs")[tab] ?? tab}` : ""];
      return [known.filter(Boolean).join("&"), strength ? `strength=${strength}` : ""];
    };
    const mark = () => {
      const [now, strength] = words();
      const address = [now, strength].filter(Boolean).join("&");
      const moment = performance.now();
      const step = scene !== null && now !== scene && moment - changed > GESTURE;
      if (now !== scene) changed = moment;
      scene = now;
      kept.mark(address);
      if (address === here()) return;
      const url = window.location.pathname + window.location.search + (address ? `#${address}` : "");
      window.history[step ? "pushState" : "replaceState"](null, "", url);
    };
    const write = () => {
      window.clearTimeout(timer);
      timer = 0;
      const moved = Object.fromEntries(Object.entries(live).map(([name, value]) => [name, value()]));
      kept.write(JSON.stringify({ ...JSON.parse(model.get("state")), ...moved }));
      mark();
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
      scene = null; // what is shown now is where the address has led: no step of its own
      later();
    };
    const open = (first) => {
      restoring = true;
      window.clearTimeout(timer);
      timer = 0;
      model.send({ open: here().slice(0, LONGEST), first });
    };
    const onAddress = () => {
      const [now, strength] = words();
      if (here() !== [now, strength].filter(Boolean).join("&")) open(false);
    };
    const leave = () => {
      if (timer) write();
    };
    const left = kept.read();
    model.on("msg:custom", onMessage);
    model.on("change:state", later);
    window.addEventListener("pagehide", leave);
    window.addEventListener("popstate", onAddress);
    if (here() && here() !== kept.at()) open(true);
    else if (left === null) begin();
    else model.send({ restore: left.slice(0, LONGEST + 1) });
    const ends = [];
    for (const [name, [reference, trait]] of Object.entries(model.get("live"))) {
      const other = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      live[name] = () => other.get(trait);
      other.on(`change:${trait}`, later);
      ends.push(() => other.off(`change:${trait}`, later));
    }
    if (!restoring) [scene] = words(); // the first step of back leads here
    return () => {
      ends.forEach((end) => end());
      model.off("change:state", later);
      window.clearTimeout(timer);
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("popstate", onAddress);
      model.off("msg:custom", onMessage);
    };
  },
};
