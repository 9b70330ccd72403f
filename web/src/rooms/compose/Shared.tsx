import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { toast } from '@/design/Toast';
import { useComposing } from './context';
import { type SharedWords, textOf, withShared } from './model/shared';

/** Where the service worker puts what another app shares. */
const PLACE = 'fanfare-shared';

/** Takes what was shared into the post that is being written; it is taken once. */
export function Shared() {
  const { shared } = useSearch({ from: '/inside/compose/{-$post}' });
  const { t } = useTranslation('compose');
  const navigate = useNavigate();
  const { change, uploads } = useComposing();
  const isTaken = useRef(false);
  useEffect(() => {
    if (!shared || isTaken.current) return;
    isTaken.current = true;
    void take().then((given) => {
      void navigate({ to: '.' as string, search: {} as never, replace: true });
      if (!given) return void toast({ kind: 'info', title: t('shareAgain') });
      const media = given.files.map((file) => ({ key: uploads.add(file) }));
      change((parts) => withShared(parts, textOf(given), media));
    });
  }, [shared, navigate, change, uploads, t]);
  return null;
}

async function take(): Promise<(SharedWords & { files: File[] }) | undefined> {
  if (!('caches' in globalThis)) return undefined;
  const cache = await caches.open(PLACE);
  const found = await cache.match('/share/words');
  if (!found) return undefined;
  const { files: names, ...words } = (await found.json()) as SharedWords & { files: string[] };
  const files = await Promise.all(
    names.map(async (name, place) => {
      const kept = await cache.match(`/share/${place}`);
      const blob = await kept?.blob();
      return blob ? [new File([blob], name, { type: blob.type })] : [];
    }),
  );
  await caches.delete(PLACE);
  return { ...words, files: files.flat() };
}
