import { useTranslation } from 'react-i18next';
import type { PostBody, PublicationBody } from '@/api/schema';
import { useMay } from '@/app/session';
import { ButtonLink } from '@/design/Link';
import { isEditable } from './model/summary';

/** A scheduled post that its channel's new limits refuse: why, what happens otherwise, and the way to change it. */
export function Misfit({
  post,
  publication,
  platform,
}: {
  post: PostBody;
  publication: PublicationBody;
  platform: string;
}) {
  const { t } = useTranslation('post');
  const mayWrite = useMay('posts:write');
  const canEdit = mayWrite && isEditable(post);
  return (
    <div className="flex min-w-0 flex-col items-start gap-3 rounded-control border-l-3 border-state-needs bg-sunken p-4">
      <div className="flex max-w-full min-w-0 flex-col gap-1">
        <p className="measure font-medium">{t('misfit.title', { platform })}</p>
        {publication.detail && <p className="measure wrap-anywhere">{publication.detail}</p>}
        <p className="measure text-small text-quiet">
          {t(canEdit ? 'misfit.edit' : mayWrite ? 'misfit.live' : 'misfit.mayNot')}
        </p>
      </div>
      {canEdit && (
        <ButtonLink look="solid" icon="draft" to="/compose/{-$post}" params={{ post: post.id }}>
          {t('misfit.button')}
        </ButtonLink>
      )}
    </div>
  );
}
