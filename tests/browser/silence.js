// Asks the kernel every tenth of a second by sending the watchdog's own ping again, and notes how long each
// answer took; and in which order the parts of a tab were painted. Playwright runs it before anything else.
(() => {
  const silence = (window.facelibSilence = { waits: [], open: [], since: 0, seen: {} });
  const latin = new TextDecoder("latin1"); // a character a byte
  const text = (data) => (typeof data === "string" ? data : latin.decode(data));
  let ping = null;
  let count = 0;

  /** The ping as a message of its own: a kernel takes none twice. */
  const again = () => {
    const digits = String(++count).padStart(8, "0");
    const at = text(ping).indexOf('"msg_id"') + 8;
    const start = text(ping).indexOf('"', at) + 1;
    if (typeof ping === "string") return ping.slice(0, start) + digits + ping.slice(start + 8);
    const copy = ping.slice(0);
    new Uint8Array(copy).set([...digits].map((digit) => digit.charCodeAt(0)), start);
    return copy;
  };
  let socket = null;

  window.WebSocket = class extends window.WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("message", ({ data }) => {
        if (!silence.since || data instanceof Blob || !text(data).includes('"pong"') || !silence.open.length) return;
        silence.waits.push(performance.now() - silence.open.shift());
      });
    }

    send(data) {
      if (text(data).includes('"ping"')) {
        ping = data.slice(0);
        socket = this;
        if (silence.since) silence.open.push(performance.now());
      }
      super.send(data);
    }
  };

  setInterval(() => {
    if (silence.since && socket?.readyState === WebSocket.OPEN) socket.send(again());
  }, 100);

  /** Begin to count; `parts` are selectors by name, each noted when it is first painted. */
  silence.begin = (parts) => {
    Object.assign(silence, { waits: [], open: [], seen: {}, since: performance.now() });
    const look = () => {
      for (const [name, selector] of Object.entries(parts)) {
        const shown = [...document.querySelectorAll(selector)].some((one) => one.getBoundingClientRect().height > 0);
        if (shown) silence.seen[name] ??= performance.now() - silence.since;
      }
      if (silence.since) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };

  /** The longest wait for an answer so far, of those that wait still, too. */
  silence.longest = () => {
    const now = performance.now();
    return Math.max(0, ...silence.waits, ...silence.open.map((sent) => now - sent));
  };
})();
