// `npm run size`: what a first visit loads, and what each later page adds, in gzipped bytes as they travel.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const INITIAL_MAX_KB = 260;
/** Of files; who it is and whether somebody owns the installation is asked besides. */
const REQUESTS_MAX = 10;
const CHUNK_MAX_KB = 220;
const dist = resolve(import.meta.dirname, '../dist');

const kilobytes = (file) => {
  const bytes = readFileSync(join(dist, file));
  // Fonts and pictures are packed already.
  return (/\.(woff2|png|jpg|webp)$/.test(file) ? bytes.length : gzipSync(bytes, { level: 9 }).length) / 1000;
};

/** The file and what it loads at once: static imports of scripts, addresses in style sheets. */
function withImports(file, known = new Set()) {
  if (known.has(file)) return known;
  known.add(file);
  if (!/\.(js|css)$/.test(file)) return known;
  const text = readFileSync(join(dist, file), 'utf8');
  const found = file.endsWith('.js')
    ? [
        ...text.matchAll(/(?:^|[;}])import\s*(?:[\w*{}\s,$]+from)?\s*["']\.\/([^"']+)["']/g),
        ...text.matchAll(/\bfrom\s*["']\.\/([^"']+\.js)["']/g),
      ]
    : [...text.matchAll(/url\(["']?(?:\.\/|\/assets\/)([^"')]+)["']?\)/g)];
  for (const [, name] of found) withImports(`assets/${name}`, known);
  return known;
}

const page = readFileSync(join(dist, 'index.html'), 'utf8');
const initial = new Set(['index.html']);
// The icon of a home screen is fetched when someone puts the app there.
for (const [, file] of page.replace(/<link[^>]*apple-touch-icon[^>]*>/, '').matchAll(/(?:src|href)="\/([^"]+)"/g)) {
  withImports(file, initial);
}
const assets = readdirSync(join(dist, 'assets'));

const sizes = [...initial].map((file) => ({ file, kB: kilobytes(file) })).sort((one, other) => other.kB - one.kB);
const total = sizes.reduce((sum, { kB }) => sum + kB, 0);
for (const { file, kB } of sizes) console.log(`${kB.toFixed(1).padStart(8)} kB  ${file}`);
console.log(`${total.toFixed(1).padStart(8)} kB  at the first visit; at most ${INITIAL_MAX_KB}`);

const lazy = assets.map((file) => `assets/${file}`).filter((file) => /\.(js|css)$/.test(file) && !initial.has(file));
const large = lazy.map((file) => ({ file, kB: kilobytes(file) })).sort((one, other) => other.kB - one.kB);
for (const { file, kB } of large.slice(0, 5)) console.log(`${kB.toFixed(1).padStart(8)} kB  later: ${file}`);

console.log(`${String(initial.size).padStart(8)} files at the first visit; at most ${REQUESTS_MAX}`);

const wrong = [
  ...(initial.size > REQUESTS_MAX ? [`the first visit loads ${initial.size} files: ${[...initial].join(', ')}`] : []),
  ...(total > INITIAL_MAX_KB ? [`the first visit loads ${total.toFixed(1)} kB`] : []),
  ...large.filter(({ kB }) => kB > CHUNK_MAX_KB).map(({ file, kB }) => `${file} has ${kB.toFixed(1)} kB`),
];
if (wrong.length > 0) {
  console.error(`Too large: ${wrong.join('; ')}. Load it later, or leave it out.`);
  process.exit(1);
}
