import type { MembershipBody } from '@/api/schema';

/** What each role may do: the same as `Role::permissions` of the server, in the order that people ask in. */
export const ROLES = ['owner', 'manager', 'editor', 'author', 'analyst'] as const;
export type Role = MembershipBody['role'];
export type Permission = MembershipBody['permissions'][number];

/** Rows of the table, each with a permission that stands for it; `owners` is no permission, but the owners' own. */
export const ABILITIES = [
  ['look', 'posts:read'],
  ['write', 'posts:write'],
  ['publish', 'posts:publish'],
  ['channels', 'channels:manage'],
  ['members', 'members:manage'],
  ['keys', 'keys:manage'],
  ['workspace', 'workspace:manage'],
  ['audit', 'audit:read'],
  ['owners', undefined],
] as const satisfies [string, Permission | undefined][];

/** From the least to the most: each role has its own line and all before it. */
const ADDS: [Role, Permission[]][] = [
  ['analyst', ['posts:read', 'channels:read', 'media:read', 'insights:read', 'events:read', 'members:read']],
  ['author', ['posts:write', 'media:write']],
  ['editor', ['posts:publish']],
  ['manager', ['channels:manage', 'members:manage', 'keys:manage', 'workspace:manage', 'audit:read']],
  ['owner', []],
];

export function permissionsOf(role: Role): Permission[] {
  const upTo = ADDS.findIndex(([name]) => name === role);
  return ADDS.slice(0, upTo + 1).flatMap(([, permissions]) => permissions);
}

export function may(role: Role, permission: Permission | undefined): boolean {
  return permission ? permissionsOf(role).includes(permission) : role === 'owner';
}
