import { linkWords, runs } from '../model/text';

/** Words with links, mentions and tags as platforms colour them. Nothing here can be followed: it is a picture. */
export function RichText({ text }: { text: string }) {
  let at = 0;
  return runs(text).map((run) => {
    const key = `${at} ${run.kind}`;
    at += run.text.length;
    if (run.kind === 'text') return <span key={key}>{run.text}</span>;
    return (
      <span key={key} className="preview-link">
        {run.kind === 'link' ? linkWords(run.text) : run.text}
      </span>
    );
  });
}
