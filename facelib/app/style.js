/* Only the style sheet matters; the element itself takes no room. */
export default {
  render({ el }) {
    el.classList.add("facelib-pagestyle");
  },
};
