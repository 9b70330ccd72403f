import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import optimizeLocales from '@react-aria/optimize-locales-plugin';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { blocks } from './src/rooms/help/markdown.ts';

/** Where `npm run dev` finds a running server; `fanfare demo` listens on this port unless it is taken. */
const server = process.env.FANFARE_SERVER ?? 'http://127.0.0.1:4000';

interface App {
  getModuleInfo: (id: string) => { importedIds: readonly string[] } | null;
}
const ENTRY = fileURLToPath(new URL('index.html', import.meta.url));
/** It names all widgets, also those that the first page does without. */
const ALL_WIDGETS = /react-aria-components\/dist\/exports\/index\.m?js$/;
const door = new Set<string>();

/** A document of `docs/` is read when the app is built, and is plain data from then on. */
function documents(): Plugin {
  return {
    name: 'documents',
    transform: (code, id) =>
      id.endsWith('.md') ? { code: `export default ${JSON.stringify(blocks(code))}`, map: null } : null,
  };
}

/**
 * Whether the first page needs a module at once. All these are one file: split by who else needs them, they were twenty, and
 * a phone waits for the last.
 */
function isAtTheDoor(id: string, app: App): boolean {
  if (door.size === 0) visit(ENTRY, app);
  return door.has(id);
}

function visit(id: string, app: App): void {
  if (door.has(id) || ALL_WIDGETS.test(id)) return;
  door.add(id);
  for (const next of app.getModuleInfo(id)?.importedIds ?? []) visit(next, app);
}

/** Where widgets ask the browser about a locale, by file, and what asks for less. */
const LOOKS_UP: Record<string, [question: string, lighter: string]> = {
  // Only whether the tag is well formed.
  'i18n/useDefaultLocale': ['Intl.DateTimeFormat.supportedLocalesOf(', 'Intl.getCanonicalLocales('],
  // Which way it is written; the list below it knows that, too.
  'i18n/utils': ['if (Intl.Locale)', 'if (false)'],
};

/**
 * The widgets look up the browser's locale when they are loaded. The first such question makes the browser read its tables of all
 * locales: 50 to 100 ms on a computer, several times that on a phone, before anything is drawn.
 */
function lightLocales(): Plugin {
  return {
    name: 'light-locales',
    enforce: 'pre',
    transform(code, id) {
      const file = /react-aria\/dist\/private\/(.+)\.m?js$/.exec(id)?.[1] ?? '';
      const [question, lighter] = LOOKS_UP[file] ?? [];
      if (!question || !lighter) return null;
      if (!code.includes(question)) this.error(`${id} does not ask ${question} any more: look what it asks now`);
      return { code: code.replace(question, lighter), map: null };
    },
  };
}

/** Large lists that are only read when someone asks for them: emoji. */
const LATER = /^assets\/compact-/;

/**
 * The service worker, with the list of what the app is made of. Its version changes with any of these files, and with it the
 * worker: the browser compares it byte by byte.
 */
function worker(): Plugin {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  return {
    name: 'worker',
    apply: 'build',
    // After the page is made: a file whose code moved elsewhere is gone by then.
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const own = readdirSync(here('public'), { withFileTypes: true }).filter((one) => one.isFile());
        const open = own.map(({ name }) => ({ name, bytes: readFileSync(join(here('public'), name)) }));
        const built = Object.keys(bundle).filter((name) => /\.(js|css|woff2)$/.test(name) && !LATER.test(name));
        const files = ['/', ...open.map(({ name }) => `/${name}`), ...built.map((name) => `/${name}`)].sort();
        const code = readFileSync(here('src/worker/sw.js'), 'utf8');
        const hash = createHash('sha256')
          .update(JSON.stringify(files))
          .update(code)
          .update(readFileSync(here('index.html')));
        for (const { bytes } of open) hash.update(bytes);
        const about = `const FILES = ${JSON.stringify(files)};\nconst VERSION = '${hash.digest('hex').slice(0, 16)}';\n`;
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: about + code });
      },
    },
  };
}

export default defineConfig({
  // Widgets bring their own words in thirty languages; we speak two.
  plugins: [
    react(),
    tailwindcss(),
    worker(),
    lightLocales(),
    documents(),
    { ...optimizeLocales.vite({ locales: ['en-US', 'nl-NL'] }), enforce: 'pre' },
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  build: {
    outDir: 'dist',
    // These know `light-dark()`, so it stays as written and follows `color-scheme` wherever that is set.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    // The content security policy allows files of our own only, no `data:` ones.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page needs changes seldom: apart from the app's own code it stays in the browser's cache.
            {
              name: 'base',
              test: /node_modules\/((react|react-dom|scheduler|use-sync-external-store)\/|@tanstack|openapi-|i18next|react-i18next)/,
            },
            { name: (id, app) => (isAtTheDoor(id, app) ? 'door' : null), debugName: 'door' },
          ],
          includeDependenciesRecursively: false,
        },
      },
    },
  },
  // The documents are beside this folder.
  server: { fs: { allow: ['..'] }, proxy: { '/v1': server, '/connect': server, '/health': server } },
  test: {
    // A test that needs a page says so in its first line; making one takes longer than most tests.
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    setupFiles: ['src/patience.ts'],
    // Longer than what they wait for inside.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
