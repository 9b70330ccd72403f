import { Button as AriaButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { usePlatforms } from '@/api/hooks';
import type { PlatformBody } from '@/api/schema';
import { Badge } from '@/design/Badge';
import { ErrorState } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { PlatformIcon } from '@/design/PlatformIcon';
import { Bone } from '@/design/Skeleton';

/** A card for each platform of the installation; pressing one begins to connect an account there. */
export function PlatformCards({ onChoose }: { onChoose: (platform: PlatformBody) => void }) {
  const { t } = useTranslation('connect');
  const platforms = usePlatforms();
  if (platforms.error) return <ErrorState problem={platforms.error} onRetry={() => void platforms.refetch()} />;
  return (
    <ul className="grid gap-2 sm:grid-cols-2" aria-label={t('platforms')}>
      {platforms.isPending && [1, 2, 3, 4].map((bone) => <Bone key={bone} className="h-17 rounded-card" />)}
      {platforms.data?.map((platform) => (
        <li key={platform.id} className="flex">
          <AriaButton
            onPress={() => onChoose(platform)}
            className="flex flex-1 items-start gap-3 rounded-card border border-line bg-surface p-3.5 text-left transition-colors data-hovered:border-edge data-pressed:bg-hover"
          >
            <PlatformIcon platform={platform.id} className="mt-0.5" />
            <span className="flex min-w-0 flex-1 flex-col items-start gap-0.5">
              <span className="font-medium">{platform.name}</span>
              <span className="text-small text-quiet">{platform.summary}</span>
              {platform.app.needed && !platform.app.entered && (
                <Badge tone="needs" icon="key" className="mt-1.5">
                  {t('app.missing')}
                </Badge>
              )}
            </span>
            <Icon name="plus" className="size-4.5 text-quiet" />
          </AriaButton>
        </li>
      ))}
    </ul>
  );
}
