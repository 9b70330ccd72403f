/** Where the build puts the service worker. */
export const WORKER = '/sw.js';

/**
 * Has the browser keep the files of the app, so that it opens without a connection. Only for people who are signed in: who
 * comes to the door the first time loads nothing that they may not need. Not in development, where files change.
 */
export async function keepFiles(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register(WORKER);
  } catch {
    // Without it the app needs a connection to open, as any page does.
  }
}
