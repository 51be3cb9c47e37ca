/* What several widgets build their pages of; `scripts.script` puts it before their own code. */

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** Change the words of a node that holds nothing else. A text that is replaced makes the browser lay out the whole page
 * anew (10 ms), one that is rewritten in place doesn't.
 */
function write(node, text) {
  const words = node.firstChild;
  if (!(words instanceof Text) || words.nextSibling) node.textContent = text;
  else if (words.nodeValue !== text) words.nodeValue = text;
}

/** A picture with a badge and a note over it and a caption below, of the widget whose classes begin with `kind`. */
function figure(kind, name) {
  const part = (tag, word, text = "") => element(tag, `facelib-${kind}-${word}`, text);
  const root = element("figure", `facelib-${kind}-figure facelib-${kind}-${name}`);
  const frame = part("div", "frame");
  const canvas = part("canvas", "canvas");
  canvas.width = canvas.height = 224;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${name}: not drawn yet`);
  const [note, badge, caption] = [part("span", "note"), part("span", "badge"), part("figcaption", "caption", name)];
  frame.append(canvas, badge, note);
  root.append(frame, caption);
  return { root, frame, canvas, note, badge, caption, name };
}


let numbered = 0;

/** An id that no other element of the page has. */
const ownId = (word) => `facelib-${word}-${++numbered}-${Math.random().toString(36).slice(2, 8)}`;

/** Pictures out of the one sheet that a widget has: `tile` makes one, an empty one for a place outside. */
class Sheet {
  constructor(model) {
    const bytes = model.get("sheet");
    [this.columns, this.rows] = model.get("grid");
    this.url = bytes?.byteLength ? URL.createObjectURL(new Blob([bytes], { type: "image/webp" })) : "";
  }

  tile(place) {
    const tile = element("span", "facelib-tile");
    tile.setAttribute("aria-hidden", "true");
    this.show(tile, place);
    return tile;
  }

  show(tile, place) {
    const there = Boolean(this.url) && place >= 0 && place < this.columns * this.rows;
    tile.classList.toggle("facelib-tile-empty", !there);
    tile.style.backgroundImage = there ? `url(${this.url})` : "";
    if (!there) return;
    const part = (number, count) => `${count > 1 ? (100 * number) / (count - 1) : 0}%`;
    tile.style.backgroundSize = `${100 * this.columns}% ${100 * this.rows}%`;
    tile.style.backgroundPosition = `${part(place % this.columns, this.columns)} ${part(Math.floor(place / this.columns), this.rows)}`;
  }

  close() {
    if (this.url) URL.revokeObjectURL(this.url);
  }
}
