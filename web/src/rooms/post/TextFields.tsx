import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PartContent, PostBody, PublicationBody } from '@/api/schema';
import { TextArea } from '@/design/Field';

interface Texts {
  parts: PartContent[];
  set: (place: number, text: string) => void;
}

/** What a post says on one channel, or what is live there if that differs, to be changed part by part. Pictures and the rest stay as they are. */
export function useTexts(post: PostBody, publication: PublicationBody): Texts {
  const [parts, setParts] = useState<PartContent[]>(
    () => publication.live_says ?? post.variants.find(({ id }) => id === publication.variant)?.parts ?? post.parts,
  );
  const set = (place: number, text: string) =>
    setParts((known) => known.map((part, at) => (at === place ? { ...part, text } : part)));
  return { parts, set };
}

export function TextFields({ texts: { parts, set } }: { texts: Texts }) {
  const { t } = useTranslation('post');
  return parts.map(({ text }, place) => (
    <TextArea
      // biome-ignore lint/suspicious/noArrayIndexKey: parts are known by their place.
      key={place}
      label={parts.length > 1 ? t('content.part', { part: place + 1, count: parts.length }) : t('live.text')}
      value={text ?? ''}
      onChange={(next) => set(place, next)}
      className="w-full"
    />
  ));
}
