"""The program that puts compressed texts beside a site's own: run by node itself, the same wherever a site is built."""

COMPRESS = """\
// Beside every text below a folder, the same text compressed by gzip and by Brotli, where that is smaller.
const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");

const texts = new Set([
  ".css", ".csv", ".html", ".ico", ".js", ".json", ".map", ".md", ".mjs", ".otf", ".svg", ".ttf", ".txt", ".wasm",
  ".webmanifest", ".xml",
]);
const least = 1024; // bytes; what fits into one packet gains nothing

function brotli(data) {
  const { BROTLI_PARAM_QUALITY: quality, BROTLI_PARAM_SIZE_HINT: size } = zlib.constants;
  return zlib.brotliCompressSync(data, { params: { [quality]: 11, [size]: data.length } });
}

for (const entry of fs.readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  if (!entry.isFile() || !texts.has(path.extname(file).toLowerCase())) continue;
  const data = fs.readFileSync(file);
  if (data.length < least) continue;
  for (const [suffix, packed] of [[".gz", zlib.gzipSync(data, { level: 9 })], [".br", brotli(data)]]) {
    if (packed.length < data.length && !fs.existsSync(file + suffix)) fs.writeFileSync(file + suffix, packed);
  }
}
"""
