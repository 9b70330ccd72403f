import type { IconName } from '@/design/Icon';

/**
 * The rooms in navigation order, each with the letter that opens it after `g`. A room adds its line here and its routes
 * in `routes.tsx`. The first one is home. At phone width they are the tabs.
 */
export interface Place {
  to: string;
  icon: IconName;
  /** Its text is `shell:nav.<name>`. */
  name: 'start' | 'calendar' | 'posts' | 'channels' | 'settings';
  key: string;
  /** Shown only to people with this permission. */
  needs?: 'posts:read' | 'channels:read';
}

export const PLACES: Place[] = [
  { to: '/calendar', icon: 'calendar', name: 'calendar', key: 'k', needs: 'posts:read' },
  { to: '/posts', icon: 'list', name: 'posts', key: 'p', needs: 'posts:read' },
  { to: '/start', icon: 'sparkle', name: 'start', key: 's' },
  { to: '/channels', icon: 'plug', name: 'channels', key: 'h', needs: 'channels:read' },
  { to: '/settings', icon: 'settings', name: 'settings', key: 't' },
];

/** The path of "New post". */
export const COMPOSE: string | undefined = '/compose';
