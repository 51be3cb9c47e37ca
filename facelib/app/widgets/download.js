// A button that asks the kernel for a file and hands it to the browser; nothing is written on the server.
export default {
  render({ model, el }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "facelib-download jupyter-widgets jupyter-button widget-button";
    const said = document.createElement("span");
    said.className = "facelib-download-said";
    said.setAttribute("role", "status");
    el.classList.add("facelib-download-place");
    el.append(button, said);
    let timer = 0;

    const label = () => {
      const done = said.textContent ? "✓ " : ""; // in the button: nothing beside it moves
      button.textContent = model.get("busy") ? "preparing …" : done + model.get("label");
      button.title = said.textContent || model.get("help");
      button.disabled = model.get("disabled");
      button.setAttribute("aria-disabled", String(model.get("disabled") || model.get("busy"))); // it keeps the focus
    };
    const ask = () => {
      if (model.get("busy")) return;
      model.set("busy", true);
      model.send({ wanted: true });
    };
    const save = (message, buffers) => {
      if (!message || !message.name) return;
      const blob = new Blob([buffers[0]], { type: message.type });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = message.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      said.textContent = `Saved: ${message.name}`;
      clearTimeout(timer);
      timer = setTimeout(() => {
        said.replaceChildren();
        label();
      }, 20_000);
      label();
    };

    button.addEventListener("click", ask);
    model.on("msg:custom", save);
    model.on("change", label);
    label();
    return () => model.off("msg:custom", save);
  },
};
