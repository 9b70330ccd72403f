import { useTranslation } from 'react-i18next';
import type { PostBody } from '@/api/schema';
import { useWorkspace } from '@/app/session';
import { When } from '@/design/When';
import { summaryOf } from './model/summary';

/** In one sentence: how much of it is live, and when the rest goes. */
export function SummaryLine({ post }: { post: PostBody }) {
  const { t } = useTranslation('post');
  const { zone } = useWorkspace();
  const { kind, live, count, needs, next } = summaryOf(post);
  return (
    <p className="text-quiet">
      {t(`summary.${kind}`, { live, count })}
      {next && (
        <>
          {' '}
          {t('summary.next')} <When at={next} zone={zone} />.
        </>
      )}
      {needs > 0 && <span className="font-medium text-state-needs"> {t('summary.needs', { count: needs })}</span>}
    </p>
  );
}
