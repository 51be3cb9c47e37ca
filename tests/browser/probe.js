// Measures what a person waits for: from an event of the page (key, pointer, slider) to the paint after
// the change that it caused. Playwright runs it before anything else in the page.
(() => {
  const probe = (window.facelibProbe = { events: [], paints: [], start: 0 });

  // A message posted from an animation frame is handled right after that frame has been painted.
  const afterPaint = (kind) => {
    const cause = probe.start;
    if (!cause) return;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        probe.paints.push({ kind, cause, wait: performance.now() - cause });
        channel.port1.close();
      };
      channel.port2.postMessage(null);
    });
  };

  const begin = (event) => {
    if (event.type === "pointermove" && event.buttons === 0) return;
    probe.start = performance.now();
    probe.events.push(probe.start);
  };
  for (const type of ["keydown", "pointerdown", "pointermove"]) {
    window.addEventListener(type, begin, { capture: true, passive: true });
  }

  for (const [type, methods] of [
    [CanvasRenderingContext2D, ["putImageData", "drawImage"]],
    [globalThis.ImageBitmapRenderingContext, ["transferFromImageBitmap"]],
  ]) {
    for (const method of type ? methods : []) {
      const original = type.prototype[method];
      type.prototype[method] = function (...values) {
        const result = original.apply(this, values);
        if (this.canvas.isConnected) afterPaint("picture");
        return result;
      };
    }
  }

  const kindOf = (node) => {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
    if (!element) return null;
    if (element.closest(".noUi-target, input, .widget-readout") || element === document.body) return null; // the slider itself
    if (element.closest(".facelib-announcer")) return null; // heard, not seen; it waits until the slider rests
    if (element.closest("svg, .vega-embed")) return "chart";
    if (element.tagName === "IMG") return "picture";
    return "text";
  };
  new MutationObserver((records) => {
    const kinds = new Set([...new Set(records.map((record) => record.target))].map(kindOf)); // each looked at once
    kinds.delete(null);
    kinds.forEach(afterPaint);
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})();
