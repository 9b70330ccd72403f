import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useMay } from '@/app/session';
import { cx } from '@/design/cx';

/** How many posts wait for someone; 0 for those who may not read posts. */
function useAttention(): number {
  const mayRead = useMay('posts:read');
  return query.useQuery('get', '/v1/posts/counts', {}, { enabled: mayRead }).data?.attention ?? 0;
}

/** The number of posts that need attention, beside the way to them; nothing where there is none. */
export function AttentionCount({ className }: { className?: string }) {
  const { t } = useTranslation('shell');
  const count = useAttention();
  if (count === 0) return null;
  return (
    <span
      className={cx(
        'tabular flex h-5 min-w-5 items-center justify-center rounded-full bg-state-needs-tint px-1.5 text-small font-semibold text-state-needs',
        className,
      )}
    >
      <span aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <span className="sr-only">{t('attention', { count })}</span>
    </span>
  );
}

const MARK = /^\(\d+\+?\) /;

/** The same number in the title of the tab, whatever page sets it. */
export function useAttentionTitle(): void {
  const count = useAttention();
  useEffect(() => {
    const title = document.querySelector('title');
    if (!title) return;
    const mark = () => {
      const bare = document.title.replace(MARK, '');
      const marked = count > 0 ? `(${count > 99 ? '99+' : count}) ${bare}` : bare;
      if (document.title !== marked) document.title = marked;
    };
    mark();
    const watch = new MutationObserver(mark);
    watch.observe(title, { childList: true });
    return () => watch.disconnect();
  }, [count]);
}
