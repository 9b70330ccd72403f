import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { query } from '@/api/client';
import type { MediaBody } from '@/api/schema';
import { queries } from '@/app/queries';
import { type Upload, Uploads } from './uploads';

const assetQuery = (media: string) => query.queryOptions('get', '/v1/media/{media}', { params: { path: { media } } });

/** What is known of files by their ids: kind, size, description. */
export function useAssets(ids: string[]): Map<string, MediaBody> {
  const unique = [...new Set(ids)];
  return useQueries({
    queries: unique.map((id) => ({ ...assetQuery(id), staleTime: 300_000 })),
    combine: together,
  });
}

function together(results: { data?: MediaBody | undefined }[]): Map<string, MediaBody> {
  return new Map(results.flatMap(({ data }) => (data ? [[data.id, data] as const] : [])));
}

/** The same known now, without asking: after an upload, or from a page of the library. */
export function knowAsset(asset: MediaBody): void {
  queries.setQueryData(assetQuery(asset.id).queryKey, asset);
}

/** Files on their way. They are given up when the page is left. */
export function useUploads(
  onArrived: (key: string, asset: MediaBody) => void,
  workspace: string,
): {
  uploads: Uploads;
  sending: Map<string, Upload>;
} {
  const [uploads] = useState(
    () =>
      new Uploads((key, asset) => {
        knowAsset(asset);
        onArrived(key, asset);
      }, workspace),
  );
  useEffect(() => () => uploads.close(), [uploads]);
  const all = useSyncExternalStore(uploads.subscribe, uploads.all);
  return { uploads, sending: useMemo(() => new Map(all.map((upload) => [upload.key, upload])), [all]) };
}

/** Where a file is shown from. An `<img>` cannot name the workspace in a header, so the address does. */
export function fileAddress(id: string, workspace: string, isSmall: boolean): string {
  const search = new URLSearchParams({ workspace, ...(isSmall ? { rendition: 'thumbnail' } : {}) });
  return `/v1/media/${id}/file?${search}`;
}
