import { useTranslation } from 'react-i18next';
import type { PostBody } from '@/api/schema';
import { StateBadge } from '@/design/Badge';
import { EmptyState } from '@/design/EmptyState';
import { ButtonLink } from '@/design/Link';
import { Page, PageHeader } from '@/design/PageHeader';

/** It is on its way or live: it is not written any more, and this says where to go instead. */
export function Closed({ post }: { post: PostBody }) {
  const { t } = useTranslation('compose');
  return (
    <Page narrow>
      <PageHeader title={t('closed.page')} actions={<StateBadge state={post.state} />} />
      <EmptyState
        icon="lock"
        title={t('closed.title')}
        action={
          <>
            <ButtonLink to={`/posts/${post.id}` as string} look="solid">
              {t('out.look')}
            </ButtonLink>
            <ButtonLink to={'/compose' as string} search={{ from: post.id } as never}>
              {t('closed.copy')}
            </ButtonLink>
          </>
        }
      >
        {t('closed.body')}
      </EmptyState>
    </Page>
  );
}
