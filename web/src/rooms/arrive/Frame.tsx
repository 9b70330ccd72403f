import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { LANGUAGES, setLanguage } from '@/app/language';
import { Button } from '@/design/Button';
import { NameMark } from '@/design/NameMark';
import { useTitle } from '@/design/PageHeader';

/** Around the pages for people who are not signed in yet: the name, one thing to do, the language. */
export function Frame({
  title,
  hint,
  children,
  below,
}: {
  title: string;
  hint?: ReactNode;
  children?: ReactNode;
  below?: ReactNode;
}) {
  const { t } = useTranslation('arrive');
  useTitle(title);
  return (
    <div className="relative flex min-h-dvh flex-col overflow-hidden">
      <Sound />
      <header className="relative flex items-center justify-between gap-4 px-4 py-3 md:px-8 md:py-5">
        <NameMark />
        <Languages />
      </header>
      <main className="relative flex flex-1 flex-col items-center px-4 pt-[6vh] pb-10">
        <div className="flex w-full max-w-104 flex-col gap-6">
          <div className="flex flex-col gap-1.5">
            <h1 className="text-display font-semibold">{title}</h1>
            {hint && <p className="text-read text-quiet">{hint}</p>}
          </div>
          {children}
          {below && <div className="text-body text-quiet">{below}</div>}
        </div>
      </main>
      <footer className="relative px-4 pb-5 text-center text-small text-quiet">
        {/* A page of the server, not of the app. */}
        <a href="/privacy" className="rounded-small underline decoration-1 underline-offset-3 hover:decoration-2">
          {t('privacy')}
        </a>
      </footer>
    </div>
  );
}

/** The name of each language in itself, so that everyone finds their own. */
const OWN_NAMES = { en: 'English', nl: 'Nederlands' } as const;

/** The other languages, a press away: a menu would make the first page heavier than the rest of it. */
function Languages() {
  const { t, i18n } = useTranslation('arrive');
  return (
    <nav aria-label={t('languages')} className="flex gap-1">
      {LANGUAGES.filter((language) => language !== i18n.language).map((language) => (
        <Button key={language} look="quiet" small icon="globe" onPress={() => void setLanguage(language)}>
          <span lang={language}>{OWN_NAMES[language]}</span>
        </Button>
      ))}
    </nav>
  );
}

/** The sound of the sign, large and faint, spreading from the corner. */
function Sound() {
  return (
    <svg
      viewBox="0 0 800 800"
      className="pointer-events-none absolute -right-40 -bottom-64 size-[50rem] text-line"
      aria-hidden="true"
    >
      {[140, 230, 320, 410, 500, 590, 680].map((radius) => (
        <circle key={radius} cx="800" cy="800" r={radius} fill="none" stroke="currentColor" strokeWidth="1.5" />
      ))}
      <circle cx="800" cy="800" r="60" fill="var(--color-brass)" />
    </svg>
  );
}
