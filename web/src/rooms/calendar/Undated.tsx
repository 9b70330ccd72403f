import { useTranslation } from 'react-i18next';
import type { CalendarDraft } from '@/api/schema';
import { StateBadge } from '@/design/Badge';
import { PlainLink } from '@/design/Link';
import { List } from '@/design/Table';
import { Marks } from './Marks';
import { useScope } from './scope';

/** Drafts that have no time yet, last edited first: where a day or a slot is free, one of them may fit. */
export function Undated({ drafts }: { drafts: readonly CalendarDraft[] }) {
  const { t } = useTranslation('calendar');
  const { author } = useScope();
  if (drafts.length === 0) return null;
  return (
    <details>
      <summary className="py-3 text-read font-semibold md:py-1">{t('undated', { count: drafts.length })}</summary>
      <List label={t('undated', { count: drafts.length })} className="mt-2">
        {drafts.map(({ post, text, made_by, in_review, channels }) => (
          <li
            key={post}
            className="relative flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-3 has-[[data-hovered]]:bg-hover"
          >
            <div className="flex min-w-0 flex-1 basis-60 flex-col gap-0.5">
              <PlainLink to="/posts/$post" params={{ post }} className="after:absolute after:inset-0">
                <span dir="auto" className="line-clamp-2 font-medium" title={text}>
                  {text || t('noText')}
                </span>
              </PlainLink>
              <span className="flex items-center gap-3 text-small text-quiet">
                {t('by', { name: author(made_by) })} <Marks channels={channels} />
              </span>
            </div>
            <StateBadge state={in_review ? 'in_review' : 'draft'} />
          </li>
        ))}
      </List>
    </details>
  );
}
