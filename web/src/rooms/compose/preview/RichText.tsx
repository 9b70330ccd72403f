import { memo } from 'react';
import type { TextSpan } from '@/api/schema';

interface Props {
  text: string;
  spans: TextSpan[];
  /** Draws it up to here, in units of UTF-16; all of it if absent. */
  end?: number | undefined;
}

/**
 * Words with the links, mentions and tags that the platform makes of them, as readers see them. Nothing here can be
 * followed: it is a picture.
 */
export const RichText = memo(({ text, spans, end = text.length }: Props) => {
  const drawn = spans.filter((span) => span.end <= end);
  return (
    <>
      {drawn.map(({ start, end, shown, kind }, place) => (
        <span key={start}>
          {text.slice(drawn[place - 1]?.end ?? 0, start)}
          <span className="preview-link" data-kind={kind}>
            {shown ?? text.slice(start, end)}
          </span>
        </span>
      ))}
      {text.slice(drawn.at(-1)?.end ?? 0, end)}
    </>
  );
});
