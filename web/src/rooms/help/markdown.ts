/**
 * Reads the Markdown of our own documents, when the app is built: headings, paragraphs, lists, tables, code, links and
 * emphasis. What comes out is plain data that the page draws, so no markup from a text ever reaches a browser. Left out:
 * images, HTML (comments are skipped), nested lists and quotes, which the documents do without.
 */

export type Inline =
  | string
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'em'; children: Inline[] }
  | { kind: 'link'; to: string; children: Inline[] };

export type Block =
  | { kind: 'heading'; level: number; id: string; children: Inline[] }
  | { kind: 'text'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] };

const ITEM = /^(?:[-*]|(\d+)[.)])\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*)$/;

export function blocks(source: string): Block[] {
  const lines = source
    .replaceAll('\r', '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .split('\n');
  const found: Block[] = [];
  let at = 0;
  const line = () => lines[at] ?? '';
  while (at < lines.length) {
    if (line().trim() === '') at += 1;
    else if (line().startsWith('```')) found.push(code());
    else if (HEADING.test(line())) found.push(heading());
    else if (line().startsWith('|')) found.push(table());
    else if (ITEM.test(line())) found.push(list());
    else found.push({ kind: 'text', children: inline(running(() => !begins(line()))) });
  }
  return found;

  function begins(text: string): boolean {
    return (
      text.trim() === '' || text.startsWith('```') || text.startsWith('|') || HEADING.test(text) || ITEM.test(text)
    );
  }
  /** This line and those that belong to it, as one. */
  function running(belongs: () => boolean): string {
    const text = [line().trim()];
    at += 1;
    while (at < lines.length && belongs()) {
      text.push(line().trim());
      at += 1;
    }
    return text.join(' ');
  }
  function code(): Block {
    const from = at + 1;
    at = from;
    while (at < lines.length && !line().startsWith('```')) at += 1;
    at += 1;
    return { kind: 'code', text: lines.slice(from, at - 1).join('\n') };
  }
  function heading(): Block {
    const [, marks = '', text = ''] = HEADING.exec(line()) ?? [];
    at += 1;
    const children = inline(text);
    return { kind: 'heading', level: marks.length, id: anchor(wordsOf(children)), children };
  }
  function list(): Block {
    const ordered = /^\d/.test(line());
    const items: Inline[][] = [];
    while (ITEM.test(line()) && /^\d/.test(line()) === ordered) {
      const whole = running(() => !begins(line()));
      items.push(inline(ITEM.exec(whole)?.[2] ?? whole));
    }
    return { kind: 'list', ordered, items };
  }
  function table(): Block {
    const rows: Inline[][][] = [];
    while (line().startsWith('|')) {
      if (!/^\|[\s:|-]+\|?$/.test(line())) rows.push(cells(line()).map(inline));
      at += 1;
    }
    return { kind: 'table', head: rows[0] ?? [], rows: rows.slice(1) };
  }
}

/** The cells of a row; a bar inside code belongs to the code. */
function cells(row: string): string[] {
  const inner = row.trim().replace(/^\|/, '').replace(/\|$/, '');
  return (inner.match(/(?:`[^`]*`|\\\||[^|])+|(?<=\|)(?=\|)/g) ?? []).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

const MARKS = /`([^`]+)`|\[((?:[^[\]]|`[^`]*`)*)\]\(([^)\s]+)\)|\*\*(.+?)\*\*|\*(\S(?:.*?\S)?)\*/;

function inline(text: string): Inline[] {
  const found: Inline[] = [];
  let rest = text;
  for (let match = MARKS.exec(rest); match; match = MARKS.exec(rest)) {
    const [whole, code, label, to, strong, em] = match;
    if (match.index > 0) found.push(rest.slice(0, match.index));
    if (code !== undefined) found.push({ kind: 'code', text: code });
    else if (label !== undefined && to !== undefined) found.push({ kind: 'link', to, children: inline(label) });
    else if (strong !== undefined) found.push({ kind: 'strong', children: inline(strong) });
    else found.push({ kind: 'em', children: inline(em ?? '') });
    rest = rest.slice(match.index + whole.length);
  }
  return rest === '' ? found : [...found, rest];
}

/** What is said, without its marks. */
export function wordsOf(children: readonly Inline[]): string {
  return children
    .map((one) => (typeof one === 'string' ? one : one.kind === 'code' ? one.text : wordsOf(one.children)))
    .join('');
}

function anchor(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replaceAll(/\s+/g, '-');
}
