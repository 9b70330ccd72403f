import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { GridList, GridListItem, type Selection } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { api, newKey } from '@/api/client';
import type { MediaBody } from '@/api/schema';
import { Button } from '@/design/Button';
import { cx } from '@/design/cx';
import { Dialog } from '@/design/Dialog';
import { EmptyState } from '@/design/EmptyState';
import { ErrorState } from '@/design/ErrorState';
import { Icon } from '@/design/Icon';
import { Bone } from '@/design/Skeleton';
import { useComposing } from '../context';
import type { FileRef } from '../model/parts';
import { Picture } from './MediaStrip';
import { knowAsset } from './useAssets';

const PAGE = 48;

/** Files of the workspace, newest first. */
function useLibrary() {
  const { workspace } = useComposing();
  return useInfiniteQuery({
    queryKey: ['get', '/v1/media', { workspace, limit: PAGE }],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: cursor, signal }) => {
      const { data } = await api.GET('/v1/media', {
        params: { query: { limit: PAGE, ...(cursor && { cursor }) } },
        signal,
      });
      return data ?? { items: [] };
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

interface Props {
  onAdd: (files: FileRef[]) => void;
  onClose: () => void;
  /** Whether only one file is chosen. */
  one?: boolean;
  /** The kinds of files that can be chosen; all if absent. */
  kinds?: string[];
}

/** Chooses files that were uploaded before. */
export function Library({ onAdd, onClose, one = false, kinds }: Props) {
  const { t } = useTranslation('compose');
  const library = useLibrary();
  const [chosen, choose] = useState<Selection>(new Set());
  const assets =
    library.data?.pages.flatMap(({ items }) => items.filter(({ kind }) => kinds?.includes(kind) ?? true)) ?? [];
  const picked = assets.filter(({ id }) => chosen === 'all' || chosen.has(id));
  function add() {
    picked.forEach(knowAsset);
    onAdd(picked.map(({ id }) => ({ key: newKey(), id })));
    onClose();
  }
  return (
    <Dialog
      wide
      title={t('library.title')}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      actions={
        <Button look="solid" isDisabled={picked.length === 0} onPress={add}>
          {t('library.add', { count: picked.length })}
        </Button>
      }
    >
      {library.error && <ErrorState problem={library.error} onRetry={() => void library.refetch()} />}
      {library.isPending && (
        <div className="grid grid-cols-3 gap-2 sm:grid-cols-5">
          {Array.from({ length: 10 }, (_, bone) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: all alike, and they never move.
            <Bone key={bone} className="aspect-square rounded-control" />
          ))}
        </div>
      )}
      {library.data && (
        <GridList
          aria-label={t('library.title')}
          layout="grid"
          selectionMode={one ? 'single' : 'multiple'}
          selectionBehavior="toggle"
          selectedKeys={chosen}
          onSelectionChange={choose}
          items={assets}
          renderEmptyState={() => <EmptyState icon="image" title={t('library.empty')} />}
          className="grid grid-cols-3 gap-2 data-empty:block sm:grid-cols-5"
        >
          {(asset) => <Item asset={asset} />}
        </GridList>
      )}
      {library.hasNextPage && (
        <Button
          wide
          className="mt-3"
          isPending={library.isFetchingNextPage}
          onPress={() => void library.fetchNextPage()}
        >
          {t('library.more')}
        </Button>
      )}
    </Dialog>
  );
}

function Item({ asset }: { asset: MediaBody }) {
  const words = asset.alt ? `${asset.file_name}: ${asset.alt}` : asset.file_name;
  return (
    <GridListItem id={asset.id} textValue={words} className="group relative rounded-control outline-offset-2">
      {({ isSelected }) => (
        <>
          <Picture
            asset={asset}
            alt={words}
            className={cx('aspect-square w-full', isSelected && 'outline-2 outline-brass')}
          />
          {isSelected && (
            <span className="absolute top-1 right-1 inline-flex size-6 items-center justify-center rounded-full bg-brass text-on-brass">
              <Icon name="check" className="size-4" />
            </span>
          )}
        </>
      )}
    </GridListItem>
  );
}
