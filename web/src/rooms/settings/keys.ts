import type { KeyBody } from '@/api/schema';
import type { Permission } from './roles';

/** What a key can be given, in the order of the form; who may do less can give less. */
export const KEY_PERMISSIONS = [
  'posts:read',
  'posts:write',
  'posts:publish',
  'channels:read',
  'channels:manage',
  'media:read',
  'media:write',
  'insights:read',
  'events:read',
  'members:read',
  'members:manage',
  'keys:manage',
  'workspace:manage',
  'audit:read',
] as const satisfies Permission[];
export type KeyPermission = (typeof KEY_PERMISSIONS)[number];

type Word<T> = T extends `${infer A}:${infer B}` ? `${A}_${B}` : never;

/** The key of its words. */
export function permissionWord(permission: KeyPermission): Word<KeyPermission> {
  return permission.replace(':', '_') as Word<KeyPermission>;
}

/** The least with which a program can publish. */
export const TO_PUBLISH: KeyPermission[] = [
  'posts:read',
  'posts:write',
  'posts:publish',
  'channels:read',
  'media:write',
];

export const DAYS = ['30', '90', '180', '365'] as const;
/** Soon enough to make the next one. */
const SOON_MS = 14 * 86_400_000;

export type KeyState = 'good' | 'ends-soon' | 'ended';

export function keyState(key: Pick<KeyBody, 'expires_at'>, now: number): KeyState {
  const left = Date.parse(key.expires_at) - now;
  if (left <= 0) return 'ended';
  return left < SOON_MS ? 'ends-soon' : 'good';
}

/** Address ranges as people type them: separated by commas, spaces or lines. */
export function ranges(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

/** A first request to try, for a terminal. */
export function curl(origin: string, key: string): string {
  return `curl ${origin}/v1/channels \\\n  -H 'Authorization: Bearer ${key}'`;
}

/** How a key begins, to recognise it by. */
export function begins({ visible }: Pick<KeyBody, 'visible'>): string {
  return `fanfare_live_${visible}…`;
}
