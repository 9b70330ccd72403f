import type { Limits } from '@/api/schema';

/** What a channel takes, as rows of a table. Pure: words and numbers come from the caller. */
export interface Row {
  name: 'text' | 'alt' | 'thread' | 'images' | 'gif' | 'video' | 'poll' | 'mixed' | 'quote' | 'edit' | 'delete';
  /** What it takes, each a short phrase; empty means that it does not. */
  takes: string[];
  source?: string;
}

/** Says a phrase: a key of the catalogue under `limits.` and what is put into it. */
export interface Sayer {
  say: (key: Phrase, values?: Record<string, string | number>) => string;
  bytes: (size: number) => string;
  number: (value: number) => string;
  duration: (ms: number) => string;
}

type Phrase =
  | 'weighted'
  | 'utf16'
  | 'inBytes'
  | 'bytes'
  | 'optional'
  | 'characters'
  | 'parts'
  | 'onePart'
  | 'count'
  | 'size'
  | 'side'
  | 'lasts'
  | 'lastsAtLeast'
  | 'options'
  | 'option'
  | 'several'
  | 'yes';

/** What a platform counts, in people's words: no one says grapheme. */
const UNITS: Partial<Record<string, Phrase>> = {
  'weighted characters': 'weighted',
  'UTF-16 units': 'utf16',
  bytes: 'inBytes',
};

type ImageRules = NonNullable<Limits['images']>;
type VideoRules = NonNullable<Limits['video']>;

function types(mime: readonly string[]): string {
  return mime.map((type) => type.replace(/^(image|video)\//, '').toUpperCase()).join(', ');
}

function images(rules: ImageRules, with_: Sayer): string[] {
  const { say, bytes, number } = with_;
  return [
    say('count', { count: rules.count_max }),
    types(rules.mime),
    say('size', { size: bytes(rules.bytes_max) }),
    say('side', { side: number(rules.side_max) }),
  ];
}

function video(rules: VideoRules, with_: Sayer): string[] {
  const { say, bytes, duration } = with_;
  return [
    say('count', { count: rules.count_max }),
    types(rules.mime),
    say('size', { size: bytes(rules.bytes_max) }),
    ...(rules.duration_max_ms ? [say('lasts', { time: duration(rules.duration_max_ms) })] : []),
    ...(rules.duration_min_ms ? [say('lastsAtLeast', { time: duration(rules.duration_min_ms) })] : []),
  ];
}

export function limitRows(limits: Limits, with_: Sayer): Row[] {
  const { say, bytes, number, duration } = with_;
  const { text, poll } = limits;
  const yes = (takes: boolean) => (takes ? [say('yes')] : []);
  return [
    {
      name: 'text',
      takes: [
        say(UNITS[text.unit] ?? 'characters', { max: number(text.max) }),
        ...(text.max_bytes ? [say('bytes', { size: bytes(text.max_bytes) })] : []),
        ...(limits.text_optional ? [say('optional')] : []),
      ],
      source: text.source,
    },
    { name: 'thread', takes: [limits.parts_max > 1 ? say('parts', { count: limits.parts_max }) : say('onePart')] },
    named('images', limits.images && images(limits.images, with_), limits.images?.source),
    named('gif', limits.gif && images(limits.gif, with_), limits.gif?.source),
    named('video', limits.video && video(limits.video, with_), limits.video?.source),
    { name: 'alt', takes: limits.alt_text_max > 0 ? [say('characters', { max: number(limits.alt_text_max) })] : [] },
    { name: 'mixed', takes: yes(limits.mixed_media) },
    {
      name: 'poll',
      takes: poll
        ? [
            say('options', { min: poll.options_min, max: poll.options_max }),
            say('option', { max: poll.option_chars_max }),
            say('lastsAtLeast', { time: duration(poll.duration_min_minutes * 60_000) }),
            say('lasts', { time: duration(poll.duration_max_minutes * 60_000) }),
            ...(poll.multiple ? [say('several')] : []),
          ]
        : [],
    },
    { name: 'quote', takes: yes(limits.quote) },
    { name: 'edit', takes: yes(limits.edit) },
    { name: 'delete', takes: yes(limits.delete) },
  ];
}

function named(name: Row['name'], takes: string[] | null | undefined, source: string | undefined): Row {
  return { name, takes: takes ?? [], ...(source ? { source } : {}) };
}
