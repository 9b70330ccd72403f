import { useTranslation } from 'react-i18next';
import { useMay } from '@/app/session';
import { Card } from '@/design/Card';
import { EmptyState } from '@/design/EmptyState';
import { ButtonLink } from '@/design/Link';

/** There is nowhere to publish yet. What is written meanwhile is kept as a draft. */
export function NoChannels() {
  const { t } = useTranslation('compose');
  const mayManage = useMay('channels:manage');
  return (
    <Card>
      <EmptyState
        icon="plug"
        title={t('channels.empty')}
        className="py-6"
        action={mayManage && <ButtonLink to={'/channels' as string}>{t('channels.connect')}</ButtonLink>}
      >
        {t(mayManage ? 'channels.emptyHint' : 'channels.emptyAsk')}
      </EmptyState>
    </Card>
  );
}
