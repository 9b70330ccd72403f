import { fileURLToPath } from 'node:url';
import optimizeLocales from '@react-aria/optimize-locales-plugin';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds a running server; `fanfare demo` listens on this port unless it is taken. */
const server = process.env.FANFARE_SERVER ?? 'http://127.0.0.1:4000';

export default defineConfig({
  // Widgets bring their own words in thirty languages; we speak two.
  plugins: [react(), tailwindcss(), { ...optimizeLocales.vite({ locales: ['en-US', 'nl-NL'] }), enforce: 'pre' }],
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
        // What every page needs changes seldom: apart from the app's own code it stays in the browser's cache.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'base', test: /node_modules\/(@tanstack|openapi-|i18next|react-i18next)/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': server, '/connect': server, '/health': server } },
  test: {
    // A test that needs a page says so in its first line; making one takes longer than most tests.
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
