import i18next from 'i18next';

/** Who reads the answers: the server says its sentences in the app's language, and the times in them in the browser's zone. */
export function readerHeaders(): Record<string, string> {
  const { language } = i18next;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { ...(language ? { 'accept-language': language } : {}), ...(zone ? { 'time-zone': zone } : {}) };
}
