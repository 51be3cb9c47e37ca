// Pings the kernel; three pings in a row without an answer mean that the session has ended.
// Unanswered pings are counted, not seconds: a hidden tab's timer may run once a minute, a laptop may sleep.
const MISSING = 3;

function banner(text) {
  const element = document.createElement("div");
  element.className = "facelib-ended";
  element.setAttribute("role", "alert");
  const reload = document.createElement("button");
  reload.type = "button";
  reload.textContent = "Reload";
  reload.addEventListener("click", () => window.location.reload());
  element.append(text);
  if (document.body.dataset.voila) element.append(reload);
  return element;
}

export default {
  render({ model, el }) {
    el.classList.add("facelib-watchdog");
    let sent = 0;
    let missing = 0;
    let shown = null;
    el.dataset.state = "alive";

    const alive = () => {
      missing = 0;
      if (!shown) return;
      shown.remove();
      shown = null;
      el.dataset.state = "alive";
    };
    const ended = () => {
      if (shown) return;
      shown = banner(model.get("text"));
      document.body.append(shown);
      el.dataset.state = "ended";
    };
    const onMessage = (message) => {
      if (message?.pong !== undefined) alive();
    };
    const ping = () => {
      if (missing >= MISSING) ended();
      sent += 1;
      missing += 1;
      try {
        model.send({ ping: sent });
      } catch {
        // The connection is gone: counts as an answer that is missing.
      }
    };

    model.on("msg:custom", onMessage);
    const timer = window.setInterval(ping, model.get("period"));
    ping();
    return () => {
      window.clearInterval(timer);
      model.off("msg:custom", onMessage);
      shown?.remove();
    };
  },
};
