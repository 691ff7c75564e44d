// Loads the chart libraries beside the page, which shows itself before they are there.

const loaded = new Map();

/** Run a classic script once. */
export function script(address) {
  if (!loaded.has(address)) {
    const running = new Promise((resolve, reject) => {
      const node = Object.assign(document.createElement("script"), { src: address, onload: resolve });
      node.onerror = () => reject(Object.assign(new Error("a part of the page could not be loaded"), { status: 0 }));
      document.head.append(node);
    });
    loaded.set(address, running);
    running.catch(() => loaded.delete(address));
  }
  return loaded.get(address);
}

/** Observable Plot, which needs D3. */
export async function plotting() {
  await script("/explore/d3.min.js");
  await script("/explore/plot.umd.min.js");
  return globalThis.Plot;
}

let land;

/** The coastlines of the map, as GeoJSON. */
export async function coastlines() {
  land ??= Promise.all([fetch("/explore/land-110m.json").then((response) => response.json()), script("/explore/topojson-client.min.js")]).then(
    ([topology]) => globalThis.topojson.feature(topology, topology.objects.land),
  );
  return land;
}
