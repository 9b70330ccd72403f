import { query } from '@/api/client';
import type { ChannelBody } from '@/api/schema';
import { useComposing } from '../context';
import { targetOf } from '../model/draft';
import { object, type Schema } from '../model/schema';

/** Those of a variant's options on which it depends in which form files go out. Pure. */
export function formingOptions(schema: unknown, options: Schema): Schema {
  const properties = object(object(schema).properties);
  return Object.fromEntries(Object.entries(options).filter(([name]) => object(properties[name])['x-forms'] === true));
}

/** How to ask in which form channels get a file: all of them, or the one whose author chose how. */
export function formsQuery(media: string, channel: string, forming: Schema) {
  const isChosen = Object.keys(forming).length > 0;
  const asked = isChosen ? { query: { channel, options: JSON.stringify(forming) } } : {};
  return query.queryOptions('get', '/v1/media/{media}/renditions', { params: { path: { media }, ...asked } });
}

/** What was chosen for a channel about the form of its files. */
export function useForming(): (channel: ChannelBody) => Schema {
  const { draft, platforms } = useComposing();
  return ({ id, platform }) => {
    const about = platforms.find((one) => one.id === platform);
    return formingOptions(about?.options, targetOf(draft, id)?.options ?? {});
  };
}
