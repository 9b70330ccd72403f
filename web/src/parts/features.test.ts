import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { KNOWN } from './features';

it('there are words for every feature that a connector names', () => {
  const platforms = resolve(import.meta.dirname, '../../../crates/platforms/src');
  const files = readdirSync(platforms).map((name) => resolve(platforms, name, 'mod.rs'));
  const code = files.filter(existsSync).map((file) => readFileSync(file, 'utf8'));
  const named = code.flatMap((text) => [...text.matchAll(/Feature \{ name: "(\w+)"/g)].map(([, name]) => name));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !KNOWN.some((known) => known === name))).toEqual([]);
});
