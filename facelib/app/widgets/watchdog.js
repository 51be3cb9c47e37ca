// Pings the kernel. Three pings in a row without an answer may mean that it computes, or that it is gone: the
// page asks before it says which. Unanswered pings are counted, not seconds: a hidden tab's timer may run once
// a minute, a laptop may sleep.
const SILENT = 3;
const LOST = 10;

function settings() {
  try {
    return JSON.parse(document.getElementById("jupyter-config-data").textContent);
  } catch {
    return {};
  }
}

// What has become of the kernel: "computing", "ended", "locked" (the server wants another token), "unreachable", or ""
// if nothing is known.
async function fate(model) {
  const { kernelId, baseUrl, token } = settings();
  if (!kernelId) return model.widget_manager?.kernel?.status === "busy" ? "computing" : ""; // JupyterLab
  try {
    const headers = token ? { Authorization: `token ${token}` } : {};
    const answer = await fetch(`${baseUrl}api/kernels/${kernelId}`, { headers, cache: "no-store" });
    if (answer.ok) return "computing";
    return [401, 403].includes(answer.status) ? "locked" : "ended";
  } catch {
    return "unreachable";
  }
}

// A place that stands in the page before it is written in: what comes with its text is often not read out.
function place(role) {
  const element = document.createElement("div");
  element.setAttribute("role", role);
  document.body.append(element);
  return element;
}

function fill(element, state, text) {
  element.className = state === "computing" ? "facelib-computing" : "facelib-ended";
  element.append(text);
  if (state !== "computing" && document.body.dataset.voila) {
    const reload = document.createElement("button");
    reload.type = "button";
    reload.textContent = "Reload";
    reload.addEventListener("click", () => window.location.reload());
    element.append(reload);
  }
}

function clear(element) {
  element.removeAttribute("class");
  element.replaceChildren();
}

export default {
  render({ model, el }) {
    el.classList.add("facelib-watchdog");
    let sent = 0;
    let missing = 0;
    let asking = false;
    let gone = false; // the server couldn't be reached
    const [status, alert] = ["status", "alert"].map(place);
    el.dataset.state = "alive";

    const show = (state) => {
      if (el.dataset.state === state) return;
      [status, alert].forEach(clear);
      if (state !== "alive") fill(state === "computing" ? status : alert, state, model.get(state));
      el.dataset.state = state;
    };
    const ask = async () => {
      if (asking) return;
      asking = true;
      const known = await fate(model);
      asking = false;
      if (missing < SILENT) return;
      show(known || (missing >= LOST ? "ended" : "computing"));
      if (gone && known === "ended" && document.body.dataset.voila) window.location.reload(); // it was started again
      gone ||= known === "unreachable";
    };
    const onMessage = (message) => {
      if (message?.pong === undefined) return;
      missing = 0;
      show("alive");
    };
    const ping = () => {
      if (missing >= SILENT) ask();
      sent += 1;
      missing += 1;
      try {
        model.send({ ping: sent });
      } catch {
        // The connection is gone: counts as an answer that is missing.
      }
    };

    const leaving = (event) => {
      if (model.get("unsaved").length && !["ended", "locked"].includes(el.dataset.state)) event.preventDefault();
    };

    window.onbeforeunload = leaving; // in Voila's page addEventListener means pagehide, see the template
    model.on("msg:custom", onMessage);
    const timer = window.setInterval(ping, model.get("period"));
    ping();
    return () => {
      window.clearInterval(timer);
      if (window.onbeforeunload === leaving) window.onbeforeunload = null;
      model.off("msg:custom", onMessage);
      missing = 0;
      status.remove();
      alert.remove();
    };
  },
};
