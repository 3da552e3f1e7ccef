/*
 * Service worker: isolates the page and keeps it for use without a network.
 *
 * Threads in WebAssembly need a cross-origin isolated page, which two headers ask for
 * that static hosts cannot set. Answers pass through here and get them.
 */
const CACHE = "animegan-1";
// Names of built files contain a hash of their content, so a stored one stays right.
const IMMUTABLE = /\/assets\/|\/model\/(generator|hero|preview)-/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOwn = new URL(request.url).origin === self.location.origin;
  if (request.method === "GET" && isOwn) event.respondWith(answer(request));
});

async function answer(request) {
  const cache = await caches.open(CACHE);
  const isImmutable = IMMUTABLE.test(new URL(request.url).pathname);
  const stored = await cache.match(request, { ignoreVary: true });
  if (stored && isImmutable) return stored;
  let response;
  try {
    response = await fetch(request);
  } catch (error) {
    if (stored) return stored;
    throw error;
  }
  if (response.status !== 200) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  const isolated = new Response(response.body, { status, statusText, headers });
  // A full disk must not stop the page.
  await cache.put(request, isolated.clone()).catch(() => undefined);
  return isolated;
}
