// Copies the browser builds of the page's libraries from node_modules/ to vendor/, with a gzip and a brotli form of each:
// `npm ci && node vendor.mjs` in this folder. Nothing is bundled or changed.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const FILES = [
  "@observablehq/plot/dist/plot.umd.min.js",
  "d3/dist/d3.min.js",
  "read-excel-file/bundle/read-excel-file.min.js",
  "topojson-client/dist/topojson-client.min.js",
  "world-atlas/land-110m.json",
  "write-excel-file/bundle/write-excel-file.min.js",
];

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "vendor");
rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor);
for (const file of FILES) {
  const target = join(vendor, basename(file));
  copyFileSync(join(here, "node_modules", file), target);
  const content = readFileSync(target);
  writeFileSync(`${target}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${target}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}
