/* Brings the chart library (Vega, Vega-Lite, Vega-Embed: one file made on this machine) into the page, once.
 *
 * Charts wait for globalThis.facelibVega[version].promise; whoever comes first makes the entry.
 */

function shelf(version) {
  const entries = (globalThis.facelibVega ??= {});
  if (!entries[version]) {
    const entry = { loading: false };
    entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    entry.promise.catch(() => {}); // every chart reports it
    entries[version] = entry;
  }
  return entries[version];
}

async function load(entry, bundle) {
  const url = URL.createObjectURL(new Blob([bundle], { type: "text/javascript" }));
  try {
    const { vegaEmbed } = await import(/* webpackIgnore: true */ url);
    entry.resolve(vegaEmbed);
  } catch (error) {
    entry.reject(error);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Begin to load, without waiting: anywidget reports a model that isn't ready after 2 s, as on a busy machine. */
function initialize({ model }) {
  const entry = shelf(model.get("version"));
  if (entry.loading) return; // another notebook on this page was faster
  entry.loading = true;
  load(entry, model.get("bundle"));
}

export default { initialize, render: () => {} };
