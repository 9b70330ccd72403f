import { useTranslation } from 'react-i18next';

/** What someone does who forgot their password. Fanfare sends no mail, so other people make the link. */
export function Forgot() {
  const { t } = useTranslation('arrive');
  return (
    <details className="group">
      <summary className="inline-flex min-h-11 items-center rounded-small font-medium text-accent underline underline-offset-3 md:min-h-8">
        {t('forgot.title')}
      </summary>
      <p className="pt-1">{t('forgot.hint')}</p>
      <ul className="flex list-disc flex-col gap-1.5 pt-2 pl-5">
        <li>{t('forgot.owner')}</li>
        <li>
          {t('forgot.operator')} <code className="rounded-small bg-sunken px-1 font-mono">{COMMAND}</code>
        </li>
      </ul>
    </details>
  );
}

/** As it is typed at the server's console, in every language. */
const COMMAND = 'fanfare password-link name@example.org';
