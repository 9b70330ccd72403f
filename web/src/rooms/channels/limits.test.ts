import { expect, test } from 'vitest';
import type { Limits } from '@/api/schema';
import { limitRows, type Sayer } from './limits';

const plain: Sayer = {
  say: (key, values = {}) => [key, ...Object.values(values)].join(' '),
  bytes: (size) => `${size} B`,
  number: String,
  duration: (ms) => `${ms} ms`,
};

const limits: Limits = {
  text: { max: 300, unit: 'graphemes', max_bytes: 3_000, source: 'the lexicon' },
  text_optional: true,
  alt_text_max: 2_000,
  parts_max: 25,
  images: {
    count_max: 4,
    mime: ['image/jpeg', 'image/png'],
    bytes_max: 1e6,
    side_max: 2_000,
    pixels_max: 1,
    source: 'a',
  },
  mixed_media: false,
  quote: true,
  edit: false,
  delete: true,
};

test('each thing that a network takes is a row, with where that stands', () => {
  const rows = limitRows(limits, plain);
  expect(rows.find(({ name }) => name === 'text')).toEqual({
    name: 'text',
    takes: ['characters 300', 'bytes 3000 B', 'optional'],
    source: 'the lexicon',
  });
  expect(rows.find(({ name }) => name === 'images')?.takes).toEqual([
    'count 4',
    'JPEG, PNG',
    'size 1000000 B',
    'side 2000',
  ]);
});

test('an unsupported feature has an explicit empty row', () => {
  const rows = limitRows(limits, plain);
  for (const name of ['video', 'gif', 'poll', 'edit', 'mixed'] as const) {
    expect(rows.find((row) => row.name === name)?.takes, name).toEqual([]);
  }
});

test('a video and a poll say how long they may last', () => {
  const rows = limitRows(
    {
      ...limits,
      video: {
        count_max: 1,
        mime: ['video/mp4'],
        bytes_max: 9,
        duration_min_ms: 500,
        duration_max_ms: 140_000,
        coding: { picture: ['h264'], sound: ['aac'], index_first: false },
        source: 'v',
      },
      poll: {
        options_min: 2,
        options_max: 4,
        option_chars_max: 25,
        duration_min_minutes: 5,
        duration_max_minutes: 10,
        multiple: true,
      },
    },
    plain,
  );
  expect(rows.find(({ name }) => name === 'video')?.takes).toContain('lasts 140000 ms');
  expect(rows.find(({ name }) => name === 'poll')?.takes).toEqual([
    'options 2 4',
    'option 25',
    'lastsAtLeast 300000 ms',
    'lasts 600000 ms',
    'several',
  ]);
});
