interface TrustedTypes {
  createPolicy(name: 'default', rules: { createHTML: (text: string) => string | null }): unknown;
}

/**
 * No text of ours ever becomes markup (S-81), and the browser holds us to it. The one thing let through is nothing:
 * the widgets empty their announcements by setting `innerHTML` to an empty text.
 */
export function trustNothing(): void {
  const trusted = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  trusted?.createPolicy('default', { createHTML: (text) => (text === '' ? text : null) });
}
