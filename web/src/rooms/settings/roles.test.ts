import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ABILITIES, may, permissionsOf, ROLES } from './roles';

test('an author writes and an editor publishes', () => {
  expect(may('author', 'posts:write')).toBe(true);
  expect(may('author', 'posts:publish')).toBe(false);
  expect(may('editor', 'posts:publish')).toBe(true);
  expect(may('editor', 'channels:manage')).toBe(false);
});

test('only owners make owners', () => {
  expect(ROLES.filter((role) => may(role, undefined))).toEqual(['owner']);
});

test('the table tells every role from the next', () => {
  const lines = ROLES.map((role) => ABILITIES.map(([, permission]) => may(role, permission)).join());
  expect(new Set(lines).size).toBe(ROLES.length);
});

test('an owner has every permission that the API names, but those of the operator', () => {
  const path = resolve(import.meta.dirname, '../../../../docs/openapi.json');
  const { paths } = JSON.parse(readFileSync(path, 'utf8')) as { paths: Record<string, Record<string, object>> };
  const named = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((one) => (one as { 'x-permission'?: string })['x-permission']),
  );
  const asked = [...new Set(named)].filter((name) => name?.includes(':'));
  expect(asked.length).toBeGreaterThan(8);
  expect(asked.filter((name) => !permissionsOf('owner').some((one) => one === name))).toEqual([]);
});
