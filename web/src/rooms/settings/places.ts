import type { IconName } from '@/design/Icon';

/** The pages of Settings, in the groups of whom they are about. */
export interface SettingsPlace {
  to:
    | '/settings/profile'
    | '/settings/sessions'
    | '/settings/workspace'
    | '/settings/members'
    | '/settings/keys'
    | '/settings/audit'
    | '/settings/instance';
  /** Its word is `settings:nav.<name>`. */
  name: 'profile' | 'sessions' | 'workspace' | 'members' | 'keys' | 'audit' | 'instance';
  icon: IconName;
  group: 'you' | 'workspace' | 'installation';
}

export const SETTINGS: SettingsPlace[] = [
  { to: '/settings/profile', name: 'profile', icon: 'person', group: 'you' },
  { to: '/settings/sessions', name: 'sessions', icon: 'lock', group: 'you' },
  { to: '/settings/workspace', name: 'workspace', icon: 'building', group: 'workspace' },
  { to: '/settings/members', name: 'members', icon: 'people', group: 'workspace' },
  { to: '/settings/keys', name: 'keys', icon: 'key', group: 'workspace' },
  { to: '/settings/audit', name: 'audit', icon: 'list', group: 'workspace' },
  { to: '/settings/instance', name: 'instance', icon: 'shield', group: 'installation' },
];
