// A browser tab that has seen what the page shows by itself at first (see preview.js): strength 0 stays.
try {
  sessionStorage.setItem("facelib preview", "1");
} catch {
  // a page without storage
}
