// The service worker: without a connection the app opens all the same and says what it cannot do. It keeps files of this
// build, and what another app shares until the composer takes it; never an answer of the API.
// `FILES` and `VERSION` are written in front of this when the app is built.
/* global FILES, VERSION */
const KEPT = `fanfare-${VERSION}`;
const SHARED = 'fanfare-shared';
const PAGE = '/';
/** The addresses of other things than pages, as the server has them. */
const NO_PAGE = /^\/(v1|hooks|health|connect|problems|assets|\.well-known)(\/|$)|\.[a-z0-9]+$/i;
/** Something between us and the server answers that the server is not there. */
const GATEWAY = [502, 503, 504];

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)));
});

// Pages of an older build keep their files until the last of them is closed: only then is this one activated.
self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => ![KEPT, SHARED].includes(name)).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === 'POST' && pathname === '/share') return event.respondWith(shared(request));
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate' && !NO_PAGE.test(pathname)) event.respondWith(page(request));
  else if (FILES.includes(pathname) && pathname !== PAGE) event.respondWith(file(request, pathname));
});

/** The server's page, so that a newer app is never hidden by an older one; the kept one where no server answers. */
async function page(request) {
  try {
    const answer = await fetch(request);
    if (!GATEWAY.includes(answer.status)) return answer;
    return (await kept(PAGE)) ?? answer;
  } catch (error) {
    const found = await kept(PAGE);
    if (found) return found;
    throw error;
  }
}

/** Names in `assets/` change with what is in them; of the others the server may have newer ones. */
async function file(request, pathname) {
  const found = await kept(pathname);
  if (found && pathname.startsWith('/assets/')) return found;
  try {
    return await fetch(request);
  } catch (error) {
    if (found) return found;
    throw error;
  }
}

async function kept(pathname) {
  return (await caches.open(KEPT)).match(pathname);
}

/** What another app shares: set aside for the composer, which takes it away again. */
async function shared(request) {
  const form = await request.formData();
  const cache = await caches.open(SHARED);
  await Promise.all((await cache.keys()).map((old) => cache.delete(old)));
  const text = (name) => String(form.get(name) ?? '');
  const files = form.getAll('files').filter((one) => typeof one !== 'string');
  const words = { title: text('title'), text: text('text'), url: text('url'), files: files.map(({ name }) => name) };
  await cache.put(
    '/share/words',
    new Response(JSON.stringify(words), { headers: { 'content-type': 'application/json' } }),
  );
  await Promise.all(
    files.map((one, place) =>
      cache.put(`/share/${place}`, new Response(one, { headers: { 'content-type': one.type } })),
    ),
  );
  return Response.redirect('/compose?shared=true', 303);
}
