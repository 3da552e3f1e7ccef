/** Register the service worker, which isolates the page so that threads work. */

const KEY = "isolated";

/**
 * Make the page cross-origin isolated if the host did not, by one reload.
 *
 * Without service workers the page works too, with one thread.
 */
export async function isolatePage(): Promise<void> {
  if (import.meta.env.DEV || !("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("./sw.js");
    if (self.crossOriginIsolated) return;
    if (!navigator.serviceWorker.controller) await controllerTaken();
    // A forced reload goes around the worker; once is enough then.
    if (sessionStorage.getItem(KEY)) return;
    sessionStorage.setItem(KEY, "1");
    location.reload();
    await new Promise(() => undefined);
  } catch (error) {
    console.warn("No service worker:", error);
  }
}

function controllerTaken(): Promise<void> {
  return new Promise((resolve) => {
    const container = navigator.serviceWorker;
    container.addEventListener("controllerchange", () => resolve(), { once: true });
    setTimeout(resolve, 3000);
  });
}
