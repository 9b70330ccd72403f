import i18next, { type BackendModule, type Resource } from 'i18next';
import { useSyncExternalStore } from 'react';
import { initReactI18next } from 'react-i18next';
import type { MeBody } from '@/api/schema';
import { queries } from './queries';

/** The languages of the app; each has a folder in `messages/` with a file per room. */
export const LANGUAGES = ['en', 'nl'] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = 'fanfare.language';
const files = import.meta.glob<{ default: object }>([
  '../messages/*/*.json',
  '!../messages/*/{shell,design,problems,arrive}.json',
]);
/** What the first page says comes with the app, in both languages: to ask for it would be one more trip to the server. */
const first = import.meta.glob<object>('../messages/*/{shell,design,problems,arrive}.json', {
  eager: true,
  import: 'default',
});

/** Loads a room's messages when the room is first opened, in the current language only. */
const backend: BackendModule = {
  type: 'backend',
  init() {},
  read(language, room, done) {
    const file = files[`../messages/${language}/${room}.json`];
    if (!file) return done(new Error(`there are no messages ${language}/${room}`), false);
    file().then(
      (found) => done(null, found.default),
      (error: Error) => done(error, false),
    );
  },
};

function firstWords(): Resource {
  const words: Resource = {};
  for (const [path, found] of Object.entries(first)) {
    const [language = '', room = ''] = path.slice(0, -'.json'.length).split('/').slice(-2);
    words[language] = { ...words[language], [room]: found };
  }
  return words;
}

/** The browser's languages, preferred first; then English. */
function guessLanguage(wanted: readonly string[] = navigator.languages): Language {
  const found = wanted.map((tag) => tag.slice(0, 2)).find((tag) => isLanguage(tag));
  return isLanguage(found) ? found : 'en';
}

export function isLanguage(text: unknown): text is Language {
  return LANGUAGES.some((language) => language === text);
}

function stored(): Language | undefined {
  try {
    const found = localStorage.getItem(KEY);
    return isLanguage(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Ready when it returns: a page that had to wait for its first words would show its skeleton, and then wait again. */
export function startLanguage(): void {
  i18next.on('languageChanged', (language) => {
    document.documentElement.lang = language;
    // The shortcuts of an installed app are in the manifest.
    const file = language === 'en' ? '/manifest.webmanifest' : `/manifest.${language}.webmanifest`;
    document.querySelector<HTMLLinkElement>('link[rel=manifest]')?.setAttribute('href', file);
  });
  void i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: stored() ?? guessLanguage(),
      supportedLngs: LANGUAGES,
      fallbackLng: false,
      resources: firstWords(),
      partialBundledLanguages: true,
      initAsync: false,
      ns: ['shell', 'design', 'problems', 'arrive'],
      defaultNS: 'shell',
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    });
}

/** Switches the language immediately and on this device from now on. The person's own comes from `/v1/me`. */
export async function setLanguage(to: Language): Promise<void> {
  try {
    localStorage.setItem(KEY, to);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
  if (i18next.language !== to) await i18next.changeLanguage(to);
}

const meKey = ['get', '/v1/me'];

/** What the person chose about days and hours; nothing while no one is signed in. */
function chosen(): Partial<Pick<MeBody, 'week_starts_on' | 'clock'>> {
  return queries.getQueryData<MeBody>(meKey) ?? {};
}

/**
 * The locale for dates, times and numbers: the current language in the variant that the browser prefers, with the clock and
 * the first day of the week that the person chose (BCP 47, `u-hc` and `u-fw`). Without a choice the clock is that of the
 * browser's region: someone in the Netherlands who uses English sees 15:30, not 3:30 PM.
 */
export function locale(language: string = i18next.language ?? 'en'): string {
  const form = variantOf(language);
  const { week_starts_on: week = 'by_language', clock = 'by_language' } = chosen();
  const first = week === 'by_language' ? '' : `-fw-${week.slice(0, 3)}`;
  const hours = clock === 'by_language' ? clockOf(navigator.languages[0] ?? form) : HOURS[clock];
  return `${form}-u${first}-hc-${hours}`;
}

function variantOf(language: string): string {
  return navigator.languages.find((tag) => tag.startsWith(language)) ?? (language === 'en' ? 'en-GB' : language);
}

/**
 * {@link locale} for what is drawn once for all pages: it changes with the person's choice. While no one is signed in there are no
 * fields for times, and the clock is left out: a browser takes longer to look it up than to draw the page.
 */
export function useLocale(language: string): string {
  const isInside = () => queries.getQueryData(meKey) !== undefined;
  return useSyncExternalStore(queries.getQueryCache().subscribe, () =>
    isInside() ? locale(language) : variantOf(language),
  );
}

const HOURS = { twelve_hours: 'h12', twenty_four_hours: 'h23' } as const;
const clocks = new Map<string, string>();

/** `h23`, or `h12` for a 12-hour clock. */
function clockOf(tag: string): string {
  const known = clocks.get(tag) ?? new Intl.DateTimeFormat(tag, { hour: 'numeric' }).resolvedOptions().hourCycle;
  clocks.set(tag, known ?? 'h23');
  return known ?? 'h23';
}
