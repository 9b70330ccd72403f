import type { IconName } from '@/design/Icon';

/**
 * The rooms in the navigation, in their order, with the letter that leads there after `g`. A room adds its line here
 * and its routes in `routes.tsx`. The first one is home. At phone width they are the tabs.
 */
export interface Place {
  to: string;
  icon: IconName;
  /** Its word is `shell:nav.<name>`. */
  name: 'start' | 'calendar' | 'posts' | 'channels' | 'settings';
  key: string;
  /** Shown only to those who may do this. */
  needs?: 'posts:read' | 'channels:read';
}

export const PLACES: Place[] = [
  { to: '/calendar', icon: 'calendar', name: 'calendar', key: 'k', needs: 'posts:read' },
  { to: '/posts', icon: 'list', name: 'posts', key: 'p', needs: 'posts:read' },
  { to: '/start', icon: 'sparkle', name: 'start', key: 's' },
  { to: '/channels', icon: 'plug', name: 'channels', key: 'h', needs: 'channels:read' },
  { to: '/settings', icon: 'settings', name: 'settings', key: 't' },
];

/** Where "New post" leads; `undefined` as long as there is no such room. */
export const COMPOSE: string | undefined = '/compose';
