import { WORKER } from './worker';

interface TrustedTypes {
  createPolicy(
    name: 'default',
    rules: { createHTML: (text: string) => string | null; createScriptURL: (address: string) => string | null },
  ): unknown;
}

/**
 * Text never becomes markup (S-81), and the browser enforces it. The only markup allowed is the empty text: the widgets
 * clear their announcements by setting `innerHTML` to it. The only script loaded by its address is the service worker.
 */
export function trustNothing(): void {
  const trusted = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  trusted?.createPolicy('default', {
    createHTML: (text) => (text === '' ? text : null),
    createScriptURL: (address) => (address === WORKER ? address : null),
  });
}
