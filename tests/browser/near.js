// Words that stand before an element and can be clicked without any effect: Tab goes on from there.
(element) => {
  const USED = "a, button, input, select, textarea, summary, label, canvas, svg, iframe, video, [tabindex], [role=tab]";
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  words.currentNode = element;
  for (let count = 0; count < 300 && words.previousNode(); count++) {
    if (!words.currentNode.data.trim()) continue;
    const range = document.createRange();
    range.selectNode(words.currentNode);
    const box = range.getClientRects()[0];
    if (!box || box.width < 4) continue;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    const used = hit?.closest(USED);
    if (hit && hit.contains(words.currentNode) && (!used || used.contains(element))) return [x, y];
  }
  return null;
}
