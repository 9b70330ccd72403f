import type { TextSpan } from '@/api/schema';

/**
 * Words with the links, mentions and tags that the platform makes of them, as readers see them. Nothing here can be
 * followed: it is a picture.
 */
export function RichText({ text, spans }: { text: string; spans: TextSpan[] }) {
  return (
    <>
      {spans.map(({ start, end, shown, kind }, place) => (
        <span key={start}>
          {text.slice(spans[place - 1]?.end ?? 0, start)}
          <span className="preview-link" data-kind={kind}>
            {shown ?? text.slice(start, end)}
          </span>
        </span>
      ))}
      {text.slice(spans.at(-1)?.end ?? 0)}
    </>
  );
}
