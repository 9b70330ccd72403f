import { useTranslation } from 'react-i18next';
import { query } from '@/api/client';
import { useMe } from '@/api/hooks';
import type { PostBody } from '@/api/schema';
import { useMay, useWorkspace } from '@/app/session';
import { Avatar } from '@/design/Avatar';
import { When } from '@/design/When';

/** Who wrote it, where that is someone else. */
export function Author({ post }: { post: PostBody }) {
  const { t } = useTranslation('compose');
  const { id: me } = useMe();
  const { zone } = useWorkspace();
  const mayRead = useMay('members:read') && post.made_by !== me;
  const members = query.useQuery('get', '/v1/members', {}, { enabled: mayRead, staleTime: 300_000 });
  if (post.made_by === me || (mayRead && members.isPending)) return null;
  const member = members.data?.items.find(({ person }) => person === post.made_by);
  const name = member?.name ?? t(post.made_by.startsWith('person') ? 'author.someone' : 'author.key');
  return (
    <p className="-mt-2 flex flex-wrap items-center gap-x-2 text-body">
      <Avatar name={name} size="small" />
      <span className="min-w-0 break-words">{t('author.by', { name })}</span>
      <span className="text-small text-quiet">
        {t('author.changed')} <When at={post.changed_at} zone={zone} />
      </span>
    </p>
  );
}
