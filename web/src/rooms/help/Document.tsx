import type { ReactNode } from 'react';
import { ExternalLink, Link } from '@/design/Link';
import type { Block, Inline } from './markdown';
import { linkOf } from './pages';

const HEADINGS = {
  1: 'text-title font-semibold md:text-display',
  2: 'pt-4 text-title font-semibold',
  3: 'pt-2 text-read font-semibold',
} as const;

/** A document of the help. A table that is wider than its page scrolls by itself. */
export function Document({ blocks, file }: { blocks: readonly Block[]; file: string }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: a document does not change.
  return blocks.map((block, place) => <Piece key={place} block={block} file={file} />);
}

function Piece({ block, file }: { block: Block; file: string }) {
  const say = (children: readonly Inline[]) => <Words words={children} file={file} />;
  switch (block.kind) {
    case 'heading': {
      const level = Math.min(block.level, 3) as 1 | 2 | 3;
      const Tag = `h${level}` as const;
      return (
        <Tag id={block.id} className={HEADINGS[level]}>
          {say(block.children)}
        </Tag>
      );
    }
    case 'text':
      return <p className="measure-wide text-read wrap-break-word">{say(block.children)}</p>;
    case 'code':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard.
        <pre tabIndex={0} className="overflow-x-auto rounded-control bg-sunken p-4 text-small">
          <code>{block.text}</code>
        </pre>
      );
    case 'list': {
      const Tag = block.ordered ? 'ol' : 'ul';
      return (
        <Tag
          className={`measure-wide flex flex-col gap-1.5 pl-5 text-read wrap-break-word ${block.ordered ? 'list-decimal' : 'list-disc'}`}
        >
          {block.items.map((item, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a document does not change.
            <li key={place}>{say(item)}</li>
          ))}
        </Tag>
      );
    }
    case 'table':
      return <Table {...block} say={say} />;
  }
}

function Table({
  head,
  rows,
  say,
}: {
  head: Inline[][];
  rows: Inline[][][];
  say: (children: readonly Inline[]) => ReactNode;
}) {
  const keyed = <T,>(all: readonly T[]) => all.map((one, place) => [place, one] as const);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard.
    <div tabIndex={0} className="overflow-x-auto rounded-card border border-line">
      <table className="w-full border-collapse text-left">
        <thead className="bg-sunken text-small">
          <tr>
            {keyed(head).map(([place, cell]) =>
              // Above the names of rows there is nothing to read, so it is no heading.
              cell.length === 0 ? (
                <td key={place} />
              ) : (
                <th key={place} scope="col" className="px-3 py-2 font-semibold">
                  {say(cell)}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {keyed(rows).map(([place, row]) => (
            <tr key={place} className="border-t border-line align-top">
              {keyed(row).map(([at, cell]) => (
                <td key={at} className="min-w-32 px-3 py-2">
                  {say(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Words({ words, file }: { words: readonly Inline[]; file: string }): ReactNode {
  return words.map((one, place) => {
    const key = String(place);
    if (typeof one === 'string') return one;
    if (one.kind === 'code') {
      return (
        <code key={key} className="rounded-small bg-sunken px-1 py-0.5 text-small wrap-anywhere">
          {one.text}
        </code>
      );
    }
    const inner = <Words words={one.children} file={file} />;
    if (one.kind !== 'link') {
      const Tag = one.kind;
      return <Tag key={key}>{inner}</Tag>;
    }
    const to = linkOf(one.to, file);
    if (to === undefined) return <span key={key}>{inner}</span>;
    if (/^https?:/.test(to)) {
      return (
        <ExternalLink key={key} href={to}>
          {inner}
        </ExternalLink>
      );
    }
    return (
      <Link key={key} to={to as string}>
        {inner}
      </Link>
    );
  });
}
