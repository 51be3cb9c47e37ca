/* A place for one's own files: dropped, chosen, or (pictures) taken with the camera.
 *
 * Type and size are checked here, before anything is sent; the kernel checks again. Nothing is kept: the bytes go to
 * the kernel of this session, those of a large file in parts.
 */

const SIDE = 720; // px of a picture from the camera
const MILLION = 1e6;

class DropZone {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.stream = null;
    this.build();
    this.bind();
    this.label();
  }

  build() {
    this.el.classList.add("facelib-drop");
    this.zone = element("label", "facelib-drop-zone");
    this.text = element("span", "facelib-drop-text");
    this.input = element("input", "facelib-drop-input");
    this.input.type = "file";
    this.zone.append(this.input, this.text);
    this.camera = element("button", "facelib-drop-camera jupyter-widgets jupyter-button widget-button", "Use the camera");
    this.camera.type = "button";
    this.camera.hidden = !this.model.get("camera") || !navigator.mediaDevices?.getUserMedia; // where it is allowed
    this.video = element("video", "facelib-drop-video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.hidden = true;
    this.video.setAttribute("aria-label", "what the camera sees, mirrored");
    this.message = element("p", "facelib-drop-message");
    this.message.setAttribute("role", "alert");
    this.el.append(this.zone, this.camera, this.video, this.message);
  }

  bind() {
    this.input.addEventListener("change", () => {
      this.take(this.input.files);
      this.input.value = ""; // the same file may be chosen again
    });
    for (const name of ["dragenter", "dragover"]) this.zone.addEventListener(name, (event) => {
      event.preventDefault();
      this.zone.classList.add("facelib-drop-over");
    });
    for (const name of ["dragleave", "drop"]) this.zone.addEventListener(name, (event) => {
      event.preventDefault();
      this.zone.classList.remove("facelib-drop-over");
    });
    this.zone.addEventListener("drop", (event) => this.take(event.dataTransfer.files));
    this.camera.addEventListener("click", () => (this.stream ? this.shoot() : this.open()));
    this.model.on("change", () => this.label());
  }

  label() {
    const [busy, one] = [this.model.get("busy"), this.model.get("one")];
    const most = Math.round(this.model.get("most") / MILLION);
    this.text.textContent = busy
      ? `reading the ${one} …`
      : `Drop a ${one} here, or choose one: ${this.model.get("kinds")}, up to ${most} MB`;
    this.input.accept = [...this.model.get("types"), ...this.model.get("suffixes")].join(",");
    this.input.disabled = this.camera.disabled = busy || this.model.get("disabled");
  }

  say(text) {
    this.message.textContent = text;
  }

  async take(files) {
    this.say("");
    if (!files.length || this.model.get("busy") || this.model.get("disabled")) return;
    const [file] = files;
    const [most, one] = [this.model.get("most"), this.model.get("one")];
    if (files.length > 1) return this.say(`One ${one} at a time; these are ${files.length}.`);
    const ends = this.model.get("suffixes").some((suffix) => file.name.toLowerCase().endsWith(suffix));
    if (!ends && !this.model.get("types").includes(file.type)) {
      return this.say(`${file.name} ${this.model.get("refusal")}`);
    }
    if (file.size > most) {
      return this.say(`${file.name} has ${(file.size / MILLION).toFixed(1)} MB; a ${one} may have ${most / MILLION} MB. Make it smaller first.`);
    }
    this.hand(await file.arrayBuffer(), file.name);
  }

  hand(buffer, name) {
    this.model.set("busy", true);
    this.model.save_changes();
    const size = this.model.get("part");
    const parts = Math.max(1, Math.ceil(buffer.byteLength / size));
    for (let place = 0; place < parts; place += 1) {
      this.model.send({ name, place, parts }, undefined, [buffer.slice(place * size, (place + 1) * size)]);
    }
  }

  async open() {
    this.say("");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: SIDE, height: SIDE, facingMode: "user" } });
      this.video.srcObject = this.stream;
      this.video.hidden = false;
      await this.video.play();
    } catch (error) {
      this.close(); // no empty picture stays
      return this.say(`The camera can't be used: ${error.message}.`);
    }
    this.camera.textContent = "Take the picture";
  }

  shoot() {
    const sheet = new OffscreenCanvas(this.video.videoWidth, this.video.videoHeight);
    sheet.getContext("2d").drawImage(this.video, 0, 0);
    this.close();
    sheet.convertToBlob({ type: "image/png" }).then((blob) => blob.arrayBuffer()).then((buffer) => this.hand(buffer, "camera"));
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.hidden = true;
    this.camera.textContent = "Use the camera";
  }
}

function render({ model, el }) {
  const zone = new DropZone(model, el);
  return () => zone.close();
}

export default { render };
